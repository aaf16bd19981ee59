"""The looks of the desks, each by the name and the arguments of the query that it is of, without the reader.

Apart from `store.looks`, because they know the filters of every desk and the first screen needs none of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from store.looks import Look
from store.queries.acks import AckFilter, AckRow
from store.queries.audits import AuditFilter
from store.queries.claims import ClaimFilter, ClaimRow, ClaimSort
from store.queries.denials import DenialFilter, DenialRow
from store.queries.holds import HoldFilter
from store.queries.provider_queries import QueryFilter
from store.queries.remits import RemittanceFilter, RemittanceRow
from store.reports.catalog import Figure
from store.reports.period import Period


def claim_list(
    today: dt.date,
    show: ClaimFilter = ClaimFilter.OPEN,
    sort: ClaimSort | Sequence[ClaimSort] | None = None,
    payer_id: str | None = None,
    after: ClaimRow | None = None,
    limit: int = 0,
) -> Look | None:
    return None if after else Look("claim.list", detail=(("show", show.value),))


def claim_page(claim_id: str, today: dt.date) -> Look:
    return Look("claim.view", "claim", claim_id, lasting=False)


def denial_list(
    show: DenialFilter = DenialFilter.LIVING, after: DenialRow | None = None, limit: int = 0
) -> Look | None:
    return None if after else Look("denial.list", detail=(("show", show.value),))


def denial_of(denial_id: str) -> Look:
    return Look("denial.view", "denial", denial_id, lasting=False)


def remittance_list(
    show: RemittanceFilter = RemittanceFilter.ALL, after: RemittanceRow | None = None, limit: int = 0
) -> Look | None:
    return None if after else Look("remittance.list", detail=(("show", show.value),))


def remittances_naming(words: str) -> Look:
    return Look("remittance.search", detail=(("words", words),), typed=True)


def remittance_page(remittance_id: str) -> Look:
    return Look("remittance.view", "remittance", remittance_id, lasting=False)


def open_charts_with(code: str, since: str, most: int = 0, system: str = "") -> Look:
    return Look("code.charts", "code", code)


def unapplied_list() -> Look:
    return Look("remittance.list", detail=(("show", "unapplied claims"),))


def acknowledgment_list(show: AckFilter = AckFilter.ALL, after: AckRow | None = None, limit: int = 0) -> Look | None:
    return None if after else Look("acknowledgment.list", detail=(("show", show.value),))


def acknowledgment_page(acknowledgment_id: str) -> Look:
    return Look("acknowledgment.view", "acknowledgment", acknowledgment_id, lasting=False)


def account_list(open_only: bool = True, limit: int = 0) -> Look:
    return Look("ledger.list")


def account_page(account_id: str) -> Look:
    return Look("ledger.view", "account", account_id, lasting=False)


def hold_list(today: dt.date, show: HoldFilter = HoldFilter.OPEN, owner: str = "", person_id: str = "") -> Look:
    return Look("hold.list", detail=(("show", show.value), ("owner", owner)))


def quarantine_list(every: bool = False) -> Look:
    return Look("quarantine.list")


def quarantine_text(quarantine_id: str, person_id: str = "") -> Look:
    return Look("quarantine.view", "quarantine", quarantine_id)


def provider_query_list(today: dt.date, show: QueryFilter = QueryFilter.OPEN, person_id: str = "") -> Look:
    return Look("query.list", detail=(("show", show.value),))


def provider_query_of(query_id: str, today: dt.date, person_id: str = "") -> Look:
    return Look("query.view", "provider_query", query_id)


def audit_list(show: AuditFilter = AuditFilter.OPEN, sample: str = "", me: str = "", own: bool = False) -> Look:
    return Look("audit.list", detail=(("show", show.value), ("sample", sample)))


def audit_row(audit_id: str) -> Look:
    return Look("audit.view", "audit", audit_id)


def visits_behind(figure: Figure, period: Period, keys: Mapping[str, str]) -> Look:
    told = tuple((name, value) for name, value in keys.items())
    return Look("report.behind", "report", figure.name, (("until", period.until), *told))

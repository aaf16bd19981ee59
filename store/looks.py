"""Which reads are looks at patients: what the log notes when a screen only reads.

Opening a chart is a change (its lease) and logs itself; what stands here are the reads of `store.queries` that show
patients without changing anything. Free of the ORM, because the first screen asks it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from store.actors import Actor
from store.queries.audits import AuditFilter, audit_list, audit_row
from store.queries.claims import ClaimFilter, ClaimRow, ClaimSort, claim_list, claim_page
from store.queries.code_use import open_charts_with
from store.queries.denials import DenialFilter, DenialRow, denial_list, denial_of
from store.queries.holds import HoldFilter, hold_list
from store.queries.ledger import account_list, account_page
from store.queries.provider_queries import QueryFilter, provider_query_list, provider_query_of
from store.queries.remits import RemittanceFilter, RemittanceRow, remittance_list, remittance_page
from store.queries.worklists import Listing, WorkRow, worklist_page
from store.reports.behind import visits_behind
from store.reports.catalog import Figure
from store.reports.period import Period

TYPING_SECONDS = 1.0
"""A search is logged once no key has changed it for so long, or something else is done."""

AGAIN_SECONDS = 600
"""A list that is read again within this time, because it changed or a chart was closed, is the same look."""


@dataclass(frozen=True)
class Look:
    """What to log of a read: an action, its target, details as pairs. `lasting`: reading again soon adds nothing."""

    action: str
    target_kind: str = ""
    target_id: str = ""
    detail: tuple[tuple[str, str], ...] = ()
    lasting: bool = True
    typed: bool = False
    """Whether a person types what is looked for, so that each key is a read."""

    def continues(self, earlier: Look) -> bool:
        """Whether this is an earlier search with more or fewer letters at its end."""
        if not (self.typed and earlier.typed and self.target_id == earlier.target_id):
            return False
        mine, theirs = self.detail[0][1], earlier.detail[0][1]
        return mine.startswith(theirs) or theirs.startswith(mine)


def look_of(function: Callable[..., object], *args: object, **kwargs: object) -> Look | None:
    """The look that a call of a query is, by its arguments without the reader; None for a read of no patient.

    Turning the pages of one list is one look, as is moving the cursor in it.
    """
    read = _LOOKS.get(function.__name__)
    return read(*args, **kwargs) if read else None


def login_of(actor: Actor) -> Look:
    """The look that stands before all others: somebody came in."""
    return Look("login", "person", actor.person_id or "", lasting=False)


def _worklist(
    listing: Listing, after: WorkRow | None = None, before: WorkRow | None = None, last: bool = False
) -> Look | None:
    if after or before or last:
        return None
    if listing.text.strip():
        return Look("worklist.search", "worklist", listing.worklist or "", (("words", listing.text),), typed=True)
    return Look("worklist.view", "worklist", listing.worklist or "")


def _claims(
    today: dt.date,
    show: ClaimFilter = ClaimFilter.OPEN,
    sort: ClaimSort | Sequence[ClaimSort] | None = None,
    payer_id: str | None = None,
    after: ClaimRow | None = None,
    limit: int = 0,
) -> Look | None:
    return None if after else Look("claim.list", detail=(("show", show.value),))


def _claim(claim_id: str, today: dt.date) -> Look:
    return Look("claim.view", "claim", claim_id, lasting=False)


def _denials(show: DenialFilter = DenialFilter.LIVING, after: DenialRow | None = None, limit: int = 0) -> Look | None:
    return None if after else Look("denial.list", detail=(("show", show.value),))


def _denial(denial_id: str) -> Look:
    return Look("denial.view", "denial", denial_id, lasting=False)


def _remittances(
    show: RemittanceFilter = RemittanceFilter.ALL, after: RemittanceRow | None = None, limit: int = 0
) -> Look | None:
    return None if after else Look("remittance.list", detail=(("show", show.value),))


def _remittance(remittance_id: str) -> Look:
    return Look("remittance.view", "remittance", remittance_id, lasting=False)


def _charts_with(code: str, since: str, most: int = 0) -> Look:
    return Look("code.charts", "code", code)


def _accounts(open_only: bool = True, limit: int = 0) -> Look:
    return Look("ledger.list")


def _account(account_id: str) -> Look:
    return Look("ledger.view", "account", account_id, lasting=False)


def _holds(today: dt.date, show: HoldFilter = HoldFilter.OPEN, owner: str = "", person_id: str = "") -> Look:
    return Look("hold.list", detail=(("show", show.value), ("owner", owner)))


def _queries(today: dt.date, show: QueryFilter = QueryFilter.OPEN, person_id: str = "") -> Look:
    return Look("query.list", detail=(("show", show.value),))


def _query(query_id: str, today: dt.date, person_id: str = "") -> Look:
    return Look("query.view", "provider_query", query_id)


def _audits(show: AuditFilter = AuditFilter.OPEN, sample: str = "", me: str = "", own: bool = False) -> Look:
    return Look("audit.list", detail=(("show", show.value), ("sample", sample)))


def _audit(audit_id: str) -> Look:
    return Look("audit.view", "audit", audit_id)


def _behind(figure: Figure, period: Period, keys: Mapping[str, str]) -> Look:
    told = tuple((name, value) for name, value in keys.items())
    return Look("report.behind", "report", figure.name, (("until", period.until), *told))


_LOOKS: dict[str, Callable[..., Look | None]] = {
    worklist_page.__name__: _worklist,
    audit_list.__name__: _audits,
    audit_row.__name__: _audit,
    visits_behind.__name__: _behind,
    claim_list.__name__: _claims,
    claim_page.__name__: _claim,
    open_charts_with.__name__: _charts_with,
    denial_list.__name__: _denials,
    denial_of.__name__: _denial,
    remittance_list.__name__: _remittances,
    remittance_page.__name__: _remittance,
    account_list.__name__: _accounts,
    account_page.__name__: _account,
    hold_list.__name__: _holds,
    provider_query_list.__name__: _queries,
    provider_query_of.__name__: _query,
}


def looking() -> set[str]:
    """The names of the queries that are looks."""
    return set(_LOOKS)

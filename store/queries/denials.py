"""The denial desk's rows, read with plain SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from store.denials.reasons import OF_VOID
from store.queries import Reader, Row
from store.queries.restricted import OF_CLAIM, PAID_CODE, PAID_FOR
from store.terms import LIVING_DENIALS, ClaimStatus, DenialStatus

PAGE_ROWS = 200


class DenialFilter(StrEnum):
    """Which denials the list shows; living ones are open or appealed.

    Those of claims that are not ours are no work of ours: they stand in their own list and in that of all.
    """

    LIVING = "living"
    OPEN = "open"
    APPEALED = "appealed"
    UNASSIGNED = "unassigned"
    CLOSED = "closed"
    NOT_OURS = "not-ours"
    ALL = "all"


@dataclass(frozen=True)
class DenialRow:
    """One denial. `claim` is our number, else the payer's account number (`ours` is then False); `owner` a login."""

    id: str
    status: DenialStatus
    due_on: str
    payer: str
    claim: str
    patient: str
    service_from: str
    procedure_code: str
    group: str
    reason: str
    remarks: tuple[str, ...]
    cents: int
    category: str
    level: int
    owner: str
    note: str
    trace: str
    segment: int
    ours: bool = True
    replacement: str = ""
    """The number of the claim that replaces the denied one; empty where none does."""
    rebilled: str = ""
    """What became of that, in words; empty where none replaces it."""
    revenue_code: str = ""
    """Of the denied line; empty where the claim as a whole is denied."""
    out: bool = False
    """Whether the replacement is with its payer, whose answer is waited for."""

    @property
    def code(self) -> str:
        """The code of the denied line, its revenue code where it has no other; empty for a claim as a whole."""
        return self.procedure_code or self.revenue_code

    @property
    def what(self) -> str:
        """What was denied, in words."""
        if self.category == OF_VOID:
            return "the void"
        return self.procedure_code or (f"revenue code {self.revenue_code}" if self.revenue_code else "the claim")


_SHOWN = {
    DenialFilter.LIVING: LIVING_DENIALS,
    DenialFilter.OPEN: (DenialStatus.OPEN,),
    DenialFilter.APPEALED: (DenialStatus.APPEALED,),
    DenialFilter.UNASSIGNED: LIVING_DENIALS,
    DenialFilter.CLOSED: tuple(status for status in DenialStatus if status not in LIVING_DENIALS),
    DenialFilter.NOT_OURS: LIVING_DENIALS,
    DenialFilter.ALL: tuple(DenialStatus),
}
"""The statuses that a filter shows; each is read in the order of its index, and the first rows of all are merged."""

_SELECT = f"""
SELECT d.id, d.status, d.due_on, d.payer_name, {PAID_CODE.format(code="d.procedure_code")} AS procedure_code,
       d.group_code, d.reason_code, d.remarks, d.cents,
       CASE WHEN o.frequency = '8' THEN '{OF_VOID}' ELSE d.category END AS category, d.level, d.note, d.segment,
       d.claim_id, COALESCE(o.claim_number, c.account_number) AS claim,
       {PAID_FOR}, c.service_from, r.trace, COALESCE(p.login, '') AS owner,
       {PAID_CODE.format(code="COALESCE(m.revenue_code, '')")} AS revenue_code,
       w.claim_number AS again, w.status AS again_status, x.exported_at AS again_sent,
       (SELECT a.status_code FROM remittance_claim a JOIN remittance b ON b.id = a.remittance_id AND b.status = 'posted'
        WHERE a.claim_id = w.id ORDER BY b.received_at DESC, a.id DESC LIMIT 1) AS again_answer
FROM denial d JOIN remittance_claim c ON c.id = d.remittance_claim_id JOIN remittance r ON r.id = d.remittance_id
LEFT JOIN claim o ON o.id = d.claim_id {OF_CLAIM} LEFT JOIN person p ON p.id = d.owner_id
LEFT JOIN remittance_line m ON m.id = d.remittance_line_id
LEFT JOIN claim w ON w.id = (SELECT f.id FROM claim f WHERE f.follows_id = d.claim_id AND f.follows_as = 'replacement'
                             AND f.status <> 'void' ORDER BY f.created_at DESC, f.id DESC LIMIT 1)
LEFT JOIN claim_export x ON x.id = w.export_id
"""

_OUT = (
    "EXISTS (SELECT 1 FROM claim f WHERE f.follows_id = denial.claim_id AND f.follows_as = 'replacement'"
    " AND f.status = 'exported')"
)
"""Whether the claim of a denial is replaced by one that is with its payer: nobody here is waited for."""


def denial_list(
    reader: Reader,
    show: DenialFilter = DenialFilter.LIVING,
    after: DenialRow | None = None,
    limit: int = PAGE_ROWS,
) -> list[DenialRow]:
    """One page of denials, the nearest due day first; `after` is the last row of the page before.

    Living ones whose replacement is with the payer stand behind those that wait for somebody here.
    """
    if show not in _PARTED:
        return _page(reader, show, after, limit, "")
    rows = [] if after and after.out else _page(reader, show, after, limit, f" AND NOT {_OUT}")
    if len(rows) < limit:
        rows += _page(reader, show, after if after and after.out else None, limit - len(rows), f" AND {_OUT}")
    return rows


_PARTED = (DenialFilter.LIVING, DenialFilter.OPEN, DenialFilter.UNASSIGNED)


def _page(reader: Reader, show: DenialFilter, after: DenialRow | None, limit: int, part: str) -> list[DenialRow]:
    more = " AND (due_on, segment, id) > (:due, :segment, :id)" if after else ""
    more += part
    more += " AND owner_id IS NULL" if show is DenialFilter.UNASSIGNED else ""
    if show is not DenialFilter.ALL:
        more += f" AND claim_id IS {'NULL' if show is DenialFilter.NOT_OURS else 'NOT NULL'}"
    parameters: dict[str, object] = {}
    if after:
        parameters = {"due": after.due_on, "segment": after.segment, "id": after.id}
    parts = (
        f"SELECT * FROM (SELECT id, due_on, segment FROM denial WHERE status = '{status.value}'{more}"
        f" ORDER BY due_on, segment, id LIMIT :limit) AS {status.value}"
        for status in _SHOWN[show]
    )
    first = f"{' UNION ALL '.join(parts)} ORDER BY due_on, segment, id LIMIT :limit"
    rows = reader.rows(
        f"{_SELECT} JOIN ({first}) AS first ON first.id = d.id ORDER BY d.due_on, d.segment, d.id",
        limit=limit,
        **parameters,
    )
    return [_row(row) for row in rows]


def denial_of(reader: Reader, denial_id: str) -> DenialRow | None:
    """The denial with this id; None where there is none."""
    rows = reader.rows(f"{_SELECT} WHERE d.id = :id", id=denial_id)
    return _row(rows[0]) if rows else None


_STATUSES = {status.value: status for status in DenialStatus}


def _remarks(stored: str | Iterable[str]) -> tuple[str, ...]:
    """Remark codes as they are stored: text on SQLite, a list on PostgreSQL."""
    return _read_remarks(stored) if isinstance(stored, str) else tuple(stored)


@lru_cache(maxsize=1_000)
def _read_remarks(text: str) -> tuple[str, ...]:
    """The same few lists of codes come again on thousands of rows."""
    return tuple(json.loads(text))


def _row(row: Row) -> DenialRow:
    return DenialRow(
        id=row["id"],
        status=_STATUSES[row["status"]],
        due_on=row["due_on"],
        payer=row["payer_name"],
        claim=row["claim"],
        patient=row["shown_name"],
        service_from=row["service_from"],
        procedure_code=row["procedure_code"],
        group=row["group_code"],
        reason=row["reason_code"],
        remarks=_remarks(row["remarks"]),
        cents=row["cents"],
        category=row["category"],
        level=row["level"],
        owner=row["owner"],
        note=row["note"],
        trace=row["trace"],
        segment=row["segment"],
        ours=row["claim_id"] is not None,
        revenue_code=row["revenue_code"],
        replacement=row["again"] or "",
        rebilled=_became(row) if row["again"] else "",
        out=row["again_status"] == ClaimStatus.EXPORTED,
    )


def _became(row: Row) -> str:
    """What became of the replacement of a denied claim."""
    if row["again_status"] != ClaimStatus.EXPORTED:
        return f"{row['again_status'].replace('_', ' ')}, it has not left"
    sent = f"sent {(row['again_sent'] or '')[:10]}".rstrip()
    if row["again_answer"] is None:
        return f"{sent}, not answered yet"
    return f"{sent}, {_ANSWERED.get(row['again_answer'], 'paid')}"


_ANSWERED = {"4": "denied too", "22": "reversed", "25": "estimated"}
"""CLP02 of the answer to a replacement, in a word."""

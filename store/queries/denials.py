"""The denial desk's rows, read with plain SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from store.queries import Reader, Row
from store.terms import DenialStatus

PAGE_ROWS = 200


class DenialFilter(StrEnum):
    """Which denials the list shows; living ones are open or appealed."""

    LIVING = "living"
    OPEN = "open"
    APPEALED = "appealed"
    UNASSIGNED = "unassigned"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class DenialRow:
    """One denial. `claim` is our number, else the payer's account number; `owner` a login or empty."""

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


_FILTERS = {
    DenialFilter.LIVING: "d.status IN ('open', 'appealed')",
    DenialFilter.OPEN: "d.status = 'open'",
    DenialFilter.APPEALED: "d.status = 'appealed'",
    DenialFilter.UNASSIGNED: "d.status IN ('open', 'appealed') AND d.owner_id IS NULL",
    DenialFilter.CLOSED: "d.status NOT IN ('open', 'appealed')",
    DenialFilter.ALL: "1 = 1",
}

_SELECT = """
SELECT d.*, COALESCE(o.claim_number, c.account_number) AS claim, c.patient_name, c.service_from, r.trace,
       COALESCE(p.login, '') AS owner
FROM denial d JOIN remittance_claim c ON c.id = d.remittance_claim_id JOIN remittance r ON r.id = d.remittance_id
LEFT JOIN claim o ON o.id = d.claim_id LEFT JOIN person p ON p.id = d.owner_id
"""


def denial_list(
    reader: Reader,
    show: DenialFilter = DenialFilter.LIVING,
    after: DenialRow | None = None,
    limit: int = PAGE_ROWS,
) -> list[DenialRow]:
    """One page of denials, the nearest due day first; `after` is the last row of the page before."""
    paging = " AND (d.due_on, d.segment, d.id) > (:due, :segment, :id)" if after else ""
    parameters: dict[str, object] = {}
    if after:
        parameters = {"due": after.due_on, "segment": after.segment, "id": after.id}
    rows = reader.rows(
        f"{_SELECT} WHERE {_FILTERS[show]}{paging} ORDER BY d.due_on, d.segment, d.id LIMIT :limit",
        limit=limit,
        **parameters,
    )
    return [_row(row) for row in rows]


def denial_of(reader: Reader, denial_id: str) -> DenialRow | None:
    """The denial with this id; None where there is none."""
    rows = reader.rows(f"{_SELECT} WHERE d.id = :id", id=denial_id)
    return _row(rows[0]) if rows else None


def _row(row: Row) -> DenialRow:
    remarks = row["remarks"]
    return DenialRow(
        id=row["id"],
        status=DenialStatus(row["status"]),
        due_on=row["due_on"],
        payer=row["payer_name"],
        claim=row["claim"],
        patient=row["patient_name"],
        service_from=row["service_from"],
        procedure_code=row["procedure_code"],
        group=row["group_code"],
        reason=row["reason_code"],
        remarks=tuple(json.loads(remarks) if isinstance(remarks, str) else remarks),
        cents=row["cents"],
        category=row["category"],
        level=row["level"],
        owner=row["owner"],
        note=row["note"],
        trace=row["trace"],
        segment=row["segment"],
    )

"""What bank and remittances still owe each other: deposits without a remittance, payments without a deposit, by age."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from store.queries import Reader

AGED_DAYS = 14
"""After how many days something that waits is marked."""

NO_TRACE = "no number"
"""What a list shows of a deposit or payment without a trace number."""


class DepositFilter(StrEnum):
    """Which rows the list shows."""

    WAITING = "waiting"
    DEPOSITS = "deposits"
    PAYMENTS = "payments"
    MATCHED = "matched"


@dataclass(frozen=True)
class DepositRow:
    """A deposit, a payment, or both where they are matched. `aged` says that it has waited too long."""

    id: str
    kind: str
    day: str
    trace: str
    payer: str
    cents: int
    paid_cents: int
    matched_by: str
    note: str
    age_days: int
    aged: bool
    remittance_id: str


def deposit_list(reader: Reader, today: dt.date, show: DepositFilter = DepositFilter.WAITING) -> list[DepositRow]:
    """The rows, the oldest first."""
    rows: list[DepositRow] = []
    if show is not DepositFilter.PAYMENTS:
        waits = show is not DepositFilter.MATCHED
        matched = "IS NULL" if waits else "IS NOT NULL"
        found = reader.rows(
            "SELECT d.*, COALESCE(r.payment_cents, 0) AS paid_cents FROM deposit d"
            f" LEFT JOIN remittance r ON r.id = d.remittance_id WHERE d.remittance_id {matched}"
        )
        rows += [
            _row(
                one["id"],
                "deposit",
                one["received_on"],
                one,
                one["cents"],
                one["paid_cents"],
                today,
                bool(matched == "IS NULL"),
            )
            for one in found
        ]
    if show in (DepositFilter.WAITING, DepositFilter.PAYMENTS):
        found = reader.rows(
            "SELECT r.id, r.paid_on, r.trace, r.payer_name AS payer, r.payment_cents, r.id AS remittance_id,"
            " '' AS matched_by, '' AS note FROM remittance r WHERE r.payment_cents > 0 AND r.status <> 'unposted'"
            " AND r.id NOT IN (SELECT remittance_id FROM deposit WHERE remittance_id IS NOT NULL)"
        )
        rows += [_row(one["id"], "payment", one["paid_on"], one, 0, one["payment_cents"], today, True) for one in found]
    return sorted(rows, key=lambda row: (row.day, row.kind, row.id))


def _row(
    row_id: str, kind: str, day: str, one: object, cents: int, paid: int, today: dt.date, waits: bool
) -> DepositRow:
    get = one.__getitem__  # type: ignore[attr-defined]
    age = (today - dt.date.fromisoformat(day)).days if day else 0
    return DepositRow(
        id=row_id,
        kind=kind,
        day=day,
        trace=get("trace"),
        payer=get("payer"),
        cents=cents,
        paid_cents=paid,
        matched_by=get("matched_by"),
        note=get("note"),
        age_days=age,
        aged=waits and age > AGED_DAYS,
        remittance_id=get("remittance_id") or "",
    )

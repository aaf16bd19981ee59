"""What bank and remittances still owe each other: deposits without a remittance, payments without a deposit, by age."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from store.queries import Reader, Row

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
    """A deposit, a payment, or both where they are matched. `aged` says that it has waited too long.

    `why` says of a deposit that waits why the payment of its own trace number is not matched with it; that payment's
    amount is `paid_cents` then.
    """

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
    why: str = ""


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
            # Who has a facility sees heads of its payments, but no deposits: without the file nothing waits.
            " '' AS matched_by, '' AS note FROM remittance r JOIN received_file f ON f.id = r.file_id"
            " WHERE r.payment_cents > 0 AND r.status NOT IN ('unposted', 'set aside')"
            " AND r.id NOT IN (SELECT remittance_id FROM deposit WHERE remittance_id IS NOT NULL)"
        )
        rows += [_row(one["id"], "payment", one["paid_on"], one, 0, one["payment_cents"], today, True) for one in found]
    if show in (DepositFilter.WAITING, DepositFilter.DEPOSITS):
        rows = _with_own_payments(reader, rows)
    return sorted(rows, key=lambda row: (row.day, row.kind, row.id))


def plain_trace(trace: str) -> str:
    """A trace without signs and leading zeros: banks pad and cut them."""
    return "".join(c for c in trace.upper() if c.isalnum()).lstrip("0")


def _with_own_payments(reader: Reader, rows: list[DepositRow]) -> list[DepositRow]:
    """The rows; deposits whose trace is that of a payment say what keeps the two apart."""
    if not any(row.kind == "deposit" and row.trace for row in rows):
        return rows
    payments: dict[str, list[Row]] = defaultdict(list)
    for one in reader.rows(
        "SELECT r.trace, r.payment_cents AS cents,"
        " (SELECT COUNT(*) FROM deposit d WHERE d.remittance_id = r.id) AS paid"
        " FROM remittance r WHERE r.payment_cents > 0 AND r.status NOT IN ('unposted', 'set aside')"
        " ORDER BY r.paid_on, r.id"
    ):
        payments[plain_trace(one["trace"])].append(one)
    return [_beside(row, payments.get(plain_trace(row.trace), [])) if row.trace else row for row in rows]


def _beside(row: DepositRow, payments: list[Row]) -> DepositRow:
    """A deposit beside the payments of its trace; of more than one, those that no deposit pays count before others."""
    if row.kind != "deposit" or not plain_trace(row.trace) or not payments:
        return row
    own = min(payments, key=lambda one: (bool(one["paid"]), abs(one["cents"] - row.cents)))
    off = (row.cents - own["cents"]) / 100
    if own["paid"]:
        why = "another deposit pays the payment of this number"
    elif off:
        why = f"{abs(off):,.2f} {'less' if off < 0 else 'more'} than its payment {own['cents'] / 100:,.2f}"
    else:
        why = "match again: the payment is here"
    return replace(row, paid_cents=own["cents"], why=why)


def _row(
    row_id: str, kind: str, day: str, one: Mapping[str, Any], cents: int, paid: int, today: dt.date, waits: bool
) -> DepositRow:
    get = one.__getitem__
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

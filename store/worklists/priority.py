"""The priority of a task: points with their reasons, which add up to it. Higher comes first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Protocol

from sqlmodel import Session, col, func, select

from store.models import Charge, Coverage, Encounter, Payer
from store.terms import CodingKind

Reasons = list[list[Any]]
"""Parts of the priority as [points, words]."""

NO_LIMIT = "9999-12-31"
"""The last day of all: of a payer without a filing limit."""


def charged_cents(session: Session, encounter: Encounter) -> dict[CodingKind, int]:
    """The posted charges of a visit that is billed on both sides, by the side that bills them.

    Those with a revenue code are the facility's (UB-04 form locator 42). Together they are all charges of the visit.
    """
    of_facility = col(Charge.revenue_code) != ""
    query = select(of_facility, func.sum(Charge.amount_cents)).where(Charge.encounter_id == encounter.id)
    sums = dict(session.exec(query.group_by(of_facility)).all())
    return {CodingKind.FACILITY: sums.get(True, 0), CodingKind.PROFESSIONAL: sums.get(False, 0)}


def filing_limit(session: Session, encounter: Encounter) -> str:
    """ISO day of the first payer's filing limit; NO_LIMIT where none is known."""
    days = session.exec(
        select(Payer.timely_filing_days)
        .join(Coverage)
        .where(Coverage.account_id == encounter.account_id)
        .order_by(col(Coverage.sequence))
        .limit(1)
    ).first()
    if not days:
        return NO_LIMIT
    try:
        return (date.fromisoformat(encounter.service_date) + timedelta(days=days)).isoformat()
    except OverflowError:
        return NO_LIMIT


class Prioritized(Protocol):
    """A task, or its row: what a priority rests on."""

    @property
    def service_date(self) -> str: ...

    @property
    def bill_by(self) -> str: ...

    @property
    def charge_rank(self) -> int: ...

    @property
    def new_documents(self) -> int: ...

    @property
    def came_back(self) -> str: ...


def reasons_of(item: Prioritized, day: date) -> Reasons:
    """The parts of a task's priority on a day: time left to file, age, money, and what came late."""
    reasons: Reasons = []
    if item.bill_by != NO_LIMIT:
        left = (date.fromisoformat(item.bill_by) - day).days
        if left <= 30:
            reasons.append([60, f"payer's days left ({max(left, 0)})"])
        elif left <= 90:
            reasons.append([20, f"payer's days left ({left})"])
    # A task without a day of service, which old imports can have, is as old as today.
    age = max((day - date.fromisoformat(item.service_date)).days, 0) if item.service_date else 0
    reasons.append([age, f"age {age}d"])
    cents = -item.charge_rank
    if cents >= 1_000_000:
        reasons.append([20, f"charges {cents // 100:,} dollars"])
    elif cents >= 100_000:
        reasons.append([10, f"charges {cents // 100:,} dollars"])
    if item.new_documents:
        reasons.append([14, "document came after coding"])
    if item.came_back:
        reasons.append([20, f"came back: {item.came_back}"])
    return reasons

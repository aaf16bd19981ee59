"""Capacity: how many hours of coding bring what waits down to the goal by a day, from the standards of each type.

What must be coded is the money above the goal, and what will come in until then. The dearest charts are counted
first, since they bring the figure down with the fewest hours; that is a lower bound, and said so. A chart on hold is
not coding's and is not counted; where the held ones alone are above the goal, no hour of coding reaches it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from store.queries import Reader
from store.reports.later import Standard, standards
from store.reports.period import Period, day_before
from store.reports.run import daily_gross

INFLOW_DAYS = 28


@dataclass(frozen=True)
class Capacity:
    """Hours of coding to a goal: for what waits, and for what comes in until `by`; money in cents.

    `reachable` is False where coding every ready chart is not enough.
    """

    by: str
    goal_days: float
    days_now: float
    charts: int
    hours_waiting: float
    hours_inflow: float
    reachable: bool

    @property
    def hours(self) -> float:
        return round(self.hours_waiting + self.hours_inflow, 1)

    @property
    def words(self) -> str:
        """The answer in one line."""
        if self.days_now <= self.goal_days and not self.hours_inflow:
            return f"{self.goal_days:g} days are kept: nothing beyond the daily work is needed"
        hours = "1 hour" if round(self.hours) == 1 else f"{self.hours:,.0f} hours"
        if not self.reachable:
            return (
                f"coding alone does not reach {self.goal_days:g} days by {self.by}: {hours} code all "
                f"that is ready, the rest waits for others"
            )
        return (
            f"{hours} of coding to {self.goal_days:g} days by {self.by}:"
            f" {self.charts:,} chart{'s that wait' if self.charts != 1 else ' that waits'}, and what comes in"
        )


def needed(
    ready: Sequence[tuple[str, int]],
    total_cents: int,
    gross_a_day: float,
    inflow: Mapping[str, tuple[float, float]],
    by: str,
    days_left: int,
    goal_days: float,
    rules: Mapping[str, Standard],
) -> Capacity:
    """Reckon it, pure: `ready` are (type, cents) of charts that can be coded, `total_cents` is all that waits.

    `inflow` is (charts, cents) a day by type.
    """
    now = total_cents / gross_a_day if gross_a_day else 0.0
    coming = sum(cents for _, cents in inflow.values()) * days_left
    excess = total_cents + coming - goal_days * gross_a_day
    charts = 0
    minutes = 0.0
    for kind, cents in sorted(ready, key=lambda one: (-one[1], one[0])):
        if excess <= 0:
            break
        excess -= cents
        charts += 1
        minutes += rules[kind].minutes if kind in rules else 10.0
    inflow_minutes = 0.0
    if excess > 0:
        inflow_minutes = sum(
            many * days_left * (rules[kind].minutes if kind in rules else 10.0) for kind, (many, _) in inflow.items()
        )
        excess -= coming
    return Capacity(
        by, goal_days, round(now, 2), charts, round(minutes / 60, 2), round(inflow_minutes / 60, 2), excess <= 0
    )


def capacity(
    reader: Reader, period: Period, goal_days: float, total_cents: int | None = None, by: date | None = None
) -> Capacity:
    """What a site needs by a day, the next Friday where none is named, to bring `total_cents` down to the goal.

    Without a total it is what waits for coding, ready or held.
    """
    today = date.fromisoformat(period.until)
    friday = by or today + timedelta(days=(4 - today.weekday()) % 7 or 7)
    since = day_before(today, INFLOW_DAYS)
    waiting = reader.rows(
        """
        SELECT e.setting, w.status, -w.charge_rank AS cents FROM work_item w JOIN encounter e ON e.id = w.encounter_id
        WHERE w.status IN ('ready', 'in_progress', 'on_hold') AND e.status = 'discharged' AND w.service_date > :old
        """,
        old=day_before(today, 365),
    )
    inflow = reader.rows(
        """
        SELECT e.setting, COUNT(*) AS charts, SUM(-w.charge_rank) AS cents
        FROM work_item w JOIN encounter e ON e.id = w.encounter_id
        WHERE w.service_date > :since AND w.service_date <= :until AND w.status <> 'canceled' GROUP BY e.setting
        """,
        since=since,
        until=period.until,
    )
    return needed(
        [(row["setting"], int(row["cents"])) for row in waiting if row["status"] != "on_hold"],
        sum(int(row["cents"]) for row in waiting) if total_cents is None else total_cents,
        daily_gross(reader, period),
        {row["setting"]: (row["charts"] / INFLOW_DAYS, int(row["cents"]) / INFLOW_DAYS) for row in inflow},
        friday.isoformat(),
        max((friday - today).days, 0),
        goal_days,
        standards(),
    )

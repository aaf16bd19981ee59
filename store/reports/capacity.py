"""Capacity: how many hours of coding bring what waits down to the goal by a day, from the standards of each type.

What must be coded is the money above the goal, and what will come in until then. The dearest charts are counted
first, since they bring the figure down with the fewest hours; that is a lower bound, and said so. The charts are the
visits that DNFB tells as ready to code; one with a task on hold is not coding's and is not counted. Where the held ones
alone are above the goal, no hour of coding reaches it.

The rate is the standard minutes of each type (productivity.csv), for every task of a visit that is ready: facility and
professional coding are two. It is not that of the productivity board, whose hours are coding hours alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from store.queries import Reader
from store.reports.catalog import named_in, written_out
from store.reports.later import Standard, standards
from store.reports.period import Period, day_before
from store.reports.run import daily_gross

INFLOW_DAYS = 28

USUAL_MINUTES = 10.0
"""Minutes of a chart of a type that has no standard."""

RATE = (
    "hours: standard minutes of each type of visit (productivity.csv) for each task of the visits that are ready to"
    " code, the dearest first; what comes in as in the last 28 days. The productivity board counts coding hours alone"
)
"""By which rate, and over which charts, in words."""


@dataclass(frozen=True)
class ReadyVisit:
    """A visit of which nothing is held: its type, its charges in cents, and how many of its tasks are to be coded."""

    setting: str
    cents: int
    tasks: int = 1


@dataclass(frozen=True)
class Capacity:
    """Hours of coding to a goal: for `charts` visits that are ready, and for what comes in until `by`.

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
        return round(round(self.hours_waiting, 1) + round(self.hours_inflow, 1), 1)

    @property
    def words(self) -> str:
        """The answer in one line."""
        if self.days_now <= self.goal_days and not self.hours_inflow:
            return f"{self.goal_days:g} days are kept: nothing beyond the daily work is needed"
        ready = f"{_hours(self.hours_waiting)} for {self.charts:,} chart{'' if self.charts == 1 else 's'} ready to code"
        parts = ", ".join([ready, *([f"{_hours(self.hours_inflow)} for what comes in"] if self.hours_inflow else [])])
        if not self.reachable:
            return (
                f"coding alone does not reach {self.goal_days:g} days by {self.by}: {parts}; the rest waits for others"
            )
        return f"{_hours(self.hours)} of coding to {self.goal_days:g} days by {self.by}: {parts}"


def _hours(hours: float) -> str:
    """Hours to a tenth, so that the parts add up to the sum that is told."""
    return f"{hours:,.1f} hour{'' if hours == 1 else 's'}"


def needed(
    ready: Sequence[ReadyVisit],
    total_cents: int,
    gross_a_day: float,
    inflow: Mapping[str, tuple[float, float]],
    by: str,
    days_left: int,
    goal_days: float,
    rules: Mapping[str, Standard],
) -> Capacity:
    """Reckon it, pure: `ready` are the visits that can be coded, `total_cents` is all that waits.

    `inflow` is (charts, cents) a day by type.
    """
    now = total_cents / gross_a_day if gross_a_day else 0.0
    coming = sum(cents for _, cents in inflow.values()) * days_left
    excess = total_cents + coming - goal_days * gross_a_day
    charts = 0
    minutes = 0.0
    for visit in sorted(ready, key=lambda one: (-one.cents, one.setting)):
        if excess <= 0:
            break
        excess -= visit.cents
        charts += 1
        minutes += visit.tasks * _minutes(rules, visit.setting)
    inflow_minutes = 0.0
    if excess > 0:
        inflow_minutes = sum(many * days_left * _minutes(rules, kind) for kind, (many, _) in inflow.items())
        excess -= coming
    return Capacity(
        by, goal_days, round(now, 2), charts, round(minutes / 60, 2), round(inflow_minutes / 60, 2), excess <= 0
    )


def _minutes(rules: Mapping[str, Standard], setting: str) -> float:
    return rules[setting].minutes if setting in rules else USUAL_MINUTES


def capacity(
    reader: Reader, period: Period, goal_days: float, total_cents: int | None = None, by: date | None = None
) -> Capacity:
    """What a site needs by a day, the next Friday where none is named, to bring `total_cents` down to the goal.

    Without a total it is what waits for coding, ready or held.
    """
    today = date.fromisoformat(period.until)
    friday = by or today + timedelta(days=(4 - today.weekday()) % 7 or 7)
    since = day_before(today, INFLOW_DAYS)
    sql = written_out(
        """{waiting}
        SELECT e.setting, l.state, l.cents, COUNT(DISTINCT t.worklist) AS tasks
        FROM least l JOIN task t ON t.id = l.id AND t.state = l.state JOIN encounter e ON e.id = l.id
        WHERE l.state < 3 GROUP BY l.id, e.setting, l.state, l.cents
        """
    )
    parameters = period.parameters()
    waiting = reader.rows(sql, **{name: parameters[name] for name in named_in(sql)})
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
        [ReadyVisit(row["setting"], int(row["cents"]), int(row["tasks"])) for row in waiting if row["state"] == 2],
        sum(int(row["cents"]) for row in waiting) if total_cents is None else total_cents,
        daily_gross(reader, period),
        {row["setting"]: (row["charts"] / INFLOW_DAYS, int(row["cents"]) / INFLOW_DAYS) for row in inflow},
        friday.isoformat(),
        max((friday - today).days, 0),
        goal_days,
        standards(),
    )

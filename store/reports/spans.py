"""The spans that are told to whom small counts are covered: a calendar month or year that has ended, as of one moment.

Two reports whose days differ by one tell, taken from each other, what happened on that day, and two whose moments
differ by an hour what happened in it: a count that is covered in each could be subtracted. So there is no choice of
days: a month and the next one share none, and the month that runs is not told. Nor is there one of the moment:
everything is as of the end of the last month that has ended, and what stands on a day as of the last day of its span,
so that asking again within a month tells the same. A year less its eleven other months is left, where all of those are
told: that is for who hands reports out to judge.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from codesets.errors import UsageError
from store.actors import Actor
from store.reports.period import Period
from store.reports.run import end_of, period_of
from store.settings import today
from store.terms import Role


def is_covered(actor: Actor) -> bool:
    """Whether a person sees small counts covered always."""
    return actor.role is Role.ANALYST


def period_for(actor: Actor, since: str = "", until: str = "", as_of: str = "") -> Period:
    """A period from what a person typed: the usual one, or the spans of who sees small counts covered.

    To those the last month that has ended without days, the month of the one day that was typed. Raises UsageError.
    """
    if not is_covered(actor):
        return period_of(since, until, as_of)
    if as_of:
        raise UsageError(
            "a report whose small counts are covered is as of one moment: two of them could be subtracted",
            f"without --as-of it is as of {_last_month_end()}",
        )
    if not since:
        since = period_of("", until or _last_month_end().isoformat()).since
    if not until:
        first = date.fromisoformat(period_of(since, since).since)
        until = _month_end(first).isoformat()
    return held_to_spans(period_of(since, until))


def held_to_spans(period: Period, stock: bool = False) -> Period:
    """The period with its one moment; `stock`: of a figure that tells how things stand on the last day.

    Raises UsageError for days that are no month or year that has ended.
    """
    first, last, ended = date.fromisoformat(period.since), date.fromisoformat(period.until), _last_month_end()
    month = (first.replace(day=1), _month_end(first))
    year = (date(first.year, 1, 1), date(first.year, 12, 31))
    if (first, last) not in (month, year) or last > ended:
        told = min(month[1], ended)
        raise UsageError(
            "a report whose small counts are covered is of a calendar month or year that has ended:"
            f" {first} to {last} could be subtracted from another",
            f"as in --since {told.replace(day=1)} --until {told}",
        )
    return Period(period.since, period.until, end_of(period.until if stock else ended.isoformat()))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _last_month_end() -> date:
    return today().replace(day=1) - timedelta(days=1)

"""Running a figure of the catalog: its rows, its one number, and what it says when there is nothing.

A report is reckoned as of a moment: what happened after it has not happened. Where a row of the record has since been
set back (a final coding taken back), yesterday's figure cannot be told from the record any more; that is what
publishing is for (`store.reports.publish`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from codesets.errors import CodedeskError, UsageError
from store.actors import Actor
from store.database import Database
from store.models.columns import now
from store.queries import Reader, SessionReader
from store.reports import later
from store.reports.catalog import Figure, figure_named
from store.reports.period import Period, day_before
from store.reports.tables import plain
from store.settings import load_settings, today

GROSS_DAYS = 90
"""Days over which the average daily gross revenue is taken."""


class NothingToTell(CodedeskError):
    """A table that the figure needs is not there."""

    title = "report"
    exit_code = 1


@dataclass(frozen=True)
class Report:
    """The answer: columns and rows, the one number (None of nothing), and words where something must be said."""

    figure: Figure
    period: Period
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    value: float | None
    note: str = ""

    def column(self, name: str) -> int:
        return self.columns.index(name)

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def period_of(since: str = "", until: str = "", as_of: str = "") -> Period:
    """A period from what was typed; this month up to today where nothing was. Raises UsageError."""
    day = today()
    last = _read_day(until) if until else day
    first = _read_day(since) if since else last.replace(day=1)
    if first > last:
        raise UsageError(f"{first} to {last} is no period", "the first day comes first")
    if len(as_of) == 10:
        as_of = _end_of(_read_day(as_of).isoformat())
    elif as_of:
        try:
            datetime.fromisoformat(as_of.replace("Z", "+00:00"))
        except ValueError:
            raise UsageError(f"expected a day or moment, got {as_of!r}", "as in 2026-09-30T06:00:00Z") from None
    return Period(first.isoformat(), last.isoformat(), as_of)


def run_report(db: Database, actor: Actor, name: str, period: Period) -> Report:
    """Run a figure by its name and log that it was. Raises UsageError, NothingToTell, NotAllowed."""
    figure = figure_named(name)
    period = moment_of(figure, period)
    with db.change(actor, action="report.run") as change:
        change.log("report.run", "report", name, since=period.since, until=period.until, as_of=period.as_of)
    with db.reading() as session:
        return read_report(SessionReader(session), figure, period)


def moment_of(figure: Figure, period: Period) -> Period:
    """The period with its moment: now; of what stands on a day (`stock`) the end of the last day, where that is past.

    Where the site stands on a day of its own (setting `today`), now is the end of that day.
    """
    if period.as_of:
        return period
    present = _end_of(today().isoformat()) if load_settings().today else now()
    end = _end_of(period.until)
    return replace(period, as_of=min(end, present) if figure.stock else present)


def read_report(reader: Reader, figure: Figure, period: Period) -> Report:
    """The rows of a figure and what it comes to. Raises NothingToTell."""
    period = moment_of(figure, period)
    if figure.needs and not _there(reader, figure.needs):
        raise NothingToTell(f"{figure.title}: no DRG is kept by this codedesk", "a grouper keeps one with each coding")
    parameters = period.parameters()
    found = reader.rows(figure.sql, **{name: parameters[name] for name in figure.parameters})
    columns = tuple(found[0].keys()) if found else ()
    rows = tuple(tuple(plain(value) for value in dict(row).values()) for row in found)
    report = Report(figure, period, columns, rows, None)
    if figure.then:
        report = getattr(later, figure.then)(reader, report)
    if figure.unit == "days" and "cents" in report.columns:
        report = _in_days(reader, report)
    return replace(report, value=report.value if report.value is not None else _value(report), note=_note(report))


def daily_gross(reader: Reader, period: Period) -> float:
    """Average daily gross charges in cents of the 90 days up to the last day of a period."""
    last = date.fromisoformat(period.until)
    row = reader.rows(
        "SELECT COALESCE(SUM(amount_cents), 0) AS cents FROM charge"
        " WHERE service_date > :first AND service_date <= :last",
        first=day_before(last, GROSS_DAYS),
        last=period.until,
    )[0]
    return float(row["cents"]) / GROSS_DAYS


def _in_days(reader: Reader, report: Report) -> Report:
    """A column of days behind the money: cents by the average daily gross charges."""
    gross = daily_gross(reader, report.period)
    cents = report.column("cents")
    rows = tuple((*row, round(row[cents] / gross, 2) if gross else None) for row in report.rows)
    total = sum(row[cents] for row in report.rows)
    return replace(
        report, columns=(*report.columns, "days"), rows=rows, value=round(total / gross, 2) if gross else None
    )


def _value(report: Report) -> float | None:
    over, _, under = report.figure.figure.partition(" / ")
    top = _sum(report, over)
    if not under:
        return top
    bottom = _sum(report, under)
    return round(top / bottom, 4) if top is not None and bottom else None


def _sum(report: Report, column: str) -> float | None:
    if column not in report.columns:
        return None
    place = report.column(column)
    return sum(row[place] or 0 for row in report.rows)


def _note(report: Report) -> str:
    """What to say where there is nothing, in words."""
    if report.rows or report.note:
        return report.note
    period = report.period
    return f"Nothing from {period.since} to {period.until}: no {_subject(report.figure)} fall into it."


def _subject(figure: Figure) -> str:
    return {"denials": "denials", "claims": "claims", "lines": "claim lines", "findings": "edit findings"}.get(
        (figure.counts or ("charts",))[0], "charts"
    )


def _there(reader: Reader, table: str) -> bool:
    from sqlmodel import SQLModel

    return table in SQLModel.metadata.tables


def _end_of(day: str) -> str:
    return f"{day}T23:59:59.999Z"


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"expected a day such as 2026-09-30, got {text!r}") from None

"""Running a figure of the catalog: its rows, its one number, and what it says when there is nothing.

A report is reckoned as of a moment: what happened after it has not happened. Where a row of the record has since been
set back (a final coding taken back), yesterday's figure cannot be told from the record any more; that is what
publishing is for (`store.reports.publish`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from codesets.errors import CodedeskError, UsageError
from store.actors import Actor
from store.database import Database
from store.models.columns import now
from store.permissions import allowed
from store.queries import Reader, SessionReader
from store.reports import later
from store.reports.catalog import Figure, catalog, figure_named, named_in
from store.reports.period import Period, day_before
from store.reports.tables import plain
from store.settings import load_settings, today
from store.whole import part_seen

MONTHLY_SUMS = "monthly_sums"
"""The fact of the site that says when the monthly sums were last made."""

_LAST = "9999-12-31"

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
    why: str = ""
    """Why there is no value, in words that go on from a colon; empty where there is one."""

    def column(self, name: str) -> int:
        return self.columns.index(name)

    def of(self, column: str) -> list[Any]:
        """The cells of a column."""
        return [row[self.column(column)] for row in self.rows]

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
        as_of = end_of(_read_day(as_of).isoformat())
    elif as_of:
        try:
            datetime.fromisoformat(as_of.replace("Z", "+00:00"))
        except ValueError:
            raise UsageError(f"expected a day or moment, got {as_of!r}", "as in 2026-09-30T06:00:00Z") from None
    return Period(first.isoformat(), last.isoformat(), as_of)


def run_report(db: Database, actor: Actor, name: str, period: Period) -> Report:
    """Run a figure by its name and log that it was. Raises UsageError, NothingToTell, NotAllowed.

    To whom small counts are covered it is of whole months or years that have ended, and as of one moment.
    """
    from store.reports.spans import held_to_spans, is_covered

    figure = figure_named(name)
    if is_covered(actor):
        period = held_to_spans(period, figure.stock)
    told = moment_of(figure, period)
    with db.change(actor, action=right_to(figure)) as change:
        change.log("report.run", "report", name, since=told.since, until=told.until, as_of=told.as_of)
    with db.reading() as session:
        return read_report(SessionReader(session), figure, replace(period, as_of=told.as_of))


def right_to(figure: Figure) -> str:
    """The right that a figure takes (`store.permissions`)."""
    return "report.billing" if figure.billing else "report.run"


def open_to(actor: Actor) -> list[Figure]:
    """The figures that the actor's role may see, in the order of the catalog."""
    return [figure for figure in catalog().values() if allowed(actor.role, "do", right_to(figure))]


def moment_of(figure: Figure, period: Period) -> Period:
    """The period with its moment: now; of what stands on a day (`stock`) the end of the last day, where that is past.

    A moment that is named is the last day of what stands on a day: its ages and its average are counted from there.
    Of what stands on a day no day is later than today. Where the site stands on a day of its own (setting `today`), now
    is no earlier than the end of that day.
    """
    day = today().isoformat()
    if figure.stock:
        last = min(period.until, day, period.as_of[:10] or day)
        period = replace(period, since=min(period.since, last), until=last)
    if period.as_of:
        return period
    present = max(end_of(day), now()) if load_settings().today else now()
    past = figure.stock and period.until < day
    return replace(period, as_of=min(end_of(period.until), present) if past else present)


def read_report(reader: Reader, figure: Figure, period: Period) -> Report:
    """The rows of a figure and what it comes to. Raises NothingToTell."""
    asked, period, told = period, moment_of(figure, period), ""
    if figure.needs and not _there(reader, figure.needs):
        raise NothingToTell(f"{figure.title}: no DRG is kept by this codedesk", "a grouper keeps one with each coding")
    sql = figure.sql
    if figure.sums:
        sql, period, told = _of_months(reader, figure, period)
    parameters = period.parameters()
    found = reader.rows(sql, **{name: parameters[name] for name in named_in(sql)})
    columns = tuple(found[0].keys()) if found else ()
    rows = tuple(tuple(plain(value) for value in dict(row).values()) for row in found)
    report = Report(figure, period, columns, rows, None)
    if figure.then:
        report = getattr(later, figure.then)(reader, report)
    if figure.figure == "days":
        report = _in_days(reader, report)
    elif report.value is None:
        report = replace(report, value=_value(report))
    report = replace(report, why="" if report.value is not None else _why_none(reader, report))
    told = " ".join(filter(None, (_to_come(figure, asked), _note(report, told))))
    if part := part_seen(reader):
        told = " ".join(filter(None, (told, f"{part.words[0].upper()}{part.words[1:]}.")))
    return replace(report, note=told)


def _of_months(reader: Reader, figure: Figure, period: Period) -> tuple[str, Period, str]:
    """How a figure of whole months is answered: by the sums as of when they were made, else by the lines as of then."""
    first, last = date.fromisoformat(period.since).replace(day=1), date.fromisoformat(period.until)
    last = date(last.year + last.month // 12, last.month % 12 + 1, 1) - timedelta(days=1)
    made = reader.rows("SELECT value FROM site_fact WHERE name = :name", name=MONTHLY_SUMS)
    whole = replace(period, since=first.isoformat(), until=last.isoformat())
    if part_seen(reader) is not None:
        return figure.lines, whole, "Whole months, added up from the record itself: the monthly sums are of everybody."
    if made and made[0]["value"] <= period.as_of:
        when = made[0]["value"]
        return figure.sql, replace(whole, as_of=when), f"Whole months, by the monthly sums of {when[:16]}Z."
    why = "the monthly sums are newer" if made else "codedesk report --refresh makes sums that answer at once"
    return figure.lines, whole, f"Whole months, added up from the record itself: {why}."


def daily_gross(reader: Reader, period: Period) -> float:
    """Average daily gross charges in cents of the 90 days up to the last day of a period."""
    last = date.fromisoformat(period.until)
    row = reader.rows(
        "SELECT COALESCE(SUM(amount_cents), 0) AS cents FROM charge"
        " WHERE service_date > :first AND service_date <= :last AND posted_at <= :as_of",
        first=day_before(last, GROSS_DAYS),
        last=period.until,
        as_of=period.as_of,
    )[0]
    return float(row["cents"]) / GROSS_DAYS


def _in_days(reader: Reader, report: Report) -> Report:
    """A column of days behind the money: cents by the average daily gross charges; no figure where there are none."""
    gross = daily_gross(reader, report.period)
    if not gross:
        return report
    if not report.rows:
        return replace(report, value=0.0)
    cents = report.column("cents")
    rows = tuple((*row, round(row[cents] / gross, 2)) for row in report.rows)
    total = sum(row[cents] for row in report.rows)
    return replace(report, columns=(*report.columns, "days"), rows=rows, value=round(total / gross, 2))


def _value(report: Report) -> float | None:
    over, _, under = report.figure.figure.partition(" / ")
    top = _sum(report, over)
    if not under:
        return top
    bottom = _sum(report, under)
    return round(top / bottom, 4) if top is not None and bottom else None


def _sum(report: Report, column: str) -> float | None:
    if column not in report.columns or not report.rows:
        return None
    place = report.column(column)
    return sum(row[place] or 0 for row in report.rows)


def _note(report: Report, told: str) -> str:
    """What to say besides: of nothing, of no figure, of a moment that is past, in words."""
    period, figure = report.period, report.figure
    if not report.rows:
        why = report.why or _nothing(figure)
        return f"Nothing from {period.since} to {period.until}: {why}."
    notes = [told] if told else []
    if report.why:
        notes.append(f"No figure: {report.why}.")
    if figure.since_then and period.as_of < moment_of(figure, replace(period, until=_LAST, as_of="")).as_of[:10]:
        notes.append(f"As of a day that is past, but for this: {figure.since_then}.")
    return " ".join([*notes, *([report.note] if report.note else [])])


def _to_come(figure: Figure, asked: Period) -> str:
    """What to say of days that are still to come; empty for none."""
    day = today().isoformat()
    if asked.until <= day:
        return ""
    if figure.stock:
        return f"{asked.until} is still to come: this is how things stand on {day}."
    return f"The days after {day} are still to come: nothing of them is in it yet."


def _why_none(reader: Reader, report: Report) -> str:
    """Why a report has no value: what its figure asks for is not there, or what it divides by comes to nothing."""
    parameters = report.period.parameters()
    for reason in report.figure.without:
        asked = {name: parameters[name] for name in named_in(reason["none"])}
        if not next(iter(dict(reader.rows(reason["none"], **asked)[0]).values())):
            return reason["says"]
    if not report.rows:
        return _nothing(report.figure)
    if report.figure.figure == "days":
        days = f"the {GROSS_DAYS} days up to {report.period.until}"
        return f"no charge of {days} is here, so that there is no average day to divide by"
    below = report.figure.figure.rpartition(" / ")[2]
    return f"the {below.removesuffix('_cents').replace('_', ' ')} of every row come to 0, and nothing is divided by 0"


def _nothing(figure: Figure) -> str:
    return f"no {_subject(figure)} fall into it"


def _subject(figure: Figure) -> str:
    return {"denials": "denials", "claims": "claims", "lines": "claim lines", "findings": "edit findings"}.get(
        (figure.counts or ("charts",))[0], "charts"
    )


def _there(reader: Reader, table: str) -> bool:
    from sqlmodel import SQLModel

    return table in SQLModel.metadata.tables


def end_of(day: str) -> str:
    """The last moment of an ISO day, as ISO text in UTC."""
    return f"{day}T23:59:59.999Z"


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"expected a day such as 2026-09-30, got {text!r}") from None

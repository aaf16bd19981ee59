"""`codedesk report`: the catalog of figures; run one, publish it, repeat what was published.

codedesk report                       the catalog
codedesk report dnfb --until 2026-09-30
codedesk report denials --html denials.html
codedesk report dnfb --publish        and later: --published, --repeat ID

To analysts small counts are covered, and reports are of a calendar month or year that has ended, as of the end of the
last one: two that differ by a day could be subtracted.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesets.errors import UsageError
from codesets.safe import safe_line
from tui.cells import counted
from tui.counts import how_many

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.reports.publish import Repeated
    from store.reports.run import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="a figure of the catalog; none: the catalog"
    )
    parser.add_argument(
        "--since",
        default="",
        metavar="DAY",
        help="first day; the first of the month without it (analysts: whole months)",
    )
    parser.add_argument("--until", default="", metavar="DAY", help="last day; today without it")
    parser.add_argument("--as-of", default="", metavar="DAY", help="day or moment: what came later has not happened")
    parser.add_argument("--top", type=how_many, metavar="N", help="the first rows alone")
    parser.add_argument("--define", action="store_true", help="formula, inclusions and SQL, and no rows")
    parser.add_argument("--suppress", action="store_true", help="cover counts of people below 11; analysts always")
    parser.add_argument("--csv", action="store_true", help="the rows as CSV, formula-safe")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--parquet", metavar="FILE", help="the rows as a Parquet file")
    parser.add_argument("--html", metavar="FILE", help="one page with a picture, for a meeting")
    parser.add_argument("--picture", action="store_true", help="a picture in the terminal")
    parser.add_argument("--histogram", metavar="COLUMN", help="how many rows have how much of a column")
    parser.add_argument("--publish", action="store_true", help="keep the figure as published, with everything")
    parser.add_argument("--published", action="store_true", help="what was published, of NAME or of all")
    parser.add_argument("--repeat", metavar="ID", help="run a published figure again and compare")
    parser.add_argument(
        "--refresh", action="store_true", help="bring the monthly sums up to date, and weights to DRGs kept without"
    )


def run(args: argparse.Namespace) -> int:
    """Carry it out."""
    if not (args.name or args.published or args.repeat or args.refresh):
        return _catalog(args)
    if args.define:
        return _define(args.name)
    from store.database import open_database
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        if args.refresh:
            return _refresh(db, actor)
        if args.repeat:
            return _repeat(db, actor, args)
        if args.published:
            return _published(db, actor, args)
        return _report(db, actor, args)
    finally:
        db.close()


def _refresh(db: Database, actor: Actor) -> int:
    from codesets.catalog import open_reference
    from store.coding.weights import bring_weights
    from store.database import operation_id
    from store.reports.rollups import refresh

    print(f"monthly sums: {counted(refresh(db, actor, operation_id=operation_id()), 'row')}")
    with open_reference() as reference:
        print(f"DRG weights: {counted(bring_weights(db, reference, actor, operation_id()), 'stay')} got one")
    return 0


def _catalog(args: argparse.Namespace) -> int:
    from store.reports.catalog import catalog

    figures = catalog().values()
    if args.json:
        print(json.dumps([one.definition() for one in figures]))
        return 0
    for one in figures:
        print(f"{one.name:<17} {one.title}")
    print("codedesk report NAME runs one, --define says how it is reckoned")
    return 0


def _define(name: str) -> int:
    from store.reports.catalog import figure_named

    one = figure_named(name)
    kept = f"all of it but {one.since_then}" if one.since_then else "all of it"
    print(f"{one.name}: {one.title}, in {one.unit}\nformula: {one.formula}\nin it:   {one.inclusions}")
    print(f"as of a day that is past: {kept}\n")
    print(one.sql.strip())
    return 0


def _report(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.models.columns import now
    from store.output import write_text
    from store.reports.page import html_page
    from store.reports.publish import publish
    from store.reports.run import run_report
    from store.reports.small_cells import suppressed
    from store.reports.spans import period_for
    from store.reports.tables import Format, csv_text, write_rows

    report = run_report(db, actor, args.name, period_for(actor, args.since, args.until, args.as_of))
    told = suppressed(report) if _covers(actor, args) else report
    if args.publish:
        figure_id = publish(db, actor, report, operation_id())
        why = f": {told.why}" if told.why else ""
        print(safe_line(f"published {figure_id}: {value_words(told)} as of {report.period.as_of}{why}"))
        return 0
    if args.histogram:
        _check_column(told, args.histogram)
    shown = replace(told, rows=told.rows[: args.top] if args.top else told.rows)
    if args.parquet:
        write_rows(Path(args.parquet), shown.columns, shown.dicts(), Format.PARQUET)
        print(f"{counted(len(shown.rows), 'row')} in {args.parquet}")
    elif args.html:
        made = f"codedesk, {actor.name or actor.login}, {now()[:16]}Z"
        write_text(Path(args.html), html_page(shown, made))
        print(f"a page in {args.html}")
    elif args.csv:
        print(csv_text(shown.columns, shown.rows), end="")
    elif args.json:
        print(json.dumps(_document(shown)))
    else:
        for text in report_lines(shown):
            print(safe_line(text).rstrip())
        if args.histogram:
            print("\n".join(_histogram(shown, args.histogram)))
        if args.picture:
            print("\n".join(picture(shown)))
    return 0


def _covers(actor: Actor, args: argparse.Namespace) -> bool:
    """Whether small cells are covered: for analysts always."""
    from store.reports.spans import is_covered

    return bool(args.suppress) or is_covered(actor)


def report_lines(report: Report) -> list[str]:
    """A report as lines: title, figure, rows, and what to say of nothing."""
    from store.reports.page import heading, told_rows

    period, figure = report.period, report.figure
    lines = [
        f"{figure.title}   {period.since} to {period.until}, as of {period.as_of}",
        value_words(report),
    ]
    if not report.rows:
        return [*lines, "", report.note]
    cells = told_rows(report)
    numbers = [any(isinstance(row[n], int | float) for row in report.rows) for n in range(len(report.columns))]
    heads = ["$" if name == "cents" else heading(name) for name in report.columns]
    widths = [min(max(len(head), *(len(row[n]) for row in cells)), 40) for n, head in enumerate(heads)]

    def aligned(row: list[str]) -> str:
        return "  ".join(
            cell[:w].rjust(w) if number else cell[:w].ljust(w)
            for cell, w, number in zip(row, widths, numbers, strict=True)
        )

    noted = [report.note] if report.note else []
    return [*lines, "", aligned(heads), *map(aligned, cells), "", *noted, f"formula: {figure.formula}"]


def picture(report: Report, width: int = 78) -> list[str]:
    """The picture of a report in the terminal: a line over days and months, else bars."""
    from store.reports.page import heading, main_column, picture_of
    from tui.pictures import bars, line

    place = main_column(report)
    if place is None or not report.rows:
        return []
    labels, values, told, days = picture_of(report, place)
    if days:
        return ["", *line(labels, values, width)]
    return ["", heading(report.columns[place]), *bars(labels, values, told, width)]


def _check_column(report: Report, column: str) -> None:
    """Raises UsageError for a column that the report has not, or that holds no numbers."""
    if not report.rows:
        if column not in re.findall(r"\w+", report.figure.sql) and column not in report.columns:
            raise UsageError(f"{report.figure.name} has no column {column!r}", "--define shows its SQL")
        return
    numbers = [name for name in report.columns if any(map(_is_number, report.of(name)))]
    if column not in numbers:
        raise UsageError(f"{column!r} is no column of numbers", f"there are {', '.join(numbers) or 'none'}")


def _histogram(report: Report, column: str) -> list[str]:
    from tui.pictures import histogram

    numbers = [float(value) for value in report.of(column) if _is_number(value)] if report.rows else []
    return ["", column.replace("_", " "), *histogram(numbers)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _document(report: Report) -> dict[str, Any]:
    return {
        "name": report.figure.name,
        "title": report.figure.title,
        **asdict(report.period),
        "value": report.value,
        "unit": report.figure.unit,
        "why": report.why,
        "note": report.note,
        "rows": report.dicts(),
        "definition": report.figure.definition(),
    }


def value_words(report: Report) -> str:
    """The one number with its unit; `no figure` where there is none."""
    from store.reports.page import figure_words

    if report.value is None:
        return f"no figure in {report.figure.unit}"
    return figure_words(report.value, report.figure.unit)


def _published(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.reports.page import figure_words
    from store.reports.publish import published

    rows = published(db, args.name, _covers(actor, args))
    for row in rows:
        if args.json:
            print(json.dumps(asdict(row)))
            continue
        value = f"no figure ({row.why})" if row.value is None else figure_words(row.value, row.unit)
        print(safe_line(f"{row.id}  {row.kpi:<16} {row.since} to {row.until}  {value}, as of {row.as_of},"
                        f" by {row.published_by or 'nobody named'}"))  # fmt: skip
    if not rows and not args.json:
        print("Nothing was published yet. codedesk report NAME --publish keeps a figure.")
    return 0


def _repeat(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.reports.publish import repeat

    if args.name:
        raise UsageError("name the figure by its id alone", "codedesk report --repeat ID")
    again = repeat(db, actor, args.repeat, _covers(actor, args))
    if args.json:
        print(json.dumps(asdict(again)))
    else:
        for line in repeated_lines(again):
            print(safe_line(line))
    return 0 if again.same and again.kept_whole else 1


def repeated_lines(again: Repeated) -> list[str]:
    """What a published figure is now: the same, or which rows differ and how much."""
    from store.reports.page import figure_words, heading, shown

    row = again.figure
    lines = [
        f"{row.title}, {row.since} to {row.until}, as of {row.as_of}",
        "what was published is whole" if again.kept_whole else "WHAT WAS PUBLISHED HAS BEEN CHANGED",
    ]
    if again.same:
        return [*lines, "the record gives the same to the digit"]

    def told(value: float | None) -> str:
        return "no figure" if value is None else figure_words(value, row.unit)

    many = counted(len(again.differences), "row") + (" differs" if len(again.differences) == 1 else " differ")
    now = f"{told(again.value_now)}; {many}"
    lines.append(f"the record gives something else now: {told(row.value)} was published, it is {now}")
    for one in again.differences:
        if not one.was or not one.now:
            lines.append(f"  {one.row}: {'was not there' if not one.was else 'is not there any more'}")
        cells = [
            f"{heading(name)} {shown(name, one.was.get(name)) or '–'} -> {shown(name, one.now.get(name)) or '–'}"
            for name in dict.fromkeys([*one.was, *one.now])
            if one.was and one.now
        ]
        lines += [f"  {one.row}: {', '.join(cells)}"] if cells else []
    return [*lines, *([again.note] if again.note else [])]

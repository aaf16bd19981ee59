"""`codedesk export`: rows of the documented views, filtered by any field, or whole layouts, under a profile.

codedesk export --views                            what there is, column by column; --sql: as CREATE VIEW
codedesk export encounter -w type=clinic -w 'charge>=1000' --csv
codedesk export diagnosis -w code^E11 --save diabetes --shared      and later: --filter diabetes
codedesk export diagnosis -w code^E11 --save monthly --every month    and, of a scheduler: codedesk export --due
codedesk export claims --since 2026-01-01 --until 2026-12-31 --format parquet -o FOLDER
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codesets.errors import CodedeskError, UsageError
from codesets.safe import safe_line
from tui.cells import counted
from tui.counts import how_many

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database

FIRST_ROWS = 200


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("what", nargs="?", default="", metavar="VIEW", help="a view, or a layout: tidy, claims, omop")
    parser.add_argument("--views", action="store_true", help="the views with their columns")
    parser.add_argument("--sql", action="store_true", help="with --views: as CREATE VIEW statements")
    parser.add_argument("-w", "--where", action="append", default=[], metavar="CONDITION",
                        help="field, one of = != >= <= > < ^ (begins) ~ (has), value; all must hold")  # fmt: skip
    parser.add_argument("--columns", default="", metavar="A,B,C", help="these columns alone")
    parser.add_argument("--save", metavar="NAME", help="keep the filter under a name")
    parser.add_argument("--shared", action="store_true", help="with --save: for everybody")
    parser.add_argument("--every", default="", choices=("", "day", "week", "month"), metavar="WHEN",
                        help="with --save: write its rows to the outbox every day, week or month")  # fmt: skip
    parser.add_argument("--due", action="store_true", help="write your filters whose time has come; for a scheduler")
    parser.add_argument("--remove", metavar="NAME", help="forget a filter of yours")
    parser.add_argument("--filter", metavar="NAME", help="use a filter that was saved")
    parser.add_argument("--filters", action="store_true", help="the filters that you may use")
    parser.add_argument(
        "--since", default="", metavar="DAY", help="of a layout: first service day, under safe-harbor of a year"
    )
    parser.add_argument(
        "--until", default="", metavar="DAY", help="of a layout: last service day, under safe-harbor of a year"
    )
    parser.add_argument("--profile", choices=("identified", "limited", "safe-harbor"), default="safe-harbor")
    parser.add_argument("--format", choices=("csv", "json", "parquet"), default="csv")
    parser.add_argument("--csv", action="store_true", help="the whole answer as CSV on the terminal")
    parser.add_argument(
        "-o", "--out", metavar="PATH", help="file, - for standard output (of a layout: folder); the outbox without it"
    )
    parser.add_argument("--limit", type=how_many, default=0, metavar="N", help="the first N rows alone")
    parser.add_argument("--to", default="", metavar="RECIPIENT", help="who receives an identified or limited export")
    parser.add_argument("--purpose", default="", metavar="TEXT", help="and why")
    parser.add_argument("--agreement", default="", metavar="TEXT", help="the data use agreement of a limited data set")


def run(args: argparse.Namespace) -> int:
    """Carry it out."""
    from store.reports.export import LAYOUTS
    from store.reports.views import create_view_statements, views

    if args.views:
        if args.sql:
            print(create_view_statements())
            return 0
        for view in views().values():
            print(f"{view.name}: {view.words}")
            for field in view.fields:
                print(f"   {field.name:<20} {field.kind.value:<11} {field.words}")
        return 0
    from store.database import open_database
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        if args.filters:
            return _filters(db, actor)
        if args.due:
            return _due(db, actor)
        if args.remove:
            return _remove(db, actor, args.remove)
        if args.what in LAYOUTS:
            return _layout(db, actor, args)
        return _view(db, actor, args)
    finally:
        db.close()


def _filters(db: Database, actor: Actor) -> int:
    from store.reports.filters import filters

    found = filters(db, actor)
    for one in found:
        whose = "shared" if one.shared else "yours"
        when = f", every {one.every}, last {one.ran_on or 'never'}" if one.every else ""
        print(safe_line(f"{one.name:<20} {one.source:<11} {one.words}   ({whose}, {one.owner}{when})"))
    if not found:
        print("No filter was saved yet. codedesk export VIEW -w … --save NAME keeps one.")
    return 0


def _due(db: Database, actor: Actor) -> int:
    from store.reports.filters import export_due

    done = export_due(db, actor)
    refused = [(one, written) for one, written in done if isinstance(written, CodedeskError)]
    for one, written in done:
        if not isinstance(written, CodedeskError):
            print(safe_line(f"{one.name}: {counted(written.rows, 'row')} in {written.path}"))
    for one, error in refused:
        print(safe_line(f"{one.name}: not exported: {error.message}"), file=sys.stderr)
    if not done:
        print("No filter of yours is due.")
    return 1 if refused else 0


def _remove(db: Database, actor: Actor, name: str) -> int:
    from store.database import operation_id
    from store.reports.filters import remove_filter

    remove_filter(db, actor, name, operation_id())
    print(safe_line(f"{name}: forgotten"))
    return 0


def _layout(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.reports.export import export_layout, layout_days
    from store.reports.profiles import Profile
    from store.reports.tables import Format

    if args.where or args.columns or args.filter or args.save:
        raise UsageError(f"{args.what} is a layout and takes days alone", "a view takes filters: encounter, denial …")
    if args.out == "-":
        raise UsageError(f"{args.what} is several files", "-o FOLDER")
    since, until = layout_days(Profile(args.profile), args.since, args.until)
    done = export_layout(
        db,
        actor,
        args.what,
        Profile(args.profile),
        Format(args.format),
        since,
        until,
        Path(args.out) if args.out else None,
        args.to,
        args.purpose,
        args.agreement,
    )
    for one in done:
        print(f"{one.rows:>9,} row{' ' if one.rows == 1 else 's'} in {one.path}")
    usual = "this year, of days the year alone is told" if args.profile == "safe-harbor" else "the month so far"
    asked = "" if args.since or args.until else f", {usual}: --since and --until name other days"
    print(f"service days {since} to {until}{asked}")
    _tell_restricted(db, actor, since, until)
    return 0


def _tell_restricted(db: Database, actor: Actor, since: str = "", until: str = "9999") -> None:
    """Say that restricted charts are in no export; how many there are is covered like any small cell."""
    from store.reports.export import restricted_visits
    from store.reports.small_cells import LEAST_CELL, SUPPRESSED
    from store.terms import Role

    number = restricted_visits(db, since, until)
    if number:
        told = SUPPRESSED if actor.role is Role.ANALYST and number < LEAST_CELL else f"{number:,}"
        print(f"restricted charts are left out: {told} visit{'' if told == '1' else 's'}", file=sys.stderr)


def _view(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.reports.export import export_view
    from store.reports.filters import filter_named, save_filter
    from store.reports.profiles import Profile
    from store.reports.tables import Format, csv_text
    from store.reports.views import condition_of, view_named

    columns = tuple(name.strip() for name in args.columns.split(",") if name.strip())
    if args.filter:
        kept = filter_named(db, actor, args.filter)
        view = view_named(kept.source)
        conditions, columns = list(kept.conditions), columns or kept.columns
    elif args.what:
        view, conditions = view_named(args.what), []
    else:
        raise UsageError("what is to be exported?", "a view (--views lists them), tidy, claims or omop")
    conditions += [condition_of(view, text) for text in args.where]
    for name in columns:
        view.field(name)
    if args.save is not None:
        save_filter(
            db, actor, args.save, view.name, conditions, columns, args.shared, args.every, Profile(args.profile),
            Format(args.format), operation_id(), args.to, args.purpose, args.agreement,
        )  # fmt: skip
        when = f", written to the outbox every {args.every} by codedesk export --due" if args.every else ""
        print(safe_line(f"{args.save}: kept{', for everybody' if args.shared else ''}{when}"))
        return 0
    path = Path(args.out) if args.out and args.out != "-" else None
    if args.format == "parquet" and path is None:
        raise UsageError("a Parquet file needs a name", "-o FILE")
    on_terminal = path is None and not (args.csv or args.out) and args.format == "csv"
    told, rows, path = export_view(
        db,
        actor,
        view,
        conditions,
        columns,
        Profile(args.profile),
        Format(args.format),
        path,
        args.limit or (FIRST_ROWS if on_terminal else 0),
        args.to,
        args.purpose,
        args.agreement,
    )
    if path:
        print(f"{counted(len(rows), 'row')} in {path}")
    elif args.format == "json":
        for row in rows:
            print(json.dumps(row))
    else:
        print(csv_text(told, (tuple(row.values()) for row in rows)), end="")
    if on_terminal and len(rows) == FIRST_ROWS and not args.limit:
        print(f"the first {FIRST_ROWS} rows; --csv or -o FILE gives all", file=sys.stderr)
    _tell_restricted(db, actor)
    if not rows:
        words = ", ".join(one.words for one in conditions)
        print(safe_line(f"No row of {view.name} fits: {words}." if words else f"There is no row of {view.name} yet."))
    return 0

"""`codedesk holds`: why charts wait and for whom; open and clear holds, and the table of reasons.

Text for people on stdout, one JSON document with `--json`.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from codesets.errors import UnreadableInput
from store.queries import SessionReader
from store.queries.holds import HoldFilter, HoldRow, hold_counts, hold_list
from store.settings import today
from tui.cells import counted, left
from tui.commands.answers import command, task_ids, told
from tui.money import dollars

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    listing = command(commands, "list", "holds, the oldest first")
    listing.add_argument("--show", choices=[one.value for one in HoldFilter], default=HoldFilter.OPEN.value)
    listing.add_argument("--owner", default="", help="of one owner only")
    command(commands, "owners", "what waits for each owner: charts, charges, late ones, the oldest")
    command(commands, "reasons", "the table of reasons: owner, what each asks for, what clears it")
    adding = command(commands, "add", "put a chart on hold; it may have several holds")
    adding.add_argument("chart", metavar="CHART", help="the id of the task, or the visit number")
    adding.add_argument("reason", metavar="REASON", help="as `codedesk holds reasons` has it")
    adding.add_argument("--owner", default="", help="another owner than the reason's")
    adding.add_argument("--physician", default="", help="whose document or answer is waited for")
    adding.add_argument("--about", default="", metavar="DAY", help="day of the service or document")
    adding.add_argument("--due", default="", metavar="DAY", help="another due day than the reason's")
    adding.add_argument("--note", default="")
    clearing = command(commands, "clear", "clear one hold, or with --all every hold of a chart")
    clearing.add_argument("named", metavar="ID", help="of a hold; with --all of a chart")
    clearing.add_argument("--all", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand."""
    from store.database import open_database
    from store.people import sign_in

    steps = {"list": _list, "owners": _owners, "reasons": _reasons, "add": _add, "clear": _clear}
    db = open_database()
    try:
        return steps[args.command](db, sign_in(db), args)
    finally:
        db.close()


def _list(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store import log
    from store.permissions.columns import seen_by

    log.note(db, actor, "hold.list", show=args.show, by="command line")
    with db.reading() as session:
        rows = hold_list(SessionReader(session), today(), HoldFilter(args.show), args.owner, actor.person_id or "-")
    rows = seen_by(actor.role, rows)
    return told(args, [asdict(row) for row in rows], [*map(_text, rows), counted(len(rows), "hold")])


def _owners(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.permissions.columns import seen_by

    with db.reading() as session:
        rows = seen_by(actor.role, hold_counts(SessionReader(session), today()))
    lines = [
        f"{left(row.owner, 18)} {row.charts:>6} charts {row.late:>5} late {dollars(row.cents):>13} oldest {row.oldest}d"
        for row in rows
    ]
    return told(args, [asdict(row) for row in rows], lines or ["nothing is on hold"])


def _reasons(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.holds import hold_reasons

    rows = list(hold_reasons().values())
    lines = []
    for row in rows:
        asks = " and ".join(filter(None, ("physician" if row.physician else "", "day" if row.dated else "")))
        lines.append(f"{row.id:<18} {left(row.words, 34)} {row.owner:<18} {row.told}{f'; asks {asks}' if asks else ''}")
    return told(args, [asdict(row) for row in rows], lines)


def _add(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.holds import hold

    with db.reading() as session:
        found = task_ids(SessionReader(session), args.chart)
    if not found:
        raise UnreadableInput(f"no chart is called {args.chart[:60]!r}", "codedesk worklists charts shows the ids")
    made = [
        hold(
            db,
            actor,
            item_id,
            args.reason,
            args.owner,
            args.note,
            operation_id(),
            physician=args.physician,
            about_on=args.about,
            due_on=args.due,
        )
        for item_id in found
    ]
    return told(args, {"holds": made}, [f"on hold: {one}" for one in made])


def _clear(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.holds import clear_hold, clear_holds

    if not args.all:
        ready = clear_hold(db, actor, args.named, operation_id())
        said = "the chart is ready again" if ready else "other holds are open"
        return told(args, {"cleared": 1, "ready": ready}, [f"cleared; {said}"])
    with db.reading() as session:
        found = task_ids(SessionReader(session), args.named)
    cleared = sum(clear_holds(db, actor, one, operation_id()) for one in found)
    return told(args, {"cleared": cleared}, [f"{counted(cleared, 'hold')} cleared"])


def _text(row: HoldRow) -> str:
    whose = f" ({row.physician})" if row.physician else ""
    due = f"due {row.due_on}" if row.due_on else ""
    mark = "!" if row.late else " "
    return f"{row.id} {mark}{row.days:>4}d {left(row.patient, 20)} {row.owner:<18} {row.hold_reason}{whose}  {due}"

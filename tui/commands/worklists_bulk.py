"""The subcommands of `codedesk worklists` that hold, clear and skip many charts at once, `--dry-run` first."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tui.cells import counted
from tui.commands.answers import command, reason, told
from tui.commands.worklists_selecting import chosen, many

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.worklists.bulk import Reason

Step = Callable[["Database", "Actor", argparse.Namespace], int]


def configure(commands: Any) -> None:
    """Declare the subcommands."""
    skipping = command(commands, "skip", "pass charts by with a reason; they are given to others")
    holding = command(commands, "hold", "put charts on hold for one reason")
    clearing = command(commands, "clear-holds", "clear every hold of charts, which makes them ready again")
    for one in (skipping, holding, clearing):
        many(one)
        one.add_argument("--dry-run", action="store_true", help="say how many charts that is and change nothing")
    reason(skipping)
    holding.add_argument("--for", dest="held_for", required=True, metavar="REASON", help="codedesk holds reasons")
    holding.add_argument("--owner", default="", help="whose work it waits for, where the reason does not say")
    holding.add_argument("--physician", default="")
    holding.add_argument("--day", default="", metavar="YYYY-MM-DD", help="the day it is about")
    holding.add_argument("--due", default="", metavar="YYYY-MM-DD")
    holding.add_argument("--note", default="")


def _skip(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.bulk import skip_all, skippable

    def step(ids: list[str]) -> int:
        return skip_all(db, actor, ids, args.reason, operation_id())

    return _done(db, actor, args, skippable, step, "skipped")


def _hold(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.bulk import hold_all, holdable

    def step(ids: list[str]) -> int:
        return hold_all(
            db,
            actor,
            ids,
            args.held_for,
            args.owner,
            args.note,
            operation_id(),
            physician=args.physician,
            about_on=args.day,
            due_on=args.due,
        )

    return _done(db, actor, args, holdable, step, "on hold")


def _clear(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.bulk import clear_all, clearable

    return _done(db, actor, args, clearable, lambda ids: clear_all(db, actor, ids, operation_id()), "ready again")


def _done(
    db: Database,
    actor: Actor,
    args: argparse.Namespace,
    why_not: Reason,
    step: Callable[[list[str]], int],
    outcome: str,
) -> int:
    """Say which charts a step is for and carry it out unless it is a dry run; exit code 1 where charts stay."""
    from store.worklists.bulk import sort_out

    ids = chosen(db, actor, args)
    with db.reading() as session:
        sorting = sort_out(session, ids, why_not, actor.person_id)
    changed = 0 if args.dry_run or not sorting.items else step(list(sorting.items))
    end = "nothing was changed" if args.dry_run else f"{counted(changed, 'chart')} {outcome}"
    told(args, asdict(sorting) | {"changed": changed}, [sorting.words, end])
    return 1 if sorting.stay else 0


STEPS: dict[str, Step] = {"skip": _skip, "hold": _hold, "clear-holds": _clear}

"""Which charts a subcommand of `codedesk worklists` is about: by criteria, a saved view, or named one by one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from codesets.errors import UnreadableInput, UsageError
from store.queries import SessionReader
from store.settings import today
from tui.commands.answers import task_ids

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.queries.worklists import Listing


def selecting(parser: argparse.ArgumentParser) -> None:
    """`--find`, `--where`, `--mine`, `--view`."""
    parser.add_argument("--find", default="", metavar="WORDS", help="names, numbers or days; ~ first: names like it")
    parser.add_argument(
        "--where", action="append", default=[], metavar="CRITERION", help="“setting is clinic and charges at least 500”"
    )
    parser.add_argument("--mine", action="store_true", help="what is open with you or assigned to you")
    parser.add_argument("--view", default="", metavar="NAME", help="as one of your saved views")


def many(parser: argparse.ArgumentParser) -> None:
    """Charts by name, or all of a list that the options of `selecting` leave."""
    parser.add_argument("charts", nargs="*", metavar="CHART", help="the id of the task, or the visit number")
    parser.add_argument("--worklist", default="", metavar="WORKLIST", help="every chart of a list, or of what follows")
    selecting(parser)


def listing_asked(reader: SessionReader, actor: Actor, args: argparse.Namespace) -> Listing:
    """The list that the options mean. Raises UsageError for a list or view that is not there."""
    from store.criteria import read_lines
    from store.queries.saved_views import saved_views
    from store.queries.worklists import Listing
    from store.worklists.versions import rulebook
    from store.worklists.views import View, view_of

    names = {rule.name.lower(): rule.name for rule in rulebook(reader).rules}
    asked = names.get(args.worklist.lower(), "")
    if args.worklist and not asked:
        raise UsageError(f"no worklist is called {args.worklist}", "one of: " + ", ".join(names.values()))
    view = View("", asked)
    if args.view:
        views = saved_views(reader, actor.person_id or "")
        if args.view not in views:
            raise UsageError(f"you have no view {args.view!r}", f"one of: {', '.join(views) or 'none yet'}")
        view = view_of(args.view, views[args.view])
    return Listing(
        asked or view.worklist or None,
        view.sort,
        args.find or view.text,
        mine=(actor.person_id or "-") if args.mine else "",
        criteria=read_lines([*view.criteria, *args.where]),
        today=today(),
    )


def log_look(db: Database, actor: Actor, listing: Listing) -> None:
    """Log that a list was looked at, with the words that it was searched by."""
    from store import log
    from store.looks import look_of
    from store.queries.worklists import worklist_page

    if look := look_of(worklist_page, listing):
        log.note(db, actor, look.action, look.target_kind, look.target_id, **dict(look.detail), by="command line")


def chosen(db: Database, actor: Actor, args: argparse.Namespace) -> list[str]:
    """The ids of the charts that are named, or of all that the options leave, in the list's order.

    Raises UsageError where neither says any, UnreadableInput for a chart that is not there, TooMany.
    """
    from store.people import require_shown
    from store.queries.worklists import worklist_ids
    from store.worklists.bulk import MOST_AT_ONCE, TooMany

    asked = bool(args.worklist or args.find or args.where or args.mine or args.view)
    if bool(args.charts) == asked:
        raise UsageError("which charts?", "name them, or all of --worklist, --find, --where, --view or --mine")
    with db.reading() as session:
        reader = SessionReader(session)
        if not asked:
            return named_tasks(reader, args.charts)
        listing = listing_asked(reader, actor, args)
        require_shown(db, actor, "worklist.view", listing)
        if listing.text:
            log_look(db, actor, listing)
        ids = worklist_ids(reader, listing, MOST_AT_ONCE + 1)
    if len(ids) > MOST_AT_ONCE:
        raise TooMany(f"more than {MOST_AT_ONCE:,} charts at once", "ask for fewer with --where")
    return ids


def named_tasks(reader: SessionReader, named: list[str]) -> list[str]:
    """The tasks of charts by id or visit number. Raises UnreadableInput for one that is not there."""
    found = {one: task_ids(reader, one) for one in named}
    if missing := next((one for one, ids in found.items() if not ids), None):
        raise UnreadableInput(
            f"no chart is called {missing[:60]!r}", "codedesk worklists charts lists the visit numbers"
        )
    return [item_id for ids in found.values() for item_id in ids]

"""The subcommands of `codedesk worklists` about people: who is given what, and saved views."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from store.queries import SessionReader
from tui.cells import counted
from tui.commands.answers import command, reason, told
from tui.commands.worklists_selecting import chosen, many
from tui.counts import how_many

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.worklists.assigning import Plan

Step = Callable[["Database", "Actor", argparse.Namespace], int]


def configure(commands: Any) -> None:
    """Declare the subcommands."""
    giving = command(commands, "assign", "give charts to a person, or with - to everybody again")
    giving.add_argument("login", metavar="LOGIN")
    many(giving)
    balancing = command(commands, "balance", "give a worklist's free charts to people in turn, as much to each")
    balancing.add_argument("worklist", metavar="WORKLIST")
    balancing.add_argument("logins", nargs="+", metavar="LOGIN")
    balancing.add_argument("--most", type=how_many, default=0, metavar="N", help="the first N of the list (all)")
    covering = command(commands, "cover", "give what an absent person has to others, or to everybody")
    covering.add_argument("login", metavar="ABSENT")
    covering.add_argument("logins", nargs="*", metavar="LOGIN")
    for one in (giving, balancing, covering):
        one.add_argument("--dry-run", action="store_true", help="say who would get what and change nothing")
        reason(one)
    command(commands, "people", "who codes, with skills and facilities")
    skills = command(commands, "skills", "what a person can code; replaces what was there")
    skills.add_argument("login", metavar="LOGIN")
    skills.add_argument("skills", nargs="*", metavar="SKILL")
    places = command(commands, "facilities", "the facilities whose charts a person is given; none: all")
    places.add_argument("login", metavar="LOGIN")
    places.add_argument("facilities", nargs="*", metavar="ID")
    command(commands, "views", "your saved views")
    saving = command(commands, "save-view", "keep a view: filter, criteria, sort and columns under a name")
    saving.add_argument("name", metavar="NAME")
    saving.add_argument("--worklist", default="")
    saving.add_argument("--text", default="", help="words that a row must have")
    saving.add_argument("--where", action="append", default=[], metavar="CRITERION")
    saving.add_argument(
        "--sort", default="list order", help="list order, priority, oldest, money, patient, days to bill"
    )
    saving.add_argument("--columns", default="", help="names with commas between")
    removing = command(commands, "remove-view", "forget a view")
    removing.add_argument("name", metavar="NAME")


def _assign(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.worklists.assigning import reassign

    ids = chosen(db, actor, args)
    with db.reading() as session:
        plan = reassign(session, ids, "" if args.login == "-" else args.login)
    return _planned(db, actor, args, plan)


def _balance(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.worklists.assigning import balance

    with db.reading() as session:
        plan = balance(session, args.worklist, args.logins, args.most)
    return _planned(db, actor, args, plan)


def _cover(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.worklists.assigning import cover

    with db.reading() as session:
        plan = cover(session, args.login, args.logins)
    return _planned(db, actor, args, plan)


def _planned(db: Database, actor: Actor, args: argparse.Namespace, plan: Plan) -> int:
    """Say what is planned, and carry it out unless it is a dry run; exit code 1 where charts stay behind."""
    from store.database import operation_id
    from store.worklists.assigning import carry_out

    done = 0 if args.dry_run else carry_out(db, actor, plan, args.reason, operation_id())
    end = "nothing was changed" if args.dry_run else f"{counted(done, 'chart')} assigned"
    told(args, asdict(plan) | {"assigned": done}, [plan.words, end])
    return 1 if plan.left or plan.busy else 0


def _people(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.queries.saved_views import skills_of

    with db.reading() as session:
        rows = skills_of(SessionReader(session))
    lines = [
        f"{login:<16} skills: {', '.join(s) or 'none'}; facilities: {', '.join(f) or 'all'}" for login, s, f in rows
    ]
    return told(args, [{"login": a, "skills": b, "facilities": c} for a, b, c in rows], lines)


def _skills(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.assigning import set_skills

    set_skills(db, actor, args.login, args.skills, operation_id())
    return told(
        args, {"login": args.login, "skills": args.skills}, [f"{args.login}: {', '.join(args.skills) or 'none'}"]
    )


def _facilities(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.assigning import set_facilities

    set_facilities(db, actor, args.login, args.facilities, operation_id())
    said = f"{args.login}: {', '.join(args.facilities) or 'all facilities'}"
    return told(args, {"login": args.login, "facilities": args.facilities}, [said])


def _views(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.queries.saved_views import saved_views

    with db.reading() as session:
        views = saved_views(SessionReader(session), actor.person_id or "")
    lines = [f"{name}: {'; '.join(view['criteria']) or view['text'] or 'everything'}" for name, view in views.items()]
    return told(args, views, lines or ["no views yet"])


def _save_view(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from codesets.errors import UsageError
    from store.database import operation_id
    from store.queries.worklists import Sort
    from store.worklists.views import View, save_view

    if args.sort not in list(Sort):
        raise UsageError(f"no sort is called {args.sort!r}", f"one of: {', '.join(Sort)}")
    columns = tuple(one.strip() for one in args.columns.split(",") if one.strip())
    view = View(args.name, args.worklist, args.text, tuple(args.where), Sort(args.sort), columns)
    save_view(db, actor, view, operation_id())
    return told(args, {"name": view.name, **view.as_content()}, [f"view {view.name} is kept"])


def _remove_view(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.views import remove_view

    remove_view(db, actor, args.name, operation_id())
    return told(args, {"removed": args.name}, [f"view {args.name} is gone"])


STEPS: dict[str, Step] = {
    "assign": _assign,
    "balance": _balance,
    "cover": _cover,
    "people": _people,
    "skills": _skills,
    "facilities": _facilities,
    "views": _views,
    "save-view": _save_view,
    "remove-view": _remove_view,
}

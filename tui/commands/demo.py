"""`codedesk demo`: the made-up site, made on first use; with a command behind it, that command runs on it."""

from __future__ import annotations

import argparse
import os
import sys

from codesets.errors import UsageError
from store.terms import Role
from tui.commands.workstation import LINEAR_HELP, PLAIN_DRIVER_HELP
from tui.counts import whole


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--create-only", action="store_true", help="make the site and stop")
    parser.add_argument(
        "--year", type=whole(1, 100_000_000), metavar="VISITS", help="add a made-up year of so many visits, for reports"
    )
    parser.add_argument("--as", dest="role", metavar="ROLE", help=f"be one of {', '.join(Role)} from now on")
    parser.add_argument("--plain-driver", action="store_true", help=PLAIN_DRIVER_HELP)
    parser.add_argument("--linear", action="store_true", help=LINEAR_HELP)
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="COMMAND …",
        help="a command to run on the demo site instead of opening the screens: codedesk demo claims list",
    )


def run(args: argparse.Namespace) -> int:
    """Make the site if it is not there, then open it or run a command on it. Raises UsageError for no such role."""
    from store.demo.create import create_site, demo_environment, demo_file, site_is_there
    from store.permissions import PEOPLE
    from tui.commands.first_use import open_with_progress

    if args.role and args.role not in set(Role):
        raise UsageError(f"no role is called {args.role!r}", f"there are {', '.join(Role)}")
    own_desk = os.environ.get("CODEDESK_FIRST_DESK", "")
    os.environ.update(demo_environment())
    open_with_progress().close()
    added = 0
    if not site_is_there():
        from store.actors import SYSTEM
        from store.database import open_database
        from store.settings import database_url
        from store.upgrade import upgrade

        if demo_file().exists():
            upgrade(database_url(), SYSTEM)
        database = open_database()
        added = create_site(database)
        if added:
            from store.demo.desks import fill_desks

            fill_desks(database)
        database.close()
    if args.role:
        _be(Role(args.role))
        os.environ["CODEDESK_FIRST_DESK"] = own_desk  # who asks for a role begins where that role does
    if args.year:
        _add_year(args.year)
    if args.create_only:
        print(f"demo site: {f'{added} charts added' if added else 'already there'}, in {demo_file()}")
        return 0
    if args.command:
        from tui.cli import main

        return main(args.command)
    if added and sys.stderr.isatty():
        print(f"demo site: {added} made-up charts added", file=sys.stderr)
    from tui.commands import workstation

    code = workstation.run(args)
    if args.role and args.role != Role.ADMIN and sys.stderr.isatty():
        stays = f"you stay {PEOPLE[Role(args.role)][0]} of the demo site"
        print(f"codedesk: {stays}; codedesk demo --as admin gives all rights back", file=sys.stderr)
    return code


def _be(role: Role) -> None:
    """Give whoever looks around another role: nobody else is there who could."""
    from store import os_account
    from store.actors import SYSTEM
    from store.database import open_database
    from store.people import set_role

    database = open_database()
    try:
        set_role(database, SYSTEM, os_account.os_login(), role)
    finally:
        database.close()


def _add_year(visits: int) -> None:
    """Put a made-up year into the demo site and say so."""
    from codesets.catalog import open_reference
    from store.actors import SYSTEM
    from store.database import open_database
    from store.demo.year import make_year
    from tui.commands.first_use import bar

    database = open_database()
    try:
        progress = (lambda done: bar("making a year", done)) if sys.stderr.isatty() else None
        with open_reference() as reference:
            made = make_year(database, SYSTEM, visits, progress=progress, reference=reference)
    finally:
        database.close()
    print(f"demo site: a made-up year of {made:,} visits added")

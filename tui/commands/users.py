"""`codedesk users`: the people of this site, their roles, rights and PINs, and the emergencies to be reviewed."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from codesets.errors import UsageError
from codesets.safe import safe_line
from store.actors import NotAllowed
from store.terms import Role

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.models import Person

ROLES = [role.value for role in Role]


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="everybody, by login")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    adding = actions.add_parser("add", help="add a person by the login of their account on this host")
    adding.add_argument("login", metavar="LOGIN")
    adding.add_argument("--name", required=True, metavar="NAME")
    adding.add_argument("--role", required=True, choices=ROLES)
    role = actions.add_parser("role", help="give a person another role")
    role.add_argument("login", metavar="LOGIN")
    role.add_argument("role", choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    for word, text in (
        ("disable", "close a person's access; the log keeps them"),
        ("enable", "open it again"),
        ("reset-pin", "take a PIN away that was forgotten or wrong too often"),
    ):
        actions.add_parser(word, help=text).add_argument("login", metavar="LOGIN")
    pin = actions.add_parser("pin", help="give yourself a PIN for lock and emergencies, or another; empty: none")
    pin.add_argument("--stdin", action="store_true", help="old and new PIN as two lines on standard input")
    emergencies = actions.add_parser("emergencies", help="restricted charts that were opened by breaking the glass")
    emergencies.add_argument("--all", action="store_true", help="those that were reviewed, too")
    emergencies.add_argument("--json", action="store_true", help="one JSON document")
    review = actions.add_parser("review", help="say what the review of an emergency came to")
    review.add_argument("id", metavar="ID")
    review.add_argument("verdict", metavar="TEXT")
    rights = actions.add_parser("rights", help="what each role may do and see")
    rights.add_argument("--role", choices=ROLES, help="of one role alone")
    rights.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    from store.database import open_database
    from store.people import NAMING, owner_actor, sign_in

    if args.action == "rights":
        return _rights(args)
    db = open_database()
    try:
        naming = f"users {args.action}" in NAMING
        actor = (naming and owner_actor(db)) or sign_in(db)
        if args.action in ("emergencies", "review"):
            return _emergencies(db, actor, args)
        return _people(db, actor, args)
    finally:
        db.close()


def _people(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.os_account import has_account
    from store.people import add_person, list_people, refuse, set_active, set_role, take_pin_away

    with db.reading() as session:
        people = [_row(person) for person in list_people(session)]
    if args.action == "list":
        _print(people, args.json)
        return 0
    if args.action == "pin":
        return _pin(db, actor, args.stdin)
    if actor.role != Role.ADMIN:
        refusal = NotAllowed("only an administrator changes who may use this site", "ask one of them")
        raise refuse(db, actor, f"people.{args.action}", refusal)
    if args.action == "add":
        known = next((person for person in people if person["login"] == args.login), None)
        if known:
            print(f"{args.login} is already a user: {known['name']}, {known['role']}")
            return 0
        _check(args.login, args.name)
        add_person(db, actor, args.login, args.name, Role(args.role))
        print(f"added {args.login}: {args.name}, {args.role}")
        if not has_account(args.login):
            print(safe_line(f"warning: no account of this host is called {args.login}, and no key is listed for it"),
                  file=sys.stderr)  # fmt: skip
    elif args.action == "role":
        set_role(db, actor, args.login, Role(args.role))
        print(f"{args.login} is now {args.role}")
    elif args.action == "reset-pin":
        take_pin_away(db, actor, args.login)
        print(f"{args.login} has no PIN any more")
    else:
        set_active(db, actor, args.login, args.action == "enable")
        print(f"{args.login} is {args.action}d")
    return 0


def _pin(db: Database, actor: Actor, from_stdin: bool) -> int:
    from store.pins import has_pin, set_pin

    if from_stdin:
        old, new = (sys.stdin.readline().strip() for _ in range(2))
    elif sys.stdin.isatty():
        old = getpass.getpass("your PIN: ") if has_pin(db, actor) else ""
        new = getpass.getpass("new PIN (empty: none): ")
        if new != getpass.getpass("once more: "):
            raise UsageError("the two are not the same", "nothing was changed")
    else:
        raise UsageError("a PIN is asked for on a terminal", "or --stdin")
    set_pin(db, actor, new, old)
    print("your PIN is set" if new else "you have no PIN")
    return 0


def _emergencies(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.access import emergencies, review

    if args.action == "review":
        review(db, actor, args.id, args.verdict)
        print(f"{args.id} is reviewed")
        return 0
    found = emergencies(db, actor, args.all)
    if args.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return 0
    for one in found:
        print(safe_line(f"{one.id}  {one.since[:16]}Z  {one.login} ({one.person})  patient {one.mrn}"))
        print(safe_line(f"    why:    {one.reason}"))
        print(safe_line(f"    review: {f'{one.verdict} ({one.reviewed_by})' if one.reviewed_at else 'to be done'}"))
    if not found:
        print("no emergency waits for a review")
    return 0


def _rights(args: argparse.Namespace) -> int:
    from store.permissions import rights

    shown = [right for right in rights().values() if args.role is None or Role(args.role) in right.roles]
    if args.json:
        rows = [asdict(right) | {"roles": [role.value for role in Role if role in right.roles]} for right in shown]
        print(json.dumps(rows, indent=2))
        return 0
    for right in shown:
        roles = ", ".join(role.value for role in Role if role in right.roles)
        everybody = len(right.roles) == len(Role)
        print(f"{right.kind:<8} {right.name:<22} {'everybody' if everybody else roles}")
    return 0


def _check(login: str, name: str) -> None:
    for word, text, limit in (("LOGIN", login, 120), ("--name", name, 400)):
        if not text.strip() or text != safe_line(text) or len(text) > limit:
            raise UsageError(f"{word}: expected text of one line, at most {limit} characters")


def _row(person: Person) -> dict:
    return {"login": person.login, "name": person.name, "role": person.role.value, "active": person.active}


def _print(people: list[dict], as_json: bool) -> None:
    if as_json:
        print(json.dumps(people, ensure_ascii=False, indent=2))
        return
    if not people:
        print("no users yet; codedesk users add LOGIN --name NAME --role admin adds the first")
        return
    width = max(len("login"), *(len(person["login"]) for person in people))
    print(f"{'login':<{width}}  {'role':<8} {'state':<9} name")
    for person in people:
        state = "active" if person["active"] else "disabled"
        print(f"{person['login']:<{width}}  {person['role']:<8} {state:<9} {person['name']}")

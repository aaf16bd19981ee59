"""`codedesk users`: the people of this site and their roles."""

from __future__ import annotations

import argparse
import json

from store.actors import NotAllowed
from store.terms import Role


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list | add | disable | enable")
    listing = actions.add_parser("list", help="everybody, by login")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    adding = actions.add_parser("add", help="add a person by the login of their account on this host")
    adding.add_argument("login", metavar="LOGIN")
    adding.add_argument("--name", required=True, metavar="NAME")
    adding.add_argument("--role", required=True, choices=[role.value for role in Role])
    for word, text in (("disable", "close a person's access; the log keeps them"), ("enable", "open it again")):
        actions.add_parser(word, help=text).add_argument("login", metavar="LOGIN")


def run(args: argparse.Namespace) -> int:
    from store.database import open_database
    from store.people import add_person, list_people, refuse, set_active, sign_in

    db = open_database()
    actor = sign_in(db)
    with db.reading() as session:
        people = [_row(person) for person in list_people(session)]
    if args.action == "list":
        _print(people, args.json)
        return 0
    if actor.role != Role.ADMIN:
        refusal = NotAllowed("only an administrator changes who may use this site", "ask one of them")
        raise refuse(db, actor, f"people.{args.action}", refusal)
    if args.action == "add":
        known = next((person for person in people if person["login"] == args.login), None)
        if known:
            print(f"{args.login} is already a user: {known['name']}, {known['role']}")
            return 0
        _check(args.login, args.name)
        first = not people and args.role != Role.ADMIN
        if first:
            raise NotAllowed("the first person of a site must be an administrator", "add one with --role admin")
        add_person(db, actor, args.login, args.name, Role(args.role))
        print(f"added {args.login}: {args.name}, {args.role}")
        return 0
    if args.action == "disable":
        _keep_an_administrator(people, args.login)
    set_active(db, actor, args.login, args.action == "enable")
    print(f"{args.login} is {args.action}d")
    return 0


def _check(login: str, name: str) -> None:
    from codesets.errors import UsageError
    from codesets.safe import safe_line

    for word, text, limit in (("LOGIN", login, 120), ("--name", name, 400)):
        if not text.strip() or text != safe_line(text) or len(text) > limit:
            raise UsageError(f"{word}: expected text of one line, at most {limit} characters")


def _keep_an_administrator(people: list[dict], login: str) -> None:
    left = [p for p in people if p["role"] == Role.ADMIN and p["active"] and p["login"] != login]
    if not left and any(p["login"] == login for p in people):
        raise NotAllowed(f"{login} is the last administrator", "add another one first")


def _row(person) -> dict:
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

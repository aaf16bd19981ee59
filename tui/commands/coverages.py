"""`codedesk coverages`: the coverages of an account, mended or added where a claim shows that one is wrong.

    codedesk coverages set 2026-000008 1 member_id=SA204817733
    codedesk coverages add A26-5018 "Blue Plains" member_id=XQ4471902 --before 1

An account is named by its number, or by that of a visit or claim of it. Text for people on stdout, JSON with `--json`.
"""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from typing import TYPE_CHECKING

from codesets.errors import UsageError
from codesets.safe import safe_line

if TYPE_CHECKING:
    from store.actors import Actor
    from store.coverages import CoverageSet
    from store.database import Database


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the coverages of an account in their order")
    setting = actions.add_parser("set", help="mend a coverage; claims that have not left state it at once")
    adding = actions.add_parser("add", help="add a coverage behind the others, or before one of them")
    payers = actions.add_parser("payers", help="the payers that a coverage may name")
    for each in (listing, setting, adding):
        each.add_argument("account", help="number of the account, or of a visit or claim of it")
    setting.add_argument("sequence", type=int, metavar="PLACE", help="1 primary, 2 secondary")
    adding.add_argument("payer", help="name or identifier as codedesk coverages payers has it")
    adding.add_argument("--before", type=int, metavar="PLACE", help="put it before this one")
    setting.add_argument("fields", nargs="+", metavar="FIELD=VALUE", help="member_id=..., expires_on=..., payer=...")
    adding.add_argument("fields", nargs="*", metavar="FIELD=VALUE", help="member_id=..., group_number=...")
    for each in (listing, payers):
        each.add_argument("--json", action="store_true", help="one JSON document per line")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store.coverages import account_of, add_coverage, known_payers, mend_coverage
    from store.database import open_database, operation_id
    from store.people import sign_in

    with closing(open_database()) as db:
        actor = sign_in(db)
        if args.action == "payers":
            with db.reading() as session:
                rows = [(one.name, one.payer_identifier) for one in known_payers(session)]
            for name, identifier in rows:
                said = json.dumps({"name": name, "payer_identifier": identifier})
                print(said if args.json else safe_line(f"{identifier:<16}  {name}"))
            return 0
        with db.reading() as session:
            account = account_of(session, args.account)
        if args.action == "list":
            return _list(db, actor, account, args.json)
        values = dict(_field(text) for text in args.fields)
        if args.action == "set":
            done = mend_coverage(db, actor, account, args.sequence, values, operation_id())
        else:
            done = add_coverage(db, actor, account, args.payer, values, args.before, operation_id())
    _say(done)
    return 0


def _list(db: Database, actor: Actor, account: str, as_json: bool) -> int:
    from store.coverages import FIELDS, coverages_listed

    for row, payer in coverages_listed(db, actor, account):
        values = {name: str(getattr(row, name) or "") for name in FIELDS if name != "payer"}
        if as_json:
            print(json.dumps({"sequence": row.sequence, "payer": payer.name, **values}))
            continue
        print(safe_line(f"{row.sequence}  {payer.name}  {payer.payer_identifier}"))
        for name, value in values.items():
            if value:
                print(safe_line(f"    {name:<26} {value}"))
    return 0


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"expected FIELD=VALUE, got {text!r}")
    return name, value


def _say(done: CoverageSet) -> None:
    print(safe_line(f"coverage {done.sequence} is kept. {done.told()}".rstrip()))

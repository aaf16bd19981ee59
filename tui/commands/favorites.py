"""`codedesk favorites`: your favorites and code lists, as the encoder and the chart's entry line have them."""

from __future__ import annotations

import argparse
import json

from codesets.errors import UnknownCode
from codesets.releases import SEARCHED, CodeSystem


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list | add | remove")
    listing = actions.add_parser("list", help="your codes, list by list")
    listing.add_argument("--list", dest="name", metavar="NAME", help="one list alone")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    adding = actions.add_parser("add", help="put a code on a list")
    adding.add_argument("--note", default="", metavar="TEXT", help="your own words for it; they find it too")
    removing = actions.add_parser("remove", help="take a code off a list")
    for action in (adding, removing):
        action.add_argument("code", metavar="CODE")
        action.add_argument("--list", dest="name", default="favorites", metavar="NAME", help="default: favorites")
        systems = [system.value for system in SEARCHED]
        action.add_argument("-s", "--system", choices=systems, help="default: the system that has the code")


def run(args: argparse.Namespace) -> int:
    from store.database import open_database
    from store.favorites import add_favorite, remove_favorite
    from store.people import current_actor
    from store.queries import SessionReader
    from store.queries.favorites import favorites_of

    db = open_database()
    with db.reading() as session:
        actor = current_actor(session)
        kept = favorites_of(SessionReader(session), actor.person_id)
    if args.action == "list":
        shown = [one for one in kept if args.name in (None, one.list_name)]
        rows = [{"list": o.list_name, "system": o.system.value, "code": o.code, "note": o.note} for o in shown]
        print(json.dumps(rows, ensure_ascii=False, indent=2) if args.json else _text(rows))
        return 0
    if args.action == "add":
        system, code = _known(args.code, args.system)
        print(add_favorite(db, actor, system, code, args.name, args.note))
        return 0
    system, code = _kept(kept, args)
    print(remove_favorite(db, actor, system, code, args.name))
    return 0


def _known(written: str, system: str | None) -> tuple[CodeSystem, str]:
    """The system and print of a code of today's releases. Raises UnknownCode."""
    from codesets import catalog
    from store.settings import today

    with catalog.open_reference() as reference:
        for one in [CodeSystem(system)] if system else SEARCHED:
            if found := catalog.find(reference, one, written, today()):
                return one, found.dotted
    raise UnknownCode(f"{written[:40]!r} is no code of a loaded release", "codedesk search finds codes by words")


def _kept(kept, args: argparse.Namespace) -> tuple[CodeSystem, str]:
    """The code as it stands on the list, so that one that has ended can be removed too."""
    from codesets.catalog import dotted, normalize

    for one in kept:
        same = (one.list_name, normalize(one.code)) == (args.name, normalize(args.code))
        if same and args.system in (None, one.system.value):
            return one.system, one.code
    system = CodeSystem(args.system) if args.system else CodeSystem.ICD10CM
    return system, dotted(args.code[:20], system)


def _text(rows: list[dict]) -> str:
    if not rows:
        return "no favorites; codedesk favorites add CODE puts one there"
    width = max(len(row["list"]) for row in rows)
    return "\n".join(f"{r['list']:<{width}}  {r['code']:<9} {r['note']}".rstrip() for r in rows)

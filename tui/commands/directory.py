"""What `codedesk payers` and `codedesk facilities` share: listing one kind of the directory, and setting fields of it.

Text for people on stdout, JSON with `--json`.
"""

from __future__ import annotations

import argparse
import json

from codesets.errors import UsageError
from codesets.safe import safe_line


def configure(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Declare the sub-commands; the one that saves, for what one of the two has besides."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all of them, with what is known")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    save = actions.add_parser("save", help="make one, or set some of its fields")
    save.add_argument("local_id", metavar="ID", help="the number that registration knows it by")
    save.add_argument("fields", nargs="+", metavar="FIELD=VALUE", help="name of a new one; list shows the fields")
    save.add_argument("--source", default="", help="whose number it is, where several sources have it")
    return save


def run(args: argparse.Namespace, command: str) -> int:
    """Carry out one sub-command of `payers` or `facilities`."""
    from store import log
    from store.database import open_database, operation_id
    from store.directory import FACILITY, PAYER, entries, save_entry
    from store.people import sign_in

    kind = PAYER if command == "payers" else FACILITY
    db = open_database()
    try:
        actor = sign_in(db)
        if args.action == "save":
            values = dict(_field(text) for text in args.fields)
            shared = getattr(args, "shared", False)
            new = save_entry(db, actor, kind, args.local_id, values, args.source, operation_id(), shared)
            print(safe_line(f"{args.local_id} is {'made' if new else 'kept'}"))
            return 0
        log.note(db, actor, "directory.list", kind=kind.name)
        with db.reading() as session:
            rows = [row.model_dump(exclude={"id"}) for row in entries(session, kind)]
    finally:
        db.close()
    for row in rows:
        print(json.dumps(row, ensure_ascii=False) if args.json else "\n".join(_text(row)))
    if not rows and not args.json:
        print(f"None yet: registration brings them, or codedesk {command} save ID name=NAME makes one.")
    return 0


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"expected FIELD=VALUE, got {text!r}")
    return name, value.strip()


def _text(row: dict[str, object]) -> list[str]:
    lines = [safe_line(f"{row['local_id']}  {row['name']}  (source {row['source']})")]
    for field, value in row.items():
        if field not in ("local_id", "name", "source"):
            lines.append(safe_line(f"    {field:<20} {'–' if value in ('', None) else value}"))
    return lines

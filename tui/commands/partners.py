"""`codedesk partners`: trading partners, to whom files of claims go.

    codedesk partners save Clearing receiver_id=CLEAR1 usage_indicator=P payers=BLUEP,GREEN

Text for people on stdout, JSON with `--json`.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from codesets.errors import UsageError
from codesets.safe import safe_line


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the partners with their settings")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    save = actions.add_parser("save", help="make a partner, or change some of its fields")
    save.add_argument("name", help="what it is called; the name of the receiver in its files")
    save.add_argument(
        "fields", nargs="*", metavar="FIELD=VALUE", help="receiver_id of a new one; payers with commas between"
    )


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store import log
    from store.claims.partners import FIELDS, partners, save_partner
    from store.database import open_database, operation_id
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        if args.action == "save":
            save_partner(db, actor, args.name, dict(_field(text) for text in args.fields), operation_id())
            print(safe_line(f"{args.name} is kept"))
            return 0
        log.note(db, actor, "partner.list")
        with db.reading() as session:
            rows = [row.model_dump(include=set(FIELDS)) for row in partners(session)]
    finally:
        db.close()
    for row in rows:
        print(json.dumps(row) if args.json else "\n".join(_text(row)))
    if not rows and not args.json:
        print(
            "No trading partners: claims go to the receiver of the settings. "
            "codedesk partners save NAME receiver_id=ID makes one."
        )
    return 0


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"expected FIELD=VALUE, got {text!r}")
    match name:
        case "payers":
            return name, [part.strip() for part in value.split(",") if part.strip()]
        case "active":
            if value not in ("yes", "no"):
                raise UsageError(f"active: expected yes or no, got {value!r}")
            return name, value == "yes"
    return name, value


def _text(row: dict[str, Any]) -> list[str]:
    lines = [safe_line(f"{row['name']}  {row['receiver_id']}  {'' if row['active'] else 'off'}".rstrip())]
    for field, value in row.items():
        if field not in ("name", "receiver_id", "active") and value not in ("", []):
            shown = ", ".join(value) if isinstance(value, list) else value
            lines.append(safe_line(f"    {field:<20} {shown}"))
    return lines

"""`codedesk patients merge`: two record numbers that are one person."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommand and its options."""
    commands = parser.add_subparsers(dest="command", metavar="merge", required=True)
    merge = commands.add_parser("merge", help="merge a patient into another; the log keeps what went over")
    merge.add_argument("merged", metavar="MRN", help="record number or id that is given up")
    merge.add_argument("remaining", metavar="INTO", help="record number or id that remains")
    merge.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Merge; exit code 1 when the two cannot be merged."""
    from store.actors import NotAllowed
    from store.database import open_database, operation_id
    from store.merges import merge_patients
    from store.people import refuse, sign_in
    from store.terms import Role

    db = open_database()
    try:
        actor = sign_in(db)
        if actor.role not in (Role.ADMIN, Role.RECORDS):
            refusal = NotAllowed("only records and administrators merge patients", "ask one of them")
            raise refuse(db, actor, "patient.merge", refusal)
        merged = merge_patients(db, actor, args.merged, args.remaining, operation_id())
    finally:
        db.close()
    if args.json:
        print(json.dumps(asdict(merged)))
        return 0
    print(f"{args.merged} is merged into {args.remaining}: {merged.encounters} encounters, {merged.accounts} accounts")
    return 0

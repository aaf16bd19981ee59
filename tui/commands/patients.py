"""`codedesk patients`: two record numbers that are one person, and charts that are not for everybody."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from codesets.safe import safe_line


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    merge = commands.add_parser("merge", help="merge a patient into another; the log keeps what went over")
    merge.add_argument("merged", metavar="MRN", help="record number or id that is given up")
    merge.add_argument("remaining", metavar="INTO", help="record number or id that remains")
    merge.add_argument("--json", action="store_true", help="one JSON document")
    restrict = commands.add_parser("restrict", help="close a patient's charts to all who are not admitted to them")
    restrict.add_argument("mrn", metavar="MRN", help="record number or id")
    restrict.add_argument("--why", required=True, metavar="TEXT", help="the reason, in some words")
    lifting = commands.add_parser("unrestrict", help="open them to all again, for who was admitted; it is reviewed")
    lifting.add_argument("mrn", metavar="MRN")
    lifting.add_argument("--why", required=True, metavar="TEXT", help="the reason, in some words")
    grant = commands.add_parser("grant", help="admit a person to a restricted patient's charts")
    grant.add_argument("mrn", metavar="MRN")
    grant.add_argument("login", metavar="LOGIN")
    grant.add_argument("--end", action="store_true", help="end what was granted")


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand; exit code 1 when it is refused."""
    from store.access import admit, restrict, unrestrict
    from store.database import open_database, operation_id
    from store.merges import merge_patients
    from store.people import sign_in
    from store.record_numbers import told_number

    db = open_database()
    try:
        actor = sign_in(db)
        if args.command == "restrict":
            mrn = restrict(db, actor, args.mrn, args.why, operation_id())
            whose = told_number(args.mrn, mrn)
            print(safe_line(f"the charts of {whose} are restricted; codedesk patients grant admits people"))
            return 0
        if args.command == "unrestrict":
            mrn = unrestrict(db, actor, args.mrn, args.why, operation_id())
            print(safe_line(f"the charts of {told_number(args.mrn, mrn)} are open to all again"))
            return 0
        if args.command == "grant":
            mrn = admit(db, actor, args.mrn, args.login, not args.end, operation_id())
            whose = told_number(args.mrn, mrn)
            print(safe_line(f"{args.login} is {'no longer ' if args.end else ''}admitted to the charts of {whose}"))
            return 0
        merged = merge_patients(db, actor, args.merged, args.remaining, operation_id())
    finally:
        db.close()
    if args.json:
        print(json.dumps(asdict(merged)))
        return 0
    print(f"{args.merged} is merged into {args.remaining}: {merged.encounters} encounters, {merged.accounts} accounts")
    return 0

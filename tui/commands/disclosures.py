"""`codedesk disclosures`: the accounting of disclosures of a patient (45 CFR 164.528), and adding to it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from codesets.safe import safe_line


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    report = commands.add_parser("report", help="what of a patient was disclosed in the last six years")
    report.add_argument("mrn", metavar="MRN", help="record number or id of the patient")
    report.add_argument("--since", default="", metavar="DATE", help="from this day on, instead of six years back")
    report.add_argument("--json", action="store_true", help="one JSON document")
    add = commands.add_parser("add", help="record a disclosure that was made outside codedesk")
    add.add_argument("mrn", metavar="MRN")
    add.add_argument("--to", required=True, metavar="NAME", help="the entity or person who received it")
    add.add_argument("--address", default="", help="their address, if known")
    add.add_argument("--what", required=True, metavar="TEXT", help="what was disclosed, in brief")
    add.add_argument("--why", required=True, metavar="TEXT", help="the purpose, in brief")
    add.add_argument("--on", default="", metavar="DATE", help="the day (today)")
    add.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand."""
    from store.database import open_database, operation_id
    from store.disclosures import disclosure_report, record_disclosure
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        if args.command == "add":
            added = record_disclosure(
                db, actor, args.mrn, args.to, args.what, args.why, args.on, args.address, operation_id()
            )
            print(json.dumps({"id": added}) if args.json else f"recorded for {safe_line(args.mrn)}")
            return 0
        report = disclosure_report(db, actor, args.mrn, args.since)
    finally:
        db.close()
    if args.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=2))
        return 0
    print(safe_line(f"Accounting of disclosures: {report.patient}, {report.mrn}, since {report.since}"))
    for line in report.lines:
        visit = f", visit {line.visit_number}" if line.visit_number else ""
        print(safe_line(f"{line.disclosed_on}  {', '.join(filter(None, (line.recipient, line.recipient_address)))}"))
        print(safe_line(f"            what: {line.description}{visit}"))
        print(safe_line(f"            why:  {line.purpose}  (recorded by {line.recorded_by})"))
    if not report.lines:
        print("nothing was disclosed")
    return 0

"""`codedesk deposits`: what the bank says came in, beside what remittances say was paid.

Text for people on stdout, JSON with `--json`. Exit code 1 when something has waited too long, or a line was left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from codesets.safe import safe_line
from store.queries.deposits import NO_TRACE, DepositFilter, deposit_list
from store.settings import today
from tui.cells import counted, left
from tui.money import dollars


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    taking = actions.add_parser("import", help="take in a bank's CSV file and match it")
    taking.add_argument("path", metavar="FILE", help="columns date, trace and amount; payer and account if it has them")
    listing = actions.add_parser("list", help="what waits, the oldest first")
    listing.add_argument("--show", choices=[each.value for each in DepositFilter], default="waiting")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    match = actions.add_parser("match", help="match what waits again, or one deposit by hand")
    match.add_argument("deposit", nargs="?", metavar="ID")
    match.add_argument("remittance", nargs="?", metavar="TRACE", help="the remittance it pays, by trace or id")
    match.add_argument("--note", default="", help="why, where the amounts differ")
    back = actions.add_parser("unmatch", help="take a match back")
    back.add_argument("deposit", metavar="ID")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store import log
    from store.database import open_database, operation_id
    from store.ledger.deposits import match_by_hand, match_deposits, take_in_deposits, unmatch
    from store.people import sign_in
    from store.queries import SessionReader
    from tui.commands.remits import remittance_named

    db = open_database()
    try:
        actor = sign_in(db)
        match args.action:
            case "import":
                taken = take_in_deposits(db, actor, Path(args.path))
                for line in taken.left_out:
                    print(safe_line(f"left out: {line}"), file=sys.stderr)
                print(f"{counted(taken.new, 'deposit')} new, {taken.known} known, {taken.matched} matched")
                _say_open(taken.unclear, taken.differ)
                return 1 if taken.left_out else 0
            case "match" if args.deposit and args.remittance:
                remittance = remittance_named(db, args.remittance)
                match_by_hand(db, actor, args.deposit, remittance, args.note, operation_id())
                print("matched; codedesk deposits unmatch takes it back")
            case "match":
                found = match_deposits(db, actor)
                print(f"{counted(found.matched, 'deposit')} matched")
                _say_open(found.unclear, found.differ)
            case "unmatch":
                unmatch(db, actor, args.deposit, operation_id())
                print("waits again")
            case _:
                log.note(db, actor, "deposit.list", show=args.show)
                with db.reading() as session:
                    rows = deposit_list(SessionReader(session), today(), DepositFilter(args.show))
                for row in rows:
                    mark = "!" if row.aged else " "
                    text = (
                        f"{mark} {row.day:<10} {row.kind:<8} {left(row.trace or NO_TRACE, 18)} {left(row.payer, 24)}"
                        f" {dollars(row.cents or row.paid_cents):>12} {row.age_days:>4}d  {row.matched_by}  {row.id}"
                        + (f"  {row.why}" if row.why else "")
                    )
                    print(json.dumps(asdict(row)) if args.json else safe_line(text))
                if not args.json:
                    aged = sum(row.aged for row in rows)
                    print(
                        f"{counted(len(rows), 'row')}, {aged} waiting for more than two weeks"
                        if rows
                        else "No deposit is matched."
                        if args.show == DepositFilter.MATCHED.value
                        else "Nothing waits."
                    )
                return 1 if any(row.aged for row in rows) else 0
        return 0
    finally:
        db.close()


def _say_open(unclear: int, differ: int) -> None:
    if unclear:
        print(f"{counted(unclear, 'deposit')} left open: more than one fits by amount and day; match by hand")
    if differ:
        print(f"{counted(differ, 'deposit')} left open: the payment of its number has another amount; deposits list")

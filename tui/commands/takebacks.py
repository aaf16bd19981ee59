"""`codedesk takebacks`: what payers take back or carry forward over several payments (PLB), and what of it is open.

    codedesk takebacks list [--all]
    codedesk takebacks refund ID 60.00 "check 1042"
    codedesk takebacks charge ID 2026-000107 "no reversal came"

Below zero is owed to the payer, above zero it took more than it said what for. Text for people on stdout, JSON with
`--json`. `codedesk postings take-back` undoes a refund and a charge.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict

from codesets.safe import safe_line
from store.queries.unapplied import TakebackRow, takeback_list
from store.remits.provider_kinds import provider_kind
from tui.cells import counted
from tui.money import cents_asked, dollars


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what is not settled, the oldest first, with its adjustments")
    listing.add_argument("--all", action="store_true", help="what is settled too")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    refunding = actions.add_parser("refund", help="pay the payer what it has not taken back yet")
    charging = actions.add_parser("charge", help="post what is open to a claim of ours")
    for each in (refunding, charging):
        each.add_argument("takeback", metavar="ID", help="as `codedesk takebacks list` shows it")
    refunding.add_argument("amount", help="dollars and cents, such as 20.00")
    charging.add_argument("claim", metavar="CLAIM", help="number of our claim")
    charging.add_argument(
        "--though-another", action="store_true", help="also where the claim is of another payer or patient"
    )
    for each in (refunding, charging):
        each.add_argument("reason", help="why or how, in your words; it stays")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store import log
    from store.database import open_database, operation_id
    from store.people import sign_in
    from store.queries import SessionReader
    from store.remits.takebacks import charge_to_claim, refund_takeback

    db = open_database()
    try:
        actor = sign_in(db)
        match args.action:
            case "refund":
                cents = cents_asked(args.amount)
                done = refund_takeback(db, actor, args.takeback, cents, args.reason, operation_id())
                print(
                    f"{dollars(done.cents)} given back, {dollars(done.left_cents)} left;"
                    f" codedesk postings take-back {done.posting_id} undoes it"
                )
            case "charge":
                asked = args.takeback, args.claim, args.reason
                done = charge_to_claim(db, actor, *asked, operation_id(), though_another=args.though_another)
                print(
                    f"{dollars(done.cents)} charged to {args.claim};"
                    f" codedesk postings take-back {done.posting_id} undoes it"
                )
            case _:
                log.note(db, actor, "remittance.list", show="takebacks")
                with db.reading() as session:
                    rows = takeback_list(SessionReader(session), settled=args.all)
                for row in rows:
                    print(
                        json.dumps(asdict(row) | {"id": row.id, "open_cents": row.open_cents})
                        if args.json
                        else "\n".join(map(safe_line, _text(row)))
                    )
                if not args.json:
                    total = dollars(sum(row.open_cents for row in rows))
                    print(f"{counted(len(rows), 'takeback')}, {total} open" if rows else "Nothing is open.")
        return 0
    finally:
        db.close()


def _text(row: TakebackRow) -> Iterator[str]:
    named = f"  claim {row.claim}" if row.claim else ""
    stands = f"open {dollars(row.open_cents)}" if row.open_cents else "settled"
    yield f"{row.payer}  {row.reference or 'no reference'}{named}  {stands}  (id {row.id})"
    for part in row.parts:
        meaning = provider_kind(part.reason).meaning if part.reason else part.note
        place = f"payment {part.trace} segment {part.segment}" if part.trace else ""
        yield f"    {part.day:<10}  {part.reason:<2}  {dollars(part.cents):>12}  {meaning}  {place}".rstrip()

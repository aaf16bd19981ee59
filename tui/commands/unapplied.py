"""`codedesk unapplied`: claims of payments that are not ours; their money waits until it has a place.

    codedesk unapplied list
    codedesk unapplied apply ID 2026-000418 "their clerk mistyped the number"
    codedesk unapplied release ID "another claim after all"
    codedesk unapplied refund ID 25.00 "not our patient"

Text for people on stdout, JSON with `--json`. `codedesk postings take-back` undoes a refund.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from codesets.safe import safe_line
from store.queries.unapplied import UnappliedRow, unapplied_list
from tui.cells import counted, left
from tui.money import cents_asked, dollars

_KNOWN = "no claim of ours has the number"
"""What a note of most rows begins with, and the list shows anyway."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what waits, the oldest payment first")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    applying = actions.add_parser("apply", help="post one to a claim of ours, as the payer states it")
    releasing = actions.add_parser("release", help="take one from the claim it is applied to; it waits again")
    refunding = actions.add_parser("refund", help="give money back, all that waits or a part")
    for each in (applying, releasing, refunding):
        each.add_argument("waiting", metavar="ID", help="as `codedesk unapplied list` shows it")
    applying.add_argument("claim", metavar="CLAIM", help="number of our claim")
    applying.add_argument(
        "--though-paid",
        action="store_true",
        help="also beside an answer that stands in its place, or where what it reverses is not here",
    )
    applying.add_argument("--though-another", action="store_true", help="also where the payment names another patient")
    refunding.add_argument("amount", help="dollars and cents, such as 20.00")
    for each in (applying, releasing, refunding):
        each.add_argument("reason", help="why, in your words; it stays")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store import log
    from store.database import open_database, operation_id
    from store.people import sign_in
    from store.queries import SessionReader
    from store.remits.unapplied import apply_to_claim, refund_unapplied, release

    db = open_database()
    try:
        actor = sign_in(db)
        match args.action:
            case "apply":
                asked = args.waiting, args.claim, args.reason
                though = {"though_paid": args.though_paid, "though_another": args.though_another}
                done = apply_to_claim(db, actor, *asked, operation_id(), **though)
                print(f"{dollars(done.cents)} applied to {args.claim}; codedesk unapplied release takes it back")
            case "release":
                done = release(db, actor, args.waiting, args.reason, operation_id())
                print(f"{dollars(done.left_cents)} wait again")
            case "refund":
                cents = cents_asked(args.amount)
                done = refund_unapplied(db, actor, args.waiting, cents, args.reason, operation_id())
                print(
                    f"{dollars(done.cents)} given back, {dollars(done.left_cents)} wait;"
                    f" codedesk postings take-back {done.posting_id} undoes it"
                )
            case _:
                log.note(db, actor, "remittance.list", show="unapplied claims")
                with db.reading() as session:
                    rows = unapplied_list(SessionReader(session))
                for row in rows:
                    print(json.dumps(asdict(row)) if args.json else _text(row))
                if not args.json:
                    total = dollars(sum(row.left_cents for row in rows))
                    print(f"{counted(len(rows), 'claim')}, {total} without a place" if rows else "Nothing waits.")
        return 0
    finally:
        db.close()


def _text(row: UnappliedRow) -> str:
    return safe_line(
        f"{row.paid_on:<10}  {left(row.trace, 14)} {left(row.payer, 20)} {left(row.account_number, 14)}"
        f" {left(row.patient, 18)} {row.service_from:<10} {dollars(row.left_cents):>12}  {row.id}"
        + "".join(f"  {part}" for part in row.note.split("; ") if part and not part.startswith(_KNOWN))
    )

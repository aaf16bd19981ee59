"""`codedesk postings`: money that people move by hand on an account.

codedesk postings pay A26-5001 20.00 "card at the desk"
codedesk postings write-off A26-5001 4.10 "small balance" [--payer]
codedesk postings refund A26-5001 5.00 "paid twice" [--payer]
codedesk postings take-back ID "wrong account"
"""

from __future__ import annotations

import argparse

from tui.money import cents_asked, dollars


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    helps = {
        "pay": "what a patient paid",
        "write-off": "give up what is owed",
        "refund": "give back a credit",
    }
    for name, told in helps.items():
        each = actions.add_parser(name, help=told)
        each.add_argument("account", help="account number")
        each.add_argument("amount", help="dollars and cents, such as 20.00")
        each.add_argument("note", help="how or why, in your words; it stays")
        if name != "pay":
            each.add_argument("--payer", action="store_true", help="of the payer, not of the patient")
    back = actions.add_parser("take-back", help="take back one of these")
    back.add_argument("posting", metavar="ID", help="as `codedesk ledger ACCOUNT` shows it")
    back.add_argument("note", metavar="REASON", help="why, in your words")


def run(args: argparse.Namespace) -> int:
    """Move the money."""
    from store.database import open_database, operation_id
    from store.ledger.money import Owed, patient_pays, refund, take_back, write_off
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        if args.action == "take-back":
            moved = take_back(db, actor, args.posting, args.note, operation_id())
        elif args.action == "pay":
            moved = patient_pays(db, actor, args.account, cents_asked(args.amount), args.note, operation_id())
        else:
            owed = Owed.PAYER if args.payer else Owed.PATIENT
            step = write_off if args.action == "write-off" else refund
            moved = step(db, actor, args.account, owed, cents_asked(args.amount), args.note, operation_id())
    finally:
        db.close()
    print(f"posted, {dollars(moved.balance_cents)} are owed; codedesk postings take-back {moved.posting_id} undoes it")
    return 0

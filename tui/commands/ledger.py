"""`codedesk ledger`: accounts with balances, one account with its journal, and the patient's statement.

    codedesk ledger                       accounts where something is owed
    codedesk ledger A26-5001              its postings, each figure with its segment, and who owes what
    codedesk ledger A26-5001 --statement  what the patient gets

Text for people on stdout, JSON with `--json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from codesets.errors import UsageError
from codesets.safe import safe_line
from store.settings import today
from store.terms import in_words
from tui.cells import counted, left
from tui.money import dollars

if TYPE_CHECKING:
    from store.queries.ledger import AccountPage, AccountRow, PostingRow


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("account", nargs="?", help="account number; without it, the accounts where something is owed")
    parser.add_argument("--all", action="store_true", help="accounts that owe nothing too")
    parser.add_argument("--statement", action="store_true", help="the statement that the patient gets")
    parser.add_argument("--json", action="store_true", help="one JSON document; one per line of the list")


def run(args: argparse.Namespace) -> int:
    """Show the list or an account."""
    from store import access, log
    from store.database import open_database
    from store.ledger.statement import statement
    from store.people import sign_in
    from store.queries import SessionReader
    from store.queries.ledger import account_id_by_number, account_list, account_page

    db = open_database()
    try:
        actor = sign_in(db)
        if not args.account:
            log.note(db, actor, "ledger.list")
            with db.reading() as session:
                rows = account_list(SessionReader(session), open_only=not args.all)
            for row in rows:
                print(json.dumps(asdict(row)) if args.json else _row_text(row))
            if not args.json:
                total = sum(row.balance_cents for row in rows)
                print(f"{counted(len(rows), 'account')}, {dollars(total)}" if rows else "Nothing is owed.")
            return 0
        with db.reading() as session:
            reader = SessionReader(session)
            account_id = account_id_by_number(reader, args.account)
            page = account_page(reader, account_id) if account_id else None
            if page is None:
                raise UsageError(f"no account alone has the number {args.account[:40]!r}", "codedesk ledger lists them")
        if args.statement:
            access.look(db, actor, "ledger.statement", "account", [page.id])
            with db.reading() as session:
                made = statement(SessionReader(session), page, today())
        else:
            made = None
            log.note(db, actor, "ledger.view", "account", page.id)
    finally:
        db.close()
    if made:
        print(json.dumps(asdict(made)) if args.json else made.text, end="" if not args.json else "\n")
    else:
        print(json.dumps(asdict(page)) if args.json else "\n".join(map(safe_line, _page_text(page))))
    return 0


def _row_text(row: AccountRow) -> str:
    owed = (("payer", row.payer_cents), ("patient", row.patient_cents), ("denied", row.denied_cents))
    parts = "  ".join(f"{name} {dollars(cents)}" for name, cents in owed if cents)
    return safe_line(f"{left(row.number, 14)} {left(row.patient, 24)} {dollars(row.balance_cents):>12}  {parts}")


def _page_text(page: AccountPage) -> Iterator[str]:
    yield f"{page.number}  {page.patient}  owed {dollars(page.balance_cents)}"
    if page.partial:
        yield f"    {page.partial}: these figures are a part"
    for party in page.parties:
        yield f"    {party.name:<28} {in_words(party.account):<20} {dollars(party.cents):>12}"
    for posting in page.postings:
        yield ""
        yield _posting_text(posting)
        for side in posting.sides:
            reason = f"{side.group}-{side.reason}" if side.reason else ""
            place = f"{side.file_name} segment {side.segment}" if side.segment else ""
            yield f"    {side.account.value:<20} {dollars(side.cents):>12}  {reason:<8} {place}".rstrip()


def _posting_text(posting: PostingRow) -> str:
    parts = [posting.posted_at[:10], in_words(posting.kind), posting.claim, posting.payer]
    parts += [f"payment {posting.trace}" if posting.trace else "", posting.note]
    parts += ["takes back an earlier one" if posting.takes_back else "", "taken back" if posting.taken_back else ""]
    return "  ".join(filter(None, parts)) + f"  (id {posting.id})"

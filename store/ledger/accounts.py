"""Accounts as changes ask for them: by number, and what they hold. What screens show is in `store.queries.ledger`."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.models import Account, JournalLine, Posting
from store.queries.ledger import RECEIVABLES
from store.terms import JournalAccount


def account_id_of(session: Session, number: str) -> str | None:
    """The same from a session that writes."""
    query = select(Account.id).where((col(Account.account_number) == number) | (col(Account.id) == number))
    found = session.exec(query).all()
    return found[0] if len(found) == 1 else None


def balance_of(session: Session, account_id: str, *accounts: JournalAccount) -> int:
    """What an account of a patient holds in some accounts of the journal, in cents; without any, all receivables."""
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(Posting.account_id == account_id, col(JournalLine.account).in_(accounts or RECEIVABLES))
    )
    return int(session.exec(query).one())

"""The postings of a remittance in the journal: what they come to, and the same once more with their amounts turned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.database import Change
from store.models import JournalLine, Posting, Remittance
from store.models.columns import new_id
from store.remits.batch import insert_rows, posting_row
from store.remits.posting.outcomes import RemittanceRefused
from store.terms import JournalAccount

_AT_ONCE = 250


def cash_of(session: Session, remittance_id: str) -> int:
    """What a remittance has brought in by its postings, in cents; BPR02 while it is posted, else 0."""
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(Posting.remittance_id == remittance_id, JournalLine.account == JournalAccount.CASH)
    )
    return int(session.exec(query).one())


def prove(session: Session, remittance: Remittance) -> None:
    """Posted + unapplied - PLB must be BPR02; anything else is a defect, and the whole set is left alone."""
    if (cash := cash_of(session, remittance.id)) != remittance.payment_cents:
        raise RemittanceRefused(
            f"postings come to {cash} cents, the payment is {remittance.payment_cents}", "nothing was posted"
        )


def mirror(change: Change, postings: Iterable[Posting], batch_id: str, sign: int, taking_back: bool) -> int:
    """Postings like these with their amounts times `sign`; how many."""
    session = change.session
    rows: list[dict[str, Any]] = []
    sides: list[dict[str, Any]] = []
    twins: dict[str, str] = {}
    for one in postings:
        twins[one.id] = new_id()
        rows.append(
            posting_row(change, batch_id, one.kind, one.remittance_id, one.remittance_claim_id)
            | {
                "id": twins[one.id],
                "claim_id": one.claim_id,
                "account_id": one.account_id,
                "takes_back": one.id if taking_back else None,
            }
        )
    for start in range(0, len(rows), _AT_ONCE):
        some = list(twins)[start : start + _AT_ONCE]
        for line in session.exec(select(JournalLine).where(col(JournalLine.posting_id).in_(some))):
            sides.append(
                {
                    "id": new_id(),
                    "posting_id": twins[line.posting_id],
                    "account": line.account,
                    "cents": sign * line.cents,
                    "group_code": line.group_code,
                    "reason_code": line.reason_code,
                    "segment": line.segment,
                }
            )
    insert_rows(session, Posting, rows)
    insert_rows(session, JournalLine, sides)
    return len(rows)

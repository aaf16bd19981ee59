"""Takes back answers that paid nothing, since a later one of their payer pays in their place without a reversal.

Each is one posting in the batch of the answer that pays, so that it goes with it when that is taken back: of the claim
of a payment that it takes back, with the opposite of what that has posted. What stood denied is closed as paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.database import Change
from store.denials.opening import close_paid
from store.models import JournalLine, Posting, Remittance
from store.models.columns import new_id
from store.remits.answered import REPLACED
from store.remits.batch import insert_rows, posting_row
from store.terms import PostingKind


def replace_answers(
    change: Change, answers: Sequence[str], remittance: Remittance, batch_id: str, segment: int | None
) -> None:
    """Take back these answers (ids of claims of payments) for the one of the remittance at this segment."""
    session, told = (
        change.session,
        f"trace {remittance.trace or 'without a number'} on {remittance.paid_on or 'no day'}",
    )
    for answer in answers:
        posted = select(Posting).where(Posting.remittance_claim_id == answer, Posting.kind == PostingKind.CLAIM_PAYMENT)
        first = session.exec(posted.order_by(col(Posting.posted_at), col(Posting.id))).first()
        sides = _standing_sides(session, answer)
        if first is None or not sides:
            continue
        row = posting_row(change, batch_id, PostingKind.CLAIM_PAYMENT, remittance.id, answer) | {
            "claim_id": first.claim_id,
            "account_id": first.account_id,
            "note": f"{REPLACED} by {told}",
        }
        insert_rows(session, Posting, [row])
        lines = [
            {
                "id": new_id(),
                "posting_id": row["id"],
                "account": account,
                "cents": -int(cents),
                "group_code": group,
                "reason_code": reason,
                "segment": segment,
            }
            for account, group, reason, cents in sides
        ]
        insert_rows(session, JournalLine, lines)
        close_paid(change, [answer], batch_id, remittance.id, told)
        change.log(
            "remittance.replace", "claim", first.claim_id or "", remittance=remittance.id, answer=answer, by=told
        )


def replaced_in(session: Session, remittance: Remittance, segment: int | None = None) -> list[Posting]:
    """The living postings by which a remittance, or its answer at a segment, took back answers that it replaces."""
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    query = select(Posting).where(
        Posting.remittance_id == remittance.id,
        Posting.batch_id == remittance.batch_id,
        Posting.kind == PostingKind.CLAIM_PAYMENT,
        col(Posting.note).startswith(REPLACED),
        col(Posting.takes_back).is_(None),
        col(Posting.id).not_in(undone),
    )
    if segment is not None:
        query = query.where(col(Posting.id).in_(select(JournalLine.posting_id).where(JournalLine.segment == segment)))
    return list(session.exec(query))


def _standing_sides(session: Session, answer: str) -> list[Any]:
    by = (col(JournalLine.account), col(JournalLine.group_code), col(JournalLine.reason_code))
    query = (
        select(*by, func.sum(JournalLine.cents))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(Posting.remittance_claim_id == answer, Posting.kind == PostingKind.CLAIM_PAYMENT)
        .group_by(*by)
        .having(func.sum(JournalLine.cents) != 0)
        .order_by(*by)
    )
    return list(session.exec(query).all())

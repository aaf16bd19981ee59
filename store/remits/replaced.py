"""Takes back answers that paid nothing, since a later one of their payer pays in their place without a reversal.

Each is one posting in the batch of the answer that pays, so that it goes with it when that is taken back: of the claim
of a payment that it takes back, with the opposite of what that has posted. What stood denied is closed as paid. Where
an answer pays lines alone that another one denied, so goes what that denied of them, and the rest of it stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.database import Change
from store.denials.opening import close_paid, close_paid_lines, close_told
from store.models import Denial, JournalLine, Posting, Remittance, RemittanceLine
from store.models.columns import new_id
from store.remits.answered import REPLACED, SETTLED
from store.remits.batch import insert_rows, posting_row
from store.remits.matching import Match
from store.terms import DenialStatus, JournalAccount, PostingKind


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
        close_told(session, filter(None, [first.claim_id]), f"paid after all by {told}")
        change.log(
            "remittance.replace", "claim", first.claim_id or "", remittance=remittance.id, answer=answer, by=told
        )


def settle_lines(change: Change, found: Match, remittance: Remittance, batch_id: str, segment: int | None) -> None:
    """Take back what another answer denied of the lines that this one pays (`Match.settles`), and close its denials."""
    if not found.settles:
        return
    session = change.session
    told = f"trace {remittance.trace or 'without a number'} on {remittance.paid_on or 'no day'}"
    query = (
        select(Denial)
        .join(RemittanceLine, col(RemittanceLine.id) == Denial.remittance_line_id)
        .where(
            Denial.remittance_claim_id == found.settles,
            col(RemittanceLine.claim_line_id).in_([one for one in found.line_ids if one]),
            col(Denial.status).in_((DenialStatus.OPEN, DenialStatus.APPEALED)),
            Denial.cents > 0,
        )
    )
    rows = session.exec(query).all()
    row = posting_row(change, batch_id, PostingKind.CLAIM_PAYMENT, remittance.id, found.settles) | {
        "claim_id": found.claim.id if found.claim else None,
        "account_id": found.claim.account_id if found.claim else None,
        "note": f"{SETTLED} by {told}",
    }
    insert_rows(session, Posting, [row])
    sides = [
        {
            "id": new_id(),
            "posting_id": row["id"],
            "account": account,
            "cents": sign * one.cents,
            "group_code": one.group_code if account is JournalAccount.DENIED else "",
            "reason_code": one.reason_code if account is JournalAccount.DENIED else "",
            "segment": segment,
        }
        for one in rows
        for account, sign in ((JournalAccount.DENIED, -1), (JournalAccount.PAYER_RECEIVABLE, 1))
    ]
    insert_rows(session, JournalLine, sides)
    close_paid_lines(session, rows, told)
    close_told(session, filter(None, [row["claim_id"]]), f"paid after all by {told}")
    change.log(
        "remittance.replace", "claim", row["claim_id"] or "", remittance=remittance.id, answer=found.settles, by=told
    )


def replaced_in(session: Session, remittance: Remittance, segment: int | None = None) -> list[Posting]:
    """The living postings by which a remittance, or its answer at a segment, took back answers that it replaces."""
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    query = select(Posting).where(
        Posting.remittance_id == remittance.id,
        Posting.batch_id == remittance.batch_id,
        Posting.kind == PostingKind.CLAIM_PAYMENT,
        col(Posting.note).startswith(REPLACED) | col(Posting.note).startswith(SETTLED),
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

"""Tells what denied money would be owed with nobody asking for it, and opens the denials again that it is of.

Of a claim and those that follow it together:

    owed        what stands in denied, less what their payers paid beyond what else they owe
    asked for   the cents of the denials that are open or appealed

A denial is closed without money where the rest is asked for all the same: where an answer or a payment that is here
has settled it. Where that goes away later, as by its taking back, the denial opens again with owner, appeal and day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.database import Change
from store.denials.liable import why_not_patient
from store.denials.opening import ANSWERED_BY, PAID_BY, living
from store.models import Claim, Denial, JournalLine, Posting
from store.remits.answered import standing_answers
from store.remits.chains import relatives
from store.terms import LIVING_DENIALS, ClaimStatus, DenialStatus, JournalAccount


def unasked_cents(session: Session, claim_id: str, closed: Collection[str] = ()) -> int:
    """Cents of a claim and its relatives that no living denial asks for, were those with the ids `closed` closed."""
    claims = [claim_id, *relatives(session, claim_id)]
    query = (
        select(JournalLine.account, func.sum(JournalLine.cents))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(
            col(Posting.claim_id).in_(claims),
            col(JournalLine.account).in_((JournalAccount.DENIED, JournalAccount.PAYER_RECEIVABLE)),
        )
        .group_by(JournalLine.account)
    )
    balances = {account: int(cents) for account, cents in session.exec(query)}
    credit = min(balances.get(JournalAccount.PAYER_RECEIVABLE, 0), 0)
    asked = select(func.coalesce(func.sum(Denial.cents), 0)).where(
        col(Denial.claim_id).in_(claims), col(Denial.status).in_(LIVING_DENIALS), col(Denial.id).not_in(closed)
    )
    return max(balances.get(JournalAccount.DENIED, 0) + credit - int(session.exec(asked).one()), 0)


def why_not_resolved(session: Session, rows: Sequence[Denial]) -> tuple[str, str]:
    """Why denials cannot be closed without money, and what to do with it; both empty where they can."""
    ids = [row.id for row in rows]
    for claim_id in dict.fromkeys(row.claim_id or "" for row in rows):
        own = [row for row in rows if row.claim_id == claim_id and row.cents > 0]
        left = min(unasked_cents(session, claim_id, ids), sum(row.cents for row in own)) if own else 0
        if left:
            number = session.get_one(Claim, claim_id).claim_number
            return (
                f"{number} has {left / 100:,.2f} denied that nothing has paid: closed, nobody would ask for it",
                _ways(session, claim_id, own),
            )
    return "", ""


def ask_again_in(change: Change, batch_id: str) -> None:
    """Open the denials again of the visits that a batch posts to, where what had settled them is gone."""
    touched = select(Posting.claim_id).where(Posting.batch_id == batch_id, col(Posting.claim_id).is_not(None))
    _ask_again(change, touched)


def ask_again(change: Change, claim_ids: Iterable[str]) -> None:
    """The same for the visits of some claims."""
    _ask_again(change, list(claim_ids))


def _ask_again(change: Change, claims: Any) -> None:
    session = change.session
    session.flush()
    visits = select(Claim.encounter_id).where(col(Claim.id).in_(claims))
    query = (
        select(Denial)
        .where(
            # What follows a claim, or what it follows, may have settled it.
            col(Denial.claim_id).in_(select(Claim.id).where(col(Claim.encounter_id).in_(visits))),
            Denial.status == DenialStatus.RESOLVED,
            Denial.cents > 0,
            ~col(Denial.note).startswith(PAID_BY),
            ~col(Denial.note).startswith(ANSWERED_BY),
        )
        .order_by(col(Denial.closed_at).desc(), col(Denial.id))
        .execution_options(populate_existing=True)
    )
    for row in session.exec(query).all():
        claim_id = row.claim_id or ""
        if row.remittance_claim_id not in standing_answers(session, claim_id) or not unasked_cents(session, claim_id):
            continue
        row.status, row.closed_at = living(row.level), None
        session.add(row)
        session.flush()
        reason = "what had settled it is gone"
        change.log("denial.open_again", "denial", row.id, claim=claim_id, reason=reason)


def _ways(session: Session, claim_id: str, rows: Sequence[Denial]) -> str:
    """What becomes of denied money that is owed."""
    replaced = select(Claim.claim_number).where(
        Claim.follows_id == claim_id, Claim.follows_as == "replacement", Claim.status != ClaimStatus.VOID
    )
    if number := session.exec(replaced.order_by(Claim.claim_number)).first():
        return f"{number} bills it again: the answer to that closes the denial; until then it stays open"
    patient = "" if any(why_not_patient(session, row)[0] for row in rows) else ", leave it to the patient"
    return (
        f"appeal it, bill it again, write it off{patient}; a payment of it that waits is applied first"
        " (codedesk unapplied list)"
    )

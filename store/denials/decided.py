"""The money of what people decide on denials: given up, or left to the patient; posted, taken back, and told again.

    written off      write-off           +cents     denied   -cents
    patient owes     patient receivable  +cents     denied   -cents

What is left to the patient here is due at once: it goes to no further payer, and no secondary claim takes it along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.database import Change
from store.models import Claim, Denial, Encounter, JournalLine, Posting
from store.terms import DenialStatus, JournalAccount, PostingKind

_POSTED_AS = {
    DenialStatus.WRITTEN_OFF: (PostingKind.WRITE_OFF, JournalAccount.WRITE_OFF),
    DenialStatus.PATIENT_OWES: (PostingKind.LEFT_TO_PATIENT, JournalAccount.PATIENT_RECEIVABLE),
}
DECIDED = tuple(_POSTED_AS)
"""How a denial stands that money was posted for by decision."""
DECIDED_KINDS = tuple(kind for kind, _ in _POSTED_AS.values())
"""The postings of such decisions."""


def post_decided(
    change: Change,
    row: Denial,
    status: DenialStatus,
    batch_id: str,
    cents: int,
    note: str = "",
    remittance_id: str | None = None,
) -> None:
    """Post cents of a denial from denied to where its decision moves them; below zero back again."""
    kind, account = _POSTED_AS[status]
    _post(change, row, kind, account, batch_id, cents, note, remittance_id)


def take_back_decided(change: Change, row: Denial, batch_id: str, note: str) -> None:
    """Take back what stands posted by decision of a denial; nothing where no money was."""
    session = change.session
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    of = (Posting.remittance_claim_id == row.remittance_claim_id, Posting.claim_id == row.claim_id)
    # What a reversal posted back, and its taking back, come to zero: the decision itself is of no remittance.
    own = (col(Posting.remittance_id).is_(None), col(Posting.takes_back).is_(None), col(Posting.id).not_in(undone))
    living: Sequence[Any] = (Posting.id, Posting.kind, JournalLine.account, JournalLine.cents)
    query = select(*living).join(Posting, col(Posting.id) == JournalLine.posting_id).where(*of, *own, *_of(row))
    for posting_id, kind, account, cents in session.exec(query).all():
        _post(change, row, kind, account, batch_id, -cents, note, takes_back=posting_id)


def decided_by_journal(session: Session, row: Denial) -> DenialStatus | None:
    """How a denial was decided by what the journal holds of it; None where it holds nothing."""
    query = (
        select(Posting.kind)
        .join(JournalLine, col(JournalLine.posting_id) == Posting.id)
        .where(Posting.remittance_claim_id == row.remittance_claim_id, *_of(row))
        .group_by(Posting.kind)
        .having(func.sum(JournalLine.cents) != 0)
    )
    kinds = session.exec(query).all()
    return next((status for status, (kind, _) in _POSTED_AS.items() if kind in kinds), None)


def _of(row: Denial) -> tuple[Any, ...]:
    """The journal lines of decisions on a denial, without their other side in denied."""
    return (
        col(Posting.kind).in_(DECIDED_KINDS),
        JournalLine.account != JournalAccount.DENIED,
        JournalLine.segment == row.segment,
        JournalLine.group_code == row.group_code,
        JournalLine.reason_code == row.reason_code,
    )


def _post(
    change: Change,
    row: Denial,
    kind: PostingKind,
    account: JournalAccount,
    batch_id: str,
    cents: int,
    note: str,
    remittance_id: str | None = None,
    takes_back: str | None = None,
) -> None:
    session = change.session
    claim = session.get_one(Claim, row.claim_id)
    posting = Posting(
        batch_id=batch_id,
        kind=kind,
        remittance_id=remittance_id,
        remittance_claim_id=row.remittance_claim_id,
        claim_id=row.claim_id,
        account_id=session.get_one(Encounter, claim.encounter_id).account_id,
        takes_back=takes_back,
        note=note,
        posted_by=change.actor.person_id,
    )
    session.add(posting)
    session.flush()
    for side, sign in ((account, 1), (JournalAccount.DENIED, -1)):
        session.add(
            JournalLine(
                posting_id=posting.id,
                account=side,
                cents=sign * cents,
                group_code=row.group_code,
                reason_code=row.reason_code,
                segment=row.segment,
            )
        )

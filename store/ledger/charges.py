"""Posts what claims bill when they leave, takes it back when they are replaced or voided, and moves the patient's share
to the payer that a secondary claim bills.

Works on a batch of claims with a handful of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.database import Change
from store.models import Claim, Encounter, JournalLine, Posting
from store.models.columns import new_id, now
from store.remits.batch import insert_rows
from store.terms import JournalAccount, PostingKind

_AT_ONCE = 500

Side = tuple[JournalAccount, int]


def bill(change: Change, claim_ids: Sequence[str]) -> None:
    """Post the charges of claims that leave now; one that left before (and was refused) is posted already."""
    for start in range(0, len(claim_ids), _AT_ONCE):
        _bill(change, claim_ids[start : start + _AT_ONCE])


def take_back_charges(change: Change, claim_ids: Iterable[str], note: str) -> int:
    """Take back the charges of claims that were billed; how many there were."""
    session, batch = change.session, new_id()
    living = _living_charges(session, list(claim_ids))
    postings, lines = [], []
    for posting in living.values():
        row = _posting(change, batch, posting.kind, posting.claim_id, posting.account_id, note)
        row["takes_back"] = posting.id
        postings.append(row)
        for line in session.exec(select(JournalLine).where(JournalLine.posting_id == posting.id)):
            lines.append(_line(row["id"], line.account, -line.cents))
    insert_rows(session, Posting, postings)
    insert_rows(session, JournalLine, lines)
    return len(postings)


def share_of_patient(session: Session, claim_id: str) -> int:
    """What the postings of a claim leave to the patient, in cents."""
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(Posting.claim_id == claim_id, JournalLine.account == JournalAccount.PATIENT_RECEIVABLE)
    )
    return int(session.exec(query).one())


def _bill(change: Change, claim_ids: Sequence[str]) -> None:
    session = change.session
    query = (
        select(Claim.id, Claim.total_cents, Claim.frequency, Claim.follows_id, Claim.follows_as, Encounter.account_id)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .where(col(Claim.id).in_(claim_ids))
    )
    rows = session.exec(query).all()
    done = _living_charges(session, claim_ids)
    moved = _transferred(session, claim_ids)
    superseded = [row[3] for row in rows if row[3] and row[2] in ("7", "8")]
    if superseded:
        late = select(Claim.id).where(col(Claim.follows_id).in_(superseded), Claim.follows_as == "late_charges")
        superseded += session.exec(late.where(col(Claim.id).not_in(claim_ids))).all()
        take_back_charges(change, superseded, "replaced or voided by a later claim")
    postings: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    batch = new_id()
    for claim_id, cents, frequency, before, follows_as, account in rows:
        if follows_as == "secondary" and before:
            share = 0 if claim_id in moved else share_of_patient(session, before)
            kind = PostingKind.TRANSFER
            sides: list[Side] = [
                (JournalAccount.PAYER_RECEIVABLE, share),
                (JournalAccount.PATIENT_RECEIVABLE, -share),
            ]
        else:
            share = 0 if claim_id in done or frequency == "8" else cents
            kind = PostingKind.CHARGE
            sides = [(JournalAccount.PAYER_RECEIVABLE, share), (JournalAccount.CHARGES, -share)]
        if share:
            row = _posting(change, batch, kind, claim_id, account, "")
            postings.append(row)
            lines += [_line(row["id"], name, amount) for name, amount in sides]
    insert_rows(session, Posting, postings)
    insert_rows(session, JournalLine, lines)


def _living_charges(session: Session, claim_ids: Sequence[str]) -> dict[str, Posting]:
    """The charge posting of each claim that has one and was not taken back."""
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None), Posting.kind == PostingKind.CHARGE)
    query = select(Posting).where(
        col(Posting.claim_id).in_(claim_ids),
        Posting.kind == PostingKind.CHARGE,
        col(Posting.takes_back).is_(None),
        col(Posting.id).not_in(undone),
    )
    return {posting.claim_id: posting for posting in session.exec(query) if posting.claim_id}


def _transferred(session: Session, claim_ids: Sequence[str]) -> set[str | None]:
    query = select(Posting.claim_id).where(col(Posting.claim_id).in_(claim_ids), Posting.kind == PostingKind.TRANSFER)
    return set(session.exec(query))


def _posting(
    change: Change, batch: str, kind: PostingKind, claim_id: str | None, account_id: str | None, note: str
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "batch_id": batch,
        "kind": kind,
        "remittance_id": None,
        "remittance_claim_id": None,
        "claim_id": claim_id,
        "account_id": account_id,
        "takes_back": None,
        "provider_adjustment_id": None,
        "note": note,
        "posted_by": change.actor.person_id,
        "posted_at": now(),
    }


def _line(posting_id: str, account: JournalAccount, cents: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "posting_id": posting_id,
        "account": account,
        "cents": cents,
        "group_code": "",
        "reason_code": "",
        "segment": None,
    }

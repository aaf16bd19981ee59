"""Moves what payers left to the patient to the payer after them once that one answers, or lets it fall with a void.

No claim of ours has to have gone to that payer: it answers by the number of the first one, as where that was forwarded
or billed outside. Its answer is of what the payer before left (OA-23 is the rest), so that the patient owes what the
last one left. With a claim of ours to it, `store.ledger.charges` moves the share when that leaves.

Where the payer before denied, and the next one answers for what was denied, that is denied no more
(`store.denials.next_answers`): it goes with the patient's share, of the same claim at once, of one that we billed to
the next payer by `store.ledger.charges`.

Where a claim was voided with its payer, what its answers reduced and left to the patient falls with its charge: what
was paid is owed back, and no more. That is of every claim that is voided, and of each beside which another one is the
claim of its visit (`store.queries.chains`). Their open denials are withdrawn with it (`store.denials.voided`).

Every posting here names the answer that it comes from. What should stand moved is worked out anew from the answers that
stand, and the difference to what is moved is posted: whatever is reversed, taken back or posted again, in any order,
the share is where it belongs.

Source: 005010X221A1, sections 1.10.2.8 and 1.10.2.13; adjustment OA-23 (what a payer before settled).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.claims.next_payers import billed_before
from store.database import Change
from store.denials.decided import DECIDED_KINDS
from store.denials.next_answers import Settled, follow_next, settled_by_next
from store.denials.voided import follow_voids
from store.ledger.charges import charge_once, journal_line
from store.models import Claim, Encounter, JournalLine, Posting, RemittanceClaim
from store.queries import SessionReader, any_of
from store.queries.chains import NOT_VOIDED, beside_claims, voided_claims
from store.remits.answered import answered_by_next, standing_answers
from store.remits.batch import insert_rows, posting_row
from store.terms import ClaimStatus, JournalAccount, PostingKind

_AT_ONCE = 400

_FALLING = (
    JournalAccount.CONTRACTUAL,
    JournalAccount.PATIENT_RECEIVABLE,
    JournalAccount.PAYER_INITIATED,
    JournalAccount.OTHER_ADJUSTMENT,
    JournalAccount.DENIED,
    JournalAccount.WRITE_OFF,
)

Moved = dict[JournalAccount, int]
"""Cents by account; they come to zero."""


def move_answered_in(
    change: Change, batch_id: str, remittance_id: str | None = None, taken_back: str | None = None
) -> None:
    """Move the shares of the claims that a batch posts to; the postings are of the batch.

    And of those whose void is denied in its remittance, or in the one (id) that it takes back, which posts nothing.
    """
    touched = select(Posting.claim_id).where(Posting.batch_id == batch_id, col(Posting.claim_id).is_not(None))
    numbers = select(RemittanceClaim.account_number).where(
        RemittanceClaim.remittance_id == (remittance_id or taken_back),
        col(RemittanceClaim.note).startswith(NOT_VOIDED),
    )
    denied = col(Claim.claim_number).in_(numbers) & (Claim.frequency == "8")
    visits = select(Claim.encounter_id).where(col(Claim.id).in_(touched) | denied)
    voided = select(Claim.encounter_id).where(
        col(Claim.encounter_id).in_(visits), Claim.frequency == "8", col(Claim.export_id).is_not(None)
    )
    of_voided = select(Claim.id).where(col(Claim.encounter_id).in_(voided))
    several = (
        select(RemittanceClaim.claim_id)
        .where(col(RemittanceClaim.claim_id).in_(touched))
        .group_by(col(RemittanceClaim.claim_id))
        .having(func.count() > 1)
    )
    billed_next = select(Claim.follows_id).where(
        col(Claim.follows_id).in_(touched), Claim.follows_as == "secondary", Claim.status == ClaimStatus.EXPORTED
    )
    to_next = select(Claim.id).where(
        col(Claim.id).in_(touched), col(Claim.follows_as).in_(("secondary", "replacement"))
    )
    found = [change.session.exec(one) for one in (of_voided, several, billed_next, to_next)]
    claims = filter(None, (one for some in found for one in some))
    move_answered(change, claims, batch_id, remittance_id)


def claims_of_visits(session: Session, claim_ids: Iterable[str]) -> list[str]:
    """All claims of the visits of these."""
    visits = select(Claim.encounter_id).where(col(Claim.id).in_(list(claim_ids)))
    return list(session.exec(select(Claim.id).where(col(Claim.encounter_id).in_(visits)).order_by(Claim.claim_number)))


def move_answered(change: Change, claim_ids: Iterable[str], batch_id: str, remittance_id: str | None = None) -> None:
    """Post the difference between what should stand moved of these claims, as their answers stand now, and what is."""
    session, asked = change.session, sorted(set(claim_ids))
    parts = (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))
    wanted = sorted({*asked, *(first for part in parts for first in billed_before(session, part).values())})
    charge_once(change, _visits_voided(session, wanted))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        voided, beside = voided_of(session, some), beside_of(session, some)
        fallen = voided | beside
        settled = settled_by_next(session, some, fallen)
        to_stand, stand = _to_stand(session, some, fallen, settled), _standing(session, some)
        postings: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        for claim_id, account_id in _accounts(session, {*to_stand, *stand}).items():
            source, there = stand.get(claim_id, ("", {}))
            source, should = to_stand.get(claim_id, (source, {}))
            sides = {one: should.get(one, 0) - there.get(one, 0) for one in sorted({*should, *there})}
            if not any(sides.values()):
                continue
            row = posting_row(change, batch_id, PostingKind.TRANSFER, remittance_id, source)
            postings.append(row | {"claim_id": claim_id, "account_id": account_id, "note": "as its answers stand"})
            lines += [journal_line(row["id"], account, cents) for account, cents in sides.items() if cents]
        insert_rows(session, Posting, postings)
        insert_rows(session, JournalLine, lines)
        follow_next(change, some, settled, batch_id, remittance_id)
        follow_voids(session, some, voided, beside)
    session.flush()


def _visits_voided(session: Session, claim_ids: list[str]) -> list[str]:
    """The visits of claims that have a void which left."""
    found: set[str] = set()
    for start in range(0, len(claim_ids), _AT_ONCE):
        visits = select(Claim.encounter_id).where(col(Claim.id).in_(claim_ids[start : start + _AT_ONCE]))
        query = select(Claim.encounter_id).where(
            col(Claim.encounter_id).in_(visits), Claim.frequency == "8", col(Claim.export_id).is_not(None)
        )
        found |= set(session.exec(query))
    return sorted(found)


def _to_stand(
    session: Session, claim_ids: list[str], fallen: set[str], settled: Mapping[str, Settled]
) -> dict[str, tuple[str, Moved]]:
    """What should stand moved by claim, with the answer (id) that moves it; of those `fallen` it all falls."""
    found = _fallen(session, fallen)
    for claim_id, (answers, last) in answered_by_next(session, claim_ids).items():
        if claim_id in fallen:
            continue
        query = (
            select(func.coalesce(func.sum(JournalLine.cents), 0))
            .join(Posting, col(Posting.id) == JournalLine.posting_id)
            .where(
                col(Posting.remittance_claim_id).in_(answers),
                Posting.kind == PostingKind.CLAIM_PAYMENT,
                JournalLine.account == JournalAccount.PATIENT_RECEIVABLE,
            )
        )
        share = int(session.exec(query).one())
        found[claim_id] = (
            last,
            {JournalAccount.PAYER_RECEIVABLE: share, JournalAccount.PATIENT_RECEIVABLE: -share},
        )
    for claim_id, one in settled.items():
        source, moved = found.get(claim_id, (one.answer, {}))
        # Of this very claim the next payer owes it; of its own claim what the patient would owe follows it there.
        to = JournalAccount.PAYER_RECEIVABLE if claim_id in found else JournalAccount.PATIENT_RECEIVABLE
        sides = dict(moved)
        for account, cents in ((to, one.cents), (JournalAccount.DENIED, -one.cents)):
            sides[account] = sides.get(account, 0) + cents
        found[claim_id] = (source, sides)
    return found


def _fallen(session: Session, claim_ids: Iterable[str]) -> dict[str, tuple[str, Moved]]:
    """What the answers that stand of claims whose charge fell have posted beside money, with the other sign."""
    found: dict[str, tuple[str, Moved]] = {}
    for claim_id in sorted(claim_ids):
        if not (answers := standing_answers(session, claim_id)):
            continue
        query = (
            select(JournalLine.account, func.sum(JournalLine.cents))
            .join(Posting, col(Posting.id) == JournalLine.posting_id)
            .where(
                col(Posting.remittance_claim_id).in_(answers),
                col(Posting.kind).in_((PostingKind.CLAIM_PAYMENT, *DECIDED_KINDS)),
                col(JournalLine.account).in_(_FALLING),
            )
            .group_by(JournalLine.account)
        )
        sides: Moved = {JournalAccount(account): -int(cents) for account, cents in session.exec(query)}
        found[claim_id] = (answers[-1], {**sides, JournalAccount.PAYER_RECEIVABLE: -sum(sides.values())})
    return found


def voided_of(session: Session, claim_ids: Iterable[str]) -> set[str]:
    """Those of some claims that a void took back which left and was not refused, and those that fall with them."""
    return _of(session, claim_ids, voided_claims)


def beside_of(session: Session, claim_ids: Iterable[str]) -> set[str]:
    """Those of some claims beside which another one is the claim of their visit, and those that fall with them."""
    return _of(session, claim_ids, beside_claims)


def _of(session: Session, claim_ids: Iterable[str], which: Callable[..., str]) -> set[str]:
    wanted = sorted(set(claim_ids))
    if not wanted:
        return set()
    session.flush()
    these, asked = any_of(wanted)
    visits = f"SELECT u.encounter_id FROM claim u WHERE u.id IN {these}"
    return {row["id"] for row in SessionReader(session).rows(which(visits=visits), **asked)} & set(wanted)


def _standing(session: Session, claim_ids: list[str]) -> dict[str, tuple[str, Moved]]:
    """What is moved by claim, with an answer (id) that moved it."""
    by = (col(Posting.claim_id), col(JournalLine.account))
    columns: tuple[Any, ...] = (*by, func.max(Posting.remittance_claim_id), func.sum(JournalLine.cents))
    query = (
        select(*columns)
        .select_from(Posting)
        .join(JournalLine, col(JournalLine.posting_id) == Posting.id)
        .where(
            col(Posting.claim_id).in_(claim_ids),
            Posting.kind == PostingKind.TRANSFER,
            col(Posting.remittance_claim_id).is_not(None),
        )
        .group_by(*by)
    )
    found: dict[str, tuple[str, Moved]] = {}
    for claim_id, account, source, cents in session.exec(query):
        found.setdefault(claim_id, (source, {}))[1][account] = int(cents)
    return found


def _accounts(session: Session, claim_ids: Iterable[str]) -> Mapping[str, str]:
    query = select(Claim.id, Encounter.account_id).join(Encounter, col(Encounter.id) == Claim.encounter_id)
    return dict(session.exec(query.where(col(Claim.id).in_(list(claim_ids))).order_by(Claim.claim_number)).all())

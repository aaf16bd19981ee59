"""Settles what a payer's denial left open by what the next payer answers, and opens it again where that goes away.

The next payer answers for the charge that is left, whoever denied it before: what it pays, reduces and leaves to the
patient is the end of it. Nothing is denied any more by the payer before, and its denial is closed with the answer as
the reason; what people decided on it is posted back. A next payer that denies all of it itself settles nothing.

Everything is worked out from the answers that stand (`store.ledger.answered_shares` posts the money), so that a denial
is open again, as it was, where the later answer is reversed, taken back or released.

Source: 005010X221A1, section 1.10.2.13 (coordination of benefits); 005010X222A1, section 1.4.1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.claims.next_payers import billed_before
from store.database import Change
from store.denials.decided import DECIDED, DECIDED_KINDS, decided_by_journal, post_decided
from store.denials.opening import ANSWERED_BY, PAID_BY, closing, living, note_before
from store.models import Claim, ClaimLine, Denial, JournalLine, Posting, RemittanceLine
from store.models.columns import now
from store.remits.answered.standing import FOREIGN, Answer, replay
from store.remits.matching import our_claim
from store.remits.places import places_in_order
from store.terms import LIVING_DENIALS, ClaimStatus, DenialStatus, JournalAccount, PostingKind


@dataclass(frozen=True)
class Settled:
    """What of a claim is settled: cents of its denials (ids), the last answer (id) that does it, and that in words."""

    answer: str
    by: str
    denials: frozenset[str]
    cents: int


def settled_by_next(session: Session, claim_ids: Sequence[str], voided: Collection[str]) -> dict[str, Settled]:
    """What the answers of next payers settle of the denials of these claims, by claim; of none that is `voided`."""
    session.flush()
    denials = _denials(session, [one for one in claim_ids if one not in voided])
    if not denials:
        return {}
    following = _following(session, list(denials))
    replayed = replay(session, [*denials, *(one for some in following.values() for one in some)])
    found = {}
    for claim_id, rows in denials.items():
        own = replayed[claim_id].standing
        placed = list(zip(own, places_in_order(our_claim(session, claim_id).payers, own), strict=True))
        first = min((place for _, place in placed), default=0)
        earlier = [one for one, place in placed if place == first]
        later = [one for one, place in placed if place > first]
        later += [one for other in following.get(claim_id, ()) for one in replayed[other].standing]
        later = [one for one in later if one.status != FOREIGN]
        standing = {one.id for one in earlier}
        if later and (settled := _settled(session, [r for r in rows if r.remittance_claim_id in standing], later)):
            found[claim_id] = settled
    return found


def follow_next(
    change: Change,
    claim_ids: Sequence[str],
    settled: Mapping[str, Settled],
    batch_id: str,
    remittance_id: str | None,
) -> None:
    """Close the denials of these claims that next payers have settled, and open those again that none settles now."""
    session = change.session
    session.flush()
    by = {denial: one.by for one in settled.values() for denial in one.denials}
    query = select(Denial).where(col(Denial.claim_id).in_(claim_ids)).execution_options(populate_existing=True)
    for row in session.exec(query.order_by(Denial.id)).all():
        closed = row.status is DenialStatus.RESOLVED and row.note.startswith(ANSWERED_BY)
        if row.id in by and row.status in (*LIVING_DENIALS, *DECIDED):
            if row.status in DECIDED:
                post_decided(change, row, row.status, batch_id, -row.cents, by[row.id], remittance_id)
            row.status, row.note, row.closed_at = DenialStatus.RESOLVED, closing(by[row.id], row.note), now()
            change.log("denial.resolve", "denial", row.id, claim=row.claim_id or "", outcome=by[row.id])
        elif closed and row.id not in by:
            decided = decided_by_journal(session, row)
            row.status, row.note = decided or living(row.level), note_before(row.note)
            row.closed_at = row.closed_at if decided else None
            change.log("denial.open_again", "denial", row.id, claim=row.claim_id or "", reason="no next payer answers")
        session.add(row)
    session.flush()


def _denials(session: Session, claim_ids: Sequence[str]) -> dict[str, list[Denial]]:
    """The denials of claims of which money stands in denied, or would without what this module did."""
    query = (
        select(Denial)
        .where(
            col(Denial.claim_id).in_(claim_ids),
            Denial.cents > 0,
            col(Denial.status).in_((*LIVING_DENIALS, *DECIDED, DenialStatus.RESOLVED)),
            ~col(Denial.note).startswith(PAID_BY),
        )
        .order_by(col(Denial.segment), Denial.id)
        .execution_options(populate_existing=True)
    )
    found: dict[str, list[Denial]] = defaultdict(list)
    for row in session.exec(query) if claim_ids else ():
        found[row.claim_id or ""].append(row)
    return found


def _following(session: Session, claim_ids: Sequence[str]) -> dict[str, list[str]]:
    """The claims that bill the next payer after each of these and left, but for what is voided or does not count."""
    from store.ledger.answered_shares import beside_of, voided_of

    visits = select(Claim.encounter_id).where(col(Claim.id).in_(claim_ids))
    query = select(Claim.id).where(
        col(Claim.encounter_id).in_(visits),
        col(Claim.follows_as).in_(("secondary", "replacement")),
        Claim.status == ClaimStatus.EXPORTED,
    )
    before = billed_before(session, session.exec(query.order_by(Claim.claim_number)).all())
    wanted = {after: first for after, first in before.items() if first in claim_ids}
    gone = voided_of(session, wanted) | beside_of(session, wanted)
    found: dict[str, list[str]] = defaultdict(list)
    for after, first in wanted.items():
        if after not in gone:
            found[first].append(after)
    return found


def _settled(session: Session, rows: Sequence[Denial], later: Sequence[Answer]) -> Settled | None:
    """What some later answers settle of denials: whole ones, of lines that they answer, while they answer so much."""
    of_later = _posted(session, [one.id for one in later])
    own = list(dict.fromkeys(row.remittance_claim_id for row in rows))
    share = _posted(session, own)[JournalAccount.PATIENT_RECEIVABLE]
    standing = _posted(session, own, *DECIDED_KINDS)[JournalAccount.DENIED]
    decided = sum(row.cents for row in rows if row.status in DECIDED)
    answered = -of_later[JournalAccount.PAYER_RECEIVABLE]
    room = min(answered - share, standing + decided) if answered > of_later[JournalAccount.DENIED] else 0
    lines = None if any(not one.lines for one in later) else _sequences(session, (i for o in later for i in o.lines))
    places = _places(session, rows)
    taken: list[Denial] = []
    for row in rows:
        if row.cents <= room and (lines is None or row.id not in places or places[row.id] in lines):
            taken.append(row)
            room -= row.cents
    if not taken:
        return None
    last = later[-1]
    told = f"{ANSWERED_BY}{last.payer_name or last.payer}, trace {last.trace or 'without a number'}"
    return Settled(last.id, told, frozenset(row.id for row in taken), sum(row.cents for row in taken))


def _posted(session: Session, answers: Sequence[str], *decided: PostingKind) -> dict[JournalAccount, int]:
    """What answers have posted, by account in cents; with what people `decided` on denials where that is named."""
    query = (
        select(JournalLine.account, func.sum(JournalLine.cents))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(
            col(Posting.remittance_claim_id).in_(answers),
            col(Posting.kind).in_((PostingKind.CLAIM_PAYMENT, *decided)),
        )
        .group_by(JournalLine.account)
    )
    posted: dict[JournalAccount, int] = defaultdict(int)
    return posted | {JournalAccount(account): int(cents) for account, cents in session.exec(query)}


def _sequences(session: Session, line_ids: Iterable[str]) -> frozenset[int]:
    return frozenset(session.exec(select(ClaimLine.sequence).where(col(ClaimLine.id).in_(list(line_ids)))))


def _places(session: Session, rows: Sequence[Denial]) -> dict[str, int]:
    """The lines of our claim that are denied, by their sequence; those of a claim as a whole are left out."""
    query = (
        select(Denial.id, ClaimLine.sequence)
        .join(RemittanceLine, col(RemittanceLine.id) == Denial.remittance_line_id)
        .join(ClaimLine, col(ClaimLine.id) == RemittanceLine.claim_line_id)
        .where(col(Denial.id).in_([row.id for row in rows]))
    )
    return dict(session.exec(query).all())

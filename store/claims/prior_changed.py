"""Has claims to the next payer state what the payers before it answer now: reversed, corrected, or taken back.

A claim that has not left states the answers that stand and is a draft again; where none stands any more, its findings
stop it. One that has left states what it stated: it says itself that it is to be replaced (`answered_otherwise`), until
the answers are again as they were or another claim replaces it (`store.claims.replacing.replace_claim`).

One that has not left is withdrawn where the payer that it bills answers already, by the number of the claim before it:
that payer has the claim from the one before (crossover), and would be billed twice. Why is in its history.

A replacement (frequency 7) that has not left is stopped where what it replaces is paid meanwhile: its payer has done
what the replacement may have been for. Its findings ask about it, and a person says whether it leaves all the same. A
denial stops none, since it is what replacements are for.

Source: 005010X222A1 and 005010X223A2, section 1.4.1 (coordination of benefits) and loops 2320 to 2430.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlmodel import Session, col, select

from store.claims.content import Parties, parties_from_json, parties_to_json
from store.claims.next_payers import billed_before, replaced_by, with_replacements
from store.claims.prior_payment import ANSWERED_SINCE
from store.claims.prior_remits import Answer, answers_by_place
from store.claims.restating import Restated
from store.database import Change
from store.models import Claim, Posting, Remittance, RemittanceClaim
from store.remits.answered import standing_answers
from store.remits.places import payers_of
from store.terms import ClaimStatus, PostingKind

_NOT_LEFT = (ClaimStatus.DRAFT, ClaimStatus.SCRUB_FAILED, ClaimStatus.READY)
_REJECTED = ClaimStatus.REJECTED
_NOT_PAID = ("4", "22", "23", "25")
"""CLP02 of answers that leave a claim to be replaced as before: denied, reversed, forwarded, predetermined."""


def follow_answers_in(change: Change, batch_id: str, why: str) -> Restated:
    """Restate the claims to next payers of the visits that a batch of postings is of; `why` is kept in the log."""
    touched = select(Posting.claim_id).where(Posting.batch_id == batch_id, col(Posting.claim_id).is_not(None))
    return follow_answers(change, filter(None, change.session.exec(touched.distinct())), why)


def follow_answers(change: Change, claim_ids: Iterable[str], why: str) -> Restated:
    """The same for the visits of some claims."""
    session = change.session
    wanted = sorted(set(claim_ids))
    changed, left, withdrawn, stopped = [], [], [], []
    for start in range(0, len(wanted), 400):
        visits = select(Claim.encounter_id).where(col(Claim.id).in_(wanted[start : start + 400]))
        query = select(Claim).where(
            col(Claim.encounter_id).in_(visits),
            col(Claim.follows_as).in_(("secondary", "replacement")),
            Claim.status != ClaimStatus.VOID,
        )
        following = session.exec(query.order_by(Claim.claim_number)).all()
        next_ones = billed_before(session, [claim.id for claim in following])
        replaced = replaced_by(session, next_ones)
        stopped += [claim.claim_number for claim in following if _stopped(change, claim, why)]
        for claim in [one for one in following if one.id in next_ones]:
            stated = parties_from_json(claim.parties)
            if claim.status in _NOT_LEFT and (by := _answered_already(session, claim, stated)):
                claim.status = ClaimStatus.VOID
                session.add(claim)
                withdrawn.append(claim.claim_number)
                change.log("claim.void", "claim", claim.id, number=claim.claim_number, reason=by)
                continue
            now = as_answered(session, claim, stated)
            if claim.status is ClaimStatus.EXPORTED:
                claim.answered_otherwise = now != stated and claim.id not in replaced
                left += [claim.claim_number] if claim.answered_otherwise else []
                session.add(claim)
                continue
            if now != stated:
                claim.parties = parties_to_json(now)
                claim.status, claim.scrubbed_at, claim.answered_otherwise = ClaimStatus.DRAFT, None, False
                session.add(claim)
                changed.append(claim.claim_number)
                change.log(
                    "claim.refresh", "claim", claim.id, number=claim.claim_number, fields="prior answers", reason=why
                )
    session.flush()
    return Restated(*(tuple(dict.fromkeys(numbers)) for numbers in (changed, left, withdrawn, stopped)))


def _stopped(change: Change, claim: Claim, why: str) -> bool:
    """Have a replacement that has not left say whether what it replaces was paid since; whether that stops it now."""
    if claim.follows_as != "replacement" or claim.frequency != "7" or claim.status not in (*_NOT_LEFT, _REJECTED):
        return False
    notes = [str(one) for one in claim.parties.get("build_notes") or ()]
    paid = _paid_since(change.session, claim)
    now = [one for one in notes if not one.startswith(ANSWERED_SINCE)] + ([paid] if paid else [])
    if now == notes:
        return False
    claim.parties = {**claim.parties, "build_notes": now}
    # A rejected one is a draft once somebody lets it leave again.
    claim.status, claim.scrubbed_at = claim.status if claim.status is _REJECTED else ClaimStatus.DRAFT, None
    change.session.add(claim)
    change.log("claim.refresh", "claim", claim.id, number=claim.claim_number, fields="answer since", reason=why)
    return bool(paid)


def _paid_since(session: Session, claim: Claim) -> str:
    """The answer that paid what a claim replaces after it was built, in words; empty where none stands."""
    before = session.get_one(Claim, claim.follows_id)
    query = (
        select(RemittanceClaim, Remittance)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .join(Posting, col(Posting.remittance_claim_id) == RemittanceClaim.id)
        .where(
            col(RemittanceClaim.id).in_(standing_answers(session, before.id)),
            col(RemittanceClaim.status_code).not_in(_NOT_PAID),
            Posting.kind == PostingKind.CLAIM_PAYMENT,
            Posting.posted_at > claim.created_at,
        )
        .order_by(col(Posting.posted_at).desc())
    )
    if not (found := session.exec(query).first()):
        return ""
    answer, remittance = found
    return (
        f"{ANSWERED_SINCE}{remittance.payer_name or 'its payer'} paid {answer.paid_cents / 100:,.2f} of"
        f" {before.claim_number} by trace {remittance.trace or 'without a number'} on {remittance.paid_on or 'no day'}"
    )


def _answered_already(session: Session, claim: Claim, stated: Parties) -> str:
    """Why a claim is billed no more: its payer, or one after it, answers what it follows; empty where none does."""
    if stated.coverage is None:
        return ""
    for sequence, answer in sorted(_answered(session, claim).items()):
        if sequence >= stated.coverage.sequence:
            row = session.get_one(RemittanceClaim, answer.remittance_claim_id)
            remittance = session.get_one(Remittance, row.remittance_id)
            return (
                f"{remittance.payer_name} answers {row.account_number} already by trace"
                f" {remittance.trace or 'without a number'} on {remittance.paid_on or 'no day'}"
            )
    return ""


def as_answered(session: Session, claim: Claim, stated: Parties) -> Parties:
    """The parties of a claim with what each payer before the billed one answers now."""
    if stated.coverage is None:
        return stated
    answered = _answered(session, claim)
    billed = stated.coverage.sequence
    others = [
        replace(one, prior=answered[one.sequence].prior if one.sequence in answered else None)
        if one.sequence < billed
        else one
        for one in stated.other_coverages
    ]
    return replace(stated, other_coverages=tuple(others))


def _answered(session: Session, claim: Claim) -> dict[int, Answer]:
    """What stands answered of the claims that one follows, or of their replacements, by the coverage's sequence."""
    found: dict[int, Answer] = {}
    one = claim
    while one.follows_as in ("secondary", "replacement") and one.follows_id:
        of_next, one = one.follows_as == "secondary", session.get_one(Claim, one.follows_id)
        if not of_next:
            continue  # it is replaced, and bills the same payer
        for standing in with_replacements(session, one):
            sequences = payers_of(standing.parties).sequences
            for place, answer in answers_by_place(session, standing).items():
                if place <= len(sequences):
                    found.setdefault(sequences[place - 1], answer)
    return found

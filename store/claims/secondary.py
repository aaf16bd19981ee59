"""Bills the next payer: what each payer answered, from its posted remittance, goes with the claim to the one after it.

A claim that the payer forwarded itself (crossover: CLP02 19 to 21 or 23, NM1*TT, a remark) is refused by name unless a
person says so, and so is one that is billed there already. The next one is that after the last which answered: where
the one that it was forwarded to has answered, that is billed no more. Nor is one that has a claim of a visit whose
claim to the payer before was replaced since: that claim is replaced where the answer changed
(`store.claims.replacing`).

Source: 005010X222A1 and 005010X223A2, section 1.4.1 (coordination of benefits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from store.actors import Actor
from store.claims.build import BuiltClaim
from store.claims.chart import with_insurance_types
from store.claims.content import (
    BilledCoverage,
    ClaimContent,
    Parties,
    coverage_of,
    has_next_payer,
    parties_from_json,
)
from store.claims.followers import FOLLOWS_SECONDARY, done_with
from store.claims.following import CannotFollow, ensure_unfollowed, follow_one, write_follower
from store.claims.next_payers import replaced_before, replaced_by
from store.claims.partners import receiver_for
from store.claims.prior_payment import PriorLine, PriorPayment
from store.claims.prior_remits import Answer, answers_by_place
from store.database import Change, Database
from store.denials.reasons import category_of, is_unpaid
from store.models import Claim, Coverage, Encounter, RemittanceClaim
from store.remits.answered import answers_of
from store.remits.places import Payers, next_place, payers_of
from store.settings import load_settings
from store.terms import ClaimStatus

_LACKING = frozenset(["information", "registration", "pending"])
_FOR_THE_NEXT = frozenset(["benefit limit", "not covered", "eligibility"])
"""Categories of denials (`store/denials/categories.csv`) that ask for more first, and that the next payer may pay."""


def bill_next_payer(
    db: Database, actor: Actor, claim_id: str, operation_id: str | None = None, though_forwarded: bool = False
) -> BuiltClaim:
    """Build the claim for the payer after the one that answered; `though_forwarded` also where that sent it on itself.

    Raises CannotFollow.
    """

    def follow(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        return _next_payer(change, claim, content, though_forwarded)

    return follow_one(db, actor, claim_id, operation_id, "claim.secondary", follow)


def _next_payer(change: Change, claim: Claim, content: ClaimContent, though_forwarded: bool) -> BuiltClaim:
    session, number = change.session, claim.claim_number
    ensure_unfollowed(session, claim, FOLLOWS_SECONDARY)
    answers, payers = answers_by_place(session, claim), payers_of(claim.parties)
    if not answers:
        raise CannotFollow(f"{number}: no posted remittance answers it")
    billed = content.parties.coverage
    assert billed is not None, "a claim that left has a payer"
    if payers.billed not in answers:
        raise CannotFollow(f"{number}: {billed.payer.name} has not answered it, only a payer after it")
    if answers[max(answers)].forwarded and not though_forwarded:
        raise CannotFollow(
            f"{number}: the payer forwarded it to the next one; billing it again would bill it twice",
            f"`codedesk claims secondary {number} --though-forwarded` bills it all the same",
        )
    after = _coverage_at(content.parties, payers, max(answers) + 1)
    if after is None:
        raise CannotFollow(
            f"{number}: there is no payer after {payers.name_at(max(answers)) or 'the last that answered'}"
        )
    if held := _held_by_next(session, claim, after):
        already = f"{number}: {held.claim_number} bills {after.payer.name} already"
        if held.answered_otherwise:
            raise CannotFollow(f"{already}, on an answer that changed: codedesk claims replace {held.claim_number}")
        raise CannotFollow(already)
    parties = _parties_of_next(session, content.parties, after, payers, answers)
    parties = with_insurance_types(parties, session.get_one(Encounter, claim.encounter_id))
    payer_id = _payer_id(session, claim, after)
    return write_follower(change, claim, parties, content.lines, "1", FOLLOWS_SECONDARY, content, payer_id=payer_id)


def _parties_of_next(
    session: Session, parties: Parties, after: BilledCoverage, payers: Payers, answers: Mapping[int, Answer]
) -> Parties:
    """The parties with the next payer as the billed one, and with what each payer before it answered."""
    others = []
    for place, sequence in enumerate(payers.sequences, 1):
        coverage = _coverage_at(parties, payers, place)
        if coverage is not None and sequence != after.sequence:
            others.append(replace(coverage, prior=answers[place].prior) if place in answers else coverage)
    return replace(
        parties,
        coverage=after,
        other_coverages=tuple(others),
        receiver=receiver_for(session, after.payer.identifier, load_settings()),
        original_reference="",
        build_notes=(),
    )


def _payer_id(session: Session, claim: Claim, after: BilledCoverage) -> str | None:
    account = session.get_one(Encounter, claim.encounter_id).account_id
    query = select(Coverage.payer_id).where(Coverage.account_id == account, Coverage.sequence == after.sequence)
    return session.exec(query).first()


@dataclass(frozen=True)
class Following:
    """What one call built, and the claims that it did not, with the reason."""

    built: tuple[BuiltClaim, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def bill_next_payers(db: Database, actor: Actor, operation_id: str | None = None) -> Following:
    """Build the claims of all that are answered and have a next payer.

    Those are named and left that their payer forwarded, that it denied whole, or whose denial asks for information:
    they are worked first; and those of which it left nothing. One by one they can be billed all the same.
    """
    built, refused = [], []
    for claim_id, number in waiting_for_next_payer(db, actor):
        own = f"{operation_id}.{claim_id}" if operation_id else None
        with db.reading() as session:
            why = _to_work_first(session, claim_id)
        if why:
            refused.append((number, f"{number}: {why}"))
            continue
        try:
            built.append(bill_next_payer(db, actor, claim_id, own))
        except CannotFollow as error:
            refused.append((number, error.message))
    return Following(tuple(built), tuple(refused))


def _to_work_first(session: Session, claim_id: str) -> str:
    """Why a claim is no matter of the next payer yet; empty where it is."""
    answers = answers_by_place(session, session.get_one(Claim, claim_id))
    answer = answers[max(answers)] if answers else None
    if answer is None or answer.forwarded:
        return ""
    prior = answer.prior
    owners: tuple[PriorPayment | PriorLine, ...] = (prior, *prior.lines)
    judged = [
        (one, category_of(one.group, one.reason, is_unpaid(answer.status, owner.paid_cents)))
        for owner in owners
        for one in owner.adjustments
        if one.cents > 0
    ]
    denied = [(one, found) for one, found in judged if found]
    if not denied and not any(one.group == "PR" for one, _ in judged):
        return f"its payer paid {prior.paid_cents / 100:,.2f} and left nothing to the next one; its number bills it"
    lacking = next((one for one, found in denied if found.name in _LACKING), None)
    if lacking:
        return f"its payer lacks information ({lacking.group}-{lacking.reason}); work that denial first"
    whole = not prior.paid_cents and not any(one.group == "PR" and not found for one, found in judged)
    if one := next((one for one, found in denied if whole and found.name not in _FOR_THE_NEXT), None):
        return f"its payer denied it whole ({one.group}-{one.reason}); work that denial first, or bill it by its number"
    return ""


def waiting_for_next_payer(db: Database, actor: Actor) -> list[tuple[str, str]]:
    """Sent claims with another coverage after the last payer that answered: id and number, the oldest first.

    None that was voided, or whose replacement has left.
    """
    with db.reading() as session:
        answered = select(RemittanceClaim.claim_id).where(col(RemittanceClaim.claim_id).is_not(None))
        followed = select(Claim.follows_id).where(
            Claim.follows_as == FOLLOWS_SECONDARY, Claim.status != ClaimStatus.VOID
        )
        query = (
            select(Claim)
            .where(Claim.status == ClaimStatus.EXPORTED, col(Claim.id).in_(answered), Claim.frequency != "8")
            .where(col(Claim.id).not_in(followed.where(col(Claim.follows_id).is_not(None))))
            .order_by(Claim.created_at, Claim.claim_number)
        )
        claims = [claim for claim in session.exec(query) if has_next_payer(claim.parties)]
        done = done_with(session, [claim.id for claim in claims])
        claims = [claim for claim in claims if claim.id not in done]
        standing = answers_of(session, [claim.id for claim in claims])
        places = {claim.id: next_place(payers_of(claim.parties), standing[claim.id]) for claim in claims}
        return [
            (claim.id, claim.claim_number)
            for claim in claims
            if (place := places[claim.id]) is not None and not _has_next_as_it_is(session, claim, place)
        ]


def _has_next_as_it_is(session: Session, claim: Claim, place: int) -> bool:
    """Whether the payer at a place has a claim of the visit by what this one replaced, which need not be replaced."""
    after = _coverage_at(parties_from_json(claim.parties), payers_of(claim.parties), place)
    held = _held_by_next(session, claim, after) if after else None
    return held is not None and not held.answered_otherwise


def _held_by_next(session: Session, claim: Claim, after: BilledCoverage) -> Claim | None:
    """The living claim to the payer of a coverage that follows one which this claim replaced, the last in its place."""
    for before in replaced_before(session, claim):
        query = select(Claim).where(
            Claim.follows_id == before.id, Claim.follows_as == FOLLOWS_SECONDARY, Claim.status != ClaimStatus.VOID
        )
        for held in session.exec(query.order_by(Claim.created_at, Claim.claim_number)).all():
            while later := replaced_by(session, [held.id]).get(held.id):
                held = session.get_one(Claim, later)
            billed = parties_from_json(held.parties).coverage
            same = billed is not None and _known_by(billed) == _known_by(after)
            if same and not done_with(session, [held.id]):
                return held
    return None


def _known_by(coverage: BilledCoverage) -> str:
    """What tells the payer of a coverage from others."""
    return coverage.payer.identifier or coverage.payer.name


def _coverage_at(parties: Parties, payers: Payers, place: int) -> BilledCoverage | None:
    """The coverage at a place among the payers; None where there is none."""
    return coverage_of(parties, payers.sequences[place - 1]) if place <= len(payers.sequences) else None

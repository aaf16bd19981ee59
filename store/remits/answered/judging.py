"""Judges answers that are posted already, or by hand, beside those that stand of their claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from store.models import Claim, Remittance, RemittanceClaim
from store.remits.answered.reversals import answer_to_reverse
from store.remits.answered.rivals import (
    answer_from,
    denied_lines_of,
    in_place_of,
    replaced_claims,
    replacing_claims,
    rivals_of,
    standing_of_replaced,
    why_no_void,
    why_not,
    why_replaced,
)
from store.remits.answered.second import NOTHING_TO_REVERSE
from store.remits.answered.standing import NO_ANSWER, REVERSAL, SETTLED, replacements, replay
from store.remits.matching import Match, our_claim
from store.x12.remittance import RemitClaim


def judged_now(
    session: Session, remittance: Remittance, stated: RemitClaim, found: Match, own_id: str
) -> tuple[Match, str]:
    """The match as it is posted now, with what it takes the place of; and why it may not be, empty where it may.

    `own_id` is the stored claim of the payment, which does not stand in its own way.
    """
    if found.claim is not None and stated.status == REVERSAL:
        here = answer_to_reverse(session, remittance, stated, found.claim.id, own_id)
        return found, "" if here else NOTHING_TO_REVERSE
    if found.claim is None or stated.status in NO_ANSWER:
        return found, ""
    if why := why_no_void(session, stated, found.claim):
        return found, why
    answer, claim_id = answer_from(stated, found, remittance), found.claim.id
    before = replaced_claims(session, [claim_id])[claim_id]
    replayed = {one: of.standing for one, of in replay(session, [claim_id, *before]).items()}
    in_place = in_place_of(answer, [one for one in replayed[claim_id] if one.id != own_id], found.claim)
    rivals, covers = rivals_of(answer, in_place, found.claim)
    if rivals and (why := why_not(answer, rivals, covers)):
        if settled := denied_lines_of(session, answer, rivals, (), stated):
            return replace(found, settles=settled), ""
        return found, why
    of_replaced = standing_of_replaced(answer, found.claim, before, replayed)
    if of_replaced and (why := why_not(answer, [one for _, one in of_replaced], True)):
        return found, why_replaced(session, of_replaced, answer, why)
    return replace(found, replaces=tuple(one.id for one in (*rivals, *(one for _, one in of_replaced)))), ""


def clashing(session: Session, answers: Sequence[str]) -> list[tuple[str, str]]:
    """Claims of ours on which others stand in the place of these answers: their numbers, and the trace of the other."""
    query = select(RemittanceClaim.claim_id).where(col(RemittanceClaim.id).in_(answers))
    named = list(dict.fromkeys(filter(None, session.exec(query)))) if answers else []
    found = []
    replayed = replay(session, named)
    for claim_id, later in replacing_claims(session, named):
        # What replaces the claim is answered in the place of what comes to stand again.
        ours = our_claim(session, claim_id)
        for one in [one for one in replayed[claim_id].standing if one.id in answers]:
            others = in_place_of(one, replay(session, [later])[later].standing, ours)
            if not replaced_claims(session, [later])[later][claim_id]:
                # Of another payer: only what pays what is denied here stands in its place.
                others = [other for other in others if not why_not(other, [one], True)]
            found += [
                (session.get_one(Claim, later).claim_number, other.trace or "without a number") for other in others
            ]
    settled = {(one.remittance_claim_id, one.remittance_id) for one in replacements(session, named, SETTLED)}
    for claim_id, of in replayed.items():
        ours = our_claim(session, claim_id)
        for one in [one for one in of.standing if one.id in answers]:
            in_place = in_place_of(one, [other for other in of.standing if other is not one], ours)
            rivals, _covers = rivals_of(one, in_place, ours)
            # One that pays what was denied of its lines stands beside the rest of it.
            crowding = [
                other
                for other in rivals
                if settled.isdisjoint({(one.id, other.remittance_id), (other.id, one.remittance_id)})
            ]
            found += [(ours.number, other.trace or "without a number") for other in crowding]
    return found


def crowded(session: Session, remittance_id: str) -> list[tuple[str, str, tuple[str, ...], str]]:
    """The answers of a remittance, posted as the last, in whose place others stand.

    Each is the id of our claim, its own, those of the ones that it takes the place of, and why it does not, where so.
    """
    named = select(RemittanceClaim.claim_id).where(RemittanceClaim.remittance_id == remittance_id)
    claims = list(dict.fromkeys(filter(None, session.exec(named))))
    before = replaced_claims(session, claims)
    everything = replay(session, list(dict.fromkeys([*claims, *(one for some in before.values() for one in some)])))
    replayed = {one: of.standing for one, of in everything.items()}
    found = []
    for claim_id in claims:
        others = [one for one in replayed[claim_id] if one.remittance_id != remittance_id]
        for own in [one for one in replayed[claim_id] if one.remittance_id == remittance_id]:
            if not others and not before[claim_id]:
                continue
            ours = our_claim(session, claim_id)
            rivals, covers = rivals_of(own, in_place_of(own, others, ours), ours)
            of_replaced = standing_of_replaced(own, ours, before[claim_id], replayed)
            if not rivals and not of_replaced:
                continue
            why = why_not(own, rivals, covers) if rivals else ""
            if not why and of_replaced and (because := why_not(own, [one for _, one in of_replaced], True)):
                why = why_replaced(session, of_replaced, own, because)
            replaced = () if why else tuple(one.id for one in (*rivals, *(one for _, one in of_replaced)))
            others = [one for one in others if one.id not in replaced]
            found.append((claim_id, own.id, replaced, why))
    return found

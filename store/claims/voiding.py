"""Voids a claim that left with its payer (frequency 8): everything as it left, with the payer's number.

From when the void has left, the visit is unbilled, and can be built as a new claim; what a next payer holds of it is
named, and voided there by itself. One that a replacement or a bill of late charges follows is not voided beside it: the
successor is given up first, or voided where it has left; but one whose replacement bills another payer is, since its
own payer holds it still.

Source: data element 1325 (frequency).
"""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session, select

from store.actors import Actor
from store.claims.build import BuiltClaim
from store.claims.content import ClaimContent
from store.claims.followers import (
    FOLLOWS_LATE,
    FOLLOWS_REPLACEMENT,
    FOLLOWS_SECONDARY,
    FOLLOWS_VOID,
    done_with,
    payer_name,
    replaced_elsewhere,
    still_held,
)
from store.claims.following import ensure_unfollowed, follow_one, write_follower
from store.claims.next_payers import billed_before
from store.database import Change, Database
from store.models import Claim, Encounter
from store.reasons import reason_in_words
from store.terms import ClaimStatus


def void_sent_claim(
    db: Database, actor: Actor, claim_id: str, reason: str, operation_id: str | None = None
) -> BuiltClaim:
    """Build the void (frequency 8) of a claim that left; one to the next payer that has not left is given up with it.

    Raises CannotFollow, ReasonNeeded.
    """
    reason = reason_in_words(reason)

    def void(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        elsewhere = replaced_elsewhere(change.session, claim.id)
        ensure_unfollowed(change.session, claim, FOLLOWS_VOID, *(() if elsewhere else (FOLLOWS_REPLACEMENT,)))
        ensure_unfollowed(change.session, claim, FOLLOWS_LATE, left_too=False)
        _give_up_secondary(change, claim)
        parties = replace(content.parties, original_reference=claim.payer_number, build_notes=())
        built = write_follower(change, claim, parties, content.lines, "8", FOLLOWS_VOID, content, reason=reason)
        return replace(built, notes=_after_void(change.session, claim, elsewhere))

    return follow_one(db, actor, claim_id, operation_id, "claim.void_sent", void)


def _give_up_secondary(change: Change, claim: Claim) -> None:
    query = select(Claim).where(Claim.follows_id == claim.id, Claim.follows_as == FOLLOWS_SECONDARY)
    for other in change.session.exec(query):
        if other.status not in (ClaimStatus.EXPORTED, ClaimStatus.VOID):
            other.status = ClaimStatus.VOID
            change.session.add(other)
            reason = f"{claim.claim_number} before it is voided"
            change.log("claim.void", "claim", other.id, number=other.claim_number, reason=reason)


def _after_void(session: Session, claim: Claim, elsewhere: Claim | None) -> tuple[str, ...]:
    """What comes after the void of a claim, in words."""
    held = tuple(still_held(one) for one in _with_next_payers(session, claim))
    if elsewhere:
        return (
            f"{elsewhere.claim_number} bills {payer_name(elsewhere)} in its place, whatever becomes of the void",
            *held,
        )
    if beside := _bills_beside(session, claim):
        return f"{beside} bills the visit beside it, whatever becomes of the void", *held
    visit = session.get_one(Encounter, claim.encounter_id).visit_number
    return f"once it has left, the visit is unbilled: codedesk claims build {visit} bills it as new", *held


def _with_next_payers(session: Session, claim: Claim) -> list[Claim]:
    """What next payers hold of a claim: what bills them, or what replaced that."""
    others = [one for one in _of_its_visit(session, claim) if one.status is ClaimStatus.EXPORTED]
    before = billed_before(session, [one.id for one in others])
    return [one for one in others if before.get(one.id) == claim.id]


def _bills_beside(session: Session, claim: Claim) -> str:
    """The number of a claim to the first payer that bills the visit beside a claim; empty where none does."""
    others = [one for one in _of_its_visit(session, claim) if one.follows_as in ("", FOLLOWS_REPLACEMENT)]
    to_next = billed_before(session, [one.id for one in others])
    return next((one.claim_number for one in others if one.id not in to_next), "")


def _of_its_visit(session: Session, claim: Claim) -> list[Claim]:
    """The other claims of its visit and form that were neither given up nor replaced nor voided, nor are voids."""
    query = select(Claim).where(
        Claim.encounter_id == claim.encounter_id,
        Claim.form == claim.form,
        Claim.id != claim.id,
        Claim.status != ClaimStatus.VOID,
        Claim.frequency != "8",
    )
    found = session.exec(query.order_by(Claim.created_at, Claim.claim_number)).all()
    done = done_with(session, [one.id for one in found])
    return [one for one in found if one.id not in done]

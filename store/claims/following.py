"""One claim that follows another which left: what secondary claims, replacements, voids and late charges share.

Nothing follows a void, nor a claim that was voided with its payer; a void that its payer denied stands in nothing's
way. Whatever is refused is named, and nothing is built. A follower is built without the payer's number where that is
not known; its findings say so (REF*F8).

Each way to follow has its module: `store.claims.secondary`, `replacing`, `voiding` and `late_charges`. A replacement
after a recode is made by `store.claims.build`.

Source: 005010X222A1 and 005010X223A2, section 1.4.1 (coordination of benefits); data element 1325 (frequency).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.claims.build import BuiltClaim, store_claim
from store.claims.content import BilledLine, ClaimContent, Parties, content_of
from store.claims.followers import FOLLOWS_REPLACEMENT, FOLLOWS_VOID, replaced_elsewhere, stands_for_something
from store.database import Change, Database
from store.models import Claim, Encounter
from store.terms import ClaimStatus, in_words

_NOT_LEFT = "it is changed itself: codedesk claims set, codedesk coverages, codedesk claims scrub"

Follow = Callable[[Change, Claim, ClaimContent], BuiltClaim]
"""Builds what follows a claim, from its row and what it states. Raises CannotFollow."""


class CannotFollow(CodedeskError):
    """The claim cannot be followed this way; nothing was built."""

    title = "claim"
    exit_code = 1


def follow_one(
    db: Database,
    actor: Actor,
    claim_id: str,
    operation_id: str | None,
    action: str,
    follow: Follow,
    standing: tuple[ClaimStatus, ...] = (ClaimStatus.EXPORTED,),
) -> BuiltClaim:
    """Follow a claim in one transaction, by its id; one in none of the `standing` statuses is refused.

    Raises CannotFollow.
    """
    with db.change(actor, operation_id, action) as change:
        change.target = ("claim", claim_id)
        if change.repeated:
            return BuiltClaim(**{**change.answer, "notes": tuple(change.answer["notes"])})
        claim = change.session.get(Claim, claim_id)
        if claim is None:
            raise CannotFollow(f"no claim has the id {claim_id!r}", "`codedesk claims list` shows the numbers")
        if claim.status not in standing:
            raise CannotFollow(f"{claim.claim_number} is {in_words(claim.status)}: it has not left", _NOT_LEFT)
        if claim.frequency == "8":
            raise CannotFollow(
                f"{claim.claim_number} is a void: nothing follows it", "code the visit again to bill it as new"
            )
        built = follow(change, claim, content_of(change.session, claim))
        change.answer = asdict(built)
        return built


def ensure_unfollowed(session: Session, claim: Claim, *kinds: str, left_too: bool = True) -> None:
    """Raise CannotFollow where a living claim follows already in such a way, or the claim was voided with its payer.

    Without `left_too` only one that has not left stands in the way.
    """
    query = select(Claim).where(Claim.follows_id == claim.id, Claim.status != ClaimStatus.VOID, stands_for_something())
    for other in session.exec(query.order_by(Claim.created_at, Claim.claim_number)):
        left = other.status is ClaimStatus.EXPORTED
        if other.follows_as in (*kinds, FOLLOWS_VOID) and (left_too or not left):
            what = other.follows_as.replace("_", " ")
            raise CannotFollow(
                f"{claim.claim_number}: {other.claim_number} follows it already ({what})",
                _way_out(session, other, left),
            )


def _way_out(session: Session, other: Claim, left: bool) -> str:
    """What to do about the claim that stands in the way."""
    if not left:
        return f"give it up first (`codedesk claims void {other.claim_number}`), or let it leave"
    if other.follows_as == FOLLOWS_REPLACEMENT:
        return f"{other.claim_number} stands with the payer now: void or follow that one"
    if other.follows_as != FOLLOWS_VOID:
        return ""
    if elsewhere := replaced_elsewhere(session, other.follows_id or ""):
        return f"it has left; {elsewhere.claim_number} bills the visit now: void or follow that one"
    visit = session.get_one(Encounter, other.encounter_id).visit_number
    return f"it has left; `codedesk claims build {visit}` bills the visit as new"


def write_follower(
    change: Change,
    claim: Claim,
    parties: Parties,
    lines: Sequence[BilledLine],
    frequency: str,
    kind: str,
    content: ClaimContent,
    payer_id: str | None = None,
    **detail: str,
) -> BuiltClaim:
    """Build what follows a claim as a `kind`, with the claim's diagnoses, and log it with `detail`."""
    made = Claim(
        claim_number="",
        form=claim.form,
        encounter_id=claim.encounter_id,
        coding_id=claim.coding_id,
        payer_id=payer_id or claim.payer_id,
        frequency=frequency,
        service_from="",
        service_through="",
        follows_id=claim.id,
        follows_as=kind,
    )
    day = change.session.get_one(Encounter, claim.encounter_id).service_date
    store_claim(change.session, made, parties, content.diagnoses, lines, day)
    change.log(
        "claim.build", "claim", made.id, number=made.claim_number, coding=claim.coding_id, follows=claim.claim_number,
        kind=kind, **detail,
    )  # fmt: skip
    return BuiltClaim(made.id, made.claim_number, made.total_cents, (), claim.claim_number)

"""Replaces a claim that left (frequency 7), with its payer's own number.

One to a next payer: as it left, with what the payers before it answer now. One to the first payer: with its codes and
lines as they left, which are the coder's, and all else as the record has it now and as people set it; what is missing
yet is set in the replacement. Where the record names another payer by now, that gets a first claim in its place
(`store.claims.followers`); where that payer holds a claim of the visit from before, it stays until that one is voided
there (`store.claims.held`).

Source: data element 1325 (frequency).
"""

from __future__ import annotations

from dataclasses import replace

from store.actors import Actor
from store.claims.build import BuiltClaim
from store.claims.content import ClaimContent
from store.claims.followers import FOLLOWS_LATE, FOLLOWS_REPLACEMENT, still_held
from store.claims.following import CannotFollow, ensure_unfollowed, follow_one, write_follower
from store.claims.held import held_beside
from store.claims.next_payers import billed_before
from store.claims.places import set_by_hand
from store.claims.prior_changed import as_answered
from store.claims.restating import restate_claim
from store.database import Change, Database
from store.models import Claim
from store.terms import ClaimStatus

_OTHER_PAYER = "the record names another payer now, which gets it as a first claim (frequency 1)"

_STAYS = "it does not leave yet: {}"


def replace_claim(db: Database, actor: Actor, claim_id: str, operation_id: str | None = None) -> BuiltClaim:
    """Build the replacement (frequency 7) of a claim that left, its codes and lines as they are.

    Raises CannotFollow, also where the payers before a next one answer what it states.
    """

    def replaced(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        session, number = change.session, claim.claim_number
        if claim.id not in billed_before(session, [claim.id]):
            return _to_first_payer(change, claim, content)
        ensure_unfollowed(session, claim, FOLLOWS_REPLACEMENT)
        now = as_answered(session, claim, content.parties)
        if now == content.parties:
            raise CannotFollow(f"{number}: the payers before it answer what it states", "there is nothing to replace")
        claim.answered_otherwise = False
        session.add(claim)
        parties = replace(now, original_reference=claim.payer_number, build_notes=())
        return write_follower(change, claim, parties, content.lines, "7", FOLLOWS_REPLACEMENT, content)

    return follow_one(db, actor, claim_id, operation_id, "claim.replace", replaced)


def _to_first_payer(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
    session, number = change.session, claim.claim_number
    if claim.follows_as == FOLLOWS_LATE:
        first = session.get_one(Claim, claim.follows_id)
        raise CannotFollow(f"{number} bills late charges alone", f"codedesk claims late {first.claim_number}")
    ensure_unfollowed(session, claim, FOLLOWS_LATE, FOLLOWS_REPLACEMENT)
    parties = replace(content.parties, original_reference=claim.payer_number, build_notes=())
    built = write_follower(change, claim, parties, content.lines, "7", FOLLOWS_REPLACEMENT, content)
    made = session.get_one(Claim, built.claim_id)
    by_hand = set_by_hand(session, claim.id)
    if by_hand:
        change.log(
            "claim.set", "claim", made.id, number=made.claim_number, fields=", ".join(by_hand), reason=f"as in {number}"
        )
    restate_claim(change, made, f"it replaces {number}", by_hand)
    if made.status is ClaimStatus.PATIENT:
        raise CannotFollow(
            f"{number}: no payer takes it any more, so nothing replaces it",
            f"what is denied of it goes to the patient (codedesk denials), or codedesk claims void {number}",
        )
    if made.frequency == "7":
        return replace(built, notes=())
    held = held_beside(session, [made.id]).values()
    return replace(built, notes=(_OTHER_PAYER, still_held(claim), *(_STAYS.format(why) for why in held)))

"""Tells claims to next payers from others, also those that replace such a one, and the claim before each.

A claim to the next payer follows the claim to the payer before it (`secondary`); what replaces it (frequency 7) follows
that one as any replacement does, and bills the same share of the patient.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col, select

from store.models import Claim
from store.terms import ClaimStatus

_SECONDARY, _REPLACEMENT = "secondary", "replacement"


def billed_before(session: Session, claim_ids: Iterable[str]) -> dict[str, str]:
    """The claim to the payer before, by claims to next payers and their replacements; of other claims there is none."""
    found: dict[str, str] = {}
    frontier = {one: [one] for one in claim_ids}
    while frontier:
        query = select(Claim.id, Claim.follows_id, Claim.follows_as).where(
            col(Claim.id).in_(list(frontier)), col(Claim.follows_as).in_((_SECONDARY, _REPLACEMENT))
        )
        further: dict[str, list[str]] = {}
        for claim_id, follows, kind in session.exec(query):
            if follows and kind == _SECONDARY:
                found |= dict.fromkeys(frontier[claim_id], follows)
            elif follows:
                further.setdefault(follows, []).extend(frontier[claim_id])
        frontier = further
    return found


def replaced_by(session: Session, claim_ids: Iterable[str], left: bool = False) -> dict[str, str]:
    """The living replacement of each of these claims that has one, directly; with `left` only one that has left."""
    query = select(Claim.follows_id, Claim.id).where(
        col(Claim.follows_id).in_(list(claim_ids)),
        Claim.follows_as == _REPLACEMENT,
        Claim.status == ClaimStatus.EXPORTED if left else Claim.status != ClaimStatus.VOID,
    )
    return {before: after for before, after in session.exec(query.order_by(Claim.created_at, Claim.id)) if before}

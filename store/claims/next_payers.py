"""Tells claims to next payers from others, also those that replace such a one, and the claim before each.

A claim to the next payer follows the claim to the payer before it (`secondary`); what replaces it (frequency 7) follows
that one as any replacement does, and bills the same share of the patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlmodel import Session, col, select

from store.models import Claim
from store.terms import ClaimStatus

_SECONDARY, _REPLACEMENT = "secondary", "replacement"

_AT_ONCE = 400


def billed_before(session: Session, claim_ids: Iterable[str]) -> dict[str, str]:
    """The claim to the payer before, by claims to next payers and their replacements; of other claims there is none."""
    found: dict[str, str] = {}
    frontier = {one: [one] for one in claim_ids}
    while frontier:
        further: dict[str, list[str]] = {}
        for some in _in_parts(frontier):
            query = select(Claim.id, Claim.follows_id, Claim.follows_as).where(
                col(Claim.id).in_(some), col(Claim.follows_as).in_((_SECONDARY, _REPLACEMENT))
            )
            for claim_id, follows, kind in session.exec(query):
                if follows and kind == _SECONDARY:
                    found |= dict.fromkeys(frontier[claim_id], follows)
                elif follows:
                    further.setdefault(follows, []).extend(frontier[claim_id])
        frontier = further
    return found


def replaced_before(session: Session, claim: Claim) -> list[Claim]:
    """The claims that one took the place of, one after the other, the last first; whatever payers they bill."""
    found: list[Claim] = []
    while claim.follows_as == _REPLACEMENT and claim.follows_id:
        claim = session.get_one(Claim, claim.follows_id)
        found.append(claim)
    return found


def with_replacements(session: Session, claim: Claim) -> list[Claim]:
    """A claim and those that replaced it with its payer and left, the last first: that one's answer is the newest."""
    found = [claim]
    while later := replaced_by(session, [found[0].id], left=True).get(found[0].id):
        replacement = session.get_one(Claim, later)
        if replacement.frequency != "7":
            break  # it bills another payer
        found.insert(0, replacement)
    return found


def replaced_by(session: Session, claim_ids: Iterable[str], left: bool = False) -> dict[str, str]:
    """The living replacement of each of these claims that has one, directly; with `left` only one that has left."""
    found: dict[str, str] = {}
    for some in _in_parts(claim_ids):
        query = select(Claim.follows_id, Claim.id).where(
            col(Claim.follows_id).in_(some),
            Claim.follows_as == _REPLACEMENT,
            Claim.status == ClaimStatus.EXPORTED if left else Claim.status != ClaimStatus.VOID,
        )
        ordered = session.exec(query.order_by(Claim.created_at, Claim.id))
        found |= {before: after for before, after in ordered if before}
    return found


def _in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """The ids in parts that one statement takes, however many claims leave at once."""
    wanted = list(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]

"""What a payer holds of a visit already, beside a claim that would reach it as a first one (frequency 1).

A payer has one original of a visit. Where another payer was billed in the place of a claim, its own payer holds that
one until it is voided there; a claim that bills the same payer again, by whatever way round, or what is built as new of
the visit, stays until then, and leaves as a first claim from when the void has left. What that payer reversed or denied
whole it holds no more: it pays nothing of it, and refuses a void of it.

A void that has left and has no answer yet may be refused, so that the payer would hold two: the findings of what bills
the visit there again ask about it, and a person says whether it leaves all the same.

Source: data element 1325 (frequency).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from store.claims.followers import FOLLOWS_LATE, FOLLOWS_REPLACEMENT, FOLLOWS_VOID, payer_name, same_payer
from store.claims.next_payers import replaced_before
from store.models import Claim
from store.queries import SessionReader
from store.queries.payers_answers import held_ones, unanswered_voids
from store.terms import ClaimStatus

_AT_ONCE = 400


def held_beside(session: Session, claim_ids: Iterable[str]) -> dict[str, str]:
    """Why claims would be a second original at their payer, by their ids: which it holds, and what is to be done."""
    return _held(session, _beside(session, list(claim_ids)))


def held_and_awaited(session: Session, claim: Claim) -> tuple[str, tuple[str, ...]]:
    """What a first claim would be a second original to, and the voids there that wait for their answer, in words.

    Of one claim the same as `held_beside`, and of the voids those of the visit at its payer that have left.
    """
    beside = _beside(session, [claim.id])
    others = {one.id: one for one in beside.get(claim.id, ()) if same_payer(one, claim)}
    waiting = unanswered_voids(SessionReader(session), sorted(others))
    voids = tuple(f"{void}, the void of {others[one].claim_number}" for one, void in waiting.items())
    return _held(session, beside).get(claim.id, ""), voids


def _held(session: Session, beside: Mapping[str, Sequence[Claim]]) -> dict[str, str]:
    found: dict[str, str] = {}
    reader, sent = SessionReader(session), sorted({other.id for others in beside.values() for other in others})
    held: dict[str, bool] = {}
    for start in range(0, len(sent), _AT_ONCE):
        held |= held_ones(reader, sent[start : start + _AT_ONCE])
    for claim_id, others in beside.items():
        claim = session.get_one(Claim, claim_id)
        before = {one.id for one in replaced_before(session, claim)}
        theirs = [one for one in others if one.id in held and (held[one.id] or one.id in before)]
        if first := next((one for one in theirs if same_payer(one, claim)), None):
            found[claim_id] = f"{payer_name(first)} holds {first.claim_number} of the visit: {_way(session, first)}"
    return found


def _beside(session: Session, claim_ids: list[str]) -> dict[str, list[Claim]]:
    """The claims of the same visit and form that left, by the first claims that have not left beside them.

    None that a later one replaced with its payer, nor late charges, which stand beside their claim.
    """
    found: dict[str, list[Claim]] = defaultdict(list)
    mine, later = aliased(Claim), aliased(Claim)
    replaced = select(later.id).where(
        later.follows_id == Claim.id,
        later.follows_as == FOLLOWS_REPLACEMENT,
        later.frequency == "7",
        later.status == ClaimStatus.EXPORTED,
    )
    for start in range(0, len(claim_ids), _AT_ONCE):
        query = (
            select(mine.id, Claim)
            .join(mine, (col(mine.encounter_id) == Claim.encounter_id) & (col(mine.form) == Claim.form))
            .where(
                col(mine.id).in_(claim_ids[start : start + _AT_ONCE]),
                mine.frequency == "1",
                col(mine.follows_as).in_(("", FOLLOWS_REPLACEMENT)),
                Claim.id != mine.id,
                Claim.status == ClaimStatus.EXPORTED,
                Claim.frequency != "8",
                Claim.follows_as != FOLLOWS_LATE,
                ~replaced.exists(),
            )
            .order_by(col(Claim.created_at), col(Claim.claim_number))
        )
        for claim_id, other in session.exec(query).all():
            found[claim_id].append(other)
    return found


def _way(session: Session, held: Claim) -> str:
    """What takes a claim back from its payer: its void that has not left, or a new one."""
    query = select(Claim.claim_number).where(
        Claim.follows_id == held.id,
        Claim.follows_as == FOLLOWS_VOID,
        col(Claim.status).not_in((ClaimStatus.EXPORTED, ClaimStatus.VOID)),
    )
    if void := session.exec(query).first():
        return f"{void} takes it back there once it has left"
    return f"codedesk claims void {held.claim_number} --reason WHY takes it back there first (frequency 8)"

"""What follows a claim in its place: its living replacement or void, for which it does not leave again.

A follower that was given up follows nothing, nor does a void that its payer denied. What a follower states of the claim
before it, the payer's number (REF*F8 of the 837, 005010X222A1 and 005010X223A2, loop 2300), is handed on here while it
has not left.

A replacement is one (frequency 7) for the payer that has the claim before it. Where another payer is billed in its
place, as after a denial for the wrong one, that gets a first claim (frequency 1) without a number of the other's; in
the ledger it takes the place of the claim before it all the same. The other payer still holds that one until it is
voided there (frequency 8), beside what replaced it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal_column, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from store.claims.next_payers import replaced_by
from store.database import Change
from store.models import Claim
from store.queries.chains import void_denied, void_stands
from store.terms import ClaimStatus

FOLLOWS_VOID, FOLLOWS_REPLACEMENT = "void", "replacement"
FOLLOWS_SECONDARY, FOLLOWS_LATE = "secondary", "late_charges"

_AT_ONCE = 400
IN_PLACE = (FOLLOWS_REPLACEMENT, FOLLOWS_VOID)


def stands_for_something() -> ColumnElement[bool]:
    """The condition of what follows a claim that it is no void which its payer denied: that stands for nothing."""
    return or_(col(Claim.follows_as) != FOLLOWS_VOID, ~_true(void_denied("claim")))


def in_their_place(session: Session, claim_ids: Iterable[str]) -> dict[str, str]:
    """What follows claims in their place, by their ids, in words: `2026-000010 follows it (void)`."""
    return {
        before: f"{number} follows it ({kind})"
        for before, number, kind in _followers(session, claim_ids, Claim.claim_number, Claim.follows_as)
    }


def done_with(session: Session, claim_ids: Iterable[str]) -> set[str]:
    """Those of claims that bill nothing any more, since a void of theirs stands or a replacement of them has left."""
    from store.ledger.answered_shares import voided_of

    wanted = list(claim_ids)
    return {*voided_of(session, wanted), *replaced_by(session, wanted, left=True)}


def unvoided_beside(session: Session, claim_ids: Iterable[str]) -> dict[str, str]:
    """Why claims that bill a visit again do not leave, by their ids: the void of what billed it came back since.

    Or its payer denied it. Another void that has left instead is as good.
    """
    wanted, found = list(claim_ids), dict[str, str]()
    before, void = aliased(Claim, name="billed"), aliased(Claim, name="gone")
    denied = _true(void_denied("gone"))
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(Claim.id, before.claim_number, void.claim_number, void.status)
            .join(before, (col(before.encounter_id) == Claim.encounter_id) & (col(before.form) == Claim.form))
            .join(void, (col(void.follows_id) == before.id) & (col(void.follows_as) == FOLLOWS_VOID))
            .where(
                col(Claim.id).in_(wanted[start : start + _AT_ONCE]),
                Claim.follows_as == "",
                Claim.created_at > void.created_at,
                before.status == ClaimStatus.EXPORTED,
                or_(col(void.status) != ClaimStatus.EXPORTED, denied),
                col(void.export_id).is_not(None),
                ~_true(void_stands("billed")),
            )
            .order_by(col(void.created_at), col(void.claim_number))
        )
        for claim_id, number, voids, status in session.exec(query).all():
            became = _became(ClaimStatus(status), number)
            found[claim_id] = f"bills what {number} bills, which is not voided: {voids} {became}"
    return found


def _became(status: ClaimStatus, number: str) -> str:
    """What became of a void that left and voids nothing, by its status, and what is to be done of the claim."""
    if status is ClaimStatus.EXPORTED:
        return f"was denied, codedesk claims void {number} --reason WHY voids it again"
    if status is ClaimStatus.VOID:
        return f"was given up, codedesk claims replace {number} replaces it once this one is given up"
    return "came back"


def billed_beside(session: Session, before: Claim) -> list[Claim]:
    """What was built as new of the visit of a claim since its void had left, and has not left itself."""
    gone = aliased(Claim)
    since = select(gone.id).where(
        col(gone.follows_id) == before.id,
        col(gone.follows_as) == FOLLOWS_VOID,
        col(gone.export_id).is_not(None),
        col(gone.created_at) < Claim.created_at,
    )
    query = select(Claim).where(
        Claim.encounter_id == before.encounter_id,
        Claim.form == before.form,
        Claim.follows_as == "",
        Claim.id != before.id,
        col(Claim.status).not_in((ClaimStatus.EXPORTED, ClaimStatus.VOID, ClaimStatus.PATIENT)),
        since.exists(),
    )
    return list(session.exec(query))


def replaced_elsewhere(session: Session, claim_id: str) -> Claim | None:
    """The living claim that bills another payer in the place of a claim; None where there is none."""
    query = select(Claim).where(
        Claim.follows_id == claim_id,
        Claim.follows_as == FOLLOWS_REPLACEMENT,
        Claim.frequency == "1",
        Claim.status != ClaimStatus.VOID,
    )
    return session.exec(query).first()


def payer_name(claim: Claim) -> str:
    """The name of the payer that a claim bills."""
    return str(((claim.parties.get("coverage") or {}).get("payer") or {}).get("name") or "its payer")


def hand_on_numbers(session: Session, numbers: Mapping[str, str]) -> None:
    """State the payer's numbers of claims, by their ids, in followers that have not left and have none."""
    for before, claim in _followers(session, numbers, Claim):
        if claim.export_id is None and claim.frequency != "1" and not claim.parties.get("original_reference"):
            claim.parties = {**claim.parties, "original_reference": numbers[before]}
            session.add(claim)


def tell_what_it_replaces(change: Change, claim: Claim) -> None:
    """Have a replacement name the claim before it to that one's payer, and to another one nothing.

    Nor to that payer where the claim before it is voided there: it is the first one then. What becomes another by this
    is in its history, with why.
    """
    if claim.follows_as != FOLLOWS_REPLACEMENT or not claim.follows_id:
        return
    before = change.session.get_one(Claim, claim.follows_id)
    known = str(claim.parties.get("original_reference") or before.payer_number)
    stated = {"frequency": claim.frequency, "original_reference": claim.parties.get("original_reference") or ""}
    now, why = {"frequency": "1", "original_reference": ""}, f"{payer_name(claim)} has no claim before it"
    if not same_payer(before, claim):
        why = f"{why}: {before.claim_number} bills another payer"
    elif _is_voided(change.session, before):
        why = f"{why}: {before.claim_number} is voided there"
    else:
        now = {"frequency": "7", "original_reference": known}
        why = f"{payer_name(before)} has {before.claim_number}, which it replaces there"
    if another := [place for place in now if now[place] != stated[place]]:
        claim.frequency = now["frequency"]
        claim.parties = {**claim.parties, "original_reference": now["original_reference"]}
        change.session.add(claim)
        places = ", ".join(another)
        change.log("claim.refresh", "claim", claim.id, number=claim.claim_number, fields=places, reason=why)


def still_held(before: Claim) -> str:
    """What is left to do of a claim whose visit another payer is billed for by now, in words."""
    return (
        f"{payer_name(before)} still holds {before.claim_number}: codedesk claims void {before.claim_number}"
        " --reason WHY takes it back there (frequency 8)"
    )


def _is_voided(session: Session, claim: Claim) -> bool:
    query = select(Claim.id).where(
        Claim.follows_id == claim.id,
        Claim.follows_as == FOLLOWS_VOID,
        Claim.status != ClaimStatus.VOID,
        stands_for_something(),
    )
    return session.exec(query).first() is not None


def _true(condition: str) -> ColumnElement[bool]:
    """A condition in SQL as one of a statement that is composed."""
    return literal_column(f"({condition})", Boolean)


def same_payer(one: Claim, other: Claim) -> bool:
    """Whether two claims bill the same payer."""
    return _payer(one) == _payer(other)


def _payer(claim: Claim) -> str:
    """Whom a claim bills, as `store.claims.registered` tells payers apart."""
    payer = (claim.parties.get("coverage") or {}).get("payer") or {}
    return str(payer.get("identifier") or payer.get("name") or "")


def _followers(session: Session, claim_ids: Iterable[str], *columns: Any) -> Iterable[tuple[Any, ...]]:
    wanted = list(claim_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(Claim.follows_id, *columns)
            .where(
                col(Claim.follows_id).in_(wanted[start : start + _AT_ONCE]),
                col(Claim.follows_as).in_(IN_PLACE),
                Claim.status != ClaimStatus.VOID,
                stands_for_something(),
            )
            .order_by(col(Claim.created_at), col(Claim.claim_number))
        )
        yield from session.exec(query).all()

"""What a biller may change of a claim before it leaves: set what is rare, give it up.

A claim that was rejected is a draft again once something that it states is another, or may leave as it is when somebody
releases it with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.claims.content import content_of
from store.claims.details import LineDetails
from store.claims.followers import (
    FOLLOWS_REPLACEMENT,
    FOLLOWS_VOID,
    billed_beside,
    in_their_place,
    tell_what_it_replaces,
)
from store.claims.places import PARTS
from store.claims.plain import NotPlain, made
from store.claims.prior_changed import follow_answers
from store.claims.restating import restate_claim
from store.claims.to_patient import stand_with_who_pays
from store.database import Change, Database
from store.ledger.charges import give_up
from store.models import Claim, ClaimLine, LogEntry
from store.models.columns import now
from store.reasons import reason_in_words
from store.scrub.findings import settle
from store.terms import ClaimStatus, in_words


class CannotChange(CodedeskError):
    """The claim is unknown, exported or void, or the change lacks its reason."""

    title = "claim"
    exit_code = 1


def set_payer_number(db: Database, actor: Actor, claim_id: str, number: str, operation_id: str | None = None) -> None:
    """Enter the number the payer gave to the claim that this one replaces (REF*F8). Raises CannotChange."""
    with _changing(db, actor, claim_id, operation_id, "claim.payer_number") as (_, claim):
        claim.parties = {**claim.parties, "original_reference": number.strip()}
        _draft_again(claim)


def set_fields(
    db: Database, actor: Actor, claim_id: str, values: Mapping[str, Any], operation_id: str | None = None
) -> None:
    """Set what only some claims state, by its place: `details.note`, `pay_to.line1`, `line.2.drug`.

    A value of several parts is a mapping or list of their names; None takes it out. In whatever order they are given,
    each whole part is checked before it is kept, and the claim is a draft again. Raises CannotChange with the place and
    what was expected.
    """
    with _changing(db, actor, claim_id, operation_id, "claim.set", fields=", ".join(values)) as (change, claim):
        if change.repeated:
            return
        lines = change.session.exec(select(ClaimLine).where(ClaimLine.claim_id == claim.id)).all()
        own = {f"line.{line.sequence}": line for line in lines}
        parts: dict[str, Any] = {}
        for place, value in values.items():
            part, rest = _part_of(place, own)
            present = own[part].details if part in own else claim.parties.get(part)
            _put(parts.setdefault(part, deepcopy(present or {})), rest, value, place)
        for part, data in parts.items():
            kind = LineDetails if part in own else PARTS[part]
            named = [place for place in values if place.startswith(f"{part}.")]
            made_of = _checked(kind, data, named[0] if len(named) == 1 else part)
            if part in own:
                own[part].details = made_of
                change.session.add(own[part])
            else:
                claim.parties = {**claim.parties, part: made_of}
        _draft_again(claim)


def _part_of(place: str, lines: Mapping[str, ClaimLine]) -> tuple[str, str]:
    """The part that a place belongs to (`details`, `line.2`), and the way to its field. Raises CannotChange."""
    part, _, rest = place.partition(".")
    if part == "line":
        number, _, rest = rest.partition(".")
        part = f"line.{number}"
        if part not in lines or not rest:
            raise CannotChange(f"{place}: the claim has no such line or field")
    elif part not in PARTS or not rest:
        raise CannotChange(f"{place}: this cannot be set", f"{', '.join(PARTS)} and line.1 can, with a field")
    return part, rest


def _put(part: dict[str, Any], path: str, value: Any, place: str) -> None:
    """Set one field in the plain form of a part. Raises CannotChange."""
    *way, last = path.split(".")
    owner = part
    for name in way:
        if owner.get(name) is None:
            owner[name] = {}
        owner = owner[name]
        if not isinstance(owner, dict):
            raise CannotChange(f"{place}: {name} has no fields")
    owner[last] = value
    if value is None:
        del owner[last]


def _checked(kind: type, data: dict[str, Any], place: str) -> dict[str, Any]:
    """The plain form of a part, whole. Raises CannotChange."""
    try:
        return asdict(made(kind, data, strict=True))
    except NotPlain as error:
        raise CannotChange(f"{place}: {error}") from None


def void_claim(db: Database, actor: Actor, claim_id: str, reason: str, operation_id: str | None = None) -> None:
    """Give up a claim that has not left. Raises CannotChange, ReasonNeeded.

    Its coding is built again where somebody names it, not with all others.
    """
    reason = reason_in_words(reason)
    with _changing(db, actor, claim_id, operation_id, "claim.void", reason=reason) as (change, claim):
        if not change.repeated:
            claim.status, claim.given_up_at = ClaimStatus.VOID, now()
            give_up(change, claim, reason)
            _replace_what_stands(change, claim)
            follow_answers(change, [claim.id], f"{claim.claim_number} was given up")


def _replace_what_stands(change: Change, void: Claim) -> None:
    """Where a void is given up, have what replaces its claim with that payer name it again: it stands there.

    Also what was built as new of its visit meanwhile, where that is one claim: it replaces what it would be beside.
    """
    if void.follows_as != FOLLOWS_VOID or not void.follows_id:
        return
    session = change.session
    session.flush()
    meanwhile = billed_beside(session, session.get_one(Claim, void.follows_id))
    if len(meanwhile) == 1 and not in_their_place(session, [void.follows_id]):
        (new,) = meanwhile
        new.follows_id, new.follows_as = void.follows_id, FOLLOWS_REPLACEMENT
        _draft_again(new)
        session.add(new)
        session.flush()
    query = select(Claim).where(
        Claim.follows_id == void.follows_id,
        Claim.follows_as == FOLLOWS_REPLACEMENT,
        col(Claim.status).not_in((ClaimStatus.EXPORTED, ClaimStatus.VOID)),
    )
    for claim in session.exec(query):
        before = claim.frequency
        tell_what_it_replaces(change, claim)
        if claim.frequency != before and claim.status is not ClaimStatus.PATIENT:
            _draft_again(claim)


def release_claim(db: Database, actor: Actor, claim_id: str, reason: str, operation_id: str | None = None) -> bool:
    """Let a rejected claim leave again, as where the fault was the receiver's; whether as it is.

    Where the record says something else now than what was rejected, it states that and is a draft to be scrubbed.
    Raises CannotChange, ReasonNeeded.
    """
    reason = reason_in_words(reason)
    with _changing(db, actor, claim_id, operation_id, "claim.release", reason=reason) as (change, claim):
        if change.repeated:
            return bool(change.answer.get("as_it_is", True))
        if claim.status is not ClaimStatus.REJECTED:
            raise CannotChange(f"{claim.claim_number} is {in_words(claim.status)}, not rejected")
        as_it_is = not restate_claim(change, claim, f"released: {reason}")
        change.answer = {"as_it_is": as_it_is}
        if as_it_is:
            claim.status = ClaimStatus.READY if claim.scrubbed_at else ClaimStatus.DRAFT
            settle(change.session, claim)
    return as_it_is


def changed_since(session: Session, claim_id: str, moment: str, released: bool = True) -> bool:
    """Whether people changed what a claim states, or `released` it as it was, after an ISO moment."""
    query = select(LogEntry.detail).where(
        LogEntry.target_kind == "claim",
        LogEntry.target_id == claim_id,
        col(LogEntry.action).in_([one for one in _CHANGING if released or one != _RELEASING]),
        LogEntry.at > moment,
    )
    return any(not detail.get("same") for detail in session.exec(query))


_RELEASING = "claim.release"
_CHANGING = ("claim.set", "claim.refresh", "claim.payer_number", _RELEASING)


@contextmanager
def _changing(
    db: Database, actor: Actor, claim_id: str, operation_id: str | None, action: str, **detail: str
) -> Iterator[tuple[Change, Claim]]:
    """One change of a claim that has not left, with its log entry; a repeated operation changes nothing."""
    with db.change(actor, operation_id, action) as change:
        claim = change.session.get(Claim, claim_id)
        if claim is None:
            raise CannotChange(f"no claim has the id {claim_id!r}", "`codedesk claims list` shows the numbers")
        if not change.repeated and claim.status in (ClaimStatus.EXPORTED, ClaimStatus.VOID):
            raise CannotChange(f"{claim.claim_number} is {claim.status.value}")
        rejected = claim.status is ClaimStatus.REJECTED
        before = (content_of(change.session, claim), claim.scrubbed_at) if rejected else None
        yield change, claim
        if not change.repeated:
            change.session.add(claim)
            if before and claim.status is ClaimStatus.DRAFT and content_of(change.session, claim) == before[0]:
                # Nothing that the claim states is another now: it would be rejected again.
                claim.status, claim.scrubbed_at = ClaimStatus.REJECTED, before[1]
                detail["same"] = "yes"
            if claim.status is ClaimStatus.DRAFT:
                stand_with_who_pays(change, claim)
            change.log(action, "claim", claim.id, number=claim.claim_number, **detail)


def _draft_again(claim: Claim) -> None:
    claim.status, claim.scrubbed_at = ClaimStatus.DRAFT, None

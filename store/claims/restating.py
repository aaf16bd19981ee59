"""Has claims that have not left state what their visit says now, and whom and which coverages registration has now.

A claim copies these from the chart when it is built: accident, admission, place and days of the visit, the patient and
the coverages (`store.claims.registered`). Where they change later, by a person or by a sender, the living claims are
changed with them and are drafts again, as after a change by hand; a rejected one is no longer what was rejected. What a
person set in the claim itself (`store.claims.changes.set_fields`) stays. A claim that has left states what it stated,
and so does its void; `Restated.left` names it where its visit changed. Where a receiver rejects it then, it states what
stands when it is scrubbed or released.

What it copies of payers, facilities and providers is that of many claims at once: it is read again whenever a claim is
scrubbed, and a claim that was scrubbed with what is retired now does not leave (`store.claims.outdated`).

Codes and lines are the coder's: what can change those brings the chart back (`store.intake.changes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from store.claims.chart import compose_parties, read_chart, with_insurance_types
from store.claims.content import Parties, parties_from_json, parties_to_json
from store.claims.details import Details
from store.claims.facility import BadExtra
from store.claims.followers import in_their_place, tell_what_it_replaces
from store.claims.places import set_by_hand, with_set_by_hand
from store.claims.registered import differing, registered
from store.claims.to_patient import stand_with_who_pays
from store.database import Change
from store.models import Claim, Coding, Encounter
from store.settings import load_settings
from store.terms import ClaimStatus, CodingStatus

_LIVING = (ClaimStatus.DRAFT, ClaimStatus.SCRUB_FAILED, ClaimStatus.READY, ClaimStatus.REJECTED, ClaimStatus.PATIENT)
_OF_THE_VISIT = ("accident", "place_of_service", "encounter_from", "encounter_through")
_PROVIDERS = ("billing", "rendering", "referring", "supervising", "line_rendering")
"""Who bills and who gave the services, as the directory has them."""
_TYPED = ("coverage", "other_coverages")
"""Of these why Medicare is not primary, which the visit says; the rest of a coverage stays as it was copied."""
_OF_LINES = "lines"
_PAYER = "payer_id"
"""Whom a claim bills, which its row has beside its parties."""


@dataclass(frozen=True)
class Restated:
    """Numbers of claims that state something else now, and of those that left before and state what they stated.

    `withdrawn` are those that are billed no more, since their payer has answered already; `stopped` are replacements
    that somebody is to look at before they leave, since what they replace was paid meanwhile.
    """

    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()

    def told(self) -> str:
        """What became of the claims in a sentence or two; empty where there are none."""
        said = [f"Claim {number} states it now and is a draft again." for number in self.changed]
        return " ".join([*said, *(f"Claim {number} has left without it." for number in self.left)])


def restate(change: Change, encounter_id: str, why: str) -> Restated:
    """Change the living claims of a visit to what it says now; `why` is kept in the log with the fields."""
    session = change.session
    query = (
        select(Claim)
        .join(Coding, col(Coding.id) == Claim.coding_id)
        .where(Claim.encounter_id == encounter_id, Claim.status != ClaimStatus.VOID, Claim.frequency != "8")
        .where(Coding.status == CodingStatus.FINAL)
        .order_by(Claim.created_at, Claim.claim_number)
    )
    changed, left = [], []
    for claim in _found(session, query):
        if claim.status in _LIVING:
            another = restate_claim(change, claim, why) and claim.status is ClaimStatus.DRAFT
            changed += [claim.claim_number] if another else []
        elif _of_visit(session, claim):
            left.append(claim.claim_number)
    return Restated(tuple(changed), tuple(left))


def restate_of_patient(change: Change, patient_id: str, why: str) -> None:
    """Change the living claims of a patient to what the record says now."""
    _restate_where(change, col(Encounter.patient_id) == patient_id, why)


def restate_of_account(change: Change, account_id: str, why: str) -> Restated:
    """Change the living claims of an account to what the record says now; of those that left the coverage decides."""
    changed = _restate_where(change, col(Encounter.account_id) == account_id, why)
    return Restated(changed, _left_with_others(change.session, account_id))


def _left_with_others(session: Session, account_id: str) -> tuple[str, ...]:
    """The numbers of the claims of an account that left with other coverages than it has now and stand with a payer."""
    query = (
        select(Claim)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .where(Encounter.account_id == account_id, Claim.status == ClaimStatus.EXPORTED, Claim.frequency != "8")
        .order_by(Claim.created_at, Claim.claim_number)
    )
    claims = session.exec(query).all()
    followed = in_their_place(session, [claim.id for claim in claims])
    found = []
    for claim in claims:
        stated = parties_from_json(claim.parties)
        if claim.id not in followed and differing(stated, registered(session, claim, stated)).keys() & set(_TYPED):
            found.append(claim.claim_number)
    return tuple(found)


def _restate_where(change: Change, theirs: Any, why: str) -> tuple[str, ...]:
    query = (
        select(Claim)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .where(theirs, col(Claim.status).in_(_LIVING), Claim.frequency != "8")
        .order_by(Claim.created_at, Claim.claim_number)
    )
    claims = _found(change.session, query)
    return tuple(claim.claim_number for claim in claims if restate_claim(change, claim, why))


def _found(session: Session, query: SelectOfScalar[Claim]) -> Sequence[Claim]:
    """The claims, with all that changed before written where there are any."""
    with session.no_autoflush:
        claims = session.exec(query).all()
    if claims:
        session.flush()
    return claims


def restate_claim(change: Change, claim: Claim, why: str, by_hand: Sequence[str] = ()) -> bool:
    """Change a claim that has not left to what the record says now; whether anything is another.

    `by_hand` are places that a person set beside those that the log of this claim has.
    """
    return _changed(change, claim, said_otherwise(change.session, claim, by_hand), why)


def said_otherwise(session: Session, claim: Claim, by_hand: Sequence[str] = ()) -> dict[str, Any]:
    """What the record has otherwise than a claim, by place; a void states what the claim stated that it voids."""
    if claim.frequency == "8":
        return {}
    visit = _of_visit(session, claim, by_hand, (*_OF_THE_VISIT, *_PROVIDERS))
    return visit | _registered(session, claim, visit)


def _changed(change: Change, claim: Claim, found: Mapping[str, Any], why: str) -> bool:
    if not found:
        return False
    _state(claim, found)
    change.session.add(claim)
    if _PAYER in found:
        tell_what_it_replaces(change, claim)
    stand_with_who_pays(change, claim)
    places = ", ".join(one for one in found if one != _PAYER)
    change.log("claim.refresh", "claim", claim.id, number=claim.claim_number, fields=places, reason=why)
    return True


def _registered(session: Session, claim: Claim, visit: Mapping[str, Any]) -> dict[str, Any]:
    """What registration has otherwise than the claim, by the parts of its parties."""
    stated = parties_from_json(claim.parties)
    now = registered(session, claim, stated)
    found = differing(replace(stated, **{name: visit[name] for name in _TYPED if name in visit}), now)
    if "coverage" in found:
        found[_PAYER] = now.payer_id
    return found


def _of_visit(
    session: Session, claim: Claim, set_before: Sequence[str] = (), parts: Sequence[str] = _OF_THE_VISIT
) -> dict[str, Any]:
    """What the visit says otherwise than the claim, by place (`accident`, `facility_bill.admission_type`)."""
    chart = read_chart(session, session.get_one(Coding, claim.coding_id))
    if chart.facility is None:
        return {}
    try:
        now = compose_parties(chart, load_settings())
    except BadExtra:
        return {}  # `build` names what cannot be read
    stated = parties_from_json(claim.parties)
    now = with_set_by_hand(now, stated, [*set_by_hand(session, claim.id), *set_before])
    found = {name: getattr(now, name) for name in parts if getattr(now, name) != getattr(stated, name)}
    typed = with_insurance_types(stated, chart.encounter)
    found |= {name: getattr(typed, name) for name in _TYPED if getattr(typed, name) != getattr(stated, name)}
    for part, empty in (("details", Details()), ("facility_bill", None)):
        found |= _parts(part, getattr(stated, part) or empty, getattr(now, part) or empty)
    return found


def _parts(part: str, stated: Any, now: Any) -> dict[str, Any]:
    if stated is None or now is None:
        return {}
    names = [one.name for one in fields(now) if one.name != _OF_LINES]
    return {f"{part}.{name}": getattr(now, name) for name in names if getattr(now, name) != getattr(stated, name)}


def _within(place: str, owner: str) -> bool:
    return f"{place}.".startswith(f"{owner}.")


def _state(claim: Claim, found: Mapping[str, Any]) -> None:
    stated = parties_from_json(claim.parties)
    own = {place: value for place, value in found.items() if "." not in place and place != _PAYER}
    for part, empty in (("details", Details()), ("facility_bill", None)):
        of_part = {place.partition(".")[2]: value for place, value in found.items() if _within(place, part)}
        if of_part:
            present: Any = getattr(stated, part) or empty
            own[part] = replace(present, **of_part)
    if _PAYER in found:
        claim.payer_id = found[_PAYER]
    parties: Parties = replace(stated, **own)
    claim.parties = parties_to_json(parties)
    if bill := parties.facility_bill:
        claim.service_from, claim.service_through = bill.statement_from, bill.statement_through
    claim.status, claim.scrubbed_at = ClaimStatus.DRAFT, None

"""Has claims that have not left state what their visit says now: accident, admission, place and days of the visit.

A claim copies these from the chart when it is built. Where the visit changes later, by a person or by its sender, the
living claims of it are changed with it and are drafts again, as after a change by hand; a rejected one is no longer
what was rejected. What a person set in the claim itself (`store.claims.changes.set_fields`) stays. A claim that has
left states what it stated, and so does its void; `Restated.left` names it.

Codes and lines are the coder's: what can change those brings the chart back (`store.intake.changes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlmodel import Session, col, select

from store.claims.chart import compose_parties, read_chart, with_insurance_types
from store.claims.content import Parties, parties_from_json, parties_to_json
from store.claims.details import Details
from store.claims.facility import BadExtra
from store.claims.places import set_by_hand
from store.database import Change
from store.models import Claim, Coding
from store.settings import load_settings
from store.terms import ClaimStatus, CodingStatus

_LIVING = (ClaimStatus.DRAFT, ClaimStatus.SCRUB_FAILED, ClaimStatus.READY, ClaimStatus.REJECTED)
_OF_THE_VISIT = ("accident", "place_of_service", "encounter_from", "encounter_through")
_TYPED = ("coverage", "other_coverages")
"""Of these why Medicare is not primary, which the visit says; the rest of a coverage stays as it was copied."""
_OF_LINES = "lines"


@dataclass(frozen=True)
class Restated:
    """Numbers of claims that state something else now, and of those that left before and state what they stated.

    `withdrawn` are those that are billed no more, since their payer has answered already.
    """

    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()

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
    with session.no_autoflush:
        claims = session.exec(query).all()
    if claims:
        session.flush()
    changed, left = [], []
    for claim in claims:
        differing = _differing(session, claim)
        if not differing:
            continue
        if claim.status not in _LIVING:
            left.append(claim.claim_number)
            continue
        _state(claim, differing)
        session.add(claim)
        changed.append(claim.claim_number)
        places = ", ".join(differing)
        change.log("claim.refresh", "claim", claim.id, number=claim.claim_number, fields=places, reason=why)
    return Restated(tuple(changed), tuple(left))


def _differing(session: Session, claim: Claim) -> dict[str, Any]:
    """What the visit says otherwise than the claim, by place (`accident`, `facility_bill.admission_type`)."""
    chart = read_chart(session, session.get_one(Coding, claim.coding_id))
    if chart.facility is None:
        return {}
    try:
        now = compose_parties(chart, load_settings())
    except BadExtra:
        return {}  # `build` and `refresh` name what cannot be read
    stated = parties_from_json(claim.parties)
    found = {name: getattr(now, name) for name in _OF_THE_VISIT if getattr(now, name) != getattr(stated, name)}
    typed = with_insurance_types(stated, chart.encounter)
    found |= {name: getattr(typed, name) for name in _TYPED if getattr(typed, name) != getattr(stated, name)}
    for part, empty in (("details", Details()), ("facility_bill", None)):
        found |= _parts(part, getattr(stated, part) or empty, getattr(now, part) or empty)
    by_hand = set_by_hand(session, claim.id)
    return {
        place: value
        for place, value in found.items()
        if not any(_within(one, place) or _within(place, one) for one in by_hand)
    }


def _parts(part: str, stated: Any, now: Any) -> dict[str, Any]:
    if stated is None or now is None:
        return {}
    names = [one.name for one in fields(now) if one.name != _OF_LINES]
    return {f"{part}.{name}": getattr(now, name) for name in names if getattr(now, name) != getattr(stated, name)}


def _within(place: str, owner: str) -> bool:
    return f"{place}.".startswith(f"{owner}.")


def _state(claim: Claim, differing: Mapping[str, Any]) -> None:
    stated = parties_from_json(claim.parties)
    own = {place: value for place, value in differing.items() if "." not in place}
    for part, empty in (("details", Details()), ("facility_bill", None)):
        of_part = {place.partition(".")[2]: value for place, value in differing.items() if _within(place, part)}
        if of_part:
            present: Any = getattr(stated, part) or empty
            own[part] = replace(present, **of_part)
    parties: Parties = replace(stated, **own)
    claim.parties = parties_to_json(parties)
    if bill := parties.facility_bill:
        claim.service_from, claim.service_through = bill.statement_from, bill.statement_through
    claim.status, claim.scrubbed_at = ClaimStatus.DRAFT, None

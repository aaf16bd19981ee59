"""The places of a claim that a person may set: what only some claims state, by the names of its parts.

    details.ambulance.miles      details.dates.onset      facility_bill.conditions      pay_to.line1      line.2.note

A place of several parts has one for each of them; lists are set whole. What people set stays when the claim copies its
chart again (`with_set_by_hand`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any, get_args, get_type_hints

from sqlmodel import Session, col, select

from store.actors import Actor
from store.claims.content import Parties, load_claim
from store.claims.details import Details, LineDetails
from store.claims.facility_bill import FacilityBill
from store.claims.people import Address
from store.claims.plain import made
from store.database import Database
from store.models import LogEntry

PARTS: dict[str, type] = {"details": Details, "pay_to": Address, "facility_bill": FacilityBill}
_OF_SENDER = "lines"
"""Details of lines as a sender gives them: a person sets those of the line itself."""


def settable(db: Database, actor: Actor, claim_id: str) -> list[tuple[str, Any]]:
    """Every place that may be set of a claim, with what it states there: None or an empty value for nothing.

    It is part of the look at the claim. Raises UnknownClaim.
    """
    with db.reading() as session:
        content = load_claim(session, claim_id)
    found: list[tuple[str, Any]] = []
    for part, kind in PARTS.items():
        stated = getattr(content.parties, part)
        if part != "facility_bill" or stated is not None:
            found += _places(kind, stated, part)
    for line in content.lines:
        found += _places(LineDetails, line.details, f"line.{line.sequence}")
    return found


def set_by_hand(session: Session, claim_id: str) -> list[str]:
    """The places of a claim that people set, each once."""
    query = select(LogEntry.detail).where(
        LogEntry.target_kind == "claim", LogEntry.target_id == claim_id, col(LogEntry.action) == "claim.set"
    )
    places = [place for detail in session.exec(query) for place in str(detail.get("fields", "")).split(", ")]
    return [place for place in dict.fromkeys(places) if place]


def with_set_by_hand(now: Parties, stated: Parties, places: Sequence[str]) -> Parties:
    """The parties as the chart has them, with the places that people set as the claim states them."""
    for part, kind in PARTS.items():
        own = [place.split(".")[1:] for place in places if place.startswith(f"{part}.")]
        if not own or (kept := getattr(stated, part)) is None:
            continue
        before = asdict(kept)
        after = asdict(getattr(now, part)) if getattr(now, part) else dict(before)
        for way in own:
            _copy(before, after, way)
        now = replace(now, **{part: made(kind, after)})
    return now


def _copy(source: Any, target: Any, way: Sequence[str]) -> None:
    """Have the target say at this place what the source says there; a part that one of them lacks is copied whole."""
    first, *rest = way
    if first not in source:
        return
    if rest and isinstance(source[first], dict) and isinstance(target.get(first), dict):
        _copy(source[first], target[first], rest)
    else:
        target[first] = source[first]


def _places(kind: Any, stated: Any, place: str) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(kind)
    for one in fields(kind):
        if kind is Details and one.name == _OF_SENDER:
            continue
        value = getattr(stated, one.name) if stated is not None else None
        inner = next((each for each in (hints[one.name], *get_args(hints[one.name])) if is_dataclass(each)), None)
        if inner is not None and not isinstance(value, tuple) and "tuple" not in str(hints[one.name]):
            yield from _places(inner, value, f"{place}.{one.name}")
        else:
            yield f"{place}.{one.name}", value

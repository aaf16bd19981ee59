"""Tells whether a claim of a remittance can be of the person that our claim is of.

Payers write names otherwise and correct member ids, days and charges; one that differs says little. It is another
person's where all three of name, day and charge are others, or where the name and the member id are both. What the
payer does not state counts neither way.

Where a person says which claim it is of, less is asked back: it is another's by its name alone, or by its member id
alone, unless the other of the two is the same.

Source: 005010X221A1, loop 2100: NM1*QC, NM1*IL and NM1*74 (names and member id), DTM*232 and DTM*472, CLP03.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from store.remits.places import plain
from store.x12.remittance import RemitClaim

_SHORTEST = 3
"""How many letters of a name a payer keeps at least, where it cuts it short."""


@dataclass(frozen=True)
class Person:
    """Whom a claim of ours is of: names as they are compared, member ids of all coverages, days as ISO."""

    family: str
    given: str
    member_ids: frozenset[str]
    first_day: str
    last_day: str


def person_of(parties: Mapping[str, Any], family: str | None, given: str | None, first: str, last: str) -> Person:
    """The person of a claim with these parties, as they are stored."""
    coverages = [parties.get("coverage") or {}, *(parties.get("other_coverages") or ())]
    ids = (one.get(name) for one in coverages for name in ("member_id", "secondary_id"))
    return Person(plain(family), plain(given), frozenset(filter(None, map(plain, ids))), first, last or first)


def why_another(claim: RemitClaim, person: Person, total_cents: int) -> str:
    """Why a claim of a remittance is another person's, in words; empty where it can be this one's."""
    name, member = _name_differs(claim, person), _member_differs(claim, person)
    if name and member:
        return "the name and the member id are of another"
    if name and _day_differs(claim, person) and abs(claim.charge_cents) != total_cents:
        return "the patient, the day and the charge are of another"
    return ""


def names_same(claim: RemitClaim, person: Person) -> bool:
    """Whether a claim of a remittance states the name of this person, in whole or cut short."""
    return bool(_name_stated(claim, person)) and not _name_differs(claim, person)


def names_another(claim: RemitClaim, person: Person) -> bool:
    """Whether a claim of a remittance names another person than this one, where somebody applies it by hand."""
    name, member = _name_differs(claim, person), _member_differs(claim, person)
    return (name and (member or not _member_stated(claim, person))) or (member and not _name_stated(claim, person))


def _name_stated(claim: RemitClaim, person: Person) -> bool:
    return bool(person.family and any(claim.party(role).name for role in ("QC", "74")))


def _member_stated(claim: RemitClaim, person: Person) -> bool:
    return bool(person.member_ids and any(plain(claim.party(role).id) for role in ("QC", "IL", "74")))


def _name_differs(claim: RemitClaim, person: Person) -> bool:
    """Whether names are stated, of the patient or as corrected, and none is this person's."""
    stated = [(plain(one.name), plain(one.given_name)) for one in (claim.party("QC"), claim.party("74"))]
    named = [one for one in stated if one[0]]
    return bool(named and person.family) and not any(
        _alike(family, person.family, _SHORTEST) and (not given or _alike(given, person.given, 1))
        for family, given in named
    )


def _alike(one: str, other: str, least: int) -> bool:
    """Whether two names are one, or the shorter is the beginning of the other."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= least and long.startswith(short))


def _member_differs(claim: RemitClaim, person: Person) -> bool:
    stated = {plain(claim.party(role).id) for role in ("QC", "IL", "74")} - {""}
    return bool(stated and person.member_ids) and not stated & person.member_ids


def _day_differs(claim: RemitClaim, person: Person) -> bool:
    """Whether days are stated and none of them is within those of our claim."""
    days = [
        (claim.service_from, claim.service_through),
        *((one.service_from, one.service_through) for one in claim.lines),
    ]
    stated = [(first, last or first) for first, last in days if first]
    return bool(stated) and all(last < person.first_day or first > person.last_day for first, last in stated)

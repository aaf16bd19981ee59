"""Patients who may be one person: found by name, birth date and address, with a score that shows its parts.

Only pairs that share something are compared (blocks): birth date, sound of the family name with the birth year, or
record phone. The parts: names up to 45 points (rapidfuzz, order and middle names forgiven), birth date 30 (the day
alone off 20, day and month swapped 20, the year alone off 10), sex 5, address 15, phone 5. A part that one side does
not know is left out, and the rest is weighed up: the score is always of 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from sqlmodel import col, select

from store.actors import Actor
from store.database import Database
from store.models import NotDuplicate, Patient
from store.names import plain
from store.reasons import reason_in_words
from store.record_numbers import find_patient
from store.records.deficiencies import RecordsRefused

LIKELY = 85
"""Points from which a pair is shown."""

NAME = 45
"""Points of the names."""

_ROUNDING = 0.2

MOST_IN_BLOCK = 60
"""Larger blocks are no hint any more: everybody without a phone, or a default birth date."""


@dataclass(frozen=True)
class Candidate:
    """A patient as compared."""

    id: str
    source: str
    mrn: str
    family_name: str
    given_name: str
    middle_name: str
    birth_date: str
    sex: str
    address: str
    phone: str

    @property
    def name(self) -> str:
        return ", ".join(filter(None, (self.family_name, self.given_name)))

    @cached_property
    def family(self) -> str:
        return plain(self.family_name)

    @cached_property
    def given(self) -> str:
        return f"{plain(self.given_name)} {plain(self.middle_name)}".strip()

    @cached_property
    def both(self) -> str:
        return f"{self.family} {plain(self.given_name)}"


@dataclass(frozen=True)
class Part:
    """One part of a score: points of how many, and what was compared."""

    name: str
    points: float
    of: float
    words: str


@dataclass(frozen=True)
class Pair:
    """Two patients, their score of 100, and its parts."""

    one: Candidate
    other: Candidate
    score: float
    parts: tuple[Part, ...]


def compared(one: Candidate, other: Candidate) -> Pair:
    """The score of a pair with its parts. Pure."""
    from rapidfuzz import fuzz

    alike = _names_alike(one, other)
    parts = [Part("name", round(NAME * alike, 1), NAME, f"{one.name} / {other.name}")]
    if one.birth_date and other.birth_date:
        points, words = _birth(one.birth_date, other.birth_date)
        parts.append(Part("birth date", points, 30, words))
    if one.sex in "FMX" and other.sex in "FMX" and one.sex and other.sex:
        parts.append(Part("sex", 5 if one.sex == other.sex else 0, 5, f"{one.sex} / {other.sex}"))
    if one.address and other.address:
        near = fuzz.token_sort_ratio(plain(one.address), plain(other.address)) / 100
        parts.append(Part("address", round(15 * near, 1), 15, f"{one.address} / {other.address}"))
    if one.phone and other.phone:
        same = _digits(one.phone)[-7:] == _digits(other.phone)[-7:]
        parts.append(Part("phone", 5 if same else 0, 5, f"{one.phone} / {other.phone}"))
    whole = sum(part.of for part in parts)
    return Pair(one, other, round(100 * sum(part.points for part in parts) / whole, 1), tuple(parts))


def find_duplicates(
    patients: Iterable[Candidate], told_apart: set[tuple[str, str]], least: float = LIKELY
) -> list[Pair]:
    """The pairs that score at least so much, the highest first. Pure."""
    blocks: dict[tuple[str, str], list[Candidate]] = {}
    for one in patients:
        for key in _blocks(one):
            blocks.setdefault(key, []).append(one)
    found: dict[tuple[str, str], Pair] = {}
    for block in blocks.values():
        if len(block) > MOST_IN_BLOCK:
            continue
        for one, other in combinations(sorted(block, key=lambda p: p.id), 2):
            key = (one.id, other.id)
            if key in found or key in told_apart or NAME * (1 - _names_alike(one, other)) > 100 - least + _ROUNDING:
                continue  # whatever else agrees, the names alone lose more than may be lost
            if (pair := compared(one, other)).score >= least:
                found[key] = pair
    return sorted(found.values(), key=lambda pair: (-pair.score, pair.one.id, pair.other.id))


def duplicates(db: Database, actor: Actor, least: float = LIKELY) -> list[Pair]:
    """The likely duplicates among patients who are not merged, restricted ones left out; a look, and logged."""
    with db.change(actor, action="records.duplicates") as change:
        session = change.session
        rows = session.exec(
            select(Patient).where(col(Patient.merged_into_id).is_(None), col(Patient.restricted).is_(None))
        )
        candidates = [candidate_of(one) for one in rows]
        apart = set(session.exec(select(NotDuplicate.patient_id, NotDuplicate.other_id)).all())
        change.log("records.duplicates", "patient", "", patients=len(candidates), least=least)
    return find_duplicates(candidates, {(one, other) for one, other in apart}, least)


def tell_apart(db: Database, actor: Actor, one: str, other: str, reason: str, operation_id: str | None = None) -> None:
    """Note that two patients (record numbers or ids) are two; they are not offered again.

    Raises RecordsRefused, ReasonNeeded.
    """
    with db.change(actor, operation_id, "records.tell_apart") as change:
        if change.repeated:
            return
        first, second = find_patient(change.session, one), find_patient(change.session, other)
        if first.id == second.id:
            raise RecordsRefused(
                f"{one} and {other} are the same patient", "codedesk records unmerge takes apart what was merged"
            )
        low, high = sorted((first.id, second.id))
        if change.session.get(NotDuplicate, (low, high)) is None:
            why = reason_in_words(reason)
            change.session.add(NotDuplicate(patient_id=low, other_id=high, reason=why, said_by=actor.login))
            change.log("records.tell_apart", "patient", low, other=high, reason=why)


def candidate_of(row: Patient) -> Candidate:
    """A patient as they are compared."""
    address = " ".join(filter(None, (row.address_line1, row.city, row.zip[:5])))
    return Candidate(
        row.id,
        row.source,
        row.mrn,
        row.family_name,
        row.given_name,
        row.middle_name,
        row.birth_date or "",
        row.sex,
        address,
        row.phone,
    )


def _blocks(one: Candidate) -> Sequence[tuple[str, str]]:
    keys = []
    if len(one.birth_date) == 10:
        keys.append(("born", one.birth_date))
        year, month, day = one.birth_date.split("-")
        keys.append(("swapped", f"{year}-{min(month, day)}-{max(month, day)}"))
    if one.birth_date:
        keys.append(("sound", f"{_sound(one.family_name)}{one.birth_date[:4]}"))
        keys.append(("given", f"{_sound(one.given_name)}{one.birth_date[5:]}"))
    if len(_digits(one.phone)) >= 7:
        keys.append(("phone", _digits(one.phone)[-7:]))
    return keys


def _birth(one: str, other: str) -> tuple[float, str]:
    """Points of a birth date, and why."""
    if one == other:
        return 30, one
    told = f"{one} / {other}"
    a, b = one.split("-"), other.split("-")
    if len(a) < 3 or len(b) < 3:
        shorter = min(len(one), len(other))
        return (20 if one[:shorter] == other[:shorter] else 0), told
    if a[0] == b[0] and (a[1], a[2]) == (b[2], b[1]):
        return 20, f"{told}, day and month swapped"
    if a[:2] == b[:2]:
        return 20, f"{told}, the day differs"
    if a[1:] == b[1:]:
        return 10, f"{told}, the year differs"
    return 0, told


def _names_alike(one: Candidate, other: Candidate) -> float:
    """How like the names are, 0 to 1: family and given name each, or both together in whatever order."""
    from rapidfuzz import fuzz

    family = fuzz.ratio(one.family, other.family) / 100
    given = fuzz.token_set_ratio(one.given, other.given) / 100 if one.given and other.given else None
    crossed = fuzz.token_sort_ratio(one.both, other.both) / 100
    return max(family if given is None else family * 0.55 + given * 0.45, crossed)


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _sound(name: str) -> str:
    """The first letter and the next two consonants: names that differ by a vowel or a doubled letter meet."""
    letters = [c for c in name.upper() if c.isalpha()]
    if not letters:
        return ""
    rest: list[str] = []
    for letter in letters[1:]:
        if letter not in "AEIOUYHW" and (not rest or rest[-1] != letter):
            rest.append(letter)
    return letters[0] + "".join(rest[:2])

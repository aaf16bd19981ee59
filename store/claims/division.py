"""Divides the codes of one encounter into claims that the form can carry: pure, and by two named rules.

- lines-over-50: a claim takes 50 lines; the next ones go on the next claim.
- diagnoses-over-12: a claim takes 12 diagnoses. Those that its lines point to come along; the places that remain
  are filled in their order, and the others are left off. Lines whose diagnoses do not fit go on the next claim.

- lines-over-999 and diagnoses-over-25: the same of institutional claims, whose lines point to no diagnosis. Every part
  has the first 25 diagnoses, 25 procedures too; the others are left off.

Source: 005010X222A1, loop 2300 HI (12 diagnoses) and loop 2400 (LX 1 to 50); 005010X223A2, loops 2300 HI (1 and 24
diagnoses) and 2400 (LX 1 to 999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from store.claims.content import BilledDiagnosis, BilledLine

MOST_DIAGNOSES = 12
MOST_LINES = 50
MOST_FACILITY_DIAGNOSES = 25
MOST_FACILITY_LINES = 999


class CannotDivide(Exception):
    """A single line points to more diagnoses than a claim takes."""


@dataclass(frozen=True)
class Part:
    """One claim's share: sequences and pointers count from 1 within it; `notes` say what the rules did."""

    diagnoses: tuple[BilledDiagnosis, ...]
    lines: tuple[BilledLine, ...]
    notes: tuple[str, ...] = ()


def divide(diagnoses: Sequence[BilledDiagnosis], lines: Sequence[BilledLine]) -> tuple[Part, ...]:
    """The claims for these codes, one in nearly all cases.

    Pointers name the sequence numbers of `diagnoses`; one that names none of them still names none afterwards.
    Raises CannotDivide.
    """
    known = {diagnosis.sequence for diagnosis in diagnoses}
    groups = _groups(lines, known, crowded=len(diagnoses) > MOST_DIAGNOSES)
    return tuple(_part(diagnoses, group, number, len(groups)) for number, group in enumerate(groups, start=1))


def divide_facility(diagnoses: Sequence[BilledDiagnosis], lines: Sequence[BilledLine]) -> tuple[Part, ...]:
    """The institutional claims for these codes; `diagnoses` come with the principal one first."""
    kept, left_off = diagnoses[:MOST_FACILITY_DIAGNOSES], diagnoses[MOST_FACILITY_DIAGNOSES:]
    groups = [lines[at : at + MOST_FACILITY_LINES] for at in range(0, len(lines), MOST_FACILITY_LINES)]
    parts = []
    for number, group in enumerate(groups, 1):
        notes = []
        if len(groups) > 1:
            span = f"line {group[0].sequence} to {group[-1].sequence} of the encounter"
            notes.append(f"Part {number} of {len(groups)}: {span} (rule lines-over-999).")
        if left_off:
            codes = ", ".join(one.code for one in left_off)
            notes.append(f"Left off, since a claim takes 25 diagnoses: {codes} (rule diagnoses-over-25).")
        renumbered = tuple(replace(line, sequence=place) for place, line in enumerate(group, 1))
        parts.append(Part(tuple(kept), renumbered, tuple(notes)))
    return tuple(parts)


def _groups(lines: Sequence[BilledLine], known: set[int], crowded: bool) -> list[list[BilledLine]]:
    groups: list[list[BilledLine]] = []
    pointed: set[int] = set()
    for line in lines:
        own = set(line.pointers) & known
        if len(own) > MOST_DIAGNOSES:
            raise CannotDivide
        full = groups and (len(groups[-1]) == MOST_LINES or (crowded and len(pointed | own) > MOST_DIAGNOSES))
        if not groups or full:
            groups.append([])
            pointed = set()
        groups[-1].append(line)
        pointed |= own
    return groups


def _part(diagnoses: Sequence[BilledDiagnosis], lines: list[BilledLine], number: int, of: int) -> Part:
    taken = _taken(diagnoses, lines)
    new_place = {diagnosis.sequence: place for place, diagnosis in enumerate(taken, start=1)}
    left_off = [diagnosis.code for diagnosis in diagnoses if diagnosis.sequence not in new_place]
    notes = []
    if of > 1:
        codes = f"line {lines[0].sequence} to {lines[-1].sequence} of the encounter"
        notes.append(f"Part {number} of {of}: {codes} (rules lines-over-50 and diagnoses-over-12).")
    if left_off:
        notes.append(f"Left off, since no line here points to them: {', '.join(left_off)} (rule diagnoses-over-12).")
    return Part(
        diagnoses=tuple(replace(diagnosis, sequence=new_place[diagnosis.sequence]) for diagnosis in taken),
        lines=tuple(
            replace(line, sequence=place, pointers=tuple(_moved(p, new_place) for p in line.pointers))
            for place, line in enumerate(lines, start=1)
        ),
        notes=tuple(notes),
    )


def _taken(diagnoses: Sequence[BilledDiagnosis], lines: list[BilledLine]) -> list[BilledDiagnosis]:
    """The diagnoses of one claim in their order: those pointed to, then the first of the others, twelve in all."""
    if len(diagnoses) <= MOST_DIAGNOSES:
        return list(diagnoses)
    pointed = {pointer for line in lines for pointer in line.pointers}
    first = sorted(diagnoses, key=lambda diagnosis: (diagnosis.sequence not in pointed, diagnosis.sequence))
    return sorted(first[:MOST_DIAGNOSES], key=lambda diagnosis: diagnosis.sequence)


def _moved(pointer: int, new_place: dict[int, int]) -> int:
    if pointer in new_place:
        return new_place[pointer]
    return pointer if pointer > len(new_place) or pointer < 1 else pointer + len(new_place)

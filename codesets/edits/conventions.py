"""Edits from the conventions of ICD-10-CM: Excludes1, code first, first-listed Z codes, sides.

Excludes1 warns and never stops: two conditions that have nothing to do with each other may stand together
(Official Guidelines, section I.A.12.a). Excludes2 is no edit at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path

from codesets.catalog import dotted, normalize
from codesets.conventions import wanted_after, wanted_first
from codesets.edits.facts import CodeFacts
from codesets.edits.findings import CodedDiagnosis, CodedEncounter, CodeFinding
from codesets.edits.rules import code_rules
from codesets.laterality import Side
from codesets.notes import NoteKind
from codesets.shipped_tables import read_table

MODIFIER_SIDES = {
    **dict.fromkeys(("LT", "E1", "E2", "FA", "F1", "F2", "F3", "F4", "TA", "T1", "T2", "T3", "T4"), Side.LEFT),
    **dict.fromkeys(("RT", "E3", "E4", "F5", "F6", "F7", "F8", "F9", "T5", "T6", "T7", "T8", "T9"), Side.RIGHT),
}
"""HCPCS modifiers that name a side, an eyelid, a finger or a toe. Source: HCPCS Level II, modifiers."""

BOTH_SIDES = {"50": Side.BOTH}
"""A service on both sides rests on a condition of both. Source: CMS, Claims Processing Manual, chapter 12, 40.7."""

_SIDES_OF = MODIFIER_SIDES | BOTH_SIDES


def _excludes1(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c71, once for every two diagnoses."""
    if len(encounter.listed) < 2:
        return
    for one, other in combinations(encounter.listed, 2):
        if statement := facts.exclusion(one.code, other.code, encounter.date):
            seen = {
                "code": dotted(one.code),
                "other": dotted(other.code),
                "sequence": one.sequence,
                "owner": statement.owner,
                "note": statement.text,
            }
            yield code_rules()["c71"].finding(f"diagnosis.{other.sequence}", seen)


def _sequence(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c72 and c77: only where both codes are there; which one is missing only the record can tell."""
    listed = encounter.listed
    if len(listed) < 2:
        return
    known = [(d, notes) for d in listed if (notes := facts.notes(d.code, encounter.date))]
    for place, (diagnosis, notes) in enumerate(known):
        first_noted = notes.of(NoteKind.CODE_FIRST)
        if not first_noted and not (place and notes.of(NoteKind.USE_ADDITIONAL)):
            continue
        before, after = ([each for _, each in part] for part in (known[:place], known[place + 1 :]))
        if first := wanted_first(notes, before, after):
            seen = {"code": dotted(diagnosis.code), "first": dotted(first.code), "sequence": diagnosis.sequence}
            seen["first_sequence"] = next(d.sequence for d, each in known if each is first)
            yield code_rules()["c72"].finding(f"diagnosis.{diagnosis.sequence}", seen)
        additional = wanted_after(notes, before, after)
        if additional is None or wanted_first(additional, [], [notes]):
            continue  # c72 tells of the same two from the other side
        early = next(d for d, each in known if each is additional)
        seen = {"code": dotted(diagnosis.code), "additional": dotted(early.code), "sequence": early.sequence}
        seen["owner_sequence"] = diagnosis.sequence
        yield code_rules()["c77"].finding(f"diagnosis.{early.sequence}", seen)


def _first_listed(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c73."""
    for diagnosis in encounter.listed[1:]:
        if only_first_listed(normalize(diagnosis.code)):
            seen = {"code": dotted(diagnosis.code), "sequence": diagnosis.sequence}
            yield code_rules()["c73"].finding(f"diagnosis.{diagnosis.sequence}", seen)


@lru_cache(1 << 14)
def only_first_listed(code: str) -> bool:
    """Whether a Z code (no dot) may only be principal or first-listed, by guideline I.C.21.c.16."""
    return any(code.startswith(begin) and not (but and code.startswith(but)) for begin, but in _first_listed_codes())


@cache
def _first_listed_codes() -> list[tuple[str, ...]]:
    path = Path(__file__).with_name("first_listed.csv")
    return read_table(path, ("code", "except"), may_be_empty=["except"])


def _sides(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c74 and c75, once for every two diagnoses of one family."""
    if len(encounter.listed) < 2:
        return
    known = [(d, sided) for d in encounter.listed if (sided := facts.sided(d.code, encounter.date))]
    for (one, here), (other, there) in combinations(known, 2):
        if here.family.name != there.family.name or here.side is there.side:
            continue
        seen = {"code": dotted(one.code), "other": dotted(other.code), "sequence": one.sequence}
        place = f"diagnosis.{other.sequence}"
        both = here.family.members.get(Side.BOTH)
        if {here.side, there.side} == {Side.RIGHT, Side.LEFT} and both:
            yield code_rules()["c74"].finding(place, seen | {"both": dotted(both)})
        elif Side.UNSPECIFIED in (here.side, there.side):
            vague = one if here.side is Side.UNSPECIFIED else other
            yield code_rules()["c75"].finding(f"diagnosis.{vague.sequence}", seen | {"vague": dotted(vague.code)})


def _modifier_sides(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c76: a line whose modifier names a side, or both by 50, while every sided diagnosis it points to has another."""
    codes: dict[int, str] = {}
    for line in encounter.modified_lines:
        named = {m: _SIDES_OF[m] for m in map(str.upper, line.modifiers) if m in _SIDES_OF}
        if len(set(named.values())) != 1:
            continue
        codes = codes or {diagnosis.sequence: diagnosis.code for diagnosis in encounter.diagnoses}
        pointed = [codes[p] for p in line.pointers if p in codes]
        sides = [(code, found.side) for code in pointed if (found := facts.sided(code, encounter.date))]
        if not sides:
            continue
        (side,) = set(named.values())
        one_side = len({found for _, found in sides}) == 1
        if all(found in (Side.LEFT, Side.RIGHT) and found is not side for _, found in sides) and one_side:
            seen = {
                "line": line.sequence,
                "modifier": next(iter(named)),
                "side": side.value,
                "code": dotted(sides[0][0]),
                "other": sides[0][1].value,
            }
            yield code_rules()["c76"].finding(f"line.{line.sequence}.modifiers", seen)


def related(encounter: CodedEncounter, facts: CodeFacts) -> bool:
    """Whether two of the diagnoses by themselves, in their order, would be told something by a check of pairs.

    Where none would, the whole list is told nothing: what stands beside two codes can only take a finding of theirs
    away. Pairs that are known to mean nothing to each other are not asked about again.
    """
    codes = [diagnosis.code for diagnosis in encounter.listed]
    quiet = facts.quiet_pairs(encounter.date)
    if quiet.issuperset(combinations(codes, 2)):
        return False
    found = False
    for pair in combinations(codes, 2):
        if pair in quiet:
            continue
        two = replace(encounter, diagnoses=tuple(CodedDiagnosis(n, code) for n, code in enumerate(pair, 1)))
        if any(True for check in OF_PAIRS for _ in check(two, facts)):
            found = True
        else:
            quiet.add(pair)
    return found


OF_PAIRS = (_excludes1, _sequence, _sides)
"""Checks of two diagnoses, which `related` can tell to be needless."""

OF_MODIFIERS = (_modifier_sides,)
CHECKS = (_excludes1, _sequence, _first_listed, _sides, _modifier_sides)

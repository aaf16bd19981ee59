"""Edits from the National Correct Coding Initiative: pairs of codes, most units, add-on codes.

They hold for the lines of one provider, patient and day: the encounter is taken to be that. What is not loaded is
said once. Source: CMS, NCCI Policy Manual, chapter I, and the quarterly edit files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from codesets.catalog import normalize
from codesets.edits.facts import CodeFacts
from codesets.edits.findings import ClaimKind, CodedEncounter, CodedProcedure, CodeFinding
from codesets.edits.rules import code_rules
from codesets.ncci import PairEdit, Setting
from codesets.shipped_tables import read_table

SETTINGS = {ClaimKind.PROFESSIONAL: Setting.PRACTITIONER, ClaimKind.OUTPATIENT: Setting.HOSPITAL}
"""Whose edits a claim is held to; an inpatient stay is paid by its group and held to none."""

ANATOMIC = frozenset({"LT", "RT", "LC", "LD", "LM", "RC", "RI", "FA", "TA"}) | {
    f"{limb}{number}" for limb, most in (("E", 4), ("F", 9), ("T", 9)) for number in range(1, most + 1)
}
OTHER_BYPASSES = frozenset({"24", "25", "57", "58", "78", "79", "27", "59", "91", "XE", "XP", "XS", "XU"})
"""Modifiers that let a pair with indicator 1 pass. Source: NCCI Policy Manual, chapter I, section E."""


ONLY_ON_VISITS = frozenset({"24", "25", "57"})
"""Modifiers that speak of a visit beside a procedure. Source: NCCI Policy Manual, chapter I, section E."""

_FIRST_VISIT, _LAST_VISIT = "90000", "99999"
"""The numbers of medicine and of evaluation and management: surgery, radiology and laboratory stand before them."""


def _pairs(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c81 and c82, at the line of the column 2 code; c83 where pairs are not loaded.

    Between two who performed c90: one provider is also everybody of one group and specialty, which a chart does not
    tell.
    """
    setting = SETTINGS.get(encounter.claim_kind)
    if setting is None:
        return
    untold = True
    for day, of_code in encounter.days.items():
        if len(of_code) < 2:
            continue
        found = facts.pairs(of_code, day, setting)
        for edit in found.edits:
            yield from _paired(edit, of_code[edit.column1], of_code[edit.column2], found.coverage.edition)
        if not found.coverage.complete and untold:
            untold = False
            yield code_rules()["c83"].finding("line", {"date": str(day)}, not_checked=found.coverage.warning)


def _paired(
    edit: PairEdit, firsts: list[CodedProcedure], seconds: list[CodedProcedure], edition: str
) -> Iterator[CodeFinding]:
    for second in seconds:
        if edit.indicator == 1 and all(_apart(first, second) for first in firsts):
            continue
        same = [first for first in firsts if _same_person(first, second)]
        seen = {
            "code": edit.column2,
            "first": edit.column1,
            "line": second.sequence,
            "first_line": (same or firsts)[0].sequence,
            "edition": edition,
            "reason": edit.rationale or "no reason published",
        }
        rule = "c90" if not same else "c82" if edit.indicator == 1 else "c81"
        yield code_rules()[rule].finding(f"line.{second.sequence}", seen)


def _same_person(one: CodedProcedure, other: CodedProcedure) -> bool:
    """Whether one person performed both, as far as the chart tells."""
    return not one.performer or not other.performer or one.performer == other.performer


def _apart(first: CodedProcedure, second: CodedProcedure) -> bool:
    """Whether modifiers say that the two were separate; the same site on both says the opposite."""
    here, there = (_meant(line) for line in (first, second))
    if (here | there) & OTHER_BYPASSES:
        return True
    return bool((here ^ there) & ANATOMIC)


def _meant(line: CodedProcedure) -> set[str]:
    """The modifiers of a line, those of visits only where it can be a visit."""
    modifiers = {modifier.upper() for modifier in line.modifiers}
    return modifiers if may_be_visit(normalize(line.code)) else modifiers - ONLY_ON_VISITS


def may_be_visit(code: str) -> bool:
    """Whether a code can be evaluation and management: its section of CPT, or one of the visits of HCPCS."""
    return _FIRST_VISIT <= code <= _LAST_VISIT if code.isdigit() else code in _visits_of_hcpcs()


@cache
def _visits_of_hcpcs() -> frozenset[str]:
    path = Path(__file__).with_name("visits.csv")
    return frozenset(code for code, _ in read_table(path, ("code", "what")))


def _units(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c84 to c86 by the adjudication indicator, c98 and c99 where none is paid; c87 where no values are loaded.

    A limit of a day counts what the same practitioner billed of it on other claims of the patient too. A code without
    a published value is not said to be without limit: some values are confidential.
    """
    setting = SETTINGS.get(encounter.claim_kind)
    if setting is None:
        return
    untold = True
    for day, of_code in encounter.days.items():
        if not encounter.others and _single(of_code) and facts.one_unit_paid(of_code, day, setting):
            continue
        for code, own in of_code.items():
            answer = facts.most_units(code, day, setting)
            if not answer.coverage.complete and untold:
                untold = False
                yield code_rules()["c87"].finding("line", {"date": str(day)}, not_checked=answer.coverage.warning)
            if answer.most is None or not answer.coverage.complete:
                continue
            most, indicator = answer.most.units, answer.most.indicator
            total = max(line.units for line in own) if indicator == 1 else sum(line.units for line in own)
            if indicator != 1 and encounter.others:
                total += _elsewhere(encounter, own, day)
            if total <= most:
                continue
            seen = {"code": code, "most": most, "edition": answer.coverage.edition, "why": answer.most.rationale}
            if most == 0:
                place = f"line.{own[0].sequence}.code"
                yield code_rules()["c99" if indicator == 3 else "c98"].finding(place, seen | {"line": own[0].sequence})
                continue
            if indicator == 1:
                for line in own:
                    if line.units > most:
                        yield code_rules()["c84"].finding(
                            f"line.{line.sequence}.units", seen | {"units": line.units, "line": line.sequence}
                        )
            else:
                rule = "c85" if indicator == 2 else "c86"
                yield code_rules()[rule].finding(f"line.{own[-1].sequence}.units", seen | {"units": total, "day": day})


def _single(of_code: Mapping[str, Sequence[CodedProcedure]]) -> bool:
    """Whether each code of a day stands once, with one unit."""
    return all(len(own) == 1 and own[0].units == 1 for own in of_code.values())


def _elsewhere(encounter: CodedEncounter, own: list[CodedProcedure], day: dt.date) -> int:
    """Units of the code on the day on other claims, by those who performed it here."""
    performers = {line.performer for line in own if line.performer}
    return sum(
        other.units
        for other in encounter.others or ()
        if other.date == day and other.performer in performers and normalize(other.code) == normalize(own[0].code)
    )


def _add_ons(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c88 and c89, on the day of the line; c80 where the add-on codes are not loaded."""
    if encounter.claim_kind not in SETTINGS:
        return
    untold = True
    for day, of_code in encounter.days.items():
        found = facts.add_ons(of_code, day)
        if not found.coverage.complete and untold:
            untold = False
            yield code_rules()["c80"].finding("line", {"date": str(day)}, not_checked=found.coverage.warning)
        for code, rule in found.rules.items():
            if not of_code.keys().isdisjoint(rule.primaries):
                continue
            line = of_code[code][0]
            some = ", ".join(rule.primaries[:3])
            more = " or others" if len(rule.primaries) > 3 else ""
            seen = {"code": code, "line": line.sequence, "primaries": f"{some}{more}" or "what the contractor lists"}
            yield code_rules()["c89" if rule.contractor_decides else "c88"].finding(f"line.{line.sequence}", seen)


CHECKS = (_pairs, _units, _add_ons)

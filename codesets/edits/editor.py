"""Edits of the Medicare Code Editor: its own on inpatient stays, its tables as advice elsewhere.

Unacceptable principal diagnoses are of inpatient stays alone: many Z codes are rightly first on an office claim. Sex
conflicts are told for the discharges they held for, since the editor's tables carry dates. Source: CMS, Definitions of
Medicare Code Edits; ICD-10-CM Official Guidelines, section I.A.13 (manifestations).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from codesets.catalog import dotted, normalize
from codesets.edits.facts import CodeFacts
from codesets.edits.findings import ClaimKind, CodedEncounter, CodeFinding
from codesets.edits.rules import code_rules
from codesets.mce import AGES, HOME, OLDEST, Stay
from codesets.notes import NoteKind

RULES = {
    "MANIFESTATION_AS_PDX": "c25",
    "QUESTIONABLE_ADMISSION": "c101",
    "UNACCEPTABLE_PDX": "c102",
    "REQUIRES_SDX": "c103",
    "AGE_CONFLICT": "c104",
    "SEX_CONFLICT": "c105",
    "NON_COVERED": "c106",
    "INVALID_DISCHARGE_STATUS": "c108",
    "WRONG_PROCEDURE_PERFORMED": "c109",
    "UNSPECIFIED": "c111",
    "INVALID_ADMIT_DX": "c112",
    "QUESTIONABLE_OBSTETRIC_ADMISSION": "c113",
    "INVALID_AGE": "c114",
}
"""The rule that tells of an edit; every limited coverage is c107, and what is not named here is c116."""

ELSEWHERE = frozenset({"INVALID_CODE", "E_CODE_AS_PDX", "DUPLICATE_OF_PDX", "INVALID_POA", "INVALID_SEX"})
"""Edits that rules of ours tell better: c02, c11, c24, c21, c53 and the scrubber's on the patient's sex."""

LONG_VENTILATION, LEAST_DAYS = "5A1955Z", 4
"""Ventilation of more than 96 consecutive hours, and the shortest stay it fits in. Source: MCE, length of stay."""

_ANY_AGE = 40


def _stay(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c25, c101 to c114 and c116 on an inpatient stay; c115 where the editor is not there."""
    listed = encounter.listed
    if encounter.claim_kind is not ClaimKind.INPATIENT or not listed:
        return
    admitting = next((d.code for d in encounter.diagnoses if d.role == "admitting"), "")
    status = encounter.discharge_status
    answer = facts.editor(
        Stay(
            discharged=encounter.date,
            age=_ANY_AGE if encounter.age is None else encounter.age,
            sex=encounter.sex,
            status=int(status) if status.isascii() and status.isdigit() and len(status) <= 3 else HOME,
            principal=normalize(listed[0].code),
            secondary=tuple(normalize(each.code) for each in listed[1:]),
            procedures=tuple(normalize(p.code) for p in encounter.procedures if p.system == "icd10pcs"),
            admitting=normalize(admitting),
        )
    )
    if answer.warning:
        yield code_rules()["c115"].finding("diagnosis", {"date": encounter.date}, not_checked=answer.warning)
    for found in answer.found:
        aged = found.edit in ("AGE_CONFLICT", "INVALID_AGE")
        if found.edit in ELSEWHERE or (aged and encounter.age is None):
            continue
        rule = "c107" if found.edit.startswith("LIMITED_COVERAGE") else RULES.get(found.edit, "c116")
        place, sequence = _place(encounter, found.code)
        seen = {
            "code": dotted(found.code) if place.startswith("diagnosis") else found.code,
            "sequence": sequence,
            "age": encounter.age,
            "sex": encounter.sex,
            "status": status,
            "edit": found.edit.replace("_", " ").lower(),
        }
        yield code_rules()[rule].finding(place, seen)


def _long_ventilation(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c110: the edit on the length of stay, which the editor at hand is not told."""
    if encounter.claim_kind is not ClaimKind.INPATIENT or encounter.admitted is None:
        return
    days = (encounter.date - encounter.admitted).days
    for line in encounter.procedures:
        if normalize(line.code) == LONG_VENTILATION and days < LEAST_DAYS:
            seen = {"code": normalize(line.code), "days": days, "line": line.sequence}
            yield code_rules()["c110"].finding(f"line.{line.sequence}", seen)


def _advice(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c25 and c26 outside of inpatient stays, from the editor's tables, each code by itself.

    Only a code with a "code first" note can be a manifestation, so only such a one is asked about, and c115 said for.
    """
    listed = encounter.listed
    if encounter.claim_kind is ClaimKind.INPATIENT or not listed:
        return
    # The quarter stands for the day and the group for the age: each question is asked once.
    quarter, first = _quarter(encounter.date), listed[0]
    notes = facts.notes(first.code, encounter.date)
    if notes and notes.of(NoteKind.CODE_FIRST):
        place = f"diagnosis.{first.sequence}"
        answer = facts.editor_alone(normalize(first.code), quarter, _ANY_AGE)
        if answer.warning:
            yield code_rules()["c115"].finding(place, {"date": encounter.date}, not_checked=answer.warning)
        if any(found.edit == "MANIFESTATION_AS_PDX" for found in answer.found):
            yield code_rules()["c25"].finding(place, {"code": dotted(first.code), "sequence": first.sequence})
    if encounter.age is None or not 0 <= encounter.age <= OLDEST:
        return
    group = AGES[bisect_right(AGES, encounter.age) - 1]
    if facts.editor_silent([diagnosis.code for diagnosis in listed], quarter, group):
        return
    for diagnosis in listed:
        answer = facts.editor_alone(normalize(diagnosis.code), quarter, group)
        if any(found.edit == "AGE_CONFLICT" for found in answer.found):
            seen = {"code": dotted(diagnosis.code), "age": encounter.age, "sequence": diagnosis.sequence}
            yield code_rules()["c26"].finding(f"diagnosis.{diagnosis.sequence}", seen)


@lru_cache(1 << 10)
def _quarter(day: dt.date) -> dt.date:
    """The first day of the quarter of a day."""
    return dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _place(encounter: CodedEncounter, code: str) -> tuple[str, int]:
    for diagnosis in encounter.diagnoses:
        if normalize(diagnosis.code) == code:
            return f"diagnosis.{diagnosis.sequence}", diagnosis.sequence
    for line in encounter.procedures:
        if normalize(line.code) == code:
            return f"line.{line.sequence}", line.sequence
    return "encounter", 0


OF_STAYS = (_stay, _long_ventilation)
CHECKS = (*OF_STAYS, _advice)

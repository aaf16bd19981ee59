"""The code edits themselves: each reads the codes of one encounter and yields what it found.

Rules are named by the ids of `rules.toml`, where their words, weights and sources stand. A rule whose facts are
not loaded yields `could_not_check`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TypeVar

from codesets.catalog import Validity, ValidityKind, dotted, normalize
from codesets.edits import bundling, conventions, coverage, editor, indicators, surgery
from codesets.edits.facts import CodeFacts
from codesets.edits.findings import ClaimKind, CodedEncounter, CodedProcedure, CodeFinding
from codesets.edits.rules import code_rules
from codesets.procedures import Modifiers
from codesets.releases import CodeSystem
from codesets.service_lines import is_cpt, system_of_line

MOST_POINTERS = 4
MOST_MODIFIERS = 4
MOST_REPEATS = 5
"""How many lines that repeat one are told line by line."""

POA_INDICATORS = frozenset("YNUW")
NEVER_EXEMPT = frozenset("ACDFGHJKLNRU")
"""First letters of which no code has ever been exempt. Source: CMS, POA exempt lists of FY2025 and FY2026."""


_T = TypeVar("_T")

Check = Callable[[CodedEncounter, CodeFacts], Iterator[CodeFinding]]

_MODIFIER = re.compile(r"[A-Z0-9]{2}")
_DENTAL = re.compile(r"D\d{4}")
_PROCEDURE_SYSTEMS = {"hcpcs": CodeSystem.HCPCS, "icd10pcs": CodeSystem.ICD10PCS}


def check_codes(encounter: CodedEncounter, facts: CodeFacts) -> tuple[CodeFinding, ...]:
    """Every finding on the codes, in the order of the checks and of the codes."""
    rules, kind = code_rules(), encounter.claim_kind
    found: list[CodeFinding] = []
    for check in _to_run(encounter, facts):
        found += check(encounter, facts)
    return tuple(finding for finding in found if kind in rules[finding.rule_id].kinds) if found else ()


def _diagnosis_validity(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c01 to c04. Source: the release in force on the date (45 CFR 162.1000)."""
    if facts.all_valid(CodeSystem.ICD10CM, [diagnosis.code for diagnosis in encounter.diagnoses], encounter.date):
        return
    uncovered: dict[str, Validity] = {}
    for diagnosis in encounter.diagnoses:
        answer = facts.validity(CodeSystem.ICD10CM, diagnosis.code, encounter.date)
        if answer.kind is ValidityKind.VALID:
            continue
        place = f"diagnosis.{diagnosis.sequence}"
        seen = _seen(dotted(diagnosis.code), answer, encounter.date)
        match answer.kind:
            case ValidityKind.HEADER:
                yield code_rules()["c01"].finding(place, seen)
            case ValidityKind.UNKNOWN:
                yield code_rules()["c02"].finding(place, seen)
            case ValidityKind.COULD_NOT_CHECK:
                yield code_rules()["c02"].finding(place, seen, not_checked=answer.reason)
            case ValidityKind.NOT_COVERED:
                uncovered.setdefault(answer.reason, answer)
                yield from _in_nearest_release(answer, place, seen)
    for answer in uncovered.values():
        yield _uncovered(answer.reason, encounter.date)


def _procedure_validity(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c11, c03 and c04, each line on its own service date."""
    if _all_valid(encounter, facts):
        return
    uncovered: dict[str, dt.date] = {}
    for procedure in encounter.procedures:
        on, system = procedure.date or encounter.date, _code_system(procedure)
        answer = facts.validity(system, procedure.code, on) if system else None
        if answer and answer.kind is ValidityKind.VALID:
            continue
        place = f"line.{procedure.sequence}"
        if procedure.code[:1] in ("D", "d") and _DENTAL.fullmatch(normalize(procedure.code)):
            reason = f"{normalize(procedure.code)}: dental codes (CDT) are licensed and not loaded."
            yield code_rules()["c11"].finding(place, {"code": normalize(procedure.code)}, not_checked=reason)
            continue
        if answer is None:
            unread = {"code": procedure.code, "system": procedure.system}
            reason = f"{procedure.code}: no code system is called {procedure.system!r}."
            yield code_rules()["c11"].finding(place, unread, not_checked=reason)
            continue
        seen = _seen(normalize(procedure.code), answer, on)
        match answer.kind:
            case ValidityKind.HEADER | ValidityKind.UNKNOWN:
                yield code_rules()["c11"].finding(place, seen)
            case ValidityKind.COULD_NOT_CHECK:
                yield code_rules()["c11"].finding(place, seen, not_checked=answer.reason)
            case ValidityKind.NOT_COVERED:
                uncovered.setdefault(answer.reason, on)
                yield from _in_nearest_release(answer, place, seen)
    for reason, on in uncovered.items():
        yield _uncovered(reason, on)


def _all_valid(encounter: CodedEncounter, facts: CodeFacts) -> bool:
    """Whether every procedure is of a HCPCS line and may be reported on its day, as on most claims."""
    if len(encounter.procedures) != len(encounter.service_lines):
        return False
    for day, codes in encounter.days.items():
        cpt = list(filter(is_cpt, codes))
        level_2 = [code for code in codes if code not in cpt] if cpt else codes
        if cpt and not facts.all_valid(CodeSystem.CPT, cpt, day) or not facts.all_valid(CodeSystem.HCPCS, level_2, day):
            return False
    return True


def _uncovered(reason: str, on: dt.date) -> CodeFinding:
    return code_rules()["c03"].finding("service_date", {"date": str(on)}, not_checked=reason)


def _code_system(procedure: CodedProcedure) -> CodeSystem | None:
    """Which release a procedure is looked up in."""
    known = _PROCEDURE_SYSTEMS.get(procedure.system)
    return system_of_line(known.value, procedure.code) if known else None


def _in_nearest_release(answer: Validity, place: str, seen: dict[str, object]) -> Iterator[CodeFinding]:
    """Where no release covers the date, what the nearest one says; a starter list says nothing of what it lacks."""
    complete = answer.release is not None and answer.release.complete
    if complete and (answer.code is None or not answer.code.billable):
        yield code_rules()["c04"].finding(place, seen)


def _duplicate_diagnosis(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c21. An admitting diagnosis or a reason for the visit may repeat another diagnosis."""
    first: dict[str, int] = {}
    for diagnosis in encounter.listed:
        code = normalize(diagnosis.code)
        if code in first:
            seen = {"code": dotted(code), "first": first[code], "sequence": diagnosis.sequence}
            yield code_rules()["c21"].finding(f"diagnosis.{diagnosis.sequence}", seen)
        first.setdefault(code, diagnosis.sequence)


def _principal_diagnosis(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c22 to c24."""
    listed = encounter.listed
    if not listed:
        yield code_rules()["c22"].finding("diagnosis", {"count": 0})
        return
    principal = [diagnosis for diagnosis in listed if diagnosis.role == "principal"]
    if len(principal) != 1 or principal[0] is not listed[0]:
        seen = {"found": len(principal), "count": len(listed), "sequence": listed[0].sequence}
        yield code_rules()["c23"].finding(f"diagnosis.{listed[0].sequence}", seen)
    if is_external_cause(listed[0].code):
        place = f"diagnosis.{listed[0].sequence}"
        yield code_rules()["c24"].finding(place, {"code": dotted(listed[0].code)})


def is_external_cause(code: str) -> bool:
    """Whether a diagnosis is of chapter 20: every valid code of it begins with V, W, X or Y, and no other code does.

    Source: ICD-10-CM Official Guidelines, section I.C.20.
    """
    return normalize(code)[:1] in ("V", "W", "X", "Y")


def _external_causes(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c154: on the bill of a facility; of the one that stands first c24 tells."""
    first = encounter.listed[:1]
    for diagnosis in encounter.diagnoses:
        if diagnosis.role != "external_cause" and is_external_cause(diagnosis.code) and diagnosis not in first:
            seen = {"code": dotted(diagnosis.code), "sequence": diagnosis.sequence}
            yield code_rules()["c154"].finding(f"diagnosis.{diagnosis.sequence}", seen)


def _pointers(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c31 to c34, for HCPCS lines."""
    present = {diagnosis.sequence for diagnosis in encounter.diagnoses}
    for line in encounter.service_lines:
        place = f"line.{line.sequence}.pointers"
        if not line.pointers:
            yield code_rules()["c34"].finding(place, {"line": line.sequence})
        for pointer in () if present.issuperset(line.pointers) else sorted(set(line.pointers) - present):
            yield code_rules()["c31"].finding(place, {"line": line.sequence, "pointer": pointer, "count": len(present)})
        for pointer in _repeated(line.pointers):
            kept = ",".join(map(str, dict.fromkeys(line.pointers)))
            yield code_rules()["c32"].finding(
                place, {"line": line.sequence, "pointer": pointer, "letter": line.letter, "kept": kept}
            )
        if len(line.pointers) > MOST_POINTERS:
            kept = ",".join(map(str, line.pointers[:MOST_POINTERS]))
            yield code_rules()["c33"].finding(
                place, {"line": line.sequence, "count": len(line.pointers), "letter": line.letter, "kept": kept}
            )


def _modifiers(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c41 to c44, for HCPCS lines."""
    for line in encounter.modified_lines:
        known = facts.modifiers(line.date or encounter.date)
        place = f"line.{line.sequence}.modifiers"
        modifiers = [modifier.strip().upper() for modifier in line.modifiers]
        for modifier in _repeated(modifiers):
            kept = "".join(f"-{each}" for each in dict.fromkeys(modifiers))
            seen = {"line": line.sequence, "modifier": modifier, "letter": line.letter, "kept": kept}
            yield code_rules()["c41"].finding(place, seen)
        if len(modifiers) > MOST_MODIFIERS:
            yield code_rules()["c42"].finding(place, {"line": line.sequence, "count": len(modifiers)})
        for modifier in dict.fromkeys(modifiers):
            if modifier in known.codes:
                continue
            if not _MODIFIER.fullmatch(modifier):
                yield code_rules()["c43"].finding(place, {"line": line.sequence, "modifier": modifier})
            else:
                yield _unknown_modifier(line, modifier, known)


def _unknown_modifier(line: CodedProcedure, modifier: str, known: Modifiers) -> CodeFinding:
    """c44. Modifiers of two digits are of CPT: those that Medicare's manuals name are known, of others nothing is."""
    reason = ""
    if modifier.isdigit():
        reason = f"Modifier {modifier}: CPT is licensed, and its modifiers are not loaded."
    elif not known.complete:
        reason = f"Modifier {modifier}: only a starter list of HCPCS modifiers is loaded, and it is not in it."
    seen = {"line": line.sequence, "modifier": modifier, "edition": known.edition}
    return code_rules()["c44"].finding(f"line.{line.sequence}.modifiers", seen, not_checked=reason)


def _repeated_line(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c35, for HCPCS lines; a service that stands many times is told once.

    What a modifier says of a visit beside a procedure (25) is no reason why the visit should stand twice.
    """
    if all(len(own) == 1 for of_code in encounter.days.values() for own in of_code.values()):
        return
    alike: dict[tuple[object, ...], list[int]] = {}
    for line in encounter.service_lines:
        saying_why = tuple(sorted({modifier.upper() for modifier in line.modifiers} - bundling.ONLY_ON_VISITS))
        alike.setdefault((normalize(line.code), saying_why, line.date), []).append(line.sequence)
    for (code, _, _), (first, *again) in alike.items():
        told = again if len(again) <= MOST_REPEATS else again[:1]
        for sequence in told:
            more = f" and {len(again) - len(told)} more" if len(again) > len(told) else ""
            seen = {"code": code, "first": first, "line": f"{sequence}{more}"}
            yield code_rules()["c35"].finding(f"line.{sequence}", seen)


def _procedure_day(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c61, for ICD-10-PCS procedures."""
    for line in encounter.procedures:
        if line.system == "icd10pcs" and line.date is None:
            yield code_rules()["c61"].finding(f"line.{line.sequence}.service_date", {"code": normalize(line.code)})


def _inpatient_procedures(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c62, for ICD-10-PCS procedures on a professional or an outpatient claim."""
    if encounter.claim_kind is ClaimKind.INPATIENT:
        return
    for line in encounter.procedures:
        if line.system == "icd10pcs":
            code = normalize(line.code)
            seen = {"code": code, "line": line.sequence, "row": line.letter or code.lower()}
            yield code_rules()["c62"].finding(f"line.{line.sequence}", seen)


def _present_on_admission(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c51 to c55. POA belongs to principal, secondary and external cause diagnoses of an inpatient stay."""
    undecided: list[tuple[str, str]] = []
    inpatient = encounter.claim_kind is ClaimKind.INPATIENT
    for diagnosis in encounter.listed:
        if not inpatient and not diagnosis.poa:
            continue
        place, poa = f"diagnosis.{diagnosis.sequence}.poa", diagnosis.poa.strip().upper()
        indicator = f"POA {poa}" if poa else "no POA indicator"
        seen = {"code": dotted(diagnosis.code), "poa": poa, "indicator": indicator, "sequence": diagnosis.sequence}
        if not inpatient:
            if poa:
                yield code_rules()["c54"].finding(place, seen)
            continue
        exempt = facts.poa_exempt(diagnosis.code, encounter.date)
        if exempt is None and normalize(diagnosis.code)[:1] in NEVER_EXEMPT:
            exempt = False
        if poa and poa != "1" and poa not in POA_INDICATORS:
            yield code_rules()["c53"].finding(place, seen)
        elif exempt is None:
            # Y is wrong for an exempt code, none is wrong for any other: only the list can tell.
            undecided.append((place, dotted(diagnosis.code)))
        elif exempt is False and poa in ("", "1"):
            yield code_rules()["c51"].finding(place, seen)
        elif exempt and poa in POA_INDICATORS:
            yield code_rules()["c52"].finding(place, seen)
    if undecided:
        rule, seen = code_rules()["c55"], {"codes": ", ".join(code for _, code in undecided)}
        yield rule.finding(undecided[0][0], seen, not_checked=rule.message.format_map(seen))


_CHECKS: tuple[Check, ...] = (
    _diagnosis_validity,
    _procedure_validity,
    _principal_diagnosis,
    _external_causes,
    _duplicate_diagnosis,
    _pointers,
    _modifiers,
    _repeated_line,
    _present_on_admission,
    _procedure_day,
    _inpatient_procedures,
    *conventions.CHECKS,
    *bundling.CHECKS,
    *indicators.CHECKS,
    *surgery.CHECKS,
    *coverage.CHECKS,
    *editor.CHECKS,
)


_OF_STAYS = frozenset({_procedure_day, *editor.OF_STAYS})
_OF_MODIFIERS = frozenset({_modifiers, *conventions.OF_MODIFIERS, *indicators.CHECKS, *surgery.OF_MODIFIERS})
_OF_PAIRS, _OF_OTHERS = frozenset(conventions.OF_PAIRS), frozenset(surgery.OF_OTHERS)
_OF_MEDICARE, _OF_PCS = frozenset(coverage.CHECKS), frozenset({_procedure_day, _inpatient_procedures})


def _to_run(encounter: CodedEncounter, facts: CodeFacts) -> tuple[Check, ...]:
    """The checks that can say something of an encounter: those of what it does not have are left out."""
    return _without(
        encounter.claim_kind is not ClaimKind.INPATIENT,
        not encounter.modified_lines,
        not conventions.related(encounter, facts),
        encounter.others == (),
        not encounter.medicare,
        len(encounter.service_lines) == len(encounter.procedures),
    )


@cache
def _without(stays: bool, modifiers: bool, pairs: bool, others: bool, medicare: bool, pcs: bool) -> tuple[Check, ...]:
    """The checks without those of stays, modifiers, pairs of diagnoses, other claims, Medicare and ICD-10-PCS."""
    groups = zip(
        (stays, modifiers, pairs, others, medicare, pcs),
        (_OF_STAYS, _OF_MODIFIERS, _OF_PAIRS, _OF_OTHERS, _OF_MEDICARE, _OF_PCS),
        strict=True,
    )
    needless = frozenset().union(*(group for left_out, group in groups if left_out))
    return tuple(check for check in _CHECKS if check not in needless)


def _seen(code: str, answer: Validity, on: dt.date) -> dict[str, object]:
    proposed = answer.proposed.dotted if answer.proposed else ""
    return {
        "code": code,
        "reason": answer.reason,
        "proposed": proposed or "a code below it",
        "nearest": f" The nearest is {proposed}." if proposed else "",
        "edition": answer.release.edition if answer.release else "no release",
        "date": str(on),
    }


def _repeated(values: Sequence[_T]) -> list[_T]:
    if len(values) < 2 or len(set(values)) == len(values):
        return []
    return [value for value, count in Counter(values).items() if count > 1]

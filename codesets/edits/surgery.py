"""Edits on global surgery: services of one practitioner within the days that a procedure's payment includes.

The days come from the physician fee schedule, the procedures before from the patient's other claims. A line is taken
for a visit where the schedule gives it no global days and no components (XXX, indicator 0), which is what the schedule
says of evaluation and management. Source: CMS, Claims Processing Manual, chapter 12, section 40.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from codesets.catalog import normalize
from codesets.edits.bundling import ONLY_ON_VISITS
from codesets.edits.facts import CodeFacts
from codesets.edits.findings import ClaimKind, CodedEncounter, CodedProcedure, CodeFinding, OtherService
from codesets.edits.rules import code_rules
from codesets.fees import FeeValue

GLOBAL_DAYS = {"000": 0, "010": 10, "090": 90}
LONGEST = 90
VISIT_MODIFIERS = frozenset({"24", "25", "57", "FT"})
PROCEDURE_MODIFIERS = frozenset({"58", "78", "79"})


def _global_period(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c121 to c123; c124 where the fee schedule cannot say, or nobody knows the other claims of the patient."""
    if encounter.claim_kind is not ClaimKind.PROFESSIONAL:
        return
    if encounter.others is None:
        if encounter.service_lines:
            line = encounter.service_lines[0]
            why = "Global days: the other claims of the patient are not known here."
            yield code_rules()["c124"].finding(f"line.{line.sequence}", {"line": line.sequence}, not_checked=why)
        return
    if not encounter.others:
        return
    untold = True
    for line in encounter.service_lines:
        on = line.date or encounter.date
        near = [other for other in encounter.others if -1 <= (on - other.date).days <= LONGEST and _same(line, other)]
        if not near:
            continue
        own = facts.fee(normalize(line.code), on)
        if own is None or not own.origin.covered:
            if untold:
                untold = False
                why = own.origin.warning if own else f"{normalize(line.code)} is in no fee schedule that is loaded."
                yield code_rules()["c124"].finding(f"line.{line.sequence}", {"line": line.sequence}, not_checked=why)
            continue
        for other in near:
            if finding := _within(line, own, other, facts.fee(normalize(other.code), other.date), on):
                yield finding
                break


def _within(
    line: CodedProcedure, own: FeeValue, other: OtherService, theirs: FeeValue | None, on: dt.date
) -> CodeFinding | None:
    """What a line is told that lies in the global period of one service before it, or on the day before it."""
    days = GLOBAL_DAYS.get(theirs.global_days, 0) if theirs and theirs.origin.covered else 0
    after = (on - other.date).days
    carried = {modifier.upper() for modifier in line.modifiers}
    visit = own.global_days == "XXX" and own.pctc == "0" and own.status == "A"
    seen = {
        "line": line.sequence,
        "code": normalize(line.code),
        "other": normalize(other.code),
        "claim": other.claim,
        "day": str(other.date),
        "days": days,
    }
    place = f"line.{line.sequence}.modifiers"
    if 1 <= after <= days:
        if visit and not carried & VISIT_MODIFIERS:
            return code_rules()["c121"].finding(place, seen)
        if own.global_days in GLOBAL_DAYS and not carried & PROCEDURE_MODIFIERS:
            return code_rules()["c122"].finding(place, seen)
    elif after == -1 and days == LONGEST and visit and not carried & VISIT_MODIFIERS:
        return code_rules()["c123"].finding(place, seen)
    return None


def _same(line: CodedProcedure, other: OtherService) -> bool:
    """Whether one practitioner did both, as far as their numbers are known."""
    return bool(line.performer) and line.performer == other.performer


def _visit_modifiers(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c125, c126 and c127: modifiers that the fee schedule says do not fit the code."""
    if encounter.claim_kind is not ClaimKind.PROFESSIONAL:
        return
    for line in encounter.modified_lines:
        carried = [m for m in map(str.upper, line.modifiers) if m in ONLY_ON_VISITS or m in ("51", "62", "66")]
        if not carried:
            continue
        value = facts.fee(normalize(line.code), line.date or encounter.date)
        if value is None or not value.origin.covered:
            continue  # c95 says that the schedule is missing
        for modifier in carried:
            rule, indicator = "", value.global_days
            if modifier in ONLY_ON_VISITS and value.global_days in GLOBAL_DAYS:
                rule = "c125"
            elif modifier == "51" and value.multiple == "0":
                rule, indicator = "c126", value.multiple
            elif modifier in ("62", "66"):
                indicator = value.cosurgeon if modifier == "62" else value.team
                rule = {"0": "c127", "1": "c128"}.get(indicator, "")
            if rule:
                seen = {"line": line.sequence, "code": normalize(line.code), "modifier": modifier}
                seen |= {"indicator": indicator, "edition": value.origin.edition}
                yield code_rules()[rule].finding(f"line.{line.sequence}.modifiers", seen)


OF_OTHERS, OF_MODIFIERS = (_global_period,), (_visit_modifiers,)
CHECKS = (*OF_OTHERS, *OF_MODIFIERS)

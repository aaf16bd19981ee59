"""Edits from the payment indicators of the physician fee schedule: which modifiers a code can carry.

Only lines that carry such a modifier are looked at. Source: CMS, relative value file (PPRRVU), record layout; Claims
Processing Manual, chapter 12, section 40.7 (bilateral) and section 20.4.3 (assistant at surgery).
"""

from __future__ import annotations

from collections.abc import Iterator

from codesets.catalog import normalize
from codesets.edits.facts import CodeFacts
from codesets.edits.findings import CodedEncounter, CodeFinding
from codesets.edits.rules import code_rules

COMPONENT, BILATERAL, ASSISTANT = frozenset({"26", "TC"}), frozenset({"50"}), frozenset({"80", "81", "82", "AS"})
JUDGED = COMPONENT | BILATERAL | ASSISTANT


def _indicators(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c91 to c94; c95 where no fee schedule covers the date."""
    untold = True
    for line in encounter.modified_lines:
        carried = [modifier for modifier in map(str.upper, line.modifiers) if modifier in JUDGED]
        if not carried:
            continue
        code, place = normalize(line.code), f"line.{line.sequence}.modifiers"
        value = facts.fee(code, line.date or encounter.date)
        if value is None or not value.origin.covered:
            if untold:
                untold = False
                reason = value.origin.warning if value else f"{code} is in no physician fee schedule that is loaded."
                yield code_rules()["c95"].finding(place, {"code": code}, not_checked=reason)
            continue
        seen = {"line": line.sequence, "code": code, "edition": value.origin.edition}
        for modifier in carried:
            rule, indicator = "", ""
            if modifier in COMPONENT and value.pctc != "1":
                rule, indicator = "c91", value.pctc
            elif modifier in BILATERAL and value.bilateral not in ("1", "3"):
                rule, indicator = "c92", value.bilateral
            elif modifier in ASSISTANT and value.assistant in ("0", "1"):
                rule, indicator = "c93" if value.assistant == "1" else "c94", value.assistant
            if rule:
                yield code_rules()[rule].finding(place, seen | {"modifier": modifier, "indicator": indicator})


def _both_sides(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c96 and c97: modifier 50 says both sides already."""
    for line in encounter.modified_lines:
        if len(line.modifiers) < 2:
            continue
        carried = set(map(str.upper, line.modifiers))
        place = f"line.{line.sequence}.modifiers"
        if "50" in carried and (sides := sorted(carried & {"LT", "RT"})):
            yield code_rules()["c96"].finding(place, {"line": line.sequence, "side": sides[0]})
        if {"JW", "JZ"} <= carried:
            yield code_rules()["c97"].finding(place, {"line": line.sequence})


CHECKS = (_indicators, _both_sides)

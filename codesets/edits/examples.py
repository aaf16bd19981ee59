"""The examples that each code edit carries: codes it lets pass and codes it finds, in `examples.toml`.

A rule whose examples do not come out as they say must not be switched on; the tests run all of them. Lines are written
as `ZZ001-59 x3 @2026-09-15 1,2 by 1999990041`: code and modifiers, units, day, pointers, who performed; codes of
procedures are made up.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from codesets.edits.checks import check_codes
from codesets.edits.findings import ClaimKind, CodedDiagnosis, CodedEncounter, CodedProcedure, OtherService
from codesets.edits.made_facts import MadeFacts, made_facts
from codesets.edits.rules import BadRules, code_rules

DAY = dt.date(2026, 9, 14)


@dataclass(frozen=True)
class CodeExample:
    """Codes and facts for one rule. `at` is the place of the finding that is expected, empty where none is.

    `unchecked`: the finding says that it could not be checked.
    """

    rule_id: str
    encounter: CodedEncounter
    facts: MadeFacts
    at: str
    unchecked: bool = False

    def trouble(self) -> str:
        """What comes out otherwise than the example says, in one line; empty where it holds."""
        found = [one for one in check_codes(self.encounter, self.facts) if one.rule_id == self.rule_id]
        places = [one.place for one in found]
        if not self.at:
            return f"expected nothing, found {found[0].message} at {places[0]}" if found else ""
        if self.at not in places:
            return f"expected a finding at {self.at}, found {', '.join(places) or 'none'}"
        unchecked = found[places.index(self.at)].severity.value == "could_not_check"
        return "" if unchecked == self.unchecked else "whether it could be checked came out otherwise"


@cache
def code_examples() -> Mapping[str, tuple[CodeExample, ...]]:
    """The examples of every rule, passing ones first. Raises BadRules for one that cannot be read."""
    data = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf-8"))
    if strange := set(data) - set(code_rules()):
        raise BadRules(f"examples: no rule is called {min(strange)}")
    return {rule_id: tuple(_examples(rule_id, entry)) for rule_id, entry in data.items()}


def _examples(rule_id: str, entry: Mapping[str, Any]) -> list[CodeExample]:
    shared = {key: value for key, value in entry.items() if key not in ("passes", "fails")}
    passing = [_example(rule_id, shared | one, "") for one in entry.get("passes", ())]
    failing = [_example(rule_id, shared | one, one.get("at") or "nowhere") for one in entry.get("fails", ())]
    return passing + failing


def _example(rule_id: str, entry: Mapping[str, Any], at: str) -> CodeExample:
    try:
        on = dt.date.fromisoformat(entry.get("date", str(DAY)))
        encounter = CodedEncounter(
            date=on,
            claim_kind=ClaimKind(entry.get("kind", "professional")),
            diagnoses=tuple(_diagnosis(place, text) for place, text in enumerate(entry.get("dx", ["I10"]), 1)),
            procedures=tuple(
                _procedure(place, text, entry.get("system", "hcpcs"))
                for place, text in enumerate(entry.get("lines", ()), 1)
            ),
            sex=entry.get("sex", "F"),
            age=entry.get("age"),
            admitted=dt.date.fromisoformat(entry["admitted"]) if "admitted" in entry else None,
            discharge_status=entry.get("status", ""),
            medicare=entry.get("medicare", False),
            others=tuple(_other(text) for text in entry.get("others", ())),
        )
        facts = made_facts({**entry.get("known", {}), **entry.get("but", {})})
    except (KeyError, ValueError, TypeError) as error:
        raise BadRules(f"example of {rule_id}: {error}") from None
    return CodeExample(rule_id, encounter, facts, at, entry.get("unchecked", False))


def _diagnosis(place: int, text: str) -> CodedDiagnosis:
    """`I10`, `I10 Y`, `I10 secondary`, `I10 admitting`: code, then POA or role."""
    code, *rest = text.split()
    role, poa = "principal" if place == 1 else "secondary", ""
    for word in rest:
        if len(word) == 1:
            poa = word
        else:
            role = word
    return CodedDiagnosis(place, code, role, poa)


def _procedure(place: int, text: str, system: str) -> CodedProcedure:
    first, *rest = text.split()
    code, *modifiers = first.split("-")
    line: dict[str, Any] = {"pointers": (1,), "performer": "1999990033", "date": None if system == "icd10pcs" else DAY}
    for word in rest:
        if word[0] == "x":
            line["units"] = int(word[1:])
        elif word[0] == "@":
            line["date"] = dt.date.fromisoformat(word[1:])
        elif word == "none":
            line["pointers"] = ()
        elif re.fullmatch(r"\d{10}", word):
            line["performer"] = word
        elif word == "by":
            continue
        else:
            line["pointers"] = tuple(map(int, word.split(",")))
    return CodedProcedure(place, system, code, tuple(modifiers), **line)


def _other(text: str) -> OtherService:
    """A service on another claim by the same practitioner: `ZZ001-59 @2026-09-01 x2`."""
    line = _procedure(1, text, "hcpcs")
    assert line.date is not None
    return OtherService(line.code, line.date, line.performer, line.modifiers, line.units, "2026-000001")

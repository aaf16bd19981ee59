"""The wording and weight of the code edits, read from `rules.toml` and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from codesets.edits.findings import ClaimKind, CodeFinding, Severity
from codesets.errors import CodedeskError


class BadRules(CodedeskError):
    """A rules file does not keep to its schema."""

    title = "rules"


@dataclass(frozen=True)
class CodeRule:
    """One code edit: its weight, its words and its source. `kinds` are the kinds of claims it applies to.

    `repair` is the line of entry that mends what it found, where one thing alone can be meant.
    """

    id: str
    version: int
    title: str
    severity: Severity
    message: str
    fix: str
    citation: str
    kinds: frozenset[ClaimKind] = frozenset(ClaimKind)
    repair: str = ""

    def finding(self, place: str, seen: Mapping[str, object], not_checked: str = "") -> CodeFinding:
        """A finding of this rule. With `not_checked`, the reason why it could not be checked."""
        return CodeFinding(
            rule_id=self.id,
            rule_version=self.version,
            severity=Severity.COULD_NOT_CHECK if not_checked else self.severity,
            title=f"Not checked: {within(self.title)}" if not_checked else self.title,
            message=not_checked or filled(self.message, seen),
            fix="" if not_checked else filled(self.fix, seen),
            citation=filled(self.citation, seen),
            place=place,
            seen=dict(seen),
            repair="" if not_checked else filled(self.repair, seen),
        )


def filled(text: str, seen: Mapping[str, object]) -> str:
    """A text with the values seen in its places; most citations have none."""
    return text.format_map(seen) if "}" in text else text


def within(title: str) -> str:
    """A title within a sentence: its first letter is small, but where it begins an abbreviation."""
    return title if title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"


@cache
def code_rules() -> Mapping[str, CodeRule]:
    """Every code edit by its id. Raises BadRules with the rule and the field that is wrong."""
    return read_rules(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))


def read_rules(text: str) -> Mapping[str, CodeRule]:
    """The rules of a TOML text. Raises BadRules."""
    rules: dict[str, CodeRule] = {}
    for entry in tomllib.loads(text).get("rule", []):
        rule = _rule(entry)
        if rule.id in rules:
            raise BadRules(f"rule {rule.id} stands twice")
        rules[rule.id] = rule
    return rules


def _rule(entry: dict[str, Any]) -> CodeRule:
    name = entry.get("id", "without id")
    required = {"id": str, "version": int, "title": str, "severity": str, "message": str, "fix": str, "citation": str}
    for key, kind in required.items():
        if not isinstance(entry.get(key), kind) or not entry[key]:
            raise BadRules(f"rule {name}: {key} must be {kind.__name__} and not empty")
    if unknown := set(entry) - set(required) - {"kinds", "repair"}:
        raise BadRules(f"rule {name}: no field is called {min(unknown)}")
    try:
        kinds = frozenset(ClaimKind(kind) for kind in entry.get("kinds", list(ClaimKind)))
        severity = Severity(entry["severity"])
    except ValueError as error:
        raise BadRules(f"rule {name}: {error}") from None
    return CodeRule(**{**entry, "severity": severity, "kinds": kinds})

"""The scrubber's rules as data: read from `rules.toml`, checked against their schema, each bound to its check.

A rule says what it looks for, how much it weighs, its words, its source, its SNIP type (1 to 7) and, where one
fits, the number of the claim adjustment reason (CARC) that payers answer with. What it does is a check function
that it names, whose settings are `params`, or a condition (`store.scrub.expressions`) that holds where it is broken.
"""

from __future__ import annotations

import datetime as dt
import string
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from codesets.edits.rules import code_rules
from codesets.errors import CodedeskError
from store.scrub.expressions import NAMES, BadExpression, Expression, parse
from store.terms import Severity


class BadRules(CodedeskError):
    """The rules file does not keep to its schema."""

    title = "scrub rules"


MOST_CHARACTERS = 1_000
"""How long a field of a rule can be."""

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of what is not shown but steers: control, format, halves of pairs, line and paragraph ends."""


class Family(StrEnum):
    """What a rule protects, in the order of what is denied most."""

    IDENTITY = "identity"
    COMPLETENESS = "completeness"
    BALANCE = "balance"
    AUTHORIZATION = "authorization"
    DUPLICATE = "duplicate"
    TIMELY_FILING = "timely_filing"
    FORMAT = "format"
    CODES = "codes"


class Level(StrEnum):
    """What a rule looks at: the claim, one line at a time, or the claim among others."""

    CLAIM = "claim"
    LINE = "line"
    HISTORY = "history"


class DateBasis(StrEnum):
    """The day that decides whether a rule is in force."""

    SERVICE = "service"
    THROUGH = "through"
    RECEIVED = "received"


@dataclass(frozen=True)
class Rule:
    """One rule. `message` and `fix` have words in braces that are filled from the values the rule saw.

    It holds from `effective_from` to `effective_to`, ISO days, both inclusive, empty for no end, on the day that
    `date_basis` names. `overlay` says which change of the site made it what it is, empty for the rule as it is written.
    """

    id: str
    version: int
    title: str
    family: Family
    level: Level
    forms: frozenset[str]
    severity: Severity
    message: str
    fix: str
    citation: str
    snip: int
    check: str = ""
    carc: int | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    when: Expression | None = None
    effective_from: str = ""
    effective_to: str = ""
    date_basis: DateBasis = DateBasis.SERVICE
    overlay: str = ""


@dataclass(frozen=True)
class CodeEditBinding:
    """What the scrubber adds to a code edit of `codesets.edits`: SNIP type and CARC number.

    `severity` replaces the edit's own where a change of the site says so, `off` leaves it out.
    """

    snip: int
    carc: int | None = None
    severity: Severity | None = None
    off: bool = False
    overlay: str = ""


@dataclass(frozen=True, eq=False)
class RuleBook:
    """All rules in their order, and what belongs to each code edit. Two books are the same only if they are one."""

    rules: tuple[Rule, ...]
    code_edits: Mapping[str, CodeEditBinding]

    @cached_property
    def standing(self) -> frozenset[tuple[str, int]]:
        """The rules and code edits that are asked, each with its version."""
        edits = code_rules()
        asked = {(rule_id, edits[rule_id].version) for rule_id, one in self.code_edits.items() if not one.off}
        return frozenset({(rule.id, rule.version) for rule in self.rules} | asked)

    def rule(self, rule_id: str) -> Rule:
        """The rule with that id; KeyError where there is none."""
        return {rule.id: rule for rule in self.rules}[rule_id]


@cache
def rule_book() -> RuleBook:
    """The rules that ship with codedesk. Raises BadRules with the rule and the field that is wrong."""
    from store.scrub.checks import CHECKS

    return read_rules(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"), frozenset(CHECKS))


def read_rules(text: str, checks: frozenset[str]) -> RuleBook:
    """The rules of a TOML text, given the names of the check functions there are. Raises BadRules."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRules(str(error)) from None
    if unknown := set(data) - {"rule", "code_edit"}:
        raise BadRules(f"no table is called {min(unknown)}")
    rules = [_rule(entry, checks) for entry in data.get("rule", [])]
    ids = [rule.id for rule in rules]
    if repeated := [rule_id for rule_id in ids if ids.count(rule_id) > 1]:
        raise BadRules(f"rule {repeated[0]} stands twice")
    return RuleBook(tuple(rules), _code_edits(data.get("code_edit", {})))


_TEXTS = ("id", "title", "family", "level", "severity", "message", "fix", "citation")
_DAYS = ("effective_from", "effective_to")
_OPTIONAL = {"carc", "params", "check", "when", "date_basis", *_DAYS}


def read_rule(entry: Mapping[str, Any], checks: frozenset[str], stored: bool = False) -> Rule:
    """One rule from its fields, as a file or the record has them. Raises BadRules.

    What is `stored` was let through when it was written, and is not held to what texts may hold since then.
    """
    return _rule(dict(entry), checks, stored)


def _rule(entry: dict[str, Any], checks: frozenset[str], stored: bool = False) -> Rule:
    name = entry.get("id", "without id")
    for key in _TEXTS:
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise BadRules(f"rule {name}: {key} must be text and not empty")
    for key in ("version", "snip"):
        if type(entry.get(key)) is not int or entry[key] < 1:
            raise BadRules(f"rule {name}: {key} must be a whole number from 1")
    if unknown := set(entry) - set(_TEXTS) - _OPTIONAL - {"version", "snip", "forms"}:
        raise BadRules(f"rule {name}: no field is called {min(unknown)}")
    if entry["snip"] > 7:
        raise BadRules(f"rule {name}: SNIP types go from 1 to 7")
    if not entry.get("forms") or not set(entry["forms"]) <= {"837p", "837i"}:
        raise BadRules(f"rule {name}: forms must name 837p, 837i or both")
    if ("check" in entry) == ("when" in entry):
        raise BadRules(f"rule {name}: either check or when says what it looks for")
    if entry.get("check", "") not in checks | {""}:
        raise BadRules(f"rule {name}: no check is called {entry['check']}")
    if type(entry.get("carc", 1)) is not int or not isinstance(entry.get("params", {}), dict):
        raise BadRules(f"rule {name}: carc must be a number and params a table")
    for key in _DAYS:
        if entry.get(key) and not _is_day(entry[key]):
            raise BadRules(f"rule {name}: {key} must be a day as 2026-09-30")
    if not stored:
        for key in (*_TEXTS, "check", "when"):
            _check_text(name, key, entry.get(key, ""))
        for key in ("message", "fix"):
            _check_braces(name, key, entry[key], shown_plain="when" in entry)
    try:
        named = {
            "family": Family(entry["family"]),
            "level": Level(entry["level"]),
            "severity": Severity(entry["severity"]),
            "date_basis": DateBasis(entry.get("date_basis", DateBasis.SERVICE.value)),
        }
    except ValueError as error:
        raise BadRules(f"rule {name}: {error}") from None
    try:
        when = parse(str(entry["when"]), named["level"] is Level.LINE) if "when" in entry else None
    except BadExpression as error:
        raise BadRules(f"rule {name}: when: {error.message}", error.remedy) from None
    if when is not None:
        _check_words(name, entry, NAMES)
    return Rule(**{**entry, **named, "forms": frozenset(entry["forms"]), "when": when})


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and len(text) == 10 and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _check_words(name: str, entry: Mapping[str, Any], known: Collection[str]) -> None:
    """The words in braces of a rule with a condition are values that conditions know."""
    for key in ("message", "fix"):
        if unknown := sorted(words_in(entry[key]) - set(known)):
            raise BadRules(
                f"rule {name}: {key}: {{{unknown[0]}}} is no value of a claim", f"there are {', '.join(sorted(known))}"
            )


def words_in(text: str) -> set[str]:
    """The words in braces of a message or a fix."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def _check_text(name: str, key: str, text: object) -> None:
    """A field is text of a length that fits a screen, without characters that steer a terminal."""
    if not isinstance(text, str):
        raise BadRules(f"rule {name}: {key} must be text")
    if len(text) > MOST_CHARACTERS:
        raise BadRules(f"rule {name}: {key} has {len(text):,} characters", f"at most {MOST_CHARACTERS:,} fit")
    steering = next((c for c in text if unicodedata.category(c) in _STEERING and not (key == "when" and c == "\n")), "")
    if steering:
        at = text.index(steering) + 1
        raise BadRules(f"rule {name}: {key}: character {at} is a control character (U+{ord(steering):04X})")


def _check_braces(name: str, key: str, text: str, shown_plain: bool) -> None:
    """Braces hold one plain word: no format, which makes a megabyte of a number, and no conversion in a condition."""
    try:
        parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError as error:
        raise BadRules(f"rule {name}: {key}: {error} in {text!r}") from None
    for _, word, form, conversion in parts:
        if not str(word).isidentifier() or form or (conversion and (shown_plain or conversion != "r")):
            raise BadRules(f"rule {name}: {key}: braces hold one plain word, in {text!r}", "for example {units}")


def _code_edits(entries: dict[str, Any]) -> dict[str, CodeEditBinding]:
    if strange := set(entries) ^ set(code_rules()):
        raise BadRules(f"code_edit must name every code edit and no other; see {min(strange)}")
    return {rule_id: CodeEditBinding(**entry) for rule_id, entry in entries.items()}

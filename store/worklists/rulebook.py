"""The worklists of a site as data: read from TOML or from the record, checked, asked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.criteria import BadCriterion, Condition, Judged, fields, read_condition
from store.criteria.conditions import Values
from store.criteria.fields import FieldKind

MOST_WORKLISTS = 200
MOST_KEYS = 6
PRIORITY = "priority"

_LISTED = ("waits", "order", "all", "any", "join")
_KNOWN = {"name", "rule", "words", "all", "any", "groups", "join", "skill", "order", "waits"}


class BadWorklists(CodedeskError):
    """The worklists cannot be used; the message names the one and what is wrong with it."""

    title = "worklists"
    exit_code = 1


@dataclass(frozen=True)
class SortKey:
    """One key of a worklist's order: a field or `priority`."""

    name: str
    descending: bool

    @property
    def words(self) -> str:
        return f"{self.name} desc" if self.descending else self.name


@dataclass(frozen=True)
class WorklistRule:
    """One worklist: the condition of the tasks it takes, the skill it asks for, and its order.

    Charts of one that `waits` are not ready to be coded, as those without a document: get-next gives none of them.
    """

    name: str
    rule: str
    words: str
    condition: Condition
    skill: str = ""
    order: tuple[SortKey, ...] = (SortKey(PRIORITY, True),)
    waits: bool = False

    def takes(self, values: Values, today: date) -> bool:
        """Whether it takes a task with these values."""
        return self.condition.takes(values, today)


@dataclass(frozen=True)
class RuleSeen:
    """One worklist as a chart meets it: whether it takes the chart, and each criterion with what the chart has."""

    name: str
    rule: str
    takes: bool
    criteria: tuple[Judged, ...]


@dataclass(frozen=True)
class Rulebook:
    """All worklists of one version, in order; the last one takes every task, so that none is lost."""

    version: int
    rules: tuple[WorklistRule, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The fields that must be known to place a task."""
        asked = {name for rule in self.rules for name in rule.condition.fields}
        return frozenset(asked | {key.name for rule in self.rules for key in rule.order} - {PRIORITY})

    @property
    def waiting(self) -> frozenset[str]:
        """The names of the worklists whose charts wait."""
        return frozenset(rule.name for rule in self.rules if rule.waits)

    def rule_for(self, values: Values, today: date) -> WorklistRule:
        """The first worklist that takes a task with these values."""
        return next(rule for rule in self.rules if rule.takes(values, today))

    def seen(self, values: Values, today: date) -> list[RuleSeen]:
        """The worklists from the top down to the one that takes the task, each with its criteria one by one."""
        found = []
        for rule in self.rules:
            takes = rule.takes(values, today)
            found.append(RuleSeen(rule.name, rule.rule, takes, tuple(rule.condition.judge(values, today))))
            if takes:
                break
        return found


def read_rulebook(content: Mapping[str, Any], version: int) -> Rulebook:
    """Check the worklists of a file or of the record. Raises BadWorklists with the worklist that is wrong."""
    tables = content.get("worklist")
    if not isinstance(tables, list) or not tables or not all(isinstance(one, Mapping) for one in tables):
        raise BadWorklists("expected tables [[worklist]], in their order")
    if len(tables) > MOST_WORKLISTS:
        raise BadWorklists(f"more than {MOST_WORKLISTS} worklists")
    rules = tuple(_rule(table, number) for number, table in enumerate(tables, 1))
    for what in ("name", "rule"):
        named = [getattr(rule, what).lower() for rule in rules]
        if twice := next((one for one in named if named.count(one) > 1), None):
            raise BadWorklists(f"two worklists have the {what} {twice!r}")
    if rules[-1].condition.groups:
        raise BadWorklists(f"{rules[-1].name} is the last and must take every task", "leave out its criteria")
    if idle := next((rule for rule in rules[:-1] if not rule.condition.groups), None):
        raise BadWorklists(f"{idle.name} takes every task, so that what follows never gets one", "put it at the end")
    return Rulebook(version, rules)


def from_record(content: Mapping[str, Any], version: int) -> Rulebook:
    """The same for a version of the record, which is read once."""
    return _from_text(json.dumps(content, sort_keys=True), version)


def read_toml(text: str) -> dict[str, Any]:
    """Worklists from text. Raises BadWorklists with the line where TOML ends."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadWorklists(f"no TOML: {error}") from None


def shipped_content() -> dict[str, Any]:
    """The worklists as they are shipped: version 1."""
    return read_toml(files("store.worklists").joinpath("worklists.toml").read_text(encoding="utf-8"))


@lru_cache(1)
def shipped_rulebook() -> Rulebook:
    """The same, checked."""
    return read_rulebook(shipped_content(), 1)


def as_toml(content: Mapping[str, Any]) -> str:
    """Worklists as text to be edited: what `read_toml` reads back."""
    parts = []
    for table in content["worklist"]:
        lines = ["[[worklist]]"]
        lines += [f"{key} = {_toml_value(table[key])}" for key in ("name", "rule", "words", "skill") if table.get(key)]
        lines += [f"{key} = {_toml_value(table[key])}" for key in _LISTED if table.get(key)]
        for group in table.get("groups", []):
            lines += ["", "[[worklist.groups]]", *(f"{key} = {_toml_value(lines_)}" for key, lines_ in group.items())]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


@lru_cache(8)
def _from_text(text: str, version: int) -> Rulebook:
    return read_rulebook(json.loads(text), version)


def _rule(table: Mapping[str, Any], number: int) -> WorklistRule:
    name = _line(table, "name", f"worklist {number}")
    place = name or f"worklist {number}"
    if not name:
        raise BadWorklists(f"worklist {number} has no name")
    if unknown := sorted(set(table) - _KNOWN):
        raise BadWorklists(f"{place}: {unknown[0]} is not known", f"expected {', '.join(sorted(_KNOWN))}")
    try:
        condition = read_condition(table)
    except BadCriterion as error:
        raise BadWorklists(f"{place}: {error.message}", error.remedy) from None
    if late := next((c.field.name for c in condition.criteria if not c.field.rules), None):
        raise BadWorklists(f"{place}: {late} changes while a chart stands in its worklist", "a saved view can ask it")
    skill = _line(table, "skill", place)
    if "|" in skill:
        raise BadWorklists(f"{place}: a skill has no |")
    words = _line(table, "words", place) or condition.words[:300]
    rule = _line(table, "rule", place) or name.lower().replace(" ", "-")
    waits = table.get("waits", False)
    if not isinstance(waits, bool):
        raise BadWorklists(f"{place}: waits: expected true or false")
    return WorklistRule(name, rule, words, condition, skill, _order(table.get("order", []), place), waits)


def _order(lines: object, place: str) -> tuple[SortKey, ...]:
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines) or len(lines) > MOST_KEYS:
        raise BadWorklists(f"{place}: order: expected at most {MOST_KEYS} keys such as “charges desc”")
    return tuple(_sort_key(line, place) for line in lines) or (SortKey(PRIORITY, True),)


def _sort_key(line: str, place: str) -> SortKey:
    words = line.split()
    descending = words[-1:] == ["desc"]
    name = " ".join(words[:-1] if words[-1:] in (["desc"], ["asc"]) else words).lower()
    field = fields().get(name)
    if name != PRIORITY and (field is None or field.kind is FieldKind.TEXTS or not field.rules):
        raise BadWorklists(f"{place}: order: {name or line!r} is nothing to sort by", "codedesk worklists fields")
    return SortKey(name, descending)


def _line(table: Mapping[str, Any], key: str, place: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise BadWorklists(f"{place}: {key}: expected text")
    return " ".join(safe_line(value).split())[:300]


def _toml_value(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence):
        return f"[{', '.join(_toml_value(one) for one in value)}]"
    return json.dumps(value)

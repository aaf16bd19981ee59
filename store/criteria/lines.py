"""Conditions as one line, as they are shown and as they are typed wherever criteria are asked for.

    setting is clinic and charges at least 500
    setting is clinic and (charges at least 500 or late document is yes)

Criteria are joined by `and` or by `or`, both together by parentheses; a semicolon is an `and`. An `and` within a value
(`payer is Plains and Mountain`, `patient age between 3 and 5`) joins nothing: only what a field follows does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from store.criteria.conditions import MOST_CRITERIA, Condition, Group
from store.criteria.language import BadCriterion, Criterion, begins_with_field, parse

GRAMMAR = "as in: setting is clinic and (charges at least 500 or late document is yes)"
"""What an error shows beside what was typed."""

_JOINT = re.compile(r"\s*;\s*|\s+(and also|and|or)\s+", re.IGNORECASE)


def read_line(text: str) -> Condition:
    """A condition from one line; every chart for none. Raises BadCriterion, which names the grammar."""
    try:
        return _read(text.strip())
    except BadCriterion as error:
        raise BadCriterion(error.message, error.remedy or GRAMMAR) from None


def read_lines(lines: Sequence[str]) -> Condition:
    """The condition of several lines that must all be met. Raises BadCriterion."""
    read = [one for one in map(read_line, lines) if one.groups]
    if len(read) == 1:
        return read[0]
    if any(one.any and len(one.groups) > 1 for one in read):
        raise BadCriterion("groups with or between them stand in a line of their own", GRAMMAR)
    groups = [group for one in read for group in one.groups]
    if all(not group.any or len(group.criteria) == 1 for group in groups):
        groups = [Group(tuple(one for group in groups for one in group.criteria))] if groups else []
    _require_few(groups)
    return Condition(tuple(groups))


def as_line(condition: Condition) -> str:
    """The line that reads back as this condition; empty where every chart meets it."""
    return condition.words if condition.groups else ""


def as_table(condition: Condition) -> dict[str, Any]:
    """A condition as the table of a rule has it (`read_condition`)."""
    tables = [{"any" if group.any else "all": [one.words for one in group.criteria]} for group in condition.groups]
    if len(tables) < 2:
        return tables[0] if tables else {"all": []}
    return {"groups": tables, "join": "any" if condition.any else "all"}


def _read(text: str) -> Condition:
    parts = list(_parts(text))
    joints = {joint for joint, _ in parts if joint}
    if len(joints) > 1:
        raise BadCriterion("and and or stand in one line without parentheses")
    met_by_any = joints == {"or"}
    if not any(_in_parentheses(part) for _, part in parts):
        criteria = tuple(_criterion(part) for _, part in parts)
        groups = [Group(criteria, met_by_any)] if criteria else []
        _require_few(groups)
        return Condition(tuple(groups))
    groups = [_group(part) for _, part in parts]
    _require_few(groups)
    return Condition(tuple(groups), met_by_any and len(groups) > 1)


def _group(part: str) -> Group:
    """One part of a line with parentheses: a criterion, or several in parentheses."""
    if not _in_parentheses(part):
        return Group((_criterion(part),))
    if not part.endswith(")"):
        raise BadCriterion(f"“{part[:80]}”: where does the parenthesis close?")
    inner = _read(part[1:-1].strip())
    if len(inner.groups) != 1:
        raise BadCriterion(f"“{part[:80]}”: parentheses hold criteria, not other parentheses")
    return inner.groups[0]


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a line outside its parentheses, each with the word that joins it to the one before."""
    start, joint, place = 0, "", 0
    inside, in_value = _in_parentheses(text), 0
    while place < len(text):
        found = None if inside else _JOINT.match(text, place)
        if found and (found[1] is None or begins_with_field(text[found.end() :].lstrip("( "))):
            yield joint, text[start : found.start()].strip()
            start = place = found.end()
            joint = (found[1] or "and").lower().removesuffix(" also")
            inside, in_value = _in_parentheses(text[start:]), 0
            place += inside
            continue
        if inside and text[place] == ")" and not in_value:
            inside = False
        elif inside and place > start and text[place] in "()":
            in_value += 1 if text[place] == "(" else -1
        place += 1
    if rest := text[start:].strip():
        yield joint, rest


def _in_parentheses(text: str) -> bool:
    """Whether criteria in parentheses begin there: a parenthesis within a value has no field behind it."""
    return text.startswith("(") and begins_with_field(text[1:].lstrip())


def _criterion(part: str) -> Criterion:
    """One criterion; where a word joined nothing, what stands behind it is named as what is wrong."""
    try:
        return parse(part)
    except BadCriterion as error:
        for found in _JOINT.finditer(part):
            try:
                parse(part[: found.start()])
            except BadCriterion:
                continue
            parse(part[found.end() :])
        raise error


def _require_few(groups: Sequence[Group]) -> None:
    if sum(len(group.criteria) for group in groups) > MOST_CRITERIA:
        raise BadCriterion(f"a condition has at most {MOST_CRITERIA} lines")

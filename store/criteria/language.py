"""Criteria as text: one line, one criterion, read and written the same way."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.amounts import amount_of
from store.criteria.fields import Field, FieldKind, fields

MOST_WORDS = 1000
"""A line of a rule is no longer than this."""


class BadCriterion(CodedeskError):
    """A line is no criterion; the message says what was expected."""

    title = "criterion"


class Operator(StrEnum):
    """What is asked of a value, as it is written."""

    IS = "is"
    IS_NOT = "is not"
    ONE_OF = "one of"
    NONE_OF = "none of"
    CONTAINS = "contains"
    CONTAINS_NOT = "does not contain"
    STARTS = "starts with"
    STARTS_NOT = "does not start with"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    MORE = "more than"
    LESS = "less than"
    BETWEEN = "between"
    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    AGO_AT_LEAST = "days ago at least"
    AGO_AT_MOST = "days ago at most"
    WEEKDAY = "weekday is"
    EMPTY = "is empty"
    NOT_EMPTY = "is not empty"

    @property
    def takes_value(self) -> bool:
        return self not in (Operator.EMPTY, Operator.NOT_EMPTY)


_EMPTIES = (Operator.EMPTY, Operator.NOT_EMPTY)
_TEXT = (
    *(Operator.IS, Operator.IS_NOT, Operator.ONE_OF, Operator.NONE_OF),
    *(Operator.CONTAINS, Operator.CONTAINS_NOT, Operator.STARTS, Operator.STARTS_NOT, *_EMPTIES),
)
_NUMBER = (
    *(Operator.IS, Operator.IS_NOT, Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE, Operator.LESS),
    *(Operator.BETWEEN, *_EMPTIES),
)
_DAY = (
    *(Operator.ON, Operator.BEFORE, Operator.AFTER, Operator.BETWEEN),
    *(Operator.AGO_AT_LEAST, Operator.AGO_AT_MOST, Operator.WEEKDAY, *_EMPTIES),
)

OPERATORS: dict[FieldKind, tuple[Operator, ...]] = {
    FieldKind.TEXT: _TEXT,
    FieldKind.TEXTS: _TEXT,
    FieldKind.CHOICE: (Operator.IS, Operator.IS_NOT, Operator.ONE_OF, Operator.NONE_OF),
    FieldKind.NUMBER: _NUMBER,
    FieldKind.MONEY: _NUMBER,
    FieldKind.DAYS_SINCE: _NUMBER,
    FieldKind.DAYS_LEFT: _NUMBER,
    FieldKind.DAY: _DAY,
    FieldKind.FLAG: (Operator.IS,),
}
"""Which operators each kind of field takes."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_LISTS = (Operator.ONE_OF, Operator.NONE_OF, Operator.WEEKDAY)
_DAYS_COUNTED = (Operator.AGO_AT_LEAST, Operator.AGO_AT_MOST)
_MOST_DOLLARS = 10**10
_WHOLE = re.compile(r"-?\d{1,12}")

Value = str | int | bool | tuple[str | int, ...]


@dataclass(frozen=True)
class Criterion:
    """One line. The value is text, a whole number (cents for money), a bool, a pair for `between` or a list of text."""

    field: Field
    operator: Operator
    value: Value = ""

    @property
    def words(self) -> str:
        """The line as it is written; `parse` reads it back."""
        said = f"{self.field.name} {self.operator.value}"
        return f"{said} {self._value}" if self.operator.takes_value else said

    @property
    def _value(self) -> str:
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if self.operator is Operator.BETWEEN:
            low, high = ends(self.value)
            return f"{written(self.field, low)} and {written(self.field, high)}"
        if isinstance(self.value, tuple):
            return ", ".join(_quoted(str(one)) for one in self.value)
        return str(self.value) if self.operator in _DAYS_COUNTED else written(self.field, self.value)


def ends(value: object) -> tuple[Any, Any]:
    """The two ends of a value that lies between them."""
    assert isinstance(value, tuple), "a criterion with between has two ends"
    low, high = value
    return low, high


def members(value: object) -> tuple[Any, ...]:
    """The members of a value that is a list."""
    assert isinstance(value, tuple), "a criterion of this operator has a list"
    return value


def parse(line: str) -> Criterion:
    """Read one line. Raises BadCriterion with what was expected."""
    text = " ".join(safe_line(line[:MOST_WORDS]).split())
    called, field = _field(text)
    rest = text[len(called) :].strip()
    operator = next((o for o in _longest_first(OPERATORS[field.kind]) if _begins(rest, o.value)), None)
    if operator is None:
        expected = ", ".join(o.value for o in OPERATORS[field.kind])
        raise BadCriterion(f"“{text[:80]}”: {field.name} is asked with one of: {expected}")
    said = rest[len(operator.value) :].strip()
    if operator.takes_value and not said:
        raise BadCriterion(f"“{text[:80]}”: what comes behind “{operator.value}”?")
    if not operator.takes_value and said:
        raise BadCriterion(f"“{text[:80]}”: nothing follows “{operator.value}”")
    return Criterion(field, operator, _value(field, operator, said, text))


def written(field: Field, value: object) -> str:
    """A value as it is written in a rule: money in dollars, everything else as it is."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    if field.kind is FieldKind.MONEY and isinstance(value, int):
        sign, cents = "-" if value < 0 else "", abs(value)
        return f"{sign}{cents // 100}" + (f".{cents % 100:02d}" if cents % 100 else "")
    return str(value) if value != "" else "nothing"


def begins_with_field(text: str) -> bool:
    """Whether a text begins with the name of a field and an operator that it takes."""
    found = _named(text)
    if found is None:
        return False
    called, field = found
    rest = text[len(called) :].strip()
    return any(_begins(rest, one.value) for one in OPERATORS[field.kind])


def _field(text: str) -> tuple[str, Field]:
    """The field that a line begins with, and what it is called there. Raises BadCriterion."""
    found = _named(text)
    if found is None:
        raise BadCriterion(f"“{text[:80]}” begins with no field", "codedesk worklists fields lists them")
    return found


def _named(text: str) -> tuple[str, Field] | None:
    said = text[:MOST_WORDS].lower()
    name = next((name for name in _names() if _begins(said, name)), None)
    return None if name is None else (name, _names()[name])


@cache
def _names() -> dict[str, Field]:
    """Every field by its name and by what columns of lists call it, the longest first."""
    called = {name: field for field in fields().values() for name in (field.name, *field.called)}
    return dict(sorted(called.items(), key=lambda one: -len(one[0])))


def _begins(text: str, words: str) -> bool:
    return text.lower() == words or text.lower().startswith(f"{words} ")


def _longest_first(operators: tuple[Operator, ...]) -> list[Operator]:
    return sorted(operators, key=lambda o: -len(o.value))


def _value(field: Field, operator: Operator, said: str, text: str) -> Value:
    if not operator.takes_value:
        return ""
    if operator in _DAYS_COUNTED:
        return _whole(said, text)
    if operator is Operator.BETWEEN:
        low, middle, high = said.partition(" and ")
        if not middle:
            raise BadCriterion(f"“{text[:80]}”: expected “between LOW and HIGH”")
        return _one(field, low.strip(), text), _one(field, high.strip(), text)
    if operator in _LISTS:
        return tuple(_checked(field, operator, one, text) for one in _listed(said, text))
    if operator in (Operator.CONTAINS, Operator.CONTAINS_NOT, Operator.STARTS, Operator.STARTS_NOT):
        return said
    return _one(field, said, text)


def _one(field: Field, said: str, text: str) -> str | int | bool:
    if field.kind is FieldKind.FLAG:
        if said.lower() not in ("yes", "no"):
            raise BadCriterion(f"“{text[:80]}”: expected yes or no")
        return said.lower() == "yes"
    if field.kind is FieldKind.MONEY:
        dollars = amount_of(said)
        if dollars is None or dollars * 100 % 1 or abs(dollars) >= _MOST_DOLLARS:
            raise BadCriterion(f"“{text[:80]}”: expected dollars such as 25000, 1,250 or 99.50")
        return int(dollars * 100)
    if field.kind.counts:
        return _whole(said, text)
    if field.kind is FieldKind.DAY:
        return _day(said, text)
    return _checked(field, Operator.IS, said, text)


def _checked(field: Field, operator: Operator, said: str, text: str) -> str:
    if operator is Operator.WEEKDAY:
        if said.lower() not in WEEKDAYS:
            raise BadCriterion(f"“{text[:80]}”: expected a weekday such as monday")
        return said.lower()
    if field.kind is FieldKind.CHOICE:
        known = {value.lower(): value for value in field.values}
        if said.lower() not in known:
            raise BadCriterion(f"“{text[:80]}”: {field.name} is one of {', '.join(field.values)}")
        return known[said.lower()]
    return said


def _listed(said: str, text: str) -> list[str]:
    try:
        found = [one.strip() for one in next(csv.reader([said], skipinitialspace=True, strict=True))]
    except csv.Error:
        raise BadCriterion(f"“{text[:80]}”: a quotation mark stands open") from None
    found = [one for one in found if one]
    if not found:
        raise BadCriterion(f"“{text[:80]}”: expected values with commas between")
    return found


def _quoted(value: str) -> str:
    return f'"{value.replace(chr(34), chr(34) * 2)}"' if "," in value or '"' in value else value


def _whole(said: str, text: str) -> int:
    if not _WHOLE.fullmatch(said):
        raise BadCriterion(f"“{text[:80]}”: expected a whole number")
    return int(said)


def _day(said: str, text: str) -> str:
    try:
        return date.fromisoformat(said).isoformat() if len(said) == 10 else date.fromisoformat("").isoformat()
    except ValueError:
        raise BadCriterion(f"“{text[:80]}”: expected a day such as 2026-09-30") from None

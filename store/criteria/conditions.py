"""Groups of criteria, and what becomes of them on the values of one chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from store.criteria.fields import Field, FieldKind
from store.criteria.language import WEEKDAYS, BadCriterion, Criterion, Operator, parse, written

MOST_CRITERIA = 100
"""A condition has no more lines than these."""

Values = Mapping[str, object]
"""Values of a chart by the name of the field, as `store.criteria.fields.FieldKind` says."""


@dataclass(frozen=True)
class Group:
    """Criteria that are met together: by `all` of them, or by `any`."""

    criteria: tuple[Criterion, ...]
    any: bool = False

    @property
    def words(self) -> str:
        return (" or " if self.any else " and ").join(one.words for one in self.criteria)


@dataclass(frozen=True)
class Judged:
    """One criterion on one chart: its line, what the chart has, and whether that meets it."""

    words: str
    seen: str
    met: bool


@dataclass(frozen=True)
class Condition:
    """Groups of which all must be met, or any; without a group every chart meets it."""

    groups: tuple[Group, ...] = ()
    any: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields that it asks."""
        return frozenset(criterion.field.name for criterion in self.criteria)

    @property
    def criteria(self) -> Iterator[Criterion]:
        """Every criterion in its order."""
        return (criterion for group in self.groups for criterion in group.criteria)

    @property
    def words(self) -> str:
        """The whole condition as one line: `a and (b or c)`."""
        if not self.groups:
            return "every chart"
        several = len(self.groups) > 1
        parts = [f"({g.words})" if several and len(g.criteria) > 1 else g.words for g in self.groups]
        return (" or " if self.any else " and ").join(parts)

    def takes(self, values: Values, today: date) -> bool:
        """Whether a chart with these values meets it."""
        if not self.groups:
            return True
        met = (_group_met(group, values, today) for group in self.groups)
        return any(met) if self.any else all(met)

    def judge(self, values: Values, today: date) -> list[Judged]:
        """Every criterion with what the chart has."""
        return [
            Judged(one.words, written(one.field, values.get(one.field.name)), meets(one, values, today))
            for one in self.criteria
        ]


def read_condition(table: Mapping[str, Any]) -> Condition:
    """A condition from a table: `all`, `any` or both as lists of lines, or `groups` of such tables with `join`.

    Raises BadCriterion.
    """
    groups = table.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(one, Mapping) for one in groups):
        raise BadCriterion("groups: expected tables with all or any")
    if table.get("join", "all") not in ("all", "any"):
        raise BadCriterion("join: expected all or any")
    read = [*_groups(table), *(group for one in groups for group in _groups(one))]
    if sum(len(group.criteria) for group in read) > MOST_CRITERIA:
        raise BadCriterion(f"a condition has at most {MOST_CRITERIA} lines")
    return Condition(tuple(read), table.get("join", "all") == "any")


def meets(criterion: Criterion, values: Values, today: date) -> bool:
    """Whether a chart meets one criterion. A value that is not known meets only what says `not`, `none` or `empty`."""
    value, wanted, operator = values.get(criterion.field.name), criterion.value, criterion.operator
    if operator in (Operator.EMPTY, Operator.NOT_EMPTY):
        return (value in (None, "", ())) == (operator is Operator.EMPTY)
    if criterion.field.kind in (FieldKind.TEXT, FieldKind.TEXTS, FieldKind.CHOICE):
        return _text_meets(operator, value if isinstance(value, tuple) else (value or "",), wanted)
    if criterion.field.kind is FieldKind.FLAG:
        return bool(value) == wanted
    if not isinstance(value, str | int) or value == "":
        return operator is Operator.IS_NOT
    if criterion.field.kind is FieldKind.DAY:
        return _day_meets(operator, str(value), wanted, today)
    return _number_meets(operator, int(value), wanted)


def counted_days(field: Field, day: str | None, today: date) -> int | None:
    """The days that a field counts since or until an ISO day."""
    try:
        when = date.fromisoformat((day or "")[:10])
    except ValueError:
        return None
    return (when - today).days if field.kind is FieldKind.DAYS_LEFT else (today - when).days


def days_ago(today: date, days: int) -> str:
    """The ISO day so many days before today; days that no calendar has end at its ends."""
    try:
        return (today - timedelta(days=days)).isoformat()
    except OverflowError:
        return "0001-01-01" if days > 0 else "9999-12-30"


def _groups(table: Mapping[str, Any]) -> Iterator[Group]:
    for key in ("all", "any"):
        lines = table.get(key, [])
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise BadCriterion(f"{key}: expected lines such as “setting is clinic”")
        if lines:
            yield Group(tuple(map(parse, lines)), key == "any")


def _group_met(group: Group, values: Values, today: date) -> bool:
    met = (meets(one, values, today) for one in group.criteria)
    return any(met) if group.any else all(met)


def _text_meets(operator: Operator, values: Sequence[Any], wanted: Any) -> bool:
    have = [str(value).lower() for value in values]
    asked = [one.lower() for one in ((wanted,) if isinstance(wanted, str) else wanted)]
    if operator in (Operator.IS, Operator.ONE_OF):
        return any(value in asked for value in have)
    if operator in (Operator.IS_NOT, Operator.NONE_OF):
        return not any(value in asked for value in have)
    if operator in (Operator.CONTAINS, Operator.CONTAINS_NOT):
        return any(asked[0] in value for value in have) == (operator is Operator.CONTAINS)
    return any(value.startswith(asked[0]) for value in have) == (operator is Operator.STARTS)


def _number_meets(operator: Operator, value: int, wanted: Any) -> bool:
    if operator is Operator.BETWEEN:
        return bool(wanted[0] <= value <= wanted[1])
    meets: dict[Operator, bool] = {
        Operator.IS: value == wanted,
        Operator.IS_NOT: value != wanted,
        Operator.AT_LEAST: value >= wanted,
        Operator.AT_MOST: value <= wanted,
        Operator.MORE: value > wanted,
        Operator.LESS: value < wanted,
    }
    return meets[operator]


def _day_meets(operator: Operator, value: str, wanted: Any, today: date) -> bool:
    day = value[:10]
    if operator is Operator.WEEKDAY:
        try:
            return WEEKDAYS[date.fromisoformat(day).weekday()] in wanted
        except ValueError:
            return False
    if operator is Operator.BETWEEN:
        return bool(wanted[0] <= day <= wanted[1])
    if operator in (Operator.AGO_AT_LEAST, Operator.AGO_AT_MOST):
        then = days_ago(today, wanted)
        return day <= then if operator is Operator.AGO_AT_LEAST else day >= then
    return bool({Operator.ON: day == wanted, Operator.BEFORE: day < wanted, Operator.AFTER: day > wanted}[operator])

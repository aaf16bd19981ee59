"""Criteria as SQL: the same answer on a whole list as `conditions` gives for one chart, on both databases.

The aliases are those of `fields.toml`: task w, encounter e, account a, patient p. Values are always parameters.
A restricted chart is selected by what lists show of it and by nothing else: who asks need not have been let at it.
"""

from __future__ import annotations

from datetime import date

from store.criteria.conditions import Condition, days_ago
from store.criteria.fields import FieldKind
from store.criteria.language import WEEKDAYS, Criterion, Operator, ends, members

Parameters = dict[str, object]

_COMPARED = {
    Operator.IS: "=",
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.MORE: ">",
    Operator.LESS: "<",
    Operator.ON: "=",
    Operator.BEFORE: "<",
    Operator.AFTER: ">",
}
_TURNED = {"=": "=", ">=": "<=", "<=": ">=", ">": "<", "<": ">"}


def where(condition: Condition, today: date, on_postgres: bool = False, prefix: str = "k") -> tuple[str, Parameters]:
    """A condition as text behind WHERE, and its parameters; their names begin with `prefix`."""
    parameters: Parameters = {}
    groups = []
    for group in condition.groups:
        lines = []
        for criterion in group.criteria:
            made, values = _line(criterion, today, on_postgres)
            if not criterion.field.listed:
                made = f"NOT w.restricted AND ({made})"
            for number, value in enumerate(values):
                name = f"{prefix}{len(parameters)}"
                made = made.replace(f":?{number}?", f":{name}")
                parameters[name] = value
            lines.append(f"({made})")
        groups.append(f"({(' OR ' if group.any else ' AND ').join(lines)})")
    return (" OR " if condition.any else " AND ").join(groups) or "1 = 1", parameters


def _line(criterion: Criterion, today: date, on_postgres: bool) -> tuple[str, list[object]]:
    kind, sql, operator, value = criterion.field.kind, criterion.field.sql, criterion.operator, criterion.value
    if kind is FieldKind.TEXTS:
        return _texts(sql, operator, value)
    if operator is Operator.EMPTY:
        return f"{_blank(kind, sql)}", []
    if operator is Operator.NOT_EMPTY:
        return f"NOT ({_blank(kind, sql)})", []
    if kind in (FieldKind.TEXT, FieldKind.CHOICE):
        return _text(f"COALESCE({sql}, '')", operator, value)
    if kind is FieldKind.FLAG:
        return f"{sql} = :?0?", [1 if value else 0]
    if kind is FieldKind.DAY:
        return _day(f"SUBSTR({sql}, 1, 10)", operator, value, today, on_postgres)
    if kind in (FieldKind.DAYS_SINCE, FieldKind.DAYS_LEFT):
        return _days(sql, kind, operator, value, today)
    return _number(sql, operator, value)


def _blank(kind: FieldKind, sql: str) -> str:
    return f"COALESCE({sql}, '') = ''" if kind in (FieldKind.TEXT, FieldKind.DAY) else f"({sql}) IS NULL"


def _texts(sql: str, operator: Operator, value: object) -> tuple[str, list[object]]:
    if operator in (Operator.EMPTY, Operator.NOT_EMPTY):
        return f"{'NOT ' if operator is Operator.EMPTY else ''}EXISTS ({sql})", []
    positive = {
        Operator.IS_NOT: Operator.IS,
        Operator.NONE_OF: Operator.ONE_OF,
        Operator.CONTAINS_NOT: Operator.CONTAINS,
        Operator.STARTS_NOT: Operator.STARTS,
    }.get(operator)
    made, values = _text("COALESCE(v.x, '')", positive or operator, value)
    return f"{'NOT ' if positive else ''}EXISTS (SELECT 1 FROM ({sql}) AS v WHERE {made})", values


def _text(sql: str, operator: Operator, value: object) -> tuple[str, list[object]]:
    low = f"LOWER({sql})"
    if operator in (Operator.IS, Operator.IS_NOT):
        return f"{low} {'=' if operator is Operator.IS else '<>'} :?0?", [str(value).lower()]
    if operator in (Operator.ONE_OF, Operator.NONE_OF):
        values = [str(one).lower() for one in members(value)]
        names = ", ".join(f":?{number}?" for number in range(len(values)))
        return f"{low} {'IN' if operator is Operator.ONE_OF else 'NOT IN'} ({names})", list(values)
    escaped = str(value).lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    begins = operator in (Operator.STARTS, Operator.STARTS_NOT)
    negated = "NOT " if operator in (Operator.CONTAINS_NOT, Operator.STARTS_NOT) else ""
    return f"{low} {negated}LIKE :?0? ESCAPE '\\'", [f"{escaped}%" if begins else f"%{escaped}%"]


def _number(sql: str, operator: Operator, value: object) -> tuple[str, list[object]]:
    if operator is Operator.BETWEEN:
        return f"({sql}) BETWEEN :?0? AND :?1?", list(ends(value))
    if operator is Operator.IS_NOT:
        return f"(({sql}) IS NULL OR ({sql}) <> :?0?)", [value]
    return f"({sql}) {_COMPARED[operator]} :?0?", [value]


def _day(sql: str, operator: Operator, value: object, today: date, on_postgres: bool) -> tuple[str, list[object]]:
    real = f"({sql}) <> ''"
    if operator is Operator.WEEKDAY:
        numbers = ", ".join(str((WEEKDAYS.index(one) + 1) % 7) for one in members(value))
        counted = f"EXTRACT(DOW FROM CAST({sql} AS DATE))" if on_postgres else f"CAST(STRFTIME('%w', {sql}) AS INTEGER)"
        return f"LENGTH({sql}) = 10 AND {counted} IN ({numbers})", []
    if operator is Operator.BETWEEN:
        return f"{sql} BETWEEN :?0? AND :?1?", list(ends(value))
    if operator in (Operator.AGO_AT_LEAST, Operator.AGO_AT_MOST):
        compared = "<=" if operator is Operator.AGO_AT_LEAST else ">="
        return f"{real} AND {sql} {compared} :?0?", [days_ago(today, _count(value))]
    return f"{real} AND {sql} {_COMPARED[operator]} :?0?", [value]


def _count(value: object) -> int:
    assert isinstance(value, int), "what counts is a whole number"
    return value


def _days(sql: str, kind: FieldKind, operator: Operator, value: object, today: date) -> tuple[str, list[object]]:
    """Days counted compare the day itself: at least 4 days since is on or before the day 4 days ago."""
    day, real = f"SUBSTR({sql}, 1, 10)", f"LENGTH({sql}) >= 10"

    def then(days: object) -> str:
        return days_ago(today, _count(days) if kind is FieldKind.DAYS_SINCE else -_count(days))

    if operator is Operator.BETWEEN:
        low, high = ends(value)
        days = (then(high), then(low)) if kind is FieldKind.DAYS_SINCE else (then(low), then(high))
        return f"{real} AND {day} BETWEEN :?0? AND :?1?", list(days)
    if operator is Operator.IS_NOT:
        return f"(COALESCE(LENGTH({sql}), 0) < 10 OR {day} <> :?0?)", [then(value)]
    compared = _COMPARED[operator]
    return f"{real} AND {day} {_TURNED[compared] if kind is FieldKind.DAYS_SINCE else compared} :?0?", [then(value)]

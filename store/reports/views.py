"""The documented views: what may be asked, filtered and exported, with the class of every column.

Filters are conditions on columns of a view: names come from the view, operators from an enum, values are bound.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from codesets.errors import UsageError
from store.amounts import MOST_WHOLE, amount_of
from store.queries import Reader
from store.queries.chains import written_out
from store.reports.profiles import COARSENED, REMOVED, Deidentified, FieldClass, Profile
from store.reports.tables import plain


class Operator(StrEnum):
    IS = "="
    IS_NOT = "!="
    LEAST = ">="
    MOST = "<="
    MORE = ">"
    LESS = "<"
    BEGINS = "^"
    HAS = "~"


_SQL = {
    Operator.IS: "{column} = :{name}",
    Operator.IS_NOT: "{column} <> :{name}",
    Operator.LEAST: "{column} >= :{name}",
    Operator.MOST: "{column} <= :{name}",
    Operator.MORE: "{column} > :{name}",
    Operator.LESS: "{column} < :{name}",
    Operator.BEGINS: "LOWER({column}) LIKE :{name} ESCAPE '\\'",
    Operator.HAS: "LOWER({column}) LIKE :{name} ESCAPE '\\'",
}
_YEAR = re.compile(r"\d{4}")
NUMBERS = (FieldClass.NUMBER, FieldClass.MONEY)
OPERATORS_SAID = "= is, != is not, >= at least, <= at most, > more, < less, ^ begins with, ~ has in it"
"""What each operator asks, in words."""


@dataclass(frozen=True)
class Field:
    """A column of a view: its class, and what it is in words."""

    name: str
    kind: FieldClass
    words: str

    @property
    def asked(self) -> str:
        """What it is called where people ask by it and see it: of a column in cents the name of the amount."""
        return asked_name(self.name) if self.kind is FieldClass.MONEY else self.name


def asked_name(name: str) -> str:
    """What a column of money is called in a condition, which is in dollars: `charge` of `charge_cents`."""
    return "amount" if name == "cents" else name.removesuffix("_cents")


@dataclass(frozen=True)
class View:
    """A view with its SQL and its fields in their order."""

    name: str
    words: str
    sql: str
    fields: tuple[Field, ...]
    first: tuple[str, ...] = ()
    """The columns that a line of a list begins with."""

    def field(self, name: str) -> Field:
        """A field of it. Raises UsageError with those there are."""
        found = next((one for one in self.fields if one.name == name), None)
        if found is None:
            names = ", ".join(one.name for one in self.fields)
            raise UsageError(f"{self.name} has no field {name!r}", f"there are {names}")
        return found

    def field_asked(self, name: str) -> Field:
        """A field by what it is called in a condition, or by its column. Raises UsageError with those there are."""
        found = next((one for one in self.fields if name in (one.asked, one.name)), None)
        if found is None:
            names = ", ".join(one.asked for one in self.fields)
            raise UsageError(f"{self.name} has no field {name!r}", f"there are {names}")
        return found


@dataclass(frozen=True)
class Condition:
    """One condition of a filter; conditions hold together. The value of a column of money is in cents."""

    field: str
    operator: Operator
    value: str

    @property
    def words(self) -> str:
        """The condition as it is typed: `condition_of` reads it back."""
        field, value = self.field, self.value
        if field.endswith("cents") and _whole(value):
            cents = abs(int(value))
            field = asked_name(field)
            value = f"{'-' if value.startswith('-') else ''}{cents // 100}.{cents % 100:02d}"
        return f"{field} {self.operator.value} {value}"


@cache
def views() -> dict[str, View]:
    """Every view by name."""
    tables = tomllib.loads(files("store.reports").joinpath("views.toml").read_text(encoding="utf-8"))
    return {
        name: View(
            name,
            table["words"],
            written_out(table["sql"].strip()),
            tuple(Field(column, FieldClass(kind), words) for column, (kind, words) in table["columns"].items()),
            tuple(table["first"]),
        )
        for name, table in tables.items()
    }


def view_named(name: str) -> View:
    """A view. Raises UsageError with those there are."""
    if name not in views():
        raise UsageError(f"no view is called {name!r}", f"there are {', '.join(views())}")
    return views()[name]


def condition_of(view: View, text: str) -> Condition:
    """A condition as it is typed: `payer=Blue Plains`, `charge>=1000`, `code^E11`.

    An amount is in dollars under its name (`charge`), in cents under that of its column (`charge_cents`). An operator
    behind `=` is the one that is meant: the first stood there already. Raises UsageError.
    """
    found = _operator_in(text)
    if found is None:
        raise UsageError(f"{text!r} is no condition", f"as in type=clinic, code^E11, charge>=1000; {OPERATORS_SAID}")
    named, operator, value = found
    if operator is Operator.IS and (again := _operator_in(value, 0)) is not None:
        _, operator, value = again
    if _operator_in(value, 0) is not None and operator not in (Operator.BEGINS, Operator.HAS):
        raise UsageError(f"{text!r} has one operator behind another", OPERATORS_SAID)
    field = view.field_asked(named)
    if field.kind in NUMBERS and operator in (Operator.BEGINS, Operator.HAS):
        raise UsageError(f"{field.asked} is a number: {operator.value} is for text", "= != >= <= > <")
    if field.kind is FieldClass.MONEY and named != field.name:
        return Condition(field.name, operator, str(_cents(field, value)))
    if field.kind in NUMBERS and not _whole(value):
        expected = f"expected a whole number from {-MOST_WHOLE:,} to {MOST_WHOLE:,}"
        money = f"it is in cents; {field.asked}{operator.value}{value[:20]} is in dollars"
        remedy = money if field.kind is FieldClass.MONEY else f"as in {field.name}>=3"
        raise UsageError(f"{field.name}: {expected}, got {value[:60]!r}", remedy)
    return Condition(field.name, operator, value)


def _operator_in(text: str, least: int = 1) -> tuple[str, Operator, str] | None:
    """A text parted at its first operator, which stands behind at least so many characters, or in front without."""
    places = range(least, len(text)) if least else range(min(len(text), 1))
    for place in places:
        for operator in sorted(Operator, key=lambda one: -len(one.value)):
            if text.startswith(operator.value, place):
                return text[:place].strip(), operator, text[place + len(operator.value) :].strip()
    return None


def _cents(field: Field, value: str) -> int:
    """An amount in dollars as cents. Raises UsageError."""
    amount = amount_of(value)
    if amount is None or abs(amount) > MOST_WHOLE // 100 or amount * 100 % 1:
        raise UsageError(f"{field.asked}: expected dollars such as 300 or 1,184.50, got {value[:60]!r}", OPERATORS_SAID)
    return int(amount * 100)


def view_rows(
    reader: Reader,
    view: View,
    conditions: Sequence[Condition] = (),
    columns: Sequence[str] = (),
    limit: int = 0,
    profile: Profile = Profile.IDENTIFIED,
) -> Iterator[dict[str, Any]]:
    """The rows of a view that fulfill every condition, in an order that the profile tells.

    Conditions on days are on years where the profile tells years. Raises UsageError for one that it does not allow.
    """
    check_conditions(view, conditions, profile)
    wanted = [view.field(name).name for name in columns] or [one.name for one in view.fields]
    where, parameters = [], {}
    for number, one in enumerate(conditions):
        field = view.field(one.field)
        name = f"value{number}"
        column = f"SUBSTR({field.name}, 1, 4)" if field.kind in COARSENED[profile] else field.name
        where.append(_SQL[one.operator].format(column=column, name=name))
        parameters[name] = _bound(field, one)
    order = Deidentified(profile, {one.name: one.kind for one in view.fields}).order
    sql = (
        f"SELECT {', '.join(wanted)} FROM ({view.sql}) v{' WHERE ' + ' AND '.join(where) if where else ''}"
        f" ORDER BY {', '.join(order)}{f' LIMIT {limit:d}' if limit else ''}"
    )
    for row in reader.rows(sql, **parameters):
        yield {name: plain(value) for name, value in dict(row).items()}


def asked_by(field: Field, profile: Profile) -> bool:
    """Whether rows may be asked for by a field under a profile, be it by its year alone."""
    told = field.kind not in REMOVED[profile] and field.kind not in COARSENED[profile]
    return told or (field.kind is FieldClass.DATE and profile is Profile.SAFE_HARBOR)


def check_conditions(view: View, conditions: Sequence[Condition], profile: Profile) -> None:
    """Hold a filter to what its profile tells. Raises UsageError with the field that it must not ask by."""
    for one in conditions:
        field = view.field(one.field)
        if not asked_by(field, profile):
            names = ", ".join(other.name for other in view.fields if asked_by(other, profile))
            told = "left out" if field.kind in REMOVED[profile] else "not told as it is"
            raise UsageError(
                f"{field.name} is {told} under {profile.value}, so that rows cannot be asked for by it",
                f"ask by {names}",
            )
        if field.kind in COARSENED[profile] and (one.operator is Operator.HAS or not _YEAR.fullmatch(one.value)):
            raise UsageError(
                f"{field.name} is told by its year under {profile.value}: {one.words} asks for more",
                f"as in {field.name}=2026",
            )


def check_columns(view: View, columns: Sequence[str], profile: Profile) -> None:
    """Hold the columns that were named to what a profile tells. Raises UsageError with one that it leaves out."""
    for field in map(view.field, columns):
        if field.kind in REMOVED[profile]:
            names = ", ".join(other.name for other in view.fields if other.kind not in REMOVED[profile])
            raise UsageError(
                f"{field.name} is left out under {profile.value}, so that it is no column of the export",
                f"columns are {names}",
            )


def create_view_statements() -> str:
    """The views as statements for a database of one's own, with their columns explained above each."""
    parts = []
    for view in views().values():
        explained = "\n".join(f"--   {one.name}: {one.words} ({one.kind.value})" for one in view.fields)
        parts.append(f"-- {view.name}: {view.words}\n{explained}\nCREATE VIEW v_{view.name} AS\n{view.sql};")
    return "\n\n".join(parts)


def _whole(text: str) -> bool:
    return bool(re.fullmatch(r"-?[0-9]{1,40}", text)) and abs(int(text)) <= MOST_WHOLE


def _bound(field: Field, condition: Condition) -> object:
    if condition.operator in (Operator.BEGINS, Operator.HAS):
        escaped = "".join(f"\\{c}" if c in "\\%_" else c for c in condition.value.lower())
        return f"{escaped}%" if condition.operator is Operator.BEGINS else f"%{escaped}%"
    return int(condition.value) if field.kind in NUMBERS else condition.value

"""The fields that criteria ask, read from `fields.toml` and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class FieldKind(StrEnum):
    """What the values of a field are, and so which operators it takes.

    A value is text, or an int for numbers, money (cents) and days counted, a bool for a flag, a tuple of text for
    texts, or None where it is not known.
    """

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    DAYS_SINCE = "days_since"
    DAYS_LEFT = "days_left"
    FLAG = "flag"
    TEXTS = "texts"

    @property
    def counts(self) -> bool:
        """Whether its values are whole numbers."""
        return self in (FieldKind.NUMBER, FieldKind.MONEY, FieldKind.DAYS_SINCE, FieldKind.DAYS_LEFT)


@dataclass(frozen=True)
class Field:
    """One field: its name in a rule, what its values are, what it means, and its SQL."""

    name: str
    kind: FieldKind
    meaning: str
    sql: str
    values: tuple[str, ...] = ()
    rules: bool = True
    """Whether rules of worklists may ask it; the others change while a task stands in its list."""
    listed: bool = False
    """Whether lists show it of a restricted chart; what they do not show selects no such chart."""
    column: str = ""
    """The column of the permissions that it is of; who does not see that one does not ask it."""
    called: tuple[str, ...] = ()
    """What else it may be called in a criterion: the heading of its column in a list."""


@cache
def fields() -> Mapping[str, Field]:
    """Every field by its name, in the order of the file."""
    rows = tomllib.loads(files("store.criteria").joinpath("fields.toml").read_text(encoding="utf-8"))["field"]
    found = {
        row["name"]: Field(
            row["name"],
            FieldKind(row["kind"]),
            row["meaning"],
            " ".join(row["sql"].split()),
            tuple(row.get("values", ())),
            row.get("rules", True),
            row.get("listed", False),
            row.get("column", ""),
            tuple(row.get("called", ())),
        )
        for row in rows
    }
    names = [name for one in found.values() for name in (one.name, *one.called)]
    if len(found) != len(rows) or len(names) != len(set(names)):
        raise ValueError("fields.toml: a name stands twice")
    return found

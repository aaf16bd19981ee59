"""What a role sees of a row: columns that are not its business are covered before the row leaves the record's thread.

Rows are frozen dataclasses of `store.queries` and the like; a field is covered by its name. A covered text is a row
of dots and never empty, so that nobody takes it for a value that is missing; covered money is None. What is covered
is nothing to filter or sort by either, since the rows that come would tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from store.permissions import allowed, not_allowed
from store.terms import Role

COVER = "•••"

FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("patient", "subscriber", "patient_name"), "names"),
    **dict.fromkeys(("mrn", "visit_number", "account_number"), "record numbers"),
    "birth_date": "birth dates",
    **dict.fromkeys(("member_id", "group_number", "authorization_number"), "member ids"),
    **dict.fromkeys(("text", "evidence"), "notes"),
    **dict.fromkeys(("reason", "reason_for_visit"), "visit reasons"),
    **dict.fromkeys(("cents", "charged_cents", "charge_cents", "total_cents"), "money"),
}
"""The column that each field belongs to; a test holds that no other field of a list names a patient."""


def covered_columns(role: Role) -> frozenset[str]:
    """The columns that a role does not see."""
    return frozenset(column for column in set(FIELDS.values()) if not allowed(role, "column", column))


def hidden_columns(role: Role, *asked: Any) -> list[str]:
    """Those of the columns that lists are asked by (their `asked`: an order, a listing) that a role does not see."""
    return sorted(covered_columns(role) & set(_asked(asked)))


def require_shown(role: Role, *asked: Any) -> None:
    """Raise NotAllowed where a list is asked or sorted by a column that the role does not see."""
    if hidden := hidden_columns(role, *asked):
        raise not_allowed(role, "column", hidden[0])


def _asked(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _asked(value)
        else:
            yield from getattr(value, "asked", ())


def seen_by(role: Role, value: Any) -> Any:
    """A value read from the record as a role may see it: rows, and rows within rows and sequences."""
    covered = covered_columns(role)
    return _covered(value, covered) if covered else value


def _covered(value: Any, columns: frozenset[str]) -> Any:
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_covered(one, columns) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {}
    for field in fields(value):
        present = getattr(value, field.name)
        if FIELDS.get(field.name) in columns:
            changed[field.name] = _cover(field.name, present)
        elif is_dataclass(present) or isinstance(present, Sequence) and not isinstance(present, str):
            changed[field.name] = _covered(present, columns)
    return replace(value, **changed) if changed else value


def _cover(name: str, present: Any) -> Any:
    if FIELDS[name] == "money":
        return None
    if name == "birth_date":
        return present[:4] if present else present
    return COVER if present else present

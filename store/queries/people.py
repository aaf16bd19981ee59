"""Who is at the keyboard, read with plain SQL for the first screen."""

from __future__ import annotations

from dataclasses import dataclass

from store.queries import Reader
from store.terms import Role


@dataclass(frozen=True)
class PersonRow:
    id: str
    login: str
    name: str
    role: Role
    units_target: int


def person_of(reader: Reader, login: str) -> PersonRow | None:
    """The active person with that login."""
    sql = "SELECT id, login, name, role, units_target FROM person WHERE login = :login AND active"
    rows = reader.rows(sql, login=login)
    if not rows:
        return None
    row = rows[0]
    return PersonRow(row["id"], row["login"], row["name"], Role(row["role"]), row["units_target"])

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


@dataclass(frozen=True)
class StaffRow:
    """A person as administrators see them; times are ISO text in UTC."""

    id: str
    login: str
    name: str
    role: Role
    active: bool
    pin: bool
    pin_blocked: bool
    since: str
    last_login: str | None


MOST_PIN_FAILURES = 5
"""Wrong PINs in a row after which it opens nothing until an administrator takes it away."""


def staff(reader: Reader) -> list[StaffRow]:
    """Everybody, active or not, by login."""
    rows = reader.rows(
        """
        SELECT p.id, p.login, p.name, p.role, p.active, p.pin IS NOT NULL AS has_pin, p.pin_failures, p.created_at,
               (SELECT MAX(l.at) FROM log_entry l WHERE l.target_id = p.id AND l.action = 'login') AS last_login
        FROM person p ORDER BY p.login
        """
    )
    return [
        StaffRow(
            id=row["id"],
            login=row["login"],
            name=row["name"],
            role=Role(row["role"]),
            active=bool(row["active"]),
            pin=bool(row["has_pin"]),
            pin_blocked=row["pin_failures"] >= MOST_PIN_FAILURES,
            since=row["created_at"],
            last_login=row["last_login"],
        )
        for row in rows
    ]

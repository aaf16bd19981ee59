"""A person's favorites and lists, read with plain SQL."""

from __future__ import annotations

from dataclasses import dataclass

from codesets.releases import CodeSystem
from store.queries import Reader


@dataclass(frozen=True)
class Favorite:
    """A code on a list, written as it is printed, with the person's own words for it."""

    list_name: str
    system: CodeSystem
    code: str
    note: str


def favorites_of(reader: Reader, person_id: str | None) -> tuple[Favorite, ...]:
    """Everything on a person's lists, list by list, each in the order in which its codes were added."""
    rows = reader.rows(
        """
        SELECT list_name, system, code, note FROM favorite_code
        WHERE person_id = :person ORDER BY list_name <> 'favorites', list_name, id
        """,
        person=person_id or "",
    )
    return tuple(Favorite(row["list_name"], CodeSystem(row["system"]), row["code"], row["note"]) for row in rows)

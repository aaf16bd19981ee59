"""Saved views as the record has them, and the columns that worklists can show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from store.queries import Reader

COLUMNS = (
    "priority",
    "service",
    "patient",
    "mrn",
    "payer",
    "type",
    "kind",
    "charges",
    "age",
    "days to bill",
    "facility",
    "assigned",
    "skill",
    "hold",
    "came back",
)
"""Names of the columns of a worklist."""


@dataclass(frozen=True)
class KeptView:
    """A saved view that a person may use; `owner` is a login, empty where it is not known any more."""

    id: str
    name: str
    owner: str
    shared: bool
    content: dict[str, Any]
    every: str
    ran_on: str


def saved_views(reader: Reader, person_id: str, listing: str = "worklists") -> dict[str, dict[str, Any]]:
    """The views of a list that a person saved, by name: their contents as the list reads them."""
    rows = reader.rows(
        "SELECT name, content FROM saved_view WHERE person_id = :person AND listing = :listing ORDER BY name",
        person=person_id,
        listing=listing,
    )
    return {row["name"]: _json(row["content"]) for row in rows}


def usable_views(reader: Reader, person_id: str, listing: str) -> list[KeptView]:
    """The views of a list that a person may use: their own by name, then what others share."""
    rows = reader.rows(
        """
        SELECT v.id, v.name, COALESCE(o.login, '') AS owner, v.shared, v.content, v.every, v.ran_on
        FROM saved_view v LEFT JOIN person o ON o.id = v.person_id
        WHERE v.listing = :listing AND (v.person_id = :person OR v.shared)
        ORDER BY CASE WHEN v.person_id = :person THEN 0 ELSE 1 END, v.name, v.id
        """,
        person=person_id,
        listing=listing,
    )
    return [
        KeptView(
            row["id"],
            row["name"],
            row["owner"],
            bool(row["shared"]),
            _json(row["content"]),
            row["every"],
            row["ran_on"],
        )
        for row in rows
    ]


def skills_of(reader: Reader) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Every coder's login with their skills and the local ids of their facilities."""
    people = reader.rows("SELECT id, login FROM person WHERE active AND role IN ('coder', 'admin') ORDER BY login")
    skills = reader.rows("SELECT person_id, skill FROM person_skill ORDER BY skill")
    places = reader.rows(
        "SELECT pf.person_id, f.local_id FROM person_facility pf JOIN facility f ON f.id = pf.facility_id"
        " ORDER BY f.local_id"
    )
    return [
        (
            person["login"],
            tuple(row["skill"] for row in skills if row["person_id"] == person["id"]),
            tuple(row["local_id"] for row in places if row["person_id"] == person["id"]),
        )
        for person in people
    ]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value

"""A person's saved views as the record has them, and the columns that lists can show."""

from __future__ import annotations

import json
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


def saved_views(reader: Reader, person_id: str) -> dict[str, dict[str, Any]]:
    """The views of a person by name: their contents as `store.worklists.views.view_of` reads them."""
    rows = reader.rows("SELECT name, content FROM saved_view WHERE person_id = :person ORDER BY name", person=person_id)
    return {row["name"]: _json(row["content"]) for row in rows}


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

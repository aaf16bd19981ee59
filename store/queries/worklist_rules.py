"""The versions of the site's worklists and what came into force when, read with plain SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.queries import Reader


@dataclass(frozen=True)
class VersionRow:
    """A version of the worklists without its content."""

    number: int
    note: str
    made_by: str
    made_at: str


@dataclass(frozen=True)
class StepRow:
    """That a version came into force, why, and how many charts moved."""

    number: int
    version: int
    reason: str
    made_by: str
    made_at: str
    moved: int


def version_in_force(reader: Reader) -> int:
    """The number of the version in force; 1, the shipped one, where none was ever changed."""
    rows = reader.rows("SELECT version FROM worklist_step ORDER BY number DESC LIMIT 1")
    return int(rows[0]["version"]) if rows else 1


def version_content(reader: Reader, number: int) -> dict[str, Any] | None:
    """The worklists of a version as they were read; None where it is not kept."""
    rows = reader.rows("SELECT content FROM worklist_version WHERE number = :number", number=number)
    if not rows:
        return None
    found: dict[str, Any] = (
        json.loads(rows[0]["content"]) if isinstance(rows[0]["content"], str) else rows[0]["content"]
    )
    return found


def waiting_worklists(reader: Reader) -> frozenset[str]:
    """The names of the worklists whose charts wait, by the version in force."""
    content = version_content(reader, version_in_force(reader))
    if content is None:
        import tomllib

        shipped = (Path(__file__).parents[1] / "worklists" / "worklists.toml").read_text(encoding="utf-8")
        content = tomllib.loads(shipped)
    return frozenset(one["name"] for one in content["worklist"] if one.get("waits"))


def worklist_versions(reader: Reader) -> list[VersionRow]:
    """Every version that is kept, the earliest first."""
    rows = reader.rows("SELECT number, note, made_by, made_at FROM worklist_version ORDER BY number")
    return [VersionRow(**dict(row)) for row in rows]


def worklist_steps(reader: Reader) -> list[StepRow]:
    """What came into force, the earliest first."""
    rows = reader.rows("SELECT number, version, reason, made_by, made_at, moved FROM worklist_step ORDER BY number")
    return [StepRow(**dict(row)) for row in rows]

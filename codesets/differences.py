"""What changed between two releases of a code system: the "what changed on October 1" of coders.

Compared are the billable codes, as the official addenda count them: new ones, ones that are no longer billable
(gone, or a header now), and ones with another title; an accent more is no other title.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UsageError
from codesets.reference import Reference
from codesets.releases import CodeSystem, Release
from codesets.sources.editions import fiscal_year_in
from codesets.sources.source import FileKind
from codesets.titles import same_title


@dataclass(frozen=True)
class Added:
    """A code that became billable; `was_header` where it stood there before, as a header."""

    code: str
    title: str
    was_header: bool


@dataclass(frozen=True)
class Ended:
    """A code that is no longer billable: a header now, or gone, with the codes that took its place if known."""

    code: str
    title: str
    is_header: bool
    replaced_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retitled:
    """A code with another title than before."""

    code: str
    old: str
    new: str


@dataclass(frozen=True)
class Difference:
    """What changed, each part in the official order of the release it is from."""

    old: Release
    new: Release
    added: tuple[Added, ...]
    ended: tuple[Ended, ...]
    retitled: tuple[Retitled, ...]


def difference(reference: Reference, old: Release, new: Release) -> Difference:
    """The changes from the old release to the new one, of the same system.

    The database compares, since the titles of two releases would be 50 MiB in the memory of a session.
    """
    replaced = _replacements(reference, new)
    pair = (old.id, new.id)
    added = [Added(code, title, was) for code, title, was in _one_sided(reference.db, new.id, old.id)]
    ended = [
        Ended(code, title, is_header, tuple(heir for heir in replaced.get(code, ()) if _valid(reference, new, heir)))
        for code, title, is_header in _one_sided(reference.db, old.id, new.id)
    ]
    changed = (Retitled(*row) for row in reference.db.execute(_RETITLED, pair))
    retitled = [row for row in changed if not same_title(row.old, row.new)]
    return Difference(old, new, tuple(added), tuple(ended), tuple(retitled))


def differs(reference: Reference, old: Release, new: Release) -> bool:
    """Whether anything changed; it stops at the first change. A new edition within a year can bring none."""
    db = reference.db
    return (
        any(True for _ in _one_sided(db, new.id, old.id))
        or any(True for _ in _one_sided(db, old.id, new.id))
        or any(not same_title(was, now) for _, was, now in db.execute(_RETITLED, (old.id, new.id)))
    )


def release_named(reference: Reference, system: CodeSystem, name: str) -> Release:
    """The loaded release that a person means: "2026", "FY2026", "2026 Apr" or an edition as `list` shows it.

    A year alone means the edition in force from its October 1, else the latest loaded one of the year. Raises
    UsageError with the editions there are.
    """
    releases = [release for release in reference.releases(system) if release.complete]
    for release in releases:
        if release.edition.lower() == name.strip().lower():
            return release
    edition = fiscal_year_in(name)
    if edition is not None:
        exact = [release for release in releases if release.edition == edition.name]
        same_year = [release for release in releases if release.ends == edition.ends]
        if exact or same_year:
            return (exact or same_year)[0]
    there = ", ".join(release.edition for release in releases) or "none"
    raise UsageError(f"no {system.label} release {name!r} is loaded", f"loaded: {there}")


_ONE_SIDED = """
    SELECT mine.code, mine.title, other.code IS NOT NULL FROM codes AS mine
    LEFT JOIN codes AS other ON other.release_id = ?2 AND other.code = mine.code
    WHERE mine.release_id = ?1 AND mine.billable AND NOT coalesce(other.billable, 0) ORDER BY mine.position
"""
_RETITLED = """
    SELECT mine.code, mine.title, other.title FROM codes AS mine
    JOIN codes AS other ON other.release_id = ?2 AND other.code = mine.code
    WHERE mine.release_id = ?1 AND mine.billable AND other.billable AND other.title <> mine.title
    ORDER BY mine.position
"""


def _one_sided(db: sqlite3.Connection, release: int, other: int) -> Iterator[tuple[str, str, bool]]:
    """The codes that are billable in one release only: code, title, and whether the other has it as a header."""
    for code, title, there in db.execute(_ONE_SIDED, (release, other)):
        yield code, title, bool(there)


def _valid(reference: Reference, release: Release, code: str) -> bool:
    query = "SELECT 1 FROM codes WHERE release_id = ? AND code = ? AND billable"
    return reference.db.execute(query, (release.id, code)).fetchone() is not None


def _replacements(reference: Reference, release: Release) -> dict[str, list[str]]:
    """From a code that was used before to those that took its place, by the conversion table."""
    load = reference.part(release.id, FileKind.CM_CONVERSION)
    found: dict[str, list[str]] = {}
    if load is not None:
        query = "SELECT previous, code FROM conversions WHERE load_id = ? ORDER BY code"
        for previous, code in reference.db.execute(query, (load,)):
            found.setdefault(previous, []).append(code)
    return found

"""What changed between two releases of a code system: the "what changed on October 1" of coders.

Compared are the billable codes, as the official addenda count them: new ones, ones that are no longer billable
(gone, or a header now), and ones with another title; an accent more is no other title. HCPCS keeps terminated codes
in its file for years: there a code is compared by whether it is in force in the period of the release.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
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
    """A code that is no longer billable: a header now, or gone, with the codes that took its place if known.

    `terminated` is the last day of one that still stands in the file, ISO; empty for any other.
    """

    code: str
    title: str
    is_header: bool
    replaced_by: tuple[str, ...] = ()
    terminated: str = ""


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
    last_days = _last_days(reference.db, new)
    added = [Added(code, title, was) for code, title, was in _one_sided(reference.db, new, old)]
    ended = [
        Ended(code, title, is_header, _heirs(reference, new, replaced.get(code, ())), last_days.get(code, ""))
        for code, title, is_header in _one_sided(reference.db, old, new)
    ]
    changed = (Retitled(*row) for row in _both_sided(reference.db, old, new))
    retitled = [row for row in changed if not same_title(row.old, row.new)]
    return Difference(old, new, tuple(added), tuple(ended), tuple(retitled))


def differs(reference: Reference, old: Release, new: Release) -> bool:
    """Whether anything changed; it stops at the first change. A new edition within a year can bring none."""
    db = reference.db
    return (
        any(True for _ in _one_sided(db, new, old))
        or any(True for _ in _one_sided(db, old, new))
        or any(not same_title(was, now) for _, was, now in _both_sided(db, old, new))
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
    SELECT mine.code, mine.title, other.billable IS 0 FROM codes AS mine
    LEFT JOIN codes AS other ON other.release_id = :other AND other.code = mine.code
    WHERE mine.release_id = :mine AND mine.billable AND {mine}
    AND NOT (coalesce(other.billable, 0) AND {other}) ORDER BY mine.position
"""
_RETITLED = """
    SELECT mine.code, mine.title, other.title FROM codes AS mine
    JOIN codes AS other ON other.release_id = :other AND other.code = mine.code
    WHERE mine.release_id = :mine AND mine.billable AND other.billable AND other.title <> mine.title
    AND {mine} AND {other} ORDER BY mine.position
"""
# Whether a code of HCPCS is in force on some day of the release; every code of the other systems is.
_IN_FORCE = """NOT EXISTS (SELECT 1 FROM hcpcs_details d WHERE d.load_id = :{side}_load AND d.code = {side}.code
    AND (d.terminated < :{side}_starts OR d.added > :{side}_ends))"""
# Without being told of the load, SQLite walks all details for each code.
_LOAD = "SELECT id FROM loads WHERE release_id = ? AND kind = ?"


def _one_sided(db: sqlite3.Connection, release: Release, other: Release) -> Iterator[tuple[str, str, bool]]:
    """The codes that are billable in one release only: code, title, and whether the other has it as a header."""
    for code, title, is_header in _compare(db, _ONE_SIDED, release, other):
        yield code, title, bool(is_header)


def _both_sided(db: sqlite3.Connection, old: Release, new: Release) -> Iterator[tuple[str, str, str]]:
    """The codes that are billable in both with two titles: code, the old title, the new one."""
    yield from _compare(db, _RETITLED, old, new)


def _compare(db: sqlite3.Connection, query: str, mine: Release, other: Release) -> sqlite3.Cursor:
    dated = mine.system is CodeSystem.HCPCS
    sides = {side: _IN_FORCE.format(side=side) if dated else "1" for side in ("mine", "other")}
    values: dict[str, int | str] = {}
    for side, release in (("mine", mine), ("other", other)):
        (load,) = db.execute(_LOAD, (release.id, FileKind.HCPCS.value)).fetchone() or (0,)
        values |= {side: release.id, f"{side}_load": load}
        values |= {f"{side}_starts": str(release.starts), f"{side}_ends": str(release.ends)}
    return db.execute(query.format(**sides), values)


def _last_days(db: sqlite3.Connection, release: Release) -> dict[str, str]:
    """The last day of every code that the file of the release terminates."""
    query = "SELECT code, terminated FROM hcpcs_details JOIN loads ON loads.id = load_id WHERE release_id = ?"
    return dict(db.execute(f"{query} AND terminated IS NOT NULL", (release.id,)).fetchall())


def _heirs(reference: Reference, release: Release, codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(code for code in codes if _valid(reference, release, code))


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

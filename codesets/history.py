"""The life of a code across the loaded releases: when it came, changed its title, became a header, or ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from codesets.reference import Reference
from codesets.releases import CodeSystem, Release
from codesets.sources.source import FileKind
from codesets.titles import same_title


class Stage(StrEnum):
    """What a release makes of the code."""

    BILLABLE = "billable"
    HEADER = "header"
    TERMINATED = "terminated"
    ABSENT = "absent"


@dataclass(frozen=True)
class Era:
    """Consecutive loaded releases that say the same of a code; `title` is empty where it is absent."""

    first: Release
    last: Release
    stage: Stage
    title: str


@dataclass(frozen=True)
class History:
    """The eras from the earliest release on; the other codes are those of the conversion table.

    `came_from` are the codes used before it. `became` took the place of a code that is no longer billable;
    `split_off` are those that took over a part of a code that still is (F50.82 of F50.89).

    Where only one release is loaded there is one era, which says nothing of other years.
    """

    code: str
    eras: tuple[Era, ...]
    came_from: tuple[str, ...]
    became: tuple[str, ...]
    split_off: tuple[str, ...]


def history(reference: Reference, system: CodeSystem, code: str) -> History:
    """What the loaded releases say of a code without the dot; starter lists are left out."""
    releases = [release for release in reversed(reference.releases(system)) if release.complete]
    eras: list[Era] = []
    for release in releases:
        query = "SELECT billable, title FROM codes WHERE release_id = ? AND code = ?"
        row = reference.db.execute(query, (release.id, code)).fetchone()
        stage = Stage.ABSENT if row is None else Stage.BILLABLE if row[0] else Stage.HEADER
        if row and _ended_before(reference, release, code):
            stage = Stage.TERMINATED
        title = row[1] if row else ""
        if eras and eras[-1].stage is stage and same_title(eras[-1].title, title):
            eras[-1] = Era(eras[-1].first, release, stage, title)
        else:
            eras.append(Era(release, release, stage, title))
    came_from, heirs = _conversions(reference, releases[-1], code) if releases else ((), ())
    if eras and eras[-1].stage is Stage.BILLABLE:
        return History(code, tuple(eras), came_from, (), heirs)
    return History(code, tuple(eras), came_from, heirs, ())


def _ended_before(reference: Reference, release: Release, code: str) -> bool:
    """Whether HCPCS has the code still, but terminated before the release begins."""
    query = (
        "SELECT 1 FROM hcpcs_details JOIN loads ON loads.id = load_id"
        " WHERE release_id = ? AND code = ? AND terminated < ?"
    )
    dated = release.system is CodeSystem.HCPCS
    return dated and reference.db.execute(query, (release.id, code, str(release.starts))).fetchone() is not None


def _conversions(reference: Reference, release: Release, code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    load = reference.part(release.id, FileKind.CM_CONVERSION)
    came_from = reference.db.execute(
        "SELECT previous FROM conversions WHERE load_id = ? AND code = ? ORDER BY ordinal", (load, code)
    )
    became = reference.db.execute(
        "SELECT code FROM conversions WHERE load_id = ? AND previous = ? ORDER BY code", (load, code)
    )
    return tuple(row[0] for row in came_from), tuple(row[0] for row in became)

"""Takes an edition out of the reference database again: its codes, and every file that was loaded for it.

What comes with the installation stays. Where an imported file stood in the place of a shipped edition, that one
comes back. Like an import, a removal works on a copy and puts it in place at the end.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from codesets import build
from codesets.errors import ReferenceUnavailable, UsageError
from codesets.loading import families
from codesets.loading.loads import drop_load, drop_release
from codesets.reference import Progress, Reference
from codesets.releases import CodeSystem, Load, all_loads
from codesets.sources.editions import fiscal_year_in


@dataclass(frozen=True)
class Removal:
    """What would go: how many codes (headers too), and which files. `serves` are editions that lose something."""

    system: CodeSystem
    edition: str
    codes: int
    files: tuple[Load, ...]
    serves: tuple[str, ...]


def plan(reference: Reference, system: CodeSystem, name: str) -> Removal:
    """What removing the edition would take away; nothing is changed.

    `name` is an edition as `codesets list` shows it, or a fiscal year. Raises UsageError with the editions that
    can be removed.
    """
    loads = [one for one in all_loads(reference.db) if one.system == system and not _shipped_load(reference, one)]
    releases = {one.edition: one for one in reference.releases(system) if not _shipped_release(reference, one.id)}
    editions = list(dict.fromkeys([*releases, *(one.edition for one in loads)]))
    named = fiscal_year_in(name)
    wanted = {name.strip().lower(), named.name.lower() if named else ""}
    edition = next((one for one in editions if one.lower() in wanted), None)
    if edition is None:
        there = ", ".join(editions) or "none"
        raise UsageError(f"no imported {system.label} edition {name[:40]!r}", f"imported and removable: {there}")
    files = tuple(one for one in loads if one.edition == edition)
    codes = sum(reference.count(releases[edition])) if edition in releases else 0
    others = sorted({other for one in files for other in one.serves} - {edition})
    return Removal(system, edition, codes, files, tuple(others))


def remove(place: Path, removal: Removal, progress: Progress) -> None:
    """Take it away. Raises ReferenceUnavailable when the database cannot be replaced; then nothing has changed."""
    with build.only_builder(place.parent):
        try:
            with build.replacement(place, place, progress) as db:
                for file in removal.files:
                    drop_load(db, file.kind, file.edition, file.part)
                drop_release(db, removal.system, removal.edition)
                families.finish(db)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ReferenceUnavailable(f"{place} could not be replaced: {reason}", "nothing was changed") from error
        if (removal.system, removal.edition) in build.shipped_editions():
            build.build(place, progress)


def _shipped_load(reference: Reference, load: Load) -> bool:
    query = "SELECT shipped FROM loads WHERE kind = ? AND edition = ? AND part = ?"
    return bool(reference.db.execute(query, (load.kind, load.edition, load.part)).fetchone()[0])


def _shipped_release(reference: Reference, release: int) -> bool:
    return bool(reference.db.execute("SELECT shipped FROM releases WHERE id = ?", (release,)).fetchone()[0])

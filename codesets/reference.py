"""The reference database as a file: where it is, whether it is one, and opening it read-only.

It is built on first use (`codesets.build`), opened read-only and memory-mapped, and shared by all sessions of
a host. An import puts a new file in its place; open sessions move to it when they next look something up.
Nothing here writes.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from codesets.errors import ReferenceUnavailable
from codesets.home import home
from codesets.releases import CodeSystem, Release, ReleaseChoice, all_releases, choose

Progress = Callable[[str, float], None]

APPLICATION_ID = 0x0C0DE5E7
# Raised whenever the tables or the shipped data change: an older file is then built anew.
SCHEMA_VERSION = 3
# Of the search index; another number has it built again.
SEARCH_FORMAT = 9
_MOST_CHOICES = 4_096
_MOMENT = 0.01
"""Seconds in which a file is not looked at again: a stat costs as much as the look-up that it precedes."""
_MAPPED_BYTES = 128 * 1024 * 1024
_REBUILD = "move the file away; it is built again on the next use"


class Reference:
    """An open reference database. It is for the thread that opened it; opening it in another one is cheap."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._replaced: sqlite3.Connection | None = None
        self.db: sqlite3.Connection
        self.build_id: str
        self._identity: tuple[int, int, int]
        self._looked = 0.0
        self._open()

    def refresh(self) -> bool:
        """Move to a newer build where one has been put in place; True when it did. Costs one stat.

        Every look-up by date does so by itself, but for those that follow one within a moment, so that an open session
        sees an import at its next keystroke.
        What was read before stays valid as a value; ids of releases and codes stay the same across builds.
        """
        self._looked = time.monotonic()
        try:
            identity = _identity(self.path)
        except OSError:
            return False  # the file is being moved away; what is open stays
        if identity == self._identity:
            return False
        replaced, held = self.db, self._identity
        try:
            self._open()
        except ReferenceUnavailable:
            self.db, self._identity = replaced, held
            return False
        # A caller may still be reading rows of the old build: it is closed one build later.
        if self._replaced is not None:
            self._replaced.close()
        self._replaced = replaced
        return True

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self.db.close()
        if self._replaced is not None:
            self._replaced.close()

    def __enter__(self) -> Reference:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def releases(self, system: CodeSystem | None = None) -> list[Release]:
        """Every loaded release, by system, newest first."""
        return all_releases(self.db, system)

    def choose(self, system: CodeSystem, on: dt.date) -> ReleaseChoice:
        """The release that answers for the date, with a warning when it does not cover it."""
        if time.monotonic() - self._looked > _MOMENT:
            self.refresh()
        choice = self._choices.get((system, on))
        if choice is None:
            if len(self._choices) >= _MOST_CHOICES:
                self._choices.clear()
            choice = self._choices[system, on] = choose(self.db, system, on)
        return choice

    def part(self, release: int, kind: str) -> int | None:
        """The load that gives the release its notes, index or table of this kind; None where none does."""
        query = "SELECT load_id FROM release_parts WHERE release_id = ? AND kind = ?"
        row = self.db.execute(query, (release, kind)).fetchone()
        return int(row[0]) if row else None

    def count(self, release: Release) -> tuple[int, int]:
        """How many codes the release has: billable ones, and headers."""
        rows = dict(
            self.db.execute("SELECT billable, count(*) FROM codes WHERE release_id = ? GROUP BY 1", (release.id,))
        )
        return rows.get(1, 0), rows.get(0, 0)

    def _open(self) -> None:
        try:
            self._identity = _identity(self.path)
            self.db = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            self.db.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
            self._choices: dict[tuple[CodeSystem, dt.date], ReleaseChoice] = {}
            self.build_id = _build_id(self.db)
        except (OSError, sqlite3.Error, TypeError) as error:
            raise ReferenceUnavailable(f"{self.path}: {error}", _REBUILD) from error


def open_reference(path: Path | None = None, progress: Progress | None = None) -> Reference:
    """Open the reference database of this host, or the one at `path`; built first where there is none.

    Raises ReferenceUnavailable when it is damaged, foreign or cannot be built, HomeUnwritable for the folder.
    """
    place = path or reference_path()
    if not (place.exists() and is_current(place)):
        from codesets import build  # only the first use pays for the importers

        build.ensure_reference(path, progress)
    return Reference(place)


def reference_path() -> Path:
    """Where the reference database of this host is, or will be; `CODEDESK_REFERENCE` names one that sites share."""
    if named := os.environ.get("CODEDESK_REFERENCE"):
        return Path(named).expanduser()
    return home() / "reference.sqlite"


def search_folder(place: Path, build_id: str) -> Path:
    """Where the search index that belongs to this build of the database at `place` is kept."""
    return place.with_suffix(".search") / f"{build_id}.{SEARCH_FORMAT}"


def is_current(path: Path) -> bool:
    """Whether the file is a reference database of this version with its search index beside it.

    Raises ReferenceUnavailable for any other file.
    """
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            (identity,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            tables = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").fetchone()[0]
            build_id = _build_id(db) if tables else ""
        finally:
            db.close()
    except sqlite3.Error as error:
        raise ReferenceUnavailable(f"{path}: {error}", _REBUILD) from error
    if identity != APPLICATION_ID or not tables:
        raise ReferenceUnavailable(f"{path}: not a code-set database of codedesk", _REBUILD)
    if version > SCHEMA_VERSION:
        raise ReferenceUnavailable(f"{path}: made by a newer codedesk", "use that version, or move the file away")
    return bool(version == SCHEMA_VERSION) and search_folder(path, build_id).is_dir()


def _identity(path: Path) -> tuple[int, int, int]:
    """What tells one build of the file from the next without opening it."""
    status = os.stat(path)
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _build_id(db: sqlite3.Connection) -> str:
    """The name of the build; empty in a database that has none."""
    row = db.execute("SELECT value FROM meta WHERE name = 'build'").fetchone()
    return str(row[0]) if row else ""

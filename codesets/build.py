"""Builds the reference database: every code-set release on this host, in one read-only SQLite file.

On first use it is filled with what comes with the installation: the FY2026 April edition of ICD-10-CM, and
short starter lists of HCPCS Level II, ICD-10-PCS and modifiers in own wording; `codesets.importing` adds to it.
The file is built beside its place under another name, flushed to disk and renamed, so a reader sees all of it
or none of it; of several processes that start at once one builds and the others wait. A failed build leaves
nothing behind. When the tables or the shipped data change, the file is built anew and keeps what was imported.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesets.errors import ReferenceUnavailable, UnreadableInput
from codesets.home import ensure_home
from codesets.loading import icd10cm, schema, tables
from codesets.loading.loads import begin_load, columns, end_load, enter_release, release_id, tables_with
from codesets.loading.losses import BEFORE
from codesets.reference import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    Progress,
    is_current,
    reference_path,
    search_folder,
)
from codesets.releases import CodeSystem
from codesets.search import index
from codesets.shipped_tables import read_table
from codesets.sources import icd10cm_shipped, icd10cm_tabular
from codesets.sources.icd10cm_tabular import TabularCode
from codesets.sources.source import FileKind, Recognized, source_file

# The first version of the tables with imported releases.
_FIRST_WITH_IMPORTS = 3


@dataclass(frozen=True)
class _Starter:
    """A shipped starter list: its file and the period for which its codes were checked to exist."""

    system: CodeSystem
    file: str
    starts: dt.date
    ends: dt.date


_STARTERS = (
    _Starter(CodeSystem.ICD10PCS, "icd10pcs_starter.csv", dt.date(2025, 10, 1), dt.date(2026, 9, 30)),
    _Starter(CodeSystem.HCPCS, "hcpcs_starter.csv", dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
)
_STARTER_EDITION = "starter list 2026"
_DATA = Path(__file__).parent / "data"


def ensure_reference(path: Path | None = None, progress: Progress | None = None) -> Path:
    """The reference database, built now if it is not there yet.

    `progress` is called with a stage and the share done, 0.0 to 1.0. Raises HomeUnwritable, or
    ReferenceUnavailable when the file is damaged or foreign or the shipped data is missing.
    """
    place = path or reference_path()
    if place.exists() and is_current(place):
        return place
    if path is None:
        ensure_home()
    with only_builder(place.parent):
        if not (place.exists() and is_current(place)):
            build(place, progress or (lambda stage, done: None))
    return place


def build(place: Path, progress: Progress) -> None:
    """Build the database with the shipped releases, and what an older file at the place had imported.

    Callers hold the builder's lock. Raises ReferenceUnavailable, and then nothing has changed.
    """
    try:
        with replacement(place, None, progress) as db:
            _fill(db, progress)
            if place.exists():
                carry_over(db, place)
            icd10cm.attach(db)
    except (OSError, sqlite3.Error, UnreadableInput) as error:
        reason = error.line() if isinstance(error, UnreadableInput) else str(error)
        raise ReferenceUnavailable(f"{place} could not be built: {reason}", "nothing was changed") from error


def shipped_editions() -> set[tuple[CodeSystem, str]]:
    """The editions that come with the installation."""
    starters = {(starter.system, _STARTER_EDITION) for starter in _STARTERS}
    return starters | {(CodeSystem.ICD10CM, icd10cm_shipped.EDITION)}


@contextmanager
def replacement(place: Path, base: Path | None, progress: Progress) -> Iterator[sqlite3.Connection]:
    """A database to fill, which takes the place of the old one when the block ends without an error.

    It begins as a copy of `base`, which is attached as `before`, or empty with its tables; readers keep the old file
    until they look again. Search indexes are built at the end, those of untouched releases taken over. After an error
    nothing has changed. Callers hold the builder's lock.
    """
    temporary = place.with_name(f".{place.name}.{os.getpid()}.building")
    build_id = os.urandom(8).hex()
    folder = search_folder(place, build_id)
    _remove_leftovers(place)
    # Millions of small objects without cycles: looking for cycles among them takes a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        if base is not None:
            shutil.copyfile(base, temporary)
        db = sqlite3.connect(temporary.absolute().as_uri(), uri=True, isolation_level=None)
        try:
            # The file is not in place yet, so a crash loses nothing; savepoints still need a journal.
            db.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;")
            if base is None:
                db.executescript(schema.TABLES + tables.TABLES)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            else:
                db.execute(f"ATTACH ? AS {BEFORE}", (f"{base.absolute().as_uri()}?mode=ro",))
            db.execute("BEGIN")
            db.execute("INSERT OR REPLACE INTO meta VALUES ('build', ?)", (build_id,))
            yield db
            db.execute("COMMIT")
            index.build(db, folder, lambda done: progress("indexing words", 0.4 + 0.6 * done))
        finally:
            db.close()
        _flush(temporary)
        os.replace(temporary, place)
        _flush(place.parent)
    except BaseException:
        _discard(temporary, folder)
        raise
    finally:
        if collecting:
            gc.enable()
    index.remove_older(keep=folder)
    progress("ready", 1.0)


def carry_over(db: sqlite3.Connection, old: Path) -> None:
    """Copy what was imported into an older database file, by the columns that both have."""
    source = sqlite3.connect(f"{old.absolute().as_uri()}?mode=ro", uri=True)
    try:
        if source.execute("PRAGMA user_version").fetchone()[0] < _FIRST_WITH_IMPORTS:
            return
        new_release: dict[int, int] = {}
        for identity, system, edition in source.execute("SELECT id, system, edition FROM releases WHERE NOT shipped"):
            key = ("release_id", identity)
            if (shipped := release_id(db, CodeSystem(system), edition)) is not None:
                db.execute("DELETE FROM codes WHERE release_id = ?", (shipped,))
                db.execute("DELETE FROM releases WHERE id = ?", (shipped,))
            new_release[identity] = _copy_owner(db, source, "releases", identity, {})
            _copy_rows(db, source, key, {"release_id": new_release})
        new_load: dict[int, int] = {}
        for identity, kind, edition, part in source.execute(
            "SELECT id, kind, edition, part FROM loads WHERE NOT shipped"
        ).fetchall():
            db.execute("DELETE FROM loads WHERE kind = ? AND edition = ? AND part = ?", (kind, edition, part))
            new_load[identity] = _copy_owner(db, source, "loads", identity, {"release_id": new_release})
        for identity in new_load:
            _copy_rows(db, source, ("load_id", identity), {"load_id": new_load, "leads_to_load": new_load})
    finally:
        source.close()


def _copy_owner(
    db: sqlite3.Connection, source: sqlite3.Connection, table: str, identity: int, maps: dict[str, dict[int, int]]
) -> int:
    """Copy one release or load and return its new id."""
    names = [name for name in columns(source, table) if name in columns(db, table) and name != "id"]
    row = source.execute(f"SELECT {', '.join(names)} FROM {table} WHERE id = ?", (identity,)).fetchone()
    values = [maps[name].get(value) if name in maps else value for name, value in zip(names, row, strict=True)]
    marks = ", ".join("?" * len(names))
    cursor = db.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", values)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _copy_rows(
    db: sqlite3.Connection, source: sqlite3.Connection, key: tuple[str, int], maps: dict[str, dict[int, int]]
) -> None:
    """Copy the rows of one release or load in every table that both databases have."""
    column, identity = key
    for table in tables_with(source, column):
        names = [name for name in columns(source, table) if name in columns(db, table)]
        # Loads are copied as owners, and what serves which release is chosen anew.
        if table in ("loads", "release_parts", "section_spans") or column not in names:
            continue
        mapped = {place: maps[name] for place, name in enumerate(names) if name in maps}
        rows = source.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {column} = ?", (identity,))
        db.executemany(
            f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            ([mapped[place].get(v) if place in mapped else v for place, v in enumerate(row)] for row in rows),
        )


def _fill(db: sqlite3.Connection, progress: Progress) -> None:
    progress("reading ICD-10-CM", 0.0)
    files = icd10cm_shipped.find_files()
    tabular = source_file(files.tabular)
    period = (icd10cm_shipped.STARTS, icd10cm_shipped.ENDS)
    recognized = Recognized(FileKind.CM_TABULAR, CodeSystem.ICD10CM, icd10cm_shipped.EDITION, *period)
    parts = list(icd10cm_tabular.read(tabular, recognized))
    printed = {part.code: part for part in parts if isinstance(part, TabularCode)}
    rows = icd10cm_shipped.code_rows(printed, icd10cm_shipped.read_code_list(files.code_list))
    progress("storing ICD-10-CM", 0.15)
    release = enter_release(db, tabular, recognized, shipped=True)
    icd10cm.store_codes(db, release, rows, {})
    load = begin_load(db, tabular, recognized, release, shipped=True)
    end_load(db, load, icd10cm.store_tabular(db, load, parts))
    for starter in _STARTERS:
        _add_starter(db, starter)


def _add_starter(db: sqlite3.Connection, starter: _Starter) -> None:
    path = _DATA / starter.file
    kind = {CodeSystem.ICD10PCS: FileKind.PCS_ORDER, CodeSystem.HCPCS: FileKind.HCPCS}[starter.system]
    recognized = Recognized(kind, starter.system, _STARTER_EDITION, starter.starts, starter.ends)
    release = enter_release(db, source_file(path), recognized, complete=False, shipped=True)
    rows = sorted(read_table(path, ("code", "title")))
    db.executemany(
        "INSERT INTO codes (release_id, code, position, title, billable, default_code) VALUES (?, ?, ?, ?, 1, ?)",
        ((release, code, position, title, code) for position, (code, title) in enumerate(rows)),
    )
    if starter.system is CodeSystem.HCPCS:
        modifiers = read_table(_DATA / "modifiers.csv", ("modifier", "meaning"))
        db.executemany("INSERT INTO modifiers VALUES (?, ?, ?)", ((release, *row) for row in modifiers))


@contextmanager
def only_builder(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder itself, which leaves no lock file behind; waits for another builder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ReferenceUnavailable(f"{folder}: {error.strerror}", "the folder must exist") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_leftovers(place: Path) -> None:
    """Remove what a killed build left; the lock says that no other build is running."""
    for path in place.parent.glob(f".{place.name}.*.building"):
        path.unlink(missing_ok=True)


def _discard(temporary: Path, folder: Path) -> None:
    temporary.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

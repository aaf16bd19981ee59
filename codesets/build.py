"""Builds the reference database: every code-set release on this host, in one read-only SQLite file.

On first use it is filled with what comes with the installation: the FY2026 April edition of ICD-10-CM, and
short starter lists of HCPCS Level II, ICD-10-PCS and modifiers in own wording. The file is built beside its
place under another name, flushed to disk and renamed, so a reader sees all of it or none of it; of several
processes that start at once one builds and the others wait. A failed build leaves nothing behind.
"""

from __future__ import annotations

import csv
import datetime as dt
import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesets.errors import ReferenceUnavailable, UnreadableInput
from codesets.hierarchy import default_billable
from codesets.home import ensure_home
from codesets.notes import NoteKind
from codesets.reference import APPLICATION_ID, SCHEMA_VERSION, Progress, is_current, reference_path
from codesets.releases import CodeSystem
from codesets.search import index
from codesets.sources import icd10cm_shipped, icd10cm_tabular
from codesets.sources.icd10cm_shipped import CodeRow
from codesets.sources.icd10cm_tabular import Tabular


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

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE releases (
    id INTEGER PRIMARY KEY, system TEXT NOT NULL, edition TEXT NOT NULL,
    starts TEXT NOT NULL, ends TEXT NOT NULL, complete INTEGER NOT NULL,
    source_name TEXT NOT NULL, source_sha256 TEXT NOT NULL, loaded_at TEXT NOT NULL,
    UNIQUE (system, edition));
-- position: rank in the official order from 0, for ranges and sorting; code order is not string order.
-- default_code: the billable code a header stands for. printed: the code of the tabular list it extends.
CREATE TABLE codes (
    release_id INTEGER NOT NULL, code TEXT NOT NULL, position INTEGER NOT NULL, title TEXT NOT NULL,
    billable INTEGER NOT NULL, parent TEXT, default_code TEXT, printed TEXT, section TEXT,
    PRIMARY KEY (release_id, code)) WITHOUT ROWID;
CREATE TABLE chapters (
    release_id INTEGER NOT NULL, number TEXT NOT NULL, ordinal INTEGER NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (release_id, number)) WITHOUT ROWID;
-- first_position and last_position span the categories of the section, both inclusive.
CREATE TABLE sections (
    release_id INTEGER NOT NULL, id TEXT NOT NULL, chapter TEXT NOT NULL, ordinal INTEGER NOT NULL,
    title TEXT NOT NULL, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL,
    PRIMARY KEY (release_id, id)) WITHOUT ROWID;
CREATE TABLE notes (
    release_id INTEGER NOT NULL, owner_kind TEXT NOT NULL, owner TEXT NOT NULL, ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (release_id, owner_kind, owner, ordinal)) WITHOUT ROWID;
CREATE TABLE seventh_characters (
    release_id INTEGER NOT NULL, owner TEXT NOT NULL, ordinal INTEGER NOT NULL,
    character TEXT NOT NULL, meaning TEXT NOT NULL, also TEXT NOT NULL,
    PRIMARY KEY (release_id, owner, ordinal)) WITHOUT ROWID;
CREATE TABLE modifiers (
    release_id INTEGER NOT NULL, modifier TEXT NOT NULL, meaning TEXT NOT NULL,
    PRIMARY KEY (release_id, modifier)) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX codes_by_position ON codes (release_id, position);
CREATE INDEX codes_by_parent ON codes (release_id, parent, position);
"""


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
    with _only_builder(place.parent):
        if not (place.exists() and is_current(place)):
            build(place, progress or (lambda stage, done: None))
    return place


def build(place: Path, progress: Progress) -> None:
    """Build the database and its search index, and put both in place. Callers hold the builder's lock."""
    temporary = place.with_name(f".{place.name}.{os.getpid()}.building")
    _remove_leftovers(place)
    folder: Path | None = None
    try:
        progress("reading ICD-10-CM", 0.0)
        db = sqlite3.connect(temporary, isolation_level=None)
        try:
            folder = _fill(db, place, progress)
        finally:
            db.close()
        _flush(temporary)
        os.replace(temporary, place)
        _flush(place.parent)
    except (OSError, sqlite3.Error, UnreadableInput) as error:
        _discard(temporary, folder)
        reason = error.line() if isinstance(error, UnreadableInput) else str(error)
        raise ReferenceUnavailable(f"{place} could not be built: {reason}", "nothing was changed") from error
    except BaseException:
        _discard(temporary, folder)
        raise
    index.remove_others(place, keep=folder)
    progress("ready", 1.0)


def _fill(db: sqlite3.Connection, place: Path, progress: Progress) -> Path:
    files = icd10cm_shipped.find_files()
    build_id = os.urandom(8).hex()
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("BEGIN")
    db.execute("INSERT INTO meta VALUES ('build', ?)", (build_id,))
    tabular = icd10cm_tabular.read(files.tabular)
    rows = icd10cm_shipped.code_rows(tabular, icd10cm_shipped.read_code_list(files.code_list))
    progress("storing ICD-10-CM", 0.15)
    release = _add_release(
        db,
        CodeSystem.ICD10CM,
        icd10cm_shipped.EDITION,
        (icd10cm_shipped.STARTS, icd10cm_shipped.ENDS),
        True,
        files.tabular,
    )
    _add_codes(db, release, rows, tabular)
    _add_tabular(db, release, rows, tabular)
    for starter in _STARTERS:
        _add_starter(db, starter)
    db.execute("COMMIT")
    db.executescript(_INDEXES)
    progress("indexing words", 0.4)
    return index.build(db, index.folder_for(place, build_id), lambda done: progress("indexing words", 0.4 + 0.6 * done))


def _add_release(
    db: sqlite3.Connection,
    system: CodeSystem,
    edition: str,
    period: tuple[dt.date, dt.date],
    complete: bool,
    source: Path,
) -> int:
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    loaded_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    values = (system, edition, *map(str, period), complete, source.name, digest, loaded_at)
    cursor = db.execute(
        "INSERT INTO releases"
        " (system, edition, starts, ends, complete, source_name, source_sha256, loaded_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _add_codes(db: sqlite3.Connection, release: int, rows: list[CodeRow], tabular: Tabular) -> None:
    printed = {code.code: code for code in tabular.codes}
    defaults = default_billable(rows)

    def values() -> Iterator[tuple[object, ...]]:
        for position, row in enumerate(rows):
            base = icd10cm_shipped.printed_base(row.code, printed)
            assert base is not None  # code_rows() has refused codes without one
            default = row.code if row.billable else defaults[row.code]
            flags = (row.title, row.billable, row.parent, default, base.code, base.section)
            yield release, row.code, position, *flags

    db.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values())


def _add_tabular(db: sqlite3.Connection, release: int, rows: list[CodeRow], tabular: Tabular) -> None:
    for ordinal, chapter in enumerate(tabular.chapters):
        db.execute("INSERT INTO chapters VALUES (?, ?, ?, ?)", (release, chapter.number, ordinal, chapter.title))
        _add_notes(db, release, "chapter", chapter.number, chapter.notes)
    spans = _section_spans(rows, tabular)
    for ordinal, section in enumerate(tabular.sections):
        values = (release, section.id, section.chapter, ordinal, section.title, *spans[section.id])
        db.execute("INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        _add_notes(db, release, "section", section.id, section.notes)
    for code in tabular.codes:
        _add_notes(db, release, "code", code.code, code.notes)
        db.executemany(
            "INSERT INTO seventh_characters VALUES (?, ?, ?, ?, ?, ?)",
            (
                (release, code.code, ordinal, row.character, row.meaning, "\n".join(row.also))
                for ordinal, row in enumerate(code.seventh_characters)
            ),
        )


def _add_notes(
    db: sqlite3.Connection, release: int, owner_kind: str, owner: str, notes: tuple[tuple[NoteKind, str], ...]
) -> None:
    db.executemany(
        "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?)",
        ((release, owner_kind, owner, ordinal, *note) for ordinal, note in enumerate(notes)),
    )


def _section_spans(rows: list[CodeRow], tabular: Tabular) -> dict[str, tuple[int, int]]:
    """The first and last code position of every section, both inclusive.

    A section that prints no categories of its own (V00-V99) spans the categories that its id names.
    """
    positions = {row.code: position for position, row in enumerate(rows)}
    ends: dict[str, int] = {}
    for position, row in enumerate(rows):
        ends[row.code[:3]] = position
    categories: dict[str, list[str]] = {}
    for code in tabular.codes:
        if code.parent is None:
            categories.setdefault(code.section, []).append(code.code)
    spans = {}
    for section in tabular.sections:
        own = [code for code in categories.get(section.id, ()) if code in positions]
        named = [code for code in (section.first, section.last) if code in positions]
        members = own + named
        if not members:
            raise UnreadableInput(f"section {section.id} names no category", "expected a range of categories")
        spans[section.id] = min(positions[code] for code in members), max(ends[code] for code in members)
    return spans


def _add_starter(db: sqlite3.Connection, starter: _Starter) -> None:
    path = _DATA / starter.file
    release = _add_release(db, starter.system, _STARTER_EDITION, (starter.starts, starter.ends), False, path)
    rows = sorted(read_table(path, ("code", "title")))
    db.executemany(
        "INSERT INTO codes VALUES (?, ?, ?, ?, 1, NULL, ?, NULL, NULL)",
        ((release, code, position, title, code) for position, (code, title) in enumerate(rows)),
    )
    if starter.system is CodeSystem.HCPCS:
        modifiers = read_table(_DATA / "modifiers.csv", ("modifier", "meaning"))
        db.executemany("INSERT INTO modifiers VALUES (?, ?, ?)", ((release, *row) for row in modifiers))


def read_table(path: Path, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The rows of a shipped CSV file with exactly these columns; lines that begin with # are remarks.

    Raises UnreadableInput with the line for a wrong header, a wrong number of cells or an empty cell.
    """
    rows: list[tuple[str, ...]] = []
    header: tuple[str, ...] | None = None
    with path.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(file, start=1):
            if line.startswith("#") or not line.strip():
                continue
            cells = tuple(cell.strip() for cell in next(csv.reader([line])))
            if header is None:
                header = cells
            if len(cells) != len(columns) or not all(cells) or header != columns:
                raise UnreadableInput(f"{path.name} line {number}", f"expected {', '.join(columns)}")
            if cells != columns:
                rows.append(cells)
    return rows


@contextmanager
def _only_builder(folder: Path) -> Iterator[None]:
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


def _discard(temporary: Path, folder: Path | None) -> None:
    temporary.unlink(missing_ok=True)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

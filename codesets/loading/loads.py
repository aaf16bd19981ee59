"""Releases and loads as rows: entering them, finding an earlier one, and taking its data away again."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources.source import Recognized, SourceFile


@dataclass(frozen=True)
class Counts:
    """What a load did: the rows it stored, and what they changed.

    Compared is with an earlier load of the same edition, else with the edition before; where there is neither,
    nothing was added, changed or ended. A code set counts its billable codes.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    ended: int = 0
    skipped: int = 0
    before: str = ""
    """The edition that it was compared with, where that is known."""


def is_loaded(db: sqlite3.Connection, file: SourceFile, recognized: Recognized) -> bool:
    """Whether this very content is loaded as this edition and part."""
    query = "SELECT 1 FROM loads WHERE kind = ? AND edition = ? AND part = ? AND sha256 = ?"
    values = (recognized.kind.value, recognized.edition, recognized.part or "", file.sha256)
    return db.execute(query, values).fetchone() is not None


def begin_load(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, release: int | None = None, shipped: bool = False
) -> int:
    """Enter a load and return its id; the data of an earlier load of the same edition and part is removed.

    Raises UnreadableInput when the period is not known.
    """
    if recognized.starts is None or recognized.ends is None:
        raise UnreadableInput(f"{file.name}: its period is not known", recognized.asks or "name its edition")
    drop_load(db, recognized.kind.value, recognized.edition, recognized.part or "")
    cursor = db.execute(
        "INSERT INTO loads (release_id, system, kind, edition, starts, ends, part, shipped, name, size, sha256,"
        " rows, added, changed, ended, skipped, loaded_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, ?)",
        (
            release,
            recognized.system.value,
            recognized.kind.value,
            recognized.edition,
            str(recognized.starts),
            str(recognized.ends),
            recognized.part or "",
            shipped,
            file.name,
            file.size,
            file.sha256,
            _now(),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def end_load(db: sqlite3.Connection, load: int, counts: Counts) -> None:
    """Enter what the load did."""
    db.execute(
        "UPDATE loads SET rows = ?, added = ?, changed = ?, ended = ?, skipped = ? WHERE id = ?",
        (counts.rows, counts.added, counts.changed, counts.ended, counts.skipped, load),
    )


def drop_load(db: sqlite3.Connection, kind: str, edition: str, part: str) -> None:
    """Take away the load of this kind, edition and part, if there is one, with its data."""
    query = "SELECT id FROM loads WHERE kind = ? AND edition = ? AND part = ?"
    for (load,) in db.execute(query, (kind, edition, part)).fetchall():
        for table in tables_with(db, "load_id"):
            db.execute(f"DELETE FROM {table} WHERE load_id = ?", (load,))
        db.execute("UPDATE index_targets SET leads_to_load = NULL, leads_to = NULL WHERE leads_to_load = ?", (load,))
        db.execute("DELETE FROM loads WHERE id = ?", (load,))


def drop_release(db: sqlite3.Connection, system: CodeSystem, edition: str) -> None:
    """Take away a release, if there is one, with its codes; the files that were loaded for it are not touched."""
    if (release := release_id(db, system, edition)) is not None:
        for table in tables_with(db, "release_id"):
            if table != "loads":
                db.execute(f"DELETE FROM {table} WHERE release_id = ?", (release,))
        db.execute("DELETE FROM releases WHERE id = ?", (release,))


def enter_release(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, complete: bool = True, shipped: bool = False
) -> int:
    """The id of the release, entered now or taken over from an earlier load of the same edition."""
    values = (
        str(recognized.starts),
        str(recognized.ends),
        complete,
        shipped,
        file.name,
        file.sha256,
        _now(),
        recognized.system.value,
        recognized.edition,
    )
    updated = db.execute(
        "UPDATE releases SET starts = ?, ends = ?, complete = ?, shipped = ?, source_name = ?, source_sha256 = ?,"
        " loaded_at = ? WHERE system = ? AND edition = ?",
        values,
    )
    if not updated.rowcount:
        db.execute(
            "INSERT INTO releases (starts, ends, complete, shipped, source_name, source_sha256, loaded_at, system,"
            " edition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
    found = release_id(db, recognized.system, recognized.edition)
    assert found is not None
    return found


def tables_with(db: sqlite3.Connection, column: str, schema: str = "main") -> list[str]:
    """The tables that have this column: `load_id` holds the data of a load, `release_id` that of a release."""
    tables = [row[0] for row in db.execute(f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'table'")]
    return [table for table in tables if column in columns(db, table, schema)]


def columns(db: sqlite3.Connection, table: str, schema: str = "main") -> list[str]:
    """The columns of a table in order; none where it does not exist."""
    return [row[1] for row in db.execute(f"PRAGMA {schema}.table_info({table})")]


def release_id(db: sqlite3.Connection, system: CodeSystem, edition: str) -> int | None:
    """The id of a loaded release, or None."""
    row = db.execute("SELECT id FROM releases WHERE system = ? AND edition = ?", (system.value, edition)).fetchone()
    return int(row[0]) if row else None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

"""A small reference database filled from made-up files, without the codes that come with the installation."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from codesets import sources
from codesets.loading import families, schema, tables
from codesets.reference import APPLICATION_ID, SCHEMA_VERSION, Reference
from codesets.sources.source import Rejected, SourceFile


def loaded_reference(path: Path, files: list[SourceFile]) -> Reference:
    """The files loaded in this order into a new database at `path`, opened."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(schema.TABLES + tables.TABLES)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("INSERT INTO meta VALUES ('build', 'made')")
    remarks(db, files)
    db.close()
    return Reference(path)


def remarks(db: sqlite3.Connection, files: list[SourceFile]) -> list[str]:
    """Load the files and return what the loads say of themselves."""
    said: list[str] = []
    for file in files:
        found = sources.recognize(file)
        assert found is not None
        name, recognized = found
        rows = (row for row in sources.source(name).read(file, recognized) if not isinstance(row, Rejected))
        counts, remarks = families.store(db, file, recognized, rows)
        families.record(db, recognized, counts)
        said += remarks
    return said

"""Stores plain lists: POA-exempt diagnoses, provider taxonomy, places of service, UB-04 and remittance codes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from codesets.loading.loads import Counts
from codesets.sources.code_list import ListEntry
from codesets.sources.nucc import Taxonomy
from codesets.sources.poa_exempt import ExemptCode

TABLES = """
CREATE TABLE poa_exempt (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, PRIMARY KEY (load_id, code)) WITHOUT ROWID;
CREATE TABLE taxonomy (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, grouping TEXT NOT NULL, classification TEXT NOT NULL,
    specialization TEXT NOT NULL, definition TEXT NOT NULL, notes TEXT NOT NULL, display_name TEXT NOT NULL,
    section TEXT NOT NULL, PRIMARY KEY (load_id, code)) WITHOUT ROWID;
-- list: which list the code is of, such as "revenue" or "carc". Dates ISO, NULL for none.
CREATE TABLE list_entries (
    load_id INTEGER NOT NULL, list TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL, starts TEXT, ends TEXT,
    notes TEXT NOT NULL, PRIMARY KEY (load_id, list, code)) WITHOUT ROWID;
"""


def store_exempt(db: sqlite3.Connection, load: int, rows: Iterable[ExemptCode]) -> Counts:
    """Store the POA-exempt codes under their load."""
    stored = db.executemany("INSERT INTO poa_exempt VALUES (?, ?)", ((load, row.code) for row in rows))
    return Counts(rows=stored.rowcount)


def store_taxonomy(db: sqlite3.Connection, load: int, rows: Iterable[Taxonomy]) -> Counts:
    """Store the provider taxonomy under its load."""
    stored = db.executemany(
        "INSERT INTO taxonomy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (load, row.code, row.grouping, row.classification, row.specialization)
            + (row.definition, row.notes, row.display_name, row.section)
            for row in rows
        ),
    )
    return Counts(rows=stored.rowcount)


def store_entries(db: sqlite3.Connection, load: int, rows: Iterable[ListEntry]) -> Counts:
    """Store the entries of one or more lists under their load."""
    stored = db.executemany(
        "INSERT INTO list_entries VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (load, row.list_name, row.code, row.text)
            + tuple(str(day) if day else None for day in (row.starts, row.ends))
            + (row.notes,)
            for row in rows
        ),
    )
    return Counts(rows=stored.rowcount)

"""Stores HCPCS Level II: what the file says of each code and modifier, with its dates, and the notes.

The codes themselves, by title, go where those of every code system go; this is what only HCPCS has.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator

from codesets.loading.loads import Counts
from codesets.sources.hcpcs import HcpcsCode, ProcessingNote
from codesets.sources.icd10cm_order import CodeRow

TABLES = """
-- Lists are words with single blanks between, the manuals one a line; dates ISO, NULL for none.
CREATE TABLE hcpcs_details (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, modifier INTEGER NOT NULL, title TEXT NOT NULL,
    short_title TEXT NOT NULL, pricing TEXT NOT NULL, multiple_pricing TEXT NOT NULL, coverage_manual TEXT NOT NULL,
    carrier_manual TEXT NOT NULL, statute TEXT NOT NULL, laboratory TEXT NOT NULL, cross_references TEXT NOT NULL,
    coverage TEXT NOT NULL, asc_group TEXT NOT NULL, asc_effective TEXT, opps_group TEXT NOT NULL,
    opps_policy TEXT NOT NULL, opps_effective TEXT, processing_note TEXT NOT NULL, betos TEXT NOT NULL,
    types_of_service TEXT NOT NULL, anesthesia_units INTEGER, added TEXT, effective TEXT, terminated TEXT,
    action TEXT NOT NULL, PRIMARY KEY (load_id, code)) WITHOUT ROWID;
CREATE TABLE hcpcs_notes (
    load_id INTEGER NOT NULL, number TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (load_id, number)) WITHOUT ROWID;
"""


def code_rows(rows: Iterable[HcpcsCode]) -> list[CodeRow]:
    """The codes, modifiers left out, as codes of a release in order; HCPCS has no headers."""
    codes = sorted((row for row in rows if not row.is_modifier), key=lambda row: row.code)
    return [CodeRow(row.code, row.title, True, None, row.short_title) for row in codes]


def modifier_values(rows: Iterable[HcpcsCode]) -> Iterator[tuple[str, str]]:
    """The modifiers with their texts."""
    for row in rows:
        if row.is_modifier:
            yield row.code, row.title


def store_details(db: sqlite3.Connection, load: int, rows: Iterable[HcpcsCode]) -> Counts:
    """Store codes and modifiers under their load."""
    marks = ", ".join("?" * 26)
    stored = db.executemany(f"INSERT INTO hcpcs_details VALUES ({marks})", (_values(load, row) for row in rows))
    return Counts(rows=stored.rowcount)


def store_notes(db: sqlite3.Connection, load: int, rows: Iterable[ProcessingNote]) -> Counts:
    """Store the processing notes under their load."""
    stored = db.executemany(
        "INSERT OR REPLACE INTO hcpcs_notes VALUES (?, ?, ?)", ((load, row.number, row.text) for row in rows)
    )
    return Counts(rows=stored.rowcount)


def _values(load: int, row: HcpcsCode) -> tuple[object, ...]:
    return (
        load,
        row.code,
        row.is_modifier,
        row.title,
        row.short_title,
        " ".join(row.pricing),
        row.multiple_pricing,
        # A manual reference can hold blanks, a list of them is therefore one a line.
        "\n".join(row.coverage_manual),
        "\n".join(row.carrier_manual),
        row.statute,
        " ".join(row.laboratory),
        " ".join(row.cross_references),
        row.coverage,
        row.asc_group,
        _iso(row.asc_effective),
        row.opps_group,
        row.opps_policy,
        _iso(row.opps_effective),
        row.processing_note,
        row.betos,
        " ".join(row.types_of_service),
        row.anesthesia_units,
        _iso(row.added),
        _iso(row.effective),
        _iso(row.terminated),
        row.action,
    )


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None

"""Stores the physician fee schedule: relative values and indicators, place indices, anesthesia factors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal

from codesets.loading.loads import Counts
from codesets.sources.anesthesia import AnesthesiaFactor
from codesets.sources.gpci import Locality
from codesets.sources.mpfs import RelativeValue

_FIELDS = tuple(field.name for field in fields(RelativeValue) if field.name != "line")

TABLES = f"""
-- Values are decimals as text, NULL for none; the columns are those of `codesets.sources.mpfs.RelativeValue`.
CREATE TABLE fee_values (
    load_id INTEGER NOT NULL, {", ".join(f"{name} TEXT" for name in _FIELDS)},
    PRIMARY KEY (load_id, code, modifier)) WITHOUT ROWID;
CREATE TABLE fee_localities (
    load_id INTEGER NOT NULL, contractor TEXT NOT NULL, locality TEXT NOT NULL, state TEXT NOT NULL,
    name TEXT NOT NULL, work TEXT NOT NULL, expense TEXT NOT NULL, malpractice TEXT NOT NULL,
    PRIMARY KEY (load_id, contractor, locality, state)) WITHOUT ROWID;
-- factors: dollars, one or two with a blank between.
CREATE TABLE anesthesia_factors (
    load_id INTEGER NOT NULL, contractor TEXT NOT NULL, locality TEXT NOT NULL, name TEXT NOT NULL,
    factors TEXT NOT NULL, PRIMARY KEY (load_id, contractor, locality)) WITHOUT ROWID;
"""


def store_values(db: sqlite3.Connection, load: int, rows: Iterable[RelativeValue]) -> Counts:
    """Store relative values and indicators under their load."""
    stored = db.executemany(
        f"INSERT INTO fee_values VALUES (?, {', '.join('?' * len(_FIELDS))})",
        ((load, *(_stored(getattr(row, name)) for name in _FIELDS)) for row in rows),
    )
    return Counts(rows=stored.rowcount)


def store_localities(db: sqlite3.Connection, load: int, rows: Iterable[Locality]) -> Counts:
    """Store the place indices under their load."""
    stored = db.executemany(
        "INSERT OR REPLACE INTO fee_localities VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (load, row.contractor, row.locality, row.state, row.name)
            + (str(row.work), str(row.expense), str(row.malpractice))
            for row in rows
        ),
    )
    return Counts(rows=stored.rowcount)


def store_factors(db: sqlite3.Connection, load: int, rows: Iterable[AnesthesiaFactor]) -> Counts:
    """Store the anesthesia factors under their load."""
    stored = db.executemany(
        "INSERT OR REPLACE INTO anesthesia_factors VALUES (?, ?, ?, ?, ?)",
        ((load, row.contractor, row.locality, row.name, " ".join(map(str, row.factors))) for row in rows),
    )
    return Counts(rows=stored.rowcount)


def _stored(value: str | Decimal | None) -> str | None:
    return None if value is None else str(value)

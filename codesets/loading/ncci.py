"""Stores the NCCI edits: pairs, most units and add-on codes, each under the load that brought it.

Pairs come by the million, so they are packed: a row is one B-tree entry of some 30 bytes, dates are numbers
YYYYMMDD and the dozen rationales stand in a table of their own.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator

from codesets.loading.loads import Counts
from codesets.sources.ncci_addon import AddOn
from codesets.sources.ncci_mue import Mue
from codesets.sources.ncci_ptp import Pair

TABLES = """
-- Dates as numbers YYYYMMDD, both inclusive; 99991231 where there is no end. The same pair stands once for each
-- period. indicator: 0 no modifier helps, 1 one may, 9 withdrawn.
CREATE TABLE ncci_pairs (
    load_id INTEGER NOT NULL, column1 TEXT NOT NULL, column2 TEXT NOT NULL, effective INTEGER NOT NULL,
    deletion INTEGER NOT NULL, indicator INTEGER NOT NULL, rationale INTEGER NOT NULL,
    PRIMARY KEY (load_id, column1, column2, effective, deletion)) WITHOUT ROWID;
CREATE TABLE ncci_rationales (
    load_id INTEGER NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (load_id, id)) WITHOUT ROWID;
-- indicator: 1 units on a line, 2 and 3 units over the date of service.
CREATE TABLE ncci_units (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, units INTEGER NOT NULL, indicator INTEGER NOT NULL,
    rationale TEXT NOT NULL, PRIMARY KEY (load_id, code)) WITHOUT ROWID;
-- primary_code: empty where the contractor decides. Dates as above; the three deletion dates are folded into one.
CREATE TABLE ncci_add_ons (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, primary_code TEXT NOT NULL, effective INTEGER NOT NULL,
    deletion INTEGER NOT NULL, edit_type INTEGER NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (load_id, code, primary_code, effective, edit_type)) WITHOUT ROWID;
"""
NEVER = 99991231
# The pairs of a setting are published in four files.
PARTS = ("f1", "f2", "f3", "f4")


def store_pairs(db: sqlite3.Connection, load: int, rows: Iterable[Pair]) -> Counts:
    """Store a part of the pairs under its load; a repeated row counts as skipped, the first one stays."""
    rationales: dict[str, int] = {}
    numbers: dict[dt.date | None, int] = {None: NEVER}
    count = 0

    def values() -> Iterator[tuple[object, ...]]:
        nonlocal count
        for row in rows:
            count += 1
            for day in (row.effective, row.deletion):
                if day not in numbers:
                    numbers[day] = number(day)
            rationale = rationales.setdefault(row.rationale, len(rationales))
            dates = numbers[row.effective], numbers[row.deletion]
            yield load, row.column1, row.column2, *dates, row.indicator, rationale

    stored = db.executemany("INSERT OR IGNORE INTO ncci_pairs VALUES (?, ?, ?, ?, ?, ?, ?)", values()).rowcount
    named = ((load, number, text) for text, number in rationales.items())
    db.executemany("INSERT INTO ncci_rationales VALUES (?, ?, ?)", named)
    return Counts(rows=stored, skipped=count - stored)


def store_units(db: sqlite3.Connection, load: int, rows: Iterable[Mue]) -> Counts:
    """Store the most units of a setting under their load."""
    stored = db.executemany(
        "INSERT INTO ncci_units VALUES (?, ?, ?, ?, ?)",
        ((load, row.code, row.units, row.indicator, row.rationale) for row in rows),
    )
    return Counts(rows=stored.rowcount)


def store_add_ons(db: sqlite3.Connection, load: int, rows: Iterable[AddOn]) -> Counts:
    """Store the add-on codes under their load; an edit ends with the first of its three deletion dates."""
    count = 0

    def values() -> Iterator[tuple[object, ...]]:
        nonlocal count
        for row in rows:
            count += 1
            ends = [day for day in (row.code_deletion, row.primary_deletion, row.deletion) if day]
            end = number(min(ends, default=None))
            yield load, row.code, row.primary or "", number(row.effective), end, row.edit_type, row.note

    stored = db.executemany("INSERT OR IGNORE INTO ncci_add_ons VALUES (?, ?, ?, ?, ?, ?, ?)", values()).rowcount
    return Counts(rows=stored, skipped=count - stored)


def number(day: dt.date | None) -> int:
    """A date as the number YYYYMMDD; NEVER for None."""
    return NEVER if day is None else day.year * 10_000 + day.month * 100 + day.day

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
from codesets.sources.source import FileKind

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
# Codes between two parts that stand in column 2 only; in whole parts hardly any do.
_MOST_BETWEEN = 20


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


def gaps_beside(db: sqlite3.Connection, edition: str, part: str) -> list[str]:
    """Whether pairs are missing between a part ("practitioner f2") and its neighbors, a line for each gap.

    Where a part ends the next one goes on, so the codes between them are few. Many that stand in column 2 and
    never in column 1 say that the earlier part broke off.
    """
    setting, _, name = part.rpartition(" ")
    if name not in PARTS:
        return []
    found = (_gap(db, edition, setting, *pair) for pair in zip(PARTS, PARTS[1:], strict=False) if name in pair)
    return [gap for gap in found if gap]


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


def _gap(db: sqlite3.Connection, edition: str, setting: str, earlier: str, later: str) -> str:
    query = "SELECT id FROM loads WHERE kind = ? AND edition = ? AND part = ?"
    ids = [
        db.execute(query, (FileKind.PTP.value, edition, f"{setting} {part}")).fetchone() for part in (earlier, later)
    ]
    if None in ids:
        return ""
    (before,), (after,) = ids
    (ends,) = db.execute("SELECT max(column1) FROM ncci_pairs WHERE load_id = ?", (before,)).fetchone()
    (begins,) = db.execute("SELECT min(column1) FROM ncci_pairs WHERE load_id = ?", (after,)).fetchone()
    (between,) = db.execute(
        "SELECT count(DISTINCT column2) FROM ncci_pairs WHERE load_id IN (?, ?) AND column2 > ? AND column2 < ?",
        (before, after, ends, begins),
    ).fetchone()
    if between <= _MOST_BETWEEN:
        return ""
    return (
        f"part {earlier} ends at {ends} and {later} begins at {begins}, but {between:,} codes lie between them: "
        f"{earlier} is cut short, so pairs are missing; load it again"
    )


def number(day: dt.date | None) -> int:
    """A date as the number YYYYMMDD; NEVER for None."""
    return NEVER if day is None else day.year * 10_000 + day.month * 100 + day.day

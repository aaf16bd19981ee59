"""Stores the MS-DRG tables of a fiscal year: weights, the lists of CCs and MCCs, and their exclusions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from decimal import Decimal

from codesets.loading.loads import Counts
from codesets.sources.msdrg_exclusions import AliveOnly, Excluding, IgnoredInDrgs, Severity
from codesets.sources.msdrg_exclusions import Row as ExclusionRow
from codesets.sources.msdrg_lists import SeverityCode
from codesets.sources.msdrg_weights import DrgWeight

TABLES = """
-- Weights and days are decimals as text, NULL for none.
CREATE TABLE drg_weights (
    load_id INTEGER NOT NULL, drg TEXT NOT NULL, title TEXT NOT NULL, mdc TEXT NOT NULL, kind TEXT NOT NULL,
    post_acute INTEGER NOT NULL, special_pay INTEGER NOT NULL, weight TEXT, capped_weight TEXT,
    geometric_days TEXT, arithmetic_days TEXT, PRIMARY KEY (load_id, drg)) WITHOUT ROWID;
-- From tables 6I and 6J. major: 1 for an MCC.
CREATE TABLE drg_severities (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, major INTEGER NOT NULL,
    PRIMARY KEY (load_id, code)) WITHOUT ROWID;
-- From table 6K. collection: the PDX collection under which the code does not count, NULL for none.
CREATE TABLE drg_exclusions (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, major INTEGER NOT NULL, collection TEXT,
    alive_only INTEGER NOT NULL, PRIMARY KEY (load_id, code)) WITHOUT ROWID;
CREATE TABLE drg_collections (
    load_id INTEGER NOT NULL, collection TEXT NOT NULL, code TEXT NOT NULL,
    PRIMARY KEY (load_id, collection, code)) WITHOUT ROWID;
-- DRGs in which the severity of a code is ignored, first and last inclusive.
CREATE TABLE drg_ignored (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, mdc TEXT NOT NULL,
    PRIMARY KEY (load_id, code, first)) WITHOUT ROWID;
"""


def store_weights(db: sqlite3.Connection, load: int, rows: Iterable[DrgWeight]) -> Counts:
    """Store Table 5 under its load."""
    stored = db.executemany(
        "INSERT INTO drg_weights VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (load, row.drg, row.title, row.mdc, row.kind, row.post_acute, row.special_pay)
            + tuple(map(_text, (row.weight, row.capped_weight, row.geometric_days, row.arithmetic_days)))
            for row in rows
        ),
    )
    return Counts(rows=stored.rowcount)


def store_severities(db: sqlite3.Connection, load: int, rows: Iterable[SeverityCode]) -> Counts:
    """Store Table 6I or 6J under its load."""
    stored = db.executemany(
        "INSERT INTO drg_severities VALUES (?, ?, ?)", ((load, row.code, row.major) for row in rows)
    )
    return Counts(rows=stored.rowcount)


def store_exclusions(db: sqlite3.Connection, load: int, rows: Iterable[ExclusionRow]) -> Counts:
    """Store the three parts of Table 6K under their load."""
    kinds: dict[type, list[tuple[object, ...]]] = {Severity: [], Excluding: [], AliveOnly: [], IgnoredInDrgs: []}
    for row in rows:
        match row:
            case Severity():
                kinds[Severity].append((load, row.code, row.major, row.collection))
            case Excluding():
                kinds[Excluding].append((load, row.collection, row.code))
            case AliveOnly():
                kinds[AliveOnly].append((load, row.code))
            case IgnoredInDrgs():
                kinds[IgnoredInDrgs].append((load, row.code, row.first, row.last, row.mdc))
    db.executemany("INSERT INTO drg_exclusions VALUES (?, ?, ?, ?, 0)", kinds[Severity])
    db.executemany("INSERT OR IGNORE INTO drg_collections VALUES (?, ?, ?)", kinds[Excluding])
    db.executemany("UPDATE drg_exclusions SET alive_only = 1 WHERE load_id = ? AND code = ?", kinds[AliveOnly])
    db.executemany("INSERT OR IGNORE INTO drg_ignored VALUES (?, ?, ?, ?, ?)", kinds[IgnoredInDrgs])
    return Counts(rows=sum(map(len, kinds.values())))


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)

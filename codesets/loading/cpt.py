"""Stores CPT from the user's licensed files: codes with the texts that were loaded, long before medium and short."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from codesets.loading.loads import Counts
from codesets.sources.cpt import CptText, TextKind
from codesets.sources.icd10cm_order import CodeRow

TABLES = """
-- kind: short, medium or long.
CREATE TABLE cpt_texts (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (load_id, code, kind)) WITHOUT ROWID;
"""


def store_texts(db: sqlite3.Connection, load: int, rows: Iterable[CptText]) -> Counts:
    """Store the texts of one file under its load."""
    stored = db.executemany(
        "INSERT OR IGNORE INTO cpt_texts VALUES (?, ?, ?, ?)",
        ((load, row.code, row.kind.value, row.text) for row in rows),
    )
    return Counts(rows=stored.rowcount)


def code_rows(db: sqlite3.Connection, edition: str) -> list[CodeRow]:
    """The codes of all loads of the edition, with the longest text there is as title."""
    rows = db.execute(
        "SELECT code, cpt_texts.kind, text FROM cpt_texts JOIN loads ON loads.id = load_id"
        " WHERE loads.system = 'cpt' AND edition = ? ORDER BY code",
        (edition,),
    )
    texts: dict[str, dict[str, str]] = {}
    for code, kind, text in rows:
        texts.setdefault(code, {})[kind] = text
    order = (TextKind.LONG.value, TextKind.MEDIUM.value, TextKind.SHORT.value)
    return [
        CodeRow(code, next(known[kind] for kind in order if kind in known), True, None, known.get("short", ""))
        for code, known in texts.items()
    ]

"""Stores the rows of an index or a table under its load, with the terms that its references lead to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from codesets.loading.icd10cm_index.book import Book
from codesets.loading.loads import Counts
from codesets.sources.icd10cm_index import Column, IndexTerm, TargetKind
from codesets.sources.source import FileKind

BOOKS = (FileKind.CM_INDEX, FileKind.CM_EXTERNAL_CAUSES, FileKind.CM_NEOPLASMS, FileKind.CM_DRUGS)


@dataclass(frozen=True)
class Resolved:
    """How many references in words were found, of how many."""

    found: int
    of: int


def store_terms(db: sqlite3.Connection, load: int, rows: Iterable[IndexTerm | Column]) -> Counts:
    """Store an index or a table under its load; references within it are resolved."""
    terms: list[IndexTerm] = []
    for row in rows:
        if isinstance(row, Column):
            db.execute("INSERT INTO index_columns VALUES (?, ?, ?)", (load, row.number, row.head))
        else:
            terms.append(row)
    db.executemany(
        "INSERT INTO index_terms VALUES (?, ?, ?, ?, ?, ?)",
        ((load, term.id, term.parent, term.level, term.title, term.modifiers) for term in terms),
    )
    book = Book([(term.id, term.parent, term.title) for term in terms])
    db.executemany(
        "INSERT INTO index_targets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                load,
                term.id,
                ordinal,
                target.kind.value,
                target.column,
                target.text,
                target.code,
                None if to is None else load,
                to,
            )
            for term in terms
            for ordinal, target in enumerate(term.targets)
            for to in [book.find(target.text, term.id) if target.code is None else None]
        ),
    )
    return Counts(rows=len(terms))


def resolve_across(db: sqlite3.Connection) -> None:
    """Find what an index sees in the table of neoplasms of the same edition ("Neoplasm, breast, benign")."""
    pairs = db.execute(
        "SELECT i.id, t.id FROM loads i JOIN loads t ON t.edition = i.edition AND t.kind = ? WHERE i.kind = ?",
        (FileKind.CM_NEOPLASMS.value, FileKind.CM_INDEX.value),
    ).fetchall()
    for index, table in pairs:
        book = Book(db.execute("SELECT id, parent, title FROM index_terms WHERE load_id = ?", (table,)).fetchall())
        open_references = db.execute(
            "SELECT term, ordinal, text FROM index_targets WHERE load_id = ? AND kind IN (?, ?) AND"
            " text LIKE 'Neoplasm%' AND coalesce(leads_to_load, 0) <> ?",
            (index, TargetKind.SEE.value, TargetKind.SEE_ALSO.value, table),
        ).fetchall()
        for term, ordinal, text in open_references:
            if (to := book.find(text, -1)) is not None:
                db.execute(
                    "UPDATE index_targets SET leads_to_load = ?, leads_to = ?"
                    " WHERE load_id = ? AND term = ? AND ordinal = ?",
                    (table, to, index, term, ordinal),
                )


def resolved(db: sqlite3.Connection, load: int) -> Resolved:
    """How many of the load's references in words lead to a term; "see condition" names none."""
    row = db.execute(
        "SELECT count(leads_to), count(*) FROM index_targets WHERE load_id = ? AND kind IN (?, ?)"
        " AND text <> 'condition'",
        (load, TargetKind.SEE.value, TargetKind.SEE_ALSO.value),
    ).fetchone()
    return Resolved(*row)

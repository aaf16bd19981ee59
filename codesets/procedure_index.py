"""The ICD-10-PCS alphabetic index: main terms, what stands below them, and where they lead.

Source: the ICD-10-PCS index of the fiscal year (CMS). A term leads to codes, to the beginning of codes (a table
and more), to other terms ("see") or to the value that a name belongs to ("use").
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from codesets.origin import Origin, loaded
from codesets.reference import Reference
from codesets.sources.icd10pcs_index import Pointer, PointerKind
from codesets.sources.source import FileKind


@dataclass(frozen=True)
class Term:
    """A term with its pointers; `path` are the titles above it, `has_more` whether terms stand below it.

    `title` is empty where the entry is only a further pointer of the term above it.
    """

    id: int
    title: str
    path: tuple[str, ...]
    pointers: tuple[Pointer, ...]
    has_more: bool


def origin(reference: Reference, on: dt.date) -> Origin:
    """Which index answers on the date, with a warning where none covers it."""
    return loaded(reference, FileKind.PCS_INDEX, "ICD-10-PCS index", on)


def main_terms(reference: Reference, beginning: str, on: dt.date) -> list[Term]:
    """The main terms that begin with these letters, whatever their case, in the order of the index."""
    load = origin(reference, on).load
    # SQLite folds ASCII letters in LIKE; its wild cards are taken as they are written.
    pattern = beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = reference.db.execute(
        "SELECT id, title FROM index_terms WHERE load_id = ? AND parent IS NULL AND title LIKE ? ESCAPE '\\'"
        " ORDER BY id",
        (load, pattern),
    ).fetchall()
    return [_term(reference, load, identity, title, ()) for identity, title in rows]


def below(reference: Reference, term: Term, on: dt.date) -> list[Term]:
    """The terms directly below, in the order of the index."""
    load = origin(reference, on).load
    rows = reference.db.execute(
        "SELECT id, title FROM index_terms WHERE load_id = ? AND parent = ? ORDER BY id", (load, term.id)
    ).fetchall()
    path = (*term.path, term.title)
    return [_term(reference, load, identity, title, path) for identity, title in rows]


def leading_to(reference: Reference, code: str, on: dt.date, limit: int = 50) -> list[Term]:
    """The terms that lead to a code or to a beginning of it, the longest beginning first."""
    load = origin(reference, on).load
    beginnings = [code[:length] for length in range(len(code), 2, -1)]
    marks = ", ".join("?" * len(beginnings))
    rows = reference.db.execute(
        "SELECT id, title, max(length(code)) FROM index_targets JOIN index_terms"
        " ON index_terms.load_id = index_targets.load_id AND id = term"
        f" WHERE index_targets.load_id = ? AND code IN ({marks}) GROUP BY id ORDER BY 3 DESC, id LIMIT ?",
        (load, *beginnings, limit),
    ).fetchall()
    return [_term(reference, load, identity, title, _path(reference, load, identity)) for identity, title, _ in rows]


def _term(reference: Reference, load: int, identity: int, title: str, path: tuple[str, ...]) -> Term:
    rows = reference.db.execute(
        "SELECT kind, text, code FROM index_targets WHERE load_id = ? AND term = ? ORDER BY ordinal", (load, identity)
    )
    pointers = tuple(Pointer(PointerKind(kind), text, code or "") for kind, text, code in rows)
    more = reference.db.execute(
        "SELECT 1 FROM index_terms WHERE load_id = ? AND parent = ? LIMIT 1", (load, identity)
    ).fetchone()
    return Term(identity, title, path, pointers, more is not None)


def _path(reference: Reference, load: int, identity: int) -> tuple[str, ...]:
    """The titles above a term, the main term first."""
    rows = reference.db.execute(
        "WITH RECURSIVE above (id, parent, title, height) AS ("
        " SELECT id, parent, title, 0 FROM index_terms WHERE load_id = ? AND id = ?"
        " UNION ALL SELECT t.id, t.parent, t.title, height + 1 FROM index_terms t JOIN above"
        " ON t.load_id = ? AND t.id = above.parent)"
        " SELECT title FROM above WHERE height > 0 ORDER BY height DESC",
        (load, identity, load),
    )
    return tuple(title for (title,) in rows)

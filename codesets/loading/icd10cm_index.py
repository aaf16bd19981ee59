"""Stores the alphabetic indexes and the neoplasm and drug tables, and finds the terms that "see" names.

A reference such as "Pain, abdominal" names a main term and words below it, in any order and often fewer than
are printed; "by site" and "by type" are directions, not words. What cannot be found stays a text.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from codesets.loading.loads import Counts
from codesets.search.words import words
from codesets.sources.icd10cm_index import Column, IndexTerm, TargetKind
from codesets.sources.source import FileKind

BOOKS = (FileKind.CM_INDEX, FileKind.CM_EXTERNAL_CAUSES, FileKind.CM_NEOPLASMS, FileKind.CM_DRUGS)

_PARENTHESES = re.compile(r"\([^()]*\)")
_DIRECTION = re.compile(r"\bby (?:site|type|cause|etiology|organism)\b|\bas if\b.*|\bcategory\b.*", re.IGNORECASE)


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
    book = _Book([(term.id, term.parent, term.title) for term in terms])
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
        book = _Book(db.execute("SELECT id, parent, title FROM index_terms WHERE load_id = ?", (table,)).fetchall())
        open_references = db.execute(
            "SELECT term, ordinal, text FROM index_targets WHERE load_id = ? AND kind IN (?, ?) AND"
            " text LIKE 'Neoplasm%' AND coalesce(leads_to_load, 0) <> ?",
            (index, TargetKind.SEE.value, TargetKind.SEE_ALSO.value, table),
        ).fetchall()
        for term, ordinal, text in open_references:
            site = _COLUMN_WORDS.sub(" ", text)
            if (to := book.find(site, -1)) is not None:
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


_COLUMN_WORDS = re.compile(
    r",? *\b(?:malignant|primary|secondary|in situ|benign|uncertain behavior|unspecified behavior|metastatic)\b", re.I
)


class _Book:
    """Main terms by their names, and every term by the words of its path below them."""

    def __init__(self, rows: Iterable[tuple[int, int | None, str]]) -> None:
        self._main: dict[tuple[str, ...], int] = {}
        self._titles: dict[int, str] = {}
        self._children: dict[int, list[int]] = defaultdict(list)
        for number, parent, title in rows:
            self._titles[number] = title
            if parent is not None:
                self._children[parent].append(number)
                continue
            parts = [part for part in _PARENTHESES.sub(" ", title).split(",") if part.strip()]
            names = [tuple(_plain(title)), *(tuple(_plain(part)) for part in parts)]
            for name in names:
                if name:
                    self._main.setdefault(name, number)
        self._below = lru_cache(maxsize=256)(self._paths)

    def find(self, reference: str, but: int) -> int | None:
        """The term that a reference in words names; never the term `but`, in which it stands."""
        parts = [part for part in _DIRECTION.sub(" ", _PARENTHESES.sub(" ", reference)).split(",") if part.strip()]
        for length in range(len(parts), 0, -1):
            main = self._main.get(tuple(word for part in parts[:length] for word in _plain(part)))
            if main is not None:
                wanted = frozenset(word for part in parts[length:] for word in _plain(part))
                found = self._descend(main, wanted)
                return found if found != but else None
        return None

    def _descend(self, main: int, wanted: frozenset[str]) -> int:
        """The term below whose words are the wanted ones, else the one that has most of them and nothing else."""
        if not wanted:
            return main
        best, best_rank = main, (0, 0)
        for number, own in self._below(main):
            shared = len(own & wanted)
            rank = (shared, -len(own - wanted))
            if shared and rank > best_rank and (own <= wanted or shared == len(wanted)):
                best, best_rank = number, rank
        return best

    def _paths(self, main: int) -> list[tuple[int, frozenset[str]]]:
        found: list[tuple[int, frozenset[str]]] = []
        waiting = [(child, frozenset[str]()) for child in self._children.get(main, ())]
        while waiting:
            number, above = waiting.pop()
            own = above | frozenset(_plain(self._titles[number]))
            found.append((number, own))
            waiting += [(child, own) for child in self._children.get(number, ())]
        return found


@lru_cache(maxsize=65536)
def _plain(text: str) -> list[str]:
    return [word for word in words(_PARENTHESES.sub(" ", text)) if word not in ("nec", "no")]

"""The phrases that lead to a code, from everything that is loaded for a release.

Titles, inclusion terms, "includes" notes and notes that name one other code ("renal colic (N23)") come from the
codes and the tabular list; paths of the alphabetic index, of the external-cause index and of the neoplasm and
drug tables from theirs. Where the index only says "see" or "see also", its words lead to what stands there. Words in
parentheses may match but need not. Of ICD-10-PCS, the index has the names of procedures.
"""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np

from codesets.errors import UnreadableInput
from codesets.notes import NoteKind
from codesets.search.tables import rows
from codesets.sources.icd10cm_index import TargetKind
from codesets.sources.source import FileKind


class TermKind(IntEnum):
    """What a term row comes from."""

    TITLE = 0
    INCLUSION = 1
    INCLUDES = 2
    CROSS_REFERENCE = 3
    INDEX = 4
    INDEX_SEE = 5
    NEOPLASM = 6
    EXTERNAL_CAUSE = 7
    DRUG = 8

    @property
    def label(self) -> str:
        """The kind as a screen names it."""
        return _LABELS[self]


_LABELS = (
    "title",
    "inclusion term",
    "includes note",
    "note elsewhere",
    "index",
    "index, see",
    "neoplasm table",
    "external causes",
    "drug table",
)
KIND_WEIGHTS = np.array([1.0, 1.0, 0.98, 0.95, 0.97, 0.93, 0.87, 0.84, 0.76], dtype=np.float32)


@dataclass(frozen=True)
class Term:
    """A phrase that leads to the code at `position`.

    `marked` is the text with every word in parentheses that need not match, where that differs from `text`.
    """

    position: int
    kind: TermKind
    text: str
    marked: str = ""


def terms(db: sqlite3.Connection, release: int) -> Iterator[Term]:
    """Every term of a release; the titles first, in the order of the codes."""
    positions: dict[str, int] = {}
    query = "SELECT code, position, title FROM codes WHERE release_id = ? ORDER BY position"
    for code, position, title in db.execute(query, (release,)):
        positions[code] = position
        yield Term(position, TermKind.TITLE, title)
    yield from _of_notes(db, load_of(db, release, FileKind.CM_TABULAR), positions)
    for kind, term_kind in _BOOKS.items():
        if load := load_of(db, release, kind):
            yield from _of_book(db, load, term_kind, positions)
    if load := load_of(db, release, FileKind.PCS_INDEX):
        yield from _of_procedures(db, load, positions)


def load_of(db: sqlite3.Connection, release: int, kind: FileKind) -> int:
    """The load that serves the release with this kind; 0, which no load has, for none."""
    query = "SELECT load_id FROM release_parts WHERE release_id = ? AND kind = ?"
    row = db.execute(query, (release, kind.value)).fetchone()
    return int(row[0]) if row else 0


def _of_notes(db: sqlite3.Connection, tabular: int, positions: dict[str, int]) -> Iterator[Term]:
    query = "SELECT owner, kind, text FROM notes WHERE load_id = ? AND owner_kind = 'code'"
    own = {NoteKind.INCLUSION_TERM.value: TermKind.INCLUSION, NoteKind.INCLUDES.value: TermKind.INCLUDES}
    seen: set[tuple[int, str]] = set()
    for owner, kind, text in db.execute(query, (tabular,)):
        if kind in own and owner in positions:
            yield Term(positions[owner], own[kind], text)
    query = "SELECT text FROM notes WHERE load_id = ? AND kind NOT IN ('inclusionTerm', 'includes')"
    for (text,) in db.execute(query, (tabular,)):
        reference = _NAMED_CODE.fullmatch(text)
        if reference is None:
            continue
        code = reference["code"].rstrip("-").replace(".", "").rstrip("-")
        key = (positions.get(code, -1), reference["text"])
        if key[0] >= 0 and key not in seen:
            seen.add(key)
            yield Term(key[0], TermKind.CROSS_REFERENCE, reference["text"])


@dataclass(frozen=True)
class _Path:
    """A term of a book with the words above it."""

    text: str
    marked: str


def _of_book(db: sqlite3.Connection, load: int, kind: TermKind, positions: dict[str, int]) -> Iterator[Term]:
    codes = _codes_of(db, load)
    sees = _Sees(db, load, codes)
    columns = _column_words() if kind in (TermKind.NEOPLASM, TermKind.DRUG) else {}
    seen: set[tuple[int, str]] = set()
    for number, path in _paths(db, load):
        found = [(code, column, kind) for code, column in codes.get(number, ())]
        if not found:
            see_kind = TermKind.INDEX_SEE if kind is TermKind.INDEX else kind
            found = [(code, column, see_kind) for code, column in sees.codes(number)]
        for code, column, row_kind in found:
            position = _position(code, positions)
            shown, extra = columns.get((kind, column), ("", ""))
            marked = f"{path.marked} {extra}" if extra else path.marked
            if position is not None and (position, marked) not in seen:
                seen.add((position, marked))
                yield Term(position, row_kind, f"{path.text}: {shown}" if shown else path.text, marked)


def _paths(db: sqlite3.Connection, load: int) -> Iterator[tuple[int, _Path]]:
    """Every term of a book in order, with its path from the main term down."""
    above: list[_Path] = []
    query = "SELECT id, level, title FROM index_terms WHERE load_id = ? ORDER BY id"
    for number, level, title in db.execute(query, (load,)):
        title = _SEE_ALSO.sub("", title)
        marked = _first_name(title) if level == 0 else title
        if level:
            parent = above[level - 1]
            path = _Path(f"{parent.text}, {title}", f"{parent.marked}, {marked}")
        else:
            path = _Path(title, marked)
        above[level:] = [path]
        yield number, path


def _of_procedures(db: sqlite3.Connection, load: int, positions: dict[str, int]) -> Iterator[Term]:
    """The names of procedures in the ICD-10-PCS index; a beginning of codes leads to the plainest of them.

    The plainest has neither device nor qualifier, and else comes first.
    """
    codes = sorted(code for code in positions if len(code) == _WHOLE)
    pointers: dict[int, list[tuple[str, str, str]]] = {}
    query = (
        "SELECT term, kind, text, code FROM index_targets WHERE load_id = ? AND code IS NOT NULL ORDER BY term, ordinal"
    )
    for term, kind, text, code in db.execute(query, (load,)):
        pointers.setdefault(term, []).append((kind, text, code))
    above: list[str] = []
    for number, level, title in db.execute(
        "SELECT id, level, title FROM index_terms WHERE load_id = ? ORDER BY id", (load,)
    ):
        above[level:] = [title]
        path = ", ".join(filter(None, above))
        for kind, text, code in pointers.get(number, ()):
            begun = codes[bisect_left(codes, code) : bisect_left(codes, code + "~")]
            if begun:
                plainest = min(begun, key=lambda one: (not one.endswith("ZZ"), one))
                row_kind = TermKind.INDEX_SEE if text else TermKind.INDEX
                shown = f"{path}: {kind} {text}" if text else path
                yield Term(positions[plainest], row_kind, shown, path)


_WHOLE = 7


def _first_name(title: str) -> str:
    """A main term with its other forms in parentheses: "Diabetes, diabetic" is "Diabetes (diabetic)"."""
    # Every fracture of which the record says no more is traumatic.
    first, *others = title.replace("Fracture, traumatic", "Fracture (traumatic)").split(", ")
    stem = first[:3].lower()
    forms = [f"({other})" if other[:3].lower() == stem and "(" not in other else other for other in others]
    return " ".join([first, *forms])


def _codes_of(db: sqlite3.Connection, load: int) -> dict[int, list[tuple[str, int]]]:
    """The codes of every term of a book, each with its column, 0 in an index; manifestations are second codes."""
    codes: dict[int, list[tuple[str, int]]] = {}
    query = "SELECT term, code, col FROM index_targets WHERE load_id = ? AND code IS NOT NULL AND kind <> ?"
    for term, code, column in db.execute(query, (load, TargetKind.MANIFESTATION.value)):
        codes.setdefault(term, []).append((code, column))
    return codes


class _Sees:
    """The references of a book in words, and the codes to which they lead."""

    def __init__(self, db: sqlite3.Connection, load: int, own: dict[int, list[tuple[str, int]]]) -> None:
        self._targets: dict[int, list[tuple[int | None, int | None, str]]] = {}
        query = "SELECT term, leads_to_load, leads_to, text FROM index_targets WHERE load_id = ? AND kind IN (?, ?)"
        for term, to_load, to, text in db.execute(query, (load, TargetKind.SEE.value, TargetKind.SEE_ALSO.value)):
            self._targets.setdefault(term, []).append((to_load, to, text))
        self._load = load
        self._codes = {load: own}
        others = {one[0] for targets in self._targets.values() for one in targets}
        self._codes |= {other: _codes_of(db, other) for other in others if other is not None and other != load}

    def codes(self, term: int) -> Iterator[tuple[str, int]]:
        """The codes of the terms that a term sees, or of the category, with their columns.

        Of a table of another book only the column that the words name counts.
        """
        for to_load, to, text in self._targets.get(term, ()):
            if to is not None and to_load is not None:
                codes = self._codes[to_load].get(to, [])
                named = _column_named(text)
                yield from codes if to_load == self._load else (one for one in codes if one[1] == named)
            elif category := _CATEGORY.search(text):
                yield category[1].replace(".", ""), 0


def _column_named(text: str) -> int:
    """The column of the neoplasm table that a reference names: "Neoplasm, breast, benign"."""
    lowered = text.lower()
    return next((column for words, column in _COLUMN_NAMES if words in lowered), 2)


_COLUMN_NAMES = (
    ("in situ", 4),
    ("secondary", 3),
    ("metastatic", 3),
    ("benign", 5),
    ("uncertain", 6),
    ("unspecified behavior", 7),
)


def _position(code: str, positions: dict[str, int]) -> int | None:
    """Where the code stands in the release, or the longest header of it that is still there."""
    for length in range(len(code), 2, -1):
        if (position := positions.get(code[:length])) is not None:
            return position
    return None


@cache
def _column_words() -> dict[tuple[TermKind, int], tuple[str, str]]:
    """What a column is called, and the words it adds, by table and column."""
    found = {}
    for table, column, shown, words in rows("table_columns.csv", ("table", "column", "shown", "words")):
        if table not in _TABLES or not column.isdigit():
            raise UnreadableInput(f"table_columns.csv: {table} {column}", "expected neoplasm or drug, and a number")
        found[_TABLES[table], int(column)] = (shown, words)
    return found


_TABLES = {"neoplasm": TermKind.NEOPLASM, "drug": TermKind.DRUG}
_BOOKS = {
    FileKind.CM_INDEX: TermKind.INDEX,
    FileKind.CM_NEOPLASMS: TermKind.NEOPLASM,
    FileKind.CM_EXTERNAL_CAUSES: TermKind.EXTERNAL_CAUSE,
    FileKind.CM_DRUGS: TermKind.DRUG,
}
_NAMED_CODE = re.compile(r"(?P<text>.*\S)\s*\((?P<code>[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]*)?-?)\)")
_SEE_ALSO = re.compile(r"\s*[\[(]see (?:also )?[^()]*(?:\([^()]*\)[^()]*)*[\])]", re.IGNORECASE)
_CATEGORY = re.compile(r"\b(?:category|subcategory|categories)\s+([A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]+)?)")

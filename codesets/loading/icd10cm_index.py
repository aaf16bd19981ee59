"""Stores the alphabetic indexes and the neoplasm and drug tables, and finds the terms that "see" names.

A reference such as "Pain, abdominal" names a main term and words below it, at times in another order and fewer than
are printed; "by site" and "by type" are directions, not words. What names no term, or more than one, stays a text.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
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


_COLUMN_WORDS = re.compile(
    r",? *\b(?:malignant|primary|secondary|in situ|benign|uncertain behavior|unspecified behavior|metastatic)\b", re.I
)


class _Fit(IntEnum):
    """How well words name a term, the best first."""

    EXACT = 0
    EXACT_IN_ANY_ORDER = 1
    FEWER = 2
    FEWER_IN_ANY_ORDER = 3


@dataclass(frozen=True)
class _Step:
    """A term on a path: the words of its name, other forms of it, what stands behind a comma, and modifiers.

    Names and what stands behind a comma are printed in full in a reference that leaves nothing out.
    """

    name: tuple[str, ...]
    forms: tuple[str, ...]
    also: tuple[str, ...]
    modifiers: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.name, *self.forms, *self.also, *self.modifiers)


class _Book:
    """Main terms by their names, and every term by the words of its path below them."""

    def __init__(self, rows: Iterable[tuple[int, int | None, str]]) -> None:
        self._main: dict[tuple[str, ...], int] = {}
        self._first: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._titles: dict[int, str] = {}
        self._parents: dict[int, int | None] = {}
        self._children: dict[int, list[int]] = defaultdict(list)
        forms: list[tuple[tuple[str, ...], int]] = []
        for number, parent, title in rows:
            self._titles[number], self._parents[number] = title, parent
            if parent is not None:
                self._children[parent].append(number)
                continue
            parts = [name for part in _PARENTHESES.sub(" ", title).split(",") if (name := tuple(_plain(part)))]
            if parts:
                self._main.setdefault(tuple(_plain(title)), number)
                self._first[parts[0]].append(number)
                others = [part for part in parts[1:] if _same_root(part, parts[0])]
                if len(others) == len(parts) - 1:
                    self._main.setdefault(parts[0], number)
                forms += [(part, number) for part in others]
        for form, number in forms:
            if form not in self._first:
                self._main.setdefault(form, number)
        self._below = lru_cache(maxsize=None)(self._paths)

    def find(self, reference: str, but: int) -> int | None:
        """The term that a reference names: its main term first, then down by the words that follow.

        None where it names none or cannot be told from another; never the term `but`, in which it stands.
        """
        site = _COLUMN_WORDS.sub(" ", reference) if reference.startswith("Neoplasm") else reference
        bare = _DIRECTION.sub(" ", _PARENTHESES.sub(" ", site))
        parts = [named for part in bare.split(",") if (named := tuple(_plain(part)))]
        for length in range(len(parts), 0, -1):
            name = tuple(word for part in parts[:length] for word in part)
            wanted = tuple(word for part in parts[length:] for word in part)
            mains = [self._main[name]] if name in self._main else self._first.get(name, []) if length == 1 else []
            if mains:
                found = self._named([fit for main in mains for fit in self._fits(main, wanted)])
                return found if found != but else None
        return None

    def _fits(self, main: int, wanted: tuple[str, ...]) -> list[tuple[_Fit, int]]:
        """The terms below a main term that the words can mean, each with how well they name it."""
        if set(wanted) <= set(_step(self._titles[main]).modifiers):
            return [(_Fit.EXACT, main)]
        asked = set(wanted)
        return [
            (fit, number)
            for number, path, known in self._below(main)
            if asked <= known and (fit := _fit(path, wanted)) is not None
        ]

    def _named(self, fits: list[tuple[_Fit, int]]) -> int | None:
        """The one term that is named best; of several the one that has all the others below it."""
        best = min((fit for fit, _ in fits), default=None)
        named = {number for fit, number in fits if fit is best}
        tops = [number for number in named if not any(above in named for above in self._above(number))]
        return tops[0] if len(tops) == 1 else None

    def _above(self, number: int) -> Iterator[int]:
        above = self._parents.get(number)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def _paths(self, main: int) -> list[tuple[int, tuple[_Step, ...], frozenset[str]]]:
        """Every term below a main term: its path, and all words of that, which tell most references apart at once."""
        found: list[tuple[int, tuple[_Step, ...], frozenset[str]]] = []
        head = _Step((), (), (), _step(self._titles[main]).modifiers)
        known = frozenset(head.all)
        waiting = [(child, (head,), known) for child in self._children.get(main, ())]
        while waiting:
            number, above, known = waiting.pop()
            step = _step(self._titles[number])
            path, known = (*above, step), known.union(step.all)
            found.append((number, path, known))
            waiting += [(child, path, known) for child in self._children.get(number, ())]
        return found


def _fit(path: Sequence[_Step], wanted: Sequence[str]) -> _Fit | None:
    """How well the wanted words name a path; None where one is not in it, or no word begins a step of it.

    A step without words of its own ("in") can be passed over. Words around "with" and "without" keep their
    order, since the same words mean something else on the other side.
    """
    asked = set(wanted)
    if not path[-1].name or any(step.name and asked.isdisjoint((step.name[0], *step.forms)) for step in path):
        return None
    if not Counter(wanted) <= Counter(word for step in path for word in step.all):
        return None
    if any(not asked.issuperset(_SIDES.intersection(step.name)) for step in path):
        return None
    left_out = any(not asked.issuperset((*step.name, *step.also)) for step in path)
    ordered = iter([word for step in path for word in step.all])
    in_order = all(word in ordered for word in wanted)
    if not in_order and not _SIDES.isdisjoint(asked):
        return None
    if left_out:
        return _Fit.FEWER if in_order else _Fit.FEWER_IN_ANY_ORDER
    return _Fit.EXACT if in_order else _Fit.EXACT_IN_ANY_ORDER


_SIDES = frozenset(["with", "without"])


@lru_cache(maxsize=65536)
def _step(title: str) -> _Step:
    """The words of a title; of "aorta, aortic" and "gland or node" the first alone has to be named."""
    bare = _PARENTHESES.sub(" ", title)
    (first, *others) = [tuple(_plain(part)) for part in bare.split(",")]
    forms: list[str] = []
    if _SIDES.isdisjoint(_plain(bare)):
        first, *alternatives = [tuple(_plain(part)) for part in bare.split(",")[0].split(" or ")]
        forms += [word for other in alternatives for word in other]
    forms += [word for other in others if _same_root(other, first) for word in other]
    also = [word for other in others if not _same_root(other, first) for word in other]
    modifiers = words(" ".join(_PARENTHESES.findall(title)))
    return _Step(first, tuple(forms), tuple(also), tuple(modifiers))


def _same_root(form: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Whether a further name is another form of the first one ("Fever, feverish"), not what it is of or in."""
    return len(form) == 1 and bool(name) and form[0][: _root(name[0])] == name[0][: _root(name[0])]


def _root(word: str) -> int:
    """How many letters two forms of a word have in common at least ("virus, viral", "aorta, aortic")."""
    return min(4, max(3, len(word) - 2))


@lru_cache(maxsize=65536)
def _plain(text: str) -> list[str]:
    return [word for word in words(_PARENTHESES.sub(" ", text)) if word not in ("nec", "nos")]

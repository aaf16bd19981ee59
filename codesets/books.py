"""The alphabetic indexes and the neoplasm and drug tables as coders walk them: by term, and from a code back.

Reads what `codesets.loading.icd10cm_index` stored, by the book that serves the release in force on the date.
Index codes lag behind the codes of a year, and many are headers: a target says what the release makes of its
code.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from codesets.reference import Reference
from codesets.releases import CodeSystem, Release
from codesets.sources.icd10cm_index import TargetKind
from codesets.sources.source import FileKind


class Book(StrEnum):
    """The books beside the tabular list; the value is the kind of the file they come from."""

    INDEX = FileKind.CM_INDEX.value
    EXTERNAL_CAUSES = FileKind.CM_EXTERNAL_CAUSES.value
    NEOPLASMS = FileKind.CM_NEOPLASMS.value
    DRUGS = FileKind.CM_DRUGS.value


class CodeState(StrEnum):
    """What the release in force makes of a code that a book names."""

    BILLABLE = "billable"
    HEADER = "needs more characters"
    GONE = "not in the release"
    NO_CODE = "no code"


@dataclass(frozen=True)
class Target:
    """Where a term leads: a code without dot (as `text` prints it), or a reference in words.

    `column` is 2 to 7 in the tables, else 0. `leads_to` is the term that "see" names, None where it could not
    be found; `code` is the code of the release, for a code that is GONE the longest header still there.
    """

    kind: TargetKind
    text: str
    column: int
    code: str | None
    state: CodeState
    leads_to: TermKey | None


@dataclass(frozen=True)
class TermKey:
    """A term of a loaded book: its load and its rank in the file from 0."""

    load: int
    id: int


@dataclass(frozen=True)
class Term:
    """A main term (level 0) or one below it; `modifiers` are the non-essential words in `title`."""

    key: TermKey
    level: int
    title: str
    modifiers: str
    targets: tuple[Target, ...]
    has_terms: bool


@dataclass(frozen=True)
class Trail:
    """How a book leads to a code: the titles from the main term down, and the head of the column in a table."""

    book: Book
    path: tuple[str, ...]
    column: str
    target: Target
    term: TermKey

    @property
    def text(self) -> str:
        """The trail as evidence: `Diabetes, diabetic (mellitus) (sugar) > type 2 > with > neuropathy`."""
        path = " > ".join(self.path)
        return f"{path}: {self.column}" if self.column else path


def edition(reference: Reference, book: Book, on: dt.date) -> str:
    """The edition of the book that answers for the date; empty where none is loaded."""
    if (load := _load(reference, book, on)) is None:
        return ""
    row = reference.db.execute("SELECT edition FROM loads WHERE id = ?", (load[1],)).fetchone()
    return str(row[0])


def serving(reference: Reference, book: Book, on: dt.date) -> int | None:
    """The load of the book that answers for the date; None where none is loaded."""
    load = _load(reference, book, on)
    return load[1] if load else None


def main_terms(reference: Reference, book: Book, on: dt.date, beginning: str = "") -> list[Term]:
    """The main terms that begin with these letters, any case, in the order of the book; all of them for none."""
    if (load := _load(reference, book, on)) is None:
        return []
    return _terms(
        reference, load[0], load[1], "parent IS NULL AND title LIKE :begins ESCAPE '\\'", begins=_like(beginning)
    )


def whole_terms(reference: Reference, book: Book, on: dt.date, beginning: str) -> list[Term]:
    """The main terms that begin with these letters, each followed by all below it, in the order of the book."""
    if (load := _load(reference, book, on)) is None:
        return []
    query = "SELECT id, title LIKE ? ESCAPE '\\' FROM index_terms WHERE load_id = ? AND parent IS NULL ORDER BY id"
    mains = reference.db.execute(query, (_like(beginning), load[1])).fetchall()
    found: list[Term] = []
    begins: int | None = None
    for number, wanted in [*mains, (_PAST_ALL, False)]:
        if wanted and begins is None:
            begins = number
        elif not wanted and begins is not None:
            found += _terms(reference, *load, "id >= :begins AND id < :ends", begins=begins, ends=number)
            begins = None
    return found


_PAST_ALL = 1 << 40


def _like(beginning: str) -> str:
    return beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _terms(reference: Reference, release: Release, load: int, where: str, **values: str | int) -> list[Term]:
    """The terms of a load that a condition names, in the order of the book: three queries for thousands of them."""
    named = {**values, "load": load, "release": release.id}
    chosen = f"SELECT id FROM index_terms WHERE load_id = :load AND {where}"
    targets: dict[int, list[Target]] = {}
    rows = reference.db.execute(
        f"SELECT term, {_TARGETS}, c.billable FROM index_targets t"
        " LEFT JOIN codes c ON c.release_id = :release AND c.code = t.code"
        f" WHERE t.load_id = :load AND term IN ({chosen}) ORDER BY term, ordinal",
        named,
    )
    for number, *row, billable in rows:
        targets.setdefault(number, []).append(_target(reference, release, tuple(row), billable))
    below = {
        row[0]
        for row in reference.db.execute(
            f"SELECT DISTINCT parent FROM index_terms WHERE load_id = :load AND parent IN ({chosen})", named
        )
    }
    query = f"SELECT id, level, title, modifiers FROM index_terms WHERE load_id = :load AND {where} ORDER BY id"
    return [
        Term(TermKey(load, number), level, title, modifiers, tuple(targets.get(number, ())), number in below)
        for number, level, title, modifiers in reference.db.execute(query, named).fetchall()
    ]


@dataclass(frozen=True)
class Below:
    """A term somewhere below a main one, and the titles above it from the main term down."""

    term: Term
    above: tuple[str, ...]


def terms_within(reference: Reference, book: Book, on: dt.date, typed: str, limit: int = 200) -> list[Below]:
    """The terms inside main terms that a person means by "fracture, traumatic, scaph" or "fracture scaph".

    What stands first is the beginning of a main term, as much of it as has terms below that match. Each word after
    it begins a word of the path to the term, and one of them a word of the term itself. In the order of the book.
    """
    for cut in reversed([place.start() for place in _CUT.finditer(typed.strip())]):
        beginning, wanted = typed.strip()[:cut], _WORD.findall(typed.strip()[cut:].lower())
        if not wanted:
            continue
        found = [
            below
            for main in main_terms(reference, book, on, beginning)
            for below in _matching(reference, main, wanted, on, limit)
        ]
        if found:
            return found[:limit]
    return []


_CUT = re.compile(r"[,\s]+")
_WORD = re.compile(r"[^\W_]+")


def _matching(reference: Reference, main: Term, wanted: list[str], on: dt.date, limit: int) -> Iterator[Below]:
    release = reference.choose(CodeSystem.ICD10CM, on).release
    titles: dict[int, tuple[str, ...]] = {main.key.id: (main.title,)}
    matching = 0
    for number, parent, title in reference.db.execute(_ALL_BELOW, {"load": main.key.load, "main": main.key.id}):
        above = titles.get(parent, (main.title,))
        titles[number] = (*above, title)
        own = _begun(title, wanted)
        if release and matching < limit and own and own | _begun(" ".join(above), wanted) == set(wanted):
            matching += 1
            yield Below(_term(reference, release, TermKey(main.key.load, number)), above)


def _begun(text: str, wanted: list[str]) -> set[str]:
    """Those of the wanted that begin a word of the text; "with" does not begin "without"."""
    words = _WORD.findall(text.lower())
    return {one for one in wanted if any(word.startswith(one) and (one, word) != ("with", "without") for word in words)}


# The number of a term is its rank in the file: all below a main term lie between it and the next main term.
_ALL_BELOW = """
    SELECT id, parent, title FROM index_terms WHERE load_id = :load AND id > :main AND id < coalesce(
        (SELECT min(id) FROM index_terms WHERE load_id = :load AND parent IS NULL AND id > :main), 1 << 40)
    ORDER BY id
"""


def subterms(reference: Reference, term: TermKey, on: dt.date) -> list[Term]:
    """The terms directly below, in the order of the book."""
    release = reference.choose(CodeSystem.ICD10CM, on).release
    return _terms(reference, release, term.load, "parent = :parent", parent=term.id) if release else []


def term(reference: Reference, key: TermKey, on: dt.date) -> Term | None:
    """The term with this key, such as the one that "see" leads to."""
    release = reference.choose(CodeSystem.ICD10CM, on).release
    query = "SELECT 1 FROM index_terms WHERE load_id = ? AND id = ?"
    known = reference.db.execute(query, (key.load, key.id)).fetchone()
    return _term(reference, release, key) if release and known else None


def book_of(reference: Reference, key: TermKey) -> Book:
    """The book that a term stands in."""
    (kind,) = reference.db.execute("SELECT kind FROM loads WHERE id = ?", (key.load,)).fetchone()
    return Book(kind)


def column_named(reference: str) -> int:
    """The column of the neoplasm table that a reference in words means ("Neoplasm, breast, benign"), 2 to 7; else 0."""
    words = reference.lower()
    return next((column for column, named in _COLUMNS_NAMED if named in words), 0)


_COLUMNS_NAMED = (
    (3, "secondary"),
    (3, "metastatic"),
    (4, "in situ"),
    (5, "benign"),
    (6, "uncertain"),
    (7, "unspecified behavior"),
    (2, "malignant"),
)


def path(reference: Reference, key: TermKey) -> tuple[str, ...]:
    """The titles from the main term down to the term."""
    return tuple(title for _, title in _upward(reference, key))[::-1]


def lineage(reference: Reference, key: TermKey) -> tuple[TermKey, ...]:
    """The terms from the main term down to the term."""
    return tuple(TermKey(key.load, at) for at, _ in _upward(reference, key))[::-1]


def _upward(reference: Reference, key: TermKey) -> Iterator[tuple[int, str]]:
    """The term and those above it, each with its title."""
    at: int | None = key.id
    while at is not None:
        query = "SELECT title, parent FROM index_terms WHERE load_id = ? AND id = ?"
        title, parent = reference.db.execute(query, (key.load, at)).fetchone()
        yield at, title
        at = parent


def columns(reference: Reference, book: Book, on: dt.date) -> dict[int, str]:
    """The heads of the columns of a table by number, 1 the term itself; none for an index."""
    if (load := _load(reference, book, on)) is None:
        return {}
    query = "SELECT col, head FROM index_columns WHERE load_id = ? ORDER BY col"
    return dict(reference.db.execute(query, (load[1],)).fetchall())


def index_terms(reference: Reference, code: str, on: dt.date, limit: int = 100) -> list[Trail]:
    """Every way the books lead to a code without the dot, or to a header above it, the nearest header first.

    At most `limit`, index before external causes, neoplasms and drugs.
    """
    trails: list[Trail] = []
    for book in Book:
        if (load := _load(reference, book, on)) is None:
            continue
        heads = columns(reference, book, on)
        for length in range(len(code), 2, -1):
            rows = reference.db.execute(
                # Without being told, SQLite walks the whole load for want of statistics.
                f"SELECT term, {_TARGET} FROM index_targets INDEXED BY index_targets_by_code"
                " WHERE load_id = ? AND code = ? ORDER BY term LIMIT ?",
                (load[1], code[:length], limit - len(trails)),
            ).fetchall()
            for number, *row in rows:
                key = TermKey(load[1], number)
                target = _target(reference, load[0], tuple(row))
                trails.append(Trail(book, path(reference, key), heads.get(target.column, ""), target, key))
            if len(trails) >= limit:
                return trails
    return trails


_TARGET = "kind, text, col, code, leads_to_load, leads_to"
_TARGETS = "t.kind, t.text, t.col, t.code, t.leads_to_load, t.leads_to"


def _load(reference: Reference, book: Book, on: dt.date) -> tuple[Release, int] | None:
    release = reference.choose(CodeSystem.ICD10CM, on).release
    load = reference.part(release.id, book.value) if release else None
    return (release, load) if release and load is not None else None


def _term(reference: Reference, release: Release, key: TermKey) -> Term:
    return _terms(reference, release, key.load, "id = :id", id=key.id)[0]


def _target(reference: Reference, release: Release, row: tuple[object, ...], billable: int | None = None) -> Target:
    """The target of a row; `billable` is what the release says of its code, where that was read with it."""
    kind, text, column, code, to_load, to = row
    found, state = (None, CodeState.NO_CODE)
    if code and billable is not None:
        found, state = str(code), CodeState.BILLABLE if billable else CodeState.HEADER
    elif code:
        found, state = _resolve(reference, release, str(code))
    leads = TermKey(int(str(to_load)), int(str(to))) if to is not None else None
    return Target(TargetKind(str(kind)), str(text), int(str(column)), found, state, leads)


def _resolve(reference: Reference, release: Release, code: str) -> tuple[str | None, CodeState]:
    """What the release makes of a code that a book names."""
    for length in range(len(code), 2, -1):
        query = "SELECT billable FROM codes WHERE release_id = ? AND code = ?"
        row = reference.db.execute(query, (release.id, code[:length])).fetchone()
        if row and length == len(code):
            return code, CodeState.BILLABLE if row[0] else CodeState.HEADER
        if row:
            return code[:length], CodeState.GONE
    return None, CodeState.GONE

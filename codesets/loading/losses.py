"""What a file lacks that was loaded before: the same edition of it, else the edition before.

A file that broke off between two lines, or lost lines within, looks like a whole one. Official files change
little from one edition to the next, and the rate by which each kind of them loses rows is known; a file that
loses more is doubted, and so is one that ends before the earlier one does or lacks whole categories. What is in
doubt is not loaded unless a person says that it is right.

The import works on a copy; the database as it was is attached to it as `before`.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codesets.loading import icd10pcs
from codesets.loading.loads import release_id
from codesets.releases import CodeSystem
from codesets.sources.completeness import DIAGNOSES_SIZE, OFFICIAL_SIZE
from codesets.sources.source import FileKind, Recognized

BEFORE = "before"
"""The name under which the database as it was is attached."""

_DAYS_OF_A_YEAR = 366
_MOST_NAMED = 5
# ICD-10-CM has 1,918 categories; a few of them are no whole list.
_CATEGORIES_SIZE = 100


@dataclass(frozen=True)
class Compared:
    """What a load changed beside what was loaded before (rows by their key), and why it is doubted, a line each."""

    added: int = 0
    ended: int = 0
    doubts: tuple[str, ...] = ()
    before: str = ""
    """The edition it was held against; empty where none was loaded."""


@dataclass(frozen=True)
class _Kept:
    """Where the rows of a kind are, what tells one from another, and how many of 1,000 a year may end."""

    table: str
    keys: tuple[str, ...]
    per_mille: float
    what: str = "codes"
    where: str = ""
    owner: str = "load_id"


_CODES = _Kept("codes", ("code",), 5, where=" AND billable", owner="release_id")
_KEPT: dict[FileKind, tuple[_Kept, ...]] = {
    # Of 70,000 codes of ICD-10-CM the most that ended in a year are 324 (FY2017), of late 28 to 36.
    FileKind.CM_ORDER: (_CODES,),
    FileKind.CM_CODES: (_CODES,),
    FileKind.CM_TABULAR: (_Kept("printed_codes", ("code",), 5),),
    FileKind.PCS_ORDER: (_CODES,),
    FileKind.PCS_TABLES: (_Kept("pcs_tables", ("code",), 5, "tables"),),
    # Terminated codes stay in the file for years.
    FileKind.HCPCS: (_Kept("hcpcs_details", ("code",), 10),),
    # Pairs that ended stay in the file, with their deletion date.
    FileKind.PTP: (_Kept("ncci_pairs", ("column1", "column2", "effective"), 1, "pairs"),),
    FileKind.MUE: (_Kept("ncci_units", ("code",), 20),),
    FileKind.ADD_ON: (_Kept("ncci_add_ons", ("code", "primary_code"), 20, "add-on codes"),),
    FileKind.POA_EXEMPT: (_Kept("poa_exempt", ("code",), 5),),
    FileKind.CC_EXCLUSIONS: (
        _Kept("drg_exclusions", ("code",), 5),
        _Kept("drg_ignored", ("mdc", "first", "code"), 10, "codes of part 3"),
    ),
}
# Terms and titles are edited by the year: 27 of 1,000 main terms and terms of the index from FY2017 to FY2025. The
# drug table is published as XML and as CSV, which spell 20 of 1,000 substances in two ways.
_TERMS_PER_MILLE = {
    FileKind.CM_INDEX: 10,
    FileKind.CM_EXTERNAL_CAUSES: 10,
    FileKind.CM_NEOPLASMS: 10,
    FileKind.CM_DRUGS: 30,
    FileKind.PCS_INDEX: 20,
}


def compared(db: sqlite3.Connection, loaded: Sequence[Recognized]) -> list[Compared]:
    """What each of these loads changed, and what of them is doubted.

    They are one file, or the parts of one release that came together: what is missing in one part may have moved to
    another. Nothing is doubted where nothing was loaded before, or little.
    """
    return [
        Compared(added, ended, (*doubts, *_disagreements(db, one)), _edition_before(db, one))
        for one in loaded
        for added, ended, doubts in [_beside_before(db, one)]
    ]


def _edition_before(db: sqlite3.Connection, one: Recognized) -> str:
    """The edition that a load is held against; empty where nothing of it was loaded before."""
    kinds = _KEPT.get(one.kind, ())
    if one.kind in _TERMS_PER_MILLE:
        kinds = (_Kept("index_terms", (), _TERMS_PER_MILLE[one.kind], "terms"),)
    return next((earlier[1] for kept in kinds if (earlier := _owner_before(db, one, kept))), "")


def _beside_before(db: sqlite3.Connection, one: Recognized) -> tuple[int, int, list[str]]:
    added = ended = 0
    doubts: list[str] = []
    if one.kind in _TERMS_PER_MILLE:
        return _terms(db, one)
    for kept in _KEPT.get(one.kind, ()):
        earlier = _owner_before(db, one, kept)
        now = _owners_now(db, one, kept)
        if earlier is None or not now:
            continue
        owner, edition, years = earlier
        came, gone, of, tail = _changes(db, kept, owner, now)
        came = _pairs_added(db, one, edition) if one.kind is FileKind.PTP else came
        added, ended = added + came, ended + gone
        if of < (DIAGNOSES_SIZE if one.system is CodeSystem.ICD10CM else OFFICIAL_SIZE):
            continue
        categories = _categories_gone(db, owner, now[0]) if kept is _CODES and one.system is CodeSystem.ICD10CM else []
        if categories or tail or gone > of * kept.per_mille * years / 1000:
            doubts.append(_told(gone, of, kept.what, edition, tail, categories))
    return added, ended, doubts


def _told(gone: int, of: int, what: str, edition: str, tail: int, categories: Sequence[str] = ()) -> str:
    told = f"{gone:,} of the {of:,} {what} of {edition} are missing"
    if categories:
        more = ", ..." if len(categories) > _MOST_NAMED else ""
        told += f", whole categories among them: {', '.join(categories[:_MOST_NAMED])}{more}"
    if tail:
        told += f"; the file ends {tail:,} {what} before the end of that edition"
    return told


def _owner_before(db: sqlite3.Connection, one: Recognized, kept: _Kept) -> tuple[int, str, float] | None:
    """The release or load to compare with, its edition, and the years between the two, one at least."""
    if kept.owner == "release_id":
        query = "SELECT id, edition, starts FROM before.releases WHERE system = :of AND complete"
        of, part = one.system.value, ""
    else:
        query = "SELECT id, edition, starts FROM before.loads WHERE kind = :of AND part = :part"
        of, part = one.kind.value, one.part or ""
    row = db.execute(
        f"{query} AND (edition = :edition OR starts < :starts) ORDER BY edition = :edition DESC, starts DESC LIMIT 1",
        {"of": of, "part": part, "edition": one.edition, "starts": str(one.starts)},
    ).fetchone()
    if row is None or one.starts is None:
        return None
    days = (one.starts - dt.date.fromisoformat(row[2])).days
    return int(row[0]), str(row[1]), max(1.0, days / _DAYS_OF_A_YEAR)


def _owners_now(db: sqlite3.Connection, one: Recognized, kept: _Kept) -> list[int]:
    """The release, or the load; of pairs the loads of all parts of the setting, between which rows move."""
    if kept.owner == "release_id":
        release = release_id(db, one.system, one.edition)
        return [] if release is None else [release]
    query = "SELECT id FROM main.loads WHERE kind = ? AND edition = ? AND part"
    values = [one.kind.value, one.edition]
    if one.kind is FileKind.PTP:
        rows = db.execute(f"{query} LIKE ? || ' %'", (*values, (one.part or "").rpartition(" ")[0]))
    else:
        rows = db.execute(f"{query} = ?", (*values, one.part or ""))
    return [row[0] for row in rows]


def _changes(db: sqlite3.Connection, kept: _Kept, owner: int, now: Sequence[int]) -> tuple[int, int, int, int]:
    """How many rows came, how many are gone, of how many; and how many of these stood behind the last one of now."""
    marks = ", ".join("?" * len(now))
    same = " AND ".join(f"n.{key} = b.{key}" for key in kept.keys)
    last = f"SELECT {', '.join(kept.keys)} FROM main.{kept.table} WHERE {kept.owner} IN ({marks}){kept.where}"
    order = ", ".join(f"{key} DESC" for key in kept.keys)
    tail = f"({', '.join('b.' + key for key in kept.keys)}) > ({', '.join('?' * len(kept.keys))})"
    if kept is _CODES:  # codes have an official order, which is not that of their letters: U stands behind Z
        last = f"SELECT code FROM main.codes WHERE release_id IN ({marks}){kept.where}"
        order = "position DESC"
        tail = "b.position > (SELECT position FROM before.codes WHERE release_id = b.release_id AND code = ?)"
    end = db.execute(f"{last} ORDER BY {order} LIMIT 1", now).fetchone()
    if end is None:
        return 0, 0, 0, 0
    gone, behind = db.execute(
        f"SELECT count(*), coalesce(sum({tail}), 0) FROM before.{kept.table} b WHERE b.{kept.owner} = ?{kept.where}"
        f" AND NOT EXISTS (SELECT 1 FROM main.{kept.table} n WHERE n.{kept.owner} IN ({marks}) AND {same}{kept.where})",
        (*end, owner, *now),
    ).fetchone()
    count = f"SELECT count(*) FROM {{}}.{kept.table} WHERE {kept.owner} IN ({{}}){kept.where}"
    (of,) = db.execute(count.format(BEFORE, "?"), (owner,)).fetchone()
    (here,) = db.execute(count.format("main", marks), now).fetchone()
    return max(here - (of - gone), 0), gone, of, behind


def _pairs_added(db: sqlite3.Connection, one: Recognized, edition: str) -> int:
    """The pairs of a part that no part of the earlier edition has."""
    setting = (one.part or "").rpartition(" ")[0]
    query = "SELECT id FROM before.loads WHERE kind = ? AND edition = ? AND part LIKE ? || ' %'"
    earlier = [row[0] for row in db.execute(query, (one.kind.value, edition, setting))]
    query = "SELECT id FROM main.loads WHERE kind = ? AND edition = ? AND part = ?"
    (own,) = db.execute(query, (one.kind.value, one.edition, one.part)).fetchone()
    (count,) = db.execute(
        "SELECT count(*) FROM main.ncci_pairs n WHERE load_id = ? AND NOT EXISTS (SELECT 1 FROM before.ncci_pairs b"
        f" WHERE b.load_id IN ({', '.join('?' * len(earlier))}) AND b.column1 = n.column1 AND b.column2 = n.column2"
        " AND b.effective = n.effective)",
        (own, *earlier),
    ).fetchone()
    return int(count)


def _categories_gone(db: sqlite3.Connection, before: int, now: int) -> list[str]:
    """The categories of the edition before that no code begins with any more: none ever was since FY2017."""
    query = (
        "SELECT DISTINCT substr(code, 1, 3) FROM before.codes b WHERE release_id = ? AND NOT EXISTS"
        " (SELECT 1 FROM main.codes n WHERE n.release_id = ? AND n.code = substr(b.code, 1, 3)) ORDER BY position"
    )
    return [row[0] for row in db.execute(query, (before, now))]


def _terms(db: sqlite3.Connection, one: Recognized) -> tuple[int, int, list[str]]:
    """The same for a book: its terms, by level and the letters of their titles."""
    kept = _Kept("index_terms", (), _TERMS_PER_MILLE[one.kind], "terms")
    earlier, now = _owner_before(db, one, kept), _owners_now(db, one, kept)
    if earlier is None or not now:
        return 0, 0, []
    load, edition, years = earlier
    old, new = list(_titles(db, BEFORE, load)), list(_titles(db, "main", now[0]))
    before, after = dict.fromkeys(old), set(new)
    gone = sum(title not in after for title in before)
    mains = [title for title in before if title[0] == 0]
    last = next((title for title in reversed(new) if title[0] == 0), None)
    tail = len(mains) - 1 - mains.index(last) if last in before else 0
    doubted = len(before) >= OFFICIAL_SIZE and (tail or gone > len(before) * kept.per_mille * years / 1000)
    doubts = [_told(gone, len(before), "terms", edition, tail)] if doubted else []
    return len(after - before.keys()), gone, doubts


def _titles(db: sqlite3.Connection, schema: str, load: int) -> Iterable[tuple[int, str]]:
    for level, title in db.execute(
        f"SELECT level, title FROM {schema}.index_terms WHERE load_id = ? ORDER BY id", (load,)
    ):
        yield level, re.sub(r"[\W_]+", "", title.lower())


def _disagreements(db: sqlite3.Connection, one: Recognized) -> list[str]:
    """Where the file does not fit another one of the same edition, which says the same in another form."""
    if one.kind in (FileKind.PCS_ORDER, FileKind.PCS_TABLES):
        return _tables_disagree(db, one)
    if one.kind in (FileKind.CM_ORDER, FileKind.CM_TABULAR):
        return _tabular_disagrees(db, one)
    return []


_Loaded = tuple[int, str]
"""The id of a load, and the name of its file."""


def _side_by_side(
    db: sqlite3.Connection, one: Recognized, order: FileKind, other: FileKind
) -> tuple[int, _Loaded, _Loaded] | None:
    """The release of an edition with its order file and another file of it; None where one of them is not loaded."""
    release = release_id(db, one.system, one.edition)
    query = "SELECT id, name FROM main.loads WHERE kind = ? AND edition = ?"
    loaded = [db.execute(query, (kind.value, one.edition)).fetchone() for kind in (order, other)]
    return None if release is None or None in loaded else (release, loaded[0], loaded[1])


def _tables_disagree(db: sqlite3.Connection, one: Recognized) -> list[str]:
    if (both := _side_by_side(db, one, FileKind.PCS_ORDER, FileKind.PCS_TABLES)) is None:
        return []
    release, order, tables = both
    missing, beyond = icd10pcs.expansion(db, release, tables[0])
    if not missing and not beyond:
        return []
    other = f"the order file {order[1]}" if one.kind is FileKind.PCS_TABLES else f"the tables {tables[1]}"
    told = [f"{len(missing):,} codes of the order file are built by no table ({_few(missing)})"] if missing else []
    told += [f"{len(beyond):,} that tables build are not in the order file ({_few(beyond)})"] if beyond else []
    return [f"it disagrees with {other} of {one.edition}: {'; '.join(told)}"]


def _tabular_disagrees(db: sqlite3.Connection, one: Recognized) -> list[str]:
    """Every category of the order file is printed in the tabular list of its edition, and none besides."""
    if (both := _side_by_side(db, one, FileKind.CM_ORDER, FileKind.CM_TABULAR)) is None:
        return []
    release, order, tabular = both
    codes = {
        row[0]
        for row in db.execute("SELECT code FROM main.codes WHERE release_id = ? AND length(code) = 3", (release,))
    }
    query = "SELECT code FROM main.printed_codes WHERE load_id = ? AND length(code) = 3"
    printed = {row[0] for row in db.execute(query, (tabular[0],))}
    if max(len(codes), len(printed)) < _CATEGORIES_SIZE:
        return []
    is_order = one.kind is FileKind.CM_ORDER
    missing = sorted(printed - codes if is_order else codes - printed)
    other = f"the tabular list {tabular[1]}" if is_order else f"the order file {order[1]}"
    return [f"{len(missing):,} categories of {other} of {one.edition} are missing: {_few(missing)}"] if missing else []


def _few(codes: Sequence[str]) -> str:
    return ", ".join(codes[:_MOST_NAMED]) + (", ..." if len(codes) > _MOST_NAMED else "")

"""Stores ICD-10-PCS: the codes of a release, the tables they are built from, the index and the definitions.

The order file says which codes exist, the tables how they are built; expanded, the tables must give exactly
the valid codes, and `expansion` says where they do not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from codesets.loading.loads import Counts
from codesets.sources.icd10pcs_addenda import Action, Change, Totals
from codesets.sources.icd10pcs_definitions import Definition, DeviceAggregate
from codesets.sources.icd10pcs_index import IndexTerm
from codesets.sources.icd10pcs_order import OrderRow
from codesets.sources.icd10pcs_tables import Axis, Table, TableRow

TABLES = """
-- A table of ICD-10-PCS is its first three characters; the titles are those of its three values, codes how many
-- codes it builds.
CREATE TABLE pcs_tables (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, ordinal INTEGER NOT NULL, section TEXT NOT NULL,
    body_system TEXT NOT NULL, operation TEXT NOT NULL, definition TEXT NOT NULL, codes INTEGER NOT NULL,
    PRIMARY KEY (load_id, code)) WITHOUT ROWID;
-- One axis (1 to 7) of one row of a table; axes 1 to 3, the same in all rows, stand under row -1. labels: what
-- the characters of `characters` mean, one a line and in their order.
CREATE TABLE pcs_axes (
    load_id INTEGER NOT NULL, table_code TEXT NOT NULL, row INTEGER NOT NULL, axis INTEGER NOT NULL,
    title TEXT NOT NULL, characters TEXT NOT NULL, labels TEXT NOT NULL,
    PRIMARY KEY (load_id, table_code, row, axis)) WITHOUT ROWID;
-- titles and includes: one a line; a definition holds for every label among its titles.
CREATE TABLE pcs_definitions (
    load_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, section TEXT NOT NULL, axis INTEGER NOT NULL,
    titles TEXT NOT NULL, definition TEXT NOT NULL, explanation TEXT NOT NULL, includes TEXT NOT NULL,
    PRIMARY KEY (load_id, ordinal)) WITHOUT ROWID;
CREATE TABLE pcs_defined_labels (
    load_id INTEGER NOT NULL, section TEXT NOT NULL, axis INTEGER NOT NULL, label TEXT NOT NULL,
    ordinal INTEGER NOT NULL, PRIMARY KEY (load_id, section, axis, label, ordinal)) WITHOUT ROWID;
CREATE TABLE pcs_devices (
    load_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, device TEXT NOT NULL, operation TEXT NOT NULL,
    body_systems TEXT NOT NULL, value TEXT NOT NULL, parent TEXT NOT NULL,
    PRIMARY KEY (load_id, ordinal)) WITHOUT ROWID;
"""
_MOST_PROBLEMS = 10


def store_codes(db: sqlite3.Connection, release: int, rows: list[OrderRow]) -> None:
    """Store the codes of a release in the place of earlier ones.

    A table is the header of its codes and stands for none of them more than for another; the first one is kept
    as an example of what a whole code looks like.
    """
    db.execute("DELETE FROM codes WHERE release_id = ?", (release,))
    examples: dict[str, str] = {}
    for row in rows:
        if row.valid:
            examples.setdefault(row.code[:3], row.code)
    db.executemany(
        "INSERT INTO codes (release_id, code, position, title, billable, parent, default_code, short_title)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (release, row.code, position, row.title, row.valid, row.code[:3] if row.valid else None)
            + (row.code if row.valid else examples.get(row.code, row.code),)
            + (row.short_title if row.short_title != row.title else None,)
            for position, row in enumerate(rows)
        ),
    )


def store_tables(db: sqlite3.Connection, load: int, rows: Iterable[Table]) -> Counts:
    """Store the tables under their load."""
    count = 0
    for table in rows:
        titles = (axis.values[0][1] for axis in table.axes)
        codes = len({code for row in table.rows for code in row.codes()})
        values = (load, table.code, count, *titles, table.definition, codes)
        db.execute("INSERT INTO pcs_tables VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        db.executemany("INSERT INTO pcs_axes VALUES (?, ?, ?, ?, ?, ?, ?)", _axes(load, table))
        count += 1
    return Counts(rows=count)


def store_index(db: sqlite3.Connection, load: int, rows: Iterable[IndexTerm]) -> Counts:
    """Store the index under its load, in the tables that all alphabetic indexes share."""
    count = 0
    for term in rows:
        count += 1
        values = (load, term.number, term.parent, term.level, term.title, "")
        db.execute("INSERT INTO index_terms VALUES (?, ?, ?, ?, ?, ?)", values)
        db.executemany(
            "INSERT INTO index_targets VALUES (?, ?, ?, ?, 0, ?, ?, NULL, NULL)",
            (
                (load, term.number, ordinal, pointer.kind.value, pointer.text, pointer.code or None)
                for ordinal, pointer in enumerate(term.pointers)
            ),
        )
    return Counts(rows=count)


def store_definitions(db: sqlite3.Connection, load: int, rows: Iterable[Definition | DeviceAggregate]) -> Counts:
    """Store the definitions and the device aggregates under their load."""
    count = 0
    for count, row in enumerate(rows, start=1):
        if isinstance(row, DeviceAggregate):
            systems = "\n".join(row.body_systems)
            device = (load, count, row.device, row.operation, systems, row.value, row.parent)
            db.execute("INSERT INTO pcs_devices VALUES (?, ?, ?, ?, ?, ?, ?)", device)
            continue
        texts = ("\n".join(row.titles), row.definition, row.explanation, "\n".join(row.includes))
        db.execute(
            "INSERT INTO pcs_definitions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (load, count, row.section, row.axis, *texts)
        )
        db.executemany(
            "INSERT OR IGNORE INTO pcs_defined_labels VALUES (?, ?, ?, ?, ?)",
            ((load, row.section, row.axis, title, count) for title in row.titles),
        )
    return Counts(rows=count)


def table_rows(db: sqlite3.Connection, load: int, table: str | None = None) -> Iterator[TableRow]:
    """The rows of one stored table, or of all, with their axes 4 to 7."""
    query = (
        "SELECT table_code, row, axis, title, characters, labels FROM pcs_axes"
        " WHERE load_id = ? AND table_code BETWEEN ? AND ? AND row >= 0 ORDER BY table_code, row, axis"
    )
    bounds = (table, table) if table else ("", "~")
    axes: list[Axis] = []
    for code, row, axis, title, characters, labels in db.execute(query, (load, *bounds)):
        axes.append(Axis(axis, title, tuple(zip(characters, labels.split("\n"), strict=True))))
        if axis == 7:
            yield TableRow(code, row, (axes[0], axes[1], axes[2], axes[3]))
            axes = []


def expansion(db: sqlite3.Connection, release: int, load: int) -> tuple[list[str], list[str]]:
    """What differs when the tables of a load are expanded and compared with the valid codes of a release.

    The codes that no table builds, and those that tables build beyond the order file; both empty when the two
    are the same set.
    """
    built = {code for row in table_rows(db, load) for code in row.codes()}
    valid = {code for (code,) in db.execute("SELECT code FROM codes WHERE release_id = ? AND billable", (release,))}
    return sorted(valid - built), sorted(built - valid)


def check_addenda(before: dict[str, str], after: dict[str, str], rows: list[Change | Totals]) -> list[str]:
    """What is wrong with the addenda between two releases: ten lines at most, empty when nothing.

    Both are given as titles by code, tables and codes together; `before` is empty when it is not loaded. Every
    change must show in the later release. The addenda count the codes of the earlier file, which is the April
    edition where there was one: only when `before` has as many, it must also become `after` by the changes.
    """
    changes = [row for row in rows if isinstance(row, Change)]
    base = sum(row.before for row in rows if isinstance(row, Totals))
    added = {row.code: row.title for row in changes if row.action in (Action.ADD, Action.REVISE_TO)}
    deleted = {row.code for row in changes if row.action is Action.DELETE}
    odd = [f"{code} is not as the addenda say" for code, title in added.items() if after.get(code) != title]
    odd += [f"{code} is there, the addenda delete it" for code in sorted(deleted & after.keys())]
    if len(before) == base:
        expected = {code: title for code, title in before.items() if code not in deleted} | added
        different = sorted({code for code, _ in expected.items() ^ after.items()})
        odd += [f"{code}: the release before with the addenda is not this one" for code in different]
    return odd[:_MOST_PROBLEMS]


def _axes(load: int, table: Table) -> Iterator[tuple[object, ...]]:
    for row, axes in [(-1, table.axes), *((row.ordinal, row.axes) for row in table.rows)]:
        for axis in axes:
            characters = "".join(character for character, _ in axis.values)
            labels = "\n".join(label for _, label in axis.values)
            yield load, table.code, row, axis.position, axis.title, characters, labels

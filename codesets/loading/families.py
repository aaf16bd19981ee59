"""Which family stores which kind of file; what has to be done once after all files of a run.

A family stores rows of one kind in the tables of `schema` and says what they changed. New kinds are added here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from codesets.errors import UnreadableInput
from codesets.loading import icd10cm, icd10cm_index, tables
from codesets.loading.loads import Counts, begin_load, end_load, enter_release
from codesets.releases import CodeSystem
from codesets.sources.source import FileKind, Recognized, SourceFile

# What a load says of itself beside its counts, a line each.
Remarks = list[str]


def store(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
) -> tuple[Counts, Remarks]:
    """Store the rows of a file; raises UnreadableInput when they do not fit together or with what is loaded."""
    kind = recognized.kind
    if kind in (FileKind.CM_ORDER, FileKind.CM_CODES):
        return _cm_codes(db, file, recognized, list(rows)), []
    if kind is FileKind.CM_ADDENDA:
        problems = icd10cm.check_addenda(db, recognized, list(rows))
        begin_load(db, file, recognized)
        return Counts(), problems or [f"checked: the edition before with these changes is {recognized.edition}"]
    if kind is FileKind.CM_TABULAR:
        return icd10cm.store_tabular(db, begin_load(db, file, recognized), rows), []
    if kind in icd10cm_index.BOOKS:
        load = begin_load(db, file, recognized)
        counts = icd10cm_index.store_terms(db, load, rows)
        found = icd10cm_index.resolved(db, load)
        return counts, [f"{found.found:,} of {found.of:,} references in words found"] if found.of else []
    if kind is FileKind.CM_CONVERSION:
        return icd10cm.store_conversions(db, begin_load(db, file, recognized), rows), []
    return tables.STORES[kind](db, file, recognized, rows)


def record(db: sqlite3.Connection, recognized: Recognized, counts: Counts) -> None:
    """Enter the counts of the load that was stored last for this kind, edition and part."""
    query = "SELECT id FROM loads WHERE kind = ? AND edition = ? AND part = ?"
    row = db.execute(query, (recognized.kind.value, recognized.edition, recognized.part or "")).fetchone()
    end_load(db, row[0], counts)


def finish(db: sqlite3.Connection) -> None:
    """Bring together what came in separate files."""
    icd10cm.attach(db)
    icd10cm_index.resolve_across(db)


def notices(db: sqlite3.Connection) -> Iterator[str]:
    """Which half of a release is missing, or comes from another edition, a line each."""
    yield from tables.notices(db)
    query = "SELECT id, edition FROM releases WHERE system = ? AND complete ORDER BY starts"
    for release, edition in db.execute(query, (CodeSystem.ICD10CM.value,)).fetchall():
        missing: list[str] = []
        others: dict[str, list[str]] = {}
        for kind in icd10cm.PARTS:
            row = db.execute(
                "SELECT l.edition FROM release_parts p JOIN loads l ON l.id = p.load_id"
                " WHERE p.release_id = ? AND p.kind = ?",
                (release, kind.value),
            ).fetchone()
            name = kind.value.removeprefix("icd10cm ")
            if row is None:
                missing.append(name)
            elif row[0] != edition:
                others.setdefault(row[0], []).append(name)
        parts = [f"{', '.join(names)} from {other}" for other, names in others.items()]
        parts += [f"no {', no '.join(missing)}"] if missing else []
        if parts:
            yield f"ICD-10-CM {edition}: codes loaded; {'; '.join(parts)}"
        yield from (f"ICD-10-CM {edition}: {line}" for line in icd10cm.leftovers(db, release))


def _cm_codes(db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: list[Any]) -> Counts:
    if recognized.kind is FileKind.CM_CODES:
        order = "SELECT 1 FROM loads WHERE kind = ? AND edition = ?"
        if db.execute(order, (FileKind.CM_ORDER.value, recognized.edition)).fetchone():
            raise UnreadableInput(
                f"{file.name}: the order file of {recognized.edition} is loaded and says more", "nothing to do"
            )
        rows = icd10cm.with_headers(db, rows)
    before = icd10cm.billable(db, icd10cm.to_compare_with(db, recognized.system, recognized))
    release = enter_release(db, file, recognized)
    counts = icd10cm.store_codes(db, release, rows, before)
    begin_load(db, file, recognized, release)
    return counts

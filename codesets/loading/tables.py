"""How the files of procedures, edits, groupers, fees and lists are stored, a function for each kind.

`codesets.loading.families` asks here for every kind that is not of ICD-10-CM. Each function enters the load,
stores the rows and says what a person should know of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from codesets.errors import UnreadableInput
from codesets.loading import coverage, cpt, fees, hcpcs, icd10cm, icd10pcs, lists, msdrg, ncci
from codesets.loading.loads import Counts, begin_load, enter_release, release_id
from codesets.releases import CodeSystem
from codesets.sources.hcpcs import HcpcsCode
from codesets.sources.icd10cm_order import CodeRow
from codesets.sources.icd10pcs_addenda import Change, Totals
from codesets.sources.icd10pcs_order import OrderRow
from codesets.sources.source import FileKind, Recognized, SourceFile

TABLES = "".join(module.TABLES for module in (icd10pcs, hcpcs, cpt, ncci, fees, msdrg, lists, coverage))

# A full file that lost more of the codes before it is no full file.
_MOST_ENDED = 0.05
# A list that is shorter than this share of the one before it is no whole list.
_LEAST_KEPT = 0.8

Remarks = list[str]
Store = Callable[[sqlite3.Connection, SourceFile, Recognized, Iterable[Any]], tuple[Counts, Remarks]]
_StoreRows = Callable[[sqlite3.Connection, int, Iterable[Any]], Counts]


def _plain(store: _StoreRows) -> Store:
    """Rows that stand under their load and need nothing else."""

    def stored(
        db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
    ) -> tuple[Counts, Remarks]:
        before = _rows_before(db, recognized)
        counts = store(db, begin_load(db, file, recognized), rows)
        _refuse_shrunk(file, before, counts)
        return counts, []

    return stored


def _pcs_codes(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
) -> tuple[Counts, Remarks]:
    codes: list[OrderRow] = list(rows)
    before = icd10cm.billable(db, icd10cm.to_compare_with(db, recognized.system, recognized))
    counts = icd10cm.compared(before, {row.code: row.title for row in codes if row.valid}, len(codes))
    if counts.ended > _MOST_ENDED * len(before):
        reason = f"{file.name}: {counts.ended:,} of {len(before):,} codes of the edition before are missing"
        raise UnreadableInput(reason, "expected the complete order file, not a part of it")
    release = enter_release(db, file, recognized)
    icd10pcs.store_codes(db, release, codes)
    begin_load(db, file, recognized, release)
    return counts, _expansion(db, recognized)


def _pcs_tables(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
) -> tuple[Counts, Remarks]:
    counts = icd10pcs.store_tables(db, begin_load(db, file, recognized), rows)
    return counts, _expansion(db, recognized)


def _pcs_addenda(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
) -> tuple[Counts, Remarks]:
    """Check the addenda against the editions loaded; they bring no codes."""
    changes: list[Change | Totals] = list(rows)
    begin_load(db, file, recognized)
    release = release_id(db, recognized.system, recognized.edition)
    if release is None:
        return Counts(), [f"not checked: the order file of {recognized.edition} is not loaded"]
    earlier = db.execute(
        "SELECT id, edition FROM releases WHERE system = ? AND complete AND starts < ? ORDER BY starts DESC LIMIT 1",
        (recognized.system.value, str(recognized.starts)),
    ).fetchone()
    before = _titles(db, earlier[0]) if earlier else {}
    if problems := icd10pcs.check_addenda(before, _titles(db, release), changes):
        return Counts(), problems
    base = sum(row.before for row in changes if isinstance(row, Totals))
    if len(before) == base:
        return Counts(), [f"checked: {earlier[1]} with these changes is {recognized.edition}"]
    return Counts(), [f"checked: every change is in {recognized.edition}; the base, {base:,} codes, is not loaded"]


def _hcpcs(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
) -> tuple[Counts, Remarks]:
    codes: list[HcpcsCode] = list(rows)
    counts, release = _release(db, file, recognized, hcpcs.code_rows(codes))
    query = "SELECT id FROM loads WHERE kind = ? AND edition = ?"
    (load,) = db.execute(query, (recognized.kind.value, recognized.edition)).fetchone()
    hcpcs.store_details(db, load, codes)
    db.execute("DELETE FROM modifiers WHERE release_id = ?", (release,))
    modifiers = [(release, *values) for values in hcpcs.modifier_values(codes)]
    db.executemany("INSERT INTO modifiers VALUES (?, ?, ?)", modifiers)
    terminated = sum(row.terminated is not None for row in codes if not row.is_modifier)
    return counts, [f"{terminated:,} of the codes are terminated; {len(modifiers):,} modifiers"]


def _cpt(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
) -> tuple[Counts, Remarks]:
    load = begin_load(db, file, recognized)
    counts = cpt.store_texts(db, load, rows)
    release = enter_release(db, file, recognized)
    db.execute("UPDATE loads SET release_id = ? WHERE id = ?", (release, load))
    icd10cm.store_codes(db, release, cpt.code_rows(db, recognized.edition), {})
    return counts, []


def _pairs(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: Iterable[Any]
) -> tuple[Counts, Remarks]:
    before = _rows_before(db, recognized)
    counts = ncci.store_pairs(db, begin_load(db, file, recognized), rows)
    _refuse_shrunk(file, before, counts)
    remarks = [f"{counts.skipped:,} rows repeat another"] if counts.skipped else []
    return counts, remarks + ncci.gaps_beside(db, recognized.edition, recognized.part or "")


STORES: dict[FileKind, Store] = {
    FileKind.PCS_ORDER: _pcs_codes,
    FileKind.PCS_TABLES: _pcs_tables,
    FileKind.PCS_INDEX: _plain(icd10pcs.store_index),
    FileKind.PCS_DEFINITIONS: _plain(icd10pcs.store_definitions),
    FileKind.PCS_ADDENDA: _pcs_addenda,
    FileKind.HCPCS: _hcpcs,
    FileKind.HCPCS_NOTES: _plain(hcpcs.store_notes),
    FileKind.CPT: _cpt,
    FileKind.PTP: _pairs,
    FileKind.MUE: _plain(ncci.store_units),
    FileKind.ADD_ON: _plain(ncci.store_add_ons),
    FileKind.MPFS: _plain(fees.store_values),
    FileKind.GPCI: _plain(fees.store_localities),
    FileKind.ANESTHESIA: _plain(fees.store_factors),
    FileKind.POA_EXEMPT: _plain(lists.store_exempt),
    FileKind.DRG_WEIGHTS: _plain(msdrg.store_weights),
    FileKind.MCC_LIST: _plain(msdrg.store_severities),
    FileKind.CC_LIST: _plain(msdrg.store_severities),
    FileKind.CC_EXCLUSIONS: _plain(msdrg.store_exclusions),
    FileKind.HCC_MAPPING: _plain(coverage.store_mappings),
    FileKind.NUCC: _plain(lists.store_taxonomy),
    FileKind.POS: _plain(lists.store_entries),
    FileKind.UB_CODES: _plain(lists.store_entries),
    FileKind.CARC_RARC: _plain(lists.store_entries),
    FileKind.MCD_ARTICLES: _plain(coverage.store_articles),
}


def notices(db: sqlite3.Connection) -> list[str]:
    """What is missing of a release that comes in several files, a line each."""
    found = []
    parts: dict[tuple[str, str], set[str]] = {}
    for edition, part in db.execute("SELECT edition, part FROM loads WHERE kind = ?", (FileKind.PTP.value,)):
        setting, _, number = part.rpartition(" ")
        parts.setdefault((edition, setting), set()).add(number)
    for (edition, setting), loaded in sorted(parts.items()):
        if missing := [part for part in ncci.PARTS if part not in loaded]:
            label = CodeSystem.NCCI_PTP.label
            found.append(f"{label} {edition} {setting}: part {', '.join(missing)} missing; it answers only in part")
    return found


def _release(
    db: sqlite3.Connection, file: SourceFile, recognized: Recognized, rows: list[CodeRow]
) -> tuple[Counts, int]:
    """Store the codes of a release and enter its load."""
    before = icd10cm.billable(db, icd10cm.to_compare_with(db, recognized.system, recognized))
    release = enter_release(db, file, recognized)
    counts = icd10cm.store_codes(db, release, rows, before)
    begin_load(db, file, recognized, release)
    return counts, release


def _rows_before(db: sqlite3.Connection, recognized: Recognized) -> tuple[int, str] | None:
    """How many rows an earlier load of the same edition and part has, else of the edition before, and which it is."""
    found: tuple[int, str] | None = db.execute(
        "SELECT rows, edition FROM loads WHERE kind = ? AND part = ? AND starts <= ? ORDER BY starts DESC LIMIT 1",
        (recognized.kind.value, recognized.part or "", str(recognized.starts)),
    ).fetchone()
    return found


def _refuse_shrunk(file: SourceFile, before: tuple[int, str] | None, counts: Counts) -> None:
    """Raise UnreadableInput when far fewer rows came than before: a file that broke off at the end of a line looks
    like a whole one.
    """
    if before and counts.rows < _LEAST_KEPT * before[0]:
        reason = f"{file.name}: {counts.rows:,} rows where {before[1]} has {before[0]:,}"
        raise UnreadableInput(reason, "expected the complete file, not a part of it")


def _expansion(db: sqlite3.Connection, recognized: Recognized) -> Remarks:
    """That tables and order file of the edition agree, once both are loaded."""
    release = release_id(db, recognized.system, recognized.edition)
    query = "SELECT id FROM loads WHERE kind = ? AND edition = ?"
    load = db.execute(query, (FileKind.PCS_TABLES.value, recognized.edition)).fetchone()
    if release is None or load is None:
        return []
    if any(icd10pcs.expansion(db, release, load[0])):
        return []  # the import doubts the file and says why (codesets.loading.losses)
    (count,) = db.execute("SELECT count(*) FROM codes WHERE release_id = ? AND billable", (release,)).fetchone()
    return [f"checked: the tables build exactly the {count:,} valid codes of the order file"]


def _titles(db: sqlite3.Connection, release: int) -> dict[str, str]:
    return dict(db.execute("SELECT code, title FROM codes WHERE release_id = ?", (release,)).fetchall())

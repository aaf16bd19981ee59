"""Looks up the NCCI edits that hold on a date of service: pairs of codes, most units, add-on codes.

Whether a pair denies a line (modifiers, same provider and patient) is for `codesets.edits` to judge; this module
only says what the files say. Source: CMS, National Correct Coding Initiative, the quarterly edit files. Pairs
and add-on codes carry their own dates and every release holds their whole history, so the newest release
answers for every earlier date; MUE values carry none, so only the release of the quarter answers. What is not
loaded, or only in part, is said: no finding on a part of the set means nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from codesets.loading.ncci import NEVER, PARTS, number
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.sources.source import FileKind


class Setting(StrEnum):
    """Whose claim it is; suppliers of equipment have most units, but no pairs of their own."""

    PRACTITIONER = "practitioner"
    HOSPITAL = "hospital"
    SUPPLIER = "supplier"


@dataclass(frozen=True)
class Coverage:
    """Which release answered. `edition` is empty when nothing is loaded.

    `complete` says that the release covers the date with all of its parts: only then does the absence of an
    edit mean that there is none. `warning` is one line for the reader, empty when complete.
    """

    edition: str
    complete: bool
    warning: str = ""


@dataclass(frozen=True)
class PairEdit:
    """A pair in force: `column2` is denied beside `column1`; `indicator` 0 no modifier helps, 1 one may."""

    column1: str
    column2: str
    effective: dt.date
    deletion: dt.date | None
    indicator: int
    rationale: str


class Pairs(NamedTuple):
    """The pairs in force among some codes, by column 1 and column 2, and what answered."""

    edits: tuple[PairEdit, ...]
    coverage: Coverage


@dataclass(frozen=True)
class MostUnits:
    """The published most units of a code: `indicator` 1 on a line, 2 and 3 over the date of service."""

    code: str
    units: int
    indicator: int
    rationale: str


@dataclass(frozen=True)
class Units:
    """The answer for one code; `most` is None where no value is published, which does not mean no limit."""

    most: MostUnits | None
    coverage: Coverage


@dataclass(frozen=True)
class AddOnRule:
    """What an add-on code needs beside it on a date.

    `primaries` are the listed primary codes. `contractor_decides` says that the contractor may accept others
    (edit types 2 and 3); `edit_types` are the types of its rows.
    """

    code: str
    primaries: tuple[str, ...]
    contractor_decides: bool
    edit_types: tuple[int, ...]
    notes: tuple[str, ...]


class AddOns(NamedTuple):
    """The rules for those of some codes that are add-on codes, by code, and what answered."""

    rules: dict[str, AddOnRule]
    coverage: Coverage


@dataclass(frozen=True)
class PairSource:
    """The loads that answer for pairs on a date, each with its first and last column 1, and what they cover.

    `key` tells one such set of loads from another.
    """

    loads: tuple[tuple[int, str, str], ...]
    coverage: Coverage
    key: str


@dataclass(frozen=True)
class UnitSource:
    """The load that answers for most units on a date, None where none does, and what it covers."""

    load: int | None
    coverage: Coverage


@dataclass(frozen=True)
class AddOnSource:
    """The loads that answer for add-on codes on a date, every code that is one in them, and what they cover."""

    loads: tuple[int, ...]
    codes: frozenset[str]
    coverage: Coverage


def pairs(reference: Reference, codes: Collection[str], on: dt.date, setting: Setting) -> Pairs:
    """The pairs in force on the date among the codes of a claim, withdrawn ones left out.

    Both orders of every two codes are looked up. Codes are five characters in upper case.
    """
    return pairs_among(reference, pair_source(reference, on, setting), codes, on)


def pair_source(reference: Reference, on: dt.date, setting: Setting) -> PairSource:
    """What answers for pairs on a date."""
    loads, coverage = _history(reference, FileKind.PTP, on, setting)
    # Two statements for each, so that either end is one step into the tree.
    ends = [(load, _bound(reference, load, "min"), _bound(reference, load, "max")) for load in loads]
    used = tuple((load, first, last) for load, first, last in ends if first and last)
    return PairSource(used, coverage, " ".join(str(load) for load, _, _ in used))


def seconds_of(reference: Reference, load: int, column1: str, since: dt.date) -> frozenset[str]:
    """Every column 2 that a load has for a column 1 on a day or later: what cannot be a pair is known by it."""
    query = (
        "SELECT group_concat(column2, ' ') FROM ncci_pairs WHERE load_id = ? AND column1 = ?"
        " AND deletion >= ? AND indicator <> 9 AND deletion <> effective"
    )
    (text,) = reference.db.execute(query, (load, column1, number(since))).fetchone()
    return frozenset(text.split()) if text else frozenset()


def seconds_in_force(reference: Reference, load: int, column1: str, on: dt.date) -> frozenset[str]:
    """Every column 2 that a load has for a column 1 on a day."""
    query = (
        "SELECT group_concat(column2, ' ') FROM ncci_pairs WHERE load_id = ? AND column1 = ?"
        " AND effective <= ? AND deletion >= ? AND indicator <> 9 AND deletion <> effective"
    )
    (text,) = reference.db.execute(query, (load, column1, number(on), number(on))).fetchone()
    return frozenset(text.split()) if text else frozenset()


def pairs_among(
    reference: Reference,
    source: PairSource,
    codes: Collection[str],
    on: dt.date,
    columns1: Collection[str] | None = None,
) -> Pairs:
    """The pairs of a source in force on the date among some codes; a query for each part that can have some.

    Where only some codes can be a column 1 and only some a column 2, `columns1` are the ones and `codes` the others.
    """
    wanted = sorted(set(codes))
    columns = wanted if columns1 is None else sorted(set(columns1))
    if not source.loads or len({*wanted, *columns}) < 2:
        return Pairs((), source.coverage)
    day, edits = number(on), []
    for load, first, last in source.loads:
        firsts = [code for code in columns if first <= code <= last]
        if not firsts:
            continue
        query = (
            "SELECT column1, column2, effective, deletion, indicator, text FROM ncci_pairs"
            " JOIN ncci_rationales USING (load_id) WHERE ncci_rationales.id = rationale AND load_id = ?"
            f" AND column1 IN ({_marks(firsts)}) AND column2 IN ({_marks(wanted)})"
            " AND effective <= ? AND deletion >= ? AND indicator <> 9 AND deletion <> effective"
            " ORDER BY column1, column2, effective"
        )
        rows = reference.db.execute(query, (load, *firsts, *wanted, day, day))
        edits += [
            PairEdit(one, two, _date(starts), _end(ends), mark, text) for one, two, starts, ends, mark, text in rows
        ]
    return Pairs(tuple(sorted(edits, key=_by_columns)), source.coverage)


def mue(reference: Reference, code: str, on: dt.date, setting: Setting) -> Units:
    """The most units of a code that are published for the quarter of the date."""
    return units_of(reference, unit_source(reference, on, setting), code)


def unit_source(reference: Reference, on: dt.date, setting: Setting) -> UnitSource:
    """What answers for most units on a date."""
    rows = reference.db.execute(
        "SELECT id, edition, starts, ends FROM loads WHERE kind = ? AND part = ? ORDER BY starts DESC, id DESC",
        (FileKind.MUE.value, setting.value),
    ).fetchall()
    for load, edition, starts, ends in rows:
        if starts <= str(on) <= ends:
            return UnitSource(load, Coverage(edition, True))
    if not rows:
        return UnitSource(None, Coverage("", False, f"No {CodeSystem.NCCI_MUE.label} values for {setting} are loaded."))
    warning = f"No loaded {CodeSystem.NCCI_MUE.label} values for {setting} cover {on}; the newest are {rows[0][1]}."
    return UnitSource(None, Coverage(rows[0][1], False, warning))


def units_of(reference: Reference, source: UnitSource, code: str) -> Units:
    """The most units that a source publishes for a code."""
    if source.load is None:
        return Units(None, source.coverage)
    query = "SELECT code, units, indicator, rationale FROM ncci_units WHERE load_id = ? AND code = ?"
    row = reference.db.execute(query, (source.load, code)).fetchone()
    return Units(MostUnits(*row) if row else None, source.coverage)


def add_on_primaries(reference: Reference, codes: Collection[str], on: dt.date) -> AddOns:
    """What those of the codes that are add-on codes need beside them on the date."""
    return add_ons_among(reference, add_on_source(reference, on), codes, on)


def add_on_source(reference: Reference, on: dt.date) -> AddOnSource:
    """What answers for add-on codes on a date."""
    loads, coverage = _history(reference, FileKind.ADD_ON, on, None)
    query = f"SELECT DISTINCT code FROM ncci_add_ons WHERE load_id IN ({_marks(loads)})"
    return AddOnSource(tuple(loads), frozenset(code for (code,) in reference.db.execute(query, loads)), coverage)


def add_ons_among(reference: Reference, source: AddOnSource, codes: Collection[str], on: dt.date) -> AddOns:
    """What the add-on codes among some codes need beside them on the date; one query, none where there are none."""
    wanted = sorted(set(codes) & source.codes)
    if not wanted:
        return AddOns({}, source.coverage)
    query = (
        "SELECT code, primary_code, edit_type, note FROM ncci_add_ons"
        f" WHERE load_id IN ({_marks(source.loads)}) AND code IN ({_marks(wanted)})"
        " AND effective <= ? AND deletion >= ?"
        " ORDER BY code, primary_code"
    )
    found: dict[str, list[tuple[str, int, str]]] = {}
    for code, primary, edit_type, note in reference.db.execute(query, (*source.loads, *wanted, number(on), number(on))):
        found.setdefault(code, []).append((primary, edit_type, note))
    return AddOns({code: _rule(code, rows) for code, rows in found.items()}, source.coverage)


def _bound(reference: Reference, load: int, which: str) -> str | None:
    """The first (min) or last (max) column 1 of a load; None for an empty one."""
    row = reference.db.execute(f"SELECT {which}(column1) FROM ncci_pairs WHERE load_id = ?", (load,)).fetchone()
    return row[0] if row else None


def _by_columns(edit: PairEdit) -> tuple[str, str, dt.date]:
    return edit.column1, edit.column2, edit.effective


def _rule(code: str, rows: list[tuple[str, int, str]]) -> AddOnRule:
    types = tuple(sorted({edit_type for _, edit_type, _ in rows}))
    primaries = tuple(dict.fromkeys(primary for primary, _, _ in rows if primary))
    open_list = any(not primary or edit_type > 1 for primary, edit_type, _ in rows)
    return AddOnRule(code, primaries, open_list, types, tuple(dict.fromkeys(note for _, _, note in rows if note)))


def _history(reference: Reference, kind: FileKind, on: dt.date, setting: Setting | None) -> tuple[list[int], Coverage]:
    """The loads of the newest release that is whole and not over on the date, else of the newest.

    A release holds the history of all earlier dates, so it need not have begun.
    """
    rows = reference.db.execute(
        "SELECT id, edition, ends, part FROM loads WHERE kind = ? ORDER BY starts DESC, id", (kind.value,)
    ).fetchall()
    releases: dict[str, list[tuple[int, str, str]]] = {}
    for load, edition, ends, part in rows:
        if setting is None or part.split(" ")[0] == setting.value:
            releases.setdefault(edition, []).append((load, ends, part))
    label = CodeSystem.NCCI_PTP.label if kind is FileKind.PTP else CodeSystem.NCCI_ADD_ON.label
    whom = f" for {setting}" if setting else ""
    if not releases:
        return [], Coverage("", False, f"No {label}{whom} are loaded.")
    fallback = ""
    answers = {}
    for edition, loads in releases.items():
        ends = loads[0][1]
        missing = _missing_parts([part for _, _, part in loads]) if kind is FileKind.PTP else []
        warning = ""
        if ends < str(on):
            warning = f"No loaded {label}{whom} cover {on}; answered from {edition}, which ends {ends}."
        elif missing:
            warning = f"{label} {edition}{whom} lacks part {', '.join(missing)}: pairs can be missing."
        answers[edition] = [load for load, _, _ in loads], Coverage(edition, not warning, warning)
        if not warning:
            return answers[edition]
        fallback = fallback or edition
    return answers[fallback]


def _missing_parts(parts: Sequence[str]) -> list[str]:
    """The parts of the published four that are not among those loaded ("practitioner f1")."""
    loaded = {part.rpartition(" ")[2] for part in parts}
    return [part for part in PARTS if part not in loaded]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _date(day: int) -> dt.date:
    return dt.date(day // 10_000, day // 100 % 100, day % 100)


def _end(day: int) -> dt.date | None:
    return None if day == NEVER else _date(day)

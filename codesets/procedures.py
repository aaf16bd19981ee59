"""Procedures and supplies: the ICD-10-PCS tables to build a code by, and what HCPCS says of a code on a date.

A PCS code is built axis by axis; each choice leaves only the values that some row of the table still allows, so
a combination that is no code cannot be reached. Where the order file of the date is of another edition than the
tables, it decides which codes there are, and the tables give its values their names. Sources: ICD-10-PCS tables,
index and definitions, and the HCPCS alphanumeric file (CMS). Answers come from the release in force on the date, or
say that none is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from codesets.loading.icd10pcs import table_rows
from codesets.origin import Origin, loaded
from codesets.reference import Reference
from codesets.releases import CodeSystem, Release
from codesets.sources.icd10pcs_tables import TableRow
from codesets.sources.source import FileKind

_AXES = 7


@dataclass(frozen=True)
class AxisValue:
    """One value that can be chosen next.

    `labels` are its meanings in the rows that are still possible, more than one where rows differ; `codes` is
    how many codes remain when it is chosen.
    """

    character: str
    labels: tuple[str, ...]
    codes: int


@dataclass(frozen=True)
class Choice:
    """The next axis of a code that is being built: position 1 to 7, its title, its values in official order.

    `axis` is 8 and `values` is empty when the code is complete; `values` is also empty when the beginning is
    none of any code. `codes_edition` is that of the order file which says what the codes are, where it is another than
    that of the tables (`origin`); empty where the tables say it themselves. `covered` is whether what says it is in
    force on the date.
    """

    chosen: str
    axis: int
    title: str
    values: tuple[AxisValue, ...]
    origin: Origin
    codes_edition: str = ""
    covered: bool = True

    @property
    def complete(self) -> bool:
        """Whether `chosen` is a whole code that the tables build."""
        return self.axis > _AXES


@dataclass(frozen=True)
class TableHead:
    """A PCS table: its three characters with their titles and the definition of the operation."""

    code: str
    section: str
    body_system: str
    operation: str
    definition: str


@dataclass(frozen=True)
class Meaning:
    """What a label of an axis means: definition and explanation (either can be empty), names it includes."""

    titles: tuple[str, ...]
    definition: str
    explanation: str
    includes: tuple[str, ...]


@dataclass(frozen=True)
class HcpcsDetails:
    """What the HCPCS file says of a code or modifier; fields as in `codesets.sources.hcpcs.HcpcsCode`.

    `valid` is whether it may be reported on the date asked for: added, not terminated, and the release covers
    the date; None where no loaded release does. `reason` says why in one line.
    """

    code: str
    title: str
    short_title: str
    coverage: str
    coverage_meaning: str
    pricing: tuple[str, ...]
    coverage_manual: tuple[str, ...]
    carrier_manual: tuple[str, ...]
    statute: str
    cross_references: tuple[str, ...]
    betos: str
    types_of_service: tuple[str, ...]
    anesthesia_units: int | None
    processing_note: str
    added: dt.date | None
    effective: dt.date | None
    terminated: dt.date | None
    action: str
    valid: bool | None
    reason: str
    origin: Origin


def next_values(reference: Reference, chosen: str, on: dt.date) -> Choice:
    """The values that can follow the characters chosen so far, 0 to 7 of them, in upper case."""
    source = loaded(reference, FileKind.PCS_TABLES, "ICD-10-PCS table file", on)
    if not source.load:
        return Choice(chosen, len(chosen) + 1, "", (), source)
    release = reference.choose(CodeSystem.ICD10PCS, on).release
    if release is not None and release.complete and release.edition != source.edition:
        choice = _by_order_file(reference, chosen, source, release)
        return replace(choice, covered=release.covers(on))
    if len(chosen) < 3:
        return _first_axes(reference, chosen, source)
    rows = [row for row in table_rows(reference.db, source.load, chosen[:3]) if _allows(row, chosen[3:])]
    if not rows or len(chosen) > _AXES:
        return Choice(chosen, min(len(chosen), _AXES - 1) + 1, "", (), source)
    if len(chosen) == _AXES:
        return Choice(chosen, _AXES + 1, "", (), source)
    place = len(chosen) - 3
    labels: dict[str, dict[str, None]] = {}
    for row in rows:
        for character, label in row.axes[place].values:
            labels.setdefault(character, {})[label] = None
    values = (
        AxisValue(character, tuple(labels[character]), len(set(_completions(rows, chosen + character))))
        for character in sorted(labels)
    )
    return Choice(chosen, len(chosen) + 1, rows[0].axes[place].title, tuple(values), source)


def expand(reference: Reference, beginning: str, on: dt.date) -> list[str]:
    """Every code that begins with these characters, at least the three of a table, in order."""
    source = loaded(reference, FileKind.PCS_TABLES, "ICD-10-PCS table file", on)
    if not source.load or len(beginning) < 3:
        return []
    rows = [row for row in table_rows(reference.db, source.load, beginning[:3]) if _allows(row, beginning[3:])]
    return sorted(set(_completions(rows, beginning)))


def table_head(reference: Reference, table: str, on: dt.date) -> TableHead | None:
    """The titles of a table of three characters, and the definition of its operation; None for no table."""
    source = loaded(reference, FileKind.PCS_TABLES, "ICD-10-PCS table file", on)
    row = reference.db.execute(
        "SELECT code, section, body_system, operation, definition FROM pcs_tables WHERE load_id = ? AND code = ?",
        (source.load, table),
    ).fetchone()
    return TableHead(*row) if row else None


def labels_of(reference: Reference, code: str, on: dt.date) -> list[tuple[str, str, str]]:
    """Each character of a complete code with the title of its axis and its label; empty when it is no code."""
    source = loaded(reference, FileKind.PCS_TABLES, "ICD-10-PCS table file", on)
    if len(code) != _AXES or not source.load:
        return []
    rows = [row for row in table_rows(reference.db, source.load, code[:3]) if _allows(row, code[3:])]
    if not rows:
        return []
    heads = reference.db.execute(
        "SELECT title, characters, labels FROM pcs_axes"
        " WHERE load_id = ? AND table_code = ? AND row = -1 ORDER BY axis",
        (source.load, code[:3]),
    ).fetchall()
    rest = [
        (character, axis.title, dict(axis.values)[character])
        for character, axis in zip(code[3:], rows[0].axes, strict=True)
    ]
    return [*((character, title, label) for title, character, label in heads), *rest]


def meanings(reference: Reference, section: str, axis: int, label: str, on: dt.date) -> list[Meaning]:
    """What a label of an axis (3 to 7) means in a section (one character); empty when nothing defines it."""
    source = loaded(reference, FileKind.PCS_DEFINITIONS, "file of ICD-10-PCS definitions", on)
    rows = reference.db.execute(
        "SELECT titles, definition, explanation, includes FROM pcs_definitions JOIN pcs_defined_labels"
        " USING (load_id, ordinal) WHERE load_id = ? AND pcs_defined_labels.section = ?"
        " AND pcs_defined_labels.axis = ? AND label = ? ORDER BY ordinal",
        (source.load, section, axis, label),
    )
    return [
        Meaning(tuple(titles.split("\n")), definition, explanation, tuple(filter(None, includes.split("\n"))))
        for titles, definition, explanation, includes in rows
    ]


def hcpcs_details(reference: Reference, code: str, on: dt.date) -> HcpcsDetails | None:
    """What the HCPCS file says of a code or a modifier, with its validity on the date.

    None when no HCPCS file is loaded or it does not have the code.
    """
    source = loaded(reference, FileKind.HCPCS, "HCPCS Level II file", on)
    row = reference.db.execute(
        "SELECT title, short_title, coverage, pricing, coverage_manual, carrier_manual, statute, cross_references,"
        " betos, types_of_service, anesthesia_units, added, effective, terminated, action, processing_note"
        " FROM hcpcs_details WHERE load_id = ? AND code = ?",
        (source.load, code),
    ).fetchone()
    if row is None:
        return None
    added, effective, terminated = (dt.date.fromisoformat(day) if day else None for day in row[11:14])
    valid, reason = _validity(code, on, added, terminated, source)
    return HcpcsDetails(
        code=code,
        title=row[0],
        short_title=row[1],
        coverage=row[2],
        coverage_meaning=_COVERAGE.get(row[2], ""),
        pricing=tuple(row[3].split()),
        coverage_manual=tuple(filter(None, row[4].split("\n"))),
        carrier_manual=tuple(filter(None, row[5].split("\n"))),
        statute=row[6],
        cross_references=tuple(row[7].split()),
        betos=row[8],
        types_of_service=tuple(row[9].split()),
        anesthesia_units=row[10],
        processing_note=_note(reference, row[15], on),
        added=added,
        effective=effective,
        terminated=terminated,
        action=row[14],
        valid=valid,
        reason=reason,
        origin=source,
    )


@dataclass(frozen=True)
class Modifiers:
    """The modifiers known on a day; `complete` where the official file of HCPCS Level II covers it, by its edition."""

    codes: frozenset[str]
    complete: bool
    edition: str = ""


def known_modifiers(reference: Reference, on: dt.date) -> Modifiers:
    """Those of the starter list, which has the numbers that Medicare's manuals name, and of the official file."""
    starter = {row[0] for row in reference.db.execute("SELECT DISTINCT modifier FROM modifiers")}
    source = loaded(reference, FileKind.HCPCS, "HCPCS Level II file", on)
    official = hcpcs_modifiers(reference, on) if source.covered else {}
    return Modifiers(frozenset(starter | set(official)), bool(official), source.edition)


def hcpcs_modifiers(reference: Reference, on: dt.date) -> dict[str, str]:
    """The HCPCS modifiers in force on the date with their official texts; empty when no file is loaded."""
    source = loaded(reference, FileKind.HCPCS, "HCPCS Level II file", on)
    rows = reference.db.execute(
        "SELECT code, title FROM hcpcs_details WHERE load_id = ? AND modifier"
        " AND coalesce(added, '') <= ? AND coalesce(terminated, '9999') >= ? ORDER BY code",
        (source.load, str(on), str(on)),
    )
    return dict(rows.fetchall())


# The coverage codes of the HCPCS record layout, in own words.
_COVERAGE = {
    "C": "the contractor decides",
    "D": "special coverage instructions apply",
    "I": "not payable by Medicare",
    "M": "not covered by Medicare",
    "S": "not covered by statute",
}


def _by_order_file(reference: Reference, chosen: str, source: Origin, release: Release) -> Choice:
    """The values that lead to a code of the release, with what the tables of another edition call them.

    A value that the tables do not have here is named by the one code it leads to, or said to be new to them.
    """
    place, begins = len(chosen), (release.id, chosen, chosen + "~")
    where = "release_id = ? AND code >= ? AND code < ? AND billable"
    query = f"SELECT substr(code, {place + 1}, 1), count(*), min(code) FROM codes WHERE {where} GROUP BY 1 ORDER BY 1"
    rows = reference.db.execute(query, begins).fetchall()
    if rows and place == _AXES:
        return Choice(chosen, _AXES + 1, "", (), source, release.edition)
    if not rows or place > _AXES:
        return Choice(chosen, min(place, _AXES - 1) + 1, "", (), source, release.edition)
    title, labels = _labels(reference, chosen, source)

    def named(character: str, codes: int, first: str) -> tuple[str, ...]:
        if character in labels:
            return labels[character]
        new = f"not in the tables of {source.edition}"
        query = "SELECT title FROM codes WHERE release_id = ? AND code = ?"
        (only,) = reference.db.execute(query, (release.id, first)).fetchone()
        return (f"{only} ({new})" if codes == 1 else new,)

    values = tuple(AxisValue(one, named(one, codes, first), codes) for one, codes, first in rows)
    return Choice(chosen, place + 1, title, values, source, release.edition)


def axis_labels(reference: Reference, chosen: str, on: dt.date) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The title of the axis behind the characters chosen (0 to 6), and what the tables call each value of it there."""
    return _labels(reference, chosen, loaded(reference, FileKind.PCS_TABLES, "ICD-10-PCS table file", on))


def _labels(reference: Reference, chosen: str, source: Origin) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The title of the next axis, and what the tables call each value of it behind the characters chosen."""
    place = len(chosen)
    if place < 3:
        choice = _first_axes(reference, chosen, source)
        return choice.title or _FIXED[place], {value.character: value.labels for value in choice.values}
    rows = list(table_rows(reference.db, source.load, chosen[:3]))
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        if _allows(row, chosen[3:]):
            for character, label in row.axes[place - 3].values:
                found.setdefault(character, {})[label] = None
    title = rows[0].axes[place - 3].title if rows else _FIXED[place]
    return title, {character: tuple(labels) for character, labels in found.items()}


# The axes of the Medical and Surgical section; most of the others name them so.
_FIXED = ("Section", "Body System", "Operation", "Body Part", "Approach", "Device", "Qualifier")


def _first_axes(reference: Reference, chosen: str, source: Origin) -> Choice:
    """The choice among the first three axes, from the tables that begin with the characters chosen."""
    place = len(chosen)
    rows = reference.db.execute(
        "SELECT code, title, labels, codes FROM pcs_tables JOIN pcs_axes"
        " ON pcs_axes.load_id = pcs_tables.load_id AND table_code = code AND row = -1 AND axis = ?"
        " WHERE pcs_tables.load_id = ? AND substr(code, 1, ?) = ? ORDER BY ordinal",
        (place + 1, source.load, place, chosen),
    ).fetchall()
    labels: dict[str, tuple[str, int]] = {}
    for code, _, label, codes in rows:
        before = labels.get(code[place], (label, 0))[1]
        labels[code[place]] = (label, before + codes)
    values = tuple(AxisValue(character, (label,), codes) for character, (label, codes) in labels.items())
    return Choice(chosen, place + 1, rows[0][1] if rows else "", values, source)


def _allows(row: TableRow, characters: str) -> bool:
    """Whether the row has these characters on its axes from the fourth on."""
    return all(
        character in (value for value, _ in axis.values) for character, axis in zip(characters, row.axes, strict=False)
    )


def _completions(rows: list[TableRow], beginning: str) -> Iterator[str]:
    for row in rows:
        if _allows(row, beginning[3:]):
            yield from (code for code in row.codes() if code.startswith(beginning))


def _validity(
    code: str, on: dt.date, added: dt.date | None, terminated: dt.date | None, source: Origin
) -> tuple[bool | None, str]:
    if terminated and terminated < on:
        return False, f"{code} was terminated on {terminated}."
    if added and added > on:
        return False, f"{code} was added on {added}."
    if not source.covered:
        return None, source.warning
    return True, f"{code} is valid in {source.edition}."


def _note(reference: Reference, number: str, on: dt.date) -> str:
    """The text of a processing note, or its number where the notes are not loaded; empty for none."""
    if not number:
        return ""
    source = loaded(reference, FileKind.HCPCS_NOTES, "list of HCPCS processing notes", on)
    row = reference.db.execute(
        "SELECT text FROM hcpcs_notes WHERE load_id = ? AND number = ?", (source.load, number)
    ).fetchone()
    return row[0] if row else f"note {number}"

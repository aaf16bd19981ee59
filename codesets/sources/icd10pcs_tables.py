"""The ICD-10-PCS tables in XML: which values of the seven axes go together.

Source: `icd10pcs_tables_YYYY.xml` of the yearly "ICD-10-PCS Codes and Index" package (CMS). A table fixes the
first three axes (section, body system, operation); each of its rows lists values for axes 4 to 7, every
combination of which is a code. The same value can have another meaning in another row of one table (a device
value of section X names another substance in each year's row), so labels belong to rows.

XML that was cut and closed again is well-formed: a whole file has tables in every section, as the order file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from xml.etree.ElementTree import Element

from codesets.releases import CodeSystem
from codesets.sources import xml
from codesets.sources.completeness import refuse_lacking
from codesets.sources.editions import fiscal_year
from codesets.sources.icd10pcs_order import sections
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile
from codesets.sources.xml import text_of

ROOT = "ICD10PCS.tabular"
_EXPECTED = "the ICD-10-PCS tables XML"
# Official files have some nine hundred tables.
_OFFICIAL_SIZE = 10
_VALUE = re.compile(r"[0-9A-HJ-NP-Z]")


@dataclass(frozen=True)
class Axis:
    """One axis with the values it can take: its position 1 to 7, its title, and (value, label) pairs."""

    position: int
    title: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TableRow:
    """One row of a table: the axes 4 to 7. `ordinal` counts the rows of the table from 0."""

    table: str
    ordinal: int
    axes: tuple[Axis, Axis, Axis, Axis]

    def codes(self) -> Iterator[str]:
        """Every code of the row, in the order of the table."""
        for values in product(*([value for value, _ in axis.values] for axis in self.axes)):
            yield self.table + "".join(values)


@dataclass(frozen=True)
class Table:
    """One table: the first three axes, each with its one value, the definition of the operation, the rows."""

    code: str
    axes: tuple[Axis, Axis, Axis]
    definition: str
    rows: tuple[TableRow, ...]


def recognize(file: SourceFile) -> Recognized | None:
    """The tables of a fiscal year, which the file states itself."""
    return recognize_pcs_xml(file, ROOT, FileKind.PCS_TABLES)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Table | Rejected]:
    """The tables in file order; a table with a flaw is rejected whole, because half of one would mislead.

    Every row is checked against its own count of codes (attribute `codes`). Raises UnreadableInput when the
    file is no such XML or lacks the tables of a section.
    """
    root = xml.parse(file, ROOT, _EXPECTED)
    seen: set[str] = set()
    last = ""
    for element in root.iter("pcsTable"):
        table = _table(element)
        if isinstance(table, Table) and table.code in seen:
            table = Rejected(0, "the table occurs twice", table.code)
        if isinstance(table, Table):
            seen.add(table.code)
            last = table.code
        yield table
    refuse_lacking(file, seen, last, sections(recognized), _OFFICIAL_SIZE, "tables")


def recognize_pcs_xml(file: SourceFile, root: str, kind: FileKind) -> Recognized | None:
    """An ICD-10-PCS file with this root element; its `version` is the fiscal year."""
    if xml.root_name(file.head(4096)) != root:
        return None
    version = re.search(rb"<version>\s*(20\d\d)", file.head(4096))
    if version is None:
        return Recognized(kind, CodeSystem.ICD10PCS, "", None, None, asks="the fiscal year, which the file lacks")
    period = fiscal_year(int(version[1]), april=re.search("apr", file.name, re.IGNORECASE) is not None)
    detail = f"version {version[1].decode()}"
    return Recognized(kind, CodeSystem.ICD10PCS, period.name, period.starts, period.ends, detail=detail)


def _table(element: Element) -> Table | Rejected:
    axes = [_axis(axis) for axis in element.findall("axis")]
    code = "".join(axis.values[0][0] for axis in axes if axis and axis.values)
    fixed = [axis for axis in axes if axis and len(axis.values) == 1]
    if [axis.position for axis in fixed] != [1, 2, 3] or len(axes) != 3:
        return Rejected(0, "expected axes 1 to 3 with one value each", code)
    rows = []
    for ordinal, child in enumerate(element.findall("pcsRow")):
        row = _row(child, code, ordinal)
        if isinstance(row, Rejected):
            return row
        rows.append(row)
    if not rows:
        return Rejected(0, "expected at least one row", code)
    definition = text_of(element.find("axis/definition"))
    return Table(code, (fixed[0], fixed[1], fixed[2]), definition, tuple(rows))


def _row(element: Element, table: str, ordinal: int) -> TableRow | Rejected:
    where = f"{table} row {ordinal + 1}"
    axes = [axis for axis in map(_axis, element.findall("axis")) if axis]
    if [axis.position for axis in axes] != [4, 5, 6, 7]:
        return Rejected(0, "expected axes 4 to 7 with single-character values", where)
    stated, counted = element.get("codes", ""), prod(len(axis.values) for axis in axes)
    if stated != str(counted):
        return Rejected(0, f"the row states {stated or 'no'} codes, its values make {counted}", where)
    return TableRow(table, ordinal, (axes[0], axes[1], axes[2], axes[3]))


def _axis(element: Element) -> Axis | None:
    """The axis; None when its position or a value is not one of ICD-10-PCS, or a value stands twice."""
    position, values = (
        element.get("pos", ""),
        [(label.get("code", ""), text_of(label)) for label in element.findall("label")],
    )
    distinct = {value for value, _ in values}
    legal = position in {"1", "2", "3", "4", "5", "6", "7"} and all(_VALUE.fullmatch(value) for value in distinct)
    if not legal or not values or len(distinct) != len(values):
        return None
    return Axis(int(position), text_of(element.find("title")), tuple(values))

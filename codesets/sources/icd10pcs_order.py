"""The ICD-10-PCS order file: which codes and tables exist in a fiscal year, with both titles.

Source: `icd10pcs_order_YYYY.txt` of the yearly "ICD-10-PCS Order File" package (CMS): fixed columns, order
number 1-5, code 7-13, flag 15 (1 valid code, 0 header), short title 17-76, long title from 78. The columns are
those of ICD-10-CM; what tells them apart is that a header has exactly 3 characters and a valid code exactly 7.

A whole file has codes in all seventeen sections, 0 to 9, B to D, F to H and X (ICD-10-PCS Reference Manual,
"Organization of sections"), and since FY2021 the last ones, of new technology, are in body system XX or XY.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources.completeness import Numbering, Parts, refuse_cut_off, refuse_lacking
from codesets.sources.editions import fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "the ICD-10-PCS order file, from table 001 on"
# The letters I and O are not values of ICD-10-PCS.
_LINE = re.compile(r"\d{5,6} (?P<code>[0-9A-HJ-NP-Z]{3}(?:    |[0-9A-HJ-NP-Z]{4})) (?P<flag>[01]) (?P<titles>.*)")
_SECTIONS = "0123456789BCDFGHX"
_LAST_SYSTEMS = ("XX", "XY")
_LAST_SYSTEMS_FROM = dt.date(2020, 10, 1)
_SHORT = 60
_LOOKED_AT = 60


@dataclass(frozen=True)
class OrderRow:
    """One line: a table (`valid` False, 3 characters) or a code (7). `line` is its place in the file, from 1."""

    line: int
    code: str
    valid: bool
    short_title: str
    title: str


def recognize(file: SourceFile) -> Recognized | None:
    """The order file, by the first lines; the fiscal year can only stand in the name."""
    lines = [line for line in file.head_lines(_LOOKED_AT + 1) if line][:_LOOKED_AT]
    rows = [_row(number, line) for number, line in enumerate(lines, start=1)]
    if len(rows) > 1:
        rows.pop()  # the head may have cut it, or a download
    if not rows or not all(isinstance(row, OrderRow) for row in rows):
        return None
    first = rows[0]
    if not isinstance(first, OrderRow) or first.valid:
        return None
    period = fiscal_year_in(file.name)
    if period is None:
        asks = "the fiscal year, which only the name could say"
        return Recognized(FileKind.PCS_ORDER, CodeSystem.ICD10PCS, "", None, None, asks=asks)
    return Recognized(FileKind.PCS_ORDER, CodeSystem.ICD10PCS, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[OrderRow | Rejected]:
    """The lines in file order.

    A malformed line, a code that occurs twice and a code outside the table above it are rejected. Raises
    UnreadableInput when the file is cut off, leaves out order numbers, does not begin with the first table, 001,
    lacks a section, or ends with a table that has no codes.
    """
    refuse_cut_off(file, _EXPECTED)
    seen: set[str] = set()
    table = last = ""
    numbering = Numbering(file)
    for number, line in enumerate(file.lines(), start=1):
        if not line:
            continue
        numbering.next(number, line)
        row = _row(number, line)
        if isinstance(row, OrderRow):
            if not seen and row.code != "001":
                raise UnreadableInput(f"{file.name} line {number}: begins with {row.code}", f"expected {_EXPECTED}")
            if row.code in seen:
                row = Rejected(number, f"{row.code} occurs twice", line)
            elif row.valid and not row.code.startswith(table or "?"):
                row = Rejected(number, f"{row.code} stands under table {table}", line)
            else:
                seen.add(row.code)
                last = row.code
                table = table if row.valid else row.code
        yield row
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")
    if last == table:
        raise UnreadableInput(f"{file.name}: ends at table {table}, without its codes", f"expected {_EXPECTED}")
    refuse_lacking(file, seen, last, sections(recognized))


def sections(recognized: Recognized) -> Parts:
    """How the codes and tables of the edition begin, each of which a whole file has."""
    late = recognized.starts is not None and recognized.starts >= _LAST_SYSTEMS_FROM
    return [*_SECTIONS, _LAST_SYSTEMS] if late else list(_SECTIONS)


def _row(number: int, line: str) -> OrderRow | Rejected:
    found = _LINE.match(line)
    code = found["code"].rstrip() if found else ""
    if found is None or (len(code) == 7) != (found["flag"] == "1"):
        return Rejected(number, "expected number, code (3 characters) and 0 or code (7) and 1, titles", line)
    short, title = found["titles"][:_SHORT].rstrip(), found["titles"][_SHORT + 1 :].strip()
    if not short or not title:
        return Rejected(number, "expected a short title in columns 17-76 and a long title from 78", line)
    return OrderRow(number, code, found["flag"] == "1", short, title)

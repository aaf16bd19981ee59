"""NCCI add-on code edits: which primary procedure an add-on code needs beside it.

Source: the quarterly "Add-on Code Edits" file of CMS (`AOC_V2026Q2-MCR`), tab-separated text or workbook: edit
type, add-on code and its deletion date, primary code (CCCCC where the contractor decides) and its deletion
date, effective and deletion date of the edit, instructions. Dates are ordinal, YYYYDDD.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import refuse_cut_off
from codesets.sources.periods import ordinal_date, quarter_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "an NCCI add-on code file: AOC_Edit_Type, Add-On_Code, ... with dates as YYYYDDD"
_CODE = re.compile(r"[0-9A-Z]{5}")
CONTRACTOR_DEFINED = "CCCCC"


@dataclass(frozen=True)
class AddOn:
    """An add-on code and one primary code for it.

    `edit_type`: 1 one of the listed primaries must be there, 2 the contractor decides, 3 both lists. `primary`
    is None where the contractor decides. A date is None where the file has none; a deletion date is the last
    day.
    """

    line: int
    edit_type: int
    code: str
    code_deletion: dt.date | None
    primary: str | None
    primary_deletion: dt.date | None
    effective: dt.date
    deletion: dt.date | None
    note: str


def recognize(file: SourceFile) -> Recognized | None:
    """An add-on code file, by its column heads; the quarter can only stand in the name."""
    if _header(file) is None:
        return None
    period = quarter_in(file.name)
    if period is None:
        asks = "the quarter, which only the name could say"
        return Recognized(FileKind.ADD_ON, CodeSystem.NCCI_ADD_ON, "", None, None, asks=asks)
    return Recognized(FileKind.ADD_ON, CodeSystem.NCCI_ADD_ON, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[AddOn | Rejected]:
    """The rows in file order. Raises UnreadableInput when the file is cut off or holds none."""
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    header = _header(file)
    if header is None:
        raise UnreadableInput(f"{file.name}: no such column heads", f"expected {_EXPECTED}")
    found = False
    for number, row in cells.rows(file):
        if number > header:
            add_on = _add_on(number, row)
            found = found or isinstance(add_on, AddOn)
            yield add_on
    if not found:
        raise UnreadableInput(f"{file.name}: no add-on codes in it", f"expected {_EXPECTED}")


def _add_on(number: int, row: tuple[str, ...]) -> AddOn | Rejected:
    edit_type, code, code_end, primary, primary_end, starts, ends = (at(row, index) for index in range(7))
    code, primary = (text.zfill(5) if text.isdigit() else text for text in (code, primary))
    if edit_type not in ("1", "2", "3") or not _CODE.fullmatch(code) or not _CODE.fullmatch(primary):
        return Rejected(number, "expected a type from 1 to 3, an add-on code and a primary code", "\t".join(row))
    written = (code_end, primary_end, starts, ends)
    dates = [ordinal_date(text) for text in written]
    effective = dates[2]
    if effective is None or any(text and date is None for text, date in zip(written, dates, strict=True)):
        return Rejected(number, "expected dates as YYYYDDD, the effective date among them", "\t".join(row))
    listed = None if primary == CONTRACTOR_DEFINED else primary
    return AddOn(number, int(edit_type), code, dates[0], listed, dates[1], effective, dates[3], at(row, 7))


def _header(file: SourceFile) -> int | None:
    """The line of the column heads; None in any other file."""
    for number, row in cells.head_rows(file):
        if at(row, 0).lower().startswith("aoc_edit_type") and at(row, 1).lower().startswith("add-on"):
            return number
    return None

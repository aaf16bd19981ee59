"""Medicare physician fee schedule: relative values and payment indicators of a quarter.

Source: `PPRRVU<year>_<month>[_QPP|_nonQPP].csv` of the quarterly RVU package of CMS. Ten header rows, the names
stacked over several of them and partly the same, so columns go by position. The short descriptions are the
AMA's: they come from the user's own download and stay in the user's database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import refuse_cut_off
from codesets.sources.editions import Edition
from codesets.sources.periods import quarter, quarter_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "the PPRRVU relative value file with 31 or 32 columns"
_CODE = re.compile(r"[0-9A-Z]{5}")
_MODIFIER = re.compile(r"|[0-9A-Z]{2}")
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+")
_NARROW = 31
# The column (from 0) that files of older years lack, so that all columns after it stand one to the left.
_PRICING_INDICATOR = 23


@dataclass(frozen=True)
class RelativeValue:
    """The values of a code, or of its professional (26) or technical (TC) part.

    Relative value units and the conversion factor (dollars) are decimals, None where the file has no number.
    Indicators are as published: `global_days` 000, 010, 090, MMM, XXX, YYY or ZZZ; the others one character.
    """

    line: int
    code: str
    modifier: str
    description: str
    status: str
    work: Decimal | None
    nonfacility_expense: Decimal | None
    facility_expense: Decimal | None
    malpractice: Decimal | None
    nonfacility_total: Decimal | None
    facility_total: Decimal | None
    pctc: str
    global_days: str
    preoperative: Decimal | None
    intraoperative: Decimal | None
    postoperative: Decimal | None
    multiple: str
    bilateral: str
    assistant: str
    cosurgeon: str
    team: str
    endoscopic_base: str
    conversion_factor: Decimal | None
    supervision: str


def recognize(file: SourceFile) -> Recognized | None:
    """A PPRRVU file, by the last of its stacked header rows; `part` is "QPP" or "nonQPP" where there are two."""
    if _header(file) is None:
        return None
    period = _period(file.name)
    version = re.search(r"(non)?qpp", file.name, re.IGNORECASE)
    part = None if version is None else "nonQPP" if version[1] else "QPP"
    edition, starts, ends = (period.name, period.starts, period.ends) if period else ("", None, None)
    asks = "" if period else "the quarter, which only the name could say"
    return Recognized(FileKind.MPFS, CodeSystem.MPFS, edition, starts, ends, part=part, asks=asks)


def read(file: SourceFile, recognized: Recognized) -> Iterator[RelativeValue | Rejected]:
    """The codes in file order. Raises UnreadableInput when the file is cut off, too narrow or holds none."""
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    if (header := _header(file)) is None:
        raise UnreadableInput(f"{file.name}: no such column heads", f"expected {_EXPECTED}")
    line, width = header
    if width < _NARROW:
        raise UnreadableInput(f"{file.name}: {width} columns", f"expected {_EXPECTED}")
    shift = 0 if width > _NARROW else -1
    seen: set[tuple[str, str]] = set()
    for number, row in cells.rows(file):
        if number <= line:
            continue
        value = _value(number, row, shift)
        if isinstance(value, RelativeValue) and (key := (value.code, value.modifier)) not in seen:
            seen.add(key)
        elif isinstance(value, RelativeValue):
            value = Rejected(number, f"{value.code} {value.modifier} occurs twice".replace("  ", " "), ",".join(row))
        yield value
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")


def _value(number: int, row: tuple[str, ...], shift: int) -> RelativeValue | Rejected:
    code, modifier, text = at(row, 0), at(row, 1), ",".join(row)
    code = code.zfill(5) if code.isdigit() else code
    if not _CODE.fullmatch(code) or not _MODIFIER.fullmatch(modifier) or len(at(row, 3)) != 1:
        return Rejected(number, "expected a code, a modifier or none, a description and a status letter", text)
    late = {index: at(row, index + shift) for index in (24, 25, 26)}
    amounts = {index: at(row, index) for index in (5, 6, 8, 10, 11, 12, 15, 16, 17)} | {25: late[25]}
    if wrong := [cell for cell in amounts.values() if cell and cell != "NA" and not _NUMBER.fullmatch(cell)]:
        return Rejected(number, f"{wrong[0]} stands where a number is expected", text)
    amount = {index: Decimal(cell) if cell and cell != "NA" else None for index, cell in amounts.items()}
    return RelativeValue(
        line=number,
        code=code,
        modifier=modifier,
        description=at(row, 2),
        status=at(row, 3),
        work=amount[5],
        nonfacility_expense=amount[6],
        facility_expense=amount[8],
        malpractice=amount[10],
        nonfacility_total=amount[11],
        facility_total=amount[12],
        pctc=at(row, 13),
        global_days=at(row, 14).zfill(3) if at(row, 14).isdigit() else at(row, 14),
        preoperative=amount[15],
        intraoperative=amount[16],
        postoperative=amount[17],
        multiple=at(row, 18),
        bilateral=at(row, 19),
        assistant=at(row, 20),
        cosurgeon=at(row, 21),
        team=at(row, 22),
        endoscopic_base=late[24].zfill(5) if late[24].isdigit() else late[24],
        conversion_factor=amount[25],
        supervision=late[26],
    )


def _header(file: SourceFile) -> tuple[int, int] | None:
    """The line of the last header row and its number of columns; None in any other file."""
    for number, row in cells.head_rows(file):
        heads = [cell.upper() for cell in row]
        if heads[:2] == ["HCPCS", "MOD"] and "DESCRIPTION" in heads[2:4]:
            return number, len(row)
    return None


def _period(name: str) -> Edition | None:
    if release := re.search(r"rvu(\d\d)([a-d])", name, re.IGNORECASE):
        return quarter(2000 + int(release[1]), ord(release[2].lower()) - ord("a") + 1)
    return quarter_in(name)

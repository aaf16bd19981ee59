"""NCCI procedure-to-procedure edits: pairs of codes that are not paid together on one day.

Source: the quarterly "PTP Coding Edits" files of CMS for practitioners (`ccipra-vNNNr0-f1` ...) and outpatient
hospitals (`ccioph-...`), tab-separated text or workbook: column 1 code, column 2 code, existence before 1996,
effective date, deletion date, modifier indicator, rationale. A release comes in four parts, each the whole
history of its range of column 1 codes. Neither setting nor quarter nor part stands inside the file: the name
says them, and where it does not they are asked for.

The parts follow the order of codes, CPT before HCPCS Level II, and where one ends changes with the quarter; only
the last is known by its end, among the codes Q to V. What a cut in another part leaves out shows beside its
neighbors and the quarter before (`codesets.loading.ncci.gaps_beside`, `codesets.loading.tables`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import refuse_cut_off, refuse_lacking
from codesets.sources.editions import Edition
from codesets.sources.periods import compact_date, quarter, quarter_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "an NCCI PTP file: column 1, column 2, existence, effective, deletion, modifier, rationale"
_HEADINGS = ((0, "column 1"), (1, "column 2"), (3, "effective"), (4, "deletion"), (5, "modifier"), (6, "ptp edit"))
_CODE = re.compile(r"[0-9A-Z]{5}")
# Version 32.2, written v322, is the third quarter of 2026.
_VERSION = re.compile(r"v(\d\d)([0-3])r\d", re.IGNORECASE)
_FIRST_VERSION_YEAR = 1994
_LAST_PART = "f4"
_ENDS_AMONG = tuple("QRSTUV")
_NO_DATE = ("", "*", "99991231")


class PtpSetting(StrEnum):
    """Whom the pairs are for."""

    PRACTITIONER = "practitioner"
    HOSPITAL = "hospital"


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair for one period: it denies `column2` from `effective` to `deletion`, both inclusive.

    `deletion` is None while the pair is in force. `indicator`: 0 no modifier helps, 1 one may, 9 withdrawn.
    """

    line: int
    column1: str
    column2: str
    before_1996: bool
    effective: dt.date
    deletion: dt.date | None
    indicator: int
    rationale: str


def recognize(file: SourceFile) -> Recognized | None:
    """A PTP file, by its stacked column heads; `part` is the setting and the number, such as "practitioner f1"."""
    if _headings(file) is None:
        return None
    setting, period, number = _setting(file.name), _period(file.name), re.search(r"f(\d)\b", file.name, re.IGNORECASE)
    lacking = [
        text
        for text, found in (
            ("the setting (ccipra for practitioners, ccioph for hospitals)", setting),
            ("the quarter", period),
            ("the part (f1 to f4)", number),
        )
        if not found
    ]
    asks = f"{', '.join(lacking)}: only the name says so" if lacking else ""
    part = f"{setting or '?'} f{number[1] if number else '?'}"
    edition, starts, ends = (period.name, period.starts, period.ends) if period else ("", None, None)
    return Recognized(FileKind.PTP, CodeSystem.NCCI_PTP, edition, starts, ends, part=part, asks=asks)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Pair | Rejected]:
    """The pairs in file order; what stands above the first pair is heading, whatever number of lines it has.

    Raises UnreadableInput when the file is cut off, its columns stand in another order, the last part does not
    reach its end, or it holds no pair.
    """
    if "?" in (recognized.part or ""):
        raise UnreadableInput(f"{file.name}: does not say {recognized.asks}", "name it as published, ccipra-v322r0-f1")
    headings = _headings(file)
    if headings is None or any(name not in at(headings, place) for place, name in _HEADINGS):
        raise UnreadableInput(f"{file.name}: other columns, or in another order", f"expected {_EXPECTED}")
    codes: set[str] = set()
    dates: dict[str, dt.date | None] = dict.fromkeys(_NO_DATE)
    begun = False
    firsts: dict[str, None] = {}
    for number, row in _rows(file):
        pair = _pair(number, row, codes, dates)
        if pair is not None:
            begun = True
            firsts[pair.column1] = None
            yield pair
        elif begun:
            yield Rejected(number, f"expected {_EXPECTED}", "\t".join(row))
    if not begun:
        raise UnreadableInput(f"{file.name}: no pairs in it", f"expected {_EXPECTED}")
    if (recognized.part or "").endswith(_LAST_PART):
        refuse_lacking(file, firsts, next(reversed(firsts)), [_ENDS_AMONG])


def _rows(file: SourceFile) -> Iterator[tuple[int, list[str]]]:
    if cells.is_workbook(file):
        for number, row in cells.rows(file):
            # A workbook may hold an anesthesia code as a number, without its leading zeros.
            yield number, [cell.zfill(5) if place < 2 and cell.isdigit() else cell for place, cell in enumerate(row)]
        return
    refuse_cut_off(file, _EXPECTED)
    for number, line in enumerate(file.lines(), start=1):
        if line:
            yield number, line.split("\t")


def _pair(number: int, row: list[str], codes: set[str], dates: dict[str, dt.date | None]) -> Pair | None:
    """The pair; None for a row that is none. `codes` and `dates` remember what was checked: millions repeat."""
    if len(row) < 6:
        return None
    column1, column2, existed, effective, deletion, indicator = map(str.strip, row[:6])
    for code in (column1, column2):
        if code not in codes:
            if not _CODE.fullmatch(code):
                return None
            codes.add(code)
    for date in (effective, deletion):
        if date not in dates:
            if (day := compact_date(date)) is None:
                return None
            dates[date] = day
    starts = dates[effective]
    if starts is None or indicator not in ("0", "1", "9") or existed not in ("", "*"):
        return None
    rationale = row[6].strip() if len(row) > 6 else ""
    return Pair(number, column1, column2, existed == "*", starts, dates[deletion], int(indicator), rationale)


def _headings(file: SourceFile) -> tuple[str, ...] | None:
    """The first line of the stacked heads, in lower case; None in any other file."""
    for _, row in cells.head_rows(file):
        heads = tuple(" ".join(cell.lower().split()) for cell in row)
        if "column 1" in heads and "column 2" in heads and any("edit rationale" in head for head in heads):
            return heads
    return None


def _setting(name: str) -> PtpSetting | None:
    if re.search(r"ccipra|practitioner", name, re.IGNORECASE):
        return PtpSetting.PRACTITIONER
    return PtpSetting.HOSPITAL if re.search(r"ccioph|hospital", name, re.IGNORECASE) else None


def _period(name: str) -> Edition | None:
    if version := _VERSION.search(name):
        return quarter(_FIRST_VERSION_YEAR + int(version[1]), int(version[2]) + 1)
    return quarter_in(name)

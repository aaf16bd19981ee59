"""NCCI medically unlikely edits: the most units of a code per line or day that are likely to be right.

Source: the quarterly MUE files of CMS for practitioner services, outpatient hospital services and suppliers of
equipment, CSV or workbook: code, value, adjudication indicator, rationale, under a quoted notice of several
lines. The second column head says the setting. The effective date stands only in the name
(`..._Eff_MM-DD-YYYY`); where it does not, it is asked for. Some values are confidential and not in the file.

The codes stand in ascending order, CPT before HCPCS Level II: a whole file of any setting goes over supplies (A),
equipment (E), orthotics (L) and temporary codes (Q) to hearing services (V5).
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
from codesets.sources.periods import quarter_from
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "an NCCI MUE file: code, MUE values, MUE adjudication indicator, rationale"
_PARTS = ("A", "E", "L", "Q", "V5")
_CODE = re.compile(r"[0-9A-Z]{5}")
_EFFECTIVE = re.compile(r"eff\w*[_ -]+(\d\d)-(\d\d)-(\d{4})", re.IGNORECASE)


class MueSetting(StrEnum):
    """Whom the values are for; the word the second column head begins with is in `_HEADS`."""

    PRACTITIONER = "practitioner"
    HOSPITAL = "hospital"
    SUPPLIER = "supplier"


@dataclass(frozen=True)
class Mue:
    """The most units of a code.

    `indicator` says how they count: 1 on a claim line, 2 over the date of service by policy, 3 over the date
    of service by clinical judgment.
    """

    line: int
    code: str
    units: int
    indicator: int
    rationale: str


_HEADS = {
    "practitioner": MueSetting.PRACTITIONER,
    "outpatient": MueSetting.HOSPITAL,
    "dme": MueSetting.SUPPLIER,
}


def recognize(file: SourceFile) -> Recognized | None:
    """An MUE file, by its column heads; `part` is the setting."""
    head = _head(file)
    if head is None:
        return None
    _, setting = head
    period = _period(file.name)
    edition, starts, ends = (period.name, period.starts, period.ends) if period else ("", None, None)
    asks = "" if period else "the effective date, which only the name (Eff_MM-DD-YYYY) could say"
    return Recognized(FileKind.MUE, CodeSystem.NCCI_MUE, edition, starts, ends, part=setting.value, asks=asks)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Mue | Rejected]:
    """The values in file order. Raises UnreadableInput when the file is cut off, lacks a part or is empty."""
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    head = _head(file)
    if head is None:
        raise UnreadableInput(f"{file.name}: no such column heads", f"expected {_EXPECTED}")
    header, _ = head
    seen: set[str] = set()
    last = ""
    for number, row in cells.rows(file):
        if number > header:
            mue = _mue(number, row)
            if isinstance(mue, Mue) and mue.code in seen:
                mue = Rejected(number, f"{mue.code} occurs twice", ",".join(row))
            elif isinstance(mue, Mue):
                seen.add(mue.code)
                last = mue.code
            yield mue
    if not seen:
        raise UnreadableInput(f"{file.name}: no values in it", f"expected {_EXPECTED}")
    refuse_lacking(file, seen, last, _PARTS)


def _mue(number: int, row: tuple[str, ...]) -> Mue | Rejected:
    code, units, indicator = at(row, 0), at(row, 1), at(row, 2)
    code = code.zfill(5) if code.isdigit() else code
    legal = _CODE.fullmatch(code) and re.fullmatch(r"[0-9]{1,7}", units) and re.match(r"[123]\b", indicator)
    if not legal:
        return Rejected(number, "expected a code, a number of units and an indicator from 1 to 3", ",".join(row))
    return Mue(number, code, int(units), int(indicator[0]), at(row, 3))


def _head(file: SourceFile) -> tuple[int, MueSetting] | None:
    """The line of the column heads and the setting; None in any other file."""
    for number, row in cells.head_rows(file):
        words = at(row, 1).lower().split()
        if words and "mue adjudication indicator" in at(row, 2).lower() and words[0] in _HEADS:
            return number, _HEADS[words[0]]
    return None


def _period(name: str) -> Edition | None:
    if not (found := _EFFECTIVE.search(name)):
        return None
    try:
        return quarter_from(dt.date(int(found[3]), int(found[1]), int(found[2])))
    except ValueError:
        return None

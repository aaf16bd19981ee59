"""The diagnoses exempt from the present-on-admission indicator in a fiscal year.

Source: `POAexemptCodesFYnn` of CMS (Hospital-Acquired Conditions, Coding), tab-separated text or workbook: an
order number, the code with its dot, the description. The first column head changes its name every year, the
second is always POAexemptCode. The lists of deletions and revisions beside it have other columns and are not it.

A whole list goes from sequelae (B) over injuries and external causes (S to Y) to category Z99, as the exempt
categories of the Official Guidelines, Appendix I, do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import refuse_cut_off, refuse_lacking
from codesets.sources.editions import fiscal_year, fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "the POA-exempt list: order number, POAexemptCode, description"
_PARTS = (*"BSTVWXY", "Z99")
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]{1,4})?")


@dataclass(frozen=True)
class ExemptCode:
    """An ICD-10-CM code without the dot that needs no POA indicator, with its description."""

    line: int
    code: str
    title: str


def recognize(file: SourceFile) -> Recognized | None:
    """The full list, by its column heads; the fiscal year stands in the first of them, or in the name."""
    rows = cells.head_rows(file, 1)
    if not rows:
        return None
    heads = tuple(cell.lower() for cell in rows[0][1])
    if at(heads, 1) != "poaexemptcode" or "action" in heads:
        return None
    stated = re.fullmatch(r"ord\w*?(\d\d)", at(heads, 0))
    period = fiscal_year(2000 + int(stated[1])) if stated else fiscal_year_in(file.name)
    if period is None:
        asks = "the fiscal year, which neither the column head nor the name says"
        return Recognized(FileKind.POA_EXEMPT, CodeSystem.POA_EXEMPT, "", None, None, asks=asks)
    return Recognized(FileKind.POA_EXEMPT, CodeSystem.POA_EXEMPT, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[ExemptCode | Rejected]:
    """The codes in file order. Raises UnreadableInput when the file is cut off, lacks a part or is empty."""
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    seen: set[str] = set()
    code = ""
    for place, (number, row) in enumerate(cells.rows(file)):
        if place == 0:
            continue
        code = at(row, 1)
        if not _CODE.fullmatch(code) or not at(row, 0).isdigit():
            yield Rejected(number, "expected an order number and a code with its dot", "\t".join(row))
        elif code in seen:
            yield Rejected(number, f"{code} occurs twice", "\t".join(row))
        else:
            seen.add(code)
            yield ExemptCode(number, code.replace(".", ""), at(row, 2))
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")
    refuse_lacking(file, seen, code, _PARTS)

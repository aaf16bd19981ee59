"""The complete lists of major complications (MCC, Table 6I) and of complications (CC, Table 6J).

Source: tables 6I and 6J of the IPPS final rule (CMS), text or workbook: a title, column heads, the ICD-10-CM
code with its dot and the description, then notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import refuse_cut_off
from codesets.sources.editions import fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_TITLE = re.compile(r"table 6(?P<letter>[ij])\b.*\bcomplete\b", re.IGNORECASE | re.DOTALL)
_KINDS = {"i": FileKind.MCC_LIST, "j": FileKind.CC_LIST}
_EXPECTED = "Table 6I or 6J, the complete list of MCCs or CCs: code with its dot, description"
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]{1,4})?")
_NOTES = "notes:"


@dataclass(frozen=True)
class SeverityCode:
    """An ICD-10-CM code without the dot that is an MCC (`major`) or a CC."""

    line: int
    code: str
    major: bool
    title: str


def recognize(file: SourceFile) -> Recognized | None:
    """A complete list, by its title; the fiscal year can only stand in the title or the name."""
    if (kind := _kind(file)) is None:
        return None
    rows = cells.head_rows(file, 2)
    period = fiscal_year_in(" ".join(rows[0][1])) or fiscal_year_in(file.name)
    if period is None:
        asks = "the fiscal year, which neither the title nor the name says"
        return Recognized(kind, CodeSystem.MSDRG, "", None, None, asks=asks)
    return Recognized(kind, CodeSystem.MSDRG, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[SeverityCode | Rejected]:
    """The codes in file order, down to the notes. Raises UnreadableInput when the file is cut off or empty."""
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    kind = _kind(file)
    if kind is None:
        raise UnreadableInput(f"{file.name}: another title", f"expected {_EXPECTED}")
    seen: set[str] = set()
    ended = False
    for number, row in cells.rows(file):
        code = at(row, 0)
        if any(cell.lower().startswith(_NOTES) for cell in row):
            ended = True
            break
        if code in seen:
            yield Rejected(number, f"{code} occurs twice", "\t".join(row))
        elif _CODE.fullmatch(code) and at(row, 1):
            seen.add(code)
            yield SeverityCode(number, code.replace(".", ""), kind is FileKind.MCC_LIST, at(row, 1))
        elif seen:
            yield Rejected(number, "expected a code with its dot and its description", "\t".join(row))
    if not seen or not ended:
        reason = "no notes at its end, so part of it is missing" if seen else "no codes in it"
        raise UnreadableInput(f"{file.name}: {reason}", f"expected {_EXPECTED}")


def _kind(file: SourceFile) -> FileKind | None:
    rows = cells.head_rows(file, 1)
    found = _TITLE.match(at(rows[0][1], 0)) if rows else None
    return _KINDS[found["letter"].lower()] if found else None

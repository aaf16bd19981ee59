"""Place of service codes as CMS publishes them, when a site brings its own list.

Source: the place of service code set of CMS as a table: code, name, description. The numbers with short meanings
are shipped (`codesets.place_of_service`); an imported list gives the official wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.code_list import ListEntry
from codesets.sources.periods import calendar_year
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "place of service codes: Place of Service Code(s), Place of Service Name, Description"
_CODE = re.compile(r"[0-9]{1,2}")
_RANGE = re.compile(r"[0-9]{1,2}\s*[-\u2013]\s*[0-9]{1,2}")


def recognize(file: SourceFile) -> Recognized | None:
    """The table, by its column heads; the year can only stand in the name."""
    if _header(file) is None:
        return None
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", file.name)
    if year is None:
        asks = "the year, which only the name could say"
        return Recognized(FileKind.POS, CodeSystem.POS, "", None, None, asks=asks)
    period = calendar_year(int(year[1]))
    return Recognized(FileKind.POS, CodeSystem.POS, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[ListEntry | Rejected]:
    """The codes in file order, unassigned ranges passed over. Raises UnreadableInput when there is none."""
    header = _header(file) or 0
    seen: set[str] = set()
    for number, row in cells.rows(file):
        if number <= header or _RANGE.fullmatch(at(row, 0)) or at(row, 1).lower() == "unassigned":
            continue
        if not _CODE.fullmatch(at(row, 0)) or not at(row, 1):
            yield Rejected(number, "expected a code of two digits and a name", ",".join(row))
            continue
        entry = ListEntry(number, "place of service", at(row, 0).zfill(2), at(row, 1), None, None, at(row, 2))
        if entry.code in seen:
            yield Rejected(number, f"{entry.code} occurs twice", entry.text)
        else:
            seen.add(entry.code)
            yield entry
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")


def _header(file: SourceFile) -> int | None:
    for number, row in cells.head_rows(file):
        if at(row, 0).lower().startswith("place of service code") and "name" in at(row, 1).lower():
            return number
    return None

"""UB-04 code lists from the user's licensed NUBC file: bill types, revenue, condition, occurrence, value codes.

The NUBC gives its manual out in several forms, so a table with the columns list (or type), code and description
is taken, with or without dates. No text of these lists is part of this program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells, code_list
from codesets.sources.cells import at
from codesets.sources.code_list import ListEntry
from codesets.sources.periods import calendar_year
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "a table with the columns list, code and description; list is one of type of bill, revenue, ..."


class UbList(StrEnum):
    """The lists of the UB-04 manual."""

    TYPE_OF_BILL = "type of bill"
    REVENUE = "revenue"
    CONDITION = "condition"
    OCCURRENCE = "occurrence"
    OCCURRENCE_SPAN = "occurrence span"
    VALUE = "value"
    ADMISSION_TYPE = "admission type"
    POINT_OF_ORIGIN = "point of origin"
    DISCHARGE_STATUS = "discharge status"


# The shape of a code of each list; leading zeros that a spreadsheet dropped are put back.
_SHAPES = {
    UbList.TYPE_OF_BILL: (re.compile(r"0?[0-9]{2}[0-9A-Z]"), 4),
    UbList.REVENUE: (re.compile(r"[0-9]{4}"), 4),
    UbList.CONDITION: (re.compile(r"[0-9A-Z]{2}"), 2),
    UbList.OCCURRENCE: (re.compile(r"[0-9A-Z]{2}"), 2),
    UbList.OCCURRENCE_SPAN: (re.compile(r"[0-9A-Z]{2}"), 2),
    UbList.VALUE: (re.compile(r"[0-9A-Z]{2}"), 2),
    UbList.ADMISSION_TYPE: (re.compile(r"[0-9]"), 1),
    UbList.POINT_OF_ORIGIN: (re.compile(r"[0-9A-Z]"), 1),
    UbList.DISCHARGE_STATUS: (re.compile(r"[0-9]{2}"), 2),
}


def recognize(file: SourceFile) -> Recognized | None:
    """A table of UB-04 codes: every list it names in its first rows is one of them; the year is in the name."""
    found = code_list.columns(file)
    if found is None or "list" not in found[1]:
        return None
    header, places = found
    named = {at(row, places["list"]) for number, row in cells.head_rows(file) if number > header}
    if not named or not all(_list(name) for name in named):
        return None
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", file.name)
    if year is None:
        asks = "the year, which only the name could say"
        return Recognized(FileKind.UB_CODES, CodeSystem.UB_CODES, "", None, None, asks=asks)
    period = calendar_year(int(year[1]))
    return Recognized(FileKind.UB_CODES, CodeSystem.UB_CODES, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[ListEntry | Rejected]:
    """The codes in file order, `list_name` one of UbList. Raises UnreadableInput when the file holds none."""
    seen: set[tuple[str, str]] = set()
    for entry in code_list.entries(file):
        if isinstance(entry, ListEntry):
            entry = _checked(entry)
        if isinstance(entry, ListEntry) and (key := (entry.list_name, entry.code)) in seen:
            entry = Rejected(entry.line, f"{' '.join(key)} occurs twice", entry.text)
        elif isinstance(entry, ListEntry):
            seen.add((entry.list_name, entry.code))
        yield entry
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")


def _checked(entry: ListEntry) -> ListEntry | Rejected:
    name = _list(entry.list_name)
    if name is None:
        return Rejected(entry.line, f"{entry.list_name} is none of {', '.join(UbList)}", entry.code)
    shape, width = _SHAPES[name]
    code = entry.code.upper()
    code = code.zfill(width) if code.isdigit() or name is UbList.TYPE_OF_BILL else code
    if not shape.fullmatch(code):
        return Rejected(entry.line, f"{entry.code} is no {name} code", entry.text)
    return replace(entry, list_name=name.value, code=code)


def _list(name: str) -> UbList | None:
    """The list that a name means: "Revenue Codes", "TOB" and the like."""
    plain = re.sub(r"\s*codes?$", "", " ".join(name.lower().replace("_", " ").split()))
    plain = {"tob": "type of bill", "bill type": "type of bill", "patient status": "discharge status"}.get(plain, plain)
    return UbList(plain) if plain in list(UbList) else None

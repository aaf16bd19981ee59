"""UB-04 code lists from the user's licensed NUBC file: bill types, revenue, condition, occurrence, value codes.

The NUBC gives its manual out in several forms, so a table with the columns list (or type, or form locator), code and
description is taken, with or without dates, and so is one whose code column is named after its list. No text of these
lists is part of this program.
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

COLUMNS = (
    "a table with the columns List (or Type, FL, Form Locator), Code and Description, or with a code column named after"
    " its list: Revenue Code, Description; the lists are type of bill, revenue, condition, occurrence, occurrence span,"
    " value, admission type, point of origin, discharge status"
)
"""What is taken, in words."""

# The form locators of the UB-04 that hold the codes of a list.
_LOCATORS = {
    4: "type of bill",
    14: "admission type",
    15: "point of origin",
    17: "discharge status",
    **dict.fromkeys(range(18, 29), "condition"),
    **dict.fromkeys(range(31, 35), "occurrence"),
    **dict.fromkeys(range(35, 37), "occurrence span"),
    **dict.fromkeys(range(39, 42), "value"),
    42: "revenue",
}


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


_LOCATOR = re.compile(r"(?:FL\s*)?0?(\d{1,2})(?:\s*[-\u2013]\s*(\d{1,2}))?", re.IGNORECASE)

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
    """A table of UB-04 codes: the lists that its first rows name are among them, or its code column is named after one.

    The year is in the name. `part` is the list of a file that has one alone: those of a year come side by side.
    """
    if (found := _columns(file)) is None:
        return None
    header, places, alone = found
    if alone is None:
        named = {at(row, places["list"]) for number, row in cells.head_rows(file) if number > header}
        if not named or not all(_list(name) for name in named):
            return None
        lists = {_list(name) for name in named}
        whole = {_list(at(row, places["list"])) for number, row in cells.rows(file) if number > header}
        alone = next(iter(lists)) if len(whole) == 1 else None
    part = alone.value if alone else None
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", file.name)
    if year is None:
        asks = "the year, which only the name could say"
        return Recognized(FileKind.UB_CODES, CodeSystem.UB_CODES, "", None, None, part=part, asks=asks)
    period = calendar_year(int(year[1]))
    return Recognized(FileKind.UB_CODES, CodeSystem.UB_CODES, period.name, period.starts, period.ends, part=part)


def read(file: SourceFile, recognized: Recognized) -> Iterator[ListEntry | Rejected]:
    """The codes in file order, `list_name` one of UbList. Raises UnreadableInput when the file holds none."""
    seen: set[tuple[str, str]] = set()
    found = _columns(file)
    if found is None:
        raise UnreadableInput(f"{file.name}: other columns", f"expected {COLUMNS}")
    header, places, alone = found
    for entry in code_list.entries(file, (header, places)):
        if isinstance(entry, ListEntry):
            entry = _checked(replace(entry, list_name=alone.value) if alone else entry)
        if isinstance(entry, ListEntry) and (key := (entry.list_name, entry.code)) in seen:
            entry = Rejected(entry.line, f"{' '.join(key)} occurs twice", entry.text)
        elif isinstance(entry, ListEntry):
            seen.add((entry.list_name, entry.code))
        yield entry
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {COLUMNS}")


def _columns(file: SourceFile) -> tuple[int, dict[str, int], UbList | None] | None:
    """The line of the heads, where the columns stand, and the list that the code column is named after, if it is."""
    found = code_list.columns(file)
    if found is not None and "list" in found[1]:
        return (*found, None)
    for number, heads in code_list.heads(file):
        named = [(place, name) for place, head in enumerate(heads) if head != "value" and (name := _list(head))]
        places = code_list.places_of(heads)
        if len(named) == 1 and "text" in places:
            return number, {**places, "code": named[0][0]}, named[0][1]
    return None


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
    """The list that a name means: "Revenue Codes", "TOB", "FL 42", "18-28" and the like."""
    if locator := _LOCATOR.fullmatch(name.strip()):
        first, last = (_LOCATORS.get(int(number)) for number in (locator[1], locator[2] or locator[1]))
        return UbList(first) if first is not None and first == last else None
    plain = re.sub(r"\s*codes?$", "", " ".join(name.lower().replace("_", " ").split()))
    plain = {"tob": "type of bill", "bill type": "type of bill", "patient status": "discharge status"}.get(plain, plain)
    return UbList(plain) if plain in list(UbList) else None

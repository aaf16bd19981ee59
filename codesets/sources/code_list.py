"""Plain lists of codes that a user brings: a code, its text, perhaps its dates, perhaps which list it is of.

The publishers of these lists (NUBC, X12) license them and give them out in many forms, so a list is taken by
its column heads, in any order. Dates may be ISO, YYYYMMDD or month/day/year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.source import Rejected, SourceFile

# What a column may be called, in lower case.
_NAMES = {
    "list": ("list", "type", "code type", "code set", "code list", "category", "fl", "form locator"),
    "code": ("code", "code value", "value"),
    "text": ("description", "text", "meaning", "definition", "title", "name"),
    "starts": ("start", "start date", "effective", "effective date", "effective from", "begin date"),
    "ends": ("stop", "stop date", "end date", "deactivation date", "termination date", "effective to"),
    "notes": ("notes", "note", "remarks"),
}
_DATE_FORMS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%m/%d/%y")


@dataclass(frozen=True)
class ListEntry:
    """A code of a list; `list_name` is empty where the file does not say of which. Dates are inclusive."""

    line: int
    list_name: str
    code: str
    text: str
    starts: dt.date | None
    ends: dt.date | None
    notes: str


def columns(file: SourceFile) -> tuple[int, dict[str, int]] | None:
    """The line of the column heads and where the columns stand; None without a code and a text column."""
    for number, named in heads(file):
        places = places_of(named)
        if "code" in places and "text" in places:
            return number, places
    return None


def heads(file: SourceFile) -> Iterator[tuple[int, list[str]]]:
    """The first lines of the file, one of which has the heads, in lower case."""
    for number, row in cells.head_rows(file):
        yield number, [" ".join(cell.lower().replace("_", " ").split()) for cell in row]


def places_of(named: list[str]) -> dict[str, int]:
    """Where the columns stand that have one of the heads known here."""
    return {
        name: next(index for index, head in enumerate(named) if head in words)
        for name, words in _NAMES.items()
        if any(head in words for head in named)
    }


def entries(file: SourceFile, found: tuple[int, dict[str, int]] | None = None) -> Iterator[ListEntry | Rejected]:
    """The entries in file order; a row without a code or a text, or with a date that is none, is rejected.

    `found` are the line of the heads and the columns, where the caller knows them.
    """
    found = found or columns(file)
    if found is None:
        return
    header, places = found
    for number, row in cells.rows(file):
        if number <= header:
            continue
        cell = {name: at(row, place) for name, place in places.items()}
        dates = {name: _date(cell.get(name, "")) for name in ("starts", "ends")}
        if not cell["code"] or not cell["text"]:
            yield Rejected(number, "expected a code and its text", ",".join(row))
        elif any(cell.get(name) and not day for name, day in dates.items()):
            yield Rejected(number, "expected dates as YYYY-MM-DD or MM/DD/YYYY", ",".join(row))
        else:
            name, notes = cell.get("list", ""), cell.get("notes", "")
            yield ListEntry(number, name, cell["code"], cell["text"], dates["starts"], dates["ends"], notes)


def _date(text: str) -> dt.date | None:
    for form in _DATE_FORMS:
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None

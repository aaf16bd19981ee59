"""Adjustment and remark codes of remittances, and claim status codes, from the user's X12 or WPC file.

The lists are licensed by X12; their texts stay in the user's database. A table with the columns code and
description is taken, with or without dates. Which list it is follows from a list column, from the shape of its
codes (remark codes are M, MA or N and a number), or from its name.
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
from codesets.sources.periods import quarter_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "a table with the columns code and description of one of the remittance or claim status lists"


class RemitList(StrEnum):
    """The lists."""

    CARC = "carc"
    RARC = "rarc"
    STATUS_CATEGORY = "claim status category"
    STATUS = "claim status"


_SHAPES = {
    RemitList.RARC: re.compile(r"(?:MA?|N)[0-9]{1,4}"),
    RemitList.STATUS_CATEGORY: re.compile(r"[ADEFPR][0-9]|DR0[1-8]|RQ"),
    RemitList.CARC: re.compile(r"[0-9]{1,3}|[ABDPWY][0-9]{1,2}"),
    RemitList.STATUS: re.compile(r"[0-9]{1,4}"),
}
_WORDS = (
    ("remark", RemitList.RARC),
    ("rarc", RemitList.RARC),
    ("categor", RemitList.STATUS_CATEGORY),
    ("status", RemitList.STATUS),
    ("adjustment", RemitList.CARC),
    ("carc", RemitList.CARC),
)


def recognize(file: SourceFile) -> Recognized | None:
    """One of the lists; `part` is the list. The quarter can only stand in the name."""
    if (name := _list(file)) is None:
        return None
    period = quarter_in(file.name)
    edition, starts, ends = (period.name, period.starts, period.ends) if period else ("", None, None)
    asks = "" if period else "the quarter, which only the name could say"
    return Recognized(FileKind.CARC_RARC, CodeSystem.CARC_RARC, edition, starts, ends, part=name.value, asks=asks)


def read(file: SourceFile, recognized: Recognized) -> Iterator[ListEntry | Rejected]:
    """The codes in file order, `list_name` one of RemitList. Raises UnreadableInput when the file holds none."""
    name = RemitList(recognized.part) if recognized.part in list(RemitList) else _list(file)
    if name is None:
        raise UnreadableInput(f"{file.name}: none of the lists", f"expected {_EXPECTED}")
    seen: set[str] = set()
    for entry in code_list.entries(file):
        if isinstance(entry, ListEntry) and not _SHAPES[name].fullmatch(entry.code):
            entry = Rejected(entry.line, f"{entry.code} is no {name} code", entry.text)
        elif isinstance(entry, ListEntry) and entry.code in seen:
            entry = Rejected(entry.line, f"{entry.code} occurs twice", entry.text)
        elif isinstance(entry, ListEntry):
            seen.add(entry.code)
            entry = replace(entry, list_name=name.value)
        yield entry
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")


def _list(file: SourceFile) -> RemitList | None:
    if (found := code_list.columns(file)) is None:
        return None
    header, places = found
    rows = [row for number, row in cells.head_rows(file) if number > header]
    codes = [at(row, places["code"]) for row in rows if at(row, places["code"])]
    said = {at(row, places["list"]).lower() for row in rows} if "list" in places else set()
    title = " ".join(cell for number, row in cells.head_rows(file) if number < header for cell in row)
    fitting = [name for name, shape in _SHAPES.items() if codes and all(map(shape.fullmatch, codes))]
    for words in ("/".join(said), f"{title} {file.name}".lower()):
        for word, name in _WORDS:
            if word in words and name in fitting:
                return name
    # Without a word for it only remark codes are unmistakable.
    return RemitList.RARC if RemitList.RARC in fitting else None

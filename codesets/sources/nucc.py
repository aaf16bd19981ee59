"""The provider taxonomy of the NUCC, from the user's own download.

Source: `nucc_taxonomy_NNN.csv` (National Uniform Claim Committee), version 25.1 written 251. Versions come in
January and July and are in force from April 1 and October 1. Texts stay in the user's database.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.editions import Edition
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "the NUCC taxonomy: Code, Grouping, Classification, Specialization, Definition, Notes"
_HEADS = ("code", "grouping", "classification", "specialization", "definition", "notes")
_CODE = re.compile(r"[0-9]{3}[0-9A-Z]{6}X")
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Taxonomy:
    """A taxonomy code of ten characters; `specialization`, `definition`, `notes`, `section` can be empty."""

    line: int
    code: str
    grouping: str
    classification: str
    specialization: str
    definition: str
    notes: str
    display_name: str
    section: str


def recognize(file: SourceFile) -> Recognized | None:
    """The taxonomy, by its column heads; the version can only stand in the name."""
    rows = cells.head_rows(file, 1)
    if not rows or tuple(cell.lower() for cell in rows[0][1][:6]) != _HEADS:
        return None
    version = _version(file.name)
    if version is None:
        asks = "the version, such as 25.1, which only the name could say"
        return Recognized(FileKind.NUCC, CodeSystem.NUCC, "", None, None, asks=asks)
    return Recognized(FileKind.NUCC, CodeSystem.NUCC, version.name, version.starts, version.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Taxonomy | Rejected]:
    """The codes in file order. Raises UnreadableInput when the file holds none."""
    seen: set[str] = set()
    for place, (number, row) in enumerate(cells.rows(file)):
        if place == 0:
            continue
        code = at(row, 0)
        if not _CODE.fullmatch(code) or not at(row, 2):
            yield Rejected(number, "expected a code of ten characters that ends in X, and a classification", code)
        elif code in seen:
            yield Rejected(number, f"{code} occurs twice", ",".join(row[:4]))
        else:
            seen.add(code)
            name = at(row, 6) or " - ".join(filter(None, (at(row, 2), at(row, 3))))
            definition, notes = (_BREAK.sub("\n", at(row, index)) for index in (4, 5))
            yield Taxonomy(number, code, at(row, 1), at(row, 2), at(row, 3), definition, notes, name, at(row, 7))
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")


def _version(name: str) -> Edition | None:
    if not (found := re.search(r"(?<!\d)(\d\d)([01])(?!\d)", name)):
        return None
    year, second = 2000 + int(found[1]), found[2] == "1"
    starts = dt.date(year, 10, 1) if second else dt.date(year, 4, 1)
    ends = dt.date(year + 1, 3, 31) if second else dt.date(year, 9, 30)
    return Edition(f"{found[1]}.{found[2]}", starts, ends)

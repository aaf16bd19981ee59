"""Geographic practice cost indices: what place does to a payment under the physician fee schedule.

Source: `GPCI<year>.csv` of the RVU package of CMS: a title, a row of column heads (contractor, state, locality
number and name, the indices for work, practice expense and malpractice), the localities, footnotes. The locality
number is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import refuse_cut_off
from codesets.sources.periods import calendar_year
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "a GPCI file: contractor, state, locality number and name, indices for work, expense, malpractice"
_CONTRACTOR = re.compile(r"[0-9]{4,5}")
_INDEX = re.compile(r"[0-9]?\.?[0-9]+")


@dataclass(frozen=True)
class Locality:
    """A payment locality: contractor number (5 digits), state, locality number (2), name, three indices."""

    line: int
    contractor: str
    state: str
    locality: str
    name: str
    work: Decimal
    expense: Decimal
    malpractice: Decimal


def recognize(file: SourceFile) -> Recognized | None:
    """A GPCI file, by its column heads; the year stands in the title or the name."""
    if _header(file) is None:
        return None
    title = " ".join(cells.head_rows(file)[0][1])
    found = re.search(r"(?<!\d)(20\d\d)(?!\d)", f"{title} {file.name}")
    if found is None:
        asks = "the year, which neither the title nor the name says"
        return Recognized(FileKind.GPCI, CodeSystem.GPCI, "", None, None, asks=asks)
    period = calendar_year(int(found[1]))
    return Recognized(FileKind.GPCI, CodeSystem.GPCI, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Locality | Rejected]:
    """The localities in file order; footnotes below them are passed over.

    Raises UnreadableInput when the file is cut off or holds none.
    """
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    if (header := _header(file)) is None:
        raise UnreadableInput(f"{file.name}: no such column heads", f"expected {_EXPECTED}")
    line, places = header
    found = False
    for number, row in cells.rows(file):
        if number > line and sum(map(bool, row)) > 3:
            locality = _locality(number, row, places)
            found = found or isinstance(locality, Locality)
            yield locality
    if not found:
        raise UnreadableInput(f"{file.name}: no localities in it", f"expected {_EXPECTED}")


def _locality(number: int, row: tuple[str, ...], places: tuple[int, int, int]) -> Locality | Rejected:
    contractor, state, locality, name = (at(row, index) for index in range(4))
    indices = [at(row, place) for place in places]
    legal = _CONTRACTOR.fullmatch(contractor) and re.fullmatch(r"[0-9]{1,2}", locality)
    if not legal or not all(_INDEX.fullmatch(index) for index in indices):
        return Rejected(number, f"expected {_EXPECTED}", ",".join(row))
    work, expense, malpractice = map(Decimal, indices)
    return Locality(number, contractor.zfill(5), state, locality.zfill(2), name, work, expense, malpractice)


def _header(file: SourceFile) -> tuple[int, tuple[int, int, int]] | None:
    """The line of the column heads and the columns of the three indices; None in any other file.

    Some years had two work indices, the later one with the floor that is paid.
    """
    for number, row in cells.head_rows(file):
        heads = [" ".join(cell.lower().split()) for cell in row]
        places = [[index for index, head in enumerate(heads) if f"{part} gpci" in head] for part in ("pw", "pe", "mp")]
        if "medicare administrative contractor" in at(tuple(heads), 0) and all(places):
            return number, (places[0][-1], places[1][-1], places[2][-1])
    return None

"""Anesthesia conversion factors by payment locality.

Source: `ANES<year>.csv` of the RVU package of CMS: contractor, locality, name and the conversion factors in
dollars, one column or (since 2026) one for participants in qualifying payment models and one for all others.
The column heads are not known from a real file, so the rows decide: numbers, a name, factors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.completeness import refuse_cut_off
from codesets.sources.periods import calendar_year
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "an anesthesia file: contractor, locality, name, one or two conversion factors"
_FACTOR = re.compile(r"\$?([0-9]{1,3}\.[0-9]{1,4})")


@dataclass(frozen=True)
class AnesthesiaFactor:
    """Contractor number (5 digits), locality number (2), name, and the factors in dollars, in file order."""

    line: int
    contractor: str
    locality: str
    name: str
    factors: tuple[Decimal, ...]


def recognize(file: SourceFile) -> Recognized | None:
    """An anesthesia file: it speaks of anesthesia in its head or its name, and its rows are factors."""
    rows = cells.head_rows(file)
    head = " ".join(cell for _, row in rows[:4] for cell in row) + " " + file.name
    if not re.search(r"anes", head, re.IGNORECASE) or not any(_factor(*row) for row in rows):
        return None
    found = re.search(r"(?<!\d)(20\d\d)(?!\d)", head)
    if found is None:
        asks = "the year, which neither the title nor the name says"
        return Recognized(FileKind.ANESTHESIA, CodeSystem.ANESTHESIA, "", None, None, asks=asks)
    period = calendar_year(int(found[1]))
    return Recognized(FileKind.ANESTHESIA, CodeSystem.ANESTHESIA, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[AnesthesiaFactor | Rejected]:
    """The localities in file order. Raises UnreadableInput when the file is cut off or holds none."""
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    begun = False
    for number, row in cells.rows(file):
        factor = _factor(number, row)
        if factor:
            begun = True
            yield factor
        elif begun and sum(map(bool, row)) > 2:
            yield Rejected(number, f"expected {_EXPECTED}", ",".join(row))
    if not begun:
        raise UnreadableInput(f"{file.name}: no conversion factors in it", f"expected {_EXPECTED}")


def _factor(number: int, row: tuple[str, ...]) -> AnesthesiaFactor | None:
    filled = [cell for cell in row if cell]
    if len(filled) not in (4, 5) or not re.fullmatch(r"[0-9]{4,5}", filled[0]):
        return None
    factors = [_FACTOR.fullmatch(cell) for cell in filled[3:]]
    if not re.fullmatch(r"[0-9]{1,2}", filled[1]) or not all(factors):
        return None
    values = tuple(Decimal(factor[1]) for factor in factors if factor)
    return AnesthesiaFactor(number, filled[0].zfill(5), filled[1].zfill(2), filled[2], values)

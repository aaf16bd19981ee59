"""Reads the tables of suggestions: CSV files in `data/` with a fixed header; lines that begin with # are remarks."""

from __future__ import annotations

import csv
from pathlib import Path

from codesets.errors import UnreadableInput

DATA = Path(__file__).parent / "data"


def rows(name: str, columns: tuple[str, ...]) -> list[list[str]]:
    """The rows below the header; raises UnreadableInput for another header, a missing or an empty cell."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.reader(file) if row and not row[0].startswith("#")]
    if not found or tuple(found[0]) != columns:
        raise UnreadableInput(f"{name}: wrong header", f"expected {','.join(columns)}")
    for row in found[1:]:
        if len(row) != len(columns) or not all(cell.strip() for cell in row):
            raise UnreadableInput(f"{name}: {','.join(row)!r}", f"expected {','.join(columns)}")
    return found[1:]

"""Reads the tables that are shipped as data: CSV files with a fixed header, remarks on lines that begin with #.

For word lists, cues, starter lists, codes with own wording. Official files have readers of their own in
`codesets.sources`.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

from codesets.errors import UnreadableInput


def read_table(path: Path, columns: tuple[str, ...], may_be_empty: Collection[str] = ()) -> list[tuple[str, ...]]:
    """The rows below the header, cells without blanks around them, a row a line.

    Raises UnreadableInput with the line for another header, a wrong number of cells, or an empty cell of a column
    that may not be empty.
    """
    with path.open(encoding="utf-8", newline="") as file:
        kept = [(number, line) for number, line in enumerate(file, 1) if line.strip() and not line.startswith("#")]
    rows = [tuple(map(str.strip, cells)) for cells in csv.reader([line for _, line in kept])]
    needed = [place for place, column in enumerate(columns) if column not in may_be_empty]
    for (number, _), row in zip(kept, rows, strict=False):
        if len(row) != len(columns) or ("" in row and not all(row[place] for place in needed)):
            raise UnreadableInput(f"{path.name} line {number}", f"expected {', '.join(columns)}")
    if not rows or rows[0] != columns or len(rows) != len(kept):
        raise UnreadableInput(f"{path.name}: wrong header, or a row over two lines", f"expected {', '.join(columns)}")
    return rows[1:]

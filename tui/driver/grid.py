"""A screen of cells. A character two cells wide has a second cell with an empty text; marks join the cell before.

Widths are counted as Rich counts them, because the frames were composed with them.
"""

from __future__ import annotations

import re
from typing import TypeVar

from rich.cells import split_graphemes

from tui.driver.styles import PLAIN

_CERTAIN = "\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25b5\u25cb\u25cf"
_ALL_CERTAIN = re.compile(f"[{_CERTAIN}\u2713\u2717]*")

T = TypeVar("T")


def certain(text: str) -> bool:
    """Whether every terminal gives each of these characters exactly one cell."""
    return text.isascii() or _ALL_CERTAIN.fullmatch(text) is not None


class Grid:
    """Rows of texts and rows of style numbers, both from 0."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self.texts = [[" "] * columns for _ in range(rows)]
        self.styles = [[PLAIN] * columns for _ in range(rows)]

    def paint(self, row: int, column: int, text: str, style: int) -> int:
        """Put a run of text down, cut at the right edge; the column behind it."""
        if certain(text):
            return self._put(row, column, list(text), style)
        cells: list[str] = []
        for start, end, width in split_graphemes(text)[0]:
            if width:
                cells += [text[start:end], *[""] * (width - 1)]
            elif cells:
                cells[-1 if cells[-1] else -2] += text[start:end]
            else:
                self._join(row, column - 1, text[start:end])
        return self._put(row, column, cells, style)

    def resized(self, columns: int, rows: int) -> Grid:
        """The same cells in another size, cut or filled with blanks."""
        other = Grid(columns, rows)
        for row in range(min(rows, self.rows)):
            width = min(columns, self.columns)
            other._put(row, 0, self.texts[row][:width], PLAIN)
            other.styles[row][:width] = self.styles[row][:width]
            if width < self.columns and self.texts[row][width] == "":
                other.texts[row][width - 1] = " "
        return other

    def copy(self) -> Grid:
        """A grid that can change by itself."""
        other = Grid(0, 0)
        other.columns, other.rows = self.columns, self.rows
        other.texts = [row[:] for row in self.texts]
        other.styles = [row[:] for row in self.styles]
        return other

    def scroll(self, top: int, bottom: int, lines: int) -> None:
        """Move the rows `top` to `bottom` up by `lines`, down if negative; the uncovered rows are blank."""
        part = slice(top, bottom + 1)
        self.texts[part] = _scrolled(self.texts[part], lines, [" "] * self.columns)
        self.styles[part] = _scrolled(self.styles[part], lines, [PLAIN] * self.columns)

    def first_uncertain(self, row: int) -> int:
        """The first column whose character has not one certain cell; the width of the grid if there is none."""
        texts = self.texts[row]
        if "" not in texts and certain("".join(texts)):
            return self.columns
        return next((x for x, text in enumerate(texts) if len(text) != 1 or not certain(text)), self.columns)

    def _put(self, row: int, column: int, cells: list[str], style: int) -> int:
        room = self.columns - column
        if room <= 0 or not cells:
            return column
        if len(cells) > room:
            if cells[room] == "":
                cells[room - 1] = " "
            del cells[room:]
        texts, end = self.texts[row], column + len(cells)
        if column and texts[column] == "":
            texts[column - 1] = " "
        if end < self.columns and texts[end] == "":
            texts[end] = " "
        texts[column:end] = cells
        self.styles[row][column:end] = [style] * len(cells)
        return end

    def _join(self, row: int, column: int, mark: str) -> None:
        texts = self.texts[row]
        if column > 0 and texts[column] == "":
            column -= 1
        if 0 <= column < self.columns:
            texts[column] += mark


def _scrolled(rows: list[list[T]], lines: int, blank: list[T]) -> list[list[T]]:
    """Rows moved up by `lines`, down if negative; each that is uncovered is a copy of `blank`."""
    fresh = [blank[:] for _ in range(abs(lines))]
    return rows[lines:] + fresh if lines > 0 else fresh + rows[:lines]

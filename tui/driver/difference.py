"""The shortest way this program knows from one grid to another: moves, changed cells, erasures, scrolls.

It uses only what every terminal since the VT220 has: CUP, CUF, CUB, CUU, CUD, IND, EL, ECH, DECSTBM with LF
and RI.
Erasing happens only in the terminal's own background, which is where all terminals agree.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from tui.driver.grid import Grid
from tui.driver.styles import PLAIN, Styles

Place: TypeAlias = tuple[int, int | None]
"""Row and column of a cursor from 0; a column of None is not known."""

_GAP = 24
"""Equal cells between two changed runs that are still worth a look at writing them again."""

_NARROW = 3
"""Equal cells of one style between two changed ones for which no move is shorter."""

_BLANKS = re.compile(" {11,}")
"""Blanks for which ECH and a move are shorter than the blanks."""

_STRIP = 20
"""Columns that are compared at once when rows are looked for that moved."""

_FEWEST = 6
"""Changed rows below which nobody looks for a scroll."""


def difference(
    front: Grid, back: Grid, rows: Iterable[int], styles: Styles, at: Place | None
) -> tuple[str, Place | None]:
    """What turns a terminal that shows `front` into one that shows `back`, and where its cursor is then.

    `rows` are those that may differ, `at` is where the cursor is before, None where that is not known. The style
    is the plain one before and after. `front` equals `back` afterwards.
    """
    differing = [y for y in sorted(rows) if front.texts[y] != back.texts[y] or front.styles[y] != back.styles[y]]
    plain = _Pen(front, back, styles, at)
    plain.rows(differing)
    best = plain
    if len(differing) >= _FEWEST and (found := _moved(front, back, differing)):
        scrolled = front.copy()
        pen = _Pen(scrolled, back, styles, None)
        pen.scroll(*found)
        top, bottom, _ = found
        pen.rows(sorted({*differing, *range(top, bottom + 1)}))
        if pen.length < best.length:
            best = pen
    best.finish()
    for y in differing:
        front.texts[y] = back.texts[y][:]
        front.styles[y] = back.styles[y][:]
    return "".join(best.out), best.at


def way(at: Place | None, row: int, column: int) -> str:
    """The shortest sequence that moves the cursor there."""
    here = row + 1
    ways = [f"\x1b[{here};{column + 1}H" if column else f"\x1b[{here}H" if row else "\x1b[H"]
    if at is None:
        return ways[0]
    at_row, at_column = at
    if at == (row, column):
        return ""
    if row - at_row in (0, 1):
        start = "\r\n" if row > at_row else "\r"
        ways.append(start + (_step(column, "C", "D") if column else ""))
    if at_column is None:
        return min(ways, key=_wire)
    if row == at_row:
        ways.append(_step(column - at_column, "C", "D"))
        if -4 < column - at_column < 0:
            ways.append("\b" * (at_column - column))
    elif column == at_column:
        ways.append(_step(row - at_row, "B", "A") if row - at_row != 1 else "\x1bD")
    return min(ways, key=_wire)


def _wire(text: str) -> int:
    """Bytes on the wire: the terminal's driver puts a return before every line feed."""
    return len(text if text.isascii() else text.encode("utf-8", "replace")) + text.count("\n")


def _step(count: int, forward: str, backward: str) -> str:
    size = abs(count)
    return f"\x1b[{size if size > 1 else ''}{forward if count > 0 else backward}"


class _Pen:
    """Writes sequences and remembers where the cursor is and which style is on."""

    def __init__(self, front: Grid, back: Grid, styles: Styles, at: Place | None) -> None:
        self.out: list[str] = []
        self.length = 0
        self.style = PLAIN
        self.at = at
        self._front = front
        self._back = back
        self._styles = styles

    def rows(self, rows: Iterable[int]) -> None:
        """Write the cells of these rows that differ."""
        for y in rows:
            if self._front.texts[y] != self._back.texts[y] or self._front.styles[y] != self._back.styles[y]:
                self._row(y)

    def scroll(self, top: int, bottom: int, lines: int) -> None:
        """Let the terminal move rows; negative is down."""
        self._send(f"\x1b[{top + 1};{bottom + 1}r")
        self._send(way(None, bottom, 0) + "\n" * lines if lines > 0 else way(None, top, 0) + "\x1bM" * -lines)
        self._send("\x1b[r")
        self.at = None
        self._front.scroll(top, bottom, lines)

    def finish(self) -> None:
        """Leave the plain style behind."""
        self._send(self._styles.change(self.style, PLAIN))
        self.style = PLAIN

    def _send(self, text: str) -> None:
        if text:
            self.out.append(text)
            self.length += _wire(text)

    def _row(self, y: int) -> None:
        texts, marks = self._back.texts[y], self._back.styles[y]
        changed = [
            x
            for x, (old, new, before, after) in enumerate(
                zip(self._front.texts[y], texts, self._front.styles[y], marks, strict=True)
            )
            if old != new or before != after
        ]
        unsure = min(self._front.first_uncertain(y), self._back.first_uncertain(y))
        tail = self._tail(y)
        for start, end in _runs(changed, marks, unsure):
            erased = (changed[-1] if start < unsure else end - 1) - max(start, tail)
            if end > tail and erased >= 3:
                self._run(y, start, max(start, tail), sure=start < unsure)
                self._erase_right()
                self.at = self.at if start < unsure else (y, None)
                return
            self._run(y, start, end, sure=start < unsure)
        if changed[-1] >= unsure:
            self.at = (y, None)

    def _tail(self, y: int) -> int:
        """The column from which on the row is blank in the plain style."""
        texts, marks = self._back.texts[y], self._back.styles[y]
        x = len(texts)
        while x and texts[x - 1] == " " and marks[x - 1] == PLAIN:
            x -= 1
        return x

    def _erase_right(self) -> None:
        self._send(self._styles.change(self.style, PLAIN) + "\x1b[K")
        self.style = PLAIN

    def _run(self, y: int, start: int, end: int, sure: bool) -> None:
        """Write the cells `start` to `end`, over the equal cells before them where that is shorter than a move.

        Where widths are not sure, no blanks are skipped.
        """
        self._send(self._approach(y, start, self._back.styles[y][start] if start < end else PLAIN))
        self.at = (y, start)
        at = start
        for blank_start, blank_end in self._blanks(y, start, end) if sure else ():
            self._write(y, at, blank_start)
            self._send(f"{self._styles.change(self.style, PLAIN)}\x1b[{blank_end - blank_start}X")
            self.style = PLAIN
            self._send(way((y, blank_start), y, blank_end) if blank_end < end else "")
            self.at = (y, blank_end if blank_end < end else blank_start)
            at = blank_end
        self._write(y, at, end)

    def _approach(self, y: int, start: int, first: int) -> str:
        """The shortest way to a cell: a move, or the equal cells before it written again.

        `first` is the style of the cell; the style that is on afterwards is kept.
        """
        best, style = way(self.at, y, start), self.style
        if not best or self.at is None:
            return best
        cost = _wire(best) + len(self._styles.change(style, first))
        row, column = self.at
        over = [(column, "")] if row == y and column is not None and column < start else []
        over += [(0, "\r" if row == y else "\r\n")] if y - row in (0, 1) else []
        for left, move in over:
            if start - left > _GAP:
                continue
            text, after = self._cells(y, left, start)
            if (other := _wire(move + text) + len(self._styles.change(after, first))) < cost:
                best, cost, style = move + text, other, after
        self.style = style
        return best

    def _write(self, y: int, start: int, end: int) -> None:
        if start < end:
            text, self.style = self._cells(y, start, end)
            self._send(text)
            # In the last column terminals wait before they wrap: where the cursor is differs.
            self.at = (y, end if end < self._back.columns else None)

    def _cells(self, y: int, start: int, end: int) -> tuple[str, int]:
        """The cells as text with the changes of style between them, and the style behind them."""
        texts, marks, style = self._back.texts[y], self._back.styles[y], self.style
        parts = []
        x = start
        while x < end:
            mark, to = marks[x], x + 1
            while to < end and marks[to] == mark:
                to += 1
            parts.append(self._styles.change(style, mark))
            parts.append("".join(texts[x:to]))
            style, x = mark, to
        return "".join(parts), style

    def _blanks(self, y: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Long stretches of blanks in the plain style."""
        if _BLANKS.search("".join(self._back.texts[y][start:end])) is None:
            return
        marks = self._back.styles[y]
        shown = "".join(
            (text if mark == PLAIN else "x") if len(text) == 1 else "x"
            for text, mark in zip(self._back.texts[y][start:end], marks[start:end], strict=True)
        )
        for match in _BLANKS.finditer(shown):
            yield start + match.start(), start + match.end()


def _runs(changed: list[int], marks: list[int], unsure: int) -> Iterator[tuple[int, int]]:
    """Changed columns as runs; gaps that no move is shorter than are part of them.

    From a character of uncertain width on the row is one run to its end: a terminal that counts it otherwise shifts
    what follows.
    """
    start = end = -1
    for x in changed:
        if x >= unsure:
            break
        if x == end or (end < x <= end + _NARROW and start >= 0 and marks[end - 1 : x] == marks[end : x + 1]):
            end = x + 1
            continue
        if end > start:
            yield start, end
        start, end = x, x + 1
    if end > start:
        yield start, end
    if changed[-1] >= unsure:
        yield unsure, len(marks)


def _moved(front: Grid, back: Grid, rows: list[int]) -> tuple[int, int, int] | None:
    """The region that moved, as (top, bottom, lines up), if one is worth a trial."""
    places: dict[tuple[int, str], list[int]] = {}
    for y in range(front.rows):
        for left, text in _strips(front, y):
            places.setdefault((left, text), []).append(y)
    votes: Counter[int] = Counter()
    for y in rows:
        for left, text in _strips(back, y):
            at = places.get((left, text), [])
            place = bisect_left(at, y)
            if at[place : place + 1] != [y]:
                votes.update(other - y for other in at[max(0, place - 1) : place + 1])
    best = max(votes, key=lambda lines: (votes[lines], -abs(lines)), default=0)
    if votes[best] < _FEWEST - 1:
        return None
    first, last = _worth(front, back, best)
    return None if last - first < _FEWEST - 2 else (min(first, first + best), max(last, last + best), best)


def _strips(grid: Grid, y: int) -> Iterator[tuple[int, str]]:
    line = grid.texts[y]
    for left in range(0, grid.columns, _STRIP):
        text = "".join(line[left : left + _STRIP])
        if not text.isspace():
            yield left, text


def _worth(front: Grid, back: Grid, lines: int) -> tuple[int, int]:
    """The block of rows for which moving by `lines` spares the most cells."""
    best = (0, 0, -1)
    sum_, start = 0, 0
    for y in range(max(0, -lines), min(front.rows, front.rows - lines)):
        gain = _same(front, back, y + lines, y) - _same(front, back, y, y)
        if sum_ <= 0:
            sum_, start = 0, y
        sum_ += gain
        if sum_ > best[0]:
            best = (sum_, start, y)
    return best[1], best[2]


def _same(front: Grid, back: Grid, y: int, to: int) -> int:
    if front.texts[y] == back.texts[to] and front.styles[y] == back.styles[to]:
        return back.columns
    texts = map(str.__eq__, front.texts[y], back.texts[to])
    return sum(
        same and before == after for same, before, after in zip(texts, front.styles[y], back.styles[to], strict=True)
    )

"""What the terminal shows and what the program wants it to show, from what Textual writes to its driver.

A frame is one write with positions and text. Everything else is control and keeps its place among the frames;
frames that were not sent yet are replaced by newer ones. Knows neither thread nor terminal.
"""

from __future__ import annotations

import re

from tui.driver.difference import Place, difference, way
from tui.driver.grid import Grid
from tui.driver.styles import PLAIN, Styles

SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"

_TOKEN = re.compile(
    r"\x1b\[(?:(?P<row>\d*)(?:;(?P<column>\d*))?H"
    r"|(?P<style>[\d;:]*)m)"
    r"|\x1b\]8;(?P<link>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<end>\r?\n)"
    r"|(?P<control>\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]|[\x00-\x1f\x7f-\x9f])"
)
_ERASES = ("\x1b[2J", "\x1bc", "\x1b[?1049h", "\x1b[?1049l", "\x1b[?1047h", "\x1b[?1047l", "\x1b[?47h", "\x1b[?47l")
_CLEAR = "\x1b[m\x1b[H\x1b[J"
_TEARS = 256
"""Characters from which on a difference is held together by synchronized output; less comes in one packet anyway."""

_REPAIR = "\x1b[r\x1b(B\x0f\x1b[?7l\x1b[?25h"
"""Whole screen as region, ASCII as character set, no wrapping, cursor shown: what noise may have changed."""


class Picture:
    """The two grids and what waits to be sent."""

    def __init__(self, columns: int, rows: int) -> None:
        self._styles = Styles()
        self._front = Grid(columns, rows)
        self._back = Grid(columns, rows)
        self._lost = True
        self._touched: set[int] = set()
        self._ready: list[str] = []
        self._dirty = False
        self._synchronized = False
        self._cursor = (0, 0)
        self._at: Place | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._back.columns, self._back.rows

    @property
    def pending(self) -> bool:
        """Whether something waits to be sent."""
        return self._dirty or bool(self._ready)

    def take(self, data: str) -> None:
        """Take what Textual writes; `send` gives what the terminal needs of it."""
        if data in (SYNC_START, SYNC_END):
            self._synchronized = True
            return
        if not data:
            return
        tokens = list(_TOKEN.finditer(data))
        kinds = {match.lastgroup for match in tokens}
        placed = any(match["row"] is not None for match in tokens)
        if not placed and kinds & {"text", "end"}:
            self._pass_on(data)
            self._lost = True
        elif placed:
            self._read(tokens)
        else:
            for match in tokens:
                self._control(match[0])

    def send(self) -> str:
        """What the terminal must get now, in order; nothing waits afterwards."""
        if self._dirty:
            self._render()
        text = "".join(self._ready)
        self._ready.clear()
        return text

    def place(self, row: int, column: int) -> None:
        """Want the cursor there."""
        if self._cursor != (row, column):
            self._cursor = row, column
            self._dirty = True

    def forget(self) -> None:
        """Believe nothing of what the terminal shows: the next `send` clears it and draws everything."""
        self._lost = self._dirty = True

    def repair(self) -> None:
        """Forget, and set the modes again that noise on the screen may have changed."""
        self._pass_on(_REPAIR)
        self.forget()

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size now; frames composed for the old one are cut."""
        self._back = self._back.resized(columns, rows)
        self._front = Grid(columns, rows)
        self._touched = {row for row in self._touched if row < rows}
        self.forget()

    def _read(self, tokens: list[re.Match[str]]) -> None:
        """Paint a frame. Controls before its text go out before it, the others after it."""
        row, column, style = 0, 0, PLAIN
        after: list[str] = []
        painted = False
        for match in tokens:
            kind = match.lastgroup
            if kind == "text":
                painted = self._dirty = True
                if row < self._back.rows:
                    column = self._back.paint(row, column, match[0], style)
                    self._touched.add(row)
            elif kind == "style":
                style = self._styles.applied(style, match["style"])
            elif kind in ("row", "column"):
                row, column = max(int(match["row"] or 1), 1) - 1, max(int(match["column"] or 1), 1) - 1
            elif kind == "link":
                style = self._styles.linked(style, match["link"])
            elif kind == "control":
                if painted:
                    after.append(match[0])
                else:
                    self._control(match[0])
        self._cursor = (row, column)
        self._dirty = True
        for control in after:
            self._control(control)

    def _control(self, control: str) -> None:
        if control in (SYNC_START, SYNC_END):
            self._synchronized = True
            return
        self._pass_on(control)
        if control in _ERASES:
            self._back = Grid(*self.size)
            self._lost = True

    def _pass_on(self, data: str) -> None:
        """Send something as it is, behind the frames before it."""
        if self._dirty:
            self._render()
        self._ready.append(data)
        self._at = None

    def _render(self) -> None:
        """Make the difference, and take it as sent."""
        self._dirty = False
        out = ""
        if self._lost:
            out, self._at = _CLEAR, (0, 0)
            self._front = Grid(*self.size)
            self._touched = set(range(self._back.rows))
            self._lost = False
        changes, at = difference(self._front, self._back, self._touched, self._styles, self._at)
        self._touched.clear()
        out += changes
        row, column = min(self._cursor[0], self._back.rows - 1), min(self._cursor[1], self._back.columns - 1)
        move = way(at, row, column)
        self._at = (row, column)
        if self._synchronized and len(out) >= _TEARS:
            self._ready += [SYNC_START, out, move, SYNC_END]
        else:
            self._ready += [out, move]

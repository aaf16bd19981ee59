"""A terminal for driver tests: pyte, corrected where terminals do otherwise."""

from __future__ import annotations

import re

import pyte
from pyte.modes import DECAWM
from wcwidth import wcwidth

_UNKNOWN = re.compile(r"\x1b\[[<>=][\d;]*[a-zA-Z]|\x1b\[\?[\d;]*\$p|\x1b[PX^_].*?\x1b\\", re.DOTALL)
"""Sequences that pyte would print instead of ignoring."""

_INCOMPLETE = re.compile(r"\x1b(\[[0-?]*[ -/]*)?$")


class Emulator:
    """A screen that is fed and read."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = _Screen(columns, rows)
        self.screen.reset_mode(DECAWM)
        self._stream = pyte.Stream(self.screen)
        self._rest = ""

    def feed(self, data: str) -> None:
        """Show what a program wrote."""
        data = self._rest + data
        cut = match.start() if (match := _INCOMPLETE.search(data)) else len(data)
        self._rest = data[cut:]
        self._stream.feed(_UNKNOWN.sub("", data[:cut]))

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self.screen.margins = None

    def cells(self) -> list[list[tuple[object, ...]]]:
        """Text, colors and attributes of every cell."""
        buffer = self.screen.buffer
        return [[tuple(buffer[y][x]) for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    def cursor(self) -> tuple[int, int]:
        """Row and column."""
        return self.screen.cursor.y, min(self.screen.cursor.x, self.screen.columns - 1)

    def text(self) -> list[str]:
        """The rows without blanks at their ends."""
        return [line.rstrip() for line in self.screen.display]


class _Screen(pyte.Screen):
    """Terminals blank the other half of a wide character of which one half is overwritten, and put marks on the
    character; pyte leaves the half, and puts marks on the second one. The other screen begins empty; pyte has none."""

    def set_mode(self, *modes: int, **options: bool) -> None:
        super().set_mode(*modes, **options)
        if 1049 in modes and options.get("private"):
            self.erase_in_display(2)

    def draw(self, data: str) -> None:
        for character in data:
            width = wcwidth(character)
            line, x = self.buffer[self.cursor.y], min(self.cursor.x, self.columns - 1)
            if width == 0 and self.cursor.x > 1 and line[self.cursor.x - 1].data == "":
                first = line[self.cursor.x - 2]
                line[self.cursor.x - 2] = first._replace(data=first.data + character)
                continue
            if width > 0 and line[x].data == "" and x:
                line[x - 1] = line[x - 1]._replace(data=" ")
            after = x + width
            if width > 0 and after < self.columns and line[after].data == "":
                line[after] = line[after]._replace(data=" ")
            super().draw(character)

"""What stands around the work of every screen: line 1, the key line, and what is said there or on the entry line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.cells import Line, ends, wrap
from tui.screens.key_line import hint_line, key_line
from tui.widgets.painted import Painted

if TYPE_CHECKING:
    from tui.screens.desk import DeskScreen

MOST_SAID = 4
"""How many lines a message may take; a longer one is cut."""


class Frame:
    """The frame of one screen, with what is said below a line that is being typed."""

    def __init__(self, screen: DeskScreen) -> None:
        self._screen = screen
        self._said: Sequence[Line] = ()
        self._key_rows = 1

    @property
    def _width(self) -> int:
        return self._screen.size.width or self._screen.app.size.width

    def draw(self) -> None:
        """Draw line 1 and line 24 anew where they changed."""
        screen, width = self._screen, self._width
        start, end = screen.place()
        screen.query_one("#place", Painted).paint([ends(((" ", "text"), *start), (*end, (" ", "text")), width)])
        said = self._said if screen.entry.asking else ()
        keys = screen.query_one("#keys", Painted)
        rows = max(len(said), 1)
        if rows != self._key_rows:
            self._key_rows = rows
            keys.styles.height = rows
            screen.choices.styles.margin = (0, 0, rows + 1, 0)  # they stand above the entry line
        keys.paint(said or [self._key_line(width)])

    def _key_line(self, width: int) -> Line:
        screen = self._screen
        if screen.entry.asking:
            return hint_line(screen.asking_hints(screen.entry.asking))
        shown = [action for action in screen.footer() if not screen.barred(action)]
        return key_line([(action, bool(screen.unusable(action))) for action in shown], width)

    def say(self, text: str, style: str) -> None:
        """Say something on the entry line; while something is typed there, on the key line until the next key.

        What is longer than the line takes more of them.
        """
        screen = self._screen
        most = min(MOST_SAID, max(screen.size.height // 5, 1))
        lines = wrap(text, max(self._width - 1, 8))
        if len(lines) > most:
            lines = [*lines[: most - 1], " ".join(line.strip() for line in lines[most - 1 :])]
        said: list[Line] = [((f" {line}", style),) for line in lines]
        if screen.entry.asking:
            self._said = said
            screen.refresh_frame()
        else:
            screen.entry.say(said)

    def unsay(self) -> None:
        """Take away what was said on the key line."""
        if self._said:
            self._said = ()
            self._screen.refresh_frame()

    def forget(self) -> None:
        """What was said on the key line is over; whoever calls draws the frame."""
        self._said = ()

"""The drawing surface of every pane: lines of spans, of which only those that changed are drawn again.

Textual would paint a whole widget for a change of one line; here a line is compared with what stands there
before it is refreshed. Data in a line is text, never markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.cells import Line, fit_line, heading, rule
from tui.palette import DARK, Palette


class Painted(Widget, can_focus=False):
    """Shows the lines it is given; `cursor` is the index of the selected one among them, or None."""

    DEFAULT_CSS = "Painted { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._cursor: int | None = None

    @property
    def palette(self) -> Palette:
        return getattr(self.app, "palette", DARK)

    @property
    def linear(self) -> bool:
        """Whether a screen reader reads along: no rules then, one thing on a line, labels before values."""
        return getattr(self.app, "linear", False)

    def titled(self, title: str, note: str, style: str) -> Line:
        """The line that a pane begins with."""
        return (heading if self.linear else rule)(title, note, self.size.width, style)

    def put(self, lines: Sequence[Line]) -> None:
        """Have these lines for the frame that is being drawn, without asking for another."""
        self._lines = list(lines)

    def paint(self, lines: Sequence[Line], cursor: int | None = None) -> None:
        """Show these lines from the top of the widget, and refresh only those that differ from what is there."""
        old, old_cursor = self._lines, self._cursor
        self._lines, self._cursor = list(lines), cursor
        if not self.is_mounted:
            return
        rows = max(len(old), len(self._lines))
        changed = [
            y
            for y in range(min(rows, self.size.height))
            if _at(old, y) != _at(self._lines, y) or (old_cursor == y) != (cursor == y)
        ]
        if len(changed) == self.size.height:
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.palette["text"])
        line = fit_line(self._lines[y], width)
        styles = self.palette.styles
        if y == self._cursor:
            strip = Strip([Segment("".join(text for text, _ in line), styles["cursor"])])
            return strip.adjust_cell_length(width, styles["cursor"])
        strip = Strip([Segment(text, styles[style]) for text, style in line if text])
        return strip.adjust_cell_length(width, styles["text"])


def _at(lines: Sequence[Line], y: int) -> Line:
    return lines[y] if y < len(lines) else ()

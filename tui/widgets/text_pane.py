"""A pane of text that is read and searched: a rule with title and position, then lines that scroll.

Spans in the style `link(n)` lead somewhere: keys choose one after the other, and the screen knows where the chosen
number leads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual import events
from textual.geometry import Offset, Size
from textual.strip import Strip

from tui.cells import Line, plain
from tui.widgets.painted import Painted

Content = Callable[[int], Sequence[Line]]
"""Makes the lines for a width in cells, so that a resize wraps anew."""


_LINK = "link "


def link(number: int) -> str:
    """The style of a span that is the link of this number, from 0."""
    return f"{_LINK}{number}"


class TextPane(Painted):
    """Shows a window of its lines under a rule; `found` are words to find and mark."""

    def __init__(self, *, id: str | None = None, title: str = "") -> None:
        super().__init__(id=id)
        self._content: Content = lambda width: ()
        self._text: Sequence[Line] = ()
        self._top = 0
        self._down: float | None = None
        self._title = title
        self._note = ""
        self._active = False
        self._words = ""
        self._at_start = False
        self._chosen: int | None = None
        self._laid_out = Size(0, 0)
        self.seen = 0
        """How many lines from the first have been in sight since the text was shown."""

    def show(self, title: str, content: Content, note: str = "", keep: bool = False) -> None:
        """Show a text under a title; `note` stands at the right of the rule. With `keep` the place is kept."""
        self._title, self._content, self._note = title, content, note
        if not keep:
            self._top, self._down, self.seen, self._chosen = 0, None, 0, None
        self._lay_out()

    def renew(self, content: Content, note: str | None = None) -> None:
        """Show other lines under the same title, at the same place; the note stays unless there is another."""
        self.show(self._title, content, self._note if note is None else note, keep=True)

    def set_active(self, active: bool) -> None:
        """Whether keys go to this pane: its rule is bright then."""
        self._active = active
        self._draw()

    @property
    def chosen_link(self) -> int | None:
        """The number of the link that is chosen."""
        return self._chosen

    def step_link(self, by: int) -> bool:
        """Choose the link after (or before) the chosen one, the first one in sight where none is; false without any."""
        places = self._link_lines()
        if not places:
            return False
        numbers = sorted(places, key=lambda number: (places[number], number))
        if self._chosen in places:
            self._chosen = numbers[(numbers.index(self._chosen) + by) % len(numbers)]
        else:
            below = [number for number in numbers if places[number] >= self._top]
            self._chosen = (below or numbers)[0] if by > 0 else numbers[-1]
        self.reveal(places[self._chosen])
        self._draw()
        return True

    def drop_link(self) -> None:
        """Choose none."""
        self._chosen = None
        self._draw()

    @property
    def link_offset(self) -> Offset | None:
        """Where the chosen link begins within the pane; None where none is chosen or it is out of sight."""
        for row, line in enumerate(self._text[self._top : self._top + self._room], 1):
            x = 0
            for text, style in line:
                if self._chosen is not None and style == link(self._chosen):
                    return Offset(x, row)
                x += cell_len(text)
        return None

    def _link_lines(self) -> dict[int, int]:
        """The first line of each link."""
        places: dict[int, int] = {}
        for row, line in enumerate(self._text):
            for _, style in line:
                if style.startswith(_LINK):
                    places.setdefault(int(style.removeprefix(_LINK)), row)
        return places

    @property
    def at_end(self) -> bool:
        return self._top + self._room >= len(self._text)

    def move(self, lines: int) -> None:
        self._scroll_to(self._top + lines)

    def page(self, pages: int) -> None:
        self._scroll_to(self._top + pages * max(self._room - 1, 1))

    def move_to(self, line: int) -> None:
        self._scroll_to(line)

    def reveal(self, line: int) -> None:
        """Scroll as little as brings a line into sight."""
        if line < self._top:
            self._scroll_to(line)
        elif line >= self._top + self._room:
            self._scroll_to(line - self._room + 1)

    def show_line(self, line: int) -> None:
        """Scroll so that a line stands a third below the top, with what leads to it above."""
        self._scroll_to(line - self._room // 3)

    @property
    def down(self) -> float:
        """How far down the first line in sight stands, from 0 to 1: a place for any width."""
        if self._down is not None:
            return self._down
        return self._top / len(self._text) if self._text else 0.0

    def go_down(self, down: float) -> None:
        """Scroll to where `down` was that, as soon as the width is known."""
        self._down = down
        self._lay_out()

    @property
    def count(self) -> int:
        return len(self._text)

    def find(self, words: str, again: bool = False) -> bool:
        """Go to the next line with the words (case aside), from the top of the window on and around; mark them."""
        self._words, self._at_start = words, False
        wanted = words.lower()
        lines = [plain(line).lower() for line in self._text]
        start = self._top + (1 if again else 0)
        for index in [*range(start, len(lines)), *range(min(start, len(lines)))]:
            if wanted and wanted in lines[index]:
                self._top = max(0, min(index, len(lines) - 1))
                self._draw()
                return True
        self._draw()
        return False

    def mark(self, label: str) -> bool:
        """Mark the lines that begin with a label, and scroll as little as brings the first one into sight.

        False where there is none. The same word elsewhere, as in the text of another line, is not marked.
        """
        self._words, self._at_start = label.strip(), True
        place = next((n for n, line in enumerate(self._text) if _begins(line, self._words)), None)
        if place is not None:
            self.reveal(place)
        self._draw()
        return place is not None

    @property
    def _room(self) -> int:
        return max(self.size.height - 1, 1)

    def on_resize(self, event: events.Resize) -> None:
        if self._laid_out != self.size:
            self._lay_out()

    def render_line(self, y: int) -> Strip:
        # A frame may be drawn before the pane hears of its size: it is laid out then, not drawn empty first.
        if self._laid_out != self.size:
            self._measure()
            self.put(self._window())
        return super().render_line(y)

    def _lay_out(self) -> None:
        if self.size.width:
            self._measure()
            self._draw()

    def _measure(self) -> None:
        """Make the lines for the width, and stand at the place that was asked for."""
        self._laid_out = self.size
        self._text = self._content(self.size.width)
        down, self._down = self._down, None
        self._stand_at(self._top if down is None else round(down * len(self._text)))

    def _stand_at(self, top: int) -> None:
        self._top = max(0, min(top, len(self._text) - self._room))

    def _scroll_to(self, top: int) -> None:
        self._stand_at(top)
        self._draw()

    def _draw(self) -> None:
        if self.size.width:
            self.paint(self._window())

    def _window(self) -> list[Line]:
        """The rule and the lines in sight."""
        bottom = min(self._top + self._room, len(self._text))
        place = f"{bottom}/{len(self._text)}" if len(self._text) > self._room else ""
        note = "   ".join(filter(None, (self._note, place)))
        self.seen = max(self.seen, bottom)
        window = [_marked(self._linked(line), self._words, self._at_start) for line in self._text[self._top : bottom]]
        active = self._active or self._chosen is not None
        return [self.titled(self._title, note, "focus" if active else "dim"), *window]

    def _linked(self, line: Line) -> Line:
        """The line with its links in the styles of the palette."""
        chosen = link(self._chosen) if self._chosen is not None else ""
        return tuple(
            (text, ("cursor" if style == chosen else "link") if style.startswith(_LINK) else style)
            for text, style in line
        )


def _begins(line: Line, label: str) -> bool:
    """Whether a line begins with this label, blanks before it aside."""
    return bool(label) and f"{plain(line).strip()} ".startswith(f"{label} ")


def _marked(line: Line, words: str, at_start: bool = False) -> Line:
    """The line with the words that were looked for in the style of a match; `at_start` those alone that begin it."""
    if at_start and _begins(line, words):
        (text, style), *rest = line
        at = text.find(words)
        parts = ((text[:at], style), (words, "match"), (text[at + len(words) :], style))
        return tuple(span for span in (*parts, *rest) if span[0])
    if at_start or not words or words.lower() not in plain(line).lower():
        return line
    marked: list[tuple[str, str]] = []
    for text, style in line:
        rest = text
        while (at := rest.lower().find(words.lower())) >= 0:
            marked += [(rest[:at], style), (rest[at : at + len(words)], "match")]
            rest = rest[at + len(words) :]
        marked.append((rest, style))
    return tuple(span for span in marked if span[0])

"""A table that draws only what is in sight: it asks its source for a window of rows and keeps no row of its own.

The cursor follows the identity of its row, so that rows that arrive above do not move the selection. Column
widths are fixed for a width of the screen: each has its own, what is left goes first to those that could use more
(`Column.most`), by need, and the rest to the one column without a width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from textual import events
from textual.message import Message

from tui.cells import Line, both_ends, left, right, wrap
from tui.widgets.painted import Painted

RowT = TypeVar("RowT")

MARK = "•"
"""What stands before a marked row; the first column begins with a blank in tables whose rows can be marked."""


class RowSource(Protocol[RowT]):
    """Rows by their place from 0, and the stable identity of each; a row that is not here yet is None."""

    def __len__(self) -> int: ...

    def window(self, top: int, height: int) -> Sequence[RowT | None]: ...

    def identity(self, row: RowT) -> str: ...

    def locate(self, identity: str) -> int | None: ...


@dataclass(frozen=True)
class ListSource(Generic[RowT]):
    """A source over rows that are in memory already."""

    rows: Sequence[RowT]
    key: Callable[[RowT], str]

    def __len__(self) -> int:
        return len(self.rows)

    def window(self, top: int, height: int) -> Sequence[RowT]:
        return self.rows[top : top + height]

    def identity(self, row: RowT) -> str:
        return self.key(row)

    def locate(self, identity: str) -> int | None:
        return next((place for place, row in enumerate(self.rows) if self.key(row) == identity), None)


@dataclass(frozen=True)
class Column(Generic[RowT]):
    """A column: its heading, its width in cells (0: the room that is left), and the text and style of a row."""

    title: str
    width: int
    text: Callable[[RowT], str]
    align: str = "left"
    """left, right, or ends: at the left, and cut in the middle where it is too long."""
    style: Callable[[RowT], str] = lambda row: "text"
    from_width: int = 0
    """Shown only when the table is at least this wide."""
    below: int = 0
    """Shown only when the table is narrower than this; 0 for any width."""
    most: int = 0
    """How many cells its texts could use: it grows up to them where there is room; 0: a width stays as it is."""
    said: Callable[[RowT], str] | None = None
    """What a screen reader is to say of a mark, in words."""


class RowTable(Painted):
    """Rows with headings and a cursor; posts `Moved` when another row is under the cursor."""

    class Moved(Message):
        """Another row is under the cursor; a newer one replaces it in the queue."""

        def __init__(self, table: RowTable) -> None:
            super().__init__()
            self.table = table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RowTable.Moved) and message.table is self.table

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        *,
        headings: bool = True,
        title: str = "",
        empty: str = "",
        id: str | None = None,
        unread: bool = False,
    ) -> None:
        """`unread`: its rows are still to be read, and until it is given some, nobody knows that there are none."""
        super().__init__(id=id)
        self._columns = columns
        self._headings = headings
        self.title = title
        """Where a table has no headings, a rule with this title may stand above it."""
        self._source: RowSource[Any] = ListSource((), str)
        self._top = 0
        self._index = 0
        self._drawn_selection: str | None = None
        self.empty = empty
        self.cursor_shown = True
        self._marked: dict[str, None] = {}
        self.unread = unread

    def set_source(
        self, source: RowSource[Any], keep: bool = True, columns: Sequence[Column[Any]] | None = None, at: int = 0
    ) -> None:
        """Show another source, with other columns if its rows are of another kind.

        With `keep` the cursor stays on its row when that is still there, else it goes to the row `at`, from 0.
        """
        self._columns = self._columns if columns is None else columns
        self.unread = False
        wanted = self.selected_identity if keep else None
        self._source = source
        self._index = max(min(self._index if keep else at, len(source) - 1), 0)
        if wanted is not None and (place := source.locate(wanted)) is not None:
            self._index = place
        self._draw()
        self.post_message(self.Moved(self))

    def read_anew(self) -> None:
        """Show no rows and say nothing of it: others are still to be read."""
        self.unread, self._source, self._index = True, ListSource((), str), 0
        self._draw()
        self.post_message(self.Moved(self))

    def redraw(self) -> None:
        """Draw again what the source has now: rows that were read meanwhile."""
        had = self._drawn_selection
        self._draw()
        if self.selected_identity != had:
            self.post_message(self.Moved(self))

    def set_columns(self, columns: Sequence[Column[Any]]) -> None:
        """Show other columns of the same rows."""
        self._columns = columns
        self._draw()

    @property
    def count(self) -> int:
        return len(self._source)

    @property
    def index(self) -> int:
        """The place of the cursor, from 0."""
        return self._index

    @property
    def selected(self) -> Any | None:
        """The row under the cursor."""
        found = self._source.window(self._index, 1)
        return found[0] if found else None

    @property
    def selected_identity(self) -> str | None:
        row = self.selected
        return None if row is None else self._source.identity(row)

    def place_of(self, identity: str) -> int:
        """The place of a row by its identity, from 0; where it is not there, the place of the cursor."""
        place = self._source.locate(identity)
        return self._index if place is None else place

    @property
    def marked(self) -> tuple[str, ...]:
        """The identities of the rows that are marked, in the order in which they were."""
        return tuple(self._marked)

    def mark(self, identities: Iterable[str]) -> None:
        """Mark rows, in sight or not; they stay marked while the source is another one."""
        self._marked |= dict.fromkeys(identities)
        self._draw()

    def turn_mark(self) -> None:
        """Mark the row under the cursor or take its mark away, and go to the next one."""
        if (identity := self.selected_identity) is None:
            return
        if self._marked.pop(identity, "") is not None:
            self._marked[identity] = None
        self._draw()
        self.move(1)

    def unmark(self) -> None:
        """Take every mark away."""
        self._marked.clear()
        self._draw()

    @property
    def cursor_line(self) -> int:
        """The line of the widget that the cursor stands on, from 0."""
        return self._index - self._top + self._head

    def move(self, rows: int) -> None:
        """Move the cursor by some rows, no further than the ends."""
        self.move_to(self._index + rows)

    def move_to(self, index: int) -> None:
        index = max(0, min(index, len(self._source) - 1))
        if index != self._index:
            self._index = index
            self._draw()
            self.post_message(self.Moved(self))

    def page(self, pages: int) -> None:
        self.move(pages * max(self._room - 1, 1))

    @property
    def _head(self) -> int:
        return 1 if self.title or (self._headings and not self.linear) else 0

    @property
    def _room(self) -> int:
        return max(self.size.height - self._head, 1)

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if not width:
            return
        self._top = max(0, min(self._top, self._index, max(len(self._source) - self._room, 0)))
        if self._index >= self._top + self._room:
            self._top = self._index - self._room + 1
        columns = [
            column
            for column in self._columns
            if width >= column.from_width and (not column.below or width < column.below)
        ]
        widths = _widths(columns, width)
        lines: list[Line] = []
        if self.title:
            place = f"{self._index + 1} of {len(self._source)}" if len(self._source) else "0"
            lines.append(self.titled(self.title, place, "focus"))
        elif self._head:
            lines.append(
                tuple((_aligned(c.title, w, c.align) + " ", "dim") for c, w in zip(columns, widths, strict=True))
            )
        rows = self._source.window(self._top, self._room)
        for row in rows:
            if row is None:
                lines.append(((" …", "dim"),))
                continue
            marked = self._source.identity(row) in self._marked
            if self.linear:
                lines.append(((f"{'marked, ' * marked}{spoken(self._columns, row)}", "text"),))
                continue
            cells = zip(columns, widths, strict=True)
            line = tuple((_aligned(c.text(row), w, c.align) + " ", c.style(row)) for c, w in cells)
            lines.append(((MARK, "focus"), (line[0][0][1:], line[0][1]), *line[1:]) if marked else line)
        if not rows and self.empty and not self.unread:
            lines += [((f" {line}", "dim"),) for line in wrap(self.empty, width - 2)]
        self._drawn_selection = self.selected_identity
        self.paint(lines, self.cursor_line if rows and self.cursor_shown else None)


def spoken(columns: Sequence[Column[Any]], row: Any) -> str:
    """A row as a sentence: every value behind its label, those that are empty left out."""
    values = [(column.title.strip().lower(), (column.said or column.text)(row).strip()) for column in columns]
    return ", ".join(f"{label} {value}".lstrip() for label, value in values if value)


ENOUGH = 40
"""Cells that a column without a width keeps before others grow, where it does not say how many it could use."""


def _widths(columns: Sequence[Column[Any]], width: int) -> list[int]:
    """The widths of columns in so many cells: the neediest grow last, so that small needs are met whole."""
    flexible = [column for column in columns if not column.width]
    room = width - sum(column.width + 1 for column in columns) - 1
    spare = room - sum(column.most or ENOUGH for column in flexible)
    grown: dict[int, int] = {}
    needs = sorted((column.most - column.width, place) for place, column in enumerate(columns) if column.width)
    needs = [(need, place) for need, place in needs if need > 0]
    for number, (need, place) in enumerate(needs):
        grown[place] = min(need, max(spare, 0) // (len(needs) - number))
        spare -= grown[place]
    share = max((room - sum(grown.values())) // len(flexible), 4) if flexible else 0
    return [
        column.width + grown.get(place, 0) if column.width else min(share, column.most or share)
        for place, column in enumerate(columns)
    ]


def _aligned(text: str, width: int, align: str) -> str:
    if align == "ends":
        return both_ends(text, width)
    return right(text, width) if align == "right" else left(text, width)

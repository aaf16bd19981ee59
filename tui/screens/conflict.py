"""The conflict: what differs between what somebody else saved and what you were about to, field by field.

What only one side changed is taken from it already; where both did, the row waits for a choice. Nothing is stored
until everything is settled and saved, and nothing of yours is lost by leaving: it stays where it was typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult

from store.coding.conflict import Difference, Side
from tui.cells import Line, counted
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

SAVED_FIRST = "Somebody else saved first. Nothing is lost of either side: choose, then s saves."

Save = Callable[[Mapping[str, Side]], Awaitable[None]]


class ConflictScreen(DeskScreen):
    """Theirs and yours side by side; `save` is awaited with a side for every difference, then the screen is closed."""

    name_on = "conflict"

    def __init__(self, about: str, differences: Sequence[Difference], save: Save) -> None:
        super().__init__()
        self._about = about
        self._differences = tuple(differences)
        self._save = save
        self._sides = {one.key: one.side for one in differences}
        self._was_read = False

    def compose_work(self) -> ComposeResult:
        yield RowTable(self._columns(), id="rows")
        yield TextPane(id="why", title="how this came about")

    @property
    def pane(self) -> RowTable:
        return self.rows

    @property
    def open(self) -> int:
        """How many rows wait for a choice."""
        return sum(side is None for side in self._sides.values())

    def place(self) -> tuple[Line, Line]:
        start: Line = (("Changed by two", "strong"), (f"  {self._about}", "text"))
        left: Line = ((f"{self.open} to choose", "warning"),) if self.open else (("all settled", "good"),)
        return start, left

    def why_not(self, action: str) -> str:
        if action == "save_settled" and self.open:
            return f"{counted(self.open, 'row')} not chosen yet: t theirs, m mine"
        return ""

    def on_mount(self) -> None:
        super().on_mount()
        self.rows.set_source(ListSource(self._differences, lambda one: one.key))
        self._go_on()
        self.query_one("#why", TextPane).show("how this came about", self._why)
        self.say(SAVED_FIRST, "warning")
        self.asked_now()

    @property
    def asked_at(self) -> float | None:
        return super().asked_at if self._was_read else self._asking.shown_at

    def on_key(self, event: events.Key) -> None:
        """The first key is an answer only behind a look: what is typed as the screen comes was the next line.

        Textual hands a key that is left alone on to the `on_key` of every desk screen by itself.
        """
        if self._was_read or self.entry.asking or not event.is_printable:
            return
        keyboard = self.workstation.keyboard
        if self.too_quick or not keyboard.alone:
            event.stop()
            event.prevent_default()
            keyboard.refuse_text("somebody else saved first", is_line=True, is_last=True)
            if text := keyboard.refused(event):
                self.say(text.told, "warning")
        else:
            self._was_read = True

    def do_take_theirs(self) -> None:
        self._take(Side.THEIRS)

    def do_take_mine(self) -> None:
        self._take(Side.YOURS)

    def do_all_theirs(self) -> None:
        self._take_all(Side.THEIRS)

    def do_all_mine(self) -> None:
        self._take_all(Side.YOURS)

    def do_save_settled(self) -> None:
        async def saved() -> None:
            await self._save({key: side for key, side in self._sides.items() if side is not None})

        self.in_turn(saved())

    def _take(self, side: Side) -> None:
        row: Difference | None = self.rows.selected
        if row is not None:
            self._sides[row.key] = side
            self._go_on()

    def _take_all(self, side: Side) -> None:
        self._sides = dict.fromkeys(self._sides, side)
        self._go_on()

    def _go_on(self) -> None:
        """Draw what is chosen and go to the next row that waits."""
        self.rows.redraw()
        waiting = [place for place, one in enumerate(self._differences) if self._sides[one.key] is None]
        if waiting:
            self.rows.move_to(next((place for place in waiting if place >= self.rows.index), waiting[0]))
        self.refresh_frame()

    def _why(self, width: int) -> list[Line]:
        return [
            (("  before  ", "dim"), ("as you had read it", "text")),
            (("  theirs  ", "dim"), ("as it is in the record now", "text")),
            (("  yours   ", "dim"), ("as it would be with what you entered", "text")),
            (("  >       ", "focus"), ("what will be saved; a row with ! waits for your choice", "text")),
        ]

    def _columns(self) -> tuple[Column[Difference], ...]:
        return (
            Column("", 2, lambda row: " !" if self._sides[row.key] is None else "  ", style=lambda row: "warning"),
            Column("FIELD", 0, lambda row: row.label),
            Column("BEFORE", 0, lambda row: row.base, style=lambda row: "dim"),
            Column("  THEIRS", 0, lambda row: self._value(row, Side.THEIRS), style=lambda row: "text"),
            Column("  YOURS", 0, lambda row: self._value(row, Side.YOURS), style=lambda row: "text"),
        )

    def _value(self, row: Difference, side: Side) -> str:
        mark = ">" if self._sides[row.key] is side else " "
        return f"{mark} {row.theirs if side is Side.THEIRS else row.yours}"

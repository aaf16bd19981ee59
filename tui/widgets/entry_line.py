"""Line 23: the one place where something is typed, asked or said.

It is a message until a screen asks for something; then a prompt and a field stand there, and what is typed is
posted as it changes (`Edited`), when it is entered (`Entered`) and when it is given up (`Left`).
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input
from textual.widgets.input import Selection

from tui.cells import Line
from tui.widgets.painted import Painted

SECRET = "pin"
"""What is asked for and not shown, and never recorded in a macro."""

LINES = "entry"
"""What is asked for where one line of codes is typed after the other: pasted text goes in whole or not at all."""

MOST_CHARACTERS = 400
"""What the field takes: no code, name or reason is longer, and a pasted file stops here."""


class Field(Input):
    """Textual's field, with the terminal's real cursor behind the last character, not one further.

    The character that is the prompt does nothing in an empty field: whoever types `/` twice has asked once.
    Of pasted text it takes the first line that says something, as much of it as there is room for, and tells; or
    nothing where it would not be `whole`.
    """

    class Cut(Message):
        """Not all of a pasted text was taken: how many characters were, of how many."""

        def __init__(self, taken: int, given: int) -> None:
            super().__init__()
            self.taken = taken
            self.given = given

    virtual_size = Reactive(Size(0, 0))
    """How wide the text is. Of every widget it lays the screen out anew when it changes, here with each key."""

    prompt = ""
    whole = False
    refused = False
    """Whether the whole text is marked because it was refused: it gives way to typing, and Backspace mends it."""

    class Scrolled(Message):
        """Another part of a text that is longer than the field came in sight, and the cursor stands elsewhere."""

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_x(old_value, new_value)
        self.post_message(self.Scrolled())

    def on_resize(self) -> None:
        """Keep the place in sight where is typed."""
        at = cell_len(self.value[: self.cursor_position])
        self.scroll_to_region(Region(at, 0, 1, 1), force=True, animate=False)

    def action_delete_left(self) -> None:
        if self.refused and not self.selection.is_empty:
            self.selection = Selection.cursor(len(self.value))
        self.refused = False
        super().action_delete_left()

    async def _on_key(self, event: events.Key) -> None:
        if event.character and event.character == self.prompt and not self.value:
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    @property
    def cursor_screen_offset(self) -> Offset:
        at_end = self.cursor_position == len(self.value)
        return super().cursor_screen_offset - Offset(int(at_end), 0)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        line = next((line for line in event.text.splitlines() if line.strip()), "")
        start, end = sorted(self.selection)
        room = MOST_CHARACTERS - (len(self.value) - (end - start))
        given = event.text.strip()
        if self.whole and len(given) > len(line[:room]):
            self.post_message(self.Cut(0, len(given)))
            return
        self.replace(line[:room], start, end)
        if len(given) > len(line[:room]):
            self.post_message(self.Cut(len(line[:room]), len(given)))


class EntryLine(Horizontal):
    """A message, or a prompt with a field; `asking` names what is asked for, or is empty."""

    DEFAULT_CSS = """
    EntryLine { height: 1; }
    EntryLine > Painted { height: 1; }
    EntryLine > Field { height: 1; border: none; padding: 0; background: transparent; display: none; }
    EntryLine > Field:focus { border: none; }
    EntryLine.-asking > Field { display: block; width: 1fr; }
    """

    class Spoken(Message):
        """What the field says; `asking` is what had been asked for."""

        def __init__(self, asking: str, text: str) -> None:
            super().__init__()
            self.asking = asking
            self.text = text

    class Cut(Field.Cut):
        """Not all of a pasted text was taken; told behind the change of the text."""

    class Edited(Spoken):
        """The text changed; a newer change replaces an older one in the queue."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, EntryLine.Edited)

    class Entered(Spoken):
        """Enter was pressed."""

    class Left(Spoken):
        """The field was left with Esc."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.asking = ""
        self._rows = 1

    def compose(self) -> ComposeResult:
        yield Painted(id="said")
        field = Field(id="field", select_on_focus=False, compact=True, max_length=MOST_CHARACTERS)
        field.cursor_blink = False
        yield field

    def say(self, lines: Sequence[Line]) -> None:
        """Show a message in place of the field, as many lines as it takes."""
        self._grow(max(len(lines), 1))
        self.query_one("#said", Painted).paint(lines)

    def _grow(self, rows: int) -> None:
        """Be so many rows tall; laid out anew only where that changes."""
        if rows != self._rows:
            self._rows = rows
            self.styles.height = self.query_one("#said", Painted).styles.height = rows

    def ask(self, asking: str, prompt: str, text: str = "", marked: bool = False) -> None:
        """Ask for something: `prompt` stands before the field, `text` is in it already.

        Where it is `marked`, the first character typed takes its place; an arrow keeps it.
        """
        if self.asking:
            self.end()  # the field moves with the prompt, and the real cursor goes to it only when it gets the focus
        self.asking = asking
        self._grow(1)
        said = self.query_one("#said", Painted)
        said.styles.width = cell_len(prompt) + 1 + prompt.endswith(":")  # words are parted from what is typed
        said.paint([((" " + prompt, "focus"),)])
        self.add_class("-asking")
        field = self.query_one("#field", Field)
        field.prompt = prompt
        field.password = asking == SECRET
        field.whole = asking == LINES
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        if marked and text:
            field.action_select_all()
        field.focus()
        self.call_after_refresh(self._place_cursor)

    def on_mount(self) -> None:
        """The field moves where lines around it grow or shrink, and the real cursor with it."""
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._place_cursor())

    def _place_cursor(self) -> None:
        """Put the terminal's cursor into the field where it stands once it is laid out: hidden, it stood nowhere."""
        if self.asking and self.screen.is_current:
            self.app.cursor_position = self.query_one("#field", Field).cursor_screen_offset

    def refuse(self) -> None:
        """Mark what is typed: the next character takes its place; an arrow keeps it, and Backspace takes its last."""
        field = self.query_one("#field", Field)
        field.action_select_all()
        field.refused = True

    def end(self) -> None:
        """Be a message again."""
        self.asking = ""
        self.remove_class("-asking")
        self._grow(1)
        said = self.query_one("#said", Painted)
        said.styles.width = "1fr"
        said.paint([])
        self.screen.set_focus(None)

    @property
    def text(self) -> str:
        return self.query_one("#field", Input).value

    @text.setter
    def text(self, value: str) -> None:
        field = self.query_one("#field", Input)
        with field.prevent(Input.Changed):
            field.value = value
        field.cursor_position = len(value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#field", Field).refused = False
        if self.asking:
            self.post_message(self.Edited(self.asking, event.value))

    def on_field_scrolled(self, event: Field.Scrolled) -> None:
        event.stop()
        self.call_after_refresh(self._place_cursor)

    def on_field_cut(self, event: Field.Cut) -> None:
        event.stop()
        self.post_message(self.Cut(event.taken, event.given))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.asking:
            self.post_message(self.Entered(self.asking, event.value))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.asking:
            event.stop()
            asking, text = self.asking, self.text
            self.end()
            self.post_message(self.Left(asking, text))

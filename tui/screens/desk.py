"""What every screen of the workstation is: its parts, and what each of them offers and is told.

Line 1 is the place, the middle is the work, line 23 the entry line, line 24 the keys that matter now (`frame`). Keys
are looked up in the registry; an action `x` is carried out by `do_x` of the screen (`performing`). What is asked on
the entry line is `asking`. Keys that move go to the pane in focus. A screen never reads the record itself: it awaits
its desks (`tui.desk`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.geometry import Offset, Size
from textual.screen import Screen

from codesets.errors import CodedeskError
from tui.actions import Action, footer, key_name, keymap
from tui.cells import Line
from tui.desk import SignedOut
from tui.jobs import Job
from tui.screens.asking import NO_FURTHER, Answer, Asking, Choices, FurtherKeys
from tui.screens.frame import Frame
from tui.screens.page_timer import PAGE_SECONDS, PageTimer
from tui.screens.performing import Performing
from tui.widgets.entry_line import EntryLine
from tui.widgets.painted import Painted
from tui.widgets.row_table import Column, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from tui.app import Workstation

ViewT = TypeVar("ViewT", bound=Enum)

WIDE = 120

FRAME_SECONDS = 0.01
"""How often what keys wait for is looked at."""


def following(view: ViewT) -> ViewT:
    """The view after this one, the first after the last."""
    views = list(type(view))
    return views[(views.index(view) + 1) % len(views)]


class NotAnAnswer(CodedeskError):
    """What was entered cannot be taken; what was asked for stays open, with it."""


class Pane(Protocol):
    """What keys that move can be sent to."""

    @property
    def count(self) -> int: ...
    def move(self, rows: int) -> None: ...
    def move_to(self, index: int) -> None: ...
    def page(self, pages: int) -> None: ...


class DeskScreen(Screen[None]):
    """A screen of the workstation; `name_on` is what the registry calls it."""

    name_on = "any"
    desk = ""
    """The desk that F-keys lead to, empty for screens that are opened from another."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]

    def __init__(self) -> None:
        super().__init__()
        self._asking = Asking(self)
        self._frame = Frame(self)
        self._performing = Performing(self)
        self.page_timer = PageTimer(self)
        self._resumed = False
        self._opened_at: Size | None = None
        """The size for which a new screen is laid out, until it is told it."""
        self.filter_text = ""
        """What the rows are filtered by (/), on screens that have rows to filter."""

    @classmethod
    def opened_on(cls, on: date) -> Self:
        """The screen as a desk that somebody goes to; `on` is the day that decides the code sets."""
        return cls()

    def compose(self) -> ComposeResult:
        if self.workstation.linear:
            self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow")]
        # As the breakpoints will: else the first frame is laid out for 80 columns, and drawn twice on a wider screen.
        self.set_class(self.app.size.width >= WIDE and not self.workstation.linear, "-wide")
        self.set_class(not self.has_class("-wide"), "-narrow")
        yield Painted(id="place")
        with Vertical(id="work"):
            yield from self.compose_work()
        yield RowTable((), headings=False, id="choices")
        yield EntryLine(id="entry")
        yield Painted(id="keys")

    def compose_work(self) -> ComposeResult:
        """The panes of the screen."""
        yield from ()

    @property
    def workstation(self) -> Workstation:
        return cast("Workstation", self.app)

    @property
    def entry(self) -> EntryLine:
        return self.query_one("#entry", EntryLine)

    @property
    def choices(self) -> RowTable:
        return self.query_one("#choices", RowTable)

    @property
    def rows(self) -> RowTable:
        """The rows, on screens that have them."""
        return self.query_one("#rows", RowTable)

    @property
    def page_pane(self) -> TextPane:
        """What is told of the row under the cursor, on screens that have it."""
        return self.query_one("#page", TextPane)

    @property
    def pane(self) -> Pane | None:
        """The pane that keys which move are sent to, on screens that have one."""
        return None

    @property
    def wide(self) -> bool:
        return self.size.width >= WIDE and not self.workstation.linear

    def reload(self) -> None:
        """Read the rows again, on screens that have rows; the cursor stays on its own."""

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        if not self._resumed:  # its widgets have their styles since they were put there a moment ago
            self._resumed, self._opened_at, event.refresh_styles = True, self.app.size, False

    async def first_rows(self) -> None:
        """Until rows are shown, or the screen is left: a key that was typed ahead is meant for them."""
        while any(rows.unread for rows in self.query("#rows").results(RowTable)) and any(
            one.is_running for one in self.workers if one.group == "rows"
        ):
            await asyncio.sleep(FRAME_SECONDS)

    def rows_place(self) -> Line:
        """Which of the rows is under the cursor, of how many, for line 1; of screens with rows."""
        rows = self.rows if self.is_mounted else None
        return ((f"{rows.index + 1} of {rows.count}" if rows and rows.count else self.no_row, "text"),)

    @property
    def no_row(self) -> str:
        """What line 1 says of no rows: 0 once they were read, for until then nobody knows that there are none."""
        return "reading" if not self.is_mounted or self.rows.unread else "0"

    def passes_filter(self, text: str) -> bool:
        """Whether a row with this text has every word of the filter."""
        return all(word in text.lower() for word in self.filter_text.lower().split())

    @property
    def page_seconds(self) -> float:
        """How long a row is under the cursor before its page is drawn."""
        return PAGE_SECONDS

    def show_page_here(self) -> object:
        """Read and show the page of the row under the cursor, on screens that have one."""

    def place(self) -> tuple[Line, Line]:
        """The parts of line 1: where we are, and what stays in sight."""
        return (), ()

    def why_not(self, action: str) -> str:
        """Why an action cannot be done now, or an empty text."""
        return ""

    def record_changed(self) -> None:
        """Somebody else has changed the record: show what is there now, and draw nothing where that is the same."""

    def on_mount(self) -> None:
        self.refresh_frame()

    def on_screen_suspend(self) -> None:
        """What was said here is read by now: it is not told again when the screen above is left."""
        if not self.entry.asking:
            self.entry.say(())

    def on_resize(self, event: events.Resize) -> None:
        if event.size == self._opened_at:  # Textual tells a new screen its size, and would lay it out once more
            event.prevent_default()
        self._opened_at = None
        self.refresh_frame()

    def refresh_frame(self) -> None:
        """Draw line 1 and line 24 anew where they changed."""
        self._frame.draw()
        self._place_cursor()

    def say(self, text: str, style: str = "text") -> None:
        """Say something on the entry line; while something is typed there, on the key line until the next key."""
        self._frame.say(text, style)

    def unsay(self) -> None:
        """Take away what was said on the key line."""
        self._frame.unsay()

    def trouble(self, error: CodedeskError) -> None:
        """Say what went wrong and what to do; who is no longer let in goes."""
        if isinstance(error, SignedOut):
            self.workstation.sign_out(error)
            return
        self.tell_error(error)
        if not self.entry.asking:
            self.workstation.keyboard.refuse_text(error.message)

    def tell_error(self, error: CodedeskError) -> None:
        """Say what went wrong and what to do; what is typed ahead goes on."""
        remedy = f"  {error.remedy}" if error.remedy else ""
        self.say(f"{error.message.rstrip('.')}.{remedy}", "error")

    def in_turn(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something that the next key has to wait for, and say so when it fails."""
        self.workstation.in_turn(job)

    def work(self, job: Coroutine[Any, Any, None], group: str = "work", exclusive: bool = False) -> None:
        """Do something that keys need not wait for, and say so when it fails."""
        self.run_worker(partial(self._guarded, Job(job)), group=group, exclusive=exclusive, exit_on_error=True)

    async def _guarded(self, job: Job) -> None:
        try:
            await job
        except CodedeskError as error:
            if self.is_attached:
                self.trouble(error)
        except NoMatches:  # the screen was taken away while its answer came
            if self.is_attached and self.query("#entry"):
                raise

    def on_key(self, event: events.Key) -> None:
        if self.entry.asking:
            if self._while_asking(key_name(event.key, event.character)):
                event.stop()
                event.prevent_default()
            return
        event.stop()
        self._performing.pressed(event)

    def unknown_key(self, key: str) -> bool:
        """A key that the registry does not know on this screen; whether it did something all the same."""
        return False

    def barred(self, action: Action) -> str:
        """Why an action is not for the person at the keyboard, or an empty text."""
        return self._performing.barred(action)

    def unusable(self, action: Action) -> str:
        """Why an action cannot be done now: not for this person, or nothing to do it to."""
        return self.barred(action) or self.why_not(action.id)

    def perform(self, action: Action) -> None:
        """Carry out an action of the registry, or say why not; what is for others is written to the log."""
        self._performing.perform(action)

    def ask(
        self,
        asking: str,
        prompt: str,
        text: str = "",
        answer: Answer | None = None,
        marked: bool = False,
        lacks: Callable[[str], bool] | None = None,
    ) -> None:
        """Ask for a line of text; `answer` is awaited with what was entered. A `marked` text gives way to typing.

        `lacks` says of a text whether Enter will refuse it.
        """
        self._asking.text(asking, prompt, text, answer, marked, lacks)

    def confirm(
        self,
        question: str,
        yes: Callable[[], Coroutine[Any, Any, None]],
        also: FurtherKeys = NO_FURTHER,
        name: str = "",
    ) -> None:
        """Ask a yes-or-no question; only y is a yes, Enter is not, and a key that repeats itself is no answer.

        `also` are further keys with their words and what they do: `n` for yes and on to the next. `name` is what of the
        question is cut where it is too wide for its line.
        """
        self._asking.yes_or_no(question, yes, also, name)

    def choose(
        self,
        asking: str,
        prompt: str,
        options: Choices,
        chosen: Answer,
        own_words: bool = False,
        unchosen: bool = False,
    ) -> None:
        """Let one of some named things be chosen; typing narrows the list. With `own_words` other words are one too.

        `unchosen`: none of them is under the cursor until a key or what is typed puts it there.
        """
        self._asking.choice(asking, prompt, options, chosen, own_words, unchosen)

    def pick(self, asking: str, prompt: str, options: Choices, picked: Answer) -> None:
        """Let one of some things be taken at once by its own character; Up, Down and Enter take one too."""
        self._asking.character(asking, prompt, options, picked)

    def offer(self, rows: Sequence[Any], columns: Sequence[Column[Any]], title: str = "choices") -> None:
        """Show choices above the entry line; each begins with what it is and its words."""
        self._asking.offer(rows, columns, title)

    def close_choices(self) -> None:
        """Take the choices away."""
        self._asking.close_choices()

    def on_entry_line_edited(self, event: EntryLine.Edited) -> None:
        self._asking.edited(event)

    def takes_over(self, text: str) -> bool:
        """Take text typed at a question into a line of its own, the question unanswered; whether there is one."""
        return False

    @property
    def asked_at(self) -> float | None:
        """Since when there is a question that one printable key answers, on the monotonic clock; None without one."""
        return self._asking.since

    def asked_now(self) -> None:
        """Something was shown that the next key may answer: it must have been read first."""
        self._asking.shown_now()

    @property
    def too_quick(self) -> bool:
        """Whether the key at work was pressed before anybody can have read what it would answer."""
        return self._asking.too_quick

    def on_entry_line_entered(self, event: EntryLine.Entered) -> None:
        self._asking.entered(event)

    def on_entry_line_left(self, event: EntryLine.Left) -> None:
        self._asking.given_up()
        self._frame.forget()
        self.refresh_frame()
        self.left(event.asking, event.text)

    def do_filter(self) -> None:
        async def entered(text: str) -> None:
            self._filtered_by(text)

        self.ask("filter", "/", "", entered)

    def edited(self, asking: str, text: str) -> None:
        """What is typed has changed; a filter acts with every letter."""
        if asking == "filter":
            self._filtered_by(text)

    def _filtered_by(self, text: str) -> None:
        self.filter_text = text.strip()
        self.filtered()

    def unfilter(self) -> None:
        """Show all rows again: a filter is what Esc goes back out of first, on every list."""
        self._filtered_by("")
        self.say("The filter is off: all rows are shown.")

    def filtered(self) -> None:
        """Show only rows with the words of `filter_text`, on screens that have such."""
        self.reload()

    def entered(self, asking: str, text: str) -> None:
        """Enter in a field that stays open."""

    def left(self, asking: str, text: str) -> None:
        """A field was given up."""

    def _while_asking(self, key: str) -> bool:
        """Keys beside the text of a field: they move in the choices, and F-keys work as always."""
        if self.choices.has_class("-open") and key in ("Up", "Down"):
            self.choices.move(1 if key == "Down" else -1)
            return True
        if self.asking_key(key):
            return True
        if key.startswith("F") and key[1:].isdigit() and key in keymap(self.name_on):
            self.entry.end()
            self.close_choices()
            self.refresh_frame()
            self.perform(keymap(self.name_on)[key])
            return True
        return False

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        """What the keys beside text do in a field: the key line while something is asked."""
        return self._asking.hints(asking)

    @property
    def takes_text(self) -> bool:
        """Whether a field is open that only text goes into."""
        return bool(self.entry.asking) and self.entry.asking != "confirm" and not self.choices.has_class("-open")

    def on_entry_line_cut(self, event: EntryLine.Cut) -> None:
        event.stop()
        self._asking.cut(event)

    def asking_key(self, key: str) -> bool:
        """A key that is not text, pressed in a field; true when it was used."""
        return False

    def do_read_on(self) -> None:
        """Read on in the page, and from its end to its beginning, on screens that have one."""
        if self.page_pane.at_end:
            self.page_pane.move_to(0)
        else:
            self.page_pane.page(1)

    def do_down(self) -> None:
        if self.pane:
            self.pane.move(1)

    def do_up(self) -> None:
        if self.pane:
            self.pane.move(-1)

    def do_page_down(self) -> None:
        if self.pane:
            self.pane.page(1)

    def do_page_up(self) -> None:
        if self.pane:
            self.pane.page(-1)

    def do_first(self) -> None:
        if self.pane:
            self.pane.move_to(0)

    def do_last(self) -> None:
        if self.pane:
            self.pane.move_to(self.pane.count - 1)

    def do_command(self) -> None:
        self._performing.choose_by_name()

    def copied(self) -> str:
        """What `y` copies: the row or code in focus, empty where there is none."""
        return ""

    def do_copy(self) -> None:
        text = self.copied()
        if text:
            self.in_turn(self.workstation.copy(text))
        else:
            self.say("There is nothing to copy here.", "warning")

    def do_leave(self) -> None:
        self.workstation.leave_screen(self)

    async def put_away(self) -> None:
        """Keep what must not be lost when this screen is closed, and give back what it holds."""

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        self._place_cursor()

    def _place_cursor(self) -> None:
        """Put the terminal's real cursor where the work is, for those who follow it with a reader or Braille."""
        if self.entry.asking or not self.is_current:
            return
        line = self.pane.cursor_line if isinstance(self.pane, RowTable) else 1
        if isinstance(self.pane, Painted):
            self.app.cursor_position = self.pane.region.offset + Offset(0, line)

    def footer(self) -> tuple[Action, ...]:
        """The actions of the key line now."""
        return footer(self.name_on)

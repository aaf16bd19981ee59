"""The workstation: the one Textual application, its screens and the desks that work for them.

It owns what outlives a screen: the record, the code sets, the palette, the chart in work. Every character that
widgets draw passes `tui.safe`; nothing from outside is ever read as markup.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from textual import events, work
from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.filter import LineFilter
from textual.geometry import Offset
from textual.screen import Screen
from textual.worker import WorkerFailed

from codesets.errors import CodedeskError
from store.actors import Actor
from store.opened_file import RecordExchanged
from store.settings import load_settings
from store.whole import Part, part_seen
from tui.clipboard import clipboard_sequences, keep_copy
from tui.crash import note_crash
from tui.desk import CodeDesk, RecordDesk, SignedOut
from tui.desks import FIRST, desk_screen
from tui.driver import driver_class, follow_cursor, redraw
from tui.idle import IDLE_SECONDS, Idle
from tui.jobs import Job
from tui.keyboard import Keyboard, TypedEvent
from tui.lifeline import hold
from tui.opening import Opening
from tui.palette import Palette, palette_for
from tui.recording import Recorder
from tui.safe import Sanitize
from tui.screens.desk import DeskScreen
from tui.screens.worklist import WorklistScreen
from tui.widgets.entry_line import LINES

if TYPE_CHECKING:
    from store.database import Database
    from tui.screens.chart import ChartScreen
    from tui.screens.encoder import EncoderScreen, Stop

COLLECTED = (10_000, 3, 500)
"""Thresholds of the garbage collector: a whole collection between two keys would be felt."""

WATCH_SECONDS = 1.0
"""How often screens ask whether somebody else has changed the record."""

P = ParamSpec("P")
T = TypeVar("T")


class Workstation(App[int]):
    """codedesk on a terminal."""

    TITLE = "codedesk"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = []
    CSS_PATH = "styles/codedesk.tcss"

    def __init__(
        self, today: date, record: RecordDesk | None = None, palette: Palette | None = None, first_desk: str = FIRST
    ) -> None:
        super().__init__(driver_class=driver_class())
        self.theme = "ansi-dark"
        self._styled_by = self.get_css_variables()
        self.today = today
        self._first_desk = first_desk
        self.record = record or RecordDesk()
        self.codes = CodeDesk()
        self.batches = RecordDesk(beside=self.record)
        """A desk of its own for long work, so that charts open and lists move beside it."""
        self.palette = palette or palette_for(
            os.environ.get("TERM", ""), "NO_COLOR" in os.environ, load_settings().palette
        )
        self.linear = load_settings().linear
        self.part: Part | None = None
        """What part of the record is seen, where row-level security limits it; known once the first screen stands."""
        self._sanitize = Sanitize()
        self._crash = ""
        self.signed_out: SignedOut | None = None
        """Why the person at the keyboard was sent away, if they were."""
        self.exchanged: RecordExchanged | None = None
        """What had happened to the file of the record by the end, if it was no longer the one that was shown."""
        self.opening = Opening(self)
        self.idle = Idle(self)
        self._left = Event()
        self.recorder = Recorder(self)
        self.keyboard = Keyboard(self, self._deliver, self._takes_text, self._takes_lines, self._asked_at)

    @property
    def cursor_position(self) -> Offset:
        """Where the terminal's real cursor is to be; Textual tells the terminal only when it paints."""
        return self._cursor_position

    @cursor_position.setter
    def cursor_position(self, position: Offset) -> None:
        self._cursor_position = position
        follow_cursor(self)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._sanitize]

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheets anew only where a theme has changed their colors: the first one came with the start."""
        colors = self.get_css_variables()
        if colors != self._styled_by:
            self._styled_by = colors
            super().refresh_css(animate)

    def get_default_screen(self) -> Screen[Any]:
        return WorklistScreen()

    async def change(
        self, service: Callable[Concatenate[Database, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service of the store as the person at the keyboard; one operation, retried safely by its id."""
        return await self.record.change(service, *args, **kwargs)

    @property
    def crash(self) -> str:
        """The reference number of the defect that ended the program, or an empty text."""
        return self._crash

    @property
    def chart_in_work(self) -> ChartScreen | None:
        """The chart that is open for coding under the present screen."""
        chart = self.chart_below
        return None if chart is None or chart.final or chart.only_reading else chart

    @property
    def chart_below(self) -> ChartScreen | None:
        """The chart that is open at or below the present screen, for coding or to look at."""
        charts = self._open_screens("chart")
        return cast("ChartScreen", charts[-1]) if charts else None

    @property
    def front(self) -> DeskScreen:
        """The screen in front."""
        screen = self.screen
        assert isinstance(screen, DeskScreen)
        return screen

    @property
    def desk_screens(self) -> list[DeskScreen]:
        """The open screens, the one in front last."""
        return [one for one in self.screen_stack if isinstance(one, DeskScreen)]

    def _open_screens(self, name: str) -> list[DeskScreen]:
        """The open screens of a kind, the one in front last; their modules need not be loaded to ask."""
        return [one for one in self.desk_screens if one.name_on == name]

    def in_turn(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something that the next key has to wait for, and say so when it fails."""
        self.keyboard.in_turn(partial(self._said, Job(job)))

    async def _said(self, job: Job) -> None:
        try:
            await job
        except CodedeskError as error:
            self.front.trouble(error)

    def batch(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something long beside the keys, whichever screen is in front; one such thing at a time."""
        if self.working:
            job.close()
            self.front.say("What was begun before is still at work.", "warning")
        else:
            self.run_worker(partial(self._said, Job(job)), group="batch")

    def work_beside(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something short that nobody waits for, and say so when it fails."""
        self.run_worker(partial(self._said, Job(job)), group="warm")

    @property
    def working(self) -> bool:
        """Whether long work is under way."""
        return any(one.group == "batch" and one.is_running for one in self.workers)

    def show(self, screen: DeskScreen) -> None:
        """Open a screen above the present one."""
        self.in_turn(self._show(screen))

    async def _show(self, screen: DeskScreen) -> None:
        await self.push_screen(screen)

    def shows(self, asked: object) -> bool:
        """Whether lists may be asked and sorted so by the person at the keyboard: not by what they do not see."""
        from store.permissions.columns import hidden_columns

        actor = self.record.known_actor
        return actor is None or not hidden_columns(actor.role, asked)

    def leave_held(self, chart: ChartScreen, text: str) -> None:
        """Go back to the worklist from a chart that was put on hold, and say so there."""

        async def left() -> None:
            await self.close(chart)
            self.front.say(text)

        self.in_turn(left())

    def leave_screen(self, screen: DeskScreen) -> None:
        """Leave a screen, a chart gives itself back; on the first one, ask before the program ends."""
        if screen is self.screen_stack[0]:
            self.front.confirm("Leave codedesk?", self._end)
        else:
            self.in_turn(self.close(screen))

    def leave_to_chart(self) -> None:
        """Close what was opened above the chart in work."""
        self.in_turn(self._back_to(self.chart_in_work))

    def show_stop(self, stop: Stop, make: Callable[[], EncoderScreen]) -> None:
        """Stand at a place of the encoder: on the open screen of its kind, else on a new one above the search."""
        self.in_turn(self._show_stop(stop, make))

    async def _show_stop(self, stop: Stop, make: Callable[[], EncoderScreen]) -> None:
        front = self.front
        if of_its_kind := self._open_screens(stop.screen):
            await self._back_to(of_its_kind[-1])
            cast("EncoderScreen", of_its_kind[-1]).stand(stop)
        elif front.name_on == "codes":
            await self.push_screen(make())
        else:
            await front.put_away()
            self.workers.cancel_node(front)
            await self.switch_screen(make())

    async def close(self, screen: DeskScreen) -> None:
        """Close a screen if it is still the one in front; a chart's codes stay with it. For jobs that keys wait for."""
        if self.screen is not screen:
            return
        lost = None
        try:
            await screen.put_away()
        except RecordExchanged as error:  # nothing can be saved any more, and nobody is to be held by that
            lost = error
        self.workers.cancel_node(screen)  # what would fill its panes would find them gone
        await self.pop_screen()
        if lost:
            self.front.trouble(lost)

    async def _back_to(self, below: DeskScreen | None) -> None:
        """Close what stands above a screen."""
        while below in self.screen_stack and self.screen is not below:
            await self.close(self.front)

    @property
    def coding_date(self) -> date:
        """The day that decides the code sets: of the chart that is open below, else today."""
        chart = self.chart_below
        return chart.service_date if chart else self.today

    def do_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.show(HelpScreen(self.front))

    async def copy(self, text: str) -> None:
        """Send a text to the terminal's clipboard and keep it in a file, as the site's settings allow."""
        from store import log

        where = load_settings().clipboard
        if where == "off":
            self.front.say("Copying is switched off at this site.", "warning")
            return
        path = keep_copy(text)
        if where == "terminal" and self._driver is not None:
            self._driver.write(clipboard_sequences(text, "TMUX" in os.environ))
        await self.record.change(log.note, "copy", self.front.name_on)
        sent = "Sent to the terminal's clipboard; also" if where == "terminal" else "Kept"
        self.front.say(f"{sent} in {path}")

    @work(group="watch")
    async def watch_record(self) -> None:
        """Let the screen in front know that the record has changed; what cannot be asked now is asked again.

        Never canceled: a change that was told once is not told again.
        """
        try:
            changed = await self.record.changed()
        except SignedOut as error:
            self.sign_out(error)
            return
        except RecordExchanged as error:
            if isinstance(self.screen, DeskScreen):
                self.front.tell_error(error)
            return
        except CodedeskError:
            return
        if changed and isinstance(self.screen, DeskScreen):
            self.front.record_changed()

    def sign_out(self, error: SignedOut) -> None:
        """End, since the person at the keyboard is no longer let in; what was entered is saved."""
        self.signed_out = error
        self.exit(error.exit_code)

    async def on_event(self, event: events.Event) -> None:
        # A key that nothing used comes by again on its way up, as one that was forwarded.
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self.idle.key()
            self.keyboard.take(event)
        else:
            await super().on_event(event)

    def _takes_text(self) -> bool:
        """Whether printable keys are text now and nothing else: in a field, but for a yes, a choice and a recording."""
        front = self.screen
        return isinstance(front, DeskScreen) and front.takes_text and not self.recorder.recording

    def _takes_lines(self) -> bool:
        """Whether the field in front takes one line after the other."""
        front = self.screen
        return isinstance(front, DeskScreen) and front.entry.asking == LINES

    def _asked_at(self) -> float | None:
        """Since when the screen in front has asked what one key answers; None where it asks nothing."""
        front = self.screen
        return front.asked_at if isinstance(front, DeskScreen) else None

    async def _deliver(self, event: TypedEvent) -> None:
        if text := self.keyboard.refused(event):
            self.front.say(text.told, "warning")
            return
        if isinstance(event, events.Key):
            self.recorder.note(event)
        await super().on_event(event)

    def do_record(self) -> None:
        self.recorder.begin_or_end()

    def do_replay(self) -> None:
        self.recorder.choose()

    def on_mount(self) -> None:
        if self._first_desk != FIRST:
            self.show(desk_screen(self._first_desk).opened_on(self.today))
        self.set_interval(IDLE_SECONDS, self.idle.watch)
        self.set_interval(WATCH_SECONDS, self.watch_record)
        # Stopped and continued, the terminal shows nothing of us, and Textual paints only what changes.
        self.app_resume_signal.subscribe(self, lambda app: app.screen.refresh(repaint=True, layout=True))
        self._serving = asyncio.create_task(self.keyboard.serve())
        self._serving.add_done_callback(self._served)
        if not self.is_headless:
            self._left = hold(self)

    def _served(self, serving: asyncio.Task[None]) -> None:
        if not serving.cancelled() and (error := serving.exception()):
            self._handle_exception(cast(Exception, error))

    def do_redraw(self) -> None:
        redraw(self)

    def do_quit(self) -> None:
        self.front.confirm("Leave codedesk?", self._end)

    async def _end(self) -> None:
        with suppress(RecordExchanged):  # told at the end
            await self.idle.keep_activity()
        self.exit(0)

    def go_to_desk(self, action_id: str) -> None:
        """Go to the desk of an action: back to it where it is open below, else onto a new one."""
        kind = desk_screen(action_id)
        if self.front.desk == kind.desk:
            return
        for screen in reversed(self.screen_stack):
            if isinstance(screen, DeskScreen) and screen.desk == kind.desk:
                self.in_turn(self._back_to(screen))
                return
        self.show(kind.opened_on(self.coding_date))

    def _handle_exception(self, error: Exception) -> None:
        """Textual's own screen would print local variables, and with them patients: keep the trace, show a number.

        Private to Textual 8 (`App._handle_exception`); a test holds it. Work that comes back while the program leaves
        finds its screen taken away, which is no defect.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        if not self.is_running and isinstance(cause, NoMatches | ScreenStackError):
            return
        self._crash = note_crash(error)
        self._exception = error
        self.exit(1)

    @work(group="warm")
    async def warm(self) -> None:
        """Load what the next keys will need; called once the first screen stands."""
        day_is_new, *_ = await asyncio.gather(self.record.warm(), self.codes.warm(), asyncio.to_thread(_load_screens))
        self.part = await self.record.read(part_seen)
        if self.part:
            self.front.say(f"{self.part.words[0].upper()}{self.part.words[1:]}.", "warning")
        if not self.is_headless:  # a process that runs one screen after another has to let go of each
            # What is loaded by now stays: no collection looks through it again, and whole ones wait for a pause.
            gc.freeze()
            gc.set_threshold(*COLLECTED)
        if day_is_new:
            await self.batches.begin_day()

    async def on_unmount(self) -> None:
        self._left.set()
        self.opening.let_all_go()
        self._serving.cancel()
        self.exchanged = await self.record.exchanged()
        self.record.close()
        self.batches.close()
        self.codes.close()


def _load_screens() -> None:
    """The modules of the screens that the first keys open."""
    import tui.screens.chart
    import tui.screens.codes  # noqa: F401

"""The workstation: the one Textual application, its screens and the desks that work for them.

It owns what outlives a screen: the record, the code sets, the palette, the chart in work. Every character that
widgets draw passes `tui.safe`; nothing from outside is ever read as markup.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable, Coroutine, Sequence
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
from store.clock import clock_day
from store.figures.activity import Activity
from store.open_charts import OpenCharts
from store.permissions import refusal
from store.settings import load_settings
from store.whole import Part, part_seen
from tui.clipboard import clipboard_sequences, keep_copy
from tui.crash import note_crash
from tui.desk import CodeDesk, RecordDesk, SignedOut
from tui.desks import FIRST, desk_screen
from tui.driver import driver_class, follow_cursor, redraw
from tui.glass import break_the_glass
from tui.keyboard import Keyboard, TypedEvent
from tui.lifeline import hold
from tui.palette import Palette, palette_for
from tui.recording import Recorder
from tui.safe import Sanitize
from tui.screens.desk import DeskScreen
from tui.screens.help import HelpScreen
from tui.screens.lock import LockScreen
from tui.screens.worklist import WorklistScreen
from tui.widgets.entry_line import LINES, SECRET

if TYPE_CHECKING:
    from store.coding.opening import OpenedChart
    from store.database import Database
    from tui.screens.chart import ChartScreen
    from tui.screens.encoder import EncoderScreen, Stop

IDLE_SECONDS = 5
ACTIVITY_SECONDS = 60
"""How often the active time of the person is put into the record."""

QUIET_SECONDS = 2.0
"""How long no key was pressed where garbage is collected: reading takes longer, typing does not."""

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
        self._last_key = time.monotonic()
        self.open_charts = OpenCharts()
        self.activity = Activity(load_settings().idle_seconds)
        self._kept_activity = self._collected_for = self._last_key
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

    def _open_screens(self, name: str) -> list[DeskScreen]:
        """The open screens of a kind, the one in front last; their modules need not be loaded to ask."""
        return [one for one in self.screen_stack if isinstance(one, DeskScreen) and one.name_on == name]

    def in_turn(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something that the next key has to wait for, and say so when it fails."""
        self.keyboard.in_turn(self._said(job))

    async def _said(self, job: Coroutine[Any, Any, None]) -> None:
        try:
            await job
        except CodedeskError as error:
            self._current.trouble(error)

    def batch(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something long beside the keys, whichever screen is in front; one such thing at a time."""
        if self.working:
            job.close()
            self._current.say("What was begun before is still at work.", "warning")
        else:
            self.run_worker(self._said(job), group="batch")

    @property
    def working(self) -> bool:
        """Whether long work is under way."""
        return any(one.group == "batch" and one.is_running for one in self.workers)

    def show(self, screen: DeskScreen) -> None:
        """Open a screen above the present one."""
        self.in_turn(self._show(screen))

    async def _show(self, screen: DeskScreen) -> None:
        await self.push_screen(screen)

    def open_chart(self, work_item_id: str) -> None:
        """Open a chart of a worklist: to be coded, or to be read by whoever does not code it."""
        self.in_turn(self._open(work_item_id))

    async def open_again(self, work_item_id: str) -> None:
        """The same from within a job that keys wait for."""
        await self._open(work_item_id)

    async def _open(self, work_item_id: str) -> None:
        from store.access import ChartRestricted
        from store.coding.opening import look_at_chart
        from store.worklists import ChartOnHold, ChartOpenElsewhere
        from tui.screens.chart import ChartScreen

        actor = await self.record.actor()
        why_reading = refusal(actor.role, "do", "chart.open")
        try:
            if not why_reading:
                try:
                    opened = await self._take(work_item_id, actor.login)
                except (ChartOnHold, ChartOpenElsewhere) as error:
                    why_reading = error.message
            if why_reading:
                opened = await self.change(look_at_chart, work_item_id)
        except ChartRestricted as error:
            break_the_glass(self._current, work_item_id, error, partial(self._open, work_item_id))
            return
        screen = ChartScreen(
            opened.work_item_id,
            opened.coding_id,
            opened.draft,
            why_reading,
            opened.emergency,
            opened.reading,
            opened.question,
        )
        await self.push_chart(screen)

    async def _take(self, work_item_id: str, login: str) -> OpenedChart:
        """Open a chart for coding. Raises ChartOpenElsewhere for one of another session of the same person, too."""
        from store.coding.opening import open_chart
        from store.worklists import ChartOpenElsewhere

        if not self.open_charts.hold(work_item_id, login):
            raise ChartOpenElsewhere("you have this chart open in another session", "code it there, or leave it there")
        try:
            return await self.change(open_chart, work_item_id)
        except BaseException:
            self.open_charts.let_go(work_item_id)
            raise

    async def open_claim(self, claim_id: str) -> None:
        """Open a claim; that of a restricted patient to whoever was let at the charts."""
        from store.access import ONLY_ADMITTED, ChartRestricted
        from store.queries.restricted import task_of_claim
        from tui.screens.claim import ClaimScreen

        if await self.is_closed("claim", claim_id):
            task = await self.record.read(task_of_claim, claim_id)
            error = ChartRestricted(*ONLY_ADMITTED)
            break_the_glass(self._current, task, error, partial(self.open_claim, claim_id))
        else:
            await self.push_screen(ClaimScreen(claim_id))

    def shows(self, asked: object) -> bool:
        """Whether lists may be asked and sorted so by the person at the keyboard: not by what they do not see."""
        from store.permissions.columns import hidden_columns

        actor = self.record.known_actor
        return actor is None or not hidden_columns(actor.role, asked)

    async def is_closed(self, kind: str, target_id: str) -> bool:
        """Whether a claim, denial, audit or the like is of a restricted chart that the person was not let at."""
        from store.models.columns import now
        from store.queries.restricted import is_closed

        actor = await self.record.actor()
        return bool(actor.person_id) and await self.record.read(is_closed, kind, target_id, actor.person_id, now())

    async def pin_is_set(self) -> bool:
        """Whether the person at the keyboard has a PIN."""
        from store.pins import has_pin

        return await self.change(has_pin)

    def open_chart_of(self, coding_id: str) -> None:
        """Open the chart that a coding belongs to; a final one is opened to look at."""
        self.in_turn(self._open_of(coding_id))

    async def _open_of(self, coding_id: str) -> None:
        from store.queries.codings import work_item_of

        work_item_id = await self.record.read(work_item_of, coding_id)
        if work_item_id:
            await self._open(work_item_id)

    def next_chart(self, worklist: str, leaving: ChartScreen | None = None) -> None:
        """Take the next ready chart of a worklist; the chart that is left is given back unless it is final."""
        self.in_turn(self._next(worklist, leaving))

    async def _next(self, worklist: str, leaving: ChartScreen | None) -> None:
        from store.coding.opening import open_next
        from tui.screens.chart import ChartScreen

        opened = await self.change(open_next, worklist)
        if opened is None:
            self._current.say(f"No chart is ready in {worklist}.", "warning")
            return
        if leaving is not None:
            await self._close(leaving)
        # A lease that ran out may have brought a chart here that another session of the same person still shows.
        mine = self.open_charts.hold(opened.work_item_id, (await self.record.actor()).login)
        reading = "" if mine else "you have this chart open in another session"
        chart = ChartScreen(
            opened.work_item_id,
            opened.coding_id,
            opened.draft,
            reading,
            left_at=opened.reading,
            question=opened.question,
        )
        await self.push_chart(chart)

    async def push_chart(self, chart: ChartScreen) -> None:
        """Put a chart on the screen, read already."""
        await chart.read_ahead()
        await self.push_screen(chart)

    def leave_held(self, chart: ChartScreen, text: str) -> None:
        """Go back to the worklist from a chart that was put on hold, and say so there."""

        async def left() -> None:
            await self._close(chart)
            self._current.say(text)

        self.in_turn(left())

    def leave_screen(self, screen: DeskScreen) -> None:
        """Leave a screen, a chart gives itself back; on the first one, ask before the program ends."""
        if screen is self.screen_stack[0]:
            self._current.confirm("Leave codedesk?", self._end)
        else:
            self.in_turn(self._close(screen))

    def leave_to_chart(self) -> None:
        """Close what was opened above the chart in work."""
        self.in_turn(self._back_to(self.chart_in_work))

    def show_stop(self, stop: Stop, make: Callable[[], EncoderScreen]) -> None:
        """Stand at a place of the encoder: on the open screen of its kind, else on a new one above the search."""
        self.in_turn(self._show_stop(stop, make))

    async def _show_stop(self, stop: Stop, make: Callable[[], EncoderScreen]) -> None:
        front = self._current
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
        """Close a screen from within a job that keys wait for."""
        await self._close(screen)

    async def _close(self, screen: DeskScreen) -> None:
        """Close a screen if it is still the one in front; a chart's codes stay with it."""
        if self.screen is not screen:
            return
        await screen.put_away()
        self.workers.cancel_node(screen)  # what would fill its panes would find them gone
        await self.pop_screen()

    async def _back_to(self, below: DeskScreen | None) -> None:
        """Close what stands above a screen."""
        while below in self.screen_stack and self.screen is not below:
            await self._close(self._current)

    @property
    def coding_date(self) -> date:
        """The day that decides the code sets: of the chart that is open below, else today."""
        chart = self.chart_below
        return chart.service_date if chart else self.today

    def do_help(self) -> None:
        self.show(HelpScreen(self._current))

    async def copy(self, text: str) -> None:
        """Send a text to the terminal's clipboard and keep it in the outbox, as the site's settings allow."""
        from store import log

        where = load_settings().clipboard
        if where == "off":
            self._current.say("Copying is switched off at this site.", "warning")
            return
        path = keep_copy(text)
        if where == "terminal" and self._driver is not None:
            self._driver.write(clipboard_sequences(text, "TMUX" in os.environ))
        await self.record.change(log.note, "copy", self._current.name_on)
        sent = "Sent to the terminal's clipboard; also" if where == "terminal" else "Kept"
        self._current.say(f"{sent} in {path}")

    def watch_idle(self) -> None:
        """Cover the screen after a while without a key, and end after a longer one; looked at every few seconds."""
        settings = load_settings()
        if self.activity.keys and time.monotonic() - self._kept_activity >= ACTIVITY_SECONDS:
            self._kept_activity = time.monotonic()
            self.run_worker(self._said(self.keep_activity()), group="warm")
        if self._collected_for != self._last_key and time.monotonic() - self._last_key >= QUIET_SECONDS:
            self._collected_for = self._last_key
            gc.collect()
        idle = (time.monotonic() - self._last_key) / 60
        if settings.leave_minutes and idle >= settings.leave_minutes:
            self.in_turn(self._end_idle())
        elif settings.lock_minutes and idle >= settings.lock_minutes and not isinstance(self.screen, LockScreen):
            self.in_turn(self._lock())

    async def keep_activity(self) -> None:
        """Put the active time since the last time into the record, on the day it is by this host's clock."""
        from store.figures.active import keep_activity

        if self.activity.keys:
            await self.change(keep_activity, clock_day().isoformat(), *self.activity.taken())

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
        except CodedeskError:
            return
        if changed and isinstance(self.screen, DeskScreen):
            self._current.record_changed()

    async def _lock(self) -> None:
        """Cover the screen; a job before this one may have taken so long that it was asked for again."""
        if not isinstance(self.screen, LockScreen):
            await self.push_screen(LockScreen())

    def sign_out(self, error: SignedOut) -> None:
        """End, since the person at the keyboard is no longer let in; what was entered is saved."""
        self.signed_out = error
        self.exit(error.exit_code)

    def unlock(self) -> None:
        """Show again what the lock covered, to a person with a PIN only for it."""
        self.in_turn(self._unlock())

    async def _unlock(self) -> None:
        front = self._current
        if not isinstance(front, LockScreen):
            return
        if not await self.pin_is_set():
            await self._close(front)
            return

        async def given(pin: str) -> None:
            from store.pins import WrongPin, require_pin

            try:
                await self.change(require_pin, pin)
            except WrongPin as error:
                front.trouble(error)
                if error.blocked:
                    await self._end_idle()
                return
            await self._close(front)

        front.ask(SECRET, "your PIN:", answer=given)

    async def _end_idle(self) -> None:
        """Give back what is open and end."""
        for screen in self.screen_stack:
            if isinstance(screen, DeskScreen):
                await screen.put_away()
        await self.keep_activity()
        self.exit(0)

    async def on_event(self, event: events.Event) -> None:
        # A key that nothing used comes by again on its way up, as one that was forwarded.
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._last_key = time.monotonic()
            self.activity.key(self._last_key)
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
            self._current.say(text.told, "warning")
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
        self.set_interval(IDLE_SECONDS, self.watch_idle)
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
        self._current.confirm("Leave codedesk?", self._end)

    async def _end(self) -> None:
        await self.keep_activity()
        self.exit(0)

    @property
    def _current(self) -> DeskScreen:
        screen = self.screen
        assert isinstance(screen, DeskScreen)
        return screen

    def go_to_desk(self, action_id: str) -> None:
        """Go to the desk of an action: back to it where it is open below, else onto a new one."""
        kind = desk_screen(action_id)
        if self._current.desk == kind.desk:
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
            self._current.say(f"{self.part.words[0].upper()}{self.part.words[1:]}.", "warning")
        if not self.is_headless:  # a process that runs one screen after another has to let go of each
            # What is loaded by now stays: no collection looks through it again, and whole ones wait for a pause.
            gc.freeze()
            gc.set_threshold(*COLLECTED)
        if day_is_new:
            await self.batches.begin_day()

    async def on_unmount(self) -> None:
        self._left.set()
        self.open_charts.let_all_go()
        self._serving.cancel()
        self.record.close()
        self.batches.close()
        self.codes.close()


def _load_screens() -> None:
    """The modules of the screens that the first keys open."""
    import tui.screens.chart
    import tui.screens.codes  # noqa: F401

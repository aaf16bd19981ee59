"""Keys one after the other: each goes to the screen in front once what the one before began has ended.

People type ahead, and keys repeat faster than a chart opens. Left to themselves, keys would reach the screen that
the first of them is just leaving, and screens would be closed before they are whole. So there is one queue of keys,
and one queue of jobs that keys wait for: opening and closing screens, answers, changes of the record. What only
fills a pane (a search, the page of a row) is no such job: the next key replaces it.

What somebody began to type as text is never carried out as keys. Where the field that it was meant for did not open,
or was refused, everything that runs on is refused with it: up to its Enter, and beyond that as long as nobody pauses.

A terminal without bracketed paste sends pasted text as keys. Where more printable keys wait than anybody types ahead,
and a field is open for text, they are delivered as one piece of pasted text.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

TypedEvent = events.Key | events.Paste

HOPS = 3
"""How often a key's way is gone before its effects have arrived: key, what a field says of it, what a screen hears."""

A_PASTE = 24
"""As many printable keys as nobody types ahead: so many that wait together are pasted text."""

PAUSE_SECONDS = 0.3
"""A pause by which whoever types shows that they have seen what the key before did.

A key that comes sooner answers no question and is no command: it was typed ahead of what it would answer, or is held.
"""

READING_SECONDS = 1.0
"""A pause in which a line can be read that says why a field did not open: a key that comes sooner is its text."""

LONGEST_TYPED, MOST_TYPED_AHEAD = 24, 60
"""As long as a line of codes is at most, and as many of them as are typed ahead while a connection stands still."""

MOST_KEPT = 60
"""How many characters of a refused text are kept, to be said."""

MOST_SECONDS = 1.0
"""How long a widget that is closing is waited for."""


@dataclass
class RefusedText:
    """Text that has no field to go to: why, at which screen, what came of it, and when its last key was pressed."""

    why: str
    screen: object
    pressed_at: float
    is_line: bool
    """Whether it was to be a line: once begun, only its Enter or Esc ends it, and a reading pause what follows."""
    typed: str = ""
    begun: bool = False
    is_last: bool = False
    """Whether no line is to come behind its Enter: then any pause ends what follows."""
    ended: bool = False

    @property
    def pause(self) -> float:
        """Seconds behind its last key after which a key is no part of it, unless it is begun."""
        return READING_SECONDS if self.is_line and not (self.is_last and self.ended) else PAUSE_SECONDS

    @property
    def told(self) -> str:
        """What was not taken and why, in one line; how to go on where that is not plain."""
        end = "  Enter or Esc ends it." if self.begun else ""
        return f"“{self.typed}” was not taken: {self.why.rstrip('.')}.{end}" if self.typed.strip("⏎") else self.why


class Keyboard:
    """The keys that wait and the jobs they wait for; it belongs to the event loop."""

    def __init__(
        self,
        app: App[Any],
        deliver: Callable[[TypedEvent], Awaitable[None]],
        takes_text: Callable[[], bool],
        takes_lines: Callable[[], bool],
        asked_at: Callable[[], float | None],
    ) -> None:
        """`takes_text` says whether printable keys go into a field now, and do nothing else; `takes_lines` whether it
        stays open behind Enter, so that one line after the other can be typed ahead.
        `asked_at` says since when a question stands that one printable key answers; None where none does.
        """
        self._app = app
        self._deliver = deliver
        self._takes_text = takes_text
        self._takes_lines = takes_lines
        self._asked_at = asked_at
        self._keys: asyncio.Queue[TypedEvent] = asyncio.Queue()
        self._held: deque[TypedEvent] = deque()
        self._jobs = 0
        self._still = asyncio.Event()
        self._still.set()
        self._one_job = asyncio.Lock()
        self.pressed_at = 0.0
        """When the key was pressed that is at work now, on the monotonic clock."""
        self.alone = True
        """Whether the key at work stands for itself: at a question, nothing was typed behind it without a pause."""
        self._answered_at = 0.0
        self._opened_at = 0.0
        """When the `+` was pressed behind which the key at work comes, on the clock of events; 0 without one."""
        self._ahead = 0
        """How many of the keys that wait are known to be lines that were typed ahead."""
        self._refused: RefusedText | None = None

    def take(self, event: TypedEvent) -> None:
        """Put a key, or pasted text, behind those that wait."""
        self._keys.put_nowait(event)

    def in_turn(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something that the next key has to wait for, behind what else is to be done."""
        self._jobs += 1
        self._still.clear()
        self._app.run_worker(partial(self._done, job), group="turn")

    def too_soon_after(self, moment: float) -> bool:
        """Whether the key at work was pressed before anybody can have seen what was there since then."""
        return self.pressed_at - moment < PAUSE_SECONDS

    def answered(self) -> None:
        """The key at work answered a question by itself: letters that run on behind it are no commands."""
        self._answered_at = max(self.pressed_at, time.monotonic())

    def runs_on(self, key: str) -> bool:
        """Whether a key is a letter of a text that is being typed on behind an answer, without a pause."""
        if not (len(key) == 1 and key.isalpha()) or not self.too_soon_after(self._answered_at):
            self._answered_at = 0.0
            return False
        self._answered_at = self.pressed_at
        return True

    def refuse_text(self, why: str, is_line: bool = False, typed: str = "", is_last: bool = False) -> None:
        """The key at work opened no field, or what it began was refused: what runs on without a pause is no command.

        `typed` is what of the text has come already.
        """
        now = max(self.pressed_at, time.monotonic())
        self._refused = RefusedText(why, self._app.screen, now, is_line, typed, is_last=is_last)

    def text_goes_on(self) -> None:
        """A field is open: what is typed goes there."""
        self._refused = None

    def refused(self, event: TypedEvent) -> RefusedText | None:
        """The refused text that a key or a paste belongs to, with it; None where it is a key like any other."""
        text = self._refused
        if text is None:
            return None
        late = event.time - text.pressed_at >= text.pause
        leaves = isinstance(event, events.Key) and event.key == "escape" and not text.begun
        if text.screen is not self._app.screen or late and not text.begun or leaves or not _edits(event):
            self._refused = None
            return None
        text.pressed_at = max(text.pressed_at, event.time)
        if isinstance(event, events.Key) and event.key == "escape":
            self._refused, text.begun = None, False
        elif isinstance(event, events.Key) and event.key in _ENDS:
            text.typed, text.begun, text.ended = f"{text.typed}⏎"[:MOST_KEPT], False, True
        else:
            typed = event.text if isinstance(event, events.Paste) else _text_of(event)
            text.typed = f"{text.typed}{' '.join(typed.split()) or typed}"[:MOST_KEPT]
            text.begun = text.is_line and not (text.is_last and text.ended)
        return text

    async def serve(self) -> None:
        """Deliver keys as long as the program runs."""
        while True:
            event = self._held.popleft() if self._held else await self._keys.get()
            await self._still.wait()
            event, count = self._pasted(event)
            self.alone = await self._stands_alone(event)
            way = self._way()
            self.pressed_at = event.time
            self._opened_at = event.time if _text_of(event) == "+" and not self._takes_text() else 0.0
            await self._deliver(event)
            await self._gone(way)
            for _ in range(count):
                self._keys.task_done()

    async def wait(self) -> None:
        """Until no key and no job is left; not to be called by a job."""
        await self._keys.join()
        await self._still.wait()

    def _pasted(self, event: TypedEvent) -> tuple[TypedEvent, int]:
        """The event, or all printable keys that wait with it as one piece of text; how many events that is.

        Lines behind the `+` that opened the field in the same breath were typed, be they words: nobody pastes those.
        """
        if self._ahead:
            self._ahead -= 1
            return event, 1
        if len(self._held) + self._keys.qsize() < A_PASTE or not _printable(event) or not self._takes_text():
            return event, 1
        while not self._keys.empty():
            self._held.append(self._keys.get_nowait())
        keys = [event, *takewhile(_of_text, self._held)]
        while not _printable(keys[-1]):  # an Enter at the end is pressed, one before more text is pasted
            keys.pop()
        if len(keys) < A_PASTE:
            return event, 1
        opened = bool(self._opened_at) and event.time - self._opened_at < PAUSE_SECONDS
        if self._takes_lines() and _typed_ahead("".join(map(_text_of, keys)), opened):
            self._ahead = len(keys) - 1
            return event, 1
        for _ in keys[1:]:
            self._held.popleft()
        return events.Paste("".join(map(_text_of, keys))), len(keys)

    async def _stands_alone(self, event: TypedEvent) -> bool:
        """Whether a key at a question is one answer and not the first letter of a text: no key follows for a pause.

        The pause begins where the question can be seen.
        """
        asked_at = self._asked_at()
        if asked_at is None or not (_printable(event) or isinstance(event, events.Paste)):
            return True
        if isinstance(event, events.Paste):
            return False
        until = max(event.time, asked_at) + PAUSE_SECONDS
        if not self._held:
            try:
                async with asyncio.timeout(max(until - time.monotonic(), 0.001)):
                    self._held.append(await self._keys.get())
            except TimeoutError:
                return True
        return self._held[0].time >= until

    async def _done(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            async with self._one_job:
                await job()
        finally:
            self._jobs -= 1
            if not self._jobs:
                self._still.set()

    def _way(self) -> list[MessagePump]:
        """The widgets that hear a key: from the one in focus up to its screen."""
        screen = self._app.screen
        way: list[MessagePump] = [self._app.focused or screen]
        while way[-1] is not screen and (above := way[-1]._parent) is not None:
            way.append(above)
        return way

    async def _gone(self, way: list[MessagePump]) -> None:
        """Until what was in the queues of these widgets has been read."""
        for pump in way * HOPS:
            passed = asyncio.get_running_loop().create_future()
            if pump.call_later(_pass, passed):
                await asyncio.wait([passed], timeout=MOST_SECONDS)


def _typed_ahead(text: str, words_too: bool) -> bool:
    """Whether several short lines came at once: codes typed while the line stood still.

    Most of them are no mere words, unless those are taken too.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    words = [line for line in lines if line.replace(" ", "").isalpha()]
    short = all(len(line) <= LONGEST_TYPED for line in lines)
    return 1 < len(lines) <= MOST_TYPED_AHEAD and short and (words_too or 2 * len(words) <= len(lines))


def _printable(event: TypedEvent) -> bool:
    return isinstance(event, events.Key) and event.is_printable


def _of_text(event: TypedEvent) -> bool:
    """Whether a key can be part of pasted text: a character, or the end of a line in it."""
    return _printable(event) or isinstance(event, events.Key) and event.key in _WHITE


def _edits(event: TypedEvent) -> bool:
    """Whether an event writes, mends or ends text."""
    return isinstance(event, events.Paste) or _of_text(event) or event.key in ("escape", "backspace")


def _text_of(event: TypedEvent) -> str:
    if not isinstance(event, events.Key):
        return ""
    return _WHITE.get(event.key) or event.character or ""


_WHITE = {"enter": "\n", "ctrl+j": "\n", "tab": " "}
_ENDS = ("enter", "ctrl+j")


def _pass(passed: asyncio.Future[None]) -> None:
    if not passed.done():
        passed.set_result(None)

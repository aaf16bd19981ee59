"""What happens while nobody presses a key: garbage is collected, the screen is covered, in the end the program ends.

How long keys were pressed goes into the record as the active time of the person.
"""

from __future__ import annotations

import gc
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from store.clock import clock_day
from store.figures.activity import Activity
from store.opened_file import RecordExchanged
from store.settings import load_settings
from tui.screens.lock import LockScreen
from tui.widgets.entry_line import SECRET

if TYPE_CHECKING:
    from tui.app import Workstation

IDLE_SECONDS = 5
"""How often it is looked how long no key was pressed."""

ACTIVITY_SECONDS = 60
"""How often the active time of the person is put into the record."""

QUIET_SECONDS = 2.0
"""How long no key was pressed where garbage is collected: reading takes longer, typing does not."""


class Idle:
    """How long no key was pressed, and what that leads to."""

    def __init__(self, app: Workstation) -> None:
        self._app = app
        self.last_key = time.monotonic()
        """When the last key was pressed, on the monotonic clock."""
        self._activity = Activity(load_settings().idle_seconds)
        self._kept_activity = self._collected_for = self.last_key

    def key(self) -> None:
        """A key was pressed, or text pasted."""
        self.last_key = time.monotonic()
        self._activity.key(self.last_key)

    def watch(self) -> None:
        """Cover the screen after a while without a key, and end after a longer one; looked at every few seconds."""
        settings = load_settings()
        if self._activity.keys and time.monotonic() - self._kept_activity >= ACTIVITY_SECONDS:
            self._kept_activity = time.monotonic()
            self._app.work_beside(self.keep_activity())
        if self._collected_for != self.last_key and time.monotonic() - self.last_key >= QUIET_SECONDS:
            self._collected_for = self.last_key
            gc.collect()
        idle = (time.monotonic() - self.last_key) / 60
        if settings.leave_minutes and idle >= settings.leave_minutes:
            self._app.in_turn(self._end())
        elif settings.lock_minutes and idle >= settings.lock_minutes and not isinstance(self._app.screen, LockScreen):
            self._app.in_turn(self.lock())

    async def keep_activity(self) -> None:
        """Put the active time since the last time into the record, on the day it is by this host's clock."""
        from store.figures.active import keep_activity

        if self._activity.keys:
            await self._app.change(keep_activity, clock_day().isoformat(), *self._activity.taken())

    async def lock(self) -> None:
        """Cover the screen; a job before this one may have taken so long that it was asked for again."""
        if not isinstance(self._app.screen, LockScreen):
            await self._app.push_screen(LockScreen())

    def unlock(self) -> None:
        """Show again what the lock covered, to a person with a PIN only for it."""
        self._app.in_turn(self._unlock())

    async def _unlock(self) -> None:
        front = self._app.front
        if not isinstance(front, LockScreen):
            return
        if not await self.pin_is_set():
            await self._app.close(front)
            return

        async def given(pin: str) -> None:
            from store.pins import WrongPin, require_pin

            try:
                await self._app.change(require_pin, pin)
            except WrongPin as error:
                front.trouble(error)
                if error.blocked:
                    await self._end()
                return
            await self._app.close(front)

        front.ask(SECRET, "your PIN:", answer=given)

    async def pin_is_set(self) -> bool:
        """Whether the person at the keyboard has a PIN."""
        from store.pins import has_pin

        return await self._app.change(has_pin)

    async def _end(self) -> None:
        """Give back what is open and end."""
        for screen in self._app.desk_screens:
            with suppress(RecordExchanged):  # told at the end
                await screen.put_away()
        with suppress(RecordExchanged):
            await self.keep_activity()
        self._app.exit(0)

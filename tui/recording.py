"""Recording the keys that are pressed, and pressing them again as a macro (`tui.macros` keeps them).

A replay waits for each key's effect, stops where another screen comes than was recorded, and at every question.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual import events

from codesets.errors import CodedeskError
from tui.cells import counted
from tui.macros import MOST_STEPS, Step, load_macros, preview, save_macro
from tui.screens.desk import DeskScreen
from tui.widgets.entry_line import SECRET

if TYPE_CHECKING:
    from tui.app import Workstation

MOST_WAITS = 250
"""How often a macro looks whether a key has had its effect before it goes on: five seconds."""

STANDING = ("macro", "warm", "batch", "watch")
"""Groups of workers that no key waits for."""


class Recorder:
    """The keys that are being recorded, and the replay of those that were."""

    def __init__(self, app: Workstation) -> None:
        self._app = app
        self._recorded: list[Step] | None = None

    @property
    def recording(self) -> bool:
        return self._recorded is not None

    @property
    def _front(self) -> DeskScreen:
        screen = self._app.screen
        assert isinstance(screen, DeskScreen)
        return screen

    def note(self, event: events.Key) -> None:
        """Keep a key while keys are recorded; never one of a secret."""
        if self._recorded is None:
            return
        front = self._front
        if front.entry.asking != SECRET and len(self._recorded) < MOST_STEPS:
            self._recorded.append(Step(front.name_on, event.key, event.character))

    def begin_or_end(self) -> None:
        """Begin to record, or end and ask for a name to keep it by."""
        if self._recorded is None:
            self._recorded = []
            self._front.say("Recording keys. The same key ends it.", "focus")
            return
        steps, self._recorded = tuple(self._recorded[:-1]), None
        if not steps:
            self._front.say("Nothing was recorded.")
            return

        async def named(name: str) -> None:
            if name.strip():
                save_macro(name.strip(), steps)
                self._front.say(f"Macro {name.strip()} kept: {counted(len(steps), 'key')}. @ replays it.")
            else:
                self._front.say("The macro was not kept.")

        self._front.ask("macro", "name of the macro:", answer=named)

    def choose(self) -> None:
        """Let a macro be chosen, and press its keys."""
        try:
            macros = load_macros()
        except CodedeskError as error:
            self._front.trouble(error)
            return
        if not macros:
            self._front.say("No macro is kept yet. R records one.", "warning")
            return

        async def chosen(name: str) -> None:
            self._app.run_worker(partial(self._replay, name, macros[name]), group="macro", exclusive=True)

        self._front.choose("replay", "macro:", [(name, preview(steps)) for name, steps in macros.items()], chosen)

    async def _replay(self, name: str, steps: tuple[Step, ...]) -> None:
        """Press the keys, each when what the one before began has ended; stop where the screen is another one."""
        for number, step in enumerate(steps, 1):
            if self._front.name_on != step.screen:
                self._front.say(
                    f"Macro {name} stopped before key {number}: recorded on {step.screen}, this is "
                    f"{self._front.name_on}.",
                    "warning",
                )
                return
            if self._front.entry.asking == "confirm":
                self._front.say(f"Macro {name} stops at the question: the answer is yours.", "warning")
                return
            self._app.keyboard.take(events.Key(step.key, step.character))
            await self._quiet()
        self._front.say(f"Macro {name} done: {counted(len(steps), 'key')}.")

    async def _quiet(self) -> None:
        """Until the last key has had its effect: no job is left and nothing fills a pane."""
        await self._app.keyboard.wait()
        for _ in range(MOST_WAITS):
            if not [one for one in self._app.workers if one.is_running and one.group not in STANDING]:
                return
            await asyncio.sleep(0.02)

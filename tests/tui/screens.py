"""Drives the workstation without a terminal and reads its cells as text: what goldens and screen tests share."""

from __future__ import annotations

import asyncio
import difflib
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from sqlmodel import select
from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.timer import Timer
from textual.worker import WorkerCancelled

from store.database import open_database
from store.models import FinalDiagnosis
from store.settings import today
from tui.app import Workstation
from tui.screens.desk import DeskScreen

GOLDENS = Path(__file__).parent / "goldens"
SIZES = [(80, 24), (132, 43)]

CALM = 3
"""How many turns of the event loop without a message are rest."""

DRAWN = 2
"""How often a screen is drawn until what drawing itself asked for is drawn as well."""

AT_ONCE = 0.001
"""Seconds after which what is loaded behind the first frame is loaded in tests."""

BRISK, STILL_SECONDS = 50, 30.0
"""After so many turns the loop is asked less often; how long a screen may take to come to rest."""


@asynccontextmanager
async def opened(size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Workstation, Pilot]]:
    """The workstation on the demo site of the test, settled on its first screen."""
    app = Workstation(today())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pilot


async def settle(pilot: Pilot) -> None:
    """Wait until every worker has finished and what they changed is drawn, the page of a row too, without its moment.

    What is waited for is that queues are empty, not that the machine is idle, which on a busy one takes a second a key.
    """
    app = pilot.app
    for _ in range(DRAWN):
        await _still(app)
        app.screen._on_timer_update()
    while isinstance(screen := app.screen, DeskScreen) and screen.page_timer.waits:
        screen.page_timer.stop()
        screen.call_later(screen.page_timer.due)
        for _ in range(DRAWN):
            await _still(app)
            app.screen._on_timer_update()


async def _still(app: App[None]) -> None:
    """Wait until no key, job, worker or message is left: looked at, since to ask each widget is most of the work."""
    turns, calm = 0, 0
    until = time.monotonic() + STILL_SECONDS
    while calm < CALM and not app._exception and app._running:
        await app.keyboard.wait()
        await _workers(app)
        turns += 1
        await asyncio.sleep(0 if turns < BRISK else 0.002)
        pumps = [app, *app.screen.walk_children(with_self=True)]
        calm = calm + 1 if not any(map(_busy, pumps)) and not any(map(_is_due, app.screen._timers)) else 0
        if time.monotonic() > until:
            raise TimeoutError("the screen does not come to rest")


def _busy(pump: MessagePump) -> bool:
    """Whether a message waits or is being worked on: who is idle waits for one. Private calls, kept here."""
    queue = pump._message_queue
    return not (queue.empty() and queue.ready_event._waiters) or bool(pump._next_callbacks)


def _is_due(timer: Timer) -> bool:
    """Whether a timer that ticks once is about to: what comes at once in tests is part of what a screen does."""
    running = timer._task is not None and not timer._task.done()
    return running and timer._repeat == 0 and timer._interval <= AT_ONCE


async def _workers(app: App[None]) -> None:
    """Wait for the workers there are; one that a newer one of its group cancels is done with as well."""
    for worker in list(app.workers):
        with suppress(WorkerCancelled):
            await app.workers.wait_for_complete([worker])


async def keys(pilot: Pilot, *pressed: str) -> None:
    """Press keys, each when the one before has had its effect and was looked at, as by who does not type ahead."""
    for key in pressed:
        looked_at(pilot.app)
        await pilot.press(key)
        await settle(pilot)


def looked_at(app: Workstation) -> None:
    """Let the time pass in which a key would come too quick to be an answer to what is on the screen."""
    app.screen._asking.shown_at = 0.0
    app.keyboard._answered_at = 0.0
    if entering := getattr(app.screen, "entering", None):
        entering._refused_at -= 1
        entering._told_at = entering._told_at and entering._told_at - 1
    if refused := app.keyboard._refused:
        refused.pressed_at = 0.0


async def type_text(pilot: Pilot, text: str) -> None:
    """Type a text into the field in focus."""
    names = {
        " ": "space",
        ".": "full_stop",
        "-": "minus",
        ",": "comma",
        "$": "dollar_sign",
        "/": "slash",
        "*": "asterisk",
        ">": "greater_than_sign",
        "=": "equals_sign",
        ":": "colon",
    }
    looked_at(pilot.app)
    for character in text:
        await pilot.press(names.get(character, character))
    await settle(pilot)


def cells(app: Workstation) -> str:
    """The screen as lines of text, without blanks at their ends. One private call of Textual, kept here."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


def _without_time(told: re.Match[str]) -> str:
    """The time of a search as N, in as many cells as one digit takes, so that nothing beside it moves."""
    return f"{' ' * (len(told[2]) - 1)}{told[1]}  N ms"


def assert_golden(app: Workstation, name: str) -> None:
    """The screen equals the golden of that name; `UPDATE_GOLDENS=1` writes it anew."""
    text = re.sub(r"(\d+ of \d+)  (\d+) ms\b", _without_time, cells(app))
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(text, encoding="utf-8")
    if not path.exists():
        pytest.fail(f"there is no golden {path.name}; UPDATE_GOLDENS=1 writes it")
    expected = path.read_text(encoding="utf-8")
    assert text == expected, "\n".join(difflib.unified_diff(expected.splitlines(), text.splitlines(), lineterm="", n=0))


def diagnoses() -> list[FinalDiagnosis]:
    """The diagnoses in the record, by their sequence."""
    with open_database().reading() as session:
        return list(session.exec(select(FinalDiagnosis).order_by(FinalDiagnosis.sequence)))

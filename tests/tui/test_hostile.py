"""Names and notes with escape sequences, markup and bidirectional controls: shown as text, on every screen."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import open_database
from store.models import Document, Encounter, Patient, Payer
from tests.tui.screens import cells, opened, settle, type_text

HOSTILE = [
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x07",
    "\x1b[31mred\x1b[0m",
    "\x9b31m",
    "\u202eevil",
    "\x00nul",
    "[/]",
    "[@click=app.quit]x[/]",
    "[bold",
    "{{7*7}}",
]
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.usefixtures("at_desk")
@pytest.mark.parametrize("text", HOSTILE, ids=repr)
async def test_hostile_text_neither_crashes_nor_reaches_the_terminal(text: str) -> None:
    database = open_database()
    with database.change(SYSTEM) as change:
        # Written past the checks of intake, as an older row or another program might have.
        for patient in change.session.exec(select(Patient)):
            patient.family_name = f"A{text}"
        for payer in change.session.exec(select(Payer)):
            payer.name = f"P{text}"
        for document in change.session.exec(select(Document)):
            document.text = f"note {text} end"
            document.type_name = f"T{text}"
        for encounter in change.session.exec(select(Encounter)):
            encounter.reason = text
    database.close()

    seen = []
    async with opened() as (app, pilot):
        seen.append(cells(app))
        for key in ("v", "escape", "enter", "i", "escape", "f2", "escape", "f4", "a"):
            await pilot.press(key)
            await settle(pilot)
            seen.append(cells(app))
        await pilot.press("f3")
        await settle(pilot)
        await pilot.press("slash")
        await type_text(pilot, "zz")
        seen.append(cells(app))

    assert [screen for screen in seen if CONTROL.search(screen)] == []
    assert any(text.strip("\x00\x1b\x07\x9b\u202e")[-1:] in screen for screen in seen)

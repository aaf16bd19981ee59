"""Pasted text: what fits is taken and the rest is told, with and without brackets around it, and fast."""

from __future__ import annotations

import time

import pytest
from textual import events

from tests.tui.screens import cells, keys, opened, settle
from tui.keyboard import A_PASTE
from tui.widgets.entry_line import MOST_CHARACTERS

pytestmark = pytest.mark.usefixtures("at_desk")

LONG = "chest pain " * 900
MOST_SECONDS = 2.0
"""Some hundred times what typing as much would take; a loaded machine stays far below it."""


async def typed_at_once(app, pilot, text: str) -> None:
    """All keys in the queue before the first is read."""
    for character in text:
        key = "space" if character == " " else character
        app.post_message(events.Key(key, character))
    await pilot.pause()
    await app.keyboard.wait()
    await settle(pilot)


async def test_a_paste_that_is_too_long_is_cut_and_says_so() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "slash")
        app.post_message(events.Paste(LONG))
        await pilot.pause()
        await settle(pilot)

        assert app.screen.entry.text == LONG[:MOST_CHARACTERS]
        assert f"Only {MOST_CHARACTERS} of {len(LONG.strip()):,} characters were taken: one line fits here." in cells(
            app
        )


async def test_a_paste_without_brackets_is_one_piece_and_quick() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        began = time.process_time()

        await typed_at_once(app, pilot, LONG)

        assert app.screen.entry.text == LONG[:MOST_CHARACTERS]
        assert time.process_time() - began < MOST_SECONDS  # of this program: other work on the machine is none of it


async def test_what_is_typed_ahead_goes_key_by_key() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")

        await typed_at_once(app, pilot, "gout")

        assert app.screen.entry.text == "gout"


async def test_keys_behind_a_paste_keep_their_turn() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "slash")
        for character in "zwick" * A_PASTE:
            app.post_message(events.Key(character, character))
        app.post_message(events.Key("escape", None))
        await pilot.pause()
        await app.keyboard.wait()
        await settle(pilot)

        assert not app.screen.entry.asking


NOTE = "DISCHARGE SUMMARY of a made-up person\rFever, cough and a rash for three days\rquit, then yes\r" * 4


async def test_a_pasted_note_is_one_line_of_text_and_never_a_command() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        for character in NOTE.strip():
            key, text = ("enter", "\r") if character == "\r" else (character, character)
            app.post_message(events.Key(key, text))
        await pilot.pause()
        await app.keyboard.wait()
        await settle(pilot)

        assert app.screen.name_on == "codes"
        assert app.screen.entry.text == "DISCHARGE SUMMARY of a made-up person"


async def test_an_enter_right_behind_a_long_line_is_pressed() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "slash")
        for character in "zwick" * A_PASTE:
            app.post_message(events.Key(character, character))
        app.post_message(events.Key("enter", "\r"))
        await pilot.pause()
        await app.keyboard.wait()
        await settle(pilot)

        assert not app.screen.entry.asking


async def test_a_yes_is_never_read_out_of_a_paste() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "q")
        assert app.screen.entry.asking == "confirm"

        await typed_at_once(app, pilot, "n" * (A_PASTE * 2))

        assert app.is_running


@pytest.mark.parametrize("text", ["", "\n\n", " \n"])
async def test_a_paste_of_nothing_changes_nothing(text: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        app.post_message(events.Paste(text))
        await pilot.pause()
        await settle(pilot)

        assert app.screen.entry.text == ""

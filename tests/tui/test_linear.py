"""Screens for a screen reader: the real cursor where the work is, and a mode without anything that is only drawn."""

from __future__ import annotations

import re

import pytest
from textual.geometry import Offset

from tests.tui.screens import assert_golden, cells, opened, settle, type_text

pytestmark = pytest.mark.usefixtures("at_desk")

DRAWN = re.compile("[\u2500-\u259f\u25a0-\u25ff]")
"""Box drawing, blocks and geometric shapes."""


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_LINEAR", "true")


@pytest.mark.usefixtures("linear")
async def test_linear_screens_are_read_line_by_line() -> None:
    async with opened() as (app, pilot):
        assert_golden(app, "linear-worklist")
        await pilot.press("enter")
        await settle(pilot)
        assert_golden(app, "linear-chart")
        await pilot.press("f2")
        await settle(pilot)
        await type_text(pilot, "copd exac")
        assert_golden(app, "linear-codes")


@pytest.mark.usefixtures("linear")
@pytest.mark.parametrize(
    "keys", [(), ("enter",), ("f2", "c", "h", "f"), ("f4",), ("question_mark",), ("v",), ("f2", "escape", "t")]
)
async def test_a_linear_screen_draws_nothing(keys: tuple[str, ...]) -> None:
    async with opened((132, 43)) as (app, pilot):
        await pilot.press(*keys)
        await settle(pilot)

        assert DRAWN.findall(cells(app)) == []


async def test_the_real_cursor_stands_on_the_row_in_focus() -> None:
    async with opened() as (app, pilot):
        await pilot.press("down", "down")
        await settle(pilot)

        line = app.screen.rows.region.y + app.screen.rows.cursor_line
        assert app.cursor_position == Offset(0, line)
        assert "Trujillo" in cells(app).splitlines()[line]


async def test_the_real_cursor_stands_behind_what_is_typed() -> None:
    async with opened() as (app, pilot):
        await pilot.press("f2")
        await settle(pilot)
        await type_text(pilot, "chf")
        await settle(pilot)

        assert app.cursor_position == Offset(len(" /chf"), 22)

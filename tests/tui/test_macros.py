"""Macros: what is recorded is pressed again on the same screens, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from store.database import open_database
from store.models import FinalDiagnosis
from tests.tui.screens import cells, opened, settle, type_text
from tui.macros import MacroError, Step, load_macros, preview, save_macro

STEPS = (Step("chart", "plus", "+"), Step("chart", "e", "e"), Step("chart", "enter", "\r"))


def test_a_macro_is_kept_by_its_name(home: Path) -> None:
    save_macro("flu shot", STEPS)

    assert load_macros() == {"flu shot": STEPS}
    assert preview(STEPS) == "chart: + e Enter"


def test_a_file_that_holds_no_macros_is_named(home: Path) -> None:
    home.mkdir()
    (home / "macros.json").write_text("[1, 2]")

    with pytest.raises(MacroError, match="macros.json"):
        load_macros()


async def _record(pilot) -> None:
    await pilot.press("R", "plus")
    await settle(pilot)
    await type_text(pilot, "z23")
    await pilot.press("enter", "escape")
    await settle(pilot)
    await pilot.press("R")
    await settle(pilot)
    await type_text(pilot, "shot")
    await pilot.press("enter")
    await settle(pilot)


async def _replay(pilot) -> None:
    await pilot.press("at")
    await settle(pilot)
    await pilot.press("enter")
    for _ in range(20):
        await pilot.pause(0.1)
        await settle(pilot)
        if "Macro shot" in cells(pilot.app):
            return


@pytest.mark.usefixtures("at_desk")
async def test_a_recorded_chart_is_coded_again_on_the_next_one() -> None:
    async with opened() as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await _record(pilot)
        await pilot.press("n")
        await settle(pilot)

        await _replay(pilot)

        assert "Macro shot done" in cells(app)
    with open_database().reading() as session:
        assert [d.code for d in session.exec(select(FinalDiagnosis))] == ["Z23", "Z23"]


@pytest.mark.usefixtures("at_desk")
async def test_a_macro_stops_on_another_screen_than_it_was_recorded_on() -> None:
    async with opened() as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await _record(pilot)
        await pilot.press("q")
        await settle(pilot)

        await _replay(pilot)

        assert "stopped before key 1: recorded on chart, this is worklist" in cells(app)

"""Where a chart is read: at the document that decides its coding, and again where it was left."""

from __future__ import annotations

import pytest

from tests.tui.screens import cells, keys, opened, type_text
from tui.app import Workstation

pytestmark = pytest.mark.usefixtures("at_desk")


def rule(app: Workstation) -> str:
    """The rule above the document: its title, which of how many, and the last line in sight."""
    return cells(app).splitlines()[1]


async def test_a_stay_opens_at_its_discharge_summary_and_is_found_again_where_it_was_left() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "v")
        await type_text(pilot, "inpatient")
        await keys(pilot, "enter", "enter")
        opened_at = rule(app)
        await keys(pilot, "left_square_bracket", "pagedown", "pagedown")
        left_at = rule(app)
        await keys(pilot, "exclamation_mark", "escape")
        after_findings = rule(app)
        await keys(pilot, "escape", "enter")
        back = rule(app)

    assert "Discharge summary" in opened_at and "8/8" in opened_at
    assert "Progress note" in left_at and left_at != opened_at
    assert after_findings == back == left_at


async def test_words_that_were_looked_for_give_way_to_new_ones() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "slash")
        await type_text(pilot, "metformin")
        await keys(pilot, "enter", "slash")
        kept = app.screen.entry.text  # type: ignore[attr-defined]
        await type_text(pilot, "feet")
        typed = app.screen.entry.text  # type: ignore[attr-defined]

    assert (kept, typed) == ("metformin", "feet")

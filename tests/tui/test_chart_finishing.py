"""Ending a chart on its screen: the summary, what stands in the way, the next chart at once, a new version later."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlmodel import select

from store.database import open_database
from store.models import Claim, Coding
from store.terms import ClaimStatus, CodingStatus
from tests.tui.screens import cells, keys, opened, settle, type_text
from tui.keyboard import PAUSE_SECONDS
from tui.screens.chart import ChartScreen

pytestmark = pytest.mark.usefixtures("at_desk")


async def code(pilot, *lines: str) -> None:
    """Type entry lines into the open chart; its entry line stays open."""
    await keys(pilot, "plus")
    for line in lines:
        await type_text(pilot, line)
        await keys(pilot, "enter")


async def test_what_stands_in_the_way_is_told_and_nothing_is_asked() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9")

        await keys(pilot, "escape", "f")

        assert "in the way  Line 1 points to no diagnosis." in cells(app)
        assert app.screen.entry.asking == ""  # type: ignore[attr-defined]


async def test_escape_at_the_question_leaves_the_summary_with_it_and_shows_the_document() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "*")
        await keys(pilot, "escape", "f")
        asked = cells(app)

        await keys(pilot, "escape")

        assert "Final code " in asked and "── Final coding" in asked
        assert "── Final coding" not in cells(app)
        assert isinstance(app.screen, ChartScreen)


async def test_what_stands_in_place_of_the_document_follows_the_codes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9")
        await keys(pilot, "escape", "f")
        in_the_way = cells(app)
        await code(pilot, "*")
        await keys(pilot, "escape")
        mended = cells(app)
        await code(pilot, "i10")
        await keys(pilot, "escape", "e")
        with_evidence = evidence(app)
        await keys(pilot, "u")
        undone = evidence(app)

    assert "Line 1 points to no diagnosis." in in_the_way
    assert "Final coding" in mended and "in the way" not in mended
    assert "I10" in with_evidence
    assert "E11.9" in undone and "I10" not in undone


def evidence(app) -> str:
    """The lines of the upper pane."""
    upper = cells(app).split(" Codes  ")[0]
    assert "Evidence" in upper
    return upper


async def test_enter_on_the_empty_line_sums_the_chart_up_and_n_opens_the_next_at_once() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "i10", "*")
        await keys(pilot, "enter")
        assert "1 professional claim to Medicare" in cells(app)
        assert "n yes and next" in cells(app)
        assert app.cursor_position.y == 22  # in the field of the question, where a screen reader follows
        first = app.screen.work_item_id  # type: ignore[attr-defined]

        await keys(pilot, "n")

        assert app.screen.name_on == "chart"  # type: ignore[attr-defined]
        assert app.screen.work_item_id != first  # type: ignore[attr-defined]
    with open_database().reading() as session:
        assert [coding.status for coding in session.exec(select(Coding).where(Coding.status == "final"))] == ["final"]


async def test_a_single_key_typed_ahead_of_a_question_answers_it_once_the_question_has_been_seen() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "i10", "*")
        await keys(pilot, "escape")

        await pilot.press("f", "y")
        await settle(pilot)

        assert app.screen.final  # type: ignore[attr-defined]
        assert app.keyboard.pressed_at - app.screen._asking.shown_at < PAUSE_SECONDS  # type: ignore[attr-defined]


async def test_a_key_that_is_no_answer_is_refused_in_words_and_the_next_one_answers() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "i10", "*")
        await keys(pilot, "escape", "f")
        await keys(pilot, "g")
        foreign = (cells(app), app.screen.entry.text)  # type: ignore[attr-defined]
        await keys(pilot, "n")

        assert "g is no answer here: y, n or Esc." in foreign[0] and foreign[1] == ""
        assert app.screen.entry.asking == ""  # type: ignore[attr-defined]


async def test_a_billed_coding_is_recoded_as_a_new_version_on_the_same_screen() -> None:
    from store.actors import SYSTEM
    from store.claims.build import build_claims

    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "i10", "*")
        await keys(pilot, "escape", "f", "y")
        first = app.screen.coding_id  # type: ignore[attr-defined]
        with closing(open_database()) as db:
            build_claims(db, SYSTEM, first)
            with db.change(SYSTEM) as change:
                change.session.exec(select(Claim)).one().status = ClaimStatus.EXPORTED
        await keys(pilot, "C")
        await type_text(pilot, "pathology came late")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "Version 2 is open" in cells(app)
        assert "✓ final" not in cells(app)
        await code(pilot, "n18.31")
        assert "N18.31" in cells(app)
    with open_database().reading() as session:
        assert session.get_one(Coding, first).status == CodingStatus.SUPERSEDED

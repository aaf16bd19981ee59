"""How a chart comes to the screen: whole in its first frame, at any size of the terminal."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import open_database
from store.models import WorkItem
from store.open_charts import OpenCharts
from tests.tui.screens import SIZES, cells, keys, opened, settle, type_text
from tui.app import Workstation
from tui.screens.asking import within
from tui.screens.chart import ChartScreen


@pytest.mark.usefixtures("at_desk")
@pytest.mark.parametrize("size", SIZES, ids=["80x24", "132x43"])
async def test_the_first_frame_of_a_chart_has_document_codes_and_findings(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[str] = []
    drawn = ChartScreen._compositor_refresh

    def kept(screen: ChartScreen) -> None:
        drawn(screen)
        if not frames and screen.is_current and screen._compositor.size.width:
            frames.append(cells(screen.app))  # type: ignore[arg-type]

    monkeypatch.setattr(ChartScreen, "_compositor_refresh", kept)
    async with opened(size) as (app, pilot):
        assert isinstance(app, Workstation)
        await keys(pilot, "n")

    assert "HPI: 71 yo M" in frames[0]
    assert "G0467" in frames[0] and "points to no diagnosis" in frames[0] and "codes the chart" in frames[0]


@pytest.mark.usefixtures("at_desk")
async def test_a_chart_that_becomes_wide_and_narrow_again_has_its_panes_at_their_height() -> None:
    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "n")
        narrow = cells(app)
        await pilot.resize_terminal(132, 43)
        await settle(pilot)
        codes = app.screen.query_one("#codes")
        for _ in range(100):  # a layout follows the keys in a moment of its own
            if codes.size.height > 30:
                break
            await pilot.pause(0.02)
        wide = codes.size.height
        await pilot.resize_terminal(80, 24)
        for _ in range(100):
            if cells(app) == narrow:
                break
            await pilot.pause(0.02)

        assert wide > 30
        assert cells(app) == narrow


@pytest.mark.usefixtures("at_desk")
async def test_a_chart_that_is_open_in_another_session_of_the_same_person_is_offered_and_opened_to_read() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        chart = app.screen.work_item_id  # type: ignore[attr-defined]
    elsewhere = OpenCharts()
    elsewhere.hold(chart, "mreyes")

    async with opened() as (app, pilot):
        offered = cells(app)
        await keys(pilot, "y")
        read = cells(app)
        await keys(pilot, "plus")
        refused = cells(app)
        await keys(pilot, "q")
        elsewhere.let_all_go()
        await keys(pilot, "enter", "plus")

        assert "is open in your other session since" in offered and "Read it?" in offered
        assert "@ to read" in read and "you have this chart open in another session" in refused
        assert app.screen.entry.asking == "entry"


@pytest.mark.parametrize(
    ("question", "room", "expected"),
    [
        ("Go on with Zwick, Delbert?", 40, "Go on with Zwick, Delbert?"),
        ("Go on with Zwick, Delbert?", 22, "Go on with Zwick, De…?"),
        ("Go on with Zwick, Delbert, and with all the others?", 30, "Go on with Zwick,…the others?"),
    ],
)
def test_a_question_too_wide_for_its_line_is_cut_in_its_name_and_then_in_its_middle(
    question: str, room: int, expected: str
) -> None:
    assert within(question, room, "Zwick, Delbert") == expected


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_the_answers_to_what_is_offered_are_in_sight_however_long_name_and_line_are(
    at_desk: None, elsewhere: bool
) -> None:
    db = open_database()
    with db.change(SYSTEM) as change:
        for item in change.session.exec(select(WorkItem)):
            item.patient_name = "Featherstonehaugh-Cholmondeley, Delbert"
    db.close()
    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "n")
        chart = app.screen.work_item_id  # type: ignore[attr-defined]
        await keys(pilot, "plus")
        await type_text(pilot, "e11.42 and much more of it")
        await pilot.pause(1.0)
    there = OpenCharts()
    if elsewhere:
        there.hold(chart, "mreyes")

    async with opened((80, 24)) as (app, pilot):
        offered = cells(app)

    assert ("Read it?" if elsewhere else "typed?") + "  y yes, Esc no:" in offered
    assert "Feather" in offered
    there.let_all_go()

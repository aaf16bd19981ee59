"""The E/M worksheet on its screen and from the command line: counted by keys, the level and its code taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.database import open_database
from store.queries import SessionReader
from store.queries.codings import coding_codes
from tests.tui.screens import cells, keys, opened, settle, type_text
from tui.cli import main
from tui.screens.chart import ChartScreen
from tui.screens.em import EmScreen


@pytest.mark.usefixtures("at_desk")
async def test_the_level_follows_the_counts_and_its_code_goes_into_the_chart_with_the_arithmetic(home: Path) -> None:
    (home / "em_codes.csv").write_text("family,level,code\noffice_established,4,G0463\n", encoding="utf-8")
    async with opened() as (app, pilot):
        await keys(pilot, "n", "m", "down", "space", "space")
        assert "level 2 by decision making" in cells(app)
        await keys(pilot, "enter")
        assert "Level 2 by decision making. No code of this site" in cells(app)
        await keys(pilot, "t")
        await type_text(pilot, "32")
        await keys(pilot, "enter")
        assert "level 4 by time" in cells(app)

        await keys(pilot, "enter")

        assert isinstance(app.screen, ChartScreen)
        coding_id = app.screen.coding_id
    with open_database().reading() as session:
        line = coding_codes(SessionReader(session), coding_id).lines[-1]
    assert (line.code, line.why) == (
        "G0463",
        "E/M worksheet: office or outpatient visit, established patient, level 4 by time",
    )
    assert "32 minutes reach 30" in line.trail


@pytest.mark.usefixtures("at_desk")
async def test_what_was_counted_stays_with_the_chart_when_the_worksheet_is_left() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "m", "r", "2", "p", "3", "t")
        await type_text(pilot, "28")
        await keys(pilot, "enter", "escape", "plus")
        await type_text(pilot, "i1")
        await keys(pilot, "escape", "m")

        assert isinstance(app.screen, EmScreen)
        assert sorted(app.screen._counts.values()) == [2, 3] and app.screen._minutes == 28


@pytest.mark.usefixtures("at_desk")
async def test_a_key_leads_to_each_element_of_decision_making() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "m")
        reached = []
        for key in "rdp":
            await keys(pilot, key)
            reached.append(app.screen.rows.selected.element)  # type: ignore[attr-defined]

    assert reached == ["risk", "data", "problems"]


@pytest.mark.usefixtures("at_desk")
async def test_typing_filters_what_is_counted_and_an_element_shows_all_again() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "m", "slash")
        await type_text(pilot, "presc")
        await keys(pilot, "enter", "space")
        counted, shown = dict(app.screen._counts), app.screen.rows.count  # type: ignore[attr-defined]
        place = cells(app).splitlines()[0]
        await keys(pilot, "r")

        assert (counted, shown) == ({"prescription": 1}, 1) and "/presc" in place
        assert app.screen.rows.count > 20 and app.screen.rows.selected.element == "risk"  # type: ignore[attr-defined]


def test_the_command_judges_a_visit_and_tells_its_arithmetic(capsys: pytest.CaptureFixture) -> None:
    asked = ["em", "office_new", "--item", "chronic_stable=2", "--item", "prescription", "--minutes", "20", "--json"]

    assert main(asked) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["level"], told["by"], told["mdm_level"], told["time_level"]) == (4, "mdm", 4, 2)


def test_a_visit_that_supports_nothing_exits_with_one(capsys: pytest.CaptureFixture) -> None:
    assert main(["em", "office_new"]) == 1
    assert "none is supported" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("table", "told"),
    [("a,b\n", "expected the columns"), ("family,level,code\noffice_new,four,G0463\n", "line 2"), ("\xff", "em_codes")],
)
def test_a_table_of_the_site_that_is_wrong_says_where(
    home: Path, table: str, told: str, capsys: pytest.CaptureFixture
) -> None:
    home.mkdir(exist_ok=True)
    (home / "em_codes.csv").write_bytes(table.encode("latin-1"))

    assert main(["em", "office_new", "--minutes", "40"]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("at_desk")
async def test_a_refused_answer_keeps_its_prompt_so_that_what_is_typed_on_mends_it() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "m")

        await pilot.press("t", *"abc", "enter")
        await settle(pilot)
        refused, kept = cells(app), (app.screen.entry.asking, app.screen.entry.text)  # type: ignore[attr-defined]
        await pilot.press("3", "5", "enter")
        await settle(pilot)

        assert "Expected the total minutes of the day as a number" in refused and kept == ("minutes", "abc")
        assert app.screen._minutes == 35 and not app.screen._counts  # type: ignore[attr-defined]

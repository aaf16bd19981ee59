"""The boards by keys: DNFB first, the list behind a number, another board, a page for a meeting."""

from __future__ import annotations

import pytest

from store.actors import SYSTEM
from store.database import open_database
from store.demo.year import make_year
from store.settings import outbox
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, type_text


@pytest.fixture
def year(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo site with a small year, and the manager at the keyboard."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "kwhite")
    database = open_database()
    make_year(database, SYSTEM, 600, seed=7)
    database.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_number_leads_to_its_list_and_a_board_to_a_page(year: None, size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f8")
        assert_golden(app, f"board-{at}")
        await keys(pilot, "enter")
        assert_golden(app, f"board-behind-{at}")
        await keys(pilot, "q", "b")
        await type_text(pilot, "denial-r")
        await keys(pilot, "enter")
        assert "Pareto" in cells(app)
        await keys(pilot, "w", "e")

    assert {path.suffix for path in outbox().iterdir()} == {".html", ".csv"}


async def test_how_a_board_is_reckoned_is_read_to_its_end_at_80x24(year: None) -> None:
    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "f8")
        assert "13/13" not in cells(app)

        await keys(pilot, "D")
        assert "13/13" in cells(app)
        await keys(pilot, "U")
        assert "7/13" in cells(app)


async def test_a_board_that_counts_claims_says_of_how_many_visits(year: None) -> None:
    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "f8", "b")
        await type_text(pilot, "volumes")
        await keys(pilot, "enter", "enter")

        assert "2 lines in 1 visit." in cells(app)


async def test_an_empty_month_says_so(year: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f8", "b")
        await type_text(pilot, "coded-a")
        await keys(pilot, "enter", *["["] * 15)

        assert "Nothing from 2025-07-01 to 2025-07-31" in cells(app)


async def test_a_board_without_a_figure_says_why_and_so_does_its_publishing(year: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f8", "b")
        await type_text(pilot, "case")
        await keys(pilot, "enter", *["["] * 15)
        shown = cells(app)
        await keys(pilot, "p", "y")

        assert shown.splitlines()[0].rstrip().endswith("none")
        assert "no inpatient stay was discharged in the period" in " ".join(shown.split())
        assert "It has no figure: no inpatient stay" in " ".join(cells(app).split())

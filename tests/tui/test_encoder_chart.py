"""The encoder and the chart together: trails that stay with a code, 7th characters, favorites."""

from __future__ import annotations

import pytest

from tests.tui.screens import SIZES, assert_golden, cells, diagnoses, keys, opened, type_text
from tui.screens.chart import ChartScreen

pytestmark = pytest.mark.usefixtures("at_desk")


async def typed(pilot, *lines: str) -> None:
    """Type into the field that is open, each line entered."""
    for line in lines:
        await type_text(pilot, line)
        await keys(pilot, "enter")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_chart_shows_the_trail_of_each_code(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "n", "f2")
        await type_text(pilot, "uti")
        await keys(pilot, "escape", "t", "enter")
        assert isinstance(app.screen, ChartScreen)
        await keys(pilot, "plus")
        await typed(pilot, "i10")
        await keys(pilot, "escape", "e")

        assert_golden(app, f"chart-evidence-{at}")


async def test_a_code_from_the_encoder_has_its_walk_and_the_notes_that_were_in_sight() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "n", "f2")
        await type_text(pilot, "uti")
        await keys(pilot, "escape", "t", "enter")

    (found,) = diagnoses()
    assert (found.code, found.why) == ("N39.0", "Tabular list: N39.0")
    steps = found.trail.splitlines()
    assert steps[:2] == ["search “uti” N39.0", "Tabular list: N39.0"]
    assert "seen: Excludes1 at N39.0: candidiasis of urinary tract (B37.4-)" in steps


async def test_what_was_gone_back_from_is_no_part_of_the_trail() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "n", "f2")
        await type_text(pilot, "uti")
        await keys(pilot, "escape", "t", "down", "escape", "enter")

    assert diagnoses()[0].trail.splitlines()[0] == "search “uti” N39.0"
    assert "Tabular" not in diagnoses()[0].trail


@pytest.mark.parametrize(
    ("line", "picked", "code", "poa"),
    [("s52.501", "d", "S52.501D", ""), ("s52.501 y", "a", "S52.501A", "Y"), ("s01.00", "s", "S01.00XS", "")],
)
async def test_the_entry_line_asks_for_a_missing_7th_character(line: str, picked: str, code: str, poa: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await typed(pilot, line)
        assert "7th character" in cells(app)

        await keys(pilot, picked)

        assert app.screen.entry.asking == "entry"  # type: ignore[attr-defined]
    (found,) = diagnoses()
    assert (found.code, found.poa) == (code, poa)
    assert found.why.endswith(f"7th character {picked.upper()}")


async def test_esc_at_the_7th_character_gives_the_line_back() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await typed(pilot, "s52.501 y")

        await keys(pilot, "escape")

        assert app.screen.entry.text == "s52.501 y"  # type: ignore[attr-defined]
    assert diagnoses() == []


async def test_a_header_in_the_search_offers_its_7th_characters_to_the_chart() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "f2")
        await type_text(pilot, "s52.501")
        await keys(pilot, "escape", "home")
        row = next(n for n, row in enumerate(app.screen._listed) if row.code == "S52501")  # type: ignore[attr-defined]
        await keys(pilot, *["down"] * row, "enter", "b")

        assert isinstance(app.screen, ChartScreen)
    assert diagnoses()[0].code == "S52.501B"


async def test_a_favorite_is_taken_from_the_encoder_and_found_by_its_words_in_the_chart() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "f2")
        await type_text(pilot, "chf")
        await keys(pilot, "escape", "asterisk", "plus")
        await typed(pilot, "heart: old pump")
        await keys(pilot, "v")
        assert "heart" in cells(app) and "favorites" in cells(app)
        await keys(pilot, "enter")
        assert "list favorites" in cells(app).splitlines()[0]
        await keys(pilot, "escape", "plus")
        await type_text(pilot, "=")
        await type_text(pilot, "pump")

        await keys(pilot, "enter")

    (found,) = diagnoses()
    assert found.code == "I50.9"
    assert found.why == "favorites “=pump”: heart: old pump"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_list_of_one_s_own_looks_as_it_should(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "chf")
        await keys(pilot, "escape", "asterisk", "down", "asterisk", "plus")
        await typed(pilot, "heart: old pump")
        await keys(pilot, "v")
        assert_golden(app, f"encoder-lists-{at}")
        await type_text(pilot, "heart")
        await keys(pilot, "enter")
        assert_golden(app, f"encoder-list-{at}")


async def test_a_star_marks_the_row_until_it_is_taken_away() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "chf")
        await keys(pilot, "escape", "asterisk")
        starred = cells(app).splitlines()[1]

        await keys(pilot, "asterisk")

        assert starred.startswith("*I50.9")
        assert cells(app).splitlines()[1].startswith(" I50.9")


async def test_without_a_list_the_encoder_says_how_to_make_one() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "v")

        assert "You have no list yet" in cells(app)

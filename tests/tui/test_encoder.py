"""The encoder's books on made-up code sets: index, tables, PCS builder and what changed, by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesets import build, importing
from codesets.gathering import gather
from tests.codesets import small_files
from tests.codesets.sources import made_files
from tests.tui.screens import cells, opened, settle, type_text
from tui.screens.codes import CodeSearchScreen
from tui.screens.index import IndexScreen


def _quiet(stage: str, done: float) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference database of made-up books: two years of codes, index, drug table, PCS tables."""
    folder = tmp_path_factory.mktemp("encoder")
    place, inbox = folder / "reference.sqlite", folder / "inbox"
    inbox.mkdir()
    files = {
        "order_2020.txt": small_files.order_text(small_files.ROWS_2020),
        "order_2021.txt": small_files.order_text(small_files.ROWS_2021),
        "tabular_2020.xml": small_files.TABULAR,
        "index_2020.xml": small_files.INDEX,
        "drug_2020.xml": small_files.DRUGS,
        "icd10pcs_order_2099.txt": made_files.PCS_ORDER,
        "tables.xml": made_files.PCS_TABLES,
    }
    for name, text in files.items():
        (inbox / name).write_text(text, encoding="utf-8", newline="")
    with build.replacement(place, None, _quiet):
        pass
    with gather([str(inbox)], _quiet) as gathered:
        importing.run(place, importing.plan(place, gathered), _quiet)
    return place


@pytest.fixture(autouse=True)
def at_encoder(made_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(made_up))
    monkeypatch.setenv("CODEDESK_TODAY", "2020-01-15")


async def keys(pilot, *pressed: str) -> None:
    for key in pressed:
        await pilot.press(key)
        await settle(pilot)


async def test_the_index_is_walked_from_a_main_term_to_a_code() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "fev")
        await keys(pilot, "enter")
        assert "Fever, feverish" in cells(app) and "A00.9" in cells(app)

        await keys(pilot, "right")

        assert "mild" in cells(app) and "A00.0  [M1A.0]" in cells(app)


async def test_a_reference_leads_to_the_term_it_names() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "fev")
        await keys(pilot, "enter", "right", "right")
        assert "see Shivers, of season" in cells(app)

        await keys(pilot, "enter")

        assert "season" in cells(app) and "A00.0" in cells(app)


async def test_left_goes_back_to_where_one_came_from() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "fev")
        await keys(pilot, "enter", "right", "left")

        assert "Fever, feverish" in cells(app)


async def test_the_drug_table_is_a_grid_whose_columns_are_chosen_by_arrows() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i", "tab", "tab", "tab")
        await type_text(pilot, "fizz")
        await keys(pilot, "enter")
        assert "ACCIDENT" in cells(app) and "S01.1XXA" in cells(app)

        await keys(pilot, "right", "right", "right", "right")

        assert "ADVERSE" in cells(app)
        assert "A00.0" in cells(app).splitlines()[-11] or "Made-up fever, mild" in cells(app)


async def test_a_header_in_the_index_leads_to_what_is_below_it() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "whis")
        await keys(pilot, "enter")
        assert isinstance(app.screen, IndexScreen)

        await keys(pilot, "enter")

        assert isinstance(app.screen, IndexScreen | CodeSearchScreen)


async def test_a_pcs_code_is_built_by_its_characters_and_nothing_illegal_can_be_chosen() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "p", "0", "0", "1", "7")
        assert "0017___" in cells(app) and "Approach" in cells(app)

        await keys(pilot, "9")
        assert "0017___" in cells(app) and "9 is no value of this axis" in cells(app)

        await keys(pilot, "0", "backspace", "0")
        assert "00170__" in cells(app)


async def test_what_changed_lists_new_ended_and_retitled_codes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "c")
        shown = cells(app)
        assert "FY2020 to FY2021" in shown
        assert "+ A00.90" in shown and "- A00.9" in shown and "~ A00.0" in shown

        await keys(pilot, "v", "v")

        assert "+ A00.90" not in cells(app) and "- A00.9" in cells(app)


async def test_a_code_s_page_has_its_index_trail_and_its_history() -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "a000")

        shown = cells(app)
        assert "Fever, feverish" in shown and "mild" in shown
        assert "FY2020" in shown and "FY2021" in shown


async def test_without_books_the_index_says_what_would_fill_it(
    reference_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(reference_file))
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")

        assert "codedesk codesets import" in cells(app)

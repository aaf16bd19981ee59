"""The encoder's books on made-up code sets: index, tables, PCS builder and what changed, by keys alone."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.tui.encoder_books import make_reference
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text
from tui.screens import changes
from tui.screens.codes import CodeSearchScreen
from tui.screens.index import IndexScreen
from tui.screens.pcs import PcsScreen
from tui.screens.pcs_index import PcsIndexScreen
from tui.screens.tabular import TabularScreen


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference database of made-up books: two years of codes, tabular list, index, tables, PCS tables."""
    return make_reference(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(autouse=True)
def at_encoder(made_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(made_up))
    monkeypatch.setenv("CODEDESK_TODAY", "2020-01-15")


async def until(true: Callable[[], bool]) -> None:
    """Wait until something stands on the screen, while a worker is held up."""
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


async def search(pilot, text: str) -> None:
    """Search and go to the list."""
    await keys(pilot, "slash", "end", *["backspace"] * 8)
    await type_text(pilot, text)
    await keys(pilot, "escape")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_encoder_s_screens_look_as_they_should(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "a00.10")
        assert_golden(app, f"encoder-page-{at}")
        await keys(pilot, "tab", "tab", "enter")
        assert_golden(app, f"encoder-linked-{at}")
        await keys(pilot, "left_square_bracket", "t")
        assert_golden(app, f"encoder-tabular-{at}")
        await keys(pilot, "left", "left", "left", "left", "left")
        assert_golden(app, f"encoder-tabular-folded-{at}")
        await keys(pilot, "slash")
        await type_text(pilot, "s01.1")
        await keys(pilot, "enter", "7")
        assert_golden(app, f"encoder-seventh-{at}")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_books_look_as_they_should(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "fev")
        await keys(pilot, "enter", "right")
        assert_golden(app, f"encoder-index-{at}")
        await keys(pilot, "right")
        assert_golden(app, f"encoder-index-see-{at}")
        await keys(pilot, "enter", "left")
        assert_golden(app, f"encoder-index-seen-{at}")
        await keys(pilot, "x", "x", "escape", "right", "down")
        assert_golden(app, f"encoder-neoplasms-{at}")
        await keys(pilot, "x", "escape", "right", "right", "right", "right")
        assert_golden(app, f"encoder-drugs-{at}")
        await keys(pilot, "escape", "p")
        assert_golden(app, f"encoder-pcs-1-{at}")
        await keys(pilot, "0", "0", "1")
        assert_golden(app, f"encoder-pcs-4-{at}")
        await keys(pilot, "7", "0", "j", "1")
        assert_golden(app, f"encoder-pcs-whole-{at}")
        await keys(pilot, "slash")
        await type_text(pilot, "hum")
        await keys(pilot, "enter", "right")
        assert_golden(app, f"encoder-pcs-index-{at}")
        await keys(pilot, "escape", "c", "down")
        assert_golden(app, f"encoder-changes-{at}")


async def test_the_index_is_walked_from_a_main_term_to_a_code() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "fev")
        await keys(pilot, "enter")
        assert "Fever, feverish" in cells(app) and "A00.9" in cells(app)

        await keys(pilot, "right")

        assert "mild" in cells(app) and "A00.0  [M1A.0]" in cells(app)


async def test_a_letter_typed_lays_nothing_out_anew() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "fe")
        laid_out: list[object] = []
        app.screen.screen_layout_refresh_signal.subscribe(app.screen, laid_out.append)

        await type_text(pilot, "ver")

        assert "/fever" in cells(app)
        assert laid_out == []


async def test_the_terminal_s_cursor_stands_where_is_typed_in_a_text_that_is_longer_than_the_field() -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "fever " * 18)

        await keys(pilot, "home")

        at_home = app.cursor_position
        assert at_home.x == app.screen.entry.query_one("#field").region.x

        await keys(pilot, "end")
        await pilot.resize_terminal(80, 24)

        field = app.screen.entry.query_one("#field")
        for _ in range(100):  # a layout follows in a moment of its own
            await pilot.pause(0.02)
            if field.region.right <= 80:
                break
        await settle(pilot)
        assert field.region.right - 3 <= app.cursor_position.x <= field.region.right
        assert "fever fever" in cells(app).splitlines()[22]


async def test_a_slash_in_a_field_that_asks_with_a_slash_is_no_part_of_the_term() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i", "slash")

        await type_text(pilot, "fev")

        assert "/fev" in cells(app) and "//fev" not in cells(app)


async def test_a_reference_leads_to_the_term_it_names() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "fev")
        await keys(pilot, "enter", "right", "right")
        assert "see Shivers, of season" in cells(app)

        await keys(pilot, "enter")

        assert "season" in cells(app) and "A00.0" in cells(app)
        await keys(pilot, "left_square_bracket")
        assert "see Shivers, of season" in cells(app)


async def test_a_list_says_the_way_from_the_main_term_down_to_it() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "fev")
        await keys(pilot, "enter", "right", "right")
        assert "Fever, feverish NEC > mild" in cells(app).splitlines()[0]

        await keys(pilot, "enter")

        assert "Shivers" in cells(app).splitlines()[0]


async def test_a_reference_that_names_no_term_says_so() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "growth lost")
        await keys(pilot, "enter", "enter")

        assert "has no one term “Chill, of nobody”" in cells(app)


async def test_words_after_a_main_term_find_the_terms_inside_it() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")

        await type_text(pilot, "fever, sum")

        assert "Fever, feverish NEC" in cells(app).splitlines()[0]
        assert "in summer  under mild" in cells(app)


async def test_a_reference_into_the_neoplasm_table_leads_to_its_row_and_column() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "grow")
        await keys(pilot, "enter", "right", "enter")

        shown = cells(app)
        assert "Neoplasm table" in shown and "BENIGN" in shown
        assert app.screen.rows.selected.title == "ear"
        await keys(pilot, "left_square_bracket")
        assert "see Neoplasm, ear, benign" in cells(app)


async def test_a_reference_to_the_whole_table_leads_to_its_sites() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "grow")

        await keys(pilot, "enter", "enter")

        shown = cells(app)
        assert "BENIGN" in shown and "ear" in shown and "nose" in shown


async def test_a_reference_beside_a_code_is_a_link_on_the_code_s_page() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")
        await type_text(pilot, "grow")
        await keys(pilot, "enter", "right", "down")
        await app.screen.workers.wait_for_complete()
        await keys(pilot, "tab", "enter")

        assert app.screen.rows.selected.title == "Shivers"


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


async def test_what_is_below_a_substance_is_set_in() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i", "tab", "tab", "tab")

        await type_text(pilot, "fizz")

        rows = cells(app).splitlines()
        assert any(row.startswith(" Fizzwater ") for row in rows) and any(row.startswith("   flat ") for row in rows)


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


async def test_a_code_that_the_tables_build_and_the_release_has_not_is_refused(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / made_up.name
    shutil.copy(made_up, other)
    shutil.copytree(made_up.with_suffix(".search"), other.with_suffix(".search"))
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("DELETE FROM codes WHERE code = '00170J1'")
    monkeypatch.setenv("CODEDESK_REFERENCE", str(other))

    async with opened() as (app, pilot):
        await keys(pilot, "n", "f2", "escape", "p", *"00170j1", "enter")

        assert isinstance(app.screen, PcsScreen)
        assert "00170J1 is not a code of ICD-10-PCS" in cells(app)


async def test_a_builder_without_tables_says_what_it_needs(
    reference_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(reference_file))

    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "p", "c")

        assert "No ICD-10-PCS tables are loaded: codedesk codesets import takes their XML." in cells(app)


async def test_esc_leaves_the_builder_for_the_screen_below_it_alone() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "p", "0", "escape")

        assert isinstance(app.screen, CodeSearchScreen)


async def test_the_pcs_index_leads_into_the_builder_with_the_characters_it_names() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "p", "slash")
        await type_text(pilot, "humm")
        await keys(pilot, "enter", "right")
        assert "Nose" in cells(app) and "0016___" in cells(app)

        await keys(pilot, "enter")

        assert isinstance(app.screen, PcsScreen) and "0016___" in cells(app)
        await keys(pilot, "left_square_bracket")
        assert isinstance(app.screen, PcsIndexScreen)


async def test_a_name_of_the_pcs_index_that_belongs_to_a_value_says_to_which() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "p", "slash")
        await type_text(pilot, "horn")

        await keys(pilot, "enter", "enter")

        assert "In the tables this is the value Kazoo." in cells(app)


async def test_a_term_of_the_pcs_index_that_is_not_there_is_said(made_up: Path) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "p", "slash")

        await type_text(pilot, "zzz")

        assert "No term begins so." in cells(app)


async def test_what_changed_lists_new_ended_and_retitled_codes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "c")
        shown = cells(app)
        assert "FY2020 to FY2021" in shown
        assert "+ A00.90" in shown and "- A00.9" in shown and "~ A00.0" in shown

        await keys(pilot, "v", "v")

        assert "+ A00.90" not in cells(app) and "- A00.9" in cells(app)


async def test_a_release_without_a_change_is_no_choice_of_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(make_reference(tmp_path, april=True)))
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "c")
        assert "FY2020 to FY2021" in cells(app)

        await keys(pilot, "x")

        assert "FY2020 to FY2021" in cells(app) and "Apr" not in cells(app)


async def test_a_code_s_page_has_its_index_trail_and_its_history() -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "a000")

        shown = cells(app)
        assert "Fever, feverish" in shown and "mild" in shown
        assert "FY2020" in shown and "FY2021" in shown


async def test_links_of_a_page_lead_on_and_the_walk_leads_back_and_forward() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "a00.10")
        await keys(pilot, "tab", "enter")
        assert "Code first at A00.1" in cells(app) and "M1A.0" in cells(app).splitlines()[1]
        await keys(pilot, "t")
        assert isinstance(app.screen, TabularScreen)

        await keys(pilot, "left_square_bracket", "left_square_bracket")
        back = cells(app).splitlines()[1]
        await keys(pilot, "right_square_bracket", "right_square_bracket")

        assert "A00.10" in back
        assert isinstance(app.screen, TabularScreen)
        assert "M1A.0" in cells(app)


async def test_at_the_ends_of_the_walk_the_keys_say_so() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "left_square_bracket")

        assert "there is no place before this one" in cells(app)


async def test_a_code_below_a_pcs_table_is_a_link_too() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "x", "x")
        await search(pilot, "001")
        row = next(n for n, row in enumerate(app.screen._listed) if row.code == "001")  # type: ignore[attr-defined]
        await keys(pilot, "home", *["down"] * row, "tab", "tab", "enter")

        assert "Humming Nose, " in cells(app).splitlines()[1]


async def test_esc_drops_the_chosen_link_before_it_leaves() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "a00.10")
        await keys(pilot, "tab", "escape")

        assert isinstance(app.screen, CodeSearchScreen)
        assert app.screen.page_pane.chosen_link is None


async def test_an_index_term_on_a_page_leads_into_the_index() -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "a01")
        links = app.screen.text.links  # type: ignore[attr-defined]
        place = next(number for number, to in enumerate(links) if to.term is not None)
        await keys(pilot, *["tab"] * (place + 1), "enter")

        assert isinstance(app.screen, IndexScreen)
        assert "Chill" in cells(app).splitlines()[2]


async def test_the_tree_unfolds_to_the_code_and_folds_to_its_chapter() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "a00.10")
        await keys(pilot, "t")
        unfolded = cells(app)
        await keys(pilot, "left", "left", "left", "left", "left", "left", "left", "left")

        assert "▾ A00-A09" in unfolded and "A00.10" in unfolded
        assert "A00-A09" not in cells(app).split("──")[0]


async def test_the_tree_goes_to_a_code_a_block_or_a_chapter_that_is_named() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "t")
        for named in ("S01.21", "A00-A09", "19"):
            await keys(pilot, "slash")
            await type_text(pilot, named)
            await keys(pilot, "enter")
            assert app.screen.rows.selected.branch.name == named  # type: ignore[attr-defined]

        await keys(pilot, "slash")
        await type_text(pilot, "zz")
        await keys(pilot, "enter")

        assert "zz: expected a code" in cells(app)


async def test_a_7th_character_is_picked_by_itself_padded_and_only_where_it_is_legal() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "s01.1")
        await keys(pilot, "home", "7")
        assert "S01.1XXA  initial encounter" in cells(app)

        await keys(pilot, "q")
        assert "Q cannot stand there: A D S" in cells(app)
        await keys(pilot, "d")

        assert "S01.1XXD" in cells(app).splitlines()[1]


async def test_a_code_without_7th_characters_says_so() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "a00.0")
        await keys(pilot, "7")

        assert "A00.0 takes no 7th character" in cells(app)


async def test_without_books_the_index_says_what_would_fill_it(
    reference_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(reference_file))
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i")

        assert "codedesk codesets import" in cells(app)


async def test_what_changed_is_of_the_system_that_is_searched() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "x", "c")

        shown = cells(app)
        assert "What changed  HCPCS Level II" in shown
        assert "Fewer than two releases of HCPCS Level II are loaded." in shown


async def test_until_the_changes_are_read_nothing_is_said_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    read, compared = threading.Event(), changes._changes

    def slowly(*asked):
        read.wait(5)
        return compared(*asked)

    monkeypatch.setattr(changes, "_changes", slowly)
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape")
        await pilot.press("c")
        await until(lambda: "FY2020 to FY2021" in cells(app))
        assert "reading" in cells(app) and "Nothing changed" not in cells(app)

        read.set()
        await until(lambda: "+ A00.90" in cells(app))


async def test_books_and_tabular_list_say_that_no_release_covers_the_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2023-01-15")
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i", "escape")
        assert "for 2023-01-15, not covered" in cells(app)

        await keys(pilot, "t")

        assert "for 2023-01-15, not covered" in cells(app)


async def test_a_page_names_the_edition_of_an_index_of_another_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2021-01-15")
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "f2")
        await search(pilot, "m1a.0")

        assert "(FY2020)" in cells(app)

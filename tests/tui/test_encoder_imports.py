"""An import by another process while the encoder is open: line 1 and the page below it move together."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesets import importing
from codesets.gathering import gather
from tests.codesets import small_files
from tests.tui.encoder_books import INDEX, ROWS, make_reference
from tests.tui.screens import cells, keys, opened, type_text


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Made-up books of this test alone, on a day of the later half of FY2020."""
    made = make_reference(tmp_path)
    monkeypatch.setenv("CODEDESK_REFERENCE", str(made))
    monkeypatch.setenv("CODEDESK_TODAY", "2020-05-15")
    return made


def load(place: Path, **files: str) -> None:
    """Import files as another process does; a double underscore in a name is a dot."""
    inbox = place.parent / "later"
    inbox.mkdir()
    for name, content in files.items():
        (inbox / name.replace("__", ".")).write_text(content, encoding="utf-8", newline="")
    with gather([str(inbox)], _quiet) as gathered:
        report = importing.run(place, importing.plan(place, gathered), _quiet)
    assert {result.item.status for result in report.results} == {importing.Status.LOADED}


def april() -> str:
    """The order file of April, in which one title is another."""
    return small_files.order_text(tuple(r if r[0] != "A01" else ("A01", 1, "Chill", "Chill of April") for r in ROWS))


async def test_the_search_moves_to_the_release_of_an_import_at_the_next_key(place: Path) -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "a0")
        await keys(pilot, "escape")
        assert "ICD-10-CM FY2020 for 2020-05-15" in cells(app)

        load(place, order_april_2020__txt=april())
        await keys(pilot, "end")

        shown = cells(app)
        assert "ICD-10-CM FY2020 Apr for 2020-05-15" in shown
        assert "ICD-10-CM FY2020 Apr, 2020-04-01" in shown


async def test_a_search_that_is_typed_moves_too(place: Path) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        await type_text(pilot, "chil")

        load(place, order_april_2020__txt=april())
        await type_text(pilot, "l")

        shown = cells(app)
        assert "ICD-10-CM FY2020 Apr for 2020-05-15" in shown and "Chill of April" in shown


async def test_a_book_that_was_replaced_begins_anew_and_says_so(place: Path) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i", "escape")
        assert "FY2020 for 2020-05-15" in cells(app)

        load(place, index_april_2020__xml=INDEX.replace("mild", "gentle"), order_april_2020__txt=april())
        await keys(pilot, "down")

        shown = cells(app)
        assert "FY2020 Apr for 2020-05-15" in shown
        assert "Another edition of this book was imported: FY2020 Apr." in shown


async def test_that_nothing_is_below_a_term_is_said_of_that_term_alone(place: Path) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2", "escape", "i", "escape", "end", "right")
        assert "There is no term below" in cells(app)

        await keys(pilot, "up")

        assert "There is no term below" not in cells(app)


def _quiet(stage: str, done: float) -> None:
    """No progress."""

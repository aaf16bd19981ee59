"""What is typed before the screen can be read: text goes on as text, and nothing is answered or commanded by it."""

from __future__ import annotations

import pytest
from sqlmodel import select
from textual import events
from textual.pilot import Pilot

from store.database import open_database
from store.models import Coding
from tests.tui.screens import cells, diagnoses, keys, looked_at, opened, settle, type_text
from tui.app import Workstation
from tui.keyboard import PAUSE_SECONDS

pytestmark = pytest.mark.usefixtures("at_desk")


async def at_once(pilot: Pilot, *pressed: str) -> None:
    """Keys one after the other, each without a look at what the one before did."""
    for key in pressed:
        await pilot.press(key)
    await settle(pilot)


async def in_one_burst(app: Workstation, pilot: Pilot, text: str) -> None:
    """All keys in the queue before the first is read, as behind a line that stood still."""
    names = {
        "\n": ("enter", None),
        ".": ("full_stop", "."),
        " ": ("space", " "),
        "+": ("plus", "+"),
        "*": ("asterisk", "*"),
    }
    for character in text:
        app.post_message(events.Key(*names.get(character, (character, character))))
    await pilot.pause()
    await app.keyboard.wait()
    await settle(pilot)


async def test_an_enter_too_many_leaves_the_line_open_where_the_chart_cannot_be_final() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.22")
        await keys(pilot, "enter")
        chart = app.screen.work_item_id  # type: ignore[attr-defined]

        await at_once(pilot, "enter", *"n18")

        assert app.screen.work_item_id == chart and app.screen.entry.text == "n18"  # type: ignore[attr-defined]


@pytest.mark.parametrize("way_there", [("enter",), ("escape", "f")])
async def test_text_at_the_final_question_goes_into_the_line_and_answers_nothing(way_there: tuple[str, ...]) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.9")
        await keys(pilot, "enter")
        await type_text(pilot, "*")
        await keys(pilot, "enter", *way_there)
        chart = app.screen.work_item_id  # type: ignore[attr-defined]
        looked_at(app)

        await in_one_burst(app, pilot, "n39.0\n2 e78.5\n")

        assert app.screen.work_item_id == chart and not app.screen.final  # type: ignore[attr-defined]
    assert [one.code for one in diagnoses()] == ["E11.9", "E78.5"]


async def test_text_at_a_question_of_a_screen_without_a_line_is_said_and_answers_nothing() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "q")
        looked_at(app)

        await in_one_burst(app, pilot, "yn39.0\n")

        assert app.is_running and app.screen.entry.asking == "confirm"  # type: ignore[attr-defined]
        assert "“yn39.0⏎” was not taken" in cells(app)


async def test_a_letter_inside_a_word_answers_no_question() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.9")
        await keys(pilot, "enter")
        await type_text(pilot, "*")
        await keys(pilot, "enter", "enter")
        assert app.screen.entry.asking == "confirm"  # type: ignore[attr-defined]

        await keys(pilot, "c")
        await in_one_burst(app, pilot, "yanemia")

        assert app.screen.entry.asking == "entry"  # type: ignore[attr-defined]
        assert app.screen.entry.text == "yanemia" and not app.screen.final  # type: ignore[attr-defined]


async def test_letters_that_run_on_behind_an_answer_are_no_commands_of_the_next_chart() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.9")
        await keys(pilot, "enter")
        await type_text(pilot, "*")
        await keys(pilot, "enter", "enter")
        looked_at(app)

        await at_once(pilot, "n")
        app.keyboard.answered()  # a busy machine may have taken longer with the next chart than anybody types on
        await in_one_burst(app, pilot, "nf")

        assert "Typed on behind an answer" in cells(app)
        assert app.screen.entry.asking == ""  # type: ignore[attr-defined]
    with open_database().reading() as session:
        assert len(session.exec(select(Coding)).all()) == 2


async def a_final_chart(app: Workstation, pilot: Pilot) -> str:
    """The first chart, coded and final, still in front; its work item."""
    await keys(pilot, "n", "plus")
    await type_text(pilot, "e11.9")
    await keys(pilot, "enter")
    await type_text(pilot, "*")
    await keys(pilot, "enter", "enter", "y")
    assert app.screen.final  # type: ignore[attr-defined]
    return app.screen.work_item_id  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("typed", ["+n39.0\n", "+u07.1\n", "+e11.42\nn18.31\n3 n\n", "3 n\n", "39.0\nu07.1\n"])
async def test_text_typed_behind_a_refused_plus_is_no_command(typed: str) -> None:
    async with opened() as (app, pilot):
        chart = await a_final_chart(app, pilot)
        looked_at(app)

        await in_one_burst(app, pilot, typed)
        said = cells(app)
        await keys(pilot, "n")

        assert typed.lstrip("+").replace("\n", "⏎") in said and "was not taken" in said
        assert "the coding is final" in said or not typed.startswith("+")
        assert app.screen.work_item_id != chart  # type: ignore[attr-defined]
    with open_database().reading() as session:
        assert [one.status for one in session.exec(select(Coding)).all()].count("final") == 1
    assert [one.code for one in diagnoses()] == ["E11.9"]


async def test_a_refused_text_is_refused_to_its_enter_however_slowly_it_is_typed() -> None:
    async with opened() as (app, pilot):
        chart = await a_final_chart(app, pilot)
        looked_at(app)
        await at_once(pilot, "plus", "n")

        await keys(pilot, "u", "n")
        held = (app.screen.work_item_id, app.screen.final, cells(app))  # type: ignore[attr-defined]
        await keys(pilot, "enter", "u")

        assert held[:2] == (chart, True) and "“nun” was not taken" in held[2]
        assert not app.screen.final  # type: ignore[attr-defined]


async def test_a_refused_hold_keeps_its_line_and_words_that_are_no_choice_keep_theirs() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "h")
        await type_text(pilot, "zzz")
        await keys(pilot, "enter")
        none = (app.screen.entry.asking, app.screen.entry.text, cells(app))  # type: ignore[attr-defined]
        await type_text(pilot, "operative")
        await keys(pilot, "enter", "enter")
        hints = [cells(app).splitlines()[-1]]
        await keys(pilot, "enter")
        refused = (app.screen.entry.asking, cells(app))  # type: ignore[attr-defined]
        await type_text(pilot, "2026-08-04")
        hints.append(cells(app).splitlines()[-1])

    assert none[:2] == ("hold", "zzz") and "zzz: none of the choices." in none[2]
    assert "Enter say why not" in hints[0] and "Enter puts the chart on hold" in hints[1]
    assert refused[0] == "hold" and "name the day" in refused[1]


async def test_what_runs_on_behind_words_that_are_no_choice_chooses_nothing() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "colon")
        chart = app.screen

        await in_one_burst(app, pilot, "zzz\nnext\n")

        assert app.screen is chart and app.screen.entry.text == "zzz"  # type: ignore[attr-defined]
        assert "“next⏎” was not taken: zzz is none of the choices." in cells(app)


@pytest.mark.parametrize("typed", ["s", "c", "x"])
async def test_one_letter_adds_no_code(typed: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, typed)
        await keys(pilot, "enter")

        assert f"“{typed}” is one letter" in cells(app)
    assert diagnoses() == []


async def test_two_letters_are_taken_by_a_second_enter_that_follows_a_look() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "hf")

        await at_once(pilot, "enter", "enter")
        first = cells(app)
        none = diagnoses()
        await keys(pilot, "enter")

        assert "too quick" in first.lower() and none == []
    assert [one.code for one in diagnoses()] == ["I50.9"]


async def test_the_list_of_7th_characters_takes_no_letter_that_was_typed_before_it_came() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "s52.501")

        await in_one_burst(app, pilot, "\nd50.9\n")
        said, taken = cells(app), [one.code for one in diagnoses()]
        await type_text(pilot, "s52.501")
        await at_once(pilot, "enter", "a")

        assert taken == ["D50.9"] and "“s52.501”, typed before it, was refused and is not in." in said
    assert [one.code for one in diagnoses()] == ["D50.9", "S52.501A"]


async def test_codes_that_come_in_one_burst_are_all_entered() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        await in_one_burst(app, pilot, "r51.9\nr42\nr53.83\nr50.9\nz79.4\n")

    assert [one.code for one in diagnoses()] == ["R51.9", "R42", "R53.83", "R50.9", "Z79.4"]


async def test_words_that_come_in_one_burst_behind_their_plus_are_entered_line_by_line() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")

        await in_one_burst(app, pilot, "+gout\nasthma\ncopd\nhypertension\n")

        assert "characters were taken" not in cells(app)
    assert [one.code for one in diagnoses()] == ["M10.9", "J45.909", "J44.9", "I10"]


async def test_short_lines_of_words_pasted_into_an_open_line_are_no_codes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        app.keyboard._opened_at -= PAUSE_SECONDS

        await in_one_burst(app, pilot, "gout\nasthma\ncopd\nhypertension\n")

        assert "None of 29 characters were taken" in cells(app)
    assert diagnoses() == []


async def test_the_codes_of_a_burst_are_all_entered_whatever_lines_stand_among_them() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        await in_one_burst(app, pilot, "i10\ne66.9\nr05.9\nr06.2\nz23\n*\n\n")

        assert app.screen.entry.asking == "confirm"  # type: ignore[attr-defined]
    assert [one.code for one in diagnoses()] == ["I10", "E66.9", "R05.9", "R06.2", "Z23"]


async def test_refused_lines_of_a_burst_are_told_until_a_pause_behind_whatever_succeeds() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        await in_one_burst(app, pilot, "e11.99\nr51.9\nr42.7\nr53.83\nr50.9\nz79")
        told = " ".join(cells(app).split())
        app.screen.entering._told_at -= 1  # type: ignore[attr-defined]
        await pilot.press("full_stop")
        await settle(pilot)

        assert "“e11.99”, “r42.7”, typed before it, were refused and are not in." in told
        assert "were refused" not in cells(app)
    assert [one.code for one in diagnoses()] == ["R51.9", "R53.83", "R50.9"]


async def test_a_code_that_is_in_already_is_not_told_to_be_missing() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        await in_one_burst(app, pilot, "r05.9\nr05.9\nr50.9\n")

        assert "not in" not in cells(app)
    assert [one.code for one in diagnoses()] == ["R05.9", "R50.9"]


async def test_what_is_typed_behind_a_line_in_question_comes_to_lines_of_its_own() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        await in_one_burst(app, pilot, "asthm\nn39.0\nr51.9\n")

        assert "“asthm”, typed before it, was refused and is not in." in cells(app)
    assert [one.code for one in diagnoses()] == ["N39.0", "R51.9"]


async def test_behind_a_look_at_the_question_a_word_goes_on_with_its_line() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "asthm")
        await keys(pilot, "enter")

        await type_text(pilot, "a")

        assert app.screen.entry.text == "asthma"  # type: ignore[attr-defined]


@pytest.mark.parametrize("pasted", ["i10\ne66.9\n", "i10 " * 200])
async def test_pasted_text_that_is_more_than_a_line_is_refused_whole_with_its_enter(pasted: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        app.post_message(events.Paste(pasted))
        await in_one_burst(app, pilot, "\n")

        assert app.screen.entry.asking == "entry" and not app.screen.entry.text  # type: ignore[attr-defined]
        assert f"None of {len(pasted.strip())} characters were taken" in cells(app)
    assert diagnoses() == []


async def test_a_line_that_was_refused_while_the_next_was_typed_is_told_behind_it() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        await in_one_burst(app, pilot, "r51.9\ne11.99\nr42\n")

        assert "“e11.99”, typed before it, was refused and is not in." in cells(app)
    assert [one.code for one in diagnoses()] == ["R51.9", "R42"]


async def test_text_of_which_a_part_was_taken_is_not_entered_by_its_own_enter() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")

        await in_one_burst(app, pilot, "hypertension is stable on treatment\nand so is the asthma of this patient\n")

        assert "characters were taken" in cells(app)
    assert diagnoses() == []

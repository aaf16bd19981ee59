"""Suggestions over an open chart: what they show, and what taking and rejecting leaves in the record."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.database import open_database
from store.models import LogEntry, ProviderQuery, SuggestionRejection
from store.provider_queries.tables import DETAIL, templates_about
from store.terms import Origin
from tests.tui.screens import SIZES, assert_golden, cells, diagnoses, keys, opened, settle, type_text

pytestmark = pytest.mark.usefixtures("at_desk")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_suggestions_look_as_they_should(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "enter", "s")
        assert_golden(app, f"suggestions-{at}")
        await keys(pilot, "enter", "x")
        assert_golden(app, f"suggestions-reasons-{at}")
        await keys(pilot, "enter")
        assert_golden(app, f"suggestions-rejected-{at}")
        await keys(pilot, "v")
        assert_golden(app, f"suggestions-left-out-{at}")


async def test_nothing_is_coded_by_looking() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "enter", "s", "down", "down", "tab", "v", "v", "q")

    assert diagnoses() == []


async def test_suggestions_may_be_asked_for_before_the_chart_stands() -> None:
    async with opened() as (app, pilot):
        await pilot.press("enter", "s")
        await settle(pilot)

        assert "Suggestions" in cells(app)


async def test_a_taken_suggestion_carries_its_evidence_into_the_coding() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s", "enter")
        assert "Took" in cells(app)

    (taken,) = diagnoses()
    assert taken.origin == Origin.SUGGESTED
    assert taken.evidence.split(" ")[1].replace("-", "").rstrip(":").isdigit()
    assert taken.why.startswith("suggested: ")


async def test_a_taken_suggestion_is_taken_back_like_any_entry() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s", "enter", "u")
        assert "Undone" in cells(app)

    assert diagnoses() == []


async def test_a_rejection_keeps_its_reason_for_the_encounter_and_can_be_taken_back() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s", "x", "down", "enter")
        assert "not current" in cells(app)
        await keys(pilot, "q", "s")
        assert "1 rejected" in cells(app)

    with open_database().reading() as session:
        kept = session.exec(select(SuggestionRejection)).one()
        assert kept.reason == "not current" and kept.evidence
        assert session.exec(select(LogEntry).where(LogEntry.action == "suggestion.reject")).one()
    async with opened() as (app, pilot):
        assert "Go on with Zwick, Delbert" in cells(app)
        await keys(pilot, "y", "s", "end", "x")
        assert "0 rejected" in cells(app)


async def test_a_code_is_not_taken_twice() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s", "enter", "up", "enter")

        assert "is coded already" in cells(app)
    assert len(diagnoses()) == 1


async def test_a_final_coding_takes_no_suggestion() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "s", "enter", "q", "plus", "asterisk", "enter", "escape", "f")
        await pilot.pause(0.5)
        await keys(pilot, "y", "s", "enter")

        assert "the coding is final" in cells(app)


async def test_undo_after_a_rejection_undoes_the_rejection_and_leaves_the_codes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s", "enter", "x", "enter")
        assert "1 rejected" in cells(app)
        await keys(pilot, "u")
        assert "0 rejected" in cells(app)
        kept = [one.code for one in diagnoses()]
        await keys(pilot, "u")

    assert len(kept) == 1
    assert diagnoses() == []


async def test_a_key_that_has_nothing_to_do_says_why() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s")
        while "place 1 of" in cells(app):
            await keys(pilot, "down")
        await keys(pilot, "tab")

        assert "this is the only place that says it" in cells(app)


async def test_a_query_from_a_suggestion_quotes_its_words() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "enter", "s", "Q", "enter")

    with open_database().reading() as session:
        (query,) = session.exec(select(ProviderQuery)).all()
        assert len(query.indicators) == 1


async def test_a_condition_goes_before_a_status_that_was_taken_first() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "plus", *"z79.4", "enter", "escape", "s", "enter")

    first, second = diagnoses()
    assert (first.role, second.code) == ("principal", "Z79.4")


async def test_while_the_documents_are_read_nothing_is_said_of_what_they_suggest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s")
        monkeypatch.setattr(app.screen, "_ready", False)
        await keys(pilot, "v")

        assert "the documents are still being read" in cells(app)
        assert "suggest no code" not in cells(app)


async def test_undo_on_the_suggestions_goes_no_further_back_than_what_was_done_there() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter", "escape", "s", "u")
        assert "Nothing more was done here" in cells(app)

    assert [one.code for one in diagnoses()] == ["I10"]


async def test_a_suggestion_is_rejected_in_own_words() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s", "x")
        await type_text(pilot, "billed by the other clinic")
        await keys(pilot, "enter")
        assert "billed by the other clinic" in cells(app)

    with open_database().reading() as session:
        assert session.exec(select(SuggestionRejection)).one().reason == "billed by the other clinic"


async def test_what_was_left_out_is_taken_with_its_words_after_a_yes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "s", "v", "enter")
        assert "was left out" in cells(app)
        await pilot.pause(0.4)
        await keys(pilot, "y")

    (taken,) = diagnoses()
    assert taken.evidence and taken.why.startswith("left out of the suggestions")


def test_templates_about_a_diagnosis_come_first_and_then_the_one_for_any() -> None:
    failing = [one.id for one in templates_about("Heart failure, unspecified type of heart failure")]
    rare = [one.id for one in templates_about("Lupus nephritis organ involvement")]

    assert failing[0] == "heart-failure-type"
    assert rare[0] == DETAIL

"""Every screen on the demo site: what it shows at both sizes, and what its keys do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select
from textual.css.query import NoMatches
from textual.worker import WorkerFailed

from store.database import open_database
from store.models import Claim, Coding, EntryDraft, LogEntry, WorkItem
from store.picks import listed, usage_file
from store.terms import ClaimStatus, CodingStatus, WorkStatus
from tests.tui.screens import SIZES, assert_golden, cells, diagnoses, keys, opened, settle, type_text
from tui.screens.chart import ChartScreen
from tui.screens.claims import ClaimsScreen
from tui.screens.codes import CodeSearchScreen
from tui.screens.lock import LockScreen
from tui.screens.worklist import WorklistScreen

pytestmark = pytest.mark.usefixtures("at_desk")


async def code(pilot, *lines: str) -> None:
    """Type entry lines into the open chart."""
    await keys(pilot, "plus")
    for line in lines:
        await type_text(pilot, line)
        await keys(pilot, "enter")
    await keys(pilot, "escape")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screens_look_as_they_should(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        assert_golden(app, f"worklist-{at}")
        await keys(pilot, "v")
        assert_golden(app, f"worklist-choices-{at}")
        await keys(pilot, "escape", "enter")
        assert_golden(app, f"chart-{at}")
        await keys(pilot, "plus")
        await type_text(pilot, "diabet kidn")
        assert_golden(app, f"chart-matches-{at}")
        await keys(pilot, "enter", "enter", "escape")
        assert_golden(app, f"chart-coded-{at}")
        await keys(pilot, "i")
        assert_golden(app, f"chart-facts-{at}")
        await keys(pilot, "i", "K")
        assert_golden(app, f"chart-key-{at}")
        await keys(pilot, "escape", "question_mark")
        assert_golden(app, f"help-{at}")
        await keys(pilot, "escape", "f2")
        await type_text(pilot, "copd exac")
        assert_golden(app, f"codes-{at}")


@pytest.mark.usefixtures("as_administrator")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_claim_screens_look_as_they_should(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "i10", "*")
        await keys(pilot, "f", "y", "f4")
        assert_golden(app, f"claims-empty-{at}")
        await keys(pilot, "a")
        assert_golden(app, f"claims-{at}")
        await keys(pilot, "enter")
        assert_golden(app, f"claim-{at}")


async def test_a_chart_is_coded_from_the_home_row_and_final_with_two_different_keys() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "i10", "*")
        await keys(pilot, "f")
        app.screen.asked_now()  # a busy machine may have taken longer with it than a key may come too quick
        await pilot.press("enter")
        await settle(pilot)
        assert "Too quick to be an answer: y, n or Esc." in cells(app)
        await keys(pilot, "escape")

        await keys(pilot, "f", "y")

        assert "✓ final" in cells(app)
    with open_database().reading() as session:
        coding = session.exec(select(Coding)).one()
        assert coding.status == CodingStatus.FINAL


async def test_undo_takes_back_the_last_code_and_then_the_final_coding() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "*", "i10")
        await keys(pilot, "u")
        assert "Essential" not in cells(app)

        await keys(pilot, "f", "y", "u")

        assert "Taken back" in cells(app)
        assert "✓ final" not in cells(app)


async def test_words_find_a_code_and_enter_adds_it_with_its_trail() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "n")

        await code(pilot, "chf")

    with open_database().reading() as session:
        from store.models import FinalDiagnosis

        added = session.exec(select(FinalDiagnosis)).one()
        assert added.code == "I50.9"
        assert "chf" in added.why


async def test_a_wrong_entry_says_what_was_expected_and_changes_nothing() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.9 q")
        await keys(pilot, "enter")

        assert "q: expected a role" in cells(app)
    with open_database().reading() as session:
        from store.models import FinalDiagnosis

        assert session.exec(select(FinalDiagnosis)).all() == []


async def test_what_is_typed_is_in_the_record_within_a_second_and_offered_again() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.4")
        await pilot.pause(1.0)
        with open_database().reading() as session:
            assert session.exec(select(EntryDraft)).one().text == "e11.4"

    async with opened() as (app, pilot):
        assert "with 'e11.4' typed" in cells(app)
        await keys(pilot, "y")

        assert app.screen.entry.text == "e11.4"  # type: ignore[attr-defined]


async def test_leaving_a_chart_gives_it_back_with_its_codes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9")

        await keys(pilot, "q")

        assert isinstance(app.screen, WorklistScreen)
    with open_database().reading() as session:
        item = session.exec(select(WorkItem).join(Coding, Coding.encounter_id == WorkItem.encounter_id)).one()
        assert item.status == WorkStatus.READY


async def test_a_held_chart_shows_its_mark_and_reason() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "h")
        await type_text(pilot, "signature")
        await keys(pilot, "enter")

        assert "on hold: signature missing" in cells(app)
        assert " H " in cells(app)


@pytest.mark.usefixtures("as_administrator")
async def test_an_action_that_cannot_be_done_says_why() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "e")

        assert "export: no claim is ready" in cells(app)


async def test_f_keys_lead_to_the_desks_and_back() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f2")
        assert isinstance(app.screen, CodeSearchScreen)
        await keys(pilot, "f4")
        assert isinstance(app.screen, ClaimsScreen)
        await keys(pilot, "f3")
        assert isinstance(app.screen, WorklistScreen)
        await keys(pilot, "g", "s")
        assert isinstance(app.screen, CodeSearchScreen)


async def test_a_code_found_in_the_encoder_goes_into_the_open_chart() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "f2")
        await type_text(pilot, "uti")
        await keys(pilot, "enter")

        assert isinstance(app.screen, ChartScreen)
        assert "N39.0" in cells(app)


async def test_the_command_line_runs_any_action_by_name() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "colon")
        await type_text(pilot, "claims")
        await keys(pilot, "enter")

        assert isinstance(app.screen, ClaimsScreen)


@pytest.mark.usefixtures("as_administrator")
async def test_the_command_line_takes_the_whole_name_before_one_that_has_it_inside() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "colon")
        await type_text(pilot, "rules")
        await keys(pilot, "enter")

        assert app.screen.name_on == "rules"


async def test_leaving_the_first_screen_asks_and_only_y_is_a_yes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "q", "enter")
        assert app.is_running

        await keys(pilot, "q", "y")

        assert app.return_code == 0


@pytest.mark.usefixtures("as_administrator")
async def test_exported_claims_are_marked_and_the_file_is_there() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        await code(pilot, "e11.9", "*")
        await keys(pilot, "f", "y", "f4", "a", "e", "y")

        assert "1 claim written to" in cells(app)
    with open_database().reading() as session:
        assert session.exec(select(Claim)).one().status == ClaimStatus.EXPORTED


async def test_a_question_takes_no_answer_from_a_key_that_repeats_itself() -> None:
    async with opened() as (app, pilot):
        await pilot.press("q", "y", "y")
        await settle(pilot)

        assert app.is_running
        assert app.screen.entry.asking == "confirm"


async def test_an_idle_screen_is_covered_and_enter_uncovers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        monkeypatch.setattr(app.idle, "last_key", app.idle.last_key - 11 * 60)

        app.idle.watch()
        await settle(pilot)

        assert isinstance(app.screen, LockScreen)
        assert_golden(app, "lock-80x24")
        await keys(pilot, "f2")
        assert isinstance(app.screen, LockScreen)
        await keys(pilot, "enter")
        assert isinstance(app.screen, ChartScreen)


async def test_a_long_idle_program_gives_its_chart_back_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        monkeypatch.setattr(app.idle, "last_key", app.idle.last_key - 31 * 60)

        app.idle.watch()
        await pilot.pause(0.5)

        assert app.return_code == 0
    with open_database().reading() as session:
        assert session.exec(select(WorkItem).where(WorkItem.status == WorkStatus.IN_PROGRESS)).all() == []


async def test_a_copied_row_is_kept_outside_the_outbox_and_logged(home: Path) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "y")

        assert "Sent to the terminal's clipboard" in cells(app)
    assert "Zwick, Delbert" in (home / "demo" / "copies" / "copied.txt").read_text()
    with open_database().reading() as session:
        assert session.exec(select(LogEntry).where(LogEntry.action == "copy")).one().actor == "mreyes"


async def test_enter_never_takes_a_match_of_an_older_text() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "n", "plus")
        for key in "chf":
            await pilot.press(key)
        await pilot.press("enter")
        await settle(pilot)

    with open_database().reading() as session:
        from store.models import FinalDiagnosis

        assert session.exec(select(FinalDiagnosis)).one().code == "I50.9"


async def test_a_code_taken_for_words_is_remembered_by_the_search() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "chf")
        await keys(pilot, "enter")
        await settle(pilot)

    assert [(row[0], row[2]) for row in listed(usage_file())] == [("chf", "I509")]


@pytest.mark.parametrize("typed", ["e11.99", "zzqqx", "-z", "99>1", "a $12.345"])
async def test_every_refusal_of_the_entry_line_is_seen(typed: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, typed)
        before = cells(app).splitlines()[-1]
        await keys(pilot, "enter")

        assert cells(app).splitlines()[-1] != before
    with open_database().reading() as session:
        from store.models import FinalDiagnosis

        assert session.exec(select(FinalDiagnosis)).all() == []


async def test_a_refused_line_gives_way_to_the_next_one() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.99")
        await keys(pilot, "enter")
        await type_text(pilot, "i10")

        assert app.screen.entry.text == "i10"  # type: ignore[attr-defined]


async def test_enter_takes_no_match_that_leaves_a_word_out_until_it_is_pressed_again() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "heart failure zzqqx")
        await keys(pilot, "enter")
        first = (cells(app), len(diagnoses()))
        await keys(pilot, "enter")

        assert "zzqqx was not found" in first[0] and first[1] == 0
        assert len(diagnoses()) == 1


async def test_the_key_of_the_last_visit_says_that_there_is_none() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "l")

        assert "no visit of this patient was coded before" in cells(app)
        assert app.screen.entry.asking == ""  # type: ignore[attr-defined]


async def test_a_chart_on_hold_opens_to_be_read() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "h")
        await type_text(pilot, "signature")
        await keys(pilot, "enter", "up", "enter")

        assert isinstance(app.screen, ChartScreen)
        assert "To read: the chart is on hold: signature missing" in cells(app)


async def test_a_header_asks_for_its_codes_instead_of_being_added() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "z9104")
        await keys(pilot, "enter")
        asked = cells(app)
        await keys(pilot, "down", "enter")

    assert "Z91.04 is a header" in asked
    assert [one.code[:6] for one in diagnoses()] == ["Z91.04"] and len(diagnoses()[0].code) == 7


@pytest.mark.parametrize("desk", ["worklist", "chart", "codes", "claims", "help"])
async def test_a_window_may_change_its_size_on_every_screen(desk: str) -> None:
    way = {"worklist": (), "chart": ("enter",), "codes": ("f2",), "claims": ("f4",), "help": ("question_mark",)}
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, *way[desk])
        for size in ((80, 24), (60, 15), (132, 43), (20, 5), (400, 100), (80, 24)):
            await pilot.resize_terminal(*size)
            await settle(pilot)

        assert app.is_running
        assert not app.crash


async def test_work_that_finds_its_screen_gone_while_the_program_leaves_is_no_defect() -> None:
    async with opened() as (app, _):
        gone = WorkerFailed(NoMatches("no place"))
    app._handle_exception(gone)

    assert not app.crash

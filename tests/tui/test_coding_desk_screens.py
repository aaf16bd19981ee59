"""Worklist rules, holds and queries to providers by keys: what each screen shows, and one way through each."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.audits import review
from store.audits.samples import Criteria, draw
from store.audits.sampling import Method, Size
from store.coding.codes import Defaults
from store.coding.entry import parse
from store.database import open_database
from store.models import Audit, Hold, Person, ProviderQuery, ProviderQueryStep, WorkItem
from store.people import actor_for
from store.queries.drafts import question_typed
from tests.store.coded_charts import final_code
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text
from tui.screens.worklist_columns import age_words

IDS = [f"{width}x{height}" for width, height in SIZES]


@pytest.fixture
def on_the_demo_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds and steps are stamped with the real time; goldens need the one of the demo site."""
    at = "2026-10-08T15:00:00.000Z"
    monkeypatch.setattr("store.provider_queries.desk.now", lambda: at)
    for model, name in ((Hold, "opened_at"), (ProviderQuery, "created_at"), (ProviderQueryStep, "made_at")):
        monkeypatch.setattr(model.model_fields[name], "default_factory", lambda: at)


@pytest.mark.parametrize("size", SIZES, ids=IDS)
async def test_why_shows_the_criteria_one_by_one(as_administrator: None, size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "v")
        await type_text(pilot, "inpatient")
        await keys(pilot, "enter", "w")

        shown = cells(app)

    assert "✓ setting is inpatient   here: inpatient" in shown
    assert "– kind is professional   here: facility" in shown and "the worklists above do not take it" in shown
    assert "days until the payer's filing limit" in shown


@pytest.mark.parametrize("size", SIZES, ids=IDS)
async def test_rules_of_worklists_are_written_tried_and_put_in_force(
    as_administrator: None, size: tuple[int, int]
) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "g", "w")
        assert_golden(app, f"worklist-rules-{at}")

        await keys(pilot, "a")
        await type_text(pilot, "High dollar")
        await keys(pilot, "enter")
        await type_text(pilot, "charges at least 5000")
        await keys(pilot, "enter", "d")
        await settle(pilot)
        assert_golden(app, f"worklist-rules-tried-{at}")

        await keys(pilot, "f")
        await type_text(pilot, "asked for")
        await keys(pilot, "enter")
        in_force = cells(app)
        await keys(pilot, "u")
        await type_text(pilot, "not so")
        await keys(pilot, "enter")

        assert "version 2, in force" in in_force and "Version 2 is in force: 8 charts moved" in in_force
        assert "version 1, in force" in cells(app)


async def test_a_wrong_criterion_is_told_and_nothing_is_kept(as_administrator: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "w", "w")
        await type_text(pilot, "criteria")
        await keys(pilot, "enter")
        await type_text(pilot, " and setting is emergency; color is red")
        await keys(pilot, "enter")

        assert "“color is red” begins with no field" in cells(app) and "version 1, in force" in cells(app)


@pytest.mark.parametrize("size", SIZES, ids=IDS)
async def test_a_chart_has_several_holds_which_are_cleared_one_by_one(
    at_desk: None, on_the_demo_day: None, size: tuple[int, int]
) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "h")
        await type_text(pilot, "operative")
        await keys(pilot, "enter")
        await type_text(pilot, "Adeyemi 2026-08-04")
        await keys(pilot, "enter", "up", "h")
        await type_text(pilot, "another")
        await keys(pilot, "enter")
        await type_text(pilot, "late")
        await keys(pilot, "enter", "g", "h")
        assert_golden(app, f"holds-{size[0]}x{size[1]}")

        await keys(pilot, "c", "y")

        assert "operative report missing cleared: Zwick, Delbert has other holds." in cells(app)


@pytest.mark.parametrize("size", SIZES, ids=IDS)
async def test_a_query_is_written_from_the_chart_quoted_sent_and_answered(
    at_desk: None, on_the_demo_day: None, size: tuple[int, int]
) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "enter", "Q")
        await type_text(pilot, "stage of chronic")
        await keys(pilot, "enter", "s")
        refused = cells(app)
        await keys(pilot, "down", "down", "enter")
        assert_golden(app, f"query-{at}")
        await keys(pilot, "s", "y")
        sent = cells(app)
        await keys(pilot, "g", "k")
        assert_golden(app, f"provider-queries-{at}")
        await keys(pilot, "a")
        await type_text(pilot, "3a")
        await keys(pilot, "enter", "c")
        await type_text(pilot, "disag")
        await keys(pilot, "enter")

        assert "A query quotes at least one clinical indicator" in refused
        assert "Query 1 is sent to" in sent and " Q " in sent
        assert "Query 1 is closed: disagreed." in cells(app)


async def test_no_answer_of_a_provider_is_chosen_until_a_person_chooses_and_a_wrong_one_is_mended(
    at_desk: None, on_the_demo_day: None
) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "Q")
        await type_text(pilot, "stage of chronic")
        await keys(pilot, "enter", "down", "down", "enter", "s", "y", "g", "k", "a", "enter")
        unchosen = cells(app)
        await keys(pilot, "down", "enter")
        first = cells(app)
        await keys(pilot, "e", "down", "down", "enter")
        await type_text(pilot, "the row above was taken")
        await keys(pilot, "enter")
        corrected = cells(app)
        await keys(pilot, "e")
        await type_text(pilot, "no answer")
        await keys(pilot, "enter")
        await type_text(pilot, "it never came")
        await keys(pilot, "enter")
        withdrawn = cells(app)

    assert "Nothing is chosen yet" in unchosen and "nothing is chosen yet" in unchosen
    assert "is answered; its chart is ready again" in first
    assert "has another answer" in corrected
    assert "has no answer any more, and its chart waits again" in withdrawn


async def test_a_held_chart_that_is_open_is_coded_at_once_when_its_query_is_answered(
    at_desk: None, on_the_demo_day: None
) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "Q")
        await type_text(pilot, "stage of chronic")
        await keys(pilot, "enter", "down", "down", "enter", "s", "y", "enter")
        held = cells(app)
        await keys(pilot, "g", "k", "a", "down", "enter", "escape")
        answered = cells(app)
        await keys(pilot, "plus")
        entering = app.screen.entry.asking  # type: ignore[attr-defined]
        await keys(pilot, "escape", "escape")
        worklist = cells(app)

    assert "@ to read" in held and "on hold: query to the provider" in " ".join(held.split())
    assert "@ to read" not in answered
    assert "Query 1 is answered: " in answered and "The chart is open for coding." in " ".join(answered.split())
    assert entering == "entry"
    assert "is sent to" not in worklist


async def test_the_hold_of_a_chart_that_is_open_is_cleared_by_its_key(at_desk: None, on_the_demo_day: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "h")
        await type_text(pilot, "late")
        await keys(pilot, "enter", "up", "enter")
        held = cells(app)
        await keys(pilot, "h", "enter")
        cleared = cells(app)
        await keys(pilot, "plus")

        assert "@ to read" in held
        assert "ready again. The chart is open for coding." in " ".join(cleared.split())
        assert "@ to read" not in cleared
        assert app.screen.entry.asking == "entry"  # type: ignore[attr-defined]


async def test_a_hold_offers_the_physicians_of_the_visit_and_completes_a_name(
    at_desk: None, on_the_demo_day: None
) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "h")
        await type_text(pilot, "history")
        await keys(pilot, "enter")
        offered = cells(app)
        await type_text(pilot, app.screen.choices.selected[0].split()[-2][:3].lower())  # type: ignore[attr-defined]
        whole = app.screen.choices.selected[0]  # type: ignore[attr-defined]
        await keys(pilot, "enter")
        await keys(pilot, "g", "h")

        assert "of this visit" in offered
        assert whole in app.screen.rows.selected.physician  # type: ignore[attr-defined]


async def test_a_query_goes_to_somebody_whom_nobody_knows_only_after_a_yes(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "Q")
        await type_text(pilot, "stage of chronic")
        await keys(pilot, "enter", "down", "down", "enter", "s", "y", "g", "k", "t")
        offered = cells(app)
        await type_text(pilot, "Nobody Zzz")
        await keys(pilot, "enter")
        await type_text(pilot, "on leave")
        await keys(pilot, "enter")
        asked = cells(app)
        await keys(pilot, "y")
        done = cells(app)

    assert "who is asked instead:" in offered and "McAllister, Shona" in offered
    assert "No provider here is called Nobody Zzz. Ask all the same?" in asked
    assert "goes to Nobody Zzz" in done


async def test_what_was_typed_of_a_query_when_the_program_died_is_offered_again(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "Q")
        await type_text(pilot, "stage of chronic")
        await keys(pilot, "enter", "e")
        app.screen.entry.text = ""  # type: ignore[attr-defined]
        await type_text(pilot, "Which stage: the")
        await app.screen._save()  # type: ignore[attr-defined]
        work_item_id = app.chart_in_work.work_item_id  # type: ignore[union-attr]
        # Whoever opens the chart now has what a killed program had put into the record.
        login = (await app.record.actor()).login
        again = await app.opening.take(work_item_id, login)
        await keys(pilot, "escape")
        given_up = await app.opening.take(work_item_id, login)

    kept = question_typed(again.question)
    assert kept is not None and (kept.part, kept.words) == ("question", "Which stage: the")
    assert given_up.question == ""


async def test_a_chart_whose_query_was_being_typed_says_so_and_its_key_goes_on_with_it(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "Q")
        await type_text(pilot, "stage of chronic")
        await keys(pilot, "enter", "e")
        await type_text(pilot, " since")
        chart, query = app.chart_in_work, app.screen
        await app.close(query)
        await app.close(chart)
        await keys(pilot, "enter")
        greeted = cells(app)
        await keys(pilot, "Q")
        offered, typed = cells(app), app.screen.entry.text  # type: ignore[attr-defined]
        await keys(pilot, "enter")
        entered = app.screen._page.text  # type: ignore[attr-defined]

    assert "What you were writing to the provider is still here. Q goes on with it." in greeted
    assert "What you had typed is still here." in offered and typed.endswith(" since")
    assert entered == typed


async def test_a_list_says_how_it_is_sorted_beside_long_criteria_and_shows_priority_and_age_of_old_visits_whole(
    at_desk: None,
) -> None:
    with open_database().change(SYSTEM) as change:
        item = change.session.exec(select(WorkItem).where(WorkItem.worklist == "Clinic")).first()
        assert item is not None
        item.rank, item.service_date = -11421, "1995-08-25"
    async with opened() as (app, pilot):
        await keys(pilot, "c")
        await type_text(pilot, "$ at least 1 and pri at least 1 and (charges at most 99999 or age at least 1)")
        await keys(pilot, "enter", "s")
        shown = cells(app)

    assert "  by priority  c" in shown.splitlines()[0]
    [row] = [line for line in shown.splitlines() if "1995-08-25" in line]
    assert re.match(r" *\d{5} 1995-08-25", row) and row.rstrip().endswith("31y")


def test_an_age_has_room_in_five_characters() -> None:
    assert [age_words(days) for days in (9, 114, 9_999, 10_000, 11_421)] == ["9d", "114d", "9999d", "27y", "31y"]


async def test_a_chart_is_skipped_views_are_kept_and_criteria_filter(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "x")
        await type_text(pilot, "not mine")
        await keys(pilot, "enter")
        skipped = cells(app)
        await keys(pilot, "c")
        await type_text(pilot, "charges at least 270")
        await keys(pilot, "enter", "V", "enter")
        await type_text(pilot, "big ones")
        await keys(pilot, "enter")
        kept = cells(app)
        await keys(pilot, "c", "enter", "m")
        mine = cells(app)

    assert "Zwick, Delbert skipped" in skipped
    assert "View big ones is kept" in kept and "Worklists  big ones" in kept and "1 of 5" in kept
    assert "Nothing is open with you or assigned to you" in mine


async def test_a_misspelled_name_shows_names_like_it_and_the_line_says_so(at_desk: None) -> None:
    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "/")
        await type_text(pilot, "vilareal")
        misspelled = cells(app)
        await keys(pilot, *["backspace"] * 8)
        await type_text(pilot, "nguyen dale")
        spelled = cells(app)
        await keys(pilot, *["backspace"] * 11)
        await type_text(pilot, "xqxqxq")
        nothing = cells(app)

    assert "none; like /vilareal" in misspelled and "Villarreal, Yesenia" in misspelled
    assert "none; like" not in spelled and "Nguyen-Marsh, Dale" in spelled
    assert "Nothing here has “xqxqxq” or a name like it." in nothing


async def test_a_chart_of_years_ago_has_its_priority_and_age_whole_at_80_columns(at_desk: None) -> None:
    with open_database().change(SYSTEM) as change:
        item = change.session.exec(select(WorkItem).where(WorkItem.worklist == "Clinic")).first()
        item.service_date, item.rank = "2019-08-04", -2_622
        change.log("chart.old", "work_item", item.id)

    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "home")
        row = next(line for line in cells(app).splitlines() if "2019-08-04" in line)

    assert " 2622 2019-08-04 " in row and row.endswith(" 2622d")


async def test_escape_takes_the_filter_of_a_list_away_before_it_leaves(at_desk: None) -> None:
    async with opened() as (app, pilot):
        everything = app.screen.rows.count  # type: ignore[attr-defined]
        await keys(pilot, "slash")
        await type_text(pilot, "zwick")
        await keys(pilot, "enter")
        narrowed = app.screen.rows.count  # type: ignore[attr-defined]
        await keys(pilot, "escape")
        shown, back = cells(app), app.screen.rows.count  # type: ignore[attr-defined]
        await keys(pilot, "escape")

        assert narrowed < back == everything
        assert "The filter is off: all rows are shown." in shown and "/zwick" not in shown
        assert "Leave codedesk?" in cells(app)


async def test_get_next_goes_by_the_worklist_and_says_so_where_a_filter_shows_less(at_desk: None) -> None:
    async with opened() as (app, pilot):
        first = app.screen.rows.selected.id  # type: ignore[attr-defined]
        await keys(pilot, "slash")
        await type_text(pilot, "zzzz")
        await keys(pilot, "enter", "n")

        assert app.screen.work_item_id == first  # type: ignore[attr-defined]
        assert "Next of Clinic by its order, not by what was shown." in " ".join(cells(app).split())


async def test_escape_leads_from_what_is_left_out_to_the_suggestions(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "s", "v")
        left_out = cells(app)
        await keys(pilot, "escape")
        back = cells(app)
        await keys(pilot, "escape")

        assert "left out" in left_out.splitlines()[0]
        assert "suggestions" in back.splitlines()[0]
        assert "suggestions" not in cells(app).splitlines()[0]


async def test_marked_charts_are_skipped_by_their_reason_alone(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "h")
        await type_text(pilot, "coding clarif")
        await keys(pilot, "enter", "home", "space", "space", "x")
        await type_text(pilot, "not mine")
        await keys(pilot, "enter")
        told = cells(app)

        assert app.screen.entry.asking == ""  # type: ignore[attr-defined]
    assert "Skipped for 12 hours: 1 chart; 1 stay: 1 on hold." in told


async def test_a_manager_gives_charts_away_after_a_look_at_the_plan(as_administrator: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "A")
        await type_text(pilot, "mreyes jpark")
        await keys(pilot, "enter")
        planned = cells(app)
        await type_text(pilot, "monday")
        await keys(pilot, "enter")

        assert "6 to mreyes, 7 to jpark; why:" in planned
        assert "13 charts assigned" in cells(app)


async def test_who_can_have_a_chart_is_offered_by_name(as_administrator: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "a")
        offered = cells(app)
        await type_text(pilot, "marisol")
        await keys(pilot, "enter")
        given = cells(app)
        await type_text(pilot, "monday")
        await keys(pilot, "enter", "a")
        again = cells(app)

    assert "Marisol Reyes" in offered and "everybody" in offered and "asolberg" not in offered
    assert "to mreyes; why:" in given
    assert "Marisol Reyes, has it now" in again


async def test_active_time_and_units_stand_in_the_line_of_the_worklist(at_desk: None) -> None:
    from store.clock import clock_day
    from store.figures.active import keep_activity
    from store.queries import SessionReader
    from store.queries.people import person_of

    database = open_database()
    with database.reading() as session:
        person = person_of(SessionReader(session), "mreyes")
    assert person is not None
    from store.actors import Actor

    me = Actor(person.login, person.role, person.id, person.name)
    keep_activity(database, me, clock_day().isoformat(), 3 * 3600 + 300, 0, 4000)
    database.close()

    async with opened() as (app, pilot):
        await settle(pilot)
        line = cells(app).splitlines()[0]

    assert line.endswith("mreyes 0/60 u 3:05")


async def test_the_last_audit_stands_behind_a_coder_s_own_figures(at_desk: None) -> None:
    database = open_database()
    with database.reading() as session:
        people = {one.login: actor_for(one) for one in session.exec(select(Person))}
    final_code(database, people["mreyes"], 10)
    draw(database, people["asolberg"], "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    with database.reading() as session:
        audit_id = session.exec(select(Audit.id)).one()
    review.begin(database, people["asolberg"], audit_id)
    review.enter(database, people["asolberg"], audit_id, parse("i10", lambda code: "icd10cm"), Defaults("2026-09-14"))
    review.reveal(database, people["asolberg"], audit_id)
    review.give_back(database, people["asolberg"], audit_id)
    database.close()

    async with opened() as (app, pilot):
        while "audit" not in cells(app):
            await settle(pilot)

        assert re.search(r"u 0:00  audit 50.0%, \d+ open", cells(app))


async def test_marked_charts_are_held_and_given_away_together_after_a_look(as_administrator: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "space", "space", "h")
        await type_text(pilot, "coding clarif")
        await keys(pilot, "enter")
        asked = cells(app)
        await keys(pilot, "y")
        held = cells(app)
        await keys(pilot, "M")
        marked = cells(app)
        await keys(pilot, "h")
        await type_text(pilot, "clear their")
        await keys(pilot, "enter")
        clearing = cells(app)
        await keys(pilot, "y", "M", "a")
        await type_text(pilot, "mreyes")
        await keys(pilot, "enter")

        assert "2 marked" in asked and "coding clarification (coder): 2 charts?" in asked
        assert "2 charts on hold" in held and "marked" not in held
        assert "13 marked" in marked and "Clear every hold: 2 charts; 11 stay: 11 not on hold?" in clearing
        assert "13 to mreyes; why:" in cells(app)

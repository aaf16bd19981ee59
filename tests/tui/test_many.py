"""Several people on one record: who has a chart open, lists that follow, and two who change the same chart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlmodel import select
from textual.pilot import Pilot

from store.actors import SYSTEM, Actor
from store.coding.codes import Codes, Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis
from store.coding.in_work import load_codes
from store.coding.opening import open_chart, open_next
from store.database import Database, open_database
from store.models import Coding, Encounter, WorkItem
from store.people import sign_in
from store.terms import WorkStatus
from store.worklists import release
from tests.tui.screens import cells, keys, opened, settle, type_text
from tests.tui.test_typed_ahead import in_one_burst
from tui.app import Workstation
from tui.keyboard import PAUSE_SECONDS
from tui.screens.chart import ChartScreen
from tui.screens.conflict import ConflictScreen
from tui.screens.lock import LockScreen

pytestmark = [pytest.mark.usefixtures("at_desk"), pytest.mark.both_databases]


@pytest.fixture
def other(demo: Database) -> Callable[[], tuple[Database, Actor]]:
    """Another session: of the second coder, or of the same person in another window."""

    def session(login: str = "jpark") -> tuple[Database, Actor]:
        database = open_database()
        return database, sign_in(database, login)

    return session


async def followed(app: Workstation, pilot: Pilot, shown: Callable[[], bool] = lambda: True) -> None:
    """Until the screen has asked for changes and shows what is waited for; a server's word may take a moment."""
    for _ in range(100):
        await app.watch_record().wait()
        await settle(pilot)
        if shown():
            return
        await asyncio.sleep(0.1)


def codes_of(db: Database) -> Codes:
    with db.reading() as session:
        return load_codes(session, session.exec(select(Coding.id)).one())


async def test_a_list_shows_within_a_second_who_has_a_chart_open(other) -> None:
    async with opened() as (app, pilot):
        first = app.screen.rows.selected
        db, jae = other()
        await followed(app, pilot)

        open_chart(db, jae, first.id)
        for _ in range(30):
            await asyncio.sleep(0.1)
            await settle(pilot)
            if " @ " in cells(app):
                break

        assert "open by Jae Park since " in cells(app)
        db.close()


async def test_the_cursor_stays_on_its_encounter_when_rows_above_it_go(other) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "down", "down", "down")
        kept, place = app.screen.rows.selected_identity, app.screen.rows.index
        db, _ = other()
        await followed(app, pilot)
        with db.change(SYSTEM) as change:
            gone = change.session.exec(
                select(WorkItem).where(WorkItem.worklist == "Clinic").order_by(WorkItem.rank, WorkItem.id)
            ).first()
            gone.status = WorkStatus.CANCELED
            change.log("chart.cancel", "work_item", gone.id)

        await followed(app, pilot, lambda: app.screen.rows.index != place)

        assert (app.screen.rows.selected_identity, app.screen.rows.index) == (kept, place - 1)
        db.close()


async def test_the_cursor_stays_on_its_encounter_far_down_a_list(other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.queries.worklists.PAGE_ROWS", 4)
    monkeypatch.setattr("tui.screens.worklist.PAGE_ROWS", 4)
    async with opened() as (app, pilot):
        await keys(pilot, *["down"] * 9)
        kept = app.screen.rows.selected_identity
        db, _ = other()
        await followed(app, pilot)
        with db.change(SYSTEM) as change:
            found = select(WorkItem).where(WorkItem.worklist == "Clinic").order_by(WorkItem.rank, WorkItem.id)
            for gone in change.session.exec(found).all()[:3]:
                gone.status = WorkStatus.CANCELED
            change.log("chart.cancel", "work_item")

        await followed(app, pilot, lambda: app.screen.rows.index != 9)

        assert (app.screen.rows.selected_identity, app.screen.rows.index) == (kept, 6)
        db.close()


async def test_what_changes_nothing_on_the_screen_is_not_drawn(other) -> None:
    async with opened() as (app, pilot):
        await followed(app, pilot)
        db, jae = other()
        elsewhere = open_next(db, jae, "ED professional")
        release(db, jae, elsewhere.work_item_id)
        drawn: list[object] = []
        app.screen.rows.refresh = lambda *regions, **_: drawn.append(regions)  # type: ignore[method-assign]

        await followed(app, pilot)
        await followed(app, pilot)

        assert drawn == []
        db.close()


async def test_a_chart_that_another_codes_opens_to_be_read_and_follows(other, demo: Database) -> None:
    async with opened() as (app, pilot):
        first = app.screen.rows.selected
        db, jae = other()
        theirs = open_chart(db, jae, first.id)

        await keys(pilot, "enter")
        assert "another coder has this chart open: Jae Park since" in cells(app)
        await keys(pilot, "plus")
        await followed(app, pilot)
        enter(db, jae, theirs.coding_id, AddDiagnosis("I10"), Defaults("2026-08-04"))
        await followed(app, pilot, lambda: "hypertension" in cells(app))

        assert "Essential (primary) hypertension" in cells(app)
        assert "@ to read" in cells(app)
        await keys(pilot, "escape", "q")
        with db.reading() as session:
            assert session.get_one(WorkItem, first.id).claimed_by == jae.person_id
        db.close()


async def test_a_second_saver_sees_both_sides_and_what_is_chosen_is_saved_as_one_step(other) -> None:
    """Two sessions of one person: each saved a code, and both gave I10 another POA."""
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        for line in ("e11.9", "i10"):
            await type_text(pilot, line)
            await keys(pilot, "enter")
        chart = app.screen
        assert isinstance(chart, ChartScreen)
        db, again = other("mreyes")
        day = Defaults("2026-08-04")
        with db.reading() as session:
            coding_id = session.exec(select(Coding.id)).one()
        enter(db, again, coding_id, _parsed("2 n"), day)
        enter(db, again, coding_id, AddDiagnosis("N18.31"), day)

        await type_text(pilot, "2 u")
        await keys(pilot, "enter")

        assert isinstance(app.screen, ConflictScreen)
        assert "I10 POA" in cells(app) and "N18.31" in cells(app)
        assert "1 to choose" in cells(app)
        await keys(pilot, "s")
        assert "1 row not chosen yet" in cells(app)

        await keys(pilot, "m", "s")

        assert app.screen is chart
        assert [(d.code, d.poa) for d in codes_of(db).diagnoses] == [("E11.9", ""), ("I10", "U"), ("N18.31", "")]
        await keys(pilot, "u")
        assert [(d.code, d.poa) for d in codes_of(db).diagnoses] == [("E11.9", ""), ("I10", "N"), ("N18.31", "")]
        db.close()


async def test_who_is_principal_waits_for_a_choice_where_both_sessions_entered_a_first_code(other) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        db, again = other("mreyes")
        with db.reading() as session:
            coding_id = session.exec(select(Coding.id)).one()
        enter(db, again, coding_id, AddDiagnosis("I50.23"), Defaults("2026-08-04"))
        enter(db, again, coding_id, AddDiagnosis("N17.9"), Defaults("2026-08-04"))
        await type_text(pilot, "e11.9")
        await keys(pilot, "enter")
        asked = cells(app)

        await keys(pilot, "s", "t", "s")

        assert "1 to choose" in asked and "! principal (first)" in " ".join(asked.split())
        assert [d.code for d in codes_of(db).diagnoses] == ["I50.23", "N17.9", "E11.9"]
        assert [d.role.value for d in codes_of(db).diagnoses] == ["principal", "secondary", "secondary"]
        db.close()


async def test_text_typed_on_as_a_conflict_comes_chooses_and_saves_nothing(other) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter")
        db, again = other("mreyes")
        with db.reading() as session:
            coding_id = session.exec(select(Coding.id)).one()
        enter(db, again, coding_id, _parsed("1 n"), Defaults("2026-08-04"))
        await type_text(pilot, "1 u")

        await pilot.press("enter", *"ts", "enter", *"mts")
        await settle(pilot)

        assert isinstance(app.screen, ConflictScreen) and "1 to choose" in cells(app)
        assert "“ts⏎mts” was not taken" in cells(app)
        assert codes_of(db).diagnoses[0].poa == "N"
        db.close()


async def test_leaving_a_conflict_overwrites_nothing_and_loses_nothing(other) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter")
        db, again = other("mreyes")
        with db.reading() as session:
            coding_id = session.exec(select(Coding.id)).one()
        enter(db, again, coding_id, _parsed("1 n"), Defaults("2026-08-04"))
        await type_text(pilot, "1 u")
        await keys(pilot, "enter")

        await keys(pilot, "escape")

        assert codes_of(db).diagnoses[0].poa == "N"
        assert isinstance(app.screen, ChartScreen)
        assert app.screen.entry.text == "1 u"
        db.close()


async def test_a_third_save_during_the_choice_is_a_conflict_again(other) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter")
        db, again = other("mreyes")
        with db.reading() as session:
            coding_id = session.exec(select(Coding.id)).one()
        enter(db, again, coding_id, _parsed("1 n"), Defaults("2026-08-04"))
        await type_text(pilot, "1 u")
        await keys(pilot, "enter", "m")
        enter(db, again, coding_id, _parsed("1 w"), Defaults("2026-08-04"))

        await keys(pilot, "s")
        assert isinstance(app.screen, ConflictScreen)
        assert codes_of(db).diagnoses[0].poa == "W"
        await keys(pilot, "M", "s")

        assert codes_of(db).diagnoses[0].poa == "U"
        assert isinstance(app.screen, ChartScreen)
        db.close()


async def a_conflict(pilot: Pilot, other) -> tuple[Database, Actor, str]:
    """A conflict over the POA of I10 on the screen, not looked at yet: the other session, and the id of the coding."""
    await keys(pilot, "n", "plus")
    await type_text(pilot, "i10")
    await keys(pilot, "enter")
    db, again = other("mreyes")
    with db.reading() as session:
        coding_id = session.exec(select(Coding.id)).one()
    enter(db, again, coding_id, _parsed("1 n"), Defaults("2026-08-04"))
    await type_text(pilot, "1 u")
    await keys(pilot, "enter")
    return db, again, coding_id


async def test_a_third_save_that_makes_the_same_leaves_nothing_to_choose(other) -> None:
    async with opened() as (app, pilot):
        db, again, coding_id = await a_conflict(pilot, other)
        enter(db, again, coding_id, _parsed("1 u"), Defaults("2026-08-04"))

        await keys(pilot, "m", "s")

        assert isinstance(app.screen, ChartScreen) and "has made the same of the codes" in cells(app)
        db.close()


async def test_keys_typed_ahead_of_a_conflict_are_refused_whole_and_end_with_enter_and_a_pause(other) -> None:
    async with opened() as (app, pilot):
        db, again, coding_id = await a_conflict(pilot, other)
        enter(db, again, coding_id, _parsed("1 w"), Defaults("2026-08-04"))
        app.screen._asking.shown_at = 0.0

        await in_one_burst(app, pilot, "Msss")
        told = cells(app)
        await pilot.press("enter")
        await asyncio.sleep(PAUSE_SECONDS)
        await pilot.press("M")
        await settle(pilot)
        chosen = cells(app)
        await keys(pilot, "s", "M", "s")

        assert "“Msss” was not taken" in told and "1 to choose" in told and "all settled" in chosen
        assert codes_of(db).diagnoses[0].poa == "U"
        assert isinstance(app.screen, ChartScreen)
        db.close()


async def test_keys_that_run_on_behind_a_save_are_refused_where_a_conflict_comes_again(other) -> None:
    async with opened() as (app, pilot):
        db, again, coding_id = await a_conflict(pilot, other)
        await keys(pilot, "m")
        enter(db, again, coding_id, _parsed("1 w"), Defaults("2026-08-04"))

        await in_one_burst(app, pilot, "Msss")

        assert "“ss” was not taken" in cells(app) and "1 to choose" in cells(app)
        await keys(pilot, "enter", "M", "s")
        assert codes_of(db).diagnoses[0].poa == "U"
        assert isinstance(app.screen, ChartScreen)
        db.close()


async def test_one_esc_leaves_the_keys_of_a_conflict_and_one_more_the_conflict(other) -> None:
    async with opened() as (app, pilot):
        db, *_ = await a_conflict(pilot, other)

        await keys(pilot, "question_mark")
        with_help = app.screen
        await keys(pilot, "escape")
        without = app.screen
        await keys(pilot, "escape")

        assert [with_help.name_on, without.name_on, app.screen.name_on] == ["help", "conflict", "chart"]
        db.close()


@pytest.mark.parametrize("answer", ["y", "n"])
async def test_final_coding_is_asked_again_where_another_session_changed_what_it_was_asked_about(other, answer) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter")
        await type_text(pilot, "*")
        await keys(pilot, "enter", "escape")
        db, again = other("mreyes")
        with db.reading() as session:
            coding_id = session.exec(select(Coding.id)).one()
        enter(db, again, coding_id, _parsed("e11.9"), Defaults("2026-08-04"))
        await keys(pilot, "f")
        asked = cells(app)

        await keys(pilot, answer)
        refused, status = cells(app), status_of(db, coding_id)
        await keys(pilot, "y")

        assert "Final code 1 diagnosis" in asked and status == "draft"
        assert "Another session changed this chart: it was not final coded" in refused
        assert "Final code 2 diagnoses" in refused and "E11.9" in refused
        assert status_of(db, coding_id) == "final"
        db.close()


def status_of(db: Database, coding_id: str) -> str:
    with db.reading() as session:
        return session.get_one(Coding, coding_id).status.value


async def test_a_field_of_the_visit_that_two_change_shows_both_values(other) -> None:
    from store.abstracting import set_abstract

    async with opened() as (app, pilot):
        await keys(pilot, "n", "a")
        await type_text(pilot, "disposition")
        await keys(pilot, "enter")
        db, jae = other()
        with db.reading() as session:
            encounter = session.exec(
                select(Encounter).join(WorkItem).where(WorkItem.status == WorkStatus.IN_PROGRESS)
            ).one()
        seen = {"discharge_disposition": encounter.discharge_disposition}
        set_abstract(db, jae, encounter.id, {"discharge_disposition": "02"}, seen)
        await keys(pilot, *["backspace"] * 2)
        await type_text(pilot, "06")
        await keys(pilot, "enter")

        assert isinstance(app.screen, ConflictScreen)
        assert "> " not in cells(app).splitlines()[2]
        await keys(pilot, "m", "s")

        assert isinstance(app.screen, ChartScreen)
        with db.reading() as session:
            assert session.get_one(Encounter, encounter.id).discharge_disposition == "06"
        db.close()


async def test_a_covered_screen_opens_for_the_pin_alone_and_five_wrong_ones_end_it(other) -> None:
    from store.pins import set_pin

    db, me = other("mreyes")
    set_pin(db, me, "2718")
    async with opened() as (app, pilot):
        app.in_turn(app.idle.lock())
        await settle(pilot)
        await keys(pilot, "enter")
        await type_text(pilot, "1111")
        assert "1111" not in cells(app)
        await keys(pilot, "enter")
        assert isinstance(app.screen, LockScreen)
        assert "4 tries are left" in cells(app)
        await keys(pilot, "enter")
        await type_text(pilot, "2718")
        await keys(pilot, "enter")
        assert not isinstance(app.screen, LockScreen)
    db.close()


def _parsed(text: str):
    from store.coding.entry import parse

    return parse(text, lambda code: "icd10cm")


async def test_a_chart_that_another_has_taken_over_says_by_whom_and_shows_the_codes_they_add(
    other, demo: Database
) -> None:
    async with opened() as (app, pilot):
        first = app.screen.rows.selected
        db, jae = other()
        await keys(pilot, "enter")
        with db.change(SYSTEM) as change:
            change.session.get_one(WorkItem, first.id).claimed_until = "2026-01-01T00:00:00.000Z"

        theirs = open_chart(db, jae, first.id)
        enter(db, jae, theirs.coding_id, AddDiagnosis("I10"), Defaults("2026-08-04"))
        await followed(app, pilot, lambda: "hypertension" in cells(app))
        enter(db, jae, theirs.coding_id, AddDiagnosis("E11.9"), Defaults("2026-08-04"))
        await followed(app, pilot, lambda: "2 diagnoses" in cells(app))
        told = cells(app)
        db.close()

    assert "Jae Park has taken this chart over; your codes are in it." in told and "@ taken over" in told
    assert "Your next entry" not in told
    assert "Essential (primary) hypertension" in told and "2 diagnoses" in told

"""What came to a chart after its coding began, on the screen of the chart."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import open_database
from store.intake import take_in
from store.models import Account, Charge, Coding, Encounter, EncounterChange, Patient, Person, WorkItem
from store.terms import WorkStatus
from tests.store.hl7_samples import message, pid, pv1, segment, write
from tests.tui.screens import cells, keys, opened, settle, type_text

pytestmark = pytest.mark.usefixtures("at_desk")


def came_late() -> None:
    """The first charge with a code of the coded visit is told as one that came late."""
    with open_database().change(SYSTEM) as change:
        session = change.session
        coding = session.exec(select(Coding)).one()
        item = session.exec(
            select(WorkItem).where(WorkItem.encounter_id == coding.encounter_id, WorkItem.kind == coding.kind)
        ).one()
        item.came_back = "1 late charge"
        charge = session.exec(
            select(Charge).where(Charge.encounter_id == coding.encounter_id, Charge.procedure_code != "")
        ).first()
        assert charge is not None
        said = {"code": charge.procedure_code, "units": 1, "cents": charge.amount_cents, "date": charge.service_date}
        details = [{"part": "charge", "item": charge.charge_number, "was": None, "is": said}]
        session.add(EncounterChange(encounter_id=coding.encounter_id, late="1 late charge", details=details))


async def test_a_chart_that_came_back_says_what_is_new_shows_it_by_a_key_and_offers_the_charge_as_a_line() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "-a")
        await keys(pilot, "enter", "escape", "escape")
        came_late()
        await keys(pilot, "enter")
        opened_with = cells(app)
        await keys(pilot, "i")
        facts = cells(app)
        await keys(pilot, "L")
        changes = cells(app)
        before = len(app.screen.on_screen.codes.lines)  # type: ignore[attr-defined]
        await keys(pilot, "A")

        assert "New since coding began: 1 late charge. L shows what is new." in opened_with
        assert "NEW " in facts
        assert "What came after coding began" in changes and "charge " in changes
        assert len(app.screen.on_screen.codes.lines) == before + 1  # type: ignore[attr-defined]


async def test_what_comes_while_the_chart_is_open_is_told_at_once_and_what_is_typed_stays() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.4")
        came_late()
        app.screen.record_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        told, typed = cells(app), app.screen.entry.text  # type: ignore[attr-defined]
        await keys(pilot, "escape", "L")

        assert "New just now: 1 late charge. L shows what is new." in told and typed == "e11.4"
        assert "What came after coding began" in cells(app)


async def test_a_visit_that_is_canceled_or_whose_patient_is_merged_says_so_in_the_open_chart_at_once(
    tmp_path: Path,
) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n")
        with open_database().reading() as session:
            item = session.exec(select(WorkItem).where(WorkItem.status == "in_progress")).one()
            visit = session.get_one(Encounter, item.encounter_id)
            patient, account = session.get_one(Patient, visit.patient_id), session.get_one(Account, visit.account_id)
        one = pid(
            patient.mrn,
            name=f"{patient.family_name}^{patient.given_name}",
            f3=f"M99^^^{patient.source}^MR",
            f7=(patient.birth_date or "").replace("-", ""),
            f8=patient.sex,
            f18=f"{account.account_number}^^^{account.source}",
        )
        merge = message("ADT^A40", one, segment("MRG", f1=f"{patient.mrn}^^^{patient.source}^MR"))
        take_in(open_database(), SYSTEM, [write(tmp_path / "a40.hl7", merge)])
        app.screen.record_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        merged = cells(app)
        cancel = message("ADT^A11", one, pv1(f19=f"{visit.visit_number}^^^{visit.source}"), control="C77")
        take_in(open_database(), SYSTEM, [write(tmp_path / "a11.hl7", cancel)])
        app.screen.record_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        canceled = cells(app)
        await keys(pilot, "plus")

        assert "  M99  " in merged.splitlines()[0]
        assert f"The record number is M99 now; it was {patient.mrn}." in merged
        assert "✗ canceled" in canceled.splitlines()[0]
        assert "The visit was canceled by REG of NORTH, message C77 on " in canceled
        assert "canceled by REG of NORTH" in cells(app)


@pytest.mark.parametrize("told", [False, True])
async def test_what_comes_while_final_coding_is_asked_stops_the_answer_and_is_shown(told: bool) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.9")
        await keys(pilot, "enter")
        await type_text(pilot, "*")
        await keys(pilot, "enter", "escape", "f")
        came_late()
        if told:
            app.screen.record_changed()  # type: ignore[attr-defined]
            await settle(pilot)

        await keys(pilot, "y")
        stopped, unseen = cells(app), seen_by()
        await keys(pilot, "f", "y")

        assert "it was not final coded, for more has come to the chart: 1 late charge." in " ".join(stopped.split())
        assert "What came after coding began" in stopped and "A takes 1 late charge as lines" in stopped
        assert unseen is None and seen_by() is not None
        assert app.screen.final  # type: ignore[attr-defined]


def seen_by() -> str | None:
    """Who has seen what came late."""
    with open_database().reading() as session:
        return session.exec(select(EncounterChange)).one().seen_by


@pytest.mark.parametrize("how", ["taken over", "canceled"])
async def test_a_chart_that_is_gone_while_a_code_is_typed_says_so_and_that_enter_will_not_take_it(how: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        with open_database().change(SYSTEM) as change:
            item = change.session.exec(select(WorkItem).where(WorkItem.status == "in_progress")).one()
            if how == "canceled":
                item.status = WorkStatus.CANCELED
            else:
                other = change.session.exec(select(Person).where(Person.login == "jpark")).one()
                item.claimed_by = other.id
        app.screen.record_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        told = cells(app)
        await type_text(pilot, "e11.9")
        typed, hint = cells(app), app.screen.asking_hints("entry")[0]  # type: ignore[attr-defined]
        await keys(pilot, "escape", "plus")
        line = app.screen.entry.asking  # type: ignore[attr-defined]

    assert how in told.splitlines()[0]
    assert ("Jae Park has taken this chart over; your codes are in it." if how == "taken over" else "canceled") in told
    assert "Enter adds" not in typed and hint == ("Enter", "say why not")
    assert line == ""

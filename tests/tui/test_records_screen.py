"""The records desk by keys: charts looked over, a lack waived, a suspension, duplicates, a request released."""

from __future__ import annotations

import pytest
from sqlmodel import select
from textual.pilot import Pilot

from store.actors import SYSTEM
from store.database import open_database
from store.models import Disclosure, Document, Patient, ReleaseRequest
from store.terms import DocumentStatus
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, type_text


@pytest.fixture
def charts(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo site with the records technician at the keyboard, some documents unsigned, one patient there twice."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "tnguyen")
    database = open_database()
    with database.change(SYSTEM) as change:
        for one in change.session.exec(select(Document).where(Document.type_name == "Discharge summary")):
            one.status = DocumentStatus.IN_PROGRESS
        first = change.session.exec(select(Patient).order_by(Patient.mrn)).first()
        twin = first.model_dump(exclude={"id", "mrn"})
        change.session.add(Patient(**twin | {"mrn": "P99999", "given_name": first.given_name[:-1]}))
    database.close()


async def test_a_reason_that_says_too_little_is_refused_and_gone_on_with(charts: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f7", "s", "w")
        await type_text(pilot, "so")
        await keys(pilot, "enter")
        refused, typed = cells(app), app.screen.entry.text  # type: ignore[attr-defined]
        await type_text(pilot, " signed on paper")
        whole = app.screen.entry.text  # type: ignore[attr-defined]
        await keys(pilot, "enter")

        assert "say why, in some words" in refused and (typed, whole) == ("so", "so signed on paper")
        assert "Waived:" in cells(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_view_stands_on_the_desk_and_each_step_is_a_key(charts: None, size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f7")
        assert "No chart lacks anything that was looked for" in cells(app)
        await keys(pilot, "s", "w")
        await type_text(pilot, "signed on paper")
        await keys(pilot, "enter")
        assert "Waived:" in cells(app)
        assert_golden(app, f"records-{at}")
        await keys(pilot, "v", "p")
        await type_text(pilot, "too many")
        await keys(pilot, "enter")
        assert "is on the suspension list" in cells(app)
        await keys(pilot, "v")
        assert_golden(app, f"records-duplicates-{at}")
        await keys(pilot, "n")
        for part in ("P99999", "A. Lawyer", "the visit of August", "injury claim", ""):
            await type_text(pilot, part)
            await keys(pilot, "enter")
        assert "due in 30 days" in cells(app)
        await keys(pilot, "r")
        await type_text(pilot, "y")
        await keys(pilot, "enter")
        assert "names no authorization" in cells(app)
        await keys(pilot, "escape", "r")
        await type_text(pilot, "form of September")
        await keys(pilot, "enter", "y")
        assert "the disclosure is recorded" in cells(app)

    with open_database().reading() as session:
        assert session.exec(select(Disclosure.recipient)).all() == ["A. Lawyer"]


async def test_two_patients_who_are_one_are_merged_after_a_yes_and_are_two_again_by_u(charts: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f7", "v", "v", "u")
        nothing = cells(app)
        await keys(pilot, "m")
        shown = cells(app)
        await keys(pilot, "enter")
        unsaid = cells(app)
        await type_text(pilot, "same address, same day of birth")
        await keys(pilot, "enter")
        asked = cells(app)
        await keys(pilot, "y")
        merged = cells(app)
        await keys(pilot, "u")
        await type_text(pilot, "two")
        await keys(pilot, "enter")
        short = cells(app)
        await type_text(pilot, " passports")
        await keys(pilot, "enter")
        sure = cells(app)
        await keys(pilot, "y")
        again = cells(app)

    assert "nothing was merged here" in nothing
    assert "name differs" in shown and "born" in shown and "go over to" in shown
    assert "Nothing was merged" in unsaid and "Merge P99999" in asked and "0 visits" in asked
    assert "say why, in some words" in short and "Undo the merge of P99999" in sure
    assert "went over to" in merged and "u undoes it" in merged
    assert "is a patient again" in again and "1 of 1" in again


@pytest.fixture
def amundsen(charts: None) -> Patient:
    """A patient whose request is due later than the one that is there."""
    database = open_database()
    with database.change(SYSTEM) as change:
        someone = change.session.exec(select(Patient).order_by(Patient.mrn)).first()
        change.session.add(
            ReleaseRequest(
                patient_id=someone.id,
                requester="Harbor Attorneys",
                what="everything",
                purpose="claim",
                received_on="2026-08-01",
                due_on="2026-08-31",
            )
        )
        asked_of = Patient(
            source="ADT", mrn="P99074", family_name="Amundsen", given_name="Kari", birth_date="1961-03-04"
        )
        change.session.add(asked_of)
    database.close()
    return asked_of


async def ask_of_amundsen(pilot: Pilot, named: str) -> None:
    await keys(pilot, "f7", "n")
    for part in (named, "A. Lawyer", "the visit of August", "injury claim"):
        await type_text(pilot, part)
        await keys(pilot, "enter")
    await keys(pilot, "enter")


async def test_the_cursor_stands_on_the_request_that_was_recorded_and_every_question_names_its_patient(
    amundsen: None,
) -> None:
    async with opened() as (app, pilot):
        await ask_of_amundsen(pilot, "P99074")
        recorded = cells(app)
        await keys(pilot, "r")
        asked = cells(app)
        await type_text(pilot, "form of September")
        await keys(pilot, "enter")
        sure = cells(app)
        await keys(pilot, "escape")

    assert "2 of 2" in recorded and "Amundsen, Kari (P99074)" in recorded
    assert "Amundsen, Kari (P99074), to A. Lawyer: what allows it:" in asked
    assert "Amundsen, Kari (P99074): was it sent to A. Lawyer?  y yes, Esc no" in sure
    with open_database().reading() as session:
        assert session.exec(select(Disclosure)).all() == []


async def test_a_patient_is_named_at_once_or_the_question_stays_with_what_was_typed(amundsen: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f7", "n")
        await type_text(pilot, "Amundzzen")
        await keys(pilot, "enter")
        refused = cells(app)
        await keys(pilot, "escape")
        await ask_of_amundsen(pilot, "amund kari")
        recorded = cells(app)

    assert "no patient has the record number or name 'Amundzzen'" in refused
    assert "by name or record number:" in refused
    assert "Recorded for Amundsen, Kari (P99074)" in recorded


async def test_the_patient_under_the_cursor_is_offered_for_a_request(charts: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f7", "s")
        with open_database().reading() as session:
            first = session.exec(select(Patient).where(Patient.mrn == app.screen.rows.selected.mrn)).one()
        await keys(pilot, "n", "enter")
        asked = cells(app)

    assert f"{first.family_name}, {first.given_name} ({first.mrn}): who asks:" in asked

"""Retention: the schedule as data, what is due by it, what keeps it, and that nothing is destroyed."""

from __future__ import annotations

import json

import pytest
from sqlmodel import select

from codesets.errors import UnreadableInput
from codesets.home import ensure_home
from store.actors import SYSTEM, Actor
from store.database import Database
from store.disclosures import record_disclosure
from store.models import Encounter, LogEntry, Patient, WorkItem
from store.reasons import ReasonNeeded
from store.records.deficiencies import RecordsRefused
from store.records.releases import receive
from store.records.retention import due, hold, let_go, schedule
from store.terms import Role
from tui.cli import main

pytestmark = pytest.mark.both_databases

BOSS = Actor("kwhite", Role.MANAGER)


@pytest.fixture
def old(demo: Database) -> str:
    """The record number of a grown-up whose last visit was on 2015-03-02, final coded; of nobody else it is as old."""
    with demo.change(SYSTEM) as change:
        person = change.session.exec(
            select(Patient).join(Encounter, Encounter.patient_id == Patient.id).order_by(Patient.mrn)
        ).first()
        person.birth_date = "1950-01-01"
        for visit in change.session.exec(select(Encounter).where(Encounter.patient_id == person.id)):
            visit.service_date = "2015-03-02"
            for item in change.session.exec(select(WorkItem).where(WorkItem.encounter_id == visit.id)):
                item.status = "final"
        return person.mrn


def test_a_chart_is_due_its_years_after_the_last_visit_by_the_rule_that_is_told(
    demo: Database, clerk: Actor, old: str
) -> None:
    (row,) = due(demo, clerk)

    assert (row.kind, row.mrn, row.last_day, row.due_on, row.kept_by) == ("chart", old, "2015-03-02", "2025-03-02", "")
    assert "42 CFR 482.24(b)(1)" in row.source


@pytest.mark.parametrize(("born", "is_due"), [("2000-01-01", True), ("2008-05-05", False), ("2004", True)])
def test_a_minor_s_chart_is_kept_until_the_age_of_the_schedule(
    demo: Database, clerk: Actor, old: str, born: str, is_due: bool
) -> None:
    with demo.change(SYSTEM) as change:
        change.session.exec(select(Patient).where(Patient.mrn == old)).one().birth_date = born

    assert bool(due(demo, clerk)) is is_due


def test_a_hold_keeps_it_until_it_is_let_go_with_a_reason(demo: Database, clerk: Actor, old: str) -> None:
    hold(demo, clerk, old, "lawsuit of 2024")
    kept = due(demo, clerk)[0].kept_by
    with pytest.raises(RecordsRefused, match="held already"):
        hold(demo, clerk, old, "once again")
    with pytest.raises(ReasonNeeded):
        let_go(demo, BOSS, old, "so")
    let_go(demo, BOSS, old, "the matter is settled")

    assert kept == "hold: lawsuit of 2024" and due(demo, clerk)[0].kept_by == ""
    with demo.reading() as session:
        logged = session.exec(select(LogEntry.action).where(LogEntry.action.like("retention.%"))).all()
    assert {"retention.hold", "retention.let_go", "retention.list"} == set(logged)


def test_open_work_and_open_requests_keep_it(demo: Database, clerk: Actor, old: str) -> None:
    receive(demo, clerk, old, "Lawyer", "everything", "claim")
    with demo.change(SYSTEM) as change:
        person = change.session.exec(select(Patient).where(Patient.mrn == old)).one()
        visit = change.session.exec(select(Encounter.id).where(Encounter.patient_id == person.id)).first()
        change.session.exec(select(WorkItem).where(WorkItem.encounter_id == visit)).first().status = "ready"

    assert due(demo, clerk)[0].kept_by == "a chart is not final coded; a request is open"


def test_a_disclosure_has_years_of_its_own(demo: Database, clerk: Actor, old: str) -> None:
    record_disclosure(demo, clerk, old, "Court", "chart", "subpoena", "2019-09-01")
    record_disclosure(demo, clerk, old, "Court", "chart", "subpoena", "2021-09-01")

    assert [(row.due_on, row.what) for row in due(demo, clerk) if row.kind == "disclosure"] == [
        ("2025-09-01", "disclosure to Court")
    ]


def test_a_site_s_own_years_take_the_place_of_the_shipped_ones(demo: Database, clerk: Actor, old: str) -> None:
    path = ensure_home() / "retention.csv"
    path.write_text("kind,years,minor_until,counted_from,source\nchart,15,23,the last visit,state law\n")

    assert schedule()["chart"].source == "state law" and schedule()["claim"].years == 10
    assert due(demo, clerk) == []
    path.write_text("kind,years,minor_until,counted_from,source\nchart,many,0,x,y\n")
    with pytest.raises(UnreadableInput, match="chart: expected whole years"):
        schedule()


def test_the_command_lists_holds_and_destroys_nothing(
    demo: Database, old: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: "kwhite")
    assert main(["records", "keep", old, "audit by the payer"]) == 0
    assert main(["records", "retention"]) == 0
    text = capsys.readouterr().out
    assert "kept: hold: audit by the payer" in text and "1 record due, 1 of them kept" in text
    assert main(["records", "let-go", old, "the matter is done"]) == 0 and main(["records", "retention", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["kept_by"] == ""
    assert main(["records", "retention", "--schedule"]) == 0 and "42 CFR" in capsys.readouterr().out
    with demo.reading() as session:
        assert session.exec(select(Patient).where(Patient.mrn == old)).one()

"""Destroying what is past its years: planned by one, carried out by another, certified, and nothing else touched."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import func
from sqlmodel import SQLModel, select

from store.actors import SYSTEM, Actor, NotAllowed
from store.database import Database
from store.demo.year import make_year
from store.disclosures import record_disclosure
from store.log.check import check_log
from store.merges import merge_patients
from store.models import (
    Audit,
    AuditSample,
    Claim,
    Coding,
    Disclosure,
    Encounter,
    LogEntry,
    Patient,
    ReleaseRequest,
    WorkItem,
)
from store.people import add_person
from store.reasons import ReasonNeeded
from store.records.deficiencies import RecordsRefused
from store.records.destruction import destroy, hashes, plan
from store.records.releases import receive
from store.records.retention import due, hold
from store.reports.publish import publish, repeat
from store.reports.run import period_of, run_report
from store.terms import ClaimStatus, Role
from tui.cli import main

pytestmark = pytest.mark.both_databases

ADMIN = Actor("root", Role.ADMIN)
WHY = "yearly destruction by policy 7"


@pytest.fixture
def settled(demo: Database) -> list[str]:
    """Record numbers of two patients whose charts are all final coded: nothing open keeps what is theirs."""
    with demo.change(SYSTEM) as change:
        people = change.session.exec(
            select(Patient).join(Encounter, Encounter.patient_id == Patient.id).order_by(Patient.mrn).distinct()
        ).all()[:2]
        for item in change.session.exec(
            select(WorkItem)
            .join(Encounter, Encounter.id == WorkItem.encounter_id)
            .where(Encounter.patient_id.in_([one.id for one in people]))
        ):
            item.status = "final"
        return [one.mrn for one in people]


@pytest.fixture
def old(demo: Database, clerk: Actor, settled: list[str]) -> list[str]:
    """Ids of two disclosures whose six years are over; a third one is younger."""
    for mrn, day in zip((*settled, settled[0]), ("2019-09-01", "2018-01-05", "2024-01-05"), strict=True):
        record_disclosure(demo, clerk, mrn, "Court", "chart", "subpoena", day)
    with demo.reading() as session:
        return list(session.exec(select(Disclosure.id).where(Disclosure.disclosed_on < "2020")))


def left(db: Database) -> dict[str, int]:
    """How many rows each table has, but for the log and what makes a retry harmless."""
    with db.reading() as session:
        tables = [t for t in SQLModel.metadata.sorted_tables if t.name not in ("log_entry", "operation")]
        return {t.name: session.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}


def test_what_one_plans_another_destroys_and_the_log_certifies_it(demo: Database, clerk: Actor, old: list[str]) -> None:
    before = left(demo)
    planned = plan(demo, clerk, "disclosure")
    assert left(demo) == before

    done = destroy(demo, ADMIN, "disclosure", planned.digest, WHY)

    assert (done.count, done.planned_by, done.destroyed_by) == (2, clerk.login, "root")
    assert left(demo) == before | {"disclosure": before["disclosure"] - 2}
    with demo.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "retention.destroy")).one()
    assert entry.detail["ids_sha256"] == hashes(old) and not set(old) & set(json.dumps(entry.detail).split('"'))
    assert (entry.actor, entry.detail["count"], entry.detail["reason"]) == ("root", 2, WHY)
    assert (entry.detail["years"], entry.detail["source"]) == (6, "45 CFR 164.528(a)(1), 164.530(j)(2)")


def test_an_id_can_be_proved_to_have_been_destroyed() -> None:
    assert hashes(["b", "a"]) == sorted(hashlib.sha256(one).hexdigest() for one in (b"a", b"b"))


def test_the_log_stays_whole_and_a_published_figure_the_same_to_the_digit(
    db: Database, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 100, seed=7)
    with db.reading() as session:
        mrn = session.exec(
            select(Patient.mrn)
            .join(Encounter, Encounter.patient_id == Patient.id)
            .join(WorkItem, WorkItem.encounter_id == Encounter.id)
            .where(WorkItem.status == "final", ~Encounter.id.in_(select(Claim.encounter_id)))
        ).first()
    record_disclosure(db, clerk, mrn, "Court", "chart", "subpoena", "2019-09-01")
    boss = Actor("boss", Role.MANAGER)
    figure = publish(db, boss, run_report(db, boss, "dnfb", period_of("2026-09-01", "2026-09-30")))

    destroy(db, ADMIN, "disclosure", plan(db, clerk, "disclosure").digest, WHY)

    assert repeat(db, boss, figure).same
    with db.engine.connect() as connection:
        assert check_log(connection, db.log_keys.keys()).whole


@pytest.mark.parametrize("kept", ["hold", "claim", "audit", "work", "request"])
def test_what_something_keeps_is_in_no_plan_and_a_plan_from_before_is_void(
    demo: Database, clerk: Actor, settled: list[str], old: list[str], kept: str
) -> None:
    before = plan(demo, clerk, "disclosure")
    _keep(demo, clerk, settled[0], kept)

    after = plan(demo, clerk, "disclosure")

    assert len(after.rows) == 1 and after.rows[0].mrn == settled[1]
    with pytest.raises(RecordsRefused, match="not what was planned any more"):
        destroy(demo, ADMIN, "disclosure", before.digest, WHY)
    assert left(demo)["disclosure"] == 3


def _keep(db: Database, clerk: Actor, mrn: str, by: str) -> None:
    if by == "hold":
        hold(db, clerk, mrn, "a lawsuit")
        return
    if by == "request":
        receive(db, clerk, mrn, "Lawyer", "everything", "claim")
        return
    with db.change(SYSTEM) as change:
        session = change.session
        visit = session.exec(
            select(Encounter).join(Patient, Patient.id == Encounter.patient_id).where(Patient.mrn == mrn)
        ).first()
        item = session.exec(select(WorkItem).where(WorkItem.encounter_id == visit.id)).first()
        if by == "work":
            item.status = "ready"
            return
        coding = Coding(encounter_id=visit.id, kind=item.kind, status="final")
        session.add(coding)
        session.flush()
        if by == "claim":
            session.add(
                Claim(
                    claim_number="OLD",
                    form="837p",
                    encounter_id=visit.id,
                    coding_id=coding.id,
                    frequency="1",
                    status=ClaimStatus.REJECTED,
                    total_cents=1,
                    service_from="2015-01-01",
                    service_through="2015-01-01",
                    parties={},
                )
            )
            return
        sample = AuditSample(
            name="S",
            method="simple",
            prebill=False,
            blind=False,
            seed=1,
            size="1",
            population=1,
            population_sha256="",
            audited_before=0,
            scheme={},
            answer_days=14,
        )
        session.add(sample)
        session.flush()
        session.add(
            Audit(
                audit_sample_id=sample.id,
                position=1,
                encounter_id=visit.id,
                coding_id=coding.id,
                account_id=visit.account_id,
                kind=item.kind,
                coder_codes={},
            )
        )


def test_a_hold_covers_what_stands_under_a_number_that_was_merged_away(
    demo: Database, clerk: Actor, settled: list[str], old: list[str]
) -> None:
    merge_patients(demo, ADMIN, settled[1], settled[0], reason="they are one by their papers")

    hold(demo, clerk, settled[0], "a lawsuit")

    kept = [row.kept_by for row in due(demo, clerk) if row.kind == "disclosure"]
    assert kept == ["hold: a lawsuit", "hold: a lawsuit"]


def test_a_disclosure_goes_no_sooner_than_the_request_that_it_answers(
    demo: Database, clerk: Actor, old: list[str]
) -> None:
    with demo.change(SYSTEM) as change:
        one = change.session.get(Disclosure, old[0])
        change.session.add(
            ReleaseRequest(
                patient_id=one.patient_id,
                requester="Court",
                purpose="x",
                what="x",
                received_on="2019-08-01",
                due_on="2019-08-31",
                status="released",
                disclosure_id=one.id,
                closed_at="2019-09-01T10:00:00.000Z",
            )
        )

    first = plan(demo, clerk, "disclosure")
    destroy(demo, ADMIN, "request", plan(demo, clerk, "request").digest, WHY)

    assert len(first.rows) == 1
    assert len(plan(demo, clerk, "disclosure").rows) == 2


def test_it_takes_two_a_reason_and_an_administrator(demo: Database, clerk: Actor, old: list[str]) -> None:
    digest = plan(demo, ADMIN, "disclosure").digest

    with pytest.raises(RecordsRefused, match="planned it yourself"):
        destroy(demo, ADMIN, "disclosure", digest, WHY)
    with pytest.raises(ReasonNeeded):
        destroy(demo, Actor("other", Role.ADMIN), "disclosure", digest, "so")
    with pytest.raises(NotAllowed):
        destroy(demo, clerk, "disclosure", digest, WHY)
    with pytest.raises(RecordsRefused, match="nobody has planned that"):
        destroy(demo, ADMIN, "disclosure", "0" * 64, WHY)
    assert left(demo)["disclosure"] == 3


@pytest.mark.parametrize(
    ("kind", "said"), [("chart", "figures are added up"), ("log", "of the log nothing"), ("x", "no kind")]
)
def test_charts_claims_and_the_log_are_not_destroyed(demo: Database, clerk: Actor, kind: str, said: str) -> None:
    with pytest.raises(RecordsRefused, match=said):
        plan(demo, clerk, kind)


def test_a_day_that_is_known_to_the_year_is_its_last(demo: Database, clerk: Actor, old: list[str]) -> None:
    with demo.change(SYSTEM) as change:
        one = change.session.get(Disclosure, old[0])
        one.disclosed_on = "2018"

    (row,) = [row for row in due(demo, clerk) if row.last_day == "2018-12-31"]

    assert row.due_on == "2024-12-31"


def test_the_command_plans_and_carries_out(
    demo: Database, old: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person(demo, ADMIN, "second", "Second Admin", Role.ADMIN)
    monkeypatch.setattr("store.os_account.os_login", lambda: "kwhite")
    assert main(["records", "destroy", "disclosure"]) == 0
    text = capsys.readouterr().out
    digest = text.split("--plan ")[1].split()[0]
    monkeypatch.setattr("store.os_account.os_login", lambda: "second")

    assert main(["records", "destroy", "disclosure", "--plan", digest, "--reason", WHY]) == 0

    assert "2 disclosures past 6 years" in text and "nothing was destroyed" in text
    assert "2 disclosures destroyed" in capsys.readouterr().out
    assert main(["records", "destroy", "disclosure"]) == 1

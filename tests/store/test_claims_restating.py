"""A claim that has not left states what its visit says now; one that has left states what it stated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from store.abstracting import set_abstract
from store.actors import SYSTEM
from store.claims.batches import batch_claims, plan_batch
from store.claims.build import build_claims
from store.claims.changes import set_fields
from store.claims.content import Accident, ClaimContent, load_claim
from store.claims.details import ClaimDates
from store.claims.following import void_sent_claim
from store.claims.restating import restate
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.models import Claim, Encounter, LogEntry, WorkItem
from store.terms import ClaimStatus, CodingKind, WorkStatus
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.test_claims_facility import add_stay

pytestmark = pytest.mark.both_databases

DAY = {"accident_date": "2026-09-14"}


@pytest.fixture
def ready(db: Database) -> str:
    """A claim that could leave; its id."""
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    (built,) = build_claims(db, SYSTEM).built
    scrub_claim(db, CODES, SYSTEM, built.claim_id, today=TODAY)
    return built.claim_id


def visit(db: Database) -> Encounter:
    with db.reading() as session:
        return session.exec(select(Encounter)).one()


def row(db: Database, claim_id: str) -> Claim:
    with db.reading() as session:
        return session.get_one(Claim, claim_id)


def content(db: Database, claim_id: str) -> ClaimContent:
    with db.reading() as session:
        return load_claim(session, claim_id)


def sent_by_its_sender(db: Database, **extra: object) -> None:
    """What a sender gives beyond the visit's fields, as intake stores it."""
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        encounter.extra = {**encounter.extra, **extra}
        restate(change, encounter.id, "a later message")


def test_an_accident_date_set_after_the_claim_was_built_is_on_the_claim_which_is_scrubbed_again(
    db: Database, ready: str, tmp_path: Path
) -> None:
    said = set_abstract(db, SYSTEM, visit(db).id, DAY, {"accident_date": ""})

    assert content(db, ready).parties.accident == Accident("2026-09-14", "OA", "")
    assert row(db, ready).status is ClaimStatus.DRAFT
    assert f"Claim {row(db, ready).claim_number} states it now and is a draft again." in said
    assert [one.reason for one in plan_batch(db, SYSTEM).left_behind] == ["has not been scrubbed"]


def test_the_log_says_which_fields_of_the_claim_changed_and_why(db: Database, ready: str) -> None:
    set_abstract(db, SYSTEM, visit(db).id, DAY, {"accident_date": ""})

    with db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "claim.refresh")).one()
    assert (entry.target_id, entry.detail["fields"], entry.detail["reason"]) == (
        ready,
        "accident",
        "accident date of the visit",
    )


@pytest.mark.parametrize(
    ("extra", "stated"),
    [
        ({"accident_cause": "EM"}, Accident(None, "EM", "")),
        ({"accident_cause": "AA", "accident_state": "KS"}, Accident(None, "AA", "KS")),
        ({"claim": {"dates": {"onset": "2026-09-01"}}}, ClaimDates(onset="2026-09-01")),
    ],
)
def test_accident_at_work_or_of_a_car_its_state_and_the_onset_follow_what_the_sender_says_later(
    db: Database, ready: str, extra: dict[str, object], stated: object
) -> None:
    sent_by_its_sender(db, **extra)

    parties = content(db, ready).parties
    assert stated in (parties.accident, parties.details.dates if parties.details else None)
    assert row(db, ready).status is ClaimStatus.DRAFT


def test_admission_and_disposition_of_a_stay_follow_and_so_do_its_days(db: Database) -> None:
    add_stay(db)
    (built,) = build_claims(db, SYSTEM).built

    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        encounter.admission_type, encounter.discharge_disposition = "2", "06"
        encounter.started_at = "2026-09-09T10:15:00"
        restate(change, encounter.id, "a later message")

    claim, bill = row(db, built.claim_id), content(db, built.claim_id).parties.facility_bill
    assert (bill.admission_type, bill.patient_status, bill.admitted_at) == ("2", "06", "2026-09-09T10:15:00")
    assert claim.service_from == bill.statement_from == "2026-09-09"


def test_what_a_person_set_in_the_claim_stays(db: Database, ready: str) -> None:
    set_fields(db, SYSTEM, ready, {"details.dates.onset": "2026-08-30"})

    sent_by_its_sender(db, claim={"dates": {"onset": "2026-09-01"}, "note": "seen at home"})

    details = content(db, ready).parties.details
    assert (details.dates.onset, details.note) == ("2026-08-30", "seen at home")


def test_a_change_that_the_claim_does_not_state_leaves_it_ready(db: Database, ready: str) -> None:
    set_abstract(db, SYSTEM, visit(db).id, {"hospital_service": "ORT"}, {"hospital_service": ""})

    assert row(db, ready).status is ClaimStatus.READY


def test_a_claim_that_has_left_and_its_void_state_what_they_stated_and_are_named(
    db: Database, ready: str, tmp_path: Path
) -> None:
    batch_claims(db, SYSTEM, tmp_path)
    before = content(db, ready)
    void = void_sent_claim(db, SYSTEM, ready, "billed in error").claim_id

    said = set_abstract(db, SYSTEM, visit(db).id, DAY, {"accident_date": ""})

    assert f"Claim {before.claim_number} has left without it." in said
    assert content(db, ready) == before
    assert content(db, void).parties == replace(before.parties, original_reference="")


def test_a_claim_whose_chart_came_back_waits_until_somebody_has_looked(
    db: Database, ready: str, tmp_path: Path
) -> None:
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        task = WorkItem(
            encounter_id=encounter.id, kind=CodingKind.PROFESSIONAL, status=WorkStatus.READY,
            worklist="Clinic", service_date=encounter.service_date, came_back="late document: Operative note",
        )  # fmt: skip
        change.session.add(task)

    waits = plan_batch(db, SYSTEM).left_behind
    with db.change(SYSTEM) as change:
        change.session.exec(select(WorkItem)).one().came_back = ""

    assert "late document: Operative note" in waits[0].reason
    assert batch_claims(db, SYSTEM, tmp_path).claims == 1

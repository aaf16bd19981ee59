"""A claim that has not left states what its visit and registration say now; one that has left, what it stated."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from store.abstracting import set_abstract
from store.actors import SYSTEM
from store.claims.batches import batch_claims, plan_batch
from store.claims.build import build_claims
from store.claims.changes import release_claim, set_fields
from store.claims.content import Accident, ClaimContent, Parties, load_claim
from store.claims.details import ClaimDates
from store.claims.restating import restate
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payer
from store.claims.voiding import void_sent_claim
from store.database import Database
from store.intake.native import to_record
from store.intake.statement import Person
from store.intake.writer.messages import store_batch, store_encounter
from store.merges import merge_patients, unmerge_patients
from store.models import Claim, Encounter, LogEntry, Patient, Payer, WorkItem
from store.models.patient import PatientFields
from store.queries import SessionReader
from store.queries.claims import ClaimFilter, claim_list, claim_page
from store.terms import ClaimStatus, CodingKind, WorkStatus
from tests.store.claim_samples import CODES, SERVICE, TODAY, add_coding, add_encounter
from tests.store.test_claims_facility import add_stay
from tests.store.test_claims_following import Office, office

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

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


def told(db: Database, visit: str = "V1", **changes: object) -> None:
    """What registration says of a patient and their coverage, in a record of one of their visits."""
    patient = {
        "source": "test", "mrn": "00398120", "family_name": "Lindqvist", "given_name": "Per",
        "birth_date": "1961-03-02", "sex": "M", **changes.pop("patient", {}),
    }  # fmt: skip
    payer = {"source": "test", "local_id": "P1", "name": "Blue Plains", "payer_identifier": "BLUEP"}
    coverage = {"sequence": 1, "payer": payer, "member_id": "XQ4471902", "relationship": "self"}
    record = {
        "source": "test", "visit_number": visit, "setting": "clinic", "started_at": f"{SERVICE}T09:00:00",
        "patient": patient, "account": {"source": "test", "account_number": visit},
        "coverages": changes.pop("coverages", [coverage | changes]),
    }  # fmt: skip
    with db.change(SYSTEM) as change:
        store_encounter(change, to_record(json.dumps(record).encode()))


@pytest.mark.parametrize(
    ("corrected", "stated"),
    [
        ({"member_id": "XQ5550000"}, lambda parties: parties.coverage.member_id == "XQ5550000"),
        ({"patient": {"family_name": "Lund"}}, lambda parties: parties.patient.family_name == "Lund"),
        ({"patient": {"family_name": "Lund"}}, lambda parties: parties.coverage.subscriber.family_name == "Lund"),
        ({"patient": {"birth_date": "1961-03-20"}}, lambda parties: parties.patient.birth_date == "1961-03-20"),
        ({"patient": {"sex": "F"}}, lambda parties: parties.patient.sex == "F"),
        ({"patient": {"address_line1": "9 Oak"}}, lambda parties: parties.patient.address.line1 == "9 Oak"),
        ({"expires_on": "2026-12-31"}, lambda parties: parties.coverage.expires_on == "2026-12-31"),
        (
            {"relationship": "spouse", "subscriber_family_name": "Lindqvist", "subscriber_given_name": "Maja"},
            lambda parties: parties.coverage.subscriber.given_name == "Maja",
        ),
    ],
)
def test_a_correction_of_registration_is_on_the_claim_that_has_not_left_which_is_scrubbed_again(
    db: Database, ready: str, corrected: dict[str, object], stated: Callable[[Parties], bool]
) -> None:
    told(db, **corrected)

    assert stated(content(db, ready).parties)
    assert row(db, ready).status is ClaimStatus.DRAFT


def test_another_payer_in_the_first_place_is_billed(db: Database, ready: str) -> None:
    green = {"source": "test", "local_id": "P2", "name": "Green Field", "payer_identifier": "GREEN"}
    blue = {"source": "test", "local_id": "P1", "name": "Blue Plains", "payer_identifier": "BLUEP"}

    told(
        db,
        coverages=[
            {"sequence": 1, "payer": green, "member_id": "G1", "relationship": "self"},
            {"sequence": 2, "payer": blue, "member_id": "XQ4471902", "relationship": "self"},
        ],
    )

    parties = content(db, ready).parties
    assert (parties.coverage.payer.name, [one.payer.name for one in parties.other_coverages]) == (
        "Green Field",
        ["Blue Plains"],
    )
    with db.reading() as session:
        assert session.get_one(Payer, session.get_one(Claim, ready).payer_id).name == "Green Field"


def test_a_name_that_comes_with_another_visit_or_with_the_person_alone_is_on_the_claim(
    db: Database, ready: str
) -> None:
    told(db, visit="V2", patient={"family_name": "Lund"})
    after_visit = content(db, ready).parties.patient.family_name
    with db.change(SYSTEM) as change:
        said = PatientFields(source="test", mrn="00398120", family_name="Lindholm", birth_date="1961-03-02")
        store_batch(change, [(Person(said), None)])

    assert (after_visit, content(db, ready).parties.patient.family_name) == ("Lund", "Lindholm")


def test_a_claim_says_the_name_that_it_states_in_list_and_review_after_it_left(
    db: Database, ready: str, tmp_path: Path
) -> None:
    batch_claims(db, SYSTEM, tmp_path)

    told(db, patient={"family_name": "Lund"})

    with db.reading() as session:
        reader = SessionReader(session)
        (listed,) = claim_list(reader, TODAY, ClaimFilter.ALL)
        page = claim_page(reader, ready, TODAY)
    assert (listed.patient, page.row.patient) == ("Lindqvist, Per", "Lindqvist, Per")


def test_a_rejected_claim_states_what_stands_when_it_is_released_and_is_scrubbed_again(
    db: Database, ready: str, tmp_path: Path
) -> None:
    batch_claims(db, SYSTEM, tmp_path)
    told(db, member_id="XQ5550000")
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, ready).status = ClaimStatus.REJECTED

    as_it_is = release_claim(db, SYSTEM, ready, "the receiver was down")

    assert not as_it_is
    assert content(db, ready).parties.coverage.member_id == "XQ5550000"
    assert row(db, ready).status is ClaimStatus.DRAFT


def test_a_rejected_claim_that_nothing_changed_of_is_ready_when_it_is_released(
    db: Database, ready: str, tmp_path: Path
) -> None:
    batch_claims(db, SYSTEM, tmp_path)
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, ready).status = ClaimStatus.REJECTED

    as_it_is = release_claim(db, SYSTEM, ready, "the receiver was down")

    assert as_it_is
    assert row(db, ready).status is ClaimStatus.READY


def test_merged_patients_have_the_claims_state_who_remains(db: Database, ready: str) -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Patient(source="test", mrn="7", family_name="Lund", given_name="Per", sex="M"))

    merge_patients(db, SYSTEM, "00398120", "7", reason="they are one by their papers")
    merged = content(db, ready).parties
    unmerge_patients(db, SYSTEM, "00398120", reason="they are two by their papers")

    assert (merged.patient.family_name, merged.patient_record_number) == ("Lund", "7")
    assert content(db, ready).parties.patient.family_name == "Lindqvist"


def test_a_claim_to_the_next_payer_follows_its_own_coverage_and_keeps_what_was_answered(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    second = {"source": "test", "local_id": "P2", "name": "Second Plan", "payer_identifier": "SECOND"}
    first = {"source": "test", "local_id": "P1", "name": "Blue Plains", "payer_identifier": "BLUEP"}

    told(
        office.db,
        coverages=[
            {"sequence": 1, "payer": first, "member_id": "XQ1", "relationship": "self"},
            {"sequence": 2, "payer": second, "member_id": "G2", "relationship": "self"},
        ],
    )

    parties = content(office.db, built.claim_id).parties
    assert (parties.coverage.payer.name, parties.coverage.member_id) == ("Second Plan", "G2")
    assert (parties.other_coverages[0].member_id, parties.other_coverages[0].prior.paid_cents) == ("XQ1", 6000)

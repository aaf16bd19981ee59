"""What becomes of a record that comes in: new, changed, or there already; and what is never changed by a file."""

from __future__ import annotations

import json
import zlib

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.intake.native import to_record
from store.intake.writer import Raw, RecordRefused, Result, service_day, store_encounter
from store.models import (
    Account,
    Charge,
    Coding,
    Coverage,
    Document,
    Encounter,
    EncounterProvider,
    FinalDiagnosis,
    LogEntry,
    Patient,
    Payer,
    RawMessage,
    SourceCode,
    WorkItem,
)
from store.terms import CodingKind, CodingStatus, WorkStatus
from store.worklists import place
from tests.store.intake_samples import actions, count, native, only, open_site

TABLES = (Patient, Account, Encounter, Coverage, Document, Charge, SourceCode, RawMessage, WorkItem, LogEntry)


@pytest.fixture
def db(tmp_path):
    database = open_site(tmp_path)
    yield database
    database.close()


def record(**changes):
    return to_record(json.dumps(native(**changes)).encode())


def take(db, **changes):
    with db.change(SYSTEM) as change:
        raw = Raw("native", json.dumps(native(**changes)).encode())
        return store_encounter(change, record(**changes), place, raw)


def document(text="Cough.", number="D1", **more):
    return {"document_number": number, "type_name": "Visit note", "text": text} | more


def charge(cents=9500, number="C1", **more):
    return {"charge_number": number, "service_date": "2026-03-02", "amount_cents": cents} | more


def coding(code="J06.9", **more):
    return {"kind": "professional", "diagnoses": [{"sequence": 1, "code": code, "role": "principal"}]} | more


def rows(db, table, order, *columns):
    with db.reading() as session:
        return session.execute(select(*(getattr(table, c) for c in columns)).order_by(getattr(table, order))).all()


def test_a_new_encounter_is_stored_with_its_work_item_and_its_input(db):
    outcome = take(db)

    assert outcome.result == Result.NEW
    assert [count(db, table) for table in TABLES] == [1] * len(TABLES)


def test_the_same_record_again_writes_nothing(db):
    take(db)

    outcome = take(db)

    assert outcome.result == Result.UNCHANGED
    assert [count(db, table) for table in TABLES] == [1] * len(TABLES)


def test_a_record_that_brings_nothing_new_is_unchanged_whatever_its_bytes(db):
    take(db)

    outcome = take(db, source_codes=[], documents=[])

    assert outcome.result == Result.UNCHANGED


def test_a_changed_text_makes_a_new_version_and_keeps_the_old_one(db):
    take(db, documents=[document("Cough.")])

    outcome = take(db, documents=[document("Cough for a week.")])

    assert (outcome.result, outcome.document_versions) == (Result.CHANGED, 1)
    assert rows(db, Document, "version", "version", "current", "text") == [
        (1, False, "Cough."),
        (2, True, "Cough for a week."),
    ]


def test_a_signature_on_the_same_text_is_noted_without_a_new_version(db):
    take(db, documents=[document(status="IP")])

    take(db, documents=[document(status="AU")])

    assert rows(db, Document, "version", "version", "status") == [(1, "AU")]


def test_versions_that_are_stated_together_keep_their_numbers(db):
    take(db, documents=[document("one", version=1), document("three", version=3)])

    assert rows(db, Document, "version", "version", "current") == [(1, False), (3, True)]


def test_a_document_that_comes_after_coding_began_is_marked_on_the_task(db):
    take(db)
    with db.change(SYSTEM) as change:
        change.session.exec(select(WorkItem)).one().status = WorkStatus.IN_PROGRESS

    take(db, documents=[*native()["documents"], document("Pathology", "D2")])

    assert only(db, WorkItem).new_documents == 1


def test_a_document_that_comes_before_coding_is_not_marked(db):
    take(db)

    take(db, documents=[*native()["documents"], document("Pathology", "D2")])

    assert only(db, WorkItem).new_documents == 0


def test_a_changed_charge_is_taken_back_and_posted_again(db):
    take(db, charges=[charge(9500)])

    take(db, charges=[charge(8000)])

    assert rows(db, Charge, "charge_number", "charge_number", "amount_cents", "reversal_of") == [
        ("C1", 9500, ""),
        ("C1~2", 8000, ""),
        ("C1~R", -9500, "C1"),
    ]


def test_a_charge_that_changes_twice_leaves_the_last_amount_in_sum(db):
    for cents in (9500, 8000, 9500, 9500):
        take(db, charges=[charge(cents)], reason=f"{cents}")

    amounts = [row.amount_cents for row in rows(db, Charge, "charge_number", "amount_cents")]

    assert (len(amounts), sum(amounts)) == (5, 9500)


def test_a_reversal_that_the_sender_states_is_posted_as_it_is(db):
    take(db, charges=[charge(9500)])

    take(db, charges=[charge(9500), charge(-9500, "C2", reversal_of="C1")])

    assert [row.charge_number for row in rows(db, Charge, "charge_number", "charge_number")] == ["C1", "C2"]


def test_the_day_of_service_is_the_discharge_of_an_inpatient_and_else_the_start():
    stay = {"started_at": "2026-03-02T23:00:00-06:00", "ended_at": "2026-03-05T11:00:00-06:00"}

    days = [service_day(record(setting=setting, **stay)) for setting in ("inpatient", "clinic")]

    assert days == ["2026-03-05", "2026-03-02"]


def test_a_visit_without_its_day_is_refused(db):
    with pytest.raises(RecordRefused, match="expected a full day"):
        take(db, started_at="2026-03")

    assert count(db, Patient) == 0


@pytest.mark.parametrize(
    ("setting", "kinds"),
    [
        ("clinic", {"professional"}),
        ("radiology", {"professional"}),
        ("emergency", {"professional", "facility"}),
        ("surgery", {"professional", "facility"}),
        ("inpatient", {"facility"}),
        ("observation", {"facility"}),
        ("series", {"facility"}),
    ],
)
def test_each_setting_has_its_usual_tasks(db, setting, kinds):
    take(db, setting=setting)

    assert {row.kind for row in rows(db, WorkItem, "kind", "kind")} == kinds


def test_an_account_of_another_patient_is_never_moved(db):
    take(db)
    other = native()["patient"] | {"mrn": "M2"}

    with pytest.raises(RecordRefused, match="account A1 belongs to another patient"):
        take(db, visit_number="V2", patient=other)

    assert (count(db, Patient), count(db, Encounter)) == (1, 1)


def test_a_visit_of_another_patient_is_never_moved(db):
    take(db)
    other = native()["patient"] | {"mrn": "M2"}

    with pytest.raises(RecordRefused, match="the visit belongs to another patient"):
        take(db, patient=other, account={"source": "clinic", "account_number": "A2"})


def test_the_same_number_of_another_source_is_another_patient(db):
    take(db)

    take(
        db,
        source="lab",
        patient=native()["patient"] | {"source": "lab"},
        account={"source": "lab", "account_number": "A1"},
    )

    assert (count(db, Patient), count(db, Encounter)) == (2, 2)


def test_what_the_site_knows_of_a_payer_stays_when_a_sender_says_less(db):
    payer = {"source": "clinic", "local_id": "P1", "name": "Plan One", "timely_filing_days": 90}
    take(db, coverages=[{"sequence": 1, "payer": payer}])

    take(db, coverages=[{"sequence": 1, "payer": payer | {"name": "Plan 1", "timely_filing_days": None}}])

    stored = only(db, Payer)
    assert (stored.name, stored.timely_filing_days) == ("Plan 1", 90)


def test_a_coverage_that_is_no_longer_sent_goes(db):
    payer = native()["coverages"][0]["payer"]
    take(db, coverages=[{"sequence": 1, "payer": payer}, {"sequence": 2, "payer": payer}])

    take(db, coverages=[{"sequence": 1, "payer": payer, "member_id": "M-7"}])

    assert only(db, Coverage).member_id == "M-7"


def test_a_role_has_the_providers_that_the_record_names(db):
    def attending(number):
        return [{"role": "attending", "provider": {"source": "clinic", "local_id": number, "family_name": number}}]

    take(db, providers=attending("old"))

    take(db, providers=attending("new"))

    assert count(db, EncounterProvider) == 1


def test_final_codes_come_in_and_finish_their_task(db):
    take(db, codings=[coding()])

    assert only(db, Coding).status == CodingStatus.FINAL
    assert only(db, WorkItem).status == WorkStatus.FINAL


def test_a_coding_made_here_is_never_overwritten(db):
    outcome = take(db)
    with db.change(SYSTEM) as change:
        made = Coding(encounter_id=outcome.encounter_id, kind=CodingKind.PROFESSIONAL)
        change.session.add(made)
        change.session.flush()
        change.session.add(FinalDiagnosis(coding_id=made.id, sequence=1, code="R05.9"))

    outcome = take(db, codings=[coding("J06.9")], reason="cough")

    assert outcome.conflicts == ("professional coding version 1: the one made here differs and stays",)
    assert only(db, FinalDiagnosis).code == "R05.9"
    assert only(db, Encounter).reason == "cough"


def test_a_coding_that_goes_on_from_the_one_here_supersedes_it(db):
    take(db, codings=[coding()])

    take(db, codings=[coding(status="superseded"), coding("J20.9", version=2)])

    assert rows(db, Coding, "version", "version", "status") == [(1, "superseded"), (2, "final")]


def test_a_version_out_of_nowhere_does_not_stand_beside_the_one_made_here(db):
    take(db, codings=[coding()])

    outcome = take(db, codings=[coding("J20.9", version=2)])

    assert len(outcome.conflicts) == 1
    assert count(db, Coding) == 1


def test_a_canceled_visit_leaves_the_worklists_and_keeps_its_task(db):
    take(db)

    take(db, status="canceled")

    assert only(db, WorkItem).status == WorkStatus.CANCELED


def test_a_record_that_says_the_same_thing_twice_is_refused_whole(db):
    with pytest.raises(RecordRefused, match="charges: C1 occurs twice"):
        take(db, charges=[charge(), charge()])

    assert count(db, Patient) == 0


def test_the_input_is_kept_as_it_came(db):
    take(db)

    kept = only(db, RawMessage)

    assert (kept.kind, kept.identity) == ("native", "clinic|V1")
    assert json.loads(zlib.decompress(kept.content)) == native()


def test_a_change_is_logged_with_the_parts_that_changed(db):
    take(db)

    outcome = take(db, reason="cough", charges=[charge(1, "C9")])

    assert outcome.parts == ("encounter", "charges")
    assert actions(db) == ["intake.encounter", "intake.encounter"]

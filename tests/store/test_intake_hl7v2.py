"""HL7 v2 in: what each kind of message does to patients, visits, charts and work."""

from __future__ import annotations

import socket
import threading
import zlib
from pathlib import Path

import pytest
from sqlmodel import select

from store.access import restrict
from store.actors import SYSTEM
from store.database import Database
from store.intake import IntakeReport, take_in
from store.intake.hl7v2.interface import BadInterface
from store.intake.hl7v2.listener import bind, frames, serve
from store.intake.quarantine import retry
from store.intake.receiver import Receiver
from store.merges import merge_patients, unmerge_patients
from store.models import (
    Account,
    Charge,
    Coverage,
    Document,
    Encounter,
    EncounterProvider,
    Facility,
    Patient,
    Payer,
    Person,
    Provider,
    Quarantine,
    RawMessage,
    SourceCode,
    WorkItem,
)
from store.people import actor_for, add_person
from store.terms import EncounterStatus, ProviderRole, Role, WorkStatus
from tests.codesets.shared_data import shared_file
from tests.store.hl7_samples import charge, message, note, pid, pv1, segment, write
from tests.store.intake_samples import count, only

pytestmark = pytest.mark.both_databases

ADMIT = message("ADT^A01", pid(), pv1())
DISCHARGE = message("ADT^A03", pid(), pv1(ended="202603051000-0600", f36="1"))


def take(db: Database, tmp_path: Path, *messages: bytes) -> IntakeReport:
    return take_in(db, SYSTEM, [write(tmp_path / "messages.hl7", *messages)])


def tasks(db: Database) -> list[tuple[str, WorkStatus]]:
    with db.reading() as session:
        query = select(WorkItem.kind, WorkItem.status).order_by(WorkItem.encounter_id, WorkItem.kind)
        return [(kind.value, status) for kind, status in session.execute(query)]


def test_an_admission_opens_a_visit_that_nobody_codes_yet(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, ADMIT)

    visit = only(db, Encounter)
    assert (report.total("encounters_new"), report.exit_code) == (1, 0)
    assert (visit.source, visit.visit_number, visit.status) == ("NORTH", "V1", EncounterStatus.OPEN)
    assert (visit.started_at, visit.setting.value) == ("2026-03-02T09:00:00-06:00", "inpatient")
    assert tasks(db) == []


def test_a_discharge_closes_it_and_makes_its_task(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT, DISCHARGE)

    visit = only(db, Encounter)
    assert (visit.status, visit.service_date, visit.discharge_disposition) == (
        EncounterStatus.DISCHARGED,
        "2026-03-05",
        "01",
    )
    assert tasks(db) == [("facility", WorkStatus.READY)]


def test_the_patient_is_kept_without_the_social_security_number(db: Database, tmp_path: Path) -> None:
    both = pid(f3="M1^^^NORTH^MR~999-11-2222^^^SSA^SS", f19="999-11-2222")

    take(db, tmp_path, message("ADT^A01", both, pv1()))

    patient, raw = only(db, Patient), only(db, RawMessage)
    assert (patient.mrn, patient.family_name, patient.birth_date) == ("M1", "Sample", "1961-03-02")
    assert b"999-11-2222" not in zlib.decompress(raw.content)


def test_the_same_messages_twice_change_nothing(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT, DISCHARGE)

    again = take(db, tmp_path, ADMIT, DISCHARGE)

    assert (again.total("encounters_unchanged"), again.total("encounters_changed")) == (2, 0)
    assert only(db, Encounter).status == EncounterStatus.DISCHARGED


def test_an_old_admission_does_not_open_a_discharged_visit(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, DISCHARGE)

    take(db, tmp_path, message("ADT^A01", pid(), pv1()))

    assert only(db, Encounter).status == EncounterStatus.DISCHARGED


def test_an_old_message_that_comes_late_adds_to_the_chart_and_changes_nothing_of_the_visit(
    db: Database, tmp_path: Path
) -> None:
    new = message("ADT^A08", pid(name="Sample^Anna"), pv1(f36="03"), at="20260305120000-0600")
    old = message("MDM^T02", pid(name="Sample^Ann"), pv1(f36="01"), *note(), at="20260305130000-0400")
    take(db, tmp_path, ADMIT, new)

    take(db, tmp_path, old)

    assert (only(db, Encounter).discharge_disposition, only(db, Patient).given_name) == ("03", "Anna")
    assert count(db, Document) == 1


def test_a_canceled_admission_takes_its_task_out_of_the_list_and_keeps_it(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT, DISCHARGE)

    take(db, tmp_path, message("ADT^A11", pid(), pv1()))

    assert only(db, Encounter).status == EncounterStatus.CANCELED
    assert tasks(db) == [("facility", WorkStatus.CANCELED)]


def test_a_canceled_discharge_waits_and_comes_back_with_the_next_one(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT, DISCHARGE)
    take(db, tmp_path, message("ADT^A13", pid(), pv1()))
    waiting = (only(db, Encounter).status, only(db, Encounter).ended_at, tasks(db))

    take(db, tmp_path, message("ADT^A03", pid(), pv1(ended="202603061000-0600")))

    assert waiting == (EncounterStatus.OPEN, None, [("facility", WorkStatus.CANCELED)])
    assert tasks(db) == [("facility", WorkStatus.READY)]
    assert only(db, Encounter).service_date == "2026-03-06"


def test_a_cancel_of_a_visit_that_is_not_here_is_kept_for_later(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, message("ADT^A11", pid(), pv1()))

    [refusal] = report.files[0].quarantined
    assert refusal.reason == "the visit that it cancels is not here"
    assert count(db, Encounter) == 0


def test_a_transfer_and_a_change_of_class_change_the_visit_alone(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A04", pid(), pv1(kind="E")))

    take(db, tmp_path, message("ADT^A06", pid(), pv1(kind="I", f3="4E^12^B")))

    visit = only(db, Encounter)
    assert (visit.setting.value, visit.patient_class.value, visit.extra["location"]) == ("inpatient", "I", "4E 12 B")


def test_merged_patients_become_one_and_the_old_number_still_leads_there(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A01", pid("M2", "A2"), pv1("V2")))
    take(db, tmp_path, message("ADT^A40", pid("M1"), segment("MRG", f1="M2^^^NORTH^MR")))

    take(db, tmp_path, message("ADT^A08", pid("M2", "A2"), pv1("V2", f36="3")))

    kept, gone = only(db, Patient, mrn="M1"), only(db, Patient, mrn="M2")
    assert gone.merged_into_id == kept.id
    assert only(db, Encounter).patient_id == kept.id
    assert only(db, Encounter).discharge_disposition == "03"


def test_merged_accounts_and_visits_lead_their_messages_to_what_remains(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A03", pid(account="A1"), pv1("V1", ended="20260305")))
    take(db, tmp_path, message("ADT^A03", pid(account="A2"), pv1("V2", ended="20260305")))
    take(db, tmp_path, message("ADT^A35", pid(account="A1"), segment("MRG", f1="M1^^^NORTH^MR", f3="A2^^^NORTH")))
    merge_visits = message("ADT^A42", pid(), segment("MRG", f1="M1^^^NORTH^MR", f5="V2^^^NORTH"), pv1("V1"))
    take(db, tmp_path, merge_visits)

    take(db, tmp_path, message("MDM^T02", pid(account="A2"), pv1("V2"), *note()))

    kept = only(db, Encounter, visit_number="V1")
    assert only(db, Encounter, visit_number="V2").status == EncounterStatus.MERGED
    assert only(db, Document).encounter_id == kept.id
    assert sorted(tasks(db)) == [("facility", WorkStatus.CANCELED), ("facility", WorkStatus.READY)]
    assert count(db, Account) == 2


def test_a_moved_account_takes_its_visits_along(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT, message("ADT^A28", pid("M9")))

    take(db, tmp_path, message("ADT^A44", pid("M9"), segment("MRG", f1="M1^^^NORTH^MR", f3="A1^^^NORTH")))

    assert only(db, Encounter).patient_id == only(db, Patient, mrn="M9").id


@pytest.mark.parametrize(
    "moved",
    [
        message("ADT^A44", pid("M9"), segment("MRG", f1="M1^^^NORTH^MR", f3="A1^^^NORTH")),
        message("ADT^A45", pid("M9"), segment("MRG", f1="M1^^^NORTH^MR", f5="V1^^^NORTH"), pv1()),
        message("ADT^A08", pid("M9"), pv1()),
    ],
    ids=["account", "visit", "restated"],
)
def test_a_message_moves_a_restricted_chart_for_nobody_who_was_not_admitted(
    db: Database, tmp_path: Path, moved: bytes
) -> None:
    take(db, tmp_path, ADMIT, message("ADT^A28", pid("M9")))
    restrict(db, SYSTEM, "M1", "works in this clinic")
    add_person(db, SYSTEM, "tech", "A Technician", Role.RECORDS)
    with db.reading() as session:
        technician = actor_for(session.exec(select(Person).where(Person.login == "tech")).one())

    report = take_in(db, technician, [write(tmp_path / "moved.hl7", moved)])

    assert report.quarantined == 1
    assert only(db, Encounter).patient_id == only(db, Patient, mrn="M1").id


MARY, OLAF = pid("M1", name="Jones^Mary", f7="19600101"), pid("M2", name="Petersen^Olaf", f7="19400202", f8="M")


def merging(gone: str, kept: str) -> bytes:
    return message("ADT^A40", kept, segment("MRG", f1=f"{gone}^^^NORTH^MR"))


def test_a_merge_of_two_who_are_unlike_waits_in_quarantine_and_says_what_differs(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A28", MARY), message("ADT^A28", OLAF))

    report = take(db, tmp_path, merging("M2", MARY))

    assert report.quarantined == 1
    assert only(db, Patient, mrn="M2").merged_into_id is None
    reason = only(db, Quarantine).reason
    assert (
        "alike by 15.9 of 100" in reason
        and "name, born, sex differ" in reason
        and "codedesk patients merge M2 M1" in reason
    )


def test_a_merge_that_somebody_carried_out_by_hand_leaves_quarantine_when_it_is_tried_again(
    db: Database, tmp_path: Path
) -> None:
    take(db, tmp_path, message("ADT^A28", MARY), message("ADT^A28", OLAF), merging("M2", MARY))
    merge_patients(db, SYSTEM, "M2", "M1", None, "one name was an alias, shown by papers")

    tried = retry(db, SYSTEM, [only(db, Quarantine).id])

    assert tried.still == 0


def test_a_number_that_remains_by_a_refused_merge_is_not_made(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A28", MARY))

    report = take(db, tmp_path, merging("M1", OLAF))

    assert (report.quarantined, count(db, Patient)) == (1, 1)


def test_a_refused_merge_into_a_number_that_is_unknown_says_that_it_has_to_come_in_first(
    db: Database, tmp_path: Path
) -> None:
    take(db, tmp_path, message("ADT^A28", MARY), merging("M1", OLAF))
    reason = only(db, Quarantine).reason
    take(db, tmp_path, message("ADT^A28", OLAF))
    merge_patients(db, SYSTEM, "M1", "M2", None, "one name was an alias, shown by papers")

    tried = retry(db, SYSTEM, [only(db, Quarantine).id])

    assert "M2 is no patient yet; once registration or a visit has brought it, codedesk patients merge M1 M2" in reason
    assert tried.still == 0


def test_a_merge_of_a_restricted_patient_waits_for_who_was_admitted(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A28", pid("M1")), message("ADT^A28", pid("M2")))
    restrict(db, SYSTEM, "M2", "works in this clinic")
    add_person(db, SYSTEM, "tech", "A Technician", Role.RECORDS)
    with db.reading() as session:
        technician = actor_for(session.exec(select(Person).where(Person.login == "tech")).one())

    report = take_in(db, technician, [write(tmp_path / "merge.hl7", merging("M2", pid("M1")))])

    assert report.quarantined == 1
    assert (only(db, Patient, mrn="M2").merged_into_id, only(db, Patient, mrn="M1").restricted) == (None, None)
    assert "a restricted chart is merged" in only(db, Quarantine).reason


def test_a_merge_that_is_turned_round_has_the_other_number_remain_as_the_message_describes_it(
    db: Database, tmp_path: Path
) -> None:
    one, moved = pid("M1"), {"f5": "Sample-Field^Ann", "f11": "9 New Road^^Ansel^NE^68814"}
    take(db, tmp_path, message("ADT^A01", one, pv1("V1")), message("ADT^A01", pid("M2", "A2"), pv1("V2")))
    take(db, tmp_path, merging("M2", one))

    report = take(db, tmp_path, merging("M1", pid("M2", **moved)))
    take(db, tmp_path, message("ADT^A08", pid("M2", "A2", **moved | {"f5": "Field^Ann"}), pv1("V2")))

    kept, gone = only(db, Patient, mrn="M2"), only(db, Patient, mrn="M1")
    assert (report.quarantined, gone.merged_into_id, kept.merged_into_id) == (0, kept.id, None)
    assert (kept.family_name, kept.address_line1) == ("Field", "9 New Road")
    with db.reading() as session:
        assert set(session.exec(select(Encounter.patient_id))) == {kept.id}


def test_a_merge_that_is_turned_round_keeps_what_was_told_of_the_number_in_front(db: Database, tmp_path: Path) -> None:
    one, moved = pid("M1"), pid("M1", f11="9 New Road^^Ansel^NE^68814")
    take(db, tmp_path, message("ADT^A01", one, pv1("V1")), message("ADT^A01", pid("M2", "A2"), pv1("V2")))
    take(db, tmp_path, merging("M2", one))
    take(db, tmp_path, message("ADT^A08", moved, pv1("V1")))

    take(db, tmp_path, merging("M1", pid("M2", f11="")))

    assert only(db, Patient, mrn="M2").address_line1 == "9 New Road"


def test_a_number_that_nobody_knows_is_who_is_merged_into_it(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A01", pid("M1"), pv1("V1")))
    known = only(db, Patient, mrn="M1")

    take(db, tmp_path, merging("M1", pid("M9", f5="", f7="", f8="", f11="")))

    kept = only(db, Patient, mrn="M9")
    assert (kept.family_name, kept.birth_date, kept.sex, kept.city) == (
        known.family_name, known.birth_date, known.sex, known.city,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", '""', "^Ann"])
def test_a_message_without_a_family_name_takes_none_away(db: Database, tmp_path: Path, name: str) -> None:
    take(db, tmp_path, message("ADT^A01", pid("M1"), pv1("V1")))
    known = only(db, Patient, mrn="M1").family_name

    take(db, tmp_path, message("ADT^A08", pid("M1", f5=name), pv1("V1")))

    assert known and only(db, Patient, mrn="M1").family_name == known


def test_each_number_has_its_own_visits_again_where_a_turned_merge_is_undone(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A01", pid(), pv1("V1")), message("ADT^A01", pid("M2", "A2"), pv1("V2")))
    take(db, tmp_path, merging("M2", pid("M1")), merging("M1", pid("M2")))

    unmerge_patients(db, SYSTEM, "M1", reason="they are two by their papers")

    owners = {one.visit_number: one.patient_id for one in every(db, Encounter)}
    assert owners == {"V1": only(db, Patient, mrn="M1").id, "V2": only(db, Patient, mrn="M2").id}


def test_the_same_merges_again_change_nothing(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A28", pid()), message("ADT^A28", pid("M2")))
    there, back = merging("M2", pid("M1")), merging("M1", pid("M2"))
    take(db, tmp_path, there, back)

    take(db, tmp_path, there)

    assert only(db, Patient, mrn="M2").merged_into_id is None


def test_a_turned_merge_with_another_number_between_waits_and_says_what_to_undo(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, *(message("ADT^A28", pid(number)) for number in ("M1", "M2", "M3")))
    take(db, tmp_path, merging("M3", pid("M2")), merging("M2", pid("M1")))

    report = take(db, tmp_path, merging("M1", pid("M3")))

    assert report.quarantined == 1
    assert "undo those merges first" in only(db, Quarantine).reason


def every(db: Database, table: type) -> list:
    with db.reading() as session:
        return list(session.exec(select(table)))


def test_a_visit_goes_over_to_an_account_that_its_own_message_brings(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT)

    report = take(db, tmp_path, message("ADT^A08", pid(account="A7"), pv1()))

    assert report.quarantined == 0
    assert only(db, Encounter).account_id == only(db, Account, account_number="A7").id


def test_a_message_whose_second_merge_is_refused_merges_nothing(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A28", pid("M1")), message("ADT^A28", pid("M2")))

    both = segment("MRG", f1="M2^^^NORTH^MR", f3="A8^^^NORTH")
    report = take(db, tmp_path, message("ADT^A36", pid("M1", "A9"), both))

    assert report.quarantined == 1
    assert only(db, Patient, mrn="M2").merged_into_id is None
    assert count(db, RawMessage) == 2


def test_a_person_without_a_visit_is_added_and_changed(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A28", pid()))

    report = take(db, tmp_path, message("ADT^A31", pid(name="Sample^Anna")))

    assert only(db, Patient).given_name == "Anna"
    assert report.total("persons") == 1


def test_a_person_told_of_beside_an_unknown_visit_makes_no_visit(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, message("ADT^A28", pid(), pv1()))

    assert (report.total("persons"), count(db, Encounter), count(db, Patient)) == (1, 0, 1)


@pytest.mark.parametrize(("name", "middle"), [("Sample^Ann", "B"), ('Sample^Ann^""', ""), ("Sample^Ann^C", "C")])
def test_a_part_of_the_name_that_is_not_sent_stays_and_one_in_quotes_is_deleted(
    db: Database, tmp_path: Path, name: str, middle: str
) -> None:
    take(db, tmp_path, ADMIT)

    take(db, tmp_path, message("ADT^A08", pid(name=name), pv1()))

    assert only(db, Patient).middle_name == middle


def test_a_message_without_an_account_leaves_the_visit_on_its_own(db: Database, tmp_path: Path) -> None:
    insured = segment("IN1", f1="1", f2="PLAN", f3="BLUEP", f4="Blue Plains", f36="XQ1")
    take(db, tmp_path, message("ADT^A01", pid(), pv1(), insured))

    take(db, tmp_path, message("ADT^A08", pid(f18=""), pv1()))

    assert only(db, Account).account_number == "A1"
    assert count(db, Coverage) == 1


def test_charges_are_posted_and_taken_back(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C1", f26="25~LT"), charge("C2", "J1885", "12")))

    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C1", kind="CR")))

    with db.reading() as session:
        query = select(Charge.charge_number, Charge.amount_cents, Charge.reversal_of).order_by(Charge.charge_number)
        assert session.execute(query).all() == [("C1", 9500, ""), ("C1~R", -9500, "C1"), ("C2", 1200, "")]
    assert only(db, Charge, charge_number="C1").modifiers == ["25", "LT"]
    assert only(db, Encounter).status == EncounterStatus.DISCHARGED


@pytest.mark.parametrize("back", [{"f10": "-1"}, {"amount": "-95"}, {"f10": "-1", "amount": "-95"}])
def test_a_charge_below_zero_takes_back_the_one_of_its_number(
    db: Database, tmp_path: Path, back: dict[str, str]
) -> None:
    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C1")))

    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C1", **back)))

    credit = only(db, Charge, charge_number="C1~R")
    assert (credit.units, credit.amount_cents, credit.reversal_of) == (-1, -9500, "C1")
    assert only(db, Charge, charge_number="C1").amount_cents == 9500


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"amount": "ten"}, "charge 1: expected FT1-11: an amount of US dollars"),
        ({"amount": "12.349"}, "charge 1: expected FT1-11: an amount of whole cents"),
        ({"amount": "100&EUR"}, "charge 1: expected FT1-11: an amount of US dollars"),
        ({"amount": "100^EUR"}, "charge 1: expected FT1-11: an amount of US dollars"),
        ({"f10": "2.5"}, "charge 1: expected FT1-10: a whole number of units"),
        ({"f4": "20261301"}, "charge 1: expected FT1-4: a date"),
    ],
)
def test_a_charge_that_cannot_be_read_is_named_and_nothing_of_its_message_is_posted(
    db: Database, tmp_path: Path, wrong: dict[str, str], expected: str
) -> None:
    report = take(db, tmp_path, message("DFT^P03", pid(), pv1(), charge("C1", **wrong), charge("C2")))

    assert [refusal.reason for refusal in report.files[0].quarantined] == [expected]
    assert count(db, Charge) == 0


@pytest.mark.parametrize(
    ("units", "price", "cents", "told"),
    [
        ("1000", "0.125", 12500, ()),
        ("3", "33.337", 10001, ("charge C1: 3 x 33.337 is 100.011, posted as 100.01",)),
        ("3", "0.125", 38, ("charge C1: 3 x 0.125 is 0.375, posted as 0.38",)),
        ("2", "12.50", 2500, ()),
    ],
)
def test_a_price_of_one_unit_is_multiplied_as_it_is_and_rounded_once(
    db: Database, tmp_path: Path, units: str, price: str, cents: int, told: tuple[str, ...]
) -> None:
    report = take(db, tmp_path, message("DFT^P03", pid(), pv1(), charge("C1", amount="", f10=units, f12=price)))

    assert only(db, Charge).amount_cents == cents
    assert report.files[0].messages == told


def test_a_transaction_that_is_no_charge_and_no_credit_is_named(db: Database, tmp_path: Path) -> None:
    adjustment, payment = charge("C2", kind="AJ"), charge("C3", kind="PY")

    report = take(db, tmp_path, message("DFT^P03", pid(), pv1(), charge("C1"), adjustment, payment, payment))

    assert only(db, Charge).charge_number == "C1"
    assert report.files[0].messages == (
        "FT1 of type AJ is not used (FT1-6)",
        "FT1 of type PY is not used (FT1-6) (2 times)",
    )


def test_a_record_number_does_not_become_another_person(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT)
    other = message("ADT^A08", pid(name="Smith^John", f7="20150101", f8="M"), pv1())

    report = take(db, tmp_path, other)

    (refusal,) = report.files[0].quarantined
    assert "record number M1 is Sample, Ann" in refusal.reason and "another person of it, Smith, John" in refusal.reason
    assert only(db, Patient).family_name == "Sample"


@pytest.mark.parametrize("fields", [{"name": "Married^Ann"}, {"f7": "19610303"}, {"name": "Sample^Anna", "f8": "U"}])
def test_a_new_name_or_a_mended_birth_date_is_taken_as_it_comes(
    db: Database, tmp_path: Path, fields: dict[str, str]
) -> None:
    take(db, tmp_path, ADMIT)

    report = take(db, tmp_path, message("ADT^A08", pid(**fields), pv1()))

    assert report.files[0].quarantined == ()


def test_a_header_that_broke_off_is_kept_in_quarantine(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, b"MSH|^~\\&|junk\r")

    assert [refusal.reason for refusal in report.files[0].quarantined] == ["MSH-9: expected the type of the message"]


def test_documents_have_versions_and_a_status_without_text_keeps_the_text(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ADMIT, message("MDM^T02", pid(), pv1(), *note(text="Cough.", status="IP")))
    take(db, tmp_path, message("MDM^T08", pid(), pv1(), *note(text="Cough\\.br\\for a week.", status="IP")))

    take(db, tmp_path, message("MDM^T03", pid(), pv1(), note(status="LA")[0]))

    with db.reading() as session:
        query = select(Document.version, Document.text, Document.status, Document.current).order_by(Document.version)
        rows = [(v, text, status.value, current) for v, text, status, current in session.execute(query)]
    assert rows == [(1, "Cough.", "IP", False), (2, "Cough\nfor a week.", "LA", True)]


def test_a_result_becomes_a_report_with_its_values_in_lines(db: Database, tmp_path: Path) -> None:
    order = segment(
        "OBR", f1="1", f3="F77", f4="2345-7^Glucose^LN", f16="7001^Grey^Iris", f25="F", f31="R73.9^High^I10"
    )
    value = segment("OBX", f1="1", f2="NM", f3="2345-7^Glucose^LN", f5="182", f6="mg/dL", f7="70-99", f8="H")

    take(db, tmp_path, message("ORU^R01", pid(), pv1(kind="O"), order, value, segment("NTE", f1="1", f3="Fasting.")))

    document, code = only(db, Document), only(db, SourceCode)
    assert (document.document_number, document.type_code, document.text) == (
        "F77",
        "2345-7",
        "Glucose: 182 mg/dL (70-99) H\nFasting.",
    )
    assert (code.system, code.code, code.kind) == ("ICD-10-CM", "R73.9", "reason")


def test_codes_providers_and_insurances_come_with_the_visit(db: Database, tmp_path: Path) -> None:
    diagnosis = segment("DG1", f1="1", f3="J18.9^Pneumonia^I10", f26="Y")
    insurance = segment("IN1", f1="1", f2="HMO^Plan One", f3="P1", f4="Payer One", f8="G7", f17="SEL", f36="M77")

    take(db, tmp_path, message("ADT^A01", pid(), pv1(f7="1234567893^Grey^Iris^^^^MD^^NPI"), diagnosis, insurance))

    code, payer, provider = only(db, SourceCode), only(db, Payer), only(db, Provider)
    assert (code.code, code.display) == ("J18.9", "Pneumonia (present on admission Y)")
    assert (payer.local_id, payer.name) == ("P1", "Payer One")
    assert (provider.npi, provider.family_name) == ("1234567893", "Grey")
    assert only(db, EncounterProvider).role == ProviderRole.ATTENDING


def test_messages_of_other_kinds_are_counted_and_left_alone(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, message("SIU^S12", pid(), pv1()), ADMIT)

    assert report.files[0].messages == ("not used: 1 SIU^S12",)
    assert count(db, Encounter) == 1


def test_a_visit_without_a_number_is_never_made_up(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, message("ADT^A01", pid(account=""), pv1(f19="")))

    assert report.files[0].quarantined[0].reason.startswith("PV1-19, PV1-50, PID-18: expected the number of the visit")
    assert (count(db, Patient), count(db, Quarantine)) == (0, 1)


SITE_MAP = """
[[interface]]
application = "REG"
visit = ["ZVN-1"]
poa = ["ZVN-2"]
[interface.class]
OBV = { setting = "observation", patient_class = "O" }
[interface.extra]
onset = "ZVN-3"
"""


def test_a_site_says_what_a_sender_means(db: Database, tmp_path: Path, home: Path) -> None:
    (home / "hl7v2.toml").write_text(SITE_MAP)

    take(db, tmp_path, message("ADT^A01", pid(), pv1(kind="OBV"), segment("ZVN", f1="Z9", f3="20260301")))

    visit = only(db, Encounter)
    assert (visit.visit_number, visit.setting.value, visit.extra["onset"]) == ("Z9", "observation", "20260301")


@pytest.mark.sqlite_only
def test_a_map_with_a_word_that_does_not_exist_says_where(db: Database, tmp_path: Path, home: Path) -> None:
    (home / "hl7v2.toml").write_text('[[interface]]\napplication = "REG"\nvisits = ["PV1-19"]\n')

    with pytest.raises(BadInterface, match="interface 1: visits"):
        take(db, tmp_path, ADMIT)


def test_a_receiver_answers_each_message_once_it_is_stored(db: Database) -> None:
    listening = bind(0)
    receiver = Receiver(db, SYSTEM)
    server = threading.Thread(target=serve, args=(listening, receiver.take, 2.0))
    server.start()
    bad = message("ADT^A01", pid(account=""), pv1(f19=""), control="BAD")
    with socket.create_connection(listening.getsockname(), timeout=5) as line:
        for piece in (ADMIT, bad, b"hello"):
            line.sendall(b"\x0b" + piece + b"\x1c\r")
        held = bytearray()
        answers: list[bytes] = []
        while len(answers) < 3:
            held += line.recv(65536)
            answers += list(frames(held))
    server.join()
    listening.close()

    assert [answer.split(b"MSA|")[1][:2] for answer in answers] == [b"AA", b"AE", b"AR"]
    assert b"|BAD|" in answers[1]
    assert count(db, Encounter) == 1


@pytest.mark.sqlite_only
def test_a_broken_map_is_answered_and_the_sender_keeps_its_message(db: Database, home: Path) -> None:
    (home / "hl7v2.toml").write_text("[[interface]]\nvisits = []\n")

    [answer] = Receiver(db, SYSTEM).take([ADMIT])

    assert b"MSA|AE|" in answer
    assert b"interface 1: visits" in answer
    assert (count(db, Encounter), count(db, Quarantine)) == (0, 0)


def test_every_sample_message_is_read_or_named(db: Database) -> None:
    report = take_in(db, SYSTEM, [shared_file("data", "hl7v2", "SampleData")])

    assert report.total("records") + report.quarantined >= 139
    assert not any(file.unreadable for file in report.files)
    assert take_in(db, SYSTEM, [shared_file("data", "hl7v2", "SampleData")]).total("encounters_changed") == 0


def test_a_message_that_states_no_facility_leaves_the_one_of_the_visit(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A04", pid(), pv1(kind="O", f39="MAIN")))

    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note()))

    with db.reading() as session:
        [facility] = session.exec(select(Facility)).all()
        assert session.exec(select(Encounter)).one().facility_id == facility.id
    assert facility.local_id == "MAIN"


def test_a_new_visit_whose_message_states_no_facility_has_that_of_the_sender(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("ADT^A04", pid(), pv1(kind="O")))

    assert only(db, Facility).local_id == "NORTH"

"""What comes after coding began: the chart comes back with its reason, and the change can be looked at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from codesets.catalog import Reference
from store.actors import SYSTEM, Actor
from store.claims.build import NotBuiltReason, build_claims
from store.coding.codes import Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis
from store.coding.finishing import finalize
from store.coding.in_work import CodingRefused, LateUnseen
from store.coding.opening import open_next
from store.coding.reopening import take_back
from store.database import Database
from store.intake import IntakeReport, take_in
from store.intake.changes import changes_of, mark_seen
from store.models import Coding, Encounter, EncounterChange, WorkItem
from store.people import add_person
from store.queries import SessionReader
from store.queries.late import Late, late_charges, late_of
from store.terms import CodingStatus, Role, WorkStatus, day_and_time
from store.worklists import ChartUnavailable, open_item
from store.worklists.why import why
from tests.store.hl7_samples import charge, message, note, pid, pv1, write
from tests.store.intake_samples import count, only

pytestmark = pytest.mark.both_databases


def take(db: Database, tmp_path: Path, *messages: bytes) -> IntakeReport:
    return take_in(db, SYSTEM, [write(tmp_path / "messages.hl7", *messages)])


@pytest.fixture
def coder(db: Database) -> Actor:
    return Actor("coder", Role.CODER, add_person(db, SYSTEM, "coder", "Coder", Role.CODER))


@pytest.fixture
def coded(db: Database, tmp_path: Path, reference: Reference, coder: Actor) -> str:
    """A clinic visit with a note, final coded; the id of its coding."""
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note()))
    opened = open_next(db, coder, "Clinic")
    assert opened is not None
    enter(db, coder, opened.coding_id, AddDiagnosis("R05.9"), Defaults("2026-03-02"), "typed")
    finalize(db, reference, coder, opened.coding_id)
    return opened.coding_id


def test_a_late_document_brings_a_final_chart_back_with_the_reason(db: Database, tmp_path: Path, coded: str) -> None:
    report = take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear.", f2="DI")))

    item = only(db, WorkItem)
    assert (item.status, item.came_back) == (WorkStatus.READY, "late document: Diagnostic imaging")
    assert [20, "came back: late document: Diagnostic imaging"] in [list(reason) for reason in item.reasons]
    assert only(db, Coding).status == CodingStatus.FINAL
    assert report.total("came_back") == 1


def test_a_changed_document_is_shown_as_a_difference_of_its_lines(db: Database, tmp_path: Path, coded: str) -> None:
    take(db, tmp_path, message("MDM^T08", pid(), pv1(kind="O"), *note(text="Cough.\\.br\\No fever.")))

    with db.reading() as session:
        [change] = changes_of(session, only(db, Encounter).id)
    assert change.late == "new version of Progress note"
    assert change.lines == ("document D1 version 2: Progress note (was version 1)", "   Cough.", "  +No fever.")


def test_what_changed_of_patient_and_visit_is_told_in_words(db: Database, tmp_path: Path, coded: str) -> None:
    take(db, tmp_path, message("ADT^A08", pid(name="Sample^Ann^C"), pv1(kind="E")))

    with db.reading() as session:
        [change] = changes_of(session, only(db, Encounter).id)
    assert "patient middle name: C (was B)" in change.lines
    assert not [line for line in change.lines if "{" in line or "_" in line]


def test_late_charges_bring_it_back_and_say_what_they_are(db: Database, tmp_path: Path, coded: str) -> None:
    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C9", "J1885", "12.00")))

    with db.reading() as session:
        [change] = changes_of(session, only(db, Encounter).id)
    assert only(db, WorkItem).came_back == "1 late charge"
    assert change.lines == ("charge C9: J1885 x1 12.00 on 2026-03-02",)


def test_a_message_that_changes_no_code_leaves_the_chart_final(db: Database, tmp_path: Path, coded: str) -> None:
    take(db, tmp_path, message("ADT^A08", pid(name="Sample^Anna"), pv1(kind="O", f3="CL2")))

    assert only(db, WorkItem).status == WorkStatus.FINAL
    assert only(db, EncounterChange).late == ""


def test_a_changed_disposition_brings_an_inpatient_chart_back(db: Database, tmp_path: Path, coded: str) -> None:
    take(db, tmp_path, message("ADT^A08", pid(), pv1(kind="O", f36="02")))

    assert only(db, WorkItem).came_back == "discharge disposition changed"


def test_the_same_late_document_twice_brings_it_back_once(
    db: Database, tmp_path: Path, coded: str, coder: Actor
) -> None:
    late = message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear."))
    take(db, tmp_path, late)
    mark_seen(db, coder, only(db, Encounter).id, all_changes(db))

    take(db, tmp_path, late)

    assert (only(db, WorkItem).status, count(db, EncounterChange)) == (WorkStatus.FINAL, 1)


def test_a_chart_that_came_back_can_be_taken_back_and_coded_anew(
    db: Database, tmp_path: Path, coded: str, coder: Actor, reference: Reference
) -> None:
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear.")))
    open_next(db, coder, "Clinic")

    take_back(db, coder, coded)
    finalize(db, reference, coder, coded)

    item = only(db, WorkItem)
    assert (item.status, item.came_back, item.new_documents) == (WorkStatus.FINAL, "", 0)


def test_what_came_after_a_person_looked_is_not_marked_as_seen(
    db: Database, tmp_path: Path, coded: str, coder: Actor
) -> None:
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear.")))
    shown = all_changes(db)
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D3", "X-ray: fracture.")))

    with pytest.raises(LateUnseen, match="more has come to this visit meanwhile"):
        mark_seen(db, coder, only(db, Encounter).id, shown)

    assert only(db, WorkItem).status == WorkStatus.READY


def test_a_chart_nobody_has_begun_is_not_marked(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note()))

    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C1")))

    with db.reading() as session:
        assert session.exec(select(WorkItem.came_back)).all() == [""]


def test_a_chart_that_came_back_is_not_billed_before_somebody_has_looked(
    db: Database, tmp_path: Path, coded: str, coder: Actor
) -> None:
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear.", f2="DI")))

    before = build_claims(db, SYSTEM, coded).not_built
    with db.reading() as session:
        visit = session.exec(select(Encounter.id)).one()
    mark_seen(db, coder, visit, all_changes(db))
    after = build_claims(db, SYSTEM, coded).not_built

    assert [one.reason for one in before] == [NotBuiltReason.CAME_BACK]
    assert NotBuiltReason.CAME_BACK not in [one.reason for one in after]


def test_what_came_late_is_named_by_document_and_charge_until_it_is_seen(
    db: Database, tmp_path: Path, coded: str, coder: Actor
) -> None:
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear.")))
    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C9", "J1885", "12.00")))
    item = only(db, WorkItem)

    with db.reading() as session:
        late = late_of(SessionReader(session), item.id)
        [one] = late_charges(SessionReader(session), item.encounter_id, late.charges)
    mark_seen(db, coder, item.encounter_id, all_changes(db))
    with db.reading() as session:
        seen = late_of(SessionReader(session), item.id)

    assert (late.documents, late.charges) == ({"D2"}, {"C9"})
    assert (one.code, one.cents, one.units) == ("J1885", 1200, 1)
    assert seen == Late()


def test_final_coding_again_takes_what_came_late_as_seen(
    db: Database, tmp_path: Path, reference: Reference, coded: str, coder: Actor
) -> None:
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear.")))
    take_back(db, coder, coded)

    finalize(db, reference, coder, coded)

    assert only(db, EncounterChange).seen_by == coder.person_id


def test_final_coding_by_who_was_not_shown_what_came_late_is_refused_and_leaves_it_unseen(
    db: Database, tmp_path: Path, reference: Reference, coded: str, coder: Actor
) -> None:
    take_back(db, coder, coded)
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note("D2", "X-ray clear.")))
    shown = frozenset({only(db, EncounterChange).id})
    take(db, tmp_path, message("DFT^P03", pid(), pv1(kind="O"), charge("C9", "J1885", "12.00")))

    with pytest.raises(LateUnseen, match="1 late charge"):
        finalize(db, reference, coder, coded, seen_late=shown)

    with db.reading() as session:
        assert [one.seen_by for one in session.exec(select(EncounterChange))] == [None, None]


def test_a_canceled_visit_says_by_what_and_when_where_its_chart_is_used_and_why_it_is_in_no_list(
    db: Database, tmp_path: Path, coder: Actor
) -> None:
    take(db, tmp_path, message("MDM^T02", pid(), pv1(kind="O"), *note()))
    opened = open_next(db, coder, "Clinic")
    assert opened is not None
    take(db, tmp_path, message("ADT^A11", pid(), pv1(kind="O"), control="C77"))
    received = day_and_time(only(db, EncounterChange, late="").received_at)

    with pytest.raises(CodingRefused) as entered:
        enter(db, coder, opened.coding_id, AddDiagnosis("R05.9"), Defaults("2026-03-02"), "typed")
    with pytest.raises(ChartUnavailable) as reopened, db.change(coder) as change:
        open_item(change, only(db, WorkItem).id)
    with db.reading() as session:
        told = why(SessionReader(session), only(db, WorkItem).id, date(2026, 3, 2))

    expected = f"the visit was canceled by REG of NORTH, message C77 on {received}"
    assert told is not None and told.here.canceled == expected
    assert (entered.value.message, reopened.value.message) == (expected, f"the chart is canceled: {expected}")


def all_changes(db: Database) -> set[str]:
    """The ids of every change that the record holds."""
    with db.reading() as session:
        return set(session.exec(select(EncounterChange.id)))

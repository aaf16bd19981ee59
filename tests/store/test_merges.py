"""Merging patients: everything goes over, the old number still leads there, and the log can undo it."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.access import ChartRestricted, admit, break_glass, restrict
from store.actors import SYSTEM, Actor
from store.coding.opening import open_next
from store.database import Database
from store.disclosures import disclosure_report, record_disclosure
from store.merges import MergeRefused, merge_patients, unmerge_patients
from store.models import Account, Encounter, LogEntry, Patient, Person, WorkItem
from store.models.columns import now
from store.people import actor_for
from store.queries import SessionReader
from store.queries.restricted import is_closed
from store.reasons import ReasonNeeded
from store.terms import Role

pytestmark = pytest.mark.both_databases


@pytest.fixture
def two(demo: Database) -> tuple[str, str]:
    """Ids of two patients with visits."""
    with demo.reading() as session:
        found = session.exec(select(Encounter.patient_id).order_by(Encounter.patient_id).distinct()).all()
    return found[0], found[1]


def test_visits_and_accounts_go_over_and_lists_show_the_remaining_name(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    with demo.reading() as session:
        visits = session.exec(select(Encounter.id).where(Encounter.patient_id.in_(two))).all()

    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    with demo.reading() as session:
        kept = session.get_one(Patient, two[1])
        assert set(session.exec(select(Encounter.patient_id).where(Encounter.id.in_(visits)))) == {two[1]}
        assert not session.exec(select(Account).where(Account.patient_id == two[0])).all()
        names = set(session.exec(select(WorkItem.patient_name).where(WorkItem.encounter_id.in_(visits))))
        assert names == {f"{kept.family_name}, {kept.given_name}"}


def test_the_log_keeps_what_went_over(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    with demo.reading() as session:
        visits = session.exec(select(Encounter.id).where(Encounter.patient_id == two[0])).all()

    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    with demo.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "patient.merge")).one()
        assert (entry.target_id, entry.detail["into"], entry.detail["encounters"]) == (two[0], two[1], list(visits))


def test_a_merge_again_or_of_one_with_itself_is_refused(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    with pytest.raises(MergeRefused, match="already"):
        merge_patients(demo, clerk, *two, reason="they are one by their papers")
    with pytest.raises(MergeRefused, match="same"):
        merge_patients(demo, clerk, two[1], two[0], reason="they are one by their papers")


def test_a_merge_the_other_way_round_is_refused_with_what_to_undo_first(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    with demo.reading() as session:
        gone, kept = (session.get_one(Patient, one).mrn for one in two)

    with pytest.raises(MergeRefused) as refused:
        merge_patients(demo, clerk, kept, gone, reason="they are one by their papers")

    assert refused.value.remedy == (
        f"{gone} was merged into {kept}: codedesk patients unmerge {gone}, then merge {kept} into {gone}"
    )


def test_the_same_operation_again_changes_nothing(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    first = merge_patients(demo, clerk, *two, operation_id="once", reason="they are one by their papers")

    assert merge_patients(demo, clerk, *two, operation_id="once", reason="they are one by their papers") == first


def test_the_accounting_of_disclosures_spans_both_numbers(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    record_disclosure(demo, clerk, two[0], "Court", "chart", "subpoena", "2026-09-01")

    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    assert [line.recipient for line in disclosure_report(demo, clerk, two[1]).lines] == ["Court"]


def test_a_chart_of_a_merged_patient_is_coded_on(
    demo: Database, coder: Actor, clerk: Actor, two: tuple[str, str]
) -> None:
    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    assert open_next(demo, coder, "Clinic")


@pytest.fixture
def manager(demo: Database) -> Actor:
    """Somebody who restricts charts and admits people to them."""
    with demo.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.role == Role.MANAGER)).one())


def mrn_of(db: Database, patient_id: str) -> str:
    with db.reading() as session:
        return session.get_one(Patient, patient_id).mrn


def let_at(db: Database, actor: Actor, patient_id: str) -> bool:
    with db.reading() as session:
        return not is_closed(SessionReader(session), "patient", patient_id, actor.person_id or "", now())


def restricted_to(db: Database, manager: Actor, patient_id: str, *people: Actor) -> None:
    """Restrict a patient's charts to some people."""
    mrn = mrn_of(db, patient_id)
    restrict(db, manager, mrn, "works in this clinic")
    for one in people:
        admit(db, manager, mrn, one.login, True)


@pytest.mark.parametrize("into_the_restricted", [False, True], ids=["merged away", "remaining"])
def test_who_is_not_admitted_to_a_restricted_patient_cannot_merge_it_and_the_refusal_is_logged(
    demo: Database, clerk: Actor, manager: Actor, two: tuple[str, str], into_the_restricted: bool
) -> None:
    restricted_to(demo, manager, two[0])
    pair = (two[1], two[0]) if into_the_restricted else two

    with pytest.raises(ChartRestricted, match="only people who were admitted"):
        merge_patients(demo, clerk, *pair, reason="they are one by their papers")

    with demo.reading() as session:
        last = session.exec(select(LogEntry).order_by(LogEntry.seq.desc())).first()
    assert (last.action, last.actor, last.target_id) == ("refused", clerk.login, two[0])
    assert last.detail["asked"] == "patient.merge"


def test_a_broken_glass_merges_nobody(demo: Database, clerk: Actor, manager: Actor, two: tuple[str, str]) -> None:
    restricted_to(demo, manager, two[0])
    with demo.reading() as session:
        task = session.exec(
            select(WorkItem.id).join(Encounter).where(Encounter.patient_id == two[0]).order_by(WorkItem.id)
        ).first()
    break_glass(demo, clerk, task, "unconscious in the emergency department")

    with pytest.raises(ChartRestricted):
        merge_patients(demo, clerk, *two, reason="they are one by their papers")


def test_who_was_admitted_to_one_patient_alone_is_not_let_at_both_by_a_merge(
    demo: Database, clerk: Actor, coder: Actor, another_coder: Actor, manager: Actor, two: tuple[str, str]
) -> None:
    restricted_to(demo, manager, two[0], clerk, coder)
    restricted_to(demo, manager, two[1], clerk, another_coder)

    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    assert [let_at(demo, one, two[1]) for one in (clerk, coder, another_coder)] == [True, False, False]


def test_an_admission_to_an_open_patient_opens_nothing_of_the_restricted_one(
    demo: Database, clerk: Actor, coder: Actor, another_coder: Actor, manager: Actor, two: tuple[str, str]
) -> None:
    restricted_to(demo, manager, two[0], clerk, coder)
    admit(demo, manager, mrn_of(demo, two[1]), another_coder.login, True)

    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    assert [let_at(demo, one, two[1]) for one in (clerk, coder, another_coder)] == [True, True, False]


def test_undoing_a_merge_gives_everybody_back_what_they_were_admitted_to(
    demo: Database, clerk: Actor, coder: Actor, another_coder: Actor, manager: Actor, two: tuple[str, str]
) -> None:
    restricted_to(demo, manager, two[0], clerk, coder)
    restricted_to(demo, manager, two[1], clerk, another_coder)
    before = [let_at(demo, one, patient) for one in (clerk, coder, another_coder) for patient in two]

    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")

    assert [let_at(demo, one, patient) for one in (clerk, coder, another_coder) for patient in two] == before
    assert before == [True, True, True, False, False, True]


def test_who_is_not_admitted_cannot_undo_a_merge_of_a_restricted_patient(
    demo: Database, clerk: Actor, manager: Actor, two: tuple[str, str]
) -> None:
    restricted_to(demo, manager, two[0])
    merge_patients(demo, SYSTEM, *two, reason="they are one by their papers")

    with pytest.raises(ChartRestricted):
        unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")


def test_charts_that_were_restricted_since_the_merge_stay_so_on_both_sides(
    demo: Database, clerk: Actor, manager: Actor, two: tuple[str, str]
) -> None:
    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    restricted_to(demo, manager, two[1], clerk)

    unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")

    with demo.reading() as session:
        assert all(session.get_one(Patient, one).restricted for one in two)


@pytest.mark.parametrize("reason", ["", "x", "by mail "])
def test_a_merge_and_its_undoing_ask_a_reason_in_words(
    demo: Database, clerk: Actor, two: tuple[str, str], reason: str
) -> None:
    with pytest.raises(ReasonNeeded):
        merge_patients(demo, clerk, *two, reason=reason)
    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    with pytest.raises(ReasonNeeded):
        unmerge_patients(demo, clerk, two[0], reason=reason)

    with demo.reading() as session:
        assert session.get_one(Patient, two[0]).merged_into_id == two[1]

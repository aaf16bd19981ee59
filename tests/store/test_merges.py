"""Merging patients: everything goes over, the old number still leads there, and the log can undo it."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import Actor
from store.coding.opening import open_next
from store.database import Database
from store.disclosures import disclosure_report, record_disclosure
from store.merges import MergeRefused, merge_patients
from store.models import Account, Encounter, LogEntry, Patient, WorkItem

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

    merge_patients(demo, clerk, *two)

    with demo.reading() as session:
        kept = session.get_one(Patient, two[1])
        assert set(session.exec(select(Encounter.patient_id).where(Encounter.id.in_(visits)))) == {two[1]}
        assert not session.exec(select(Account).where(Account.patient_id == two[0])).all()
        names = set(session.exec(select(WorkItem.patient_name).where(WorkItem.encounter_id.in_(visits))))
        assert names == {f"{kept.family_name}, {kept.given_name}"}


def test_the_log_keeps_what_went_over(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    with demo.reading() as session:
        visits = session.exec(select(Encounter.id).where(Encounter.patient_id == two[0])).all()

    merge_patients(demo, clerk, *two)

    with demo.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "patient.merge")).one()
        assert (entry.target_id, entry.detail["into"], entry.detail["encounters"]) == (two[0], two[1], list(visits))


def test_a_merge_again_or_of_one_with_itself_is_refused(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    merge_patients(demo, clerk, *two)

    with pytest.raises(MergeRefused, match="already"):
        merge_patients(demo, clerk, *two)
    with pytest.raises(MergeRefused, match="same"):
        merge_patients(demo, clerk, two[1], two[0])


def test_the_same_operation_again_changes_nothing(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    first = merge_patients(demo, clerk, *two, operation_id="once")

    assert merge_patients(demo, clerk, *two, operation_id="once") == first


def test_the_accounting_of_disclosures_spans_both_numbers(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    record_disclosure(demo, clerk, two[0], "Court", "chart", "subpoena", "2026-09-01")

    merge_patients(demo, clerk, *two)

    assert [line.recipient for line in disclosure_report(demo, clerk, two[1]).lines] == ["Court"]


def test_a_chart_of_a_merged_patient_is_coded_on(
    demo: Database, coder: Actor, clerk: Actor, two: tuple[str, str]
) -> None:
    merge_patients(demo, clerk, *two)

    assert open_next(demo, coder, "Clinic")

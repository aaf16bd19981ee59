"""Record numbers that were given up lead to the patient who remains, and what is filed under one goes back with it."""

from __future__ import annotations

import pytest
from sqlmodel import SQLModel, select

from store.access import ChartRestricted, admit, require_access, restrict, unrestrict
from store.actors import SYSTEM, Actor
from store.database import Database
from store.disclosures import disclosure_report, record_disclosure, record_export
from store.log.reading import who_saw
from store.merges import ABOUT_NUMBERS, FILED, GOES_OVER, merge_patients, unmerge_patients
from store.models import ChartAccess, Disclosure, Encounter, Patient, Person, ReleaseRequest, RetentionHold, WorkItem
from store.models.columns import now
from store.people import actor_for
from store.queries import SessionReader
from store.queries.restricted import is_closed, names_closed
from store.record_numbers import NoSuchPatient, find_patient
from store.records.deficiencies import RecordsRefused
from store.records.destruction import plan
from store.records.duplicates import tell_apart
from store.records.releases import receive, release, requests
from store.records.retention import due, hold, let_go
from store.terms import RESTRICTED, Role
from tui.cli import main

pytestmark = pytest.mark.both_databases

WHY = "works in this clinic"


@pytest.fixture
def manager(demo: Database) -> Actor:
    """Somebody who restricts charts and admits people to them."""
    with demo.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.role == Role.MANAGER)).one())


@pytest.fixture
def numbers(demo: Database) -> tuple[str, str, str]:
    """Record numbers of three patients with visits: the one to be given up, who remains, and a third."""
    with demo.reading() as session:
        ids = session.exec(select(Encounter.patient_id).order_by(Encounter.patient_id).distinct()).all()
        gone, kept, third = (session.get_one(Patient, one).mrn for one in ids[:3])
    return gone, kept, third


@pytest.fixture
def merged(demo: Database, clerk: Actor, numbers: tuple[str, str, str]) -> tuple[str, str]:
    """The number that was given up, and that of who remains."""
    merge_patients(demo, clerk, *numbers[:2], reason="they are one by their papers")
    return numbers[:2]


def patient(db: Database, mrn: str) -> Patient:
    with db.reading() as session:
        return session.exec(select(Patient).where(Patient.mrn == mrn)).one()


def is_open(db: Database, actor: Actor, mrn: str) -> bool:
    with db.reading() as session:
        return not is_closed(
            SessionReader(session), "patient", find_patient(session, mrn).id, actor.person_id or "", now()
        )


def filed_under(db: Database, table: type[ReleaseRequest] | type[Disclosure] | type[RetentionHold]) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(Patient.mrn).join(table, table.patient_id == Patient.id).order_by(Patient.mrn)))


def tasks_of(db: Database, mrn: str) -> set[tuple[str, bool]]:
    """What lists call the tasks of a patient, and whether they are restricted there."""
    with db.reading() as session:
        found = session.exec(select(WorkItem).join(Encounter).where(Encounter.patient_id == patient(db, mrn).id))
        return {(one.patient_name, one.restricted) for one in found}


def held(db: Database, actor: Actor) -> dict[str, str]:
    return {row.mrn: row.kept_by for row in due(db, actor) if row.kind == "disclosure"}


def test_a_number_leads_over_several_merges_to_who_remains(
    demo: Database, clerk: Actor, numbers: tuple[str, str, str]
) -> None:
    merge_patients(demo, clerk, numbers[0], numbers[1], reason="they are one by their papers")
    merge_patients(demo, clerk, numbers[1], numbers[2], reason="they are one by their papers")

    with demo.reading() as session:
        found = {find_patient(session, one).mrn for one in numbers}

    assert found == {numbers[2]}


def test_restricting_under_the_given_up_number_closes_the_charts_of_who_remains(
    demo: Database, coder: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    gone, kept = merged

    said = restrict(demo, manager, gone, WHY)

    assert said == kept and patient(demo, kept).restricted == WHY
    assert not is_open(demo, coder, kept) and tasks_of(demo, kept) == {(RESTRICTED, True)}


def test_the_command_says_whose_charts_it_restricted(
    demo: Database,
    manager: Actor,
    merged: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, kept = merged
    monkeypatch.setattr("store.os_account.os_login", lambda: manager.login)

    code = main(["patients", "restrict", gone, "--why", WHY])

    assert code == 0 and f"charts of {kept} (whom {gone} was merged into) are restricted" in capsys.readouterr().out


def test_an_admission_under_the_given_up_number_lets_at_who_remains(
    demo: Database, coder: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    gone, kept = merged
    restrict(demo, manager, kept, WHY)

    said = admit(demo, manager, gone, coder.login, True)

    assert said == kept and is_open(demo, coder, kept)


def test_an_admission_that_was_given_under_a_number_goes_back_with_it(
    demo: Database, clerk: Actor, coder: Actor, manager: Actor, numbers: tuple[str, str, str]
) -> None:
    gone, kept, _ = numbers
    for one in (gone, kept):
        restrict(demo, manager, one, WHY)
        admit(demo, manager, one, clerk.login, True)
    merge_patients(demo, clerk, gone, kept, reason="they are one by their papers")
    admit(demo, manager, gone, coder.login, True)

    unmerge_patients(demo, clerk, gone, reason="they are two by their papers")

    assert (is_open(demo, coder, gone), is_open(demo, coder, kept)) == (True, False)


def test_lifting_a_restriction_under_the_given_up_number_opens_who_remains(
    demo: Database, clerk: Actor, coder: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    gone, kept = merged
    restrict(demo, manager, gone, WHY)
    admit(demo, manager, gone, clerk.login, True)

    said = unrestrict(demo, clerk, gone, "no longer works in this clinic")

    assert said == kept and is_open(demo, coder, kept)


def test_nothing_of_a_closed_chart_is_had_by_the_number_that_was_merged_into_it(
    demo: Database, coder: Actor, clerk: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    gone, kept = merged
    restrict(demo, manager, kept, WHY)

    for attempt in (record_disclosure, None):
        with pytest.raises(ChartRestricted):
            if attempt:
                attempt(demo, clerk, gone, "Court", "chart", "subpoena")
            else:
                disclosure_report(demo, clerk, gone)
    with pytest.raises(ChartRestricted), demo.change(coder, action="encounter.view") as change:
        require_access(change, patient(demo, gone).id)
    with demo.reading() as session:
        assert names_closed(SessionReader(session), f"PID {gone}", coder.person_id or "", now())


def test_a_request_of_a_closed_chart_has_no_name_whatever_number_it_came_under(
    demo: Database, clerk: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    receive(demo, clerk, merged[0], "An Attorney", "the chart", "a claim", authorization="signed form of 2026-09-01")
    restrict(demo, manager, merged[1], WHY)

    (row,) = [one for one in requests(demo, clerk) if one.requester == "An Attorney"]

    assert (row.patient, row.mrn) == (RESTRICTED, "")


@pytest.mark.parametrize("restricted", [0, 1], ids=["the one given up", "the one who remains"])
def test_a_restriction_of_either_closes_all_charts_after_a_merge_and_is_its_own_again_when_undone(
    demo: Database, clerk: Actor, coder: Actor, manager: Actor, numbers: tuple[str, str, str], restricted: int
) -> None:
    gone, kept, _ = numbers
    restrict(demo, manager, numbers[restricted], WHY)
    admit(demo, manager, numbers[restricted], clerk.login, True)
    before = [(tasks_of(demo, one), is_open(demo, coder, one)) for one in (gone, kept)]

    merge_patients(demo, clerk, gone, kept, reason="they are one by their papers")
    while_merged = (tasks_of(demo, kept), is_open(demo, coder, kept))
    unmerge_patients(demo, clerk, gone, reason="they are two by their papers")

    assert while_merged == ({(RESTRICTED, True)}, False)
    assert [(tasks_of(demo, one), is_open(demo, coder, one)) for one in (gone, kept)] == before


def test_a_request_and_its_disclosure_go_back_with_the_number_they_came_under(
    demo: Database, clerk: Actor, merged: tuple[str, str]
) -> None:
    gone, kept = merged
    asked = receive(demo, clerk, gone, "An Attorney", "the chart", "a claim")
    release(demo, clerk, asked, authorization="signed form of 2026-09-01")
    told_while_merged = [line.recipient for line in disclosure_report(demo, clerk, kept).lines]

    unmerge_patients(demo, clerk, gone, reason="they are two by their papers")

    assert told_while_merged == ["An Attorney"]
    assert [line.recipient for line in disclosure_report(demo, clerk, gone).lines] == ["An Attorney"]
    assert not disclosure_report(demo, clerk, kept).lines
    assert gone in filed_under(demo, ReleaseRequest) and kept not in filed_under(demo, ReleaseRequest)


def test_the_accounting_of_a_visit_goes_back_with_the_visit(
    demo: Database, clerk: Actor, merged: tuple[str, str]
) -> None:
    gone, kept = merged
    with demo.reading() as session:
        visits = session.exec(select(Encounter.id).where(Encounter.patient_id == patient(demo, kept).id)).all()
    with demo.change(SYSTEM) as change:
        for one in visits:
            record_export(change, one, "A Hospital", "asked for")

    unmerge_patients(demo, clerk, gone, reason="they are two by their papers")

    with demo.reading() as session:
        own = {
            mrn: set(session.exec(select(Encounter.visit_number).where(Encounter.patient_id == patient(demo, mrn).id)))
            for mrn in merged
        }
    assert {
        mrn: {line.visit_number for line in disclosure_report(demo, clerk, mrn).lines} for mrn in merged
    } == own  # fmt: skip


def test_the_accounting_is_had_under_the_given_up_number_too(
    demo: Database, clerk: Actor, numbers: tuple[str, str, str]
) -> None:
    record_disclosure(demo, clerk, numbers[0], "Court", "chart", "subpoena", "2026-09-01")
    merge_patients(demo, clerk, numbers[0], numbers[1], reason="they are one by their papers")
    merge_patients(demo, clerk, numbers[1], numbers[2], reason="they are one by their papers")

    reports = [disclosure_report(demo, clerk, one) for one in numbers]

    assert {(one.mrn, len(one.lines)) for one in reports} == {(numbers[2], 1)}


def test_who_saw_a_patient_is_the_same_under_every_number(
    demo: Database, clerk: Actor, merged: tuple[str, str]
) -> None:
    under_kept = who_saw(demo, clerk, merged[1])

    under_gone = who_saw(demo, clerk, merged[0])

    assert under_kept and {one.seq for one in under_kept} <= {one.seq for one in under_gone}


def test_a_hold_goes_back_with_the_number_it_was_placed_under(
    demo: Database, clerk: Actor, merged: tuple[str, str]
) -> None:
    gone, _ = merged
    hold(demo, clerk, gone, "lawsuit of 2026")

    unmerge_patients(demo, clerk, gone, reason="they are two by their papers")

    assert filed_under(demo, RetentionHold) == [gone]


def test_a_hold_of_who_remained_keeps_both_when_the_merge_is_undone(
    demo: Database, clerk: Actor, merged: tuple[str, str]
) -> None:
    hold(demo, clerk, merged[1], "lawsuit of 2026")

    unmerge_patients(demo, clerk, merged[0], reason="they are two by their papers")

    assert filed_under(demo, RetentionHold) == sorted(merged)


@pytest.mark.parametrize("placed", [0, 1], ids=["the one given up", "the one who remains"])
def test_a_hold_under_either_number_keeps_what_is_filed_under_both(
    demo: Database, clerk: Actor, merged: tuple[str, str], placed: int
) -> None:
    for one in merged:
        record_disclosure(demo, clerk, one, "Court", "chart", "subpoena", "2010-09-01")
    hold(demo, clerk, merged[placed], "lawsuit of 2026")

    assert set(merged) <= held(demo, clerk).keys()
    assert all("lawsuit of 2026" in held(demo, clerk)[one] for one in merged)
    with pytest.raises(RecordsRefused, match="kept by nothing"):
        plan(demo, clerk, "disclosure")


def test_ending_a_hold_under_the_wrong_number_names_the_right_one(
    demo: Database, clerk: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    gone, kept = merged
    hold(demo, clerk, gone, "lawsuit of 2026")

    with pytest.raises(RecordsRefused, match=f"it is under {gone}"):
        let_go(demo, manager, kept, "the matter is settled")


def test_ending_one_hold_of_two_names_the_number_that_is_held_still(
    demo: Database, clerk: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    for one in merged:
        hold(demo, clerk, one, "lawsuit of 2026")

    still = let_go(demo, manager, merged[1], "the matter is settled")

    assert still == [merged[0]]


def test_a_hold_that_was_let_go_is_over_under_every_number(
    demo: Database, clerk: Actor, manager: Actor, merged: tuple[str, str]
) -> None:
    hold(demo, clerk, merged[0], "lawsuit of 2026")

    let_go(demo, manager, merged[0], "the matter is settled")

    for one in merged:
        with pytest.raises(RecordsRefused, match="is not held"):
            let_go(demo, manager, one, "the matter is settled")


def test_two_who_were_merged_are_not_told_apart(demo: Database, clerk: Actor, merged: tuple[str, str]) -> None:
    with pytest.raises(RecordsRefused, match="same patient"):
        tell_apart(demo, clerk, *merged, "other mothers")


def test_a_number_that_nobody_has_is_refused(demo: Database) -> None:
    with demo.reading() as session, pytest.raises(NoSuchPatient, match="'nobody'"):
        find_patient(session, "nobody")


def test_every_table_that_hangs_on_a_patient_goes_over_is_filed_or_tells_of_numbers() -> None:
    hanging = {
        table.name
        for table in SQLModel.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "patient"
    }

    told = [one.__tablename__ for one in (*GOES_OVER, *FILED, *ABOUT_NUMBERS)]

    assert sorted(told) == sorted(hanging)


def test_every_table_with_a_patient_in_its_name_of_a_column_hangs_on_the_patient() -> None:
    loose = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("patient_id") and not column.foreign_keys
    }

    assert not loose


def test_the_rows_that_go_over_are_those_that_a_merge_moves(
    demo: Database, clerk: Actor, manager: Actor, numbers: tuple[str, str, str]
) -> None:
    gone, kept, _ = numbers
    admit(demo, manager, gone, clerk.login, True)
    before = patient(demo, gone).id
    with demo.reading() as session:
        had = [len(session.exec(select(one).where(one.patient_id == before)).all()) for one in GOES_OVER]

    merge_patients(demo, clerk, gone, kept, reason="they are one by their papers")

    with demo.reading() as session:
        left = [len(session.exec(select(one).where(one.patient_id == before)).all()) for one in GOES_OVER]
    assert all(had) and left == [0] * len(GOES_OVER)
    assert ChartAccess in GOES_OVER

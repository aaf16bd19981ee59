"""Medical records: what charts lack and who owes it, duplicates with their score, merges undone, releases."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from codesets.errors import UnreadableInput
from codesets.home import ensure_home
from store.access import admit, restrict
from store.actors import SYSTEM, Actor
from store.coding.opening import open_next
from store.database import Database
from store.demo.site import load_site
from store.disclosures import disclosure_report
from store.intake.native import NativeEncounter
from store.intake.writer import store_encounter
from store.log.reading import who_saw
from store.merges import MergeRefused, merge_patients, merges, unmerge_patients
from store.models import Account, ChartAccess, Deficiency, Document, Encounter, Patient, Provider, WorkItem
from store.reasons import ReasonNeeded
from store.record_numbers import NoSuchPatient
from store.records.completeness import OWN_FILE, HeldDocument, chart_rules, lacking
from store.records.deficiencies import (
    RecordsRefused,
    by_provider,
    deficiencies,
    delinquency,
    lift,
    scan,
    suspend,
    suspended,
    waive,
)
from store.records.duplicates import Candidate, compared, duplicates, find_duplicates, tell_apart
from store.records.patients import patients_meant
from store.records.releases import receive, refuse, release, requests
from store.settings import today
from store.terms import RESTRICTED, DocumentStatus, Setting
from store.worklists import place
from tui.cli import main

pytestmark = pytest.mark.both_databases


def held(name: str, code: str = "", signed: bool = True) -> HeldDocument:
    return HeldDocument("D1", code, name, signed)


def test_an_inpatient_chart_lacks_what_the_rules_ask_for() -> None:
    rules = chart_rules()

    found = [one.words for one in lacking(rules, Setting.INPATIENT, 0, [held("Progress note", "11506-3")])]

    assert found == ["discharge summary", "history and physical"]


def test_a_document_that_is_not_signed_is_lacking_its_signature_and_a_grace_period_is_kept() -> None:
    rules = chart_rules()

    assert lacking(rules, Setting.CLINIC, 2, []) == []
    assert [one.words for one in lacking(rules, Setting.CLINIC, 3, [])] == ["visit note"]
    assert [one.words for one in lacking(rules, Setting.CLINIC, 0, [held("Letter", signed=False)])] == [
        "unsigned: letter"
    ]


def test_a_site_s_own_rule_takes_the_place_of_a_shipped_one_and_a_wrong_one_is_named() -> None:
    head = "id,types,codes,names,owner,days,signed,words\n"
    path = ensure_home() / OWN_FILE
    path.write_text(f"{head}visit-note,clinic,-,Letter,rendering,0,-,letter\n")
    assert [one.words for one in lacking(chart_rules(), Setting.CLINIC, 0, [])] == ["letter"]

    path.write_text(f"{head}x,moonbase,-,Letter,rendering,0,-,letter\n")
    with pytest.raises(UnreadableInput, match="x: 'moonbase'"):
        chart_rules()


@pytest.fixture
def unsigned(demo: Database) -> str:
    """A visit whose documents are all unsigned; its id."""
    with demo.change(SYSTEM) as change:
        visit = change.session.exec(select(Encounter).where(Encounter.setting == Setting.INPATIENT)).first()
        for one in change.session.exec(select(Document).where(Document.encounter_id == visit.id)):
            one.status = DocumentStatus.IN_PROGRESS
        return visit.id


def test_a_scan_opens_deficiencies_closes_what_has_come_and_is_the_same_twice(
    demo: Database, clerk: Actor, unsigned: str
) -> None:
    first = scan(demo, clerk)
    again = scan(demo, clerk)
    with demo.change(SYSTEM) as change:
        for one in change.session.exec(select(Document).where(Document.encounter_id == unsigned)):
            one.status = DocumentStatus.AUTHENTICATED
    after = scan(demo, clerk)

    assert first.opened > 1 and (again.opened, again.closed) == (0, 0)
    assert after.closed >= first.opened - 2
    assert not [one for one in deficiencies(demo, clerk) if one.encounter_id == unsigned]


def test_what_a_clinician_owes_ages_into_delinquency_and_suspension(
    demo: Database, clerk: Actor, unsigned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", (today() + dt.timedelta(days=60)).isoformat())
    scan(demo, clerk)
    rows = deficiencies(demo, clerk)
    owner = next(row for row in rows if row.encounter_id == unsigned)
    suspend(demo, clerk, owner.provider_id, "60 days late")

    with demo.reading() as session:
        named = by_provider(rows, suspended(session))
        figure = delinquency(session)
    assert next(one for one in named if one.provider_id == owner.provider_id).suspended_since
    assert figure.charts >= 1 and figure.share == figure.charts / figure.monthly_discharges
    with pytest.raises(RecordsRefused, match="suspended already"):
        suspend(demo, clerk, owner.provider_id, "once again")
    lift(demo, clerk, owner.provider_id)
    with demo.reading() as session:
        assert suspended(session) == {}


def test_a_waived_deficiency_stays_closed_and_says_why(demo: Database, clerk: Actor, unsigned: str) -> None:
    scan(demo, clerk)
    waived = next(row for row in deficiencies(demo, clerk) if row.encounter_id == unsigned)

    waive(demo, clerk, waived.id, "signed on paper")
    scan(demo, clerk)

    with demo.reading() as session:
        assert session.get_one(Deficiency, waived.id).waived == "signed on paper"
    assert waived.id not in [row.id for row in deficiencies(demo, clerk)]
    with pytest.raises(RecordsRefused):
        waive(demo, clerk, waived.id, "once again")


def test_an_empty_site_lacks_nothing_and_has_no_figure(db: Database) -> None:
    nobody = SYSTEM

    assert scan(db, nobody).charts == 0 and deficiencies(db, nobody) == [] and duplicates(db, nobody) == []
    with db.reading() as session:
        assert delinquency(session).share is None


def person(
    number: int = 1, family: str = "Okafor", given: str = "Ngozi", born: str = "1968-03-02", **other: str
) -> Candidate:
    home = {"address": "12 Elm Street Alder Creek 68995", "phone": "402-555-0101"}
    values = {"middle_name": "", "sex": "F"} | home | other
    return Candidate(f"p{number}", "s", f"M{number}", family, given, birth_date=born, **values)


def test_a_score_shows_its_parts_and_adds_up_to_a_hundred() -> None:
    same = compared(person(1), person(2))
    swapped = compared(person(1), person(2, born="1968-02-03"))
    other_sex = compared(person(1), person(2, sex="M"))

    assert same.score == 100 and [part.of for part in same.parts] == [45, 30, 5, 15, 5]
    assert swapped.score == 90 and "swapped" in swapped.parts[1].words
    assert other_sex.score == 95


def test_what_one_side_does_not_know_is_left_out() -> None:
    found = compared(person(1), person(2, address="", phone="", sex="U"))

    assert found.score == 100 and [part.name for part in found.parts] == ["name", "birth date"]


def test_a_name_that_is_spelled_otherwise_or_turned_round_is_found_and_a_twin_is_not() -> None:
    spelled = compared(person(1), person(2, family="Okafer"))
    turned = compared(person(1), person(2, family="Ngozi", given="Okafor"))
    twin = compared(person(1), person(2, given="Chidi", sex="M"))

    assert spelled.score > 90 and turned.score == 100
    assert twin.score < 85


def test_pairs_are_found_by_what_they_share_and_not_offered_once_told_apart() -> None:
    people = [
        person(1),
        person(2, family="Okafer"),
        person(3, family="Lindqvist", given="Per", born="1961-01-01", phone=""),
    ]

    pairs = find_duplicates(people, set())

    assert [(pair.one.id, pair.other.id) for pair in pairs] == [("p1", "p2")]
    assert find_duplicates(people, {("p1", "p2")}) == []


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_score_is_the_same_from_both_sides_and_within_its_scale(one: str, other: str) -> None:
    a, b = person(1, family=one or "x", given=other), person(2, family=other or "x", given=one)

    assert 0 <= compared(a, b).score <= 100
    assert compared(a, b).score == pytest.approx(compared(b, a).score, abs=0.2)


@pytest.fixture
def two(demo: Database) -> tuple[str, str]:
    """Record numbers of two patients with visits."""
    with demo.reading() as session:
        ids = session.exec(select(Encounter.patient_id).order_by(Encounter.patient_id).distinct()).all()[:2]
        return session.get_one(Patient, ids[0]).mrn, session.get_one(Patient, ids[1]).mrn


def state(db: Database) -> tuple:
    """What belongs to whom, and how lists call it."""
    with db.reading() as session:
        return (
            sorted(session.exec(select(Encounter.id, Encounter.patient_id)).all()),
            sorted(session.exec(select(Account.id, Account.patient_id)).all()),
            sorted(session.exec(select(WorkItem.id, WorkItem.patient_name, WorkItem.restricted)).all()),
            sorted(session.exec(select(ChartAccess.id, ChartAccess.patient_id)).all()),
            sorted((one.id, one.restricted or "", one.merged_into_id or "") for one in session.exec(select(Patient))),
        )


def test_a_merge_is_undone_with_everything_that_hangs_on_it(
    demo: Database, clerk: Actor, coder: Actor, two: tuple[str, str]
) -> None:
    boss = Actor("rfox", clerk.role.__class__.ADMIN)
    restrict(demo, clerk, two[0], "works here, in the clinic")
    admit(demo, boss, two[0], coder.login, True)
    admit(demo, boss, two[0], clerk.login, True)
    before = state(demo)

    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    merged = state(demo)
    back = unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")

    assert merged != before and state(demo) == before
    assert back.encounters >= 1 and back.accounts >= 1
    with demo.reading() as session:
        (row,) = merges(session)
    assert (row.mrn, row.into_mrn, row.undone_by) == (*two, clerk.login)


def test_what_came_to_the_remaining_patient_later_stays_there(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    with demo.change(SYSTEM) as change:
        kept = change.session.exec(select(Patient).where(Patient.mrn == two[1])).one()
        visit = change.session.exec(select(Encounter).where(Encounter.patient_id == kept.id)).first()
        change.session.add(
            Encounter(
                source="x",
                visit_number="LATER",
                setting=visit.setting,
                started_at="2026-09-30",
                service_date="2026-09-30",
                patient_id=kept.id,
                account_id=visit.account_id,
            )  # fmt: skip
        )

    unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")

    with demo.reading() as session:
        later = session.exec(select(Encounter).where(Encounter.visit_number == "LATER")).one()
        assert later.patient_id == session.exec(select(Patient.id).where(Patient.mrn == two[1])).one()


def visit_under(mrn: str, number: str, **patient: str) -> NativeEncounter:
    """A new visit of the demo site that a file brings under a record number."""
    one = load_site().charts[0].encounter
    return one.model_copy(
        update={
            "visit_number": number,
            "patient": one.patient.model_copy(update={"mrn": mrn, **patient}),
            "account": one.account.model_copy(update={"account_number": f"A-{number}"}),
        }
    )


def test_what_came_under_the_given_up_number_goes_back_with_it_and_renames_nobody(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    before = names(demo)
    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    with demo.change(SYSTEM) as change:
        store_encounter(change, visit_under(two[0], "LATER", family_name="Newname"), place)
    with demo.reading() as session:
        later = session.exec(select(Encounter).where(Encounter.visit_number == "LATER")).one()
        assert session.get_one(Patient, later.patient_id).mrn == two[1]
    assert names(demo)[two[1]] == before[two[1]]

    unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")

    with demo.reading() as session:
        later = session.exec(select(Encounter).where(Encounter.visit_number == "LATER")).one()
        owners = {
            session.get_one(Patient, one).mrn
            for one in (later.patient_id, session.get_one(Account, later.account_id).patient_id)
        }
        on_list = set(session.exec(select(WorkItem.patient_name).where(WorkItem.encounter_id == later.id)))
    assert owners == {two[0]} and on_list and all(one.startswith("Newname") for one in on_list)
    assert names(demo)[two[1]] == before[two[1]]


def test_merges_in_a_row_are_undone_one_after_the_other(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    with demo.reading() as session:
        third = session.exec(select(Patient.mrn).where(Patient.mrn.not_in(two)).order_by(Patient.mrn)).first()
    merge_patients(demo, clerk, *two, reason="they are one by their papers")
    merge_patients(demo, clerk, two[1], third, reason="they are one by their papers")
    with demo.change(SYSTEM) as change:
        store_encounter(change, visit_under(two[0], "LATER"), place)

    with pytest.raises(MergeRefused, match="merged since"):
        unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")
    unmerge_patients(demo, clerk, two[1], reason="they are two by their papers")
    unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")

    with demo.reading() as session:
        later = session.exec(select(Encounter).where(Encounter.visit_number == "LATER")).one()
        assert session.get_one(Patient, later.patient_id).mrn == two[0]


def names(db: Database) -> dict[str, tuple]:
    with db.reading() as session:
        return {one.mrn: (one.family_name, one.given_name, one.birth_date) for one in session.exec(select(Patient))}


def test_a_patient_is_not_merged_with_itself_and_what_is_not_merged_is_not_undone(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    with pytest.raises(MergeRefused, match="are the same patient"):
        merge_patients(demo, clerk, two[0], two[0], reason="they are one by their papers")
    with pytest.raises(MergeRefused, match="not merged into anybody"):
        unmerge_patients(demo, clerk, two[0], reason="they are two by their papers")
    with pytest.raises(RecordsRefused, match="are the same patient"):
        tell_apart(demo, clerk, two[0], two[0], "x")


def test_a_request_is_released_with_its_authorization_and_becomes_a_disclosure(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    request = receive(demo, clerk, two[0], "A. Lawyer", "the visit of August", "injury claim")
    with pytest.raises(RecordsRefused, match="no authorization"):
        release(demo, clerk, request)

    release(demo, clerk, request, authorization="form of 2026-09-30")

    (line,) = disclosure_report(demo, clerk, two[0]).lines
    assert (line.recipient, line.purpose) == ("A. Lawyer", "injury claim (form of 2026-09-30)")
    with pytest.raises(RecordsRefused, match="was released on"):
        refuse(demo, clerk, request, "too late")
    assert requests(demo, clerk) == [] and len(requests(demo, clerk, everything=True)) == 1


@pytest.mark.parametrize("words", ["y", "yes", "OK", "form", "yes, it is allowed", "authorized", "- - - - - -"])
def test_words_that_name_no_authorization_allow_no_release(
    demo: Database, clerk: Actor, two: tuple[str, str], words: str
) -> None:
    request = receive(demo, clerk, two[0], "A. Lawyer", "the visit of August", "injury claim")

    with pytest.raises(RecordsRefused, match="names no authorization"):
        release(demo, clerk, request, authorization=words)
    with pytest.raises(RecordsRefused, match="names no authorization"):
        receive(demo, clerk, two[0], "A. Lawyer", "all", "x", authorization=words)

    (row,) = requests(demo, clerk)
    assert row.authorization == ""


@pytest.mark.parametrize("words", ["164.512(e)", "form signed 2026-09-21", "own request"])
def test_a_form_a_request_of_ones_own_or_a_rule_allows_a_release(
    demo: Database, clerk: Actor, two: tuple[str, str], words: str
) -> None:
    request = receive(demo, clerk, two[0], "A. Lawyer", "the visit of August", "injury claim")

    assert release(demo, clerk, request, authorization=words)


def test_whom_a_request_is_about_is_found_by_number_or_by_the_beginning_of_names(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    with demo.reading() as session:
        meant = session.exec(select(Patient).where(Patient.mrn == two[0])).one()

    by_number = patients_meant(demo, clerk, two[0].lower())
    by_name = patients_meant(demo, clerk, f"{meant.family_name[:4]}, {meant.given_name}")

    assert [one.id for one in by_number] == [meant.id]
    assert meant.id in {one.id for one in by_name}
    with pytest.raises(NoSuchPatient, match="no patient has the record number or name 'Nobody Zzz'"):
        patients_meant(demo, clerk, "Nobody Zzz")


def test_a_restricted_patient_is_found_by_no_name_and_by_number_without_one(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    (before,) = patients_meant(demo, clerk, two[0])
    restrict(demo, clerk, two[0], "a colleague")

    (by_number,) = patients_meant(demo, clerk, two[0])

    assert (by_number.name, by_number.birth_date) == (RESTRICTED, "")
    with pytest.raises(NoSuchPatient):
        patients_meant(demo, clerk, before.name)


def test_a_request_that_comes_on_a_day_to_come_is_refused(demo: Database, clerk: Actor, two: tuple[str, str]) -> None:
    with pytest.raises(RecordsRefused, match="2099-01-01 is in the future"):
        receive(demo, clerk, two[0], "A. Lawyer", "all", "x", received_on="2099-01-01")

    assert requests(demo, clerk, everything=True) == []


@pytest.mark.parametrize("day", ["1850-01-01", "0001-01-01"])
def test_a_request_that_came_longer_ago_than_anything_is_kept_is_refused(
    demo: Database, clerk: Actor, two: tuple[str, str], day: str
) -> None:
    with pytest.raises(RecordsRefused, match=f"{day} is more than six years ago"):
        receive(demo, clerk, two[0], "A. Lawyer", "all", "x", received_on=day)

    assert requests(demo, clerk, everything=True) == []


def test_a_request_under_a_number_that_was_merged_is_of_the_patient_who_remains(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    merge_patients(demo, clerk, *two, reason="they are one by their papers")

    receive(demo, clerk, two[0], "A. Lawyer", "all", "x")

    assert [row.mrn for row in requests(demo, clerk)] == [two[1]]


def test_a_request_counts_its_thirty_days_and_a_refusal_needs_a_reason(
    demo: Database, clerk: Actor, two: tuple[str, str]
) -> None:
    request = receive(
        demo, clerk, two[0], "A. Lawyer", "all", "x", received_on=(today() - dt.timedelta(days=40)).isoformat()
    )

    assert requests(demo, clerk)[0].left == -10
    with pytest.raises(ReasonNeeded):
        refuse(demo, clerk, request, "so")
    refuse(demo, clerk, request, "no authorization came")


def test_who_saw_a_patient_is_told_with_every_visit(demo: Database, clerk: Actor, coder: Actor) -> None:
    opened = open_next(demo, coder, "Clinic")
    with demo.reading() as session:
        visit = session.get_one(Encounter, opened.encounter_id)
        mrn = session.get_one(Patient, visit.patient_id).mrn

    seen = who_saw(demo, clerk, mrn)

    assert (coder.login, "chart.view") in [(one.actor, one.action) for one in seen]


def test_the_command_line_walks_through_all_of_it(
    demo: Database, clerk: Actor, two: tuple[str, str], unsigned: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("store.os_account.os_login", lambda: clerk.login)

    def said(*words: str, code: int = 0) -> str:
        assert main(["records", *words]) == code
        return capsys.readouterr().out

    assert "No chart lacks anything" in said("deficiencies") and "looked over" in said("scan")
    assert "unsigned:" in said("deficiencies") and "delinquent" in said("providers")
    with demo.reading() as session:
        npi = session.exec(select(Provider.npi)).first()
    said("suspend", npi, "40 days late")
    said("lift", npi)
    assert "No two patients" in said("duplicates") and "Nobody was merged yet" in said("merges")
    assert main(["patients", "merge", *two, "--yes", "--reason", "one passport"]) == 0
    capsys.readouterr()
    assert "into" in said("merges") and "of their own again" in said("unmerge", two[0], "--reason", "two passports")
    request = said("request", two[0], "--from", "A. Lawyer", "--what", "all", "--why", "claim").strip()
    assert "A. Lawyer" in said("releases")
    said("release", request, "--authorization", "form of 2026-09-30")
    assert "release.send" in said("seen", two[0])
    assert main(["records", "unmerge", two[0], "--reason", "two passports"]) == 1
    assert main(["records", "seen", "nobody"]) == 2

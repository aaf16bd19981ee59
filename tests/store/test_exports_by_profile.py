"""Exports under a profile: what it does not tell is no filter and no order, and names go out for somebody."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlmodel import select

from codesets.errors import CodedeskError, UsageError
from store.actors import SYSTEM, Actor, NotAllowed
from store.database import Database
from store.deidentify import Deidentifier
from store.demo.site import load_site
from store.demo.year import make_year
from store.models import Coverage, Disclosure, Encounter, LogEntry, Patient, Person, SavedView
from store.people import actor_for, add_person
from store.reports.export import export_layout, export_view, layout_days, restricted_visits
from store.reports.filters import export_due, filters, save_filter
from store.reports.profiles import REMOVED, FieldClass, Profile
from store.reports.tables import Format
from store.reports.views import asked_by, condition_of, view_named, views
from store.terms import Role

BOSS = Actor("boss", Role.MANAGER)
ANALYST = Actor("ana", Role.ANALYST)
YEAR = ("2025-01-01", "2026-12-31")
LAYOUTS = ("tidy", "claims", "omop")
UNDER = {"recipient": "A registry", "agreement": "DUA 7"}


@pytest.fixture
def year(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A made-up year of 90 visits of 30 patients."""
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 90, seed=7)
    return db


def rows(db: Database, name: str, *conditions: str, profile: Profile = Profile.SAFE_HARBOR) -> list[dict]:
    view = view_named(name)
    asked, who = [condition_of(view, one) for one in conditions], ANALYST if profile is Profile.SAFE_HARBOR else BOSS
    return export_view(db, who, view, asked, (), profile, Format.CSV, recipient="A registry", agreement="DUA 7")[1]


@pytest.mark.parametrize(
    "text",
    ["patient~Ash", "mrn=Y000001", "visit_number=Y1", "encounter_id=year-0000001", "birth_date<1940", "zip^689",
     "provider~Oak", "facility=x", "service_date=2026-09-01", "service_date~2026", "ended_at>2026-09"],
)  # fmt: skip
def test_what_the_safe_harbor_does_not_tell_is_nothing_to_ask_by(year: Database, text: str) -> None:
    with pytest.raises(UsageError, match=text.split("=")[0][:3]):
        rows(year, "encounter", text)


def test_the_year_of_a_day_is_told_and_can_be_asked(year: Database) -> None:
    in_2025, later = rows(year, "encounter", "service_date=2025"), rows(year, "encounter", "service_date>2025")

    assert {row["service_date"] for row in in_2025} == {"2025"} and {row["service_date"] for row in later} == {"2026"}
    assert len(in_2025) + len(later) == 90


@pytest.mark.parametrize("text", ["mrn=Y000001", "encounter_id=year-0000001", "facility=x"])
def test_a_limited_set_is_not_asked_by_names_or_keys(year: Database, text: str) -> None:
    with pytest.raises(UsageError, match="limited"):
        rows(year, "encounter", text, profile=Profile.LIMITED)

    assert rows(year, "encounter", "service_date>=2026-09-01", "zip^689", profile=Profile.LIMITED)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "days", [("2026-10-05", "2026-10-05"), ("2026-01-01", "2026-10-08"), ("2025-10-09", "2026-12-31")]
)
def test_a_layout_of_the_safe_harbor_is_of_whole_years(
    year: Database, tmp_path: Path, layout: str, days: tuple[str, str]
) -> None:
    with pytest.raises(UsageError, match="told by its year under safe-harbor"):
        export_layout(year, ANALYST, layout, Profile.SAFE_HARBOR, Format.CSV, *days, folder=tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_the_days_of_a_layout_that_were_not_typed_are_those_that_its_profile_tells(year: Database) -> None:
    harbor = [layout_days(Profile.SAFE_HARBOR, *typed) for typed in (("", ""), ("2025-01-01", ""), ("", "2025-12-31"))]
    limited = layout_days(Profile.LIMITED, "", "")

    assert harbor == [("2026-01-01", "2026-12-31"), ("2025-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")]
    assert limited == ("2026-10-01", "2026-10-08")


def test_every_field_that_a_profile_hides_or_changes_is_refused() -> None:
    for view in views().values():
        for one in view.fields:
            hidden = one.kind in REMOVED[Profile.SAFE_HARBOR] or one.kind in (FieldClass.KEY, FieldClass.BIRTH)
            assert asked_by(one, Profile.SAFE_HARBOR) is not hidden, (view.name, one.name)
            assert asked_by(one, Profile.IDENTIFIED)


@pytest.mark.both_databases
def test_rows_are_in_an_order_that_what_is_told_makes(year: Database, tmp_path: Path) -> None:
    told = rows(year, "encounter")
    export_layout(year, ANALYST, "tidy", Profile.SAFE_HARBOR, Format.CSV, *YEAR, folder=tmp_path)

    assert told == sorted(told, key=lambda row: row["service_date"])
    with year.reading() as session:
        by_day = session.exec(select(Encounter.setting).order_by(Encounter.service_date, Encounter.id)).all()
    assert [row["type"] for row in told] != [one.value for one in by_day]
    lines = list(csv.DictReader((tmp_path / "diagnosis.csv").open()))
    years = [row["service_date"] for row in lines]
    assert years == sorted(years)


def test_a_filter_that_asks_for_more_is_not_kept_and_an_old_one_holds_up_no_other(year: Database) -> None:
    add_person(year, SYSTEM, "man", "Man Ager", Role.MANAGER)
    with year.reading() as session:
        manager = actor_for(session.exec(select(Person).where(Person.login == "man")).one())
    view = view_named("encounter")
    with pytest.raises(UsageError):
        save_filter(year, manager, "one", "encounter", [condition_of(view, "mrn=Y000001")], every="day")
    save_filter(year, manager, "clinic", "encounter", [condition_of(view, "type=clinic")], every="day")
    save_filter(year, manager, "bad", "encounter", [condition_of(view, "type=clinic")], every="day")
    with year.change(SYSTEM) as change:
        old = change.session.exec(select(SavedView).where(SavedView.name == "bad")).one()
        old.content = {**old.content, "conditions": [["mrn", "=", "Y000001"]]}

    done = {one.name: written for one, written in export_due(year, manager)}

    assert isinstance(done["bad"], CodedeskError) and done["clinic"].path.is_file()
    assert {one.name: bool(one.ran_on) for one in filters(year, manager)} == {"bad": False, "clinic": True}


def test_names_go_out_for_somebody_and_for_something(year: Database, tmp_path: Path) -> None:
    view = view_named("encounter")
    for recipient, purpose in (("", ""), ("Court", ""), ("", "subpoena"), (" ", "x")):
        with pytest.raises(UsageError, match="who receives it and why"):
            export_view(year, BOSS, view, [], (), Profile.IDENTIFIED, Format.CSV, None, 5, recipient, purpose)
    with pytest.raises(UsageError, match="who receives it and why"):
        export_layout(year, BOSS, "claims", Profile.IDENTIFIED, Format.CSV, *YEAR, folder=tmp_path)
    with pytest.raises(UsageError, match="who receives it and why"):
        save_filter(year, BOSS, "all", "encounter", [], every="day", profile=Profile.IDENTIFIED)

    export_view(year, BOSS, view, [], ("type",), Profile.IDENTIFIED, Format.CSV, None, 5, "Court", "subpoena")

    with year.reading() as session:
        told = session.exec(select(Disclosure.recipient, Disclosure.purpose)).all()
    assert told and set(told) == {("Court", "subpoena")}


@pytest.mark.both_databases
@pytest.mark.parametrize("profile", [Profile.LIMITED, Profile.SAFE_HARBOR])
def test_no_file_without_names_bears_an_employer(year: Database, tmp_path: Path, profile: Profile) -> None:
    with year.change(SYSTEM) as change:
        for one in change.session.exec(select(Coverage)):
            one.plan_name = "Employer: Depot Street Diner"

    for layout in LAYOUTS:
        export_layout(year, BOSS, layout, profile, Format.CSV, *YEAR, folder=tmp_path / layout, **UNDER)

    assert not [path.name for path in tmp_path.rglob("*.csv") if "Depot" in path.read_text()]


def test_an_encounter_without_names_bears_no_employer() -> None:
    charts = [chart.encounter for chart in load_site().charts]
    assert any("Employer" in one.plan_name for chart in charts for one in chart.coverages)

    told = [Deidentifier().without_names(chart) for chart in charts]

    assert not [one.plan_name for chart in told for one in chart.coverages if one.plan_name]


def test_omop_tables_have_persons_and_what_the_model_names(year: Database, tmp_path: Path) -> None:
    with year.change(SYSTEM) as change:
        change.session.exec(select(Patient).order_by(Patient.id)).first().birth_date = "1920-01-01"
    done = export_layout(year, BOSS, "omop", Profile.SAFE_HARBOR, Format.CSV, *YEAR, folder=tmp_path / "s")
    limited = export_layout(year, BOSS, "omop", Profile.LIMITED, Format.JSON, *YEAR, folder=tmp_path / "l", **UNDER)

    persons = list(csv.DictReader((tmp_path / "s" / "person.csv").open()))
    visits = list(csv.DictReader((tmp_path / "s" / "visit_occurrence.csv").open()))
    cost = json.loads((tmp_path / "l" / "cost.json").read_text().splitlines()[0])
    assert {row["person_id"] for row in visits} <= {row["person_id"] for row in persons}
    assert "" in {row["year_of_birth"] for row in persons}
    assert "service_date" not in visits[0] and "service_date" not in persons[0]
    assert {"total_charge", "total_paid"} <= set(cost) and not any(name.endswith("_cents") for name in cost)
    names = [{one.path.stem for one in part} for part in (done, limited)]
    assert "provider" not in names[0] and "provider" in names[1]


@pytest.mark.both_databases
def test_restricted_charts_are_in_no_view_and_in_no_layout(year: Database, tmp_path: Path) -> None:
    with year.change(SYSTEM) as change:
        for one in change.session.exec(select(Patient)):
            one.restricted = "VIP"

    assert restricted_visits(year) == 90
    for name in views():
        assert not rows(year, name), name
    for layout in LAYOUTS:
        found = export_layout(year, BOSS, layout, Profile.LIMITED, Format.CSV, *YEAR, folder=tmp_path / layout, **UNDER)
        assert {one.path.stem for one in found if one.rows} <= {"provider"}


@pytest.mark.parametrize("profile", [Profile.LIMITED, Profile.IDENTIFIED])
def test_an_analyst_exports_de_identified_rows_alone(year: Database, profile: Profile) -> None:
    view, said = view_named("encounter"), {"recipient": "Court", "purpose": "order", "agreement": "DUA 7"}

    with pytest.raises(NotAllowed, match="exporting"):
        export_view(year, ANALYST, view, [], ("birth_date", "zip"), profile, Format.CSV, **said)
    with pytest.raises(NotAllowed, match="exporting"):
        export_layout(year, ANALYST, "tidy", profile, Format.CSV, *YEAR, **said)
    with pytest.raises(NotAllowed, match="exporting"):
        save_filter(year, ANALYST, "x", "encounter", [], every="day", profile=profile, **said)

    with year.reading() as session:
        assert len(session.exec(select(LogEntry).where(LogEntry.action == "refused")).all()) == 3


def test_a_limited_data_set_leaves_under_an_agreement_that_its_disclosure_names(year: Database) -> None:
    view = view_named("encounter")
    for said in ({}, {"recipient": "A registry"}, {"agreement": "DUA 7"}):
        with pytest.raises(UsageError, match="data use agreement"):
            export_view(year, BOSS, view, [], ("zip",), Profile.LIMITED, Format.CSV, limit=5, **said)

    export_view(year, BOSS, view, [], ("zip",), Profile.LIMITED, Format.CSV, limit=5, **UNDER)

    with year.reading() as session:
        told = session.exec(select(Disclosure.recipient, Disclosure.purpose)).all()
        entry, *of_patients = session.exec(select(LogEntry).where(LogEntry.action == "report.export")).all()
        seen = {one.target_id for one in of_patients}
        assert seen == set(session.exec(select(Disclosure.patient_id))) and len(seen) > 1
    assert set(told) == {("A registry", "data use agreement: DUA 7")}
    assert (entry.detail["to"], entry.detail["agreement"]) == ("A registry", "DUA 7")

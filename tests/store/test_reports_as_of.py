"""Figures as of a day: what came later has not happened, and each visit and claim counts once."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM, Actor
from store.database import Database
from store.demo.year import make_year
from store.models import (
    Charge,
    Claim,
    ClaimLine,
    Coding,
    Encounter,
    FinalDiagnosis,
    Remittance,
    RemittanceClaim,
    WorkItem,
)
from store.queries import SessionReader
from store.reports import rollups
from store.reports.catalog import catalog, figure_named
from store.reports.publish import publish, repeat
from store.reports.run import Report, period_of, run_report
from store.terms import CodingStatus, Role

pytestmark = pytest.mark.both_databases

BOSS = Actor("boss", Role.MANAGER)


def run(db: Database, name: str, since: str, until: str, as_of: str = "") -> Report:
    return run_report(db, BOSS, name, period_of(since, until, as_of))


def cents(report: Report) -> int:
    return sum(report.of("cents"))


@pytest.fixture
def year(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A made-up year of 200 visits."""
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 200, seed=7)
    return db


def test_a_visit_with_two_tasks_counts_once_and_no_more_is_uncoded_than_unbilled(
    demo: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    unbilled, uncoded = (run(demo, name, "2026-10-01", "2026-10-08") for name in ("dnfb", "dnfc"))

    with demo.reading() as session:
        visits = session.exec(select(WorkItem.encounter_id)).all()
        charged = sum(session.exec(select(Charge.amount_cents)))
    assert len(set(visits)) < len(visits)
    assert cents(uncoded) <= cents(unbilled) <= charged
    assert sum(uncoded.of("charts")) <= sum(unbilled.of("charts")) <= len(set(visits))


def late_charge(db: Database, visit: str, amount_cents: int) -> None:
    """A charge that came to the record after the month end."""
    with db.change(SYSTEM) as change:
        day = change.session.get_one(Encounter, visit).service_date
        change.session.add(
            Charge(
                encounter_id=visit,
                charge_number="late",
                service_date=day,
                amount_cents=amount_cents,
                posted_at="2026-10-05T09:00:00.000Z",
            )  # fmt: skip
        )


def waiting_visit(db: Database, until: str) -> str:
    with db.reading() as session:
        query = select(WorkItem.encounter_id).where(WorkItem.status != "final", WorkItem.service_date <= until)
        return session.exec(query.order_by(WorkItem.service_date.desc())).first()


@pytest.mark.parametrize("name", ["dnfb", "dnfc"])
def test_a_late_charge_changes_no_month_end(year: Database, name: str) -> None:
    before = run(year, name, "2026-09-01", "2026-10-04")
    figure_id, today = publish(year, BOSS, before), run(year, name, "2026-10-01", "2026-10-08")

    late_charge(year, waiting_visit(year, "2026-10-04"), 999_900)

    assert repeat(year, BOSS, figure_id).same
    assert run(year, name, "2026-09-01", "2026-10-04") == before
    assert cents(run(year, name, "2026-10-01", "2026-10-08")) - cents(today) == 999_900


@pytest.mark.sqlite_only
def test_what_waits_looks_codings_up_by_their_visit(year: Database) -> None:
    """By their state every final coding would be read for every visit: minutes at 20,000 visits."""
    figure = figure_named("dnfb")
    parameters = period_of("2026-09-01", "2026-09-30", "2026-09-30").parameters()
    with year.reading() as session:
        named = {name: parameters[name] for name in figure.parameters}
        plan = [row["detail"] for row in SessionReader(session).rows(f"EXPLAIN QUERY PLAN {figure.sql}", **named)]

    assert not [step for step in plan if step.startswith("SEARCH g USING INDEX ix_coding_finalized")]


@pytest.mark.parametrize("name", ["dnfb", "dnfc"])
def test_a_moment_is_the_last_day_of_what_stands_on_a_day(year: Database, name: str) -> None:
    by_moment = run(year, name, "2026-10-01", "2026-10-08", "2026-09-30")

    assert by_moment.rows == run(year, name, "2026-09-01", "2026-09-30").rows
    assert by_moment.period.until == "2026-09-30"


def test_intake_keeps_when_the_record_got_a_charge(demo: Database) -> None:
    with demo.reading() as session:
        of_visits = session.exec(select(Charge.posted_at, Charge.service_date)).all()

    assert all(posted.startswith(day) for posted, day in of_visits)


def test_a_late_charge_is_one_that_came_more_than_three_days_after_its_service(year: Database) -> None:
    assert run(year, "late-charges", "2026-09-01", "2026-10-08").value == 0

    late_charge(year, waiting_visit(year, "2026-10-01"), 999_900)

    report = run(year, "late-charges", "2026-08-01", "2026-10-08")
    assert sum(report.of("late_cents")) == 999_900 and sum(report.of("late_charts")) == 1
    assert report.value == round(999_900 / sum(report.of("charge_cents")), 4)


def test_codes_are_those_of_the_version_that_was_in_force(year: Database) -> None:
    before = run(year, "diagnoses", "2026-07-01", "2026-07-31", "2026-09-30")
    with year.change(SYSTEM) as change:
        coding = change.session.exec(
            select(Coding).join(Encounter).where(Encounter.service_date.between("2026-07-01", "2026-07-31"))
        ).first()
        coding.status = CodingStatus.SUPERSEDED
        new = Coding(
            encounter_id=coding.encounter_id, kind=coding.kind, version=2, status=CodingStatus.FINAL,
            created_at="2026-10-02T08:00:00.000Z", finalized_at="2026-10-02T09:00:00.000Z",
        )  # fmt: skip
        change.session.add(new)
        change.session.flush()
        change.session.add(FinalDiagnosis(coding_id=new.id, sequence=1, code="Z99.89"))

    assert run(year, "diagnoses", "2026-07-01", "2026-07-31", "2026-09-30").rows == before.rows
    now = run(year, "diagnoses", "2026-07-01", "2026-07-31")
    assert "Z99.89" in now.of("code") and "Z99.89" not in before.of("code")


def test_a_chart_that_is_coded_again_later_was_coded_at_the_month_end(year: Database) -> None:
    before = run(year, "dnfc", "2026-09-01", "2026-09-30")
    with year.change(SYSTEM) as change:
        waiting = select(WorkItem.encounter_id).where(WorkItem.status == "final", WorkItem.service_date < "2026-09-20")
        for coding in change.session.exec(select(Coding).where(Coding.encounter_id.in_(waiting)).limit(5)):
            coding.status = CodingStatus.SUPERSEDED
            change.session.add(
                Coding(
                    encounter_id=coding.encounter_id, kind=coding.kind, version=2, created_at="2026-10-03T08:00:00.000Z"
                )
            )
            item = change.session.exec(select(WorkItem).where(WorkItem.encounter_id == coding.encounter_id)).one()
            item.finished_at = None

    assert run(year, "dnfc", "2026-09-01", "2026-09-30").rows == before.rows


def test_what_differs_is_told_row_by_row_and_by_how_much(year: Database) -> None:
    figure_id = publish(year, BOSS, run(year, "dnfb", "2026-09-01", "2026-10-04"))
    with year.change(SYSTEM) as change:
        charge = change.session.exec(
            select(Charge).where(Charge.encounter_id == waiting_visit(year, "2026-10-04"))
        ).first()
        charge.amount_cents += 100

    again = repeat(year, BOSS, figure_id)

    assert not again.same and len(again.differences) == 1
    (one,) = again.differences
    assert one.now["cents"] - one.was["cents"] == 100 and one.row


def test_denials_are_those_of_claims_whose_first_answer_came_in_the_period(year: Database) -> None:
    with year.reading() as session:
        received = dict(session.exec(select(Remittance.id, Remittance.received_at)).all())
        answers = session.exec(select(RemittanceClaim.claim_id, RemittanceClaim.remittance_id)).all()
    in_september = {claim for claim, remittance in answers if received[remittance][:7] == "2026-09"}
    with year.change(SYSTEM) as change:  # a second answer in October is no first one
        claim = sorted(in_september)[0]
        late = change.session.exec(select(Remittance.id).where(Remittance.received_at >= "2026-10")).first()
        change.session.add(
            RemittanceClaim(
                remittance_id=late,
                sequence=9999,
                segment=1,
                account_number="x",
                status_code="1",
                charge_cents=1,
                paid_cents=1,
                patient_cents=0,
                claim_id=claim,
                matched_by="claim_number",
            )  # fmt: skip
        )

    september = run(year, "denials", "2026-09-01", "2026-09-30")
    october = run(year, "denials", "2026-10-01", "2026-10-08")

    assert sum(september.of("claims")) == len(in_september)
    assert sum(october.of("claims")) == sum(received[one][:7] == "2026-10" for _, one in answers)


def test_denials_of_coders_are_those_a_coder_answers_for(year: Database) -> None:
    every = run(year, "denial-reasons", "2025-10-09", "2026-10-08")
    coders = run(year, "denial-coders", "2025-10-09", "2026-10-08")

    of_others = {"CO-29", "CO-18", "CO-197", "PR-204", "CO-22"}
    named = sum(
        many for reason, many in zip(every.of("reason"), every.of("denials"), strict=True) if reason in of_others
    )
    assert named and 0 < sum(coders.of("denials")) <= sum(every.of("denials")) - named


def test_monthly_figures_are_of_whole_months_and_say_so_before_sums_are_made(year: Database) -> None:
    lines = run(year, "volumes", "2026-08-15", "2026-09-10")
    rollups.refresh(year, BOSS)
    sums = run(year, "volumes", "2026-08-15", "2026-09-10")

    assert lines.rows == sums.rows and lines.rows
    assert (lines.period.since, lines.period.until) == ("2026-08-01", "2026-09-30")
    assert "report --refresh" in lines.note and "monthly sums of" in sums.note


def test_monthly_figures_of_an_earlier_moment_come_from_the_lines_of_then(year: Database) -> None:
    before = run(year, "volumes", "2026-09-01", "2026-09-30", "2026-09-30")
    with year.change(SYSTEM) as change:
        line = change.session.exec(select(ClaimLine).where(ClaimLine.service_date.like("2026-09%"))).first()
        change.session.get_one(Claim, line.claim_id).created_at = "2026-10-02T08:00:00.000Z"
    rollups.refresh(year, BOSS)

    after = run(year, "volumes", "2026-09-01", "2026-09-30", "2026-09-30")

    assert sum(after.of("lines")) < sum(before.of("lines"))
    assert "newer" in after.note


def test_without_charges_to_divide_by_there_is_no_figure_and_the_reason_is_told(
    year: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = waiting_visit(year, "2026-10-08")
    with year.change(SYSTEM) as change:
        for charge in change.session.exec(select(Charge)):
            charge.service_date = "2026-03-01"
        change.session.get_one(Encounter, waiting).service_date = "2026-03-01"

    report = run(year, "dnfb", "2026-10-01", "2026-10-08")

    assert report.rows and report.value is None
    assert report.note.startswith("No figure: no charge of the 90 days up to 2026-10-08")


def test_a_past_moment_says_what_the_record_does_not_know_any_more(year: Database) -> None:
    report = run(year, "diagnoses", "2026-07-01", "2026-07-31", "2026-09-30")

    assert "taken back later" in report.note
    assert all(one.since_then for one in catalog().values() if one.name not in ("edits", "late-charges"))

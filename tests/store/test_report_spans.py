"""The spans of reports whose small counts are covered, which no two of can be subtracted; and days that are to come."""

from __future__ import annotations

import pytest

from codesets.errors import UsageError
from store.actors import SYSTEM, Actor
from store.database import Database
from store.demo.year import make_year
from store.reports.catalog import catalog
from store.reports.period import Period
from store.reports.run import period_of, run_report
from store.reports.spans import period_for
from store.terms import Role

ANALYST = Actor("ana", Role.ANALYST)
BOSS = Actor("boss", Role.MANAGER)


@pytest.fixture
def year(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A made-up year of 90 visits that ends on 2026-10-08."""
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 90, seed=7)
    return db


@pytest.mark.parametrize(
    "days",
    [
        ("2026-09-01", "2026-09-29"),
        ("2026-09-02", "2026-09-30"),
        ("2026-08-01", "2026-09-30"),
        ("2026-10-01", "2026-10-08"),
        ("2026-10-01", "2026-10-31"),
        ("2026-01-01", "2026-12-31"),
    ],
)
@pytest.mark.parametrize("name", ["diagnoses", "dnfb"])
def test_days_that_could_be_subtracted_from_a_month_are_refused(
    year: Database, name: str, days: tuple[str, str]
) -> None:
    with pytest.raises(UsageError, match="could be subtracted from another"):
        run_report(year, ANALYST, name, period_of(*days))


def test_no_other_moment_is_told(year: Database) -> None:
    with pytest.raises(UsageError, match="two of them could be subtracted"):
        period_for(ANALYST, "2026-09-01", "2026-09-30", "2026-09-15")

    asked = Period("2026-09-01", "2026-09-30", "2026-09-15T12:00:00Z")
    assert run_report(year, ANALYST, "diagnoses", asked).period.as_of == "2026-09-30T23:59:59.999Z"


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        (("", ""), ("2026-09-01", "2026-09-30")),
        (("2026-02-01", ""), ("2026-02-01", "2026-02-28")),
        (("", "2026-08-31"), ("2026-08-01", "2026-08-31")),
        (("2025-01-01", "2025-12-31"), ("2025-01-01", "2025-12-31")),
    ],
)
def test_months_and_years_that_have_ended_are_told(
    year: Database, typed: tuple[str, str], days: tuple[str, str]
) -> None:
    period = period_for(ANALYST, *typed)

    assert (period.since, period.until) == days


def test_every_figure_of_a_month_is_the_same_on_each_day_of_the_next(
    year: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = ("2026-09-01", "2026-09-30")
    before = {name: run_report(year, ANALYST, name, period_of(*month)).period for name in catalog()}
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-09")

    after = {name: run_report(year, ANALYST, name, period_of(*month)).period for name in catalog()}

    assert before == after


def test_what_stands_on_a_day_stands_as_of_that_day(year: Database) -> None:
    assert run_report(year, ANALYST, "dnfb", period_of("2026-08-01", "2026-08-31")).period.as_of[:10] == "2026-08-31"


def test_who_sees_every_count_chooses_days_freely(year: Database) -> None:
    period = period_for(BOSS, "2026-09-02", "2026-09-05", "2026-09-06")

    assert (period.since, period.until, period.as_of[:10]) == ("2026-09-02", "2026-09-05", "2026-09-06")


def test_what_stands_on_a_day_to_come_is_told_of_today_and_says_so(year: Database) -> None:
    report = run_report(year, BOSS, "dnfb", period_of("2026-11-01", "2026-12-31"))

    now = run_report(year, BOSS, "dnfb", period_of())
    assert (report.period.until, report.rows) == ("2026-10-08", now.rows)
    assert report.note.startswith("2026-12-31 is still to come: this is how things stand on 2026-10-08.")


def test_days_to_come_of_a_period_are_said(year: Database) -> None:
    report = run_report(year, BOSS, "diagnoses", period_of("2026-09-01", "2026-12-31"))

    assert report.note.startswith("The days after 2026-10-08 are still to come")

"""Outliers: the score by hand, what is compared with what, and what is left out."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.actors import SYSTEM, Actor
from store.database import Database
from store.demo.year import make_year
from store.reports.catalog import figure_named
from store.reports.outliers import outliers, spread_of
from store.reports.period import Period
from store.reports.run import Report, period_of, run_report
from store.terms import Role

BOSS = Actor("boss", Role.MANAGER)
PERIOD = Period("2026-01-01", "2026-12-31", "2026-12-31T23:59:59.999Z")
COLUMNS = ("coder", "measure", "type", "charts", "value")


def told(*rows: tuple) -> Report:
    return outliers(None, Report(figure_named("outlier-coders"), PERIOD, COLUMNS, rows, None))


def group(values: dict[str, float], charts: int = 100, kind: str = "clinic") -> list[tuple]:
    return [(name, "denied %", kind, charts, value) for name, value in values.items()]


def test_the_score_by_hand() -> None:
    # Median of 4 5 6 7 20 is 6; distances 2 1 0 1 14, their median (MAD) 1; z of 20: 0.6745 × 14 / 1 = 9.443.
    report = told(*group({"a": 4, "b": 5, "c": 6, "d": 7, "e": 20}))

    first = dict(zip(report.columns, report.rows[0], strict=True))
    assert (first["coder"], first["median"], first["mad"], first["z"], first["far"]) == ("e", 6, 1, 9.44, "high")
    assert [row[-1] for row in report.rows[1:]] == ["", "", "", ""]
    assert report.value == 1


def test_where_most_are_equal_the_mean_distance_measures() -> None:
    # Median 3, MAD 0, mean distance 7 / 5 = 1.4; z of 10: 7 / (1.253314 × 1.4) = 3.989.
    report = told(*group({"a": 3, "b": 3, "c": 3, "d": 3, "e": 10}))

    assert (report.rows[0][0], report.rows[0][7], report.rows[0][8]) == ("e", 3.99, "high")


def test_types_are_not_compared_with_each_other() -> None:
    clinic = dict(zip("abcde", (4, 5, 6, 7, 8), strict=True))
    stays = {name: value * 100 for name, value in clinic.items()}

    assert told(*group(clinic), *group(stays, kind="inpatient")).value == 0


def test_few_charts_and_small_groups_are_left_out_and_said_so() -> None:
    report = told(
        *group({"a": 1, "b": 1, "c": 90, "d": 1}, kind="inpatient"),
        *group({"a": 4, "b": 5, "c": 6, "d": 7, "e": 6}),
        *group({"f": 99}, charts=19),
    )

    assert {row[0] for row in report.rows} == set("abcde")
    assert report.note.startswith("5 not compared")


@given(st.lists(st.integers(-10_000, 10_000).map(float), min_size=5, max_size=40))
def test_the_middle_scores_nothing_and_farther_never_scores_less(values: list[float]) -> None:
    spread = spread_of(values)

    scores = [spread.z(value) for value in sorted(values)]

    assert scores == sorted(scores)
    assert spread.z(spread.middle) == 0
    assert spread.mean_distance == fmean(abs(value - spread.middle) for value in values)


@pytest.mark.both_databases
def test_the_made_up_year_has_a_coder_who_codes_more_than_the_others(db: Database) -> None:
    make_year(db, SYSTEM, 900, seed=7)

    report = run_report(db, BOSS, "outlier-coders", period_of("2025-10-08", "2026-10-07"))

    first = report.dicts()[0]
    assert (first["coder"], first["measure"], first["far"]) == ("yearcoder5", "diagnoses a chart", "high")

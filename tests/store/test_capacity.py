"""Hours to the goal, worked out by hand, and the visits behind a number."""

from __future__ import annotations

import pytest

from store.actors import SYSTEM
from store.database import Database
from store.demo.year import make_year
from store.queries import SessionReader
from store.reports.behind import visits_behind
from store.reports.capacity import ReadyVisit, capacity, needed
from store.reports.catalog import catalog, figure_named
from store.reports.later import Standard
from store.reports.run import moment_of, period_of, read_report
from store.terms import Role
from tests.store.test_reports import BOSS, YEAR

RULES = {"inpatient": Standard(20, 22), "clinic": Standard(6, 80)}
READY = [ReadyVisit("clinic", 10_000)] * 10 + [ReadyVisit("inpatient", 100_000)] * 4


def test_the_dearest_charts_are_counted_until_the_goal_is_reached() -> None:
    # 500,000 waits, 50,000 a day: 10 days. The goal of 5 days leaves 250,000 to code: three stays, 20 minutes each.
    found = needed(READY, 500_000, 50_000, {}, "2026-10-09", 3, 5, RULES)

    assert (found.days_now, found.charts, found.hours, found.reachable) == (10, 3, 1.0, True)


def test_what_comes_in_until_then_must_be_coded_too() -> None:
    # 20,000 a day come in for 3 days: 310,000 to code, four stays are 400,000: 80 minutes.
    found = needed(READY, 500_000, 50_000, {"clinic": (2, 20_000)}, "2026-10-09", 3, 5, RULES)

    assert (found.charts, found.hours_waiting, found.hours_inflow, found.reachable) == (4, 1.33, 0, True)


def test_where_charts_wait_for_others_no_coding_reaches_the_goal() -> None:
    found = needed([ReadyVisit("clinic", 10_000)], 500_000, 50_000, {"clinic": (2, 20_000)}, "2026-10-09", 3, 5, RULES)

    assert not found.reachable and found.words.startswith("coding alone does not reach 5 days by 2026-10-09")
    assert found.hours_inflow == 0.6


def test_a_goal_that_is_kept_needs_nothing_and_an_empty_site_divides_by_nothing() -> None:
    assert needed([], 0, 0, {}, "2026-10-09", 3, 5, RULES).words.startswith("5 days are kept")
    assert needed(READY, 100_000, 50_000, {}, "2026-10-09", 3, 5, RULES).charts == 0


def test_the_line_tells_the_hours_of_what_is_ready_apart_from_what_comes_in() -> None:
    # Ten clinic visits of 6 minutes are 1.0 hours, of which one has two tasks: 1.1; four stays of 20 are 1.3: 2.4.
    # Two clinic visits a day come in for 3 days: 36 minutes, 0.6.
    ready = [*READY[1:], ReadyVisit("clinic", 10_000, tasks=2)]

    found = needed(ready, 900_000, 50_000, {"clinic": (2, 20_000)}, "2026-10-09", 3, 5, RULES)
    kept = needed(ready, 500_000, 50_000, {}, "2026-10-09", 3, 5, RULES)

    assert found.words == (
        "coding alone does not reach 5 days by 2026-10-09: 2.4 hours for 14 charts ready to code,"
        " 0.6 hours for what comes in; the rest waits for others"
    )
    assert kept.words == "1.0 hour of coding to 5 days by 2026-10-09: 1.0 hour for 3 charts ready to code"


@pytest.mark.both_databases
def test_the_charts_of_capacity_are_those_that_dnfb_tells_as_ready(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 300, seed=7)
    with db.reading() as session:
        reader = SessionReader(session)
        dnfb = figure_named("dnfb")
        period = moment_of(dnfb, period_of(*YEAR))
        rows = {row["reason"]: row["charts"] for row in read_report(reader, dnfb, period).dicts()}

        found = capacity(reader, period, goal_days=0)

    assert found.charts == rows["ready to code"] > 0


@pytest.mark.both_databases
def test_the_list_behind_every_number_has_as_many_visits_as_it_says(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 300, seed=7)
    assert BOSS.role is Role.MANAGER
    with db.reading() as session:
        reader = SessionReader(session)
        for figure in (one for one in catalog().values() if one.behind):
            period = moment_of(figure, period_of(*YEAR))
            report = read_report(reader, figure, period)
            for row in report.dicts()[:3]:
                keys = {name: row[name] for name in figure.keys}
                found = visits_behind(reader, figure, period, keys)
                if figure.name in ("dnfb", "dnfc", "productivity"):
                    assert len(found) == row["charts"], (figure.name, keys)
                assert found, (figure.name, keys)
        assert sum(one.cents for one in visits_behind(reader, figure_named("dnfb"), period_of(*YEAR, "2026-10-08"), {}))

"""A person's own figures: weighted units against the target, and active time that leaves idle gaps out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.actors import Actor
from store.clock import clock_day
from store.database import Database
from store.figures.active import keep_activity
from store.figures.activity import Activity
from store.figures.units import weight_of
from store.models import Coding
from store.models.columns import now
from store.queries import SessionReader
from store.queries.figures import own_figures
from store.queries.worklists import Listing, worklist_rows
from store.reports.catalog import figure_named
from store.reports.run import period_of, read_report
from store.terms import CodingStatus


def finished(db: Database, coder: Actor, worklist: str, charts: int) -> None:
    with db.reading() as session:
        rows = worklist_rows(SessionReader(session), Listing(worklist))[:charts]
    with db.change(coder) as change:
        for row in rows:
            change.session.add(
                Coding(
                    encounter_id=row.encounter_id,
                    kind=row.kind,
                    status=CodingStatus.FINAL,
                    coder_id=coder.person_id,
                    finalized_at=now(),
                )
            )


@pytest.mark.both_databases
def test_units_are_weighted_by_kind_and_held_against_the_target(demo: Database, coder: Actor) -> None:
    finished(demo, coder, "Clinic", 2)
    finished(demo, coder, "Inpatient", 1)
    finished(demo, coder, "Radiology", 1)
    keep_activity(demo, coder, clock_day().isoformat(), 3600, 600, 900)
    keep_activity(demo, coder, clock_day().isoformat(), 1800, 0, 300)

    with demo.reading() as session:
        figures = own_figures(SessionReader(session), coder.person_id or "", clock_day())
        yesterday = own_figures(SessionReader(session), coder.person_id or "", date(2026, 1, 1))

    assert (figures.units, figures.charts, figures.units_text) == (200 + 500 + 25, 4, "7.2/60")
    assert (figures.active_text, figures.idle_seconds, figures.keys) == ("1:30", 600, 1200)
    assert (yesterday.units, yesterday.active_seconds) == (0, 0)


def test_the_productivity_report_counts_the_units_that_a_person_sees(demo: Database, coder: Actor) -> None:
    finished(demo, coder, "Clinic", 2)
    finished(demo, coder, "Inpatient", 1)
    day = clock_day().isoformat()

    with demo.reading() as session:
        reader = SessionReader(session)
        own = own_figures(reader, coder.person_id or "", clock_day())
        rows = read_report(reader, figure_named("productivity"), period_of(day, day)).dicts()

    mine = [row for row in rows if row["coder"] == coder.login]
    assert sum(row["units"] for row in mine) * 100 == own.units == 700
    assert mine[0]["units_an_hour"] == round(7 / (mine[0]["coding_hours"] or 1), 2)


def test_the_headline_of_productivity_is_the_figure_of_the_only_coder(demo: Database, coder: Actor) -> None:
    finished(demo, coder, "Clinic", 1)
    day = clock_day().isoformat()

    with demo.reading() as session:
        report = read_report(SessionReader(session), figure_named("productivity"), period_of(day, day))

    assert [report.value] == [row["units_an_hour"] for row in report.dicts() if row["units_an_hour"] is not None]


def test_a_site_weighs_otherwise(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "weights.toml").write_text("[weights]\nclinic-professional = 80\n")

    assert (weight_of("clinic", "professional"), weight_of("inpatient", "facility")) == (80, 500)


@given(st.lists(st.integers(1, 25_600).map(lambda sixty_fourths: sixty_fourths / 64), max_size=30))
def test_gaps_up_to_the_limit_are_work_and_longer_ones_are_idle(gaps: list[float]) -> None:
    activity, at = Activity(idle_after=120), 0.0
    activity.key(at)
    kept = [0, 0, 0]
    for number, gap in enumerate(gaps):
        at += gap
        activity.key(at)
        if number % 3 == 0:
            kept = [a + b for a, b in zip(kept, activity.taken(), strict=True)]
    kept = [a + b for a, b in zip(kept, activity.taken(), strict=True)]

    assert abs(kept[0] - sum(gap for gap in gaps if gap <= 120)) < 1.01
    assert abs(kept[1] - sum(gap for gap in gaps if gap > 120)) < 1.01
    assert kept[2] == len(gaps) + 1

"""Which charts in work a change of the code sets touches."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets.catalog import dotted
from store.actors import Actor
from store.coding.codes import Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis
from store.coding.opening import open_next
from store.database import Database
from store.models import Encounter
from store.queries import SessionReader
from store.queries.code_use import open_charts_by_code, open_charts_with


@pytest.fixture
def day(demo: Database, coder: Actor) -> dt.date:
    """The service date of the one chart whose draft holds M10.9."""
    opened = open_next(demo, coder, "Clinic")
    assert opened is not None
    enter(demo, coder, opened.coding_id, AddDiagnosis("M10.9"), Defaults("2026-08-04", dotted=dotted))
    with demo.reading() as session:
        return dt.date.fromisoformat(session.get_one(Encounter, opened.encounter_id).service_date)


def test_a_chart_counts_from_its_own_day_on(demo: Database, day: dt.date) -> None:
    with demo.reading() as session:
        reader = SessionReader(session)
        until = {since: open_charts_by_code(reader, str(since)).get("M10.9", 0) for since in (day, _after(day))}

    assert until == {day: 1, _after(day): 0}


def test_the_charts_are_listed_by_the_same_rule(demo: Database, day: dt.date) -> None:
    with demo.reading() as session:
        reader = SessionReader(session)
        listed = {since: len(open_charts_with(reader, "M10.9", str(since))) for since in (day, _after(day))}

    assert listed == {day: 1, _after(day): 0}


def _after(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)

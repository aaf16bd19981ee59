"""Rows looked at on the screen: every role of the house sees its columns, nothing leaves, and the look is logged."""

from __future__ import annotations

import pytest
from sqlmodel import select

from codesets.errors import UsageError
from store.actors import SYSTEM, Actor, NotAllowed
from store.database import Database
from store.demo.year import make_year
from store.models import Disclosure, LogEntry
from store.reports.looking import fields_seen, look_at_rows
from store.reports.views import condition_of, view_named
from store.terms import Role

LOOKING = (Role.AUDITOR, Role.MANAGER, Role.RECORDS, Role.ANALYST, Role.ADMIN)


@pytest.fixture
def year(db: Database) -> Database:
    """A made-up year of 90 visits."""
    make_year(db, SYSTEM, 90, seed=7)
    return db


@pytest.mark.parametrize("role", LOOKING)
def test_who_has_the_numbers_sees_rows_without_a_recipient(year: Database, role: Role) -> None:
    columns, rows = look_at_rows(year, Actor("one", role), view_named("encounter"))

    assert len(rows) == 90
    assert not {"patient", "mrn", "visit_number"} & set(columns)


@pytest.mark.parametrize("role", [Role.CODER, Role.BILLER])
def test_who_has_not_sees_none(year: Database, role: Role) -> None:
    with pytest.raises(NotAllowed):
        look_at_rows(year, Actor("one", role), view_named("encounter"))


def test_days_are_whole_to_the_house_and_years_to_analysts(year: Database) -> None:
    asked = [condition_of(view_named("encounter"), "service_date>=2026-01-01")]

    _, rows = look_at_rows(year, Actor("boss", Role.MANAGER), view_named("encounter"), asked)

    assert rows and all(len(row["service_date"]) == 10 for row in rows)
    with pytest.raises(UsageError, match="told by its year"):
        look_at_rows(year, Actor("ana", Role.ANALYST), view_named("encounter"), asked)


def test_money_that_a_role_does_not_see_is_no_column_and_nothing_to_ask_by(year: Database) -> None:
    view, records = view_named("encounter"), Actor("ari", Role.RECORDS)

    columns, _ = look_at_rows(year, records, view)

    assert "charge_cents" not in columns and "charge_cents" not in {one.name for one in fields_seen(Role.RECORDS, view)}
    with pytest.raises(UsageError, match="charge_cents is not shown to you"):
        look_at_rows(year, records, view, [condition_of(view, "charge_cents>=100000")])


def test_a_look_is_logged_with_what_was_asked_and_is_no_disclosure(year: Database) -> None:
    look_at_rows(year, Actor("boss", Role.MANAGER), view_named("denial"), limit=5)

    with year.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "report.rows")).one()
        disclosures = session.exec(select(Disclosure)).all()
    assert (entry.actor, entry.target_id, entry.detail["of"]) == ("boss", "denial", "all rows")
    assert not disclosures

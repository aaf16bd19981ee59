"""Screens of a session that row-level security limits to facilities: they say that they show a part, and how much not.

On PostgreSQL, as the role that `codedesk postgres-roles` makes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import open_database
from store.ledger.money import patient_pays
from store.migrations.postgres_roles import script
from store.models import Account, Encounter, Facility
from tests.postgres import Server
from tests.tui.screens import cells, keys, opened, settle


@pytest.fixture
def database_kind() -> str:
    return "postgres"


@pytest.fixture
def of_the_clinic(
    as_administrator: None, demo_url: str, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The demo site for the facility `clinic` alone; a visit of the hospital is on an account of the clinic."""
    database = open_database()
    with database.change(SYSTEM) as change:
        session = change.session
        by_place = select(Encounter).join(Facility).order_by(Encounter.id)
        here = session.exec(by_place.where(Facility.local_id == "clinic")).first()
        there = session.exec(by_place.where(Facility.local_id == "hospital")).first()
        there.account_id, there.patient_id = here.account_id, here.patient_id
        account = session.get_one(Account, here.account_id).account_number
    patient_pays(database, SYSTEM, account, 500, "card")
    database.close()
    name = demo_url.rpartition("/")[2]
    postgres.execute(script("codedesk_app"), name)
    postgres.execute(f"ALTER ROLE codedesk_app PASSWORD '{postgres.password}'")
    monkeypatch.setenv("CODEDESK_DATABASE_URL", postgres.url(name, "codedesk_app"))
    monkeypatch.setenv("CODEDESK_FACILITIES", "clinic")
    yield
    postgres.execute("DROP OWNED BY codedesk_app", name)


async def test_the_first_screen_says_how_much_is_not_shown_and_line_1_of_lists_whose_it_is(of_the_clinic: None) -> None:
    async with opened() as (app, pilot):
        await settle(pilot)
        first = cells(app)
        await keys(pilot, "g", "l")
        await settle(pilot)

        assert "Only what is of your facilities (clinic) is shown" in first
        assert "of clinic alone" in cells(app).splitlines()[0]


async def test_an_account_with_a_visit_elsewhere_shows_that_it_is_a_part_and_no_statement(of_the_clinic: None) -> None:
    async with opened((160, 48)) as (app, pilot):
        await keys(pilot, "g", "l", "v")
        await settle(pilot)
        journal = cells(app)
        await keys(pilot, "s")
        await settle(pilot)

        assert "A part: 1 of its visits is of other facilities." in journal
        assert "YOU" not in cells(app) and "of other facilities" in cells(app)

"""Puts the made-up site into a database of its own: its people, its charts, and the day on which it stands.

The site goes through intake like any other input, so that what a newcomer sees is what a real site would have.
Making it again changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from codesets.home import ensure_home
from store import os_account
from store.actors import SYSTEM
from store.queries import current_reader
from store.queries.people import person_of
from store.settings import demo_url
from store.terms import Role

if TYPE_CHECKING:
    from sqlmodel import Session

    from store.database import Database

DEMO_DAY = "2026-10-08"
"""The day that counts as today at the made-up site, so that its charts never age past their filing limits."""

_PORTION = 10


def demo_environment() -> dict[str, str]:
    """The settings under which the made-up site is opened. Raises HomeUnwritable."""
    folder = ensure_home() / "demo"
    folder.mkdir(exist_ok=True, mode=0o700)
    return {
        "CODEDESK_DATABASE_URL": demo_url(),
        "CODEDESK_TODAY": DEMO_DAY,
        # Who looks around for the first time is its administrator, and came to see charts.
        "CODEDESK_FIRST_DESK": os.environ.get("CODEDESK_FIRST_DESK", "admin worklists"),
    }


def demo_file() -> Path:
    """The database file of the made-up site."""
    return Path(demo_environment()["CODEDESK_DATABASE_URL"].removeprefix("sqlite:///"))


def site_is_there() -> bool:
    """Whether the made-up site is made, complete, and knows whoever asks; told without loading the ORM."""
    path = demo_file()
    reader = current_reader(path)
    if reader is None:
        return False
    charts = sum(entry.name.endswith(".toml") for entry in Path(__file__).with_name("charts").iterdir())
    made = reader.rows("SELECT COUNT(*) AS n FROM encounter WHERE source = 'demo'")[0]["n"]
    known = person_of(reader, os_account.os_login()) is not None
    reader.close()
    return known and made == charts


def create_site(db: Database, progress: Callable[[float], None] | None = None) -> int:
    """Make the site, or what is missing of it; how many charts were added.

    Whoever opens it becomes one of its people, with every role's screens, beside the made-up staff.
    """
    from store.demo.site import load_site
    from store.intake.writer import store_encounter
    from store.worklists import place

    site = load_site()
    _add_people(db, [(person.login, person.name, person.role) for person in site.people])
    added = 0
    for start in range(0, len(site.charts), _PORTION):
        with db.change(SYSTEM) as change:
            for chart in site.charts[start : start + _PORTION]:
                outcome = store_encounter(change, chart.encounter, place)
                if outcome.result == "new":
                    added += 1
                    _post_charges(change.session, outcome.encounter_id)
        if progress:
            progress(min((start + _PORTION) / len(site.charts), 1.0))
    return added


def _post_charges(session: Session, encounter_id: str) -> None:
    """The charges of the site came on the evening of their day, whenever it is made: late ones are told from them."""
    from sqlmodel import select

    from store.models import Charge

    session.flush()
    for charge in session.exec(select(Charge).where(Charge.encounter_id == encounter_id)):
        charge.posted_at = f"{charge.service_date}T23:00:00.000Z"


def _add_people(db: Database, staff: list[tuple[str, str, Role]]) -> None:
    from sqlmodel import select

    from store.models import Person

    with db.change(SYSTEM) as change:
        known = set(change.session.exec(select(Person.login)))
        for login, name, role in [*staff, (os_account.os_login(), "You", Role.ADMIN)]:
            if login not in known:
                change.session.add(Person(login=login, name=name, role=role))
                change.log("people.add", "person", login, role=role.value)

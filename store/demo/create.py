"""Puts the made-up site into a database of its own: its people, its charts, and the day on which it stands.

The site goes through intake like any other input, so that what a newcomer sees is what a real site would have.
Making it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlmodel import select

from codesets.home import ensure_home
from store.database import SYSTEM, Database
from store.demo.site import load_site
from store.intake.writer import store_encounter
from store.models import Person
from store.models.columns import new_id
from store.people import os_login
from store.terms import Role
from store.worklists import place

DEMO_DAY = "2026-10-08"
"""The day that counts as today at the made-up site, so that its charts never age past their filing limits."""

_PORTION = 10


def demo_environment() -> dict[str, str]:
    """The settings under which the made-up site is opened. Raises HomeUnwritable."""
    folder = ensure_home() / "demo"
    folder.mkdir(exist_ok=True, mode=0o700)
    return {"CODEDESK_DATABASE_URL": f"sqlite:///{folder / 'workstation.sqlite'}", "CODEDESK_TODAY": DEMO_DAY}


def demo_file() -> Path:
    """The database file of the made-up site."""
    return Path(demo_environment()["CODEDESK_DATABASE_URL"].removeprefix("sqlite:///"))


def create_site(db: Database, progress: Callable[[float], None] | None = None) -> int:
    """Make the site, or what is missing of it; how many charts were added.

    Whoever opens it becomes one of its people, with every role's screens, beside the made-up staff.
    """
    site = load_site()
    _add_people(db)
    added = 0
    for start in range(0, len(site.charts), _PORTION):
        with db.change(SYSTEM) as change:
            for chart in site.charts[start : start + _PORTION]:
                outcome = store_encounter(change, chart.encounter, place)
                added += outcome.result == "new"
        if progress:
            progress(min((start + _PORTION) / len(site.charts), 1.0))
    return added


def _add_people(db: Database) -> None:
    staff = [(person.login, person.name, person.role) for person in load_site().people]
    staff.append((os_login(), "You", Role.ADMIN))
    with db.change(SYSTEM, new_id(), "demo.people") as change:
        known = set(change.session.exec(select(Person.login)))
        for login, name, role in staff:
            if login not in known:
                change.session.add(Person(login=login, name=name, role=role))
                change.log("people.add", "person", login, role=role.value)

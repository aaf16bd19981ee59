"""A defect of the program: the screens end with a reference, and nothing of a patient is left anywhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlmodel import select

from store.database import open_database
from store.models import Patient
from tests.tui.screens import keys, opened, settle
from tui.app import Workstation

CANARY = "Canary, Quintessa"
PLACES = ("f3", "enter", "f2", "f4", "f5", "f6", "f7", "f8", "f9", "g i", "g l", "g h", "g b", "g f", "g t")


class Defect(Exception):
    """What no code of the program raises."""


@pytest.mark.thorough
@pytest.mark.usefixtures("as_administrator")
@pytest.mark.parametrize("place", PLACES)
async def test_a_defect_on_any_screen_leaves_its_place_and_no_patient(home: Path, place: str) -> None:
    patients = names()

    with pytest.raises(Defect):
        async with opened() as (app, pilot):
            await keys(pilot, *place.split())
            await settle(pilot)
            app.screen.call_later(fail, CANARY)
            await asyncio.wait_for(gone(app), 5)

    kept = "".join(path.read_text(errors="replace") for path in home.rglob("*.log"))
    assert app.crash and app.crash in kept and "Defect" in kept and "test_crash.py" in kept
    assert not [name for name in (CANARY, *patients) if name in kept or name in (app.title + app.sub_title)]


async def gone(app: Workstation) -> None:
    while not app.crash:
        await asyncio.sleep(0.01)


def fail(name: str) -> None:
    patient = {"name": name}
    raise Defect(f"no row for {patient}")


def names() -> list[str]:
    database = open_database()
    with database.reading() as session:
        found = [patient.family_name for patient in session.exec(select(Patient))]
    database.close()
    return found

"""A session whose record somebody exchanges below it: nothing is said to be saved that is in no record."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from sqlmodel import func, select
from textual.pilot import Pilot

from store.actors import SYSTEM
from store.backup import back_up
from store.database import Database, open_database
from store.log import note
from store.models import LogEntry
from store.settings import database_url, sqlite_path
from tests.tui.screens import cells, keys, opened, settle, type_text
from tui.app import Workstation
from tui.screens.chart import ChartScreen

pytestmark = pytest.mark.usefixtures("at_desk")

NOT_SAVED = "is another file than the one that was opened: nothing is saved any more"


@pytest.fixture
def backup(demo: Database, tmp_path: Path) -> Path:
    back_up(demo, SYSTEM, tmp_path / "b9.sqlite")
    demo.close()
    return tmp_path / "b9.sqlite"


def put_back_by_hand(backup: Path) -> Path:
    """What somebody does who does not know of `codedesk restore`; the path of the record."""
    record = sqlite_path(database_url())
    assert record is not None
    shutil.copy(backup, copy := record.with_name("x"))
    for beside in ("-wal", "-shm"):
        record.with_name(record.name + beside).unlink(missing_ok=True)
    os.replace(copy, record)
    return record


def said(app: Workstation) -> str:
    """The screen as one line, so that what was wrapped can be looked for."""
    return " ".join(cells(app).split())


async def in_a_chart(app: Workstation, pilot: Pilot) -> ChartScreen:
    await keys(pilot, "enter")
    assert isinstance(app.screen, ChartScreen)
    return app.screen


async def test_a_code_is_not_added_to_a_file_that_is_no_longer_the_record(backup: Path) -> None:
    async with opened() as (app, pilot):
        chart = await in_a_chart(app, pilot)
        record = put_back_by_hand(backup)
        before = record.read_bytes()

        await keys(pilot, "plus")
        await type_text(pilot, "e11.9")
        await keys(pilot, "enter")

        assert NOT_SAVED in said(app)
        assert "Added" not in said(app)
        assert (chart.entry.asking, chart.entry.text) == ("entry", "e11.9")
        await keys(pilot, "enter")
        assert NOT_SAVED in said(app)
        assert record.read_bytes() == before


async def test_a_session_at_rest_says_within_a_second_that_the_record_is_another_file(backup: Path) -> None:
    async with opened() as (app, pilot):
        put_back_by_hand(backup)

        await app.watch_record().wait()
        await settle(pilot)

        assert NOT_SAVED in said(app)


async def test_a_list_is_not_read_from_a_file_that_is_no_longer_the_record(backup: Path) -> None:
    async with opened() as (app, pilot):
        put_back_by_hand(backup)
        app.record._checked_at -= 1  # a second later

        await keys(pilot, "enter")

        assert NOT_SAVED in said(app)
        assert not isinstance(app.screen, ChartScreen)


async def test_a_session_can_be_ended_and_says_at_its_end_what_happened(backup: Path) -> None:
    async with opened() as (app, pilot):
        await in_a_chart(app, pilot)
        put_back_by_hand(backup)

        await keys(pilot, "escape")
        assert not isinstance(app.screen, ChartScreen)
        assert NOT_SAVED in said(app)
        await keys(pilot, "escape", "y")

    assert app.exchanged is not None
    assert app.exchanged.exit_code == 2


async def test_a_desk_beside_the_first_one_does_not_open_the_file_that_was_put_there(backup: Path) -> None:
    async with opened() as (app, _):
        app.batches._close()
        app.batches._db = app.batches._reader = app.batches._watch = None
        put_back_by_hand(backup)

        with pytest.raises(Exception, match=NOT_SAVED):
            await app.batches.change(note, "begun")

    again = open_database()
    with again.reading() as session:
        assert session.exec(select(func.count()).where(LogEntry.action == "begun")).one() == 0
    again.close()


async def test_a_session_whose_record_stays_ends_without_a_word(backup: Path) -> None:
    async with opened() as (app, pilot):
        await in_a_chart(app, pilot)

        await keys(pilot, "escape", "escape", "y")

    assert app.exchanged is None

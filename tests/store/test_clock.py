"""Stamps on the made-up site are of the day that it stands on; those of any other record are of the real day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import Actor
from store.clock import clock, clock_day, demo_day
from store.coding.opening import open_next
from store.database import Database
from store.demo.create import DEMO_DAY, demo_environment
from store.holds import hold
from store.models import Coding, Hold, LogEntry, WorkItem
from store.models.columns import now
from store.terms import day_and_time


def test_what_is_done_on_the_made_up_site_is_stamped_with_its_day(demo: Database, coder: Actor) -> None:
    opened = open_next(demo, coder, "Clinic")
    assert opened is not None
    hold(demo, coder, opened.work_item_id, "charge")

    with demo.reading() as session:
        stamps = [session.get_one(Coding, opened.coding_id).changed_at]
        stamps += session.exec(select(Hold.opened_at).where(Hold.work_item_id == opened.work_item_id)).all()
        stamps += session.exec(select(LogEntry.at).order_by(LogEntry.seq.desc()).limit(3)).all()
        lease = session.get_one(WorkItem, opened.work_item_id).claimed_until

    assert {day_and_time(at)[:10] for at in stamps} == {DEMO_DAY}
    assert lease is None
    assert clock_day() == date.fromisoformat(DEMO_DAY)


def test_on_the_made_up_site_it_is_the_time_of_day_that_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in demo_environment().items():
        monkeypatch.setenv(name, value)

    before, told, after = datetime.now(UTC), clock(), datetime.now(UTC)

    days = clock_day() - before.astimezone().date()
    assert before <= told - days <= after


@pytest.mark.parametrize("set_in", ["environment", "file", "another record"])
def test_no_setting_moves_the_clock_of_a_real_record(home: Path, monkeypatch: pytest.MonkeyPatch, set_in: str) -> None:
    home.mkdir()
    if set_in == "file":
        (home / "config.toml").write_text(f'today = "{DEMO_DAY}"\n')
    else:
        monkeypatch.setenv("CODEDESK_TODAY", DEMO_DAY)
    if set_in == "another record":
        monkeypatch.setenv("CODEDESK_DATABASE_URL", f"sqlite:///{home}/workstation.sqlite")

    before, stamp, after = (datetime.now(UTC).isoformat(timespec="milliseconds"), now(), datetime.now(UTC).isoformat())

    assert before[:23] <= stamp[:23] <= after[:23]
    assert demo_day() is None

"""A full disk, a failing one, a slow one: one clear line, nothing acknowledged lost, and the work goes on."""

from __future__ import annotations

import itertools
import resource
import shutil
import signal
import time
from pathlib import Path

import pytest
from sqlmodel import func, select

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.backup import BackupFailed, back_up
from store.database import Database, DatabaseUnusable, open_database
from store.intake import take_in
from store.intake.run import BrokenOff
from store.models import Encounter
from store.people import add_person
from store.terms import Role
from tests.faults.conftest import Site
from tests.faults.forks import in_a_fork
from tests.faults.holding import faults_of
from tests.faults.work import work
from tests.store.intake_samples import native, write_lines


def done_until_it_fails(site: Site) -> tuple[list[str], CodedeskError]:
    """Work until the disk fails; what was acknowledged before, and the error."""
    acknowledged: list[str] = []
    try:
        for _ in itertools.islice(work(site.db, site.coder, acknowledged.append), 200):
            pass
    except CodedeskError as error:
        return acknowledged, error
    raise AssertionError("the disk never failed")


@pytest.mark.parametrize("room", [0, 5_000, 60_000, 300_000])
def test_a_full_disk_is_said_to_be_full_and_keeps_what_it_has(site: Site, room: int) -> None:
    site.disk.bytes_left = room

    acknowledged, error = done_until_it_fails(site)

    assert isinstance(error, DatabaseUnusable)
    assert "full" in error.message and "what was acknowledged is safe" in error.remedy
    site.disk.bytes_left = None
    assert faults_of(site.db, acknowledged) == []


@pytest.mark.parametrize("failing", ["write", "sync"])
def test_a_disk_that_fails_loses_nothing_and_the_next_change_works(site: Site, failing: str) -> None:
    acknowledged: list[str] = []
    coding = work(site.db, site.coder, acknowledged.append)
    for _ in range(7):
        next(coding)
    site.disk.failing = frozenset({failing})

    with pytest.raises(DatabaseUnusable, match="disk I/O error"):
        next(coding)

    site.disk.failing = frozenset()
    assert faults_of(site.db, acknowledged) == []
    add_person(site.db, SYSTEM, "after", "After", Role.CODER)


def test_a_slow_disk_is_waited_for_and_synced_before_anything_is_acknowledged(site: Site) -> None:
    site.disk.sync_seconds = 0.02
    synced: list[int] = []

    begun = time.monotonic()
    for _ in itertools.islice(work(site.db, site.coder, lambda _: synced.append(site.disk.syncs)), 20):
        pass

    assert time.monotonic() - begun >= 20 * 0.02
    assert all(later > earlier for earlier, later in itertools.pairwise([0, *synced]))
    assert faults_of(site.db, []) == []


def test_the_real_driver_at_a_limit_of_the_system_loses_nothing(
    demo_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`RLIMIT_FSIZE` makes the system itself refuse to let a file grow, as a full disk or a quota does."""
    record = tmp_path / "workstation.sqlite"
    shutil.copy(demo_template, record)
    shutil.copy(demo_template.with_suffix(".log-key"), record.with_suffix(".log-key"))
    limit = record.stat().st_size + 40_000

    def fill() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        db = open_database(f"sqlite:///{record}")
        try:
            for number in range(5_000):
                add_person(db, SYSTEM, f"login{number}", "x" * 300, Role.CODER)
        except DatabaseUnusable as error:
            return 0 if "disk" in error.message else 3
        return 4

    assert in_a_fork(fill) == 0
    db = open_database(f"sqlite:///{record}")
    assert faults_of(db, []) == []
    add_person(db, SYSTEM, "after", "After", Role.CODER)
    db.close()


def test_a_backup_that_finds_the_disk_full_leaves_no_file(demo_url: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()

    def fill() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        db = open_database(demo_url)
        try:
            back_up(db, SYSTEM, target / "b.sqlite")
        except BackupFailed:
            return 0
        return 4

    assert in_a_fork(fill) == 0
    assert list(target.iterdir()) == []


def test_an_intake_that_finds_the_disk_full_says_how_far_it_came_and_goes_on_from_there(
    site: Site, tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "big.jsonl", *(native(visit_number=f"V{number}") for number in range(200)))
    before = encounters(site.db)
    site.disk.bytes_left = 1_000_000

    with pytest.raises(BrokenOff) as told:
        take_in(site.db, SYSTEM, [file])

    stored = encounters(site.db) - before
    site.disk.bytes_left = None
    again = take_in(site.db, SYSTEM, [file])
    assert 0 < stored < 200
    assert f"full; before it broke off: {stored} encounters taken in" in told.value.message
    assert "the same command again goes on from there and takes nothing in twice" in told.value.remedy
    assert (again.total("encounters_unchanged"), again.total("encounters_new")) == (stored, 200 - stored)
    assert faults_of(site.db, []) == []


def encounters(db: Database) -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(Encounter)).one()

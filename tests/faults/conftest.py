"""What the fault tests share: how long they run, the store on a disk that goes wrong, and what must always hold."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.actors import Actor
from store.database import Database, open_database
from store.people import actor_for
from store.terms import Role
from tests.faults import apsw_driver
from tests.faults.disks import Disk, DiskVfs

_names = (f"codedesk-disk-{number}" for number in itertools.count())


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """By how much a fault test is longer with `--faults` than in the usual run."""
    return 1 if request.config.getoption("--faults") else 0


@dataclass
class Site:
    """The demo site on a disk of the tests."""

    db: Database
    disk: Disk
    folder: Path
    coder: Actor


@pytest.fixture
def site(demo_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The store itself, through its own engine, on a virtual file system that a test can make go wrong."""
    from store.demo.create import DEMO_DAY

    folder = tmp_path / "disk"
    folder.mkdir()
    record = folder / "workstation.sqlite"
    shutil.copy(demo_template, record)
    shutil.copy(demo_template.with_suffix(".log-key"), record.with_suffix(".log-key"))
    disk = Disk()
    name = next(_names)
    vfs = DiskVfs(name, disk, folder)
    monkeypatch.setattr("store.database.driver", apsw_driver)
    monkeypatch.setattr(apsw_driver, "vfs", name)
    monkeypatch.setenv("CODEDESK_TODAY", DEMO_DAY)
    db = open_database(f"sqlite:///{record}")
    opened = Site(db, disk, folder, a_coder(db))
    yield opened
    disk.failing, disk.bytes_left = frozenset(), None
    opened.db.close()
    vfs.unregister()


def a_coder(db: Database, number: int = 0) -> Actor:
    """One of the coders of the demo site."""
    from sqlmodel import select

    from store.models import Person

    with db.reading() as session:
        people = session.exec(select(Person).where(Person.role == Role.CODER).order_by(Person.login)).all()
        return actor_for(people[number % len(people)])

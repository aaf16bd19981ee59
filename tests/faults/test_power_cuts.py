"""Power cuts, simulated: whatever part of the unsynced writes reached the disk, nothing acknowledged is lost.

The store runs on a virtual file system that records every write and sync. For each cut the files are made as the disk
could hold them, and opened with the SQLite and the store that people use.
"""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path

import pytest

from store import database
from store.database import DatabaseUnusable, open_database
from store.log.key import LogKeyUnusable
from tests.faults import apsw_driver
from tests.faults.conftest import Site
from tests.faults.disks import Cut, at_cut
from tests.faults.holding import faults_of
from tests.faults.work import work

pytestmark = pytest.mark.thorough

OPERATIONS = 60
SEED = 20260914


def recorded(site: Site, operations: int = OPERATIONS) -> dict[str, bytes]:
    """Work for a while on the recording disk; the files as they were before."""
    before = {path.name: path.read_bytes() for path in site.folder.iterdir() if path.suffix != ".log-key"}
    site.disk.operations.clear()
    for _ in itertools.islice(work(site.db, site.coder, site.disk.acknowledge), operations):
        pass
    return before


def after(cut: Cut, key: Path, folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """What does not hold once the files of a cut are opened on an ordinary disk."""
    folder.mkdir()
    for name, content in cut.files.items():
        (folder / name).write_bytes(content)
    shutil.copy(key, folder / "workstation.log-key")
    try:
        db = open_database(f"sqlite:///{folder / 'workstation.sqlite'}")
    except (DatabaseUnusable, LogKeyUnusable) as error:
        return [f"does not open: {error.message}"]
    try:
        return faults_of(db, cut.acknowledged)
    except DatabaseUnusable as error:
        return [f"cannot be read: {error.message}"]
    finally:
        db.close()
        shutil.rmtree(folder)


def cuts(
    site: Site, before: dict[str, bytes], count: int, tmp_path: Path, patch: pytest.MonkeyPatch
) -> tuple[int, list[str]]:
    """How many cuts left something that does not hold, and what."""
    patch.setattr(database, "driver", __import__("store.sqlite", fromlist=["driver"]).driver)
    patch.setattr(apsw_driver, "vfs", "")
    chance = random.Random(SEED)
    operations = site.disk.operations
    wrong: list[str] = []
    failed = 0
    for number in range(count):
        cut = at_cut(before, operations, chance.randrange(1, len(operations) + 1), chance)
        found = after(cut, site.folder / "workstation.log-key", tmp_path / f"cut-{number}", patch)
        failed += bool(found)
        wrong += [f"cut {number}: {words}" for words in found]
    return failed, wrong


def reopened(site: Site, patch: pytest.MonkeyPatch, **pragmas: str) -> None:
    """Open the site again with other settings of SQLite."""
    site.db.close()
    kept = tuple(pragma for pragma in database.PRAGMAS if pragma.partition("=")[0] not in pragmas)
    patch.setattr(database, "PRAGMAS", (*kept, *(f"{name}={value}" for name, value in pragmas.items())))
    site.db = open_database(f"sqlite:///{site.folder / 'workstation.sqlite'}")


@pytest.mark.parametrize("pages", [1000, 30], ids=["few checkpoints", "many checkpoints"])
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    site: Site, pages: int, rounds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reopened(site, monkeypatch, wal_autocheckpoint=str(pages))
    before = recorded(site)

    failed, wrong = cuts(site, before, 300 if rounds else 20, tmp_path, monkeypatch)

    assert (failed, wrong) == (0, [])


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_with_less_syncing_the_same_cuts_do_lose_something(
    site: Site, synchronous: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulation sees what it is there to see: without it a test of nothing would pass too."""
    reopened(site, monkeypatch, synchronous=synchronous)
    before = recorded(site, 30)

    failed, _ = cuts(site, before, 30, tmp_path, monkeypatch)

    assert failed > 0

"""A record that is wrong: one clear line that says what is, and never another file in its place."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.database import Database, DatabaseUnusable, open_database
from store.people import add_person
from store.sqlite import driver
from store.terms import Role
from tui.cli import main


@pytest.fixture
def record(db: Database, home: Path) -> Path:
    add_person(db, SYSTEM, "ana", "Ana", Role.ADMIN)
    db.close()
    return home / "workstation.sqlite"


@pytest.fixture
def stranger() -> pwd.struct_passwd:
    """An account without rights; only root can become another."""
    if os.getuid() != 0:
        pytest.skip("only root can become another account")
    return pwd.getpwnam("nobody")


@pytest.fixture
def open_folder(record: Path) -> Iterator[Path]:
    """A copy of the site in a folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="codedesk-"))
    folder.chmod(0o755)
    for file in record.parent.iterdir():
        shutil.copy(file, folder)
        (folder / file.name).chmod(0o644)
    yield folder
    shutil.rmtree(folder)


def as_stranger(account: pwd.struct_passwd, work: Callable[[], int]) -> tuple[int, str]:
    """Do something in a fork that has become another account; its answer and what it wrote to stderr."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.dup2(writing, 2)
            sys.stderr = os.fdopen(2, "w", closefd=False)
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            code = work()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as told:
        words = told.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), words


def test_half_a_copy_is_named_and_left_alone(record: Path) -> None:
    record.write_bytes(record.read_bytes()[: record.stat().st_size // 2])
    before = record.read_bytes()

    with pytest.raises(DatabaseUnusable, match="only a part of a copy"):
        open_database()

    assert record.read_bytes() == before


def test_a_record_in_anothers_hands_is_said_to_be_locked(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_BUSY_SECONDS", "0")
    other = driver.connect(record, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    db = open_database()

    with pytest.raises(DatabaseUnusable, match="locked") as refusal:
        add_person(db, SYSTEM, "bo", "Bo", Role.CODER)

    assert "another program holds it" in refusal.value.remedy
    other.close()
    db.close()


def test_a_locked_record_lets_nobody_in_and_says_so_after_one_wait(
    record: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODEDESK_BUSY_SECONDS", "1")
    other = driver.connect(record, isolation_level=None)
    for statement in ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE site_fact SET value = value"):
        other.execute(statement)
    begun = time.monotonic()

    code = main(["log", "list"])

    assert (code, capsys.readouterr().err.count("database is locked (another program holds it; try again)")) == (2, 1)
    assert time.monotonic() - begun < 1.9
    other.close()


def test_pages_that_were_overwritten_are_damage_not_a_traceback(
    record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(record.read_bytes())
    content[4096 * 2 :] = os.urandom(len(content) - 4096 * 2)
    record.write_bytes(content)

    code = main(["users", "list"])

    err = capsys.readouterr().err
    assert code == 2
    assert "damaged" in err and err.count("\n") == 1


def test_a_record_that_may_only_be_read_says_so(
    stranger: pwd.struct_passwd, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["users", "list"])  # what it loads, another account could not
    monkeypatch.setenv("CODEDESK_HOME", str(open_folder))

    code, told = as_stranger(stranger, lambda: main(["users", "list"]))

    assert code == 2
    assert "write" in told and told.count("\n") == 1


def test_another_account_reads_neither_record_nor_log_nor_key(stranger: pwd.struct_passwd, record: Path) -> None:
    record.parent.parent.chmod(0o755)
    files = [path for path in record.parent.iterdir() if path.is_file()]

    def read_all() -> int:
        return sum(os.access(path, os.R_OK) for path in files)

    assert len(files) >= 2
    assert as_stranger(stranger, read_all)[0] == 0


def test_the_files_of_a_record_are_for_their_owner_alone(db: Database, home: Path) -> None:
    add_person(db, SYSTEM, "ana", "Ana", Role.ADMIN)

    modes = {path.name: path.stat().st_mode & 0o777 for path in [home, *home.iterdir()]}

    assert modes == {
        "home": 0o700,
        "workstation.sqlite": 0o600,
        "workstation.sqlite-wal": 0o600,
        "workstation.sqlite-shm": 0o600,
        "workstation.log-key": 0o600,
    }

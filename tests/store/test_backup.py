"""Backup and restore: whole copies only, nothing overwritten, the present record kept."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.backup import BackupFailed, BackupUnusable, back_up, check_backup
from store.database import Database, DatabaseClosed, open_database
from store.log.check import check_log
from store.log.key import key_file
from store.models import Person
from store.people import add_person
from store.restore import RestoreRefused, restore
from store.settings import database_url
from store.sqlite import driver
from store.terms import Role
from tests.store import attacks
from tests.store.old_record import contents, make_old_record
from tui.cli import main


@pytest.fixture
def record(home: Path, db: Database) -> Path:
    for number in range(10):
        add_person(db, SYSTEM, f"login{number}", f"Name {number}", Role.ADMIN)
    return home / "workstation.sqlite"


@pytest.fixture
def backup(db: Database, record: Path, tmp_path: Path) -> Path:
    back_up(db, SYSTEM, tmp_path / "backup.sqlite")
    return tmp_path / "backup.sqlite"


def logins() -> list[str]:
    db = open_database()
    with db.reading() as session:
        found = list(session.exec(select(Person.login).order_by(Person.login)))
    db.close()
    return found


def test_a_backup_is_one_private_file_that_was_read_through(db: Database, record: Path, tmp_path: Path) -> None:
    report = back_up(db, SYSTEM, tmp_path / "b.sqlite")

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["b.sqlite"]
    assert stat.S_IMODE((tmp_path / "b.sqlite").stat().st_mode) == 0o600
    assert (report.state.log.entries, report.state.log.whole) == (10, True)


def test_a_backup_never_takes_the_place_of_a_file(db: Database, record: Path, tmp_path: Path) -> None:
    (tmp_path / "b.sqlite").write_text("mine")

    with pytest.raises(BackupFailed, match="exists already"):
        back_up(db, SYSTEM, tmp_path / "b.sqlite")

    assert (tmp_path / "b.sqlite").read_text() == "mine"


def test_a_backup_under_writes_is_one_moment_of_the_record(db: Database, record: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        other = open_database()
        number = 0
        while not stop.is_set():
            add_person(other, SYSTEM, f"more{number}", "More", Role.CODER)
            number += 1
        other.close()

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.05)
    report = back_up(db, SYSTEM, tmp_path / "b.sqlite")
    stop.set()
    writer.join()

    people = len(contents(tmp_path / "b.sqlite")["person"])
    assert report.state.log.whole
    assert people == report.state.log.entries


def test_a_copy_in_portions_is_of_the_moment_it_began_and_ends_though_others_write(
    db: Database, record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person(db, SYSTEM, "before", "B", Role.CODER)
    other, flushed, sync = open_database(f"sqlite:///{record}"), [0], os.fsync

    def meanwhile(handle: int) -> None:
        if flushed[0] < 20:
            flushed[0] += 1
            add_person(other, SYSTEM, f"portion{flushed[0]}", "P", Role.CODER)
        sync(handle)

    monkeypatch.setattr("store.backup._PORTION", 4)
    monkeypatch.setattr("store.backup.os.fsync", meanwhile)

    back_up(db, SYSTEM, tmp_path / "backup.sqlite")

    other.close()
    with closing(driver.connect(tmp_path / "backup.sqlite")) as copy:
        names = {name for (name,) in copy.execute("SELECT login FROM person")}
    assert flushed[0] == 20
    assert "before" in names and not any(name.startswith("portion") for name in names)


def test_a_log_that_does_not_hold_is_not_backed_up_unseen(db: Database, record: Path, tmp_path: Path) -> None:
    attacks.attack(db, attacks.edit)

    with pytest.raises(BackupFailed, match="entry 5 of the log"):
        back_up(db, SYSTEM, tmp_path / "b.sqlite")

    assert not (tmp_path / "b.sqlite").exists()


def test_restoring_brings_the_backup_back_and_keeps_what_was_there(db: Database, backup: Path, record: Path) -> None:
    add_person(db, SYSTEM, "later", "Later", Role.CODER)
    db.close()
    before = contents(record)

    done = restore(database_url(), backup, SYSTEM)

    assert done.kept
    kept = contents(Path(done.kept))
    assert "later" not in logins()
    assert kept["person"] == before["person"] and kept["log_entry"] == before["log_entry"]


def test_the_log_of_a_restored_record_goes_on(db: Database, backup: Path) -> None:
    db.close()
    restore(database_url(), backup, SYSTEM)

    restored = open_database()
    add_person(restored, SYSTEM, "after", "After", Role.CODER)
    with restored.reading() as session:
        state = check_log(session.connection(), restored.log_keys.keys())
    restored.close()

    assert (state.whole, state.entries) == (True, 13)


def test_the_kept_record_can_be_restored_in_its_turn(db: Database, backup: Path) -> None:
    add_person(db, SYSTEM, "later", "Later", Role.CODER)
    db.close()
    done = restore(database_url(), backup, SYSTEM)

    assert done.kept
    restore(database_url(), Path(done.kept), SYSTEM)

    assert "later" in logins()


def test_while_somebody_has_the_record_open_nothing_is_replaced(db: Database, backup: Path, record: Path) -> None:
    with db.reading() as session:
        session.exec(select(Person)).all()

        with pytest.raises(RestoreRefused, match="open elsewhere"):
            restore(database_url(), backup, SYSTEM)

    assert not list(record.parent.glob("*.kept-*"))


def test_a_session_cannot_write_into_a_record_that_was_put_aside(db: Database, backup: Path) -> None:
    db.close()
    done = restore(database_url(), backup, SYSTEM)
    assert done.kept
    shutil.copy(key_file(database_url()).path, Path(done.kept).with_suffix(".log-key"))
    aside = open_database(f"sqlite:///{done.kept}")

    with pytest.raises(DatabaseClosed, match="a backup was put in its place"):
        add_person(aside, SYSTEM, "lost", "Lost", Role.CODER)
    aside.close()


@pytest.mark.parametrize("damage", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_backup_replaces_nothing(db: Database, record: Path, tmp_path: Path, damage: bytes) -> None:
    db.close()
    (tmp_path / "bad").write_bytes(damage)
    before = contents(record)

    with pytest.raises(BackupUnusable):
        restore(database_url(), tmp_path / "bad", SYSTEM)

    assert contents(record) == before


def test_half_a_backup_replaces_nothing(db: Database, backup: Path, record: Path) -> None:
    db.close()
    backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    before = contents(record)

    with pytest.raises(BackupUnusable):
        restore(database_url(), backup, SYSTEM)

    assert contents(record) == before


def test_a_backup_whose_log_was_edited_replaces_nothing(db: Database, backup: Path, record: Path) -> None:
    db.close()
    with driver.connect(backup) as other:
        other.execute("DROP TRIGGER log_entry_no_update")
        other.execute("UPDATE log_entry SET actor = 'eve' WHERE seq = 3")
    other.close()

    with pytest.raises(BackupUnusable, match="entry 3"):
        restore(database_url(), backup, SYSTEM)


def test_a_damaged_record_is_kept_with_all_its_files(db: Database, backup: Path, record: Path) -> None:
    db.close()
    record.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8000)
    record.with_name("workstation.sqlite-wal").write_bytes(b"half a log")

    done = restore(database_url(), backup, SYSTEM)

    assert done.kept
    assert Path(done.kept).read_bytes().startswith(b"SQLite format 3\x00\xff")
    assert Path(done.kept + "-wal").read_bytes() == b"half a log"
    assert len(logins()) == 10


def test_a_restored_older_record_says_that_it_must_be_upgraded(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_old_record(tmp_path / "old.sqlite")

    code = main(["restore", str(tmp_path / "old.sqlite")])

    assert (code, "codedesk upgrade" in capsys.readouterr().out) == (0, True)


def test_verify_only_reads(db: Database, backup: Path, record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db.close()
    before = contents(record)

    code = main(["restore", "--verify", "--json", str(backup)])

    assert (code, json.loads(capsys.readouterr().out)["log"]["entries"]) == (0, 10)
    assert contents(record) == before
    assert check_backup(backup, key_file(database_url())).log.whole


def with_other_rows(backup: Path, copy: Path) -> Path:
    """A backup in which a row was changed without SQLite: no page, key or entry of the log tells."""
    content = backup.read_bytes()
    assert b"Name 3" in content
    copy.write_bytes(content.replace(b"Name 3", b"Nome 3"))
    return copy


def test_a_backup_whose_rows_were_changed_is_not_the_one_that_was_made(
    db: Database, backup: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    as_made = main(["restore", "--verify", str(backup)])
    with_other_rows(backup, backup)
    capsys.readouterr()

    changed = main(["restore", "--verify", str(backup)])
    with pytest.raises(BackupUnusable, match="changed since"):
        restore(database_url(), backup, SYSTEM)

    said = capsys.readouterr().out
    assert (as_made, changed) == (0, 1)
    assert "changed since" in said and "whole" not in said
    assert "login3" in logins()


def test_a_backup_that_no_log_tells_of_is_not_said_to_be_proven(
    db: Database, backup: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = with_other_rows(backup, tmp_path / "other.sqlite")

    code = main(["restore", "--verify", "--json", str(other)])
    told = json.loads(capsys.readouterr().out)
    main(["restore", "--verify", str(other)])

    assert (code, told["as_made"]) == (1, None)
    assert "its rows are not proven" in capsys.readouterr().out


def test_a_changed_backup_under_another_name_is_put_in_place_by_who_answers_for_its_rows_alone(
    db: Database, backup: Path, record: Path, tmp_path: Path
) -> None:
    other = with_other_rows(backup, tmp_path / "other.sqlite")
    db.close()

    with pytest.raises(BackupUnusable, match="its rows are not proven"):
        restore(database_url(), other, SYSTEM)
    restore(database_url(), other, SYSTEM, unproven_rows=True)

    with closing(driver.connect(record)) as connection:
        (told,) = connection.execute("SELECT CAST(detail AS TEXT) FROM log_entry WHERE action = 'restore'").fetchone()
    assert json.loads(told)["proof"] == "unknown"


def test_the_record_that_a_restore_put_aside_is_proven_by_the_log(db: Database, backup: Path, record: Path) -> None:
    db.close()
    done = restore(database_url(), backup, SYSTEM)

    again = restore(database_url(), Path(done.kept), SYSTEM)

    assert again.kept != done.kept

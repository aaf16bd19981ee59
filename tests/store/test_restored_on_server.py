"""A backup that is put into an empty database of a server: proven first, then row by row, and itself only read."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect
from sqlmodel import SQLModel, select

from store.actors import SYSTEM, Actor
from store.backup import BackupUnusable, back_up, digest
from store.database import Database, make_engine, open_database
from store.log.check import check_log
from store.log.key import STATED, key_file
from store.migrations import HEAD, upgrade
from store.models import LogEntry, Person
from store.move import MoveRefused
from store.people import add_person
from store.restore import Proof, RestoreRefused, restore
from store.settings import sqlite_path
from store.sqlite import driver
from store.terms import Role
from tests.postgres import Server
from tests.store.old_record import make_old_record
from tui.cli import main

pytestmark = pytest.mark.thorough


@pytest.fixture
def empty(postgres: Server, home: Path) -> Iterator[str]:
    """The URL of a database without a table."""
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def backup(demo: Database, tmp_path: Path, home: Path) -> Path:
    """A backup of the demo site; the key of its log is where a record on a server has it."""
    path = back_up(demo, SYSTEM, tmp_path / "backup.sqlite").state.path
    if demo.log_keys.path != home / "workstation.log-key":
        shutil.copy(demo.log_keys.path, home / "workstation.log-key")
    return Path(path)


def forged(backup: Path) -> Path:
    """A backup in which a coder was made administrator; its seal is still written in it."""
    with closing(driver.connect(backup)) as connection, connection:
        connection.execute("UPDATE person SET role = 'admin'")
    return backup


def rows(url: str, but: tuple[str, ...] = ("log_entry",)) -> dict[str, list[tuple]]:
    db = open_database(url)
    with db.reading() as session:
        found = {
            table.name: sorted(map(repr, session.connection().execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
            if table.name not in but
        }
    db.close()
    return found


def log_of(url: str) -> tuple[bool, LogEntry]:
    """Whether the log is whole, and its last entry."""
    db = open_database(url)
    with db.reading() as session:
        whole = check_log(session.connection(), db.log_keys.keys()).whole
        last = session.exec(select(LogEntry).order_by(LogEntry.seq.desc())).first()
    db.close()
    return whole, last


def tables(url: str) -> list[str]:
    engine = make_engine(url)
    found = inspect(engine).get_table_names()
    engine.dispose()
    return found


def people(url: str) -> int:
    return len(rows(url)["person"])


@pytest.mark.both_databases(always=True)
def test_what_backup_prints_restores_as_it_is_written(
    demo: Database,
    demo_url: str,
    empty: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = rows(demo_url)
    main(["backup", str(tmp_path / "b.sqlite")])
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("restore it with: "))
    made = digest(tmp_path / "b.sqlite")
    demo.close()
    if path := sqlite_path(demo_url):
        path.unlink()
    else:
        monkeypatch.setenv("CODEDESK_DATABASE_URL", empty)

    code = main(shlex.split(line.removeprefix("restore it with: codedesk ")))

    restored = demo_url if path else empty
    whole, last = log_of(restored)
    assert code == 0
    assert rows(restored) == before
    assert (whole, last.action, last.detail["proof"]) == (True, "restore", "sealed")
    assert digest(tmp_path / "b.sqlite") == made


def test_on_a_server_backup_says_that_a_restore_takes_an_empty_database(
    postgres: Server,
    demo_postgres: tuple[str, Path],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = postgres.new_database(demo_postgres[0])
    home.mkdir(mode=0o700)
    shutil.copy(demo_postgres[1] / "workstation.log-key", home)
    monkeypatch.setenv("CODEDESK_DATABASE_URL", postgres.url(name))

    code = main(["backup", str(tmp_path / "b.sqlite")])

    assert (code, "takes an empty database: set CODEDESK_DATABASE_URL" in capsys.readouterr().out) == (0, True)
    postgres.drop(name)


def test_the_backup_is_only_read_and_no_copy_of_it_is_left(backup: Path, empty: str, home: Path) -> None:
    before = backup.read_bytes()

    restore(empty, backup, SYSTEM)

    assert backup.read_bytes() == before
    assert not list(backup.parent.glob("backup.sqlite-*")) and not list(home.glob(".restoring*"))


def test_a_schema_without_a_row_counts_as_empty(backup: Path, empty: str) -> None:
    open_database(empty, filled=True).close()

    done = restore(empty, backup, SYSTEM)

    assert (done.proof, done.kept, people(empty) > 0) == (Proof.SEALED, None, True)


def test_an_older_schema_without_a_row_is_brought_up_to_date(backup: Path, empty: str) -> None:
    engine, config = make_engine(empty), upgrade._config()
    with upgrade._migration_engine(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()

    restore(empty, backup, SYSTEM)

    assert people(empty) > 0


def test_a_record_that_is_there_is_never_replaced(backup: Path, empty: str) -> None:
    other = open_database(empty, filled=True)
    add_person(other, SYSTEM, "theirs", "Theirs", Role.ADMIN)
    other.close()
    before = rows(empty, but=())

    with pytest.raises(RestoreRefused, match="holds a record, which stays as it is") as refused:
        restore(empty, backup, SYSTEM, unproven_rows=True)

    assert "make an empty database, set CODEDESK_DATABASE_URL to it" in refused.value.remedy
    assert rows(empty, but=()) == before


def test_a_forged_backup_is_refused_and_nothing_is_made(backup: Path, empty: str) -> None:
    with pytest.raises(BackupUnusable, match="its rows are not proven"):
        restore(empty, forged(backup), SYSTEM)

    assert tables(empty) == []


def test_who_answers_for_the_rows_of_an_unproven_backup_is_told_in_the_log(backup: Path, empty: str) -> None:
    restore(empty, forged(backup), SYSTEM, unproven_rows=True)

    whole, last = log_of(empty)
    assert (whole, last.action, last.detail["proof"]) == (True, "restore", "unasked")


@pytest.mark.parametrize(("change", "code"), [(lambda backup: backup, 0), (forged, 1)])
def test_verify_says_what_restore_would_do_and_makes_nothing(
    backup: Path, empty: str, monkeypatch: pytest.MonkeyPatch, change, code: int
) -> None:
    monkeypatch.setenv("CODEDESK_DATABASE_URL", empty)

    told = main(["restore", "--verify", str(change(backup))])

    assert (told, tables(empty)) == (code, [])


def test_where_the_key_must_stand_is_said_and_with_it_there_it_is_restored(
    backup: Path,
    empty: str,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CODEDESK_DATABASE_URL", empty)
    monkeypatch.setenv("CODEDESK_HOME", str(tmp_path / "other"))

    without = main(["restore", str(backup)])
    err = capsys.readouterr().err
    (tmp_path / "other").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(home / "workstation.log-key", tmp_path / "other")
    with_it = main(["restore", str(backup)])

    assert f"to {tmp_path / 'other' / 'workstation.log-key'}, then restore again" in err
    assert (without, with_it) == (2, 0)


def test_a_backup_whose_key_is_lost_arrives_and_what_the_log_needs_is_said(
    backup: Path, empty: str, home: Path
) -> None:
    key_file(empty).path.unlink()

    with pytest.raises(RestoreRefused, match="restored, but the log cannot be written") as told:
        restore(empty, backup, SYSTEM, unchecked_log=True)

    assert "codedesk log new-key" in told.value.remedy
    assert people(empty) > 0


def test_a_backup_of_an_older_schema_arrives_in_the_present_one(empty: str, tmp_path: Path) -> None:
    make_old_record(tmp_path / "old.sqlite")
    with closing(driver.connect(tmp_path / "old.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    before = (tmp_path / "old.sqlite").read_bytes()

    done = restore(empty, tmp_path / "old.sqlite", SYSTEM)

    assert (done.state.schema, done.upgrade_needed, people(empty)) == ("0001", False, 5)
    assert HEAD != "0001" and (tmp_path / "old.sqlite").read_bytes() == before


def test_a_record_without_a_key_states_the_one_that_its_restore_is_logged_under(empty: str, tmp_path: Path) -> None:
    make_old_record(tmp_path / "old.sqlite")

    restore(empty, tmp_path / "old.sqlite", SYSTEM)

    db = open_database(empty)
    with db.reading() as session:
        stated = session.execute(STATED).scalar()
    db.close()
    assert stated == key_file(empty).keys()[-1].fingerprint


def test_what_fails_on_the_way_leaves_the_database_without_a_row(
    backup: Path, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MoveRefused("not the same", "nothing was moved")

    monkeypatch.setattr("store.move._compare", refuse)

    with pytest.raises(MoveRefused):
        restore(empty, backup, SYSTEM)

    assert not any(rows(empty, but=()).values())


def test_work_goes_on_in_the_restored_record(backup: Path, empty: str) -> None:
    restore(empty, backup, Actor("root", Role.ADMIN))

    db = open_database(empty)
    add_person(db, SYSTEM, "after", "After", Role.CODER)
    with db.reading() as session:
        found = session.exec(select(Person).where(Person.login == "after")).one()
    db.close()
    assert found.active and log_of(empty)[0]

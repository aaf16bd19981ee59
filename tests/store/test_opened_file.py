"""A record that somebody takes away, or puts another file in the place of, while a program has it open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.backup import back_up
from store.database import Database, open_database
from store.models import Person
from store.opened_file import RecordExchanged
from store.people import add_person
from store.queries import SqliteReader, current_reader
from store.terms import Role
from tui.cli import main


def put_back_by_hand(record: Path, backup: Path) -> None:
    """What somebody does who does not know of `codedesk restore`."""
    shutil.copy(backup, copy := record.with_name("x"))
    for beside in ("-wal", "-shm"):
        record.with_name(record.name + beside).unlink(missing_ok=True)
    os.replace(copy, record)


def logins(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(Person.login)))


@pytest.fixture
def record(home: Path) -> Path:
    return home / "workstation.sqlite"


@pytest.fixture
def backup(db: Database, home: Path) -> Path:
    back_up(db, SYSTEM, home / "b9.sqlite")
    return home / "b9.sqlite"


def test_no_change_is_acknowledged_once_another_file_lies_at_the_path(db: Database, record: Path, backup: Path) -> None:
    put_back_by_hand(record, backup)

    with pytest.raises(RecordExchanged, match="is another file than the one that was opened") as told:
        add_person(db, SYSTEM, "ana", "Ana", Role.CODER)

    assert (told.value.exit_code, logins(db)) == (2, [])


@pytest.mark.parametrize(
    ("taken", "said"), [("workstation.sqlite", "is gone"), ("workstation.sqlite-wal", "write-ahead log .* was taken")]
)
def test_no_change_is_acknowledged_once_a_file_of_the_record_is_gone(
    db: Database, home: Path, taken: str, said: str
) -> None:
    add_person(db, SYSTEM, "ana", "Ana", Role.CODER)
    (home / taken).unlink()

    with pytest.raises(RecordExchanged, match=said):
        add_person(db, SYSTEM, "ben", "Ben", Role.CODER)

    assert logins(db) == ["ana"]


def test_a_change_that_was_begun_before_the_exchange_is_not_made(db: Database, record: Path, backup: Path) -> None:
    with pytest.raises(RecordExchanged), db.change(SYSTEM) as change:
        change.session.add(Person(login="ana", name="Ana", role=Role.CODER))
        put_back_by_hand(record, backup)

    assert logins(db) == []


def test_a_commit_that_the_exchange_overtook_is_not_acknowledged(
    db: Database, record: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RecordExchanged), db.change(SYSTEM) as change:
        commit: Callable[[], None] = change.session.commit
        monkeypatch.setattr(change.session, "commit", lambda: (commit(), put_back_by_hand(record, backup)))
        change.session.add(Person(login="ana", name="Ana", role=Role.CODER))

    assert logins(db) == ["ana"]


def test_no_new_connection_of_a_session_reaches_the_file_that_was_put_there(
    db: Database, record: Path, backup: Path
) -> None:
    with db.reading() as first, db.reading() as second:
        first.connection(), second.connection()
        put_back_by_hand(record, backup)
        before = record.read_bytes()

        with pytest.raises(RecordExchanged), db.reading() as third:
            third.connection()

    assert record.read_bytes() == before
    assert not record.with_name(record.name + "-wal").exists()


def test_who_opens_the_record_anew_works_on_the_file_that_was_put_there(
    db: Database, record: Path, backup: Path
) -> None:
    put_back_by_hand(record, backup)

    again = open_database()
    add_person(again, SYSTEM, "ana", "Ana", Role.CODER)

    assert (logins(again), logins(db)) == (["ana"], [])
    again.close()


def test_a_session_goes_on_when_all_its_connections_had_been_closed(db: Database) -> None:
    db.close()

    add_person(db, SYSTEM, "ana", "Ana", Role.CODER)

    assert logins(db) == ["ana"]


def test_a_reader_notices_the_exchange_when_it_is_asked(db: Database, record: Path, backup: Path) -> None:
    reader = current_reader(record)
    assert isinstance(reader, SqliteReader)
    reader.opened.require_same()
    put_back_by_hand(record, backup)

    with pytest.raises(RecordExchanged):
        reader.opened.require_same()

    reader.close()


def test_a_link_to_the_record_is_followed_to_its_log(
    db: Database, home: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = home.parent / "link.sqlite"
    link.symlink_to(record)
    reader = SqliteReader(link)
    add_person(db, SYSTEM, "ana", "Ana", Role.CODER)

    reader.opened.require_same()

    assert reader.opened.wal == record.with_name("workstation.sqlite-wal")
    assert reader.opened.wal_file is not None
    reader.close()


def test_a_command_that_the_exchange_overtook_says_so_with_its_exit_code(
    db: Database, record: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened_before() -> Database:
        opened = open_database()
        put_back_by_hand(record, backup)
        return opened

    monkeypatch.setattr("store.database.open_database", opened_before)

    code = main(["users", "add", "ana", "--name", "Ana", "--role", "coder"])

    assert code == 2
    assert "is another file than the one that was opened: nothing is saved any more" in capsys.readouterr().err

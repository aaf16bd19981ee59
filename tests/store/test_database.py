"""The workstation database: whole transactions, operations, the log's chain, the schema, and files that are wrong."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel, select

from codesets.home import HomeUnwritable, ensure_home
from store.actors import SYSTEM
from store.backup import back_up
from store.database import Database, DatabaseNewer, DatabaseUnusable, open_database
from store.log import note
from store.migrations import HEAD
from store.migrations.upgrade import head_revision
from store.models import LogEntry, Operation, Person
from store.people import NoSuchPerson, add_person, current_actor, set_active
from store.settings import Settings, SettingsError, load_settings, today
from store.sqlite import driver
from store.terms import Role
from store.upgrade import upgrade
from tests.postgres import Server
from tui.cli import main


def people(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(Person.login)))


def test_the_migrations_make_exactly_the_tables_of_the_models(db: Database) -> None:
    with db.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)

    assert differences == []


def test_the_file_is_for_its_owner_alone_and_durable(db: Database, home: Path) -> None:
    mode = stat.S_IMODE((home / "workstation.sqlite").stat().st_mode)

    with db.reading() as session:
        connection = session.connection()
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert mode == 0o600
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_reader_elsewhere_leaves_a_session_the_wal_that_it_writes_to(db: Database, home: Path) -> None:
    path, wal = home / "workstation.sqlite", home / "workstation.sqlite-wal"
    note(db, SYSTEM, "begun")
    again = open_database()
    before = wal.stat().st_ino
    read = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM person').fetchall(); c.close()"
    )

    subprocess.run([sys.executable, "-c", read, str(path)], check=True)

    assert wal.stat().st_ino == before
    again.close()


def test_a_failed_change_leaves_nothing_behind(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.change(SYSTEM, "op-1", "people.add") as change:
        change.session.add(Person(login="ana", name="Ana", role=Role.CODER))
        change.log("people.add")
        raise ZeroDivisionError

    with db.reading() as session:
        assert (people(db), session.get(Operation, "op-1"), session.exec(select(LogEntry)).all()) == ([], None, [])


def test_a_repeated_operation_answers_as_before(db: Database) -> None:
    first = add_person(db, SYSTEM, "ana", "Ana", Role.CODER, "op-1")

    again = add_person(db, SYSTEM, "ana", "Ana", Role.CODER, "op-1")

    assert (again, people(db)) == (first, ["ana"])


def test_without_people_the_account_is_administrator_and_afterwards_it_must_be_one_of_them(db: Database) -> None:
    with db.reading() as session:
        assert current_actor(session, "root").role == Role.ADMIN
    add_person(db, SYSTEM, "ana", "Ana", Role.CODER)
    set_active(db, SYSTEM, "ana", False)

    with db.reading() as session, pytest.raises(Exception, match="not an active user"):
        current_actor(session, "ana")


def test_a_login_that_is_not_known_cannot_be_disabled(db: Database) -> None:
    with pytest.raises(NoSuchPerson):
        set_active(db, SYSTEM, "nobody", False)


def test_a_newer_database_is_refused_and_left_alone(db: Database, home: Path) -> None:
    db.close()
    path = home / "workstation.sqlite"
    with driver.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()

    with pytest.raises(DatabaseNewer, match="9999"):
        open_database()

    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all", b"\x00" * 4096, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(home: Path, content: bytes) -> None:
    home.mkdir()
    path = home / "workstation.sqlite"
    path.write_bytes(content)

    with pytest.raises(DatabaseUnusable, match="database"):
        open_database()

    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_not_a_byte_of_it_changes(home: Path) -> None:
    home.mkdir()
    path = home / "workstation.sqlite"
    with driver.connect(path) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(DatabaseUnusable, match="another program"):
        open_database()

    assert path.read_bytes() == before
    assert [one.name for one in home.iterdir()] == ["workstation.sqlite"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(home: Path) -> None:
    home.mkdir()
    home.chmod(0o500)

    with pytest.raises(HomeUnwritable, match="home"):
        open_database()


@pytest.fixture
def unwritable(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Takes the right to write away from the folder: root, who runs tests too, has it whatever the modes are."""
    access = os.access

    def take() -> None:
        home.chmod(0o500)
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != home and access(path, mode))

    return take


def test_a_folder_whose_modes_keep_its_record_from_being_written_is_to_be_mended_not_left(
    db: Database, home: Path, unwritable: Callable[[], None]
) -> None:
    unwritable()

    with pytest.raises(HomeUnwritable) as refused:
        open_database()

    assert "its mode 0500 does not let this account" in refused.value.message
    assert f"the record, {home / 'workstation.sqlite'}, is there, and nothing was changed" in refused.value.message
    assert refused.value.remedy.endswith(f"chmod u+rwx {home}")
    assert "CODEDESK_HOME" not in refused.value.line()


def test_a_file_system_that_became_read_only_under_a_record_is_to_be_mounted_for_writing_again(
    db: Database, home: Path, unwritable: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    unwritable()
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    monkeypatch.setattr(Path, "is_mount", lambda path: path == home.parent)

    with pytest.raises(HomeUnwritable) as refused:
        open_database()

    assert f"the file system at {home.parent} is read-only; the record" in refused.value.message
    assert refused.value.remedy.endswith(f"mount -o remount,rw {home.parent}")


def test_another_home_is_advised_where_none_of_its_records_would_be_left_behind(
    home: Path, unwritable: Callable[[], None]
) -> None:
    home.mkdir()
    unwritable()

    with pytest.raises(HomeUnwritable, match="not writable") as refused:
        open_database()

    assert refused.value.remedy == "set CODEDESK_HOME to a folder you may write to"


def test_a_home_that_cannot_be_looked_into_is_not_taken_for_one_without_a_record(
    home: Path, unwritable: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    unwritable()
    stat_of = Path.stat

    def shut(path: Path, **options: bool) -> os.stat_result:
        if path.parent == home:
            raise PermissionError(13, "Permission denied")
        return stat_of(path, **options)

    monkeypatch.setattr(Path, "stat", shut)

    with pytest.raises(HomeUnwritable, match="nobody sees whether a record is there") as refused:
        ensure_home()

    assert "in another CODEDESK_HOME a new, empty record would begin" in refused.value.remedy


def test_a_home_that_is_a_file_is_named(home: Path) -> None:
    home.write_text("in the way")

    with pytest.raises(HomeUnwritable, match="home"):
        open_database()


def test_the_environment_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "config.toml").write_text('usage_indicator = "P"\nlease_minutes = 5\n')
    monkeypatch.setenv("CODEDESK_LEASE_MINUTES", "20")

    settings = load_settings()

    assert (settings.usage_indicator, settings.lease_minutes) == ("P", 20)


@pytest.mark.parametrize(
    ("text", "named"),
    [("color = 1", "color"), ("lease_minutes = ", "config.toml"), ('lease_minutes = "soon"', "whole number")],
)
def test_a_wrong_settings_file_is_named(home: Path, text: str, named: str) -> None:
    home.mkdir()
    (home / "config.toml").write_text(text)

    with pytest.raises(SettingsError, match=named):
        load_settings()


def test_a_day_can_be_given_for_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")

    assert today().isoformat() == "2026-10-08"
    assert Settings().today == ""


def test_the_first_screen_knows_the_newest_schema_without_alembic() -> None:
    assert head_revision() == HEAD


@pytest.mark.parametrize("left", ["gone", "empty", "without tables"])
def test_no_new_record_takes_the_place_of_one_that_was_lost(
    home: Path, left: str, capsys: pytest.CaptureFixture[str]
) -> None:
    db = open_database()
    note(db, SYSTEM, "login")
    db.close()
    record, key = home / "workstation.sqlite", home / "workstation.log-key"
    for beside in home.glob("workstation.sqlite*"):
        beside.unlink()
    if left == "empty":
        record.touch()
    elif left == "without tables":
        sqlite3.connect(record).execute("PRAGMA user_version=1").connection.close()
    before = {path.name: path.read_bytes() for path in home.iterdir()}

    asked = (["encounters", "list"], ["users", "list"], ["log", "verify"], ["upgrade"])
    codes = [main(words) for words in asked]

    told = capsys.readouterr().err.splitlines()
    assert codes == [2, 2, 2, 2] and len(set(told)) == 1
    assert all(words in told[0] for words in (str(record), str(key), "codedesk restore BACKUP", f"mv {key}"))
    after = {path.name: path.read_bytes() for path in home.iterdir()}
    assert after == before or left == "without tables" and set(after) == set(before)


@pytest.mark.thorough
def test_no_new_record_is_begun_in_an_empty_postgresql_database_where_one_was_kept(
    home: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    db = open_database()
    note(db, SYSTEM, "login")
    db.close()
    empty = postgres.url(postgres.new_database())
    monkeypatch.setenv("CODEDESK_DATABASE_URL", empty)

    codes = [main(words) for words in (["users", "list"], ["encounters", "list"], ["upgrade"])]

    told = capsys.readouterr().err.splitlines()
    assert codes == [2, 2, 2] and len(set(told)) == 1
    assert "holds no record" in told[0] and str(home / "workstation.log-key") in told[0]
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_a_record_that_an_upgrade_makes_is_for_its_owner_alone(home: Path) -> None:
    before = os.umask(0o022)

    upgrade(f"sqlite:///{home / 'workstation.sqlite'}", SYSTEM)

    os.umask(before)
    assert (home / "workstation.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_new_record_is_begun_on_purpose_once_the_key_is_put_aside(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "workstation.log-key.old").write_text("")

    open_database().close()

    assert (home / "workstation.sqlite").stat().st_size > 0


def test_a_backup_is_restored_where_the_record_was_lost(home: Path, tmp_path: Path) -> None:
    db = open_database()
    back_up(db, SYSTEM, tmp_path / "kept.sqlite")
    db.close()
    (home / "workstation.sqlite").unlink()

    code = main(["restore", str(tmp_path / "kept.sqlite")])

    assert code == 0
    open_database().close()

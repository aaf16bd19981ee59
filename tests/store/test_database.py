"""The workstation database: whole transactions, operations, the log's chain, the schema, and files that are wrong."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel, select

from codesets.home import HomeUnwritable
from store.actors import SYSTEM
from store.database import Database, DatabaseNewer, DatabaseUnusable, open_database
from store.migrations import HEAD
from store.migrations.upgrade import head_revision
from store.models import LogEntry, Operation, Person
from store.people import NoSuchPerson, add_person, current_actor, set_active
from store.settings import Settings, SettingsError, load_settings, today
from store.sqlite import driver
from store.terms import Role


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


def test_a_database_of_another_program_is_refused(home: Path) -> None:
    home.mkdir()
    with driver.connect(home / "workstation.sqlite") as other:
        other.execute("CREATE TABLE songs (title TEXT)")

    with pytest.raises(DatabaseUnusable, match="another program"):
        open_database()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(home: Path) -> None:
    home.mkdir()
    home.chmod(0o500)

    with pytest.raises(HomeUnwritable, match="home"):
        open_database()


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

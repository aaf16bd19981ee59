"""Moving a record to another database: every row, the log with its key, and the old one closed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import SQLModel, func, select

from store.actors import SYSTEM, Actor
from store.backup import back_up, digest
from store.coding.opening import open_next
from store.database import Database, DatabaseClosed, open_database
from store.log.check import check_log
from store.log.key import STATED, key_file
from store.models import Patient
from store.move import MoveRefused, move
from store.people import add_person
from store.sqlite import driver
from store.terms import Role
from tests.postgres import Server
from tests.store import attacks
from tui.cli import main


@pytest.fixture
def empty(postgres: Server, home: Path) -> Iterator[str]:
    """The URL of a database without a table."""
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop(name)


def counts(db: Database) -> dict[str, int]:
    with db.reading() as session:
        return {
            table.name: session.exec(select(func.count()).select_from(table)).one()
            for table in SQLModel.metadata.sorted_tables
        }


def test_a_site_arrives_whole_and_its_log_goes_on(demo: Database, demo_url: str, empty: str, coder: Actor) -> None:
    before = counts(demo)

    moved = move(demo_url, empty, SYSTEM)

    arrived = open_database(empty)
    chart = open_next(arrived, coder, "Clinic")
    with arrived.reading() as session:
        state = check_log(session.connection(), arrived.log_keys.keys())
    assert moved.rows == before
    assert chart and state.whole and state.entries > moved.log_entries
    arrived.close()


def test_the_way_back_gives_the_same_again(demo: Database, demo_url: str, empty: str, tmp_path: Path) -> None:
    before = counts(demo)
    move(demo_url, empty, SYSTEM)

    move(empty, f"sqlite:///{tmp_path / 'back.sqlite'}", SYSTEM)

    back = open_database(f"sqlite:///{tmp_path / 'back.sqlite'}")
    after = counts(back)
    # One entry of the log for each move.
    assert after == before | {"log_entry": before["log_entry"] + 2}
    back.close()


def test_the_old_record_takes_no_more_changes_and_says_where_it_went(demo: Database, demo_url: str, empty: str) -> None:
    move(demo_url, empty, SYSTEM)

    with pytest.raises(DatabaseClosed, match="the record was moved to 127.0.0.1/"):
        add_person(demo, SYSTEM, "late", "Late", Role.CODER)


def test_a_record_that_was_moved_is_not_moved_again_to_anywhere(
    demo: Database, demo_url: str, empty: str, tmp_path: Path
) -> None:
    move(demo_url, empty, SYSTEM)
    second = f"sqlite:///{tmp_path / 'second.sqlite'}"

    with pytest.raises(DatabaseClosed, match="the record was moved to 127.0.0.1/"):
        move(demo_url, second, SYSTEM)

    other = open_database(second)
    assert not any(counts(other).values())
    other.close()


def test_patients_that_were_merged_arrive_merged(db: Database, database_url: str, empty: str) -> None:
    with db.change(SYSTEM) as change:
        # The one that was merged sorts before the one it was merged into.
        change.session.add(Patient(id="Z", source="s", mrn="2", family_name="B", given_name="B"))
        change.session.flush()
        change.session.add(Patient(id="A", source="s", mrn="1", family_name="A", given_name="A", merged_into_id="Z"))

    move(database_url, empty, SYSTEM)

    arrived = open_database(empty)
    with arrived.reading() as session:
        assert session.get_one(Patient, "A").merged_into_id == "Z"
    arrived.close()


def test_a_database_with_rows_is_refused_and_stays_as_it_was(demo: Database, demo_url: str, empty: str) -> None:
    other = open_database(empty)
    add_person(other, SYSTEM, "theirs", "Theirs", Role.ADMIN)
    before = counts(other)

    with pytest.raises(MoveRefused, match="already"):
        move(demo_url, empty, SYSTEM)

    assert counts(other) == before
    add_person(demo, SYSTEM, "still", "Still", Role.CODER)
    other.close()


def test_a_record_whose_log_does_not_hold_is_not_moved(demo: Database, demo_url: str, empty: str) -> None:
    attacks.attack(demo, attacks.edit)

    with pytest.raises(MoveRefused, match="entry 5"):
        move(demo_url, empty, SYSTEM)

    arrived = open_database(empty)
    assert set(counts(arrived).values()) == {0}
    arrived.close()


def test_a_key_of_another_log_stops_the_move(demo: Database, demo_url: str, empty: str) -> None:
    key_file(empty).path.write_text(f"1 {'ab' * 32}\n")

    with pytest.raises(MoveRefused, match="key of another log"):
        move(demo_url, empty, SYSTEM)


def test_a_backup_of_a_record_on_postgres_is_a_file_that_restores_anywhere(
    demo: Database, demo_url: str, empty: str, tmp_path: Path
) -> None:
    before = counts(demo)
    move(demo_url, empty, SYSTEM)
    there = open_database(empty)

    report = back_up(there, SYSTEM, tmp_path / "b.sqlite")

    add_person(there, SYSTEM, "still", "Still", Role.CODER)  # nothing was closed
    there.close()
    assert report.state.log.whole and report.state.encounters == before["encounter"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("b.", ".b"))] == ["b.sqlite"]


@pytest.fixture
def elsewhere(demo: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backup with its key beside it, named as the record in the environment."""
    path = tmp_path / "tam.sqlite"
    back_up(demo, SYSTEM, path)
    shutil.copy(demo.log_keys.path, path.with_suffix(".log-key"))
    monkeypatch.setenv("CODEDESK_DATABASE_URL", f"sqlite:///{path}")
    return path


def test_a_backup_is_not_moved_and_stays_byte_for_byte_as_it_was(
    elsewhere: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digest(elsewhere)

    code = main(["move", "--to", empty])

    err = capsys.readouterr().err
    assert (code, digest(elsewhere)) == (1, before)
    assert f"{elsewhere} is a backup" in err
    assert f"set CODEDESK_DATABASE_URL to the empty database, then: codedesk restore {elsewhere}" in err


def test_a_backup_that_a_coder_names_as_the_record_is_not_written_to(
    elsewhere: Path, empty: str, coder: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)
    before = digest(elsewhere)

    code = main(["move", "--to", empty])

    assert (code, digest(elsewhere)) == (2, before)


@pytest.mark.parametrize("unsealing", ["", "DELETE FROM site_fact WHERE name = 'backup_seal'"])
def test_nobody_becomes_administrator_by_a_changed_copy_that_is_moved(
    elsewhere: Path, empty: str, coder: Actor, monkeypatch: pytest.MonkeyPatch, unsealing: str
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)
    with closing(driver.connect(elsewhere)) as connection, connection:
        connection.execute("UPDATE person SET role = 'admin'")
        connection.execute(unsealing)

    code = main(["move", "--to", empty])

    arrived = open_database(empty)
    assert (code, set(counts(arrived).values())) == (1, {0})
    arrived.close()


def test_a_record_that_the_settings_file_names_is_moved_from_there(
    db: Database, home: Path, tmp_path: Path, empty: str
) -> None:
    add_person(db, SYSTEM, "one", "One", Role.ADMIN)
    db.close()
    for name in ("workstation.sqlite", "workstation.log-key"):
        shutil.move(home / name, tmp_path / name)
    url = f"sqlite:///{tmp_path / 'workstation.sqlite'}"

    with pytest.raises(MoveRefused, match="not where this site keeps its record") as refused:
        move(url, empty, SYSTEM)
    (home / "config.toml").write_text(f'database_url = "{url}"\n')
    moved = move(url, empty, SYSTEM)

    assert "name it in config.toml as database_url" in refused.value.remedy
    assert moved.rows["person"] == 1


def test_a_record_whose_key_is_missing_says_where_the_key_belongs(demo: Database, demo_url: str, empty: str) -> None:
    key = demo.log_keys.path
    key.unlink()

    with pytest.raises(MoveRefused, match="not in the key file") as refused:
        move(demo_url, empty, SYSTEM)

    assert refused.value.remedy == f"its key file belongs at {key}"


def test_a_record_without_a_key_states_the_one_that_its_move_is_logged_under(
    db: Database, database_url: str, empty: str
) -> None:
    move(database_url, empty, SYSTEM)

    arrived = open_database(empty)
    with arrived.reading() as session:
        stated = session.execute(STATED).scalar()
    arrived.close()
    assert stated == key_file(empty).keys()[-1].fingerprint


def test_the_command_says_what_was_compared(demo: Database, empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["move", "--to", empty, "--json"])

    answer = json.loads(capsys.readouterr().out)
    assert (code, answer["rows"]["encounter"]) == (0, 35)

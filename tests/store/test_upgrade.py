"""Upgrading: the old record is kept, the new schema comes whole, and a failure anywhere leaves the old one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.database import DatabaseClosed, DatabaseOlder, open_database
from store.log.check import check_log
from store.log.key import FACT
from store.migrations import HEAD
from store.models import SiteFact
from store.people import add_person
from store.sqlite import driver
from store.terms import Role
from store.upgrade import Step, upgrade
from tests.faults.forks import in_a_fork
from tests.store.old_record import contents, make_old_record
from tui.cli import main


@pytest.fixture
def old(home: Path) -> Path:
    path = home / "workstation.sqlite"
    make_old_record(path)
    return path


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_an_older_record_is_not_opened_but_named_with_what_to_do(old: Path) -> None:
    before = contents(old)

    with pytest.raises(DatabaseOlder, match="0001") as refusal:
        open_database()

    assert refusal.value.remedy == "codedesk upgrade"
    assert contents(old) == before


def test_an_upgrade_keeps_every_row_and_the_old_record(old: Path) -> None:
    before = contents(old)

    done = upgrade(url(old), SYSTEM)

    after = contents(old)
    assert (done.before, done.after) == ("0001", HEAD)
    assert [row[:7] for row in after["person"]] == before["person"]
    assert after["log_entry"][:5] == before["log_entry"]
    assert done.backup and contents(Path(done.backup)) == before


def test_the_log_goes_on_after_an_upgrade_under_a_key(old: Path) -> None:
    upgrade(url(old), SYSTEM)
    db = open_database()
    add_person(db, SYSTEM, "new", "New", Role.CODER)

    with db.reading() as session:
        state = check_log(session.connection(), db.log_keys.keys())

    assert (state.whole, state.entries, state.unchecked) == (True, 7, 0)
    db.close()


def test_a_record_without_a_key_states_the_one_that_its_upgrade_is_logged_under(old: Path) -> None:
    upgrade(url(old), SYSTEM)

    db = open_database()
    with db.reading() as session:
        stated = session.get_one(SiteFact, FACT).value
    assert stated == db.log_keys.keys()[-1].fingerprint
    db.close()


@pytest.mark.thorough
@pytest.mark.parametrize("step", list(Step))
def test_a_failure_at_any_step_leaves_the_old_schema(old: Path, step: Step) -> None:
    before = contents(old)

    def fail(about_to: Step) -> None:
        if about_to == step:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError):
        upgrade(url(old), SYSTEM, fail)

    assert contents(old) == before
    assert upgrade(url(old), SYSTEM).changed


@pytest.mark.thorough
@pytest.mark.parametrize("step", list(Step))
def test_a_kill_at_any_step_leaves_the_old_schema(old: Path, step: Step) -> None:
    before = contents(old)

    def killed() -> int:
        upgrade(url(old), SYSTEM, lambda reached: os._exit(9) if reached == step else None)
        return 0

    code = in_a_fork(killed)

    assert code == 9
    assert contents(old) == before
    assert upgrade(url(old), SYSTEM).changed


def test_a_migration_that_fails_prints_the_line_that_restores(
    old: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: "login1")
    with driver.connect(old) as other:
        other.execute("CREATE TABLE disclosure (in_the_way TEXT)")
    other.close()
    before = contents(old)

    code = main(["upgrade"])

    err = capsys.readouterr().err
    assert code == 2
    assert "codedesk restore " in err and err.count("\n") == 1
    assert contents(old) == before


def test_upgrading_twice_does_nothing_more(old: Path) -> None:
    upgrade(url(old), SYSTEM)
    before = contents(old)

    again = upgrade(url(old), SYSTEM)

    assert (again.changed, again.backup) == (False, None)
    assert contents(old) == before


def test_a_session_that_was_open_across_an_upgrade_writes_no_more(home: Path) -> None:
    db = open_database()
    add_person(db, SYSTEM, "one", "One", Role.ADMIN)
    with driver.connect(home / "workstation.sqlite") as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()

    with pytest.raises(DatabaseClosed, match="upgraded"):
        add_person(db, SYSTEM, "two", "Two", Role.CODER)
    db.close()


def test_only_an_administrator_upgrades(
    old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with driver.connect(old) as other:
        other.execute("UPDATE person SET role = 'coder' WHERE login = 'login1'")
    other.close()
    monkeypatch.setattr("store.os_account.os_login", lambda: "login1")

    code = main(["upgrade"])

    assert (code, "administrator" in capsys.readouterr().err) == (2, True)


def test_no_room_stops_before_anything_is_done(old: Path) -> None:
    from store.backup import need_room

    with pytest.raises(CodedeskError, match="MB free, 1,000,000,000,000 MB are needed"):
        need_room(old.parent, 10**18)

"""Anchors and restores: what a restore left behind is explained by the log itself, a log that was cut off is not."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from codesets.errors import UnreadableInput
from store.actors import SYSTEM
from store.backup import back_up
from store.database import Database, open_database
from store.log.anchor import AnchorRefused, read_anchors, write_anchor
from store.log.check import LogState
from store.log.kept import check_with_kept
from store.log.restores import RESTORE
from store.people import add_person
from store.restore import restore
from store.settings import database_url
from store.sqlite import driver
from store.terms import Role
from tests.store import attacks
from tui.cli import main


@pytest.fixture
def anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODEDESK_LOG_ANCHOR", str(tmp_path / "anchors"))
    return tmp_path / "anchors"


@pytest.fixture
def site(db: Database, anchors: Path) -> Database:
    add_person(db, SYSTEM, pwd.getpwuid(os.getuid()).pw_name, "Name", Role.ADMIN)
    people(db, "early", 7)
    return db


@pytest.fixture
def backup(site: Database, tmp_path: Path) -> Path:
    back_up(site, SYSTEM, tmp_path / "backup.sqlite")
    return tmp_path / "backup.sqlite"


def people(db: Database, name: str, count: int = 8) -> None:
    for number in range(count):
        add_person(db, SYSTEM, f"{name}{number}", "Name", Role.ADMIN)


def anchored(db: Database, anchors: Path) -> None:
    write_anchor(db, SYSTEM, (str(anchors),))


def restored(backup: Path) -> tuple[Path, Database]:
    done = restore(database_url(), backup, SYSTEM, unproven_rows=True)
    return Path(done.kept or ""), open_database()


def checked(db: Database, anchors: Path, *kept: Path) -> LogState:
    with db.reading() as session:
        return check_with_kept(session.connection(), db.log_keys.keys(), read_anchors(anchors), kept)


def test_anchors_of_entries_that_a_restore_left_behind_are_explained_by_it(
    site: Database, backup: Path, anchors: Path
) -> None:
    people(site, "late")
    anchored(site, anchors)
    site.close()

    _, db = restored(backup)
    people(db, "after", 20)
    anchored(db, anchors)
    state = checked(db, anchors)
    db.close()

    assert state.whole and state.anchors == 1
    assert [(len(one.anchors), one.restore.shared, one.checked) for one in state.explained] == [(1, 8, False)]


def test_the_kept_record_shows_that_its_anchors_hold(site: Database, backup: Path, anchors: Path) -> None:
    people(site, "late")
    anchored(site, anchors)
    site.close()

    kept, db = restored(backup)
    state = checked(db, anchors, kept)
    db.close()

    assert state.whole and [one.checked for one in state.explained] == [True]


def test_a_made_up_anchor_does_not_hold_in_the_kept_record(site: Database, backup: Path, anchors: Path) -> None:
    people(site, "late")
    anchored(site, anchors)
    site.close()
    (true,) = read_anchors(anchors)
    anchors.write_text(true.line().replace(true.hash, "a" * 64) + "\n")
    anchors.write_text(anchors.read_text().replace(f"seq={true.seq}", f"seq={true.seq - 1}"))

    kept, db = restored(backup)
    state = checked(db, anchors, kept)
    db.close()

    assert (state.first_bad, state.reason.startswith(f"of {kept.name}: the anchor of")) == (true.seq - 1, True)


def test_a_log_that_was_cut_off_before_a_restore_is_not_explained_by_it(
    site: Database, backup: Path, anchors: Path
) -> None:
    people(site, "late")
    anchored(site, anchors)
    attacks.attack(site, lambda c: c.exec_driver_sql("DELETE FROM log_entry WHERE seq > 12"))
    site.close()

    _, db = restored(backup)
    state = checked(db, anchors)
    db.close()

    assert not state.whole and not state.explained


def test_a_log_that_was_cut_off_after_a_restore_is_not_explained_by_it(
    site: Database, backup: Path, anchors: Path
) -> None:
    people(site, "late")
    site.close()
    _, db = restored(backup)
    people(db, "after", 4)
    anchored(db, anchors)
    attacks.attack(db, lambda c: c.exec_driver_sql("DELETE FROM log_entry WHERE seq > 11"))

    state = checked(db, anchors)

    db.close()
    assert (state.first_bad, "the log ends here" in state.reason) == (12, True)


def test_a_restore_entry_without_the_key_explains_nothing(site: Database, backup: Path, anchors: Path) -> None:
    people(site, "late")
    anchored(site, anchors)
    attacks.attack(site, lambda c: c.exec_driver_sql("DELETE FROM log_entry WHERE seq > 12"))
    detail = '{"earlier":[],"kept":"","kept_entries":0,"kept_head":"","proof":"as_made","shared":8}'
    forged = f"SELECT 13, '2099-01-01T00:00:00.000Z', actor, '{RESTORE}', 'file', 'b', '{detail}', '', hash, hash"
    with site.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO log_entry {forged} FROM log_entry WHERE seq = 12")

    with pytest.raises(AnchorRefused, match="entry 14"):
        anchored(site, anchors)

    assert not checked(site, anchors).explained


def test_two_restores_in_a_row_explain_what_each_left_behind(site: Database, backup: Path, anchors: Path) -> None:
    people(site, "late", 20)
    anchored(site, anchors)
    site.close()
    _, db = restored(backup)
    people(db, "mid", 4)
    anchored(db, anchors)
    db.close()

    _, db = restored(backup)
    people(db, "after", 2)
    anchored(db, anchors)
    state = checked(db, anchors)
    db.close()

    assert state.whole and state.anchors == 1
    assert sum(len(one.anchors) for one in state.explained) == 2


def test_a_kept_record_put_back_explains_the_anchors_of_the_time_between(
    site: Database, backup: Path, anchors: Path
) -> None:
    people(site, "late", 20)
    anchored(site, anchors)
    site.close()
    kept, db = restored(backup)
    people(db, "between", 4)
    anchored(db, anchors)
    db.close()

    _, db = restored(kept)
    anchored(db, anchors)
    state = checked(db, anchors)
    db.close()

    assert state.whole and (state.anchors, len(state.explained)) == (2, 1)


@pytest.mark.parametrize("loss", [Path.unlink, lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8000)])
def test_a_restore_of_a_lost_record_explains_the_anchors_before_it_alone(
    site: Database, backup: Path, anchors: Path, home: Path, loss: Callable[[Path], object]
) -> None:
    people(site, "late")
    anchored(site, anchors)
    site.close()
    loss(home / "workstation.sqlite")
    _, db = restored(backup)
    before = checked(db, anchors)
    people(db, "after", 9)
    anchored(db, anchors)
    attacks.attack(db, lambda c: c.exec_driver_sql("DELETE FROM log_entry WHERE seq > 12"))

    after = checked(db, anchors)

    db.close()
    assert before.whole and len(before.explained) == 1
    assert not after.whole and after.first_bad == 13


def test_verify_says_what_a_restore_left_behind_and_checks_the_file_that_is_named(
    site: Database, backup: Path, anchors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people(site, "late")
    anchored(site, anchors)
    site.close()
    kept, db = restored(backup)
    db.close()

    codes = [main(["log", "verify"]), main(["log", "verify", "--kept", str(kept)])]
    main(["log", "anchor"])
    codes.append(main(["log", "verify"]))

    said = capsys.readouterr().out
    assert codes == [0, 0, 0]
    assert f"(entry 9) left behind in {kept.name}, which ended with entry 18: --kept FILE checks it there" in said
    assert f"left behind: it holds in {kept.name}" in said


def test_a_file_that_no_restore_kept_is_refused(site: Database, backup: Path, anchors: Path) -> None:
    anchored(site, anchors)

    with pytest.raises(UnreadableInput, match="no restore that kept this file"):
        checked(site, anchors, backup)


def test_a_restore_of_an_older_schema_is_told_in_its_log(
    site: Database, backup: Path, tmp_path: Path, home: Path
) -> None:
    site.close()
    older = Path(shutil.copy(backup, tmp_path / "older.sqlite"))
    with closing(driver.connect(older)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0015'")

    restore(database_url(), older, SYSTEM, unproven_rows=True)

    with closing(driver.connect(home / "workstation.sqlite")) as connection:
        told = connection.execute("SELECT count(*) FROM log_entry WHERE action = ?", (RESTORE,)).fetchone()
    assert told == (1,)

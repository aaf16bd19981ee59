"""The seal of a backup: what proves it where the record is gone, and what does not."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.backup import BackupUnusable, back_up, check_backup, digest
from store.database import Database, open_database
from store.log.key import key_file
from store.people import add_person
from store.restore import Proof, restore
from store.settings import database_url
from store.sqlite import driver
from store.terms import Role
from tui.cli import main


@pytest.fixture
def record(home: Path, db: Database) -> Path:
    for number in range(10):
        add_person(db, SYSTEM, f"login{number}", f"Name {number}", Role.ADMIN)
    return home / "workstation.sqlite"


@pytest.fixture
def backup(db: Database, record: Path, tmp_path: Path) -> Path:
    back_up(db, SYSTEM, tmp_path / "backup.sqlite")
    db.close()
    return tmp_path / "backup.sqlite"


def altered(backup: Path) -> Path:
    backup.write_bytes(backup.read_bytes().replace(b"Name 3", b"Nome 3"))
    return backup


def lost(record: Path) -> None:
    for file in record.parent.glob(f"{record.name}*"):
        file.unlink()


def damaged(record: Path) -> None:
    record.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8000)


LOSSES = pytest.mark.parametrize("loss", [lost, damaged])


@LOSSES
def test_a_true_backup_is_restored_by_its_seal_where_the_record_is_lost(backup: Path, record: Path, loss) -> None:
    loss(record)

    done = restore(database_url(), backup, SYSTEM)

    assert done.proof is Proof.SEALED


@LOSSES
def test_an_altered_backup_is_refused_in_one_line_where_the_record_is_lost(
    backup: Path, record: Path, loss, capsys: pytest.CaptureFixture[str]
) -> None:
    altered(backup)
    loss(record)
    before = record.read_bytes() if record.exists() else None

    code = main(["restore", str(backup)])

    err = capsys.readouterr().err
    assert code == 2 and err.count("\n") == 1
    assert "its rows are not proven" in err and "--unproven-rows" in err
    assert (record.read_bytes() if record.exists() else None) == before


def test_who_answers_for_the_rows_of_an_unproven_backup_restores_it_and_is_told_so(
    backup: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    altered(backup)
    lost(record)

    code = main(["restore", "--unproven-rows", str(backup)])

    assert (code, "its rows are not proven" in capsys.readouterr().out) == (0, True)


def test_verify_says_of_a_lost_record_what_restore_would_do(
    backup: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost(record)

    as_made = main(["restore", "--verify", "--json", str(backup)])
    told = json.loads(capsys.readouterr().out)
    changed = main(["restore", "--verify", str(altered(backup))])

    assert (as_made, told["as_made"], told["sealed"], changed) == (0, True, True, 1)


def test_a_seal_under_another_key_proves_nothing(backup: Path, record: Path, home: Path, tmp_path: Path) -> None:
    key = key_file(database_url()).path
    true = key.read_text()
    key.write_text(true.replace(true.split()[-1], "ab" * 32))
    other = check_backup(backup, key_file(database_url())).sealed
    key.write_text(true)

    assert (other, check_backup(backup, key_file(database_url())).sealed) == (False, True)


def test_an_entry_that_somebody_without_the_key_wrote_into_the_log_proves_no_backup(
    backup: Path, record: Path, tmp_path: Path
) -> None:
    forged = Path(shutil.copy(backup, tmp_path / "forged.sqlite"))
    altered(forged)
    told = json.dumps({"sha256": digest(forged)})
    with closing(driver.connect(record)) as connection, connection:
        connection.execute(
            "INSERT INTO log_entry SELECT seq + 1, at, actor, 'backup', 'file', 'forged.sqlite', ?, '', hash, hash "
            "FROM log_entry ORDER BY seq DESC LIMIT 1",
            (told,),
        )

    with pytest.raises(BackupUnusable, match="not proven"):
        restore(database_url(), forged, SYSTEM)


def test_a_backup_that_only_a_later_log_told_of_is_proven_by_its_seal(
    backup: Path, record: Path, tmp_path: Path
) -> None:
    db = open_database()
    back_up(db, SYSTEM, tmp_path / "later.sqlite")
    db.close()
    restore(database_url(), backup, SYSTEM)

    done = restore(database_url(), tmp_path / "later.sqlite", SYSTEM)

    assert done.proof is Proof.SEALED


def test_a_restored_record_bears_no_seal(backup: Path, record: Path) -> None:
    restore(database_url(), backup, SYSTEM)

    with closing(driver.connect(record)) as connection:
        facts = {name for (name,) in connection.execute("SELECT name FROM site_fact")}
    assert facts == {"log_key"}

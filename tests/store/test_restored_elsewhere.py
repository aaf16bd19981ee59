"""A backup that is put in place elsewhere: what to do about its key, and which code sets are missing there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from store import doctor
from store.actors import SYSTEM
from store.backup import back_up
from store.code_sets import coded_with
from store.database import open_database
from store.doctor import State
from store.intake import take_in
from store.models import Coding, Encounter
from store.settings import database_url
from store.terms import CodingKind, CodingStatus
from tests.store.intake_samples import native, write_lines
from tui.cli import main


@pytest.fixture
def backup(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backup of a record whose one chart was coded with an edition that nobody has; the home is another one now."""
    db = open_database()
    take_in(db, SYSTEM, [write_lines(tmp_path / "visits", native())])
    with db.change(SYSTEM) as change:
        visit = change.session.exec(select(Encounter)).one()
        change.session.add(
            Coding(
                encounter_id=visit.id, kind=CodingKind.FACILITY, version=9, status=CodingStatus.FINAL, release="FY1999"
            )
        )
    back_up(db, SYSTEM, tmp_path / "b1.sqlite")
    db.close()
    monkeypatch.setenv("CODEDESK_HOME", str(tmp_path / "other"))
    return tmp_path / "b1.sqlite"


def test_a_backup_of_another_place_says_that_its_key_file_is_to_be_copied(
    backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["restore", str(backup)])

    err = " ".join(capsys.readouterr().err.split())
    assert code == 2
    assert "it was made in another place: copy the key file of that place" in err
    assert f"to {tmp_path / 'other' / 'workstation.log-key'}, then restore again" in err


def test_with_its_key_it_is_restored_and_the_editions_that_are_not_here_are_named(
    backup: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    shutil.copy(home / "workstation.log-key", tmp_path / "other" / "workstation.log-key")

    code = main(["restore", str(backup)])

    out = capsys.readouterr().out
    assert code == 0
    assert "code sets are no part of a backup; here: ICD-10-CM FY2026 Apr" in out
    assert "final codings name editions of ICD-10-CM that are not here: FY1999 (1)" in out
    found = next(one for one in doctor.examine(database_url()) if one.check == "code sets")
    assert (found.state, "FY1999 (1)" in found.words) == (State.WRONG, True)


def test_an_edition_that_is_here_is_not_missing(backup: Path, home: Path) -> None:
    db = open_database(f"sqlite:///{home / 'workstation.sqlite'}")
    with db.change(SYSTEM) as change:
        change.session.exec(select(Coding)).one().release = "FY2026 Apr"

    with db.reading() as session:
        found = coded_with(session.connection())

    assert found.missing == ()
    db.close()

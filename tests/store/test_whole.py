"""A session that row-level security limits to facilities: what needs the whole record is refused to it, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.backup import back_up
from store.database import Database, open_database
from store.doctor import State, examine
from store.migrations.postgres_roles import script
from store.move import move
from store.people import add_person
from store.terms import Role
from store.whole import PartOfRecord
from tests.postgres import Server
from tests.store.test_postgres import two_facilities
from tui.cli import main

Limited = Callable[[str], Database]
"""Opens the record as the role of the script for facilities, by their local ids with commas between."""


@pytest.fixture
def database_kind() -> str:
    return "postgres"


@pytest.fixture
def role_url(db: Database, database_url: str, postgres: Server) -> Iterator[str]:
    """The URL of a record with a visit at `north` and one at `south`, for a role that the script made."""
    name = database_url.rpartition("/")[2]
    two_facilities(db)
    postgres.execute(script("codedesk_app"), name)
    postgres.execute(f"ALTER ROLE codedesk_app PASSWORD '{postgres.password}'")
    yield postgres.url(name, "codedesk_app")
    postgres.execute("DROP OWNED BY codedesk_app", name)


@pytest.fixture
def limited(role_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Limited]:
    opened: list[Database] = []

    def open_for(facilities: str) -> Database:
        monkeypatch.setenv("CODEDESK_DATABASE_URL", role_url)
        monkeypatch.setenv("CODEDESK_FACILITIES", facilities)
        opened.append(open_database(role_url))
        return opened[-1]

    yield open_for
    for one in opened:
        one.close()


@pytest.mark.parametrize("facilities", ["north", ""])
def test_a_backup_of_a_part_is_refused_and_leaves_no_file(limited: Limited, tmp_path: Path, facilities: str) -> None:
    db = limited(facilities)

    with pytest.raises(PartOfRecord, match="a backup needs all of") as refused:
        back_up(db, SYSTEM, tmp_path / "copy.sqlite")

    assert "CODEDESK_FACILITIES='*'" in refused.value.remedy
    assert not list(tmp_path.glob("*copy*"))


def test_a_backup_by_the_same_role_of_all_facilities_has_every_visit(
    db: Database, limited: Limited, tmp_path: Path
) -> None:
    add_person(db, SYSTEM, "one", "One", Role.CODER)

    report = back_up(limited("*"), SYSTEM, tmp_path / "copy.sqlite")

    assert report.state.encounters == 2


def test_a_part_of_a_record_is_not_moved(limited: Limited, role_url: str, tmp_path: Path) -> None:
    limited("south")

    with pytest.raises(PartOfRecord, match="a move needs all of"):
        move(role_url, f"sqlite:///{tmp_path / 'elsewhere.sqlite'}", SYSTEM)


@pytest.mark.parametrize(
    "command",
    [
        ["backup", "copy.sqlite"],
        ["log", "verify"],
        ["log", "anchor", "--file", "anchors"],
        ["log", "new-key"],
        ["report", "dnfb", "--publish"],
        ["report", "--published"],
        ["report", "--refresh"],
        ["patients", "merge", "north", "south"],
        ["records", "retention"],
        ["records", "duplicates"],
    ],
    ids=" ".join,
)
def test_a_command_that_goes_by_all_of_the_record_is_refused_in_one_line(
    limited: Limited,
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    limited("north")
    monkeypatch.chdir(tmp_path)

    code = main(command)

    err = capsys.readouterr().err
    assert (code, err.count("\n")) == (1, 1)
    assert "only a part of the record" in err and "CODEDESK_FACILITIES='*'" in err


def test_an_upgrade_by_who_sees_a_part_is_refused_before_it_begins(
    limited: Limited, database_url: str, postgres: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    limited("north")
    postgres.execute("UPDATE alembic_version SET version_num = '0015'", database_url.rpartition("/")[2])

    code = main(["upgrade"])

    assert code == 1
    assert "an upgrade needs all of" in capsys.readouterr().err


def test_doctor_says_what_it_could_not_look_at(limited: Limited, role_url: str) -> None:
    limited("north")

    found = {one.check: one for one in examine(role_url)}

    assert found["whole record"].state is State.NOT_CHECKED
    assert not {"log", "backup", "anchor"} & set(found)

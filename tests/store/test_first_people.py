"""Who may be the first person of a site, and how a site that nobody administers is told and mended."""

from __future__ import annotations

import os

import pytest

from store import doctor
from store.actors import SYSTEM, Actor, NotAllowed
from store.database import Database
from store.doctor import State
from store.os_account import os_login
from store.people import CannotAdd, add_person, list_people, set_active, set_role
from store.settings import database_url
from store.terms import Role
from tui.cli import main

OWN = os_login()
NOBODY = Actor(OWN, Role.ADMIN)
"""Who starts codedesk on a site without people."""


@pytest.fixture
def locked(db: Database) -> Database:
    """A site whose only person is a coder, as the screen of an earlier version made it."""
    add_person(db, SYSTEM, OWN, "Ada Min", Role.CODER)
    return db


def roles(db: Database) -> dict[str, Role]:
    with db.reading() as session:
        return {person.login: person.role for person in list_people(session) if person.active}


def people_finding() -> tuple[State, str, str]:
    return next((f.state, f.words, f.remedy) for f in doctor.examine(database_url()) if f.check == "people")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_the_first_person_is_refused_any_role_but_administrator(db: Database, role: Role) -> None:
    with pytest.raises(NotAllowed, match="the first person of a site must be an administrator"):
        add_person(db, NOBODY, OWN, "Ada Min", role)

    assert roles(db) == {}


def test_the_first_administrator_is_somebody_who_can_come_in(db: Database) -> None:
    with pytest.raises(CannotAdd, match="no account of this host is called nobody-here"):
        add_person(db, NOBODY, "nobody-here", "Ada Min", Role.ADMIN)

    assert roles(db) == {}


def test_a_second_person_may_be_a_coder(db: Database) -> None:
    add_person(db, NOBODY, OWN, "Ada Min", Role.ADMIN)

    add_person(db, Actor(OWN, Role.ADMIN), "coder1", "A Coder", Role.CODER)

    assert roles(db) == {OWN: Role.ADMIN, "coder1": Role.CODER}


@pytest.mark.parametrize("change", [lambda db, who: set_role(db, who, OWN, Role.CODER),
                                    lambda db, who: set_active(db, who, OWN, False)])  # fmt: skip
def test_the_last_administrator_is_neither_given_another_role_nor_closed(db: Database, change) -> None:
    add_person(db, NOBODY, OWN, "Ada Min", Role.ADMIN)

    with pytest.raises(NotAllowed, match="is the last administrator"):
        change(db, Actor(OWN, Role.ADMIN))

    assert roles(db) == {OWN: Role.ADMIN}


def test_doctor_says_that_nobody_administers_a_site(locked: Database) -> None:
    state, words, remedy = people_finding()

    assert state == State.WRONG
    assert "no active administrator" in words
    assert "codedesk users role LOGIN admin" in remedy


def test_the_owner_of_the_record_names_the_administrator_that_is_missing(locked: Database) -> None:
    code = main(["users", "role", OWN, "admin"])

    assert code == 0
    assert roles(locked) == {OWN: Role.ADMIN}
    assert people_finding()[0] == State.OK


def test_the_owner_gives_no_other_role_while_nobody_administers(
    locked: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["users", "role", OWN, "manager"])

    assert code == 2
    assert "nobody administers this site: the next one must be an administrator" in capsys.readouterr().err


def test_who_does_not_own_the_record_names_nobody(locked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.os_account.owns", lambda path: False)

    code = main(["users", "role", OWN, "admin"])

    assert code == 2
    assert roles(locked) == {OWN: Role.CODER}


def test_who_came_by_sudo_is_not_the_owner(locked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_SERVICE_ACCOUNT", OWN)
    monkeypatch.setenv("SUDO_UID", str(os.getuid() + 1 if os.getuid() else 1))

    code = main(["users", "role", OWN, "admin"])

    assert code == 2
    assert roles(locked) == {OWN: Role.CODER}

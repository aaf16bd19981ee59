"""Who is at the keyboard: the account, behind sudo or a key only where a service account runs codedesk."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.database import Database
from store.os_account import KEYS, NotAUser, has_account, os_login, unbelieved_caller
from store.people import CannotAdd, add_person, sign_in
from store.terms import Role

SERVICE = "nobody"
"""An account that every host has, in the part of the service account."""


@pytest.fixture
def running_as(monkeypatch: pytest.MonkeyPatch):
    for name in ("SUDO_UID", "SSH_USER_AUTH", "USER", "LOGNAME"):
        monkeypatch.delenv(name, raising=False)

    def run_as(login: str, **environment: str) -> None:
        monkeypatch.setattr(os, "getuid", lambda: pwd.getpwnam(login).pw_uid)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return run_as


def uid(login: str) -> str:
    return str(pwd.getpwnam(login).pw_uid)


def test_it_is_the_account_and_never_what_the_environment_calls_it(running_as) -> None:
    running_as("daemon", USER="root", LOGNAME="root", SUDO_UID=uid("bin"), SUDO_USER="bin")

    assert os_login() == "daemon"


def test_behind_the_service_account_it_is_who_called_sudo(running_as) -> None:
    running_as(SERVICE, CODEDESK_SERVICE_ACCOUNT=SERVICE, SUDO_UID=uid("bin"), SUDO_USER="daemon")

    assert os_login() == "bin"


def test_the_service_account_of_another_name_is_not_believed(running_as) -> None:
    running_as(SERVICE, CODEDESK_SERVICE_ACCOUNT="daemon", SUDO_UID=uid("bin"))

    assert os_login() == SERVICE


def test_an_id_without_an_account_is_nobody(running_as) -> None:
    running_as(SERVICE, CODEDESK_SERVICE_ACCOUNT=SERVICE, SUDO_UID="123456789")

    with pytest.raises(NotAUser):
        os_login()


@pytest.fixture
def keys(home: Path) -> Path:
    home.mkdir()
    (home / KEYS).write_text("# whose key is whose\nana ssh-ed25519 AAAAana\nben ssh-ed25519 AAAAben ben@x\n")
    return home / KEYS


@pytest.mark.parametrize(("key", "login"), [("AAAAana", "ana"), ("AAAAben", "ben")])
def test_the_key_of_the_session_says_who_it_is(running_as, keys: Path, tmp_path: Path, key: str, login: str) -> None:
    (tmp_path / "auth").write_text(f"publickey ssh-ed25519 {key}\nkeyboard-interactive\n")
    running_as(SERVICE, CODEDESK_SERVICE_ACCOUNT=SERVICE, SSH_USER_AUTH=str(tmp_path / "auth"))

    assert os_login() == login


@pytest.mark.parametrize("proof", ["publickey ssh-ed25519 AAAAeve\n", "password\n", "", "publickey ana\n"])
def test_a_key_that_is_not_listed_is_nobody_s(running_as, keys: Path, tmp_path: Path, proof: str) -> None:
    (tmp_path / "auth").write_text(proof)
    running_as(SERVICE, CODEDESK_SERVICE_ACCOUNT=SERVICE, SSH_USER_AUTH=str(tmp_path / "auth"))

    with pytest.raises(NotAUser, match="belongs to nobody"):
        os_login()


def test_sudo_that_no_setting_tells_of_is_named_in_the_refusal_with_the_setting(running_as, db: Database) -> None:
    add_person(db, SYSTEM, "ana", "Ana", Role.ADMIN)
    running_as(SERVICE, SUDO_UID=uid("bin"))

    with pytest.raises(NotAUser) as refusal:
        sign_in(db)

    assert unbelieved_caller() == "bin"
    assert "bin called sudo" in refusal.value.message
    assert f'service_account = "{SERVICE}"' in refusal.value.remedy


def test_the_first_person_is_not_added_where_nobody_could_come_in_afterwards(running_as, db: Database) -> None:
    running_as(SERVICE, SUDO_UID=uid("bin"))

    with pytest.raises(CannotAdd, match="could not come in"):
        add_person(db, sign_in(db), "bin", "Bin", Role.ADMIN)

    running_as(SERVICE, CODEDESK_SERVICE_ACCOUNT=SERVICE)
    add_person(db, sign_in(db), "bin", "Bin", Role.ADMIN)
    assert sign_in(db).login == "bin"


def test_the_service_account_is_no_person(running_as, db: Database) -> None:
    running_as(SERVICE, CODEDESK_SERVICE_ACCOUNT=SERVICE, SUDO_UID=uid("bin"))

    with pytest.raises(CannotAdd, match="service account"):
        add_person(db, sign_in(db), SERVICE, "nightly", Role.ADMIN)


def test_who_can_come_in_has_an_account_of_this_host_or_a_key_that_is_listed(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / KEYS).write_text("ngozi ssh-ed25519 AAAA\n")

    assert [has_account(login) for login in ("daemon", "ngozi", "nobody-of-this-host", "a\0b")] == [
        *(True, True, False, False)
    ]

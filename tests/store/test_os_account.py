"""Who is at the keyboard: the account, behind sudo or a key only where a service account runs codedesk."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from store.os_account import KEYS, NotAUser, os_login

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

"""Which account of the operating system started this program: the only identity that codedesk believes.

On a shared host people have accounts of their own and codedesk runs as a service account that owns the record
(setting `service_account`). Who started it is then in `SUDO_UID`, which sudo sets by itself, or in the SSH key of the
session where all come in by that account (`SSH_USER_AUTH`, written by sshd with `ExposeAuthInfo yes`). Both are
believed of the service account and of root alone, which nobody becomes without sudo or sshd; `$USER` never is.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from codesets.errors import CodedeskError
from codesets.home import home
from store.settings import load_settings

KEYS = "login_keys"
"""The file in codedesk's folder that says whose SSH key is whose: one `LOGIN TYPE KEY` a line."""


class NotAUser(CodedeskError):
    """The account of the operating system belongs to nobody of this site."""

    title = "not a user"
    refusal = True


def os_login() -> str:
    """The login of the person who started this program. Raises NotAUser for an id or a key that is nobody's."""
    own = os.getuid()
    if not (own == 0 or _is_service_account(own)):
        return _name_of(own)
    if os.environ.get("SUDO_UID", "").isdigit():
        return _name_of(int(os.environ["SUDO_UID"]))
    if proof := os.environ.get("SSH_USER_AUTH"):
        return _owner_of_key(Path(proof), home() / KEYS)
    return _name_of(own)


def unbelieved_caller() -> str:
    """Who says to have called sudo where that is not believed, since no setting names this account; "" for nobody."""
    own, caller = os.getuid(), os.environ.get("SUDO_UID", "")
    if own == 0 or not caller.isdigit() or int(caller) == own or _is_service_account(own):
        return ""
    try:
        return pwd.getpwuid(int(caller)).pw_name
    except KeyError:
        return caller


def owns(path: Path) -> bool:
    """Whether a file belongs to the account that started this program itself, not by sudo or by the key of another."""
    try:
        return path.stat().st_uid == os.getuid() and os_login() == _name_of(os.getuid()) and not unbelieved_caller()
    except OSError:
        return False


def has_account(login: str) -> bool:
    """Whether somebody can come in under a login: an account of this host, or the owner of a key that is listed."""
    try:
        pwd.getpwnam(login)
        return True
    except (KeyError, ValueError):
        pass
    try:
        lines = (home() / KEYS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.split()[:1] == [login] for line in lines)


def _is_service_account(uid: int) -> bool:
    named = load_settings().service_account
    try:
        return bool(named) and pwd.getpwnam(named).pw_uid == uid
    except KeyError:
        return False


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise NotAUser(f"user id {uid} has no account on this host") from None


def _owner_of_key(proof: Path, keys: Path) -> str:
    """The login that a key of this session belongs to: lines `LOGIN TYPE KEY` in the file of keys."""
    try:
        used = {tuple(line.split()[1:3]) for line in proof.read_text().splitlines() if line.startswith("publickey ")}
        known = [line.split() for line in keys.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    except OSError as error:
        raise NotAUser(f"the key of this session belongs to nobody: {error.strerror}", f"list it in {keys}") from None
    for words in known:
        if len(words) >= 3 and tuple(words[1:3]) in used:
            return words[0]
    raise NotAUser("the key of this session belongs to nobody", f"list it in {keys}")

"""How people come to codedesk on a shared host: what sudo and sshd allow, compared with the set-up we advise.

Both files may be unreadable for the service account; then the advice alone is given.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from glob import glob
from pathlib import Path

from store.doctor.finding import Finding, State
from store.doctor.sudoers import ADVICE as SUDO_ADVICE
from store.doctor.sudoers import of_sudo
from store.os_account import unbelieved_caller
from store.settings import load_settings

SUDOERS = ("/etc/sudoers", "/etc/sudoers.d/*")
SSHD = ("/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*.conf")

SSHD_ADVICE = (
    "Match Group coders: ForceCommand sudo -u coder-svc /usr/bin/codedesk; DisableForwarding yes; PermitTTY yes; "
    "ClientAliveInterval 30; ClientAliveCountMax 3 (SHARED-HOST.md has all of it)"
)


MOST_LOCK_MINUTES = 15
"""How long a screen without a key may show patients (45 CFR 164.312(a)(2)(iii) names no number; 15 is common)."""


def sessions() -> Iterator[Finding]:
    """Who people are to codedesk on this host, and whether a terminal that was left is covered."""
    settings = load_settings()
    account = pwd.getpwuid(os.getuid()).pw_name if _known(os.getuid()) else str(os.getuid())
    if settings.service_account and not _known_name(settings.service_account):
        words = f"service_account names {settings.service_account!r}, which is no account of this host"
        yield Finding("identity", State.WRONG, words, "name the account that sudo runs codedesk as")
    elif caller := unbelieved_caller():
        words = f"{caller} called sudo, but service_account does not name {account}: everybody counts as {account}"
        yield Finding("identity", State.WRONG, words, f'service_account = "{account}" in config.toml')
    elif settings.service_account:
        yield Finding("identity", State.OK, f"people are who sudo or their key says, behind {settings.service_account}")
    elif sudo := _read(SUDOERS):
        ruled = any("codedesk" in line and f"({account})" in line for line in _lines(sudo))
        if ruled:
            words = f"sudo runs codedesk as {account}, but service_account is not set: everybody counts as {account}"
            yield Finding("identity", State.WRONG, words, f'service_account = "{account}" in config.toml')
    if not 0 < settings.lock_minutes <= MOST_LOCK_MINUTES:
        told = f"after {settings.lock_minutes} minutes" if settings.lock_minutes else "never"
        yield Finding("lock", State.WRONG, f"a terminal that was left is covered {told}", "lock_minutes = 10")
    else:
        yield Finding("lock", State.OK, f"a terminal that was left is covered after {settings.lock_minutes} minutes")


def _known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _known_name(login: str) -> bool:
    try:
        pwd.getpwnam(login)
    except KeyError:
        return False
    return True


def advice() -> Iterator[Finding]:
    """What sudo and sshd should say, and what they say where they can be read."""
    account = load_settings().service_account
    for name, places, wanted, judge in (
        ("sudo", SUDOERS, SUDO_ADVICE, lambda text: of_sudo(text, account)),
        ("sshd", SSHD, SSHD_ADVICE, of_sshd),
    ):
        text = _read(places)
        unread = Finding(name, State.NOT_CHECKED, f"{places[0]} is not there or cannot be read", wanted)
        yield unread if text is None else judge(text)


def of_sshd(text: str) -> Finding:
    """What sshd says of sessions that are forced into codedesk."""
    lines = [line.split(None, 1) for line in _lines(text)]
    pairs = [(words[0].lower(), words[1].strip() if len(words) > 1 else "") for words in lines]
    values = {name: value.lower() for name, value in pairs}
    if values.get("permituserenvironment", "no") not in ("no",):
        return Finding("sshd", State.WRONG, "PermitUserEnvironment lets people set codedesk's environment", SSHD_ADVICE)
    if not any(name == "forcecommand" and "codedesk" in value for name, value in pairs):
        return Finding("sshd", State.ADVICE, "nobody is led into codedesk: people get a shell", SSHD_ADVICE)
    if values.get("disableforwarding") != "yes":
        return Finding("sshd", State.WRONG, "forwarding is allowed beside codedesk", SSHD_ADVICE)
    if not values.get("clientaliveinterval", "0").isdigit() or values.get("clientaliveinterval", "0") == "0":
        return Finding("sshd", State.ADVICE, "a connection that went silent is not noticed", SSHD_ADVICE)
    return Finding("sshd", State.OK, "coders are led into codedesk, without forwarding, and silence ends a session")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def _read(patterns: tuple[str, ...]) -> str | None:
    """The text of the files that exist; None where none can be read."""
    texts = []
    for name in sorted(name for pattern in patterns for name in glob(pattern)):
        try:
            texts.append(Path(name).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return None
    return "\n".join(texts) if texts else None

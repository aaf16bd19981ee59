"""A person of a role at a terminal of the demo site: what the journeys of a day are told with."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from codesets.catalog import normalize
from store.demo.site import load_site
from store.os_account import KEYS
from store.terms import CodingKind, DiagnosisRole, Role, Setting
from tests.journeys.tmux import Tmux, codedesk
from tui.cli import main

ROLES = {DiagnosisRole.REASON: " r", DiagnosisRole.EXTERNAL_CAUSE: " e", DiagnosisRole.ADMITTING: " a"}

DEAF = 0.45
"""How long a question takes no answer, and a little more."""


PEOPLE = {
    Role.CODER: "mreyes",
    Role.BILLER: "dcho",
    Role.AUDITOR: "asolberg",
    Role.MANAGER: "kwhite",
    Role.RECORDS: "tnguyen",
    Role.ANALYST: "ssingh",
    Role.ADMIN: "rfox",
}
"""The logins of the made-up people of the demo site."""


@dataclass
class Day:
    """A terminal and the home of a site; whoever sits there has come in by a key of their own, as over SSH."""

    terminal: Tmux
    environment: dict[str, str]
    home: Path
    site: tuple[str, ...] = ("demo",)
    """The word that leads to the demo site; none for the site of the home itself."""

    @property
    def outbox(self) -> Path:
        return self.home / "demo" / "outbox"

    def of(self, login: str) -> dict[str, str]:
        """The environment of a person who came in over SSH."""
        proof = self.home / f"came-in-{login}"
        proof.write_text(f"publickey ssh-ed25519 {login}\n")
        (self.home / KEYS).write_text("".join(f"{one} ssh-ed25519 {one}\n" for one in (*PEOPLE.values(), "jpark")))
        account = pwd.getpwuid(os.getuid()).pw_name
        return {**self.environment, "CODEDESK_SERVICE_ACCOUNT": account, "SSH_USER_AUTH": str(proof)}

    def sit(self, who: Role | str, first: str) -> str:
        """Somebody comes to the terminal, in place of who sat there; the day begins on a screen with this pattern."""
        self.terminal.end()
        self.terminal.start(codedesk(*self.site), self.of(PEOPLE.get(who, who)))  # type: ignore[call-overload]
        return self.terminal.expect(first)

    def press(self, *keys: str, shows: str) -> str:
        """Press keys one after the other, tmux's names or single characters; wait for a pattern, give the screen."""
        for key in keys:
            if len(key) > 1:
                self.terminal.press(key)
            else:
                self.terminal.type(key)
        return self.terminal.expect(shows)

    def say(self, words: str, shows: str) -> str:
        """Type words into the open field, press Enter, wait for a pattern."""
        self.terminal.type(words)
        self.terminal.press("Enter")
        return self.terminal.expect(shows)

    def answer(self, key: str, shows: str) -> str:
        """Answer a question, which takes no answer before anybody can have read it, nor keys that run on behind it."""
        time.sleep(DEAF)
        self.press(key, shows=shows)
        time.sleep(DEAF)
        return self.terminal.screen()

    def command(self, who: Role | str, *words: str, code: int = 0) -> str:
        """What a command of the site prints to somebody at another terminal; it is to end with this exit code."""
        of = self.of(PEOPLE.get(who, who))  # type: ignore[call-overload]
        done = subprocess.run(codedesk(*self.site, *words), env=of, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


def code_clinic_charts(monkeypatch: pytest.MonkeyPatch, which: slice) -> None:
    """Let the coder mreyes final code some of the demo site's clinic charts as their answer keys have them."""
    with monkeypatch.context() as patch:
        patch.setattr("store.os_account.os_login", lambda: "mreyes")
        charts = [chart for chart in load_site().charts if chart.encounter.setting is Setting.CLINIC]
        for chart in charts[which]:
            words = ["demo", "chart", chart.encounter.visit_number]
            for diagnosis in chart.key.diagnoses_of(CodingKind.PROFESSIONAL):
                words += ["--enter", f"{normalize(diagnosis.code).lower()}{ROLES.get(diagnosis.role, '')}"]
            assert main([*words, "--enter", "*", "--final"]) == 0

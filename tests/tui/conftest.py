"""The person at the keyboard of every screen test is a made-up coder of the demo site."""

from __future__ import annotations

import pytest


@pytest.fixture
def at_desk(demo_url: str, reference: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo site, with the coder mreyes at the keyboard."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "mreyes")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def as_administrator(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with rfox at the keyboard, who may code and work on claims."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "rfox")

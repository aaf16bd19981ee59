"""The person at the keyboard of every screen test is a made-up coder of the demo site."""

from __future__ import annotations

import pytest
from textual import _wait


@pytest.fixture(autouse=True)
def keys_without_idling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pressed key is followed by a moment, not by two of a fiftieth of a second; `settle` waits for its effect."""
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", 0.002)
    monkeypatch.setattr(_wait, "SLEEP_IDLE", 0.001)


@pytest.fixture
def at_desk(demo_url: str, reference: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo site, with the coder mreyes at the keyboard."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "mreyes")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def as_administrator(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with rfox at the keyboard, who may code and work on claims."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "rfox")

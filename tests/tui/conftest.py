"""The person at the keyboard of every screen test is a made-up coder of the demo site."""

from __future__ import annotations

import asyncio

import pytest
from textual import _wait

from tests.tui.screens import AT_ONCE


@pytest.fixture(autouse=True)
def keys_without_idling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pressed key is not followed by two moments until the machine idles; `settle` waits for its effect."""

    async def at_once(*_: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr("tui.screens.worklist.WARM_SECONDS", AT_ONCE)
    monkeypatch.setattr("textual.app.wait_for_idle", at_once)
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

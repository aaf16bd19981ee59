"""The person at the keyboard of every screen test is a made-up coder of the demo site."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from textual import _wait
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from tests.tui.screens import AT_ONCE


@pytest.fixture(scope="session", autouse=True)
def _styles_parsed_once() -> Iterator[None]:
    """Style sheets, which no screen changes, are parsed for the first app of a process alone. Private to Textual 8."""
    parse, parsed = Stylesheet._parse_rules, dict[object, list[RuleSet]]()

    def parse_once(sheet: Stylesheet, *told: object, **named: object) -> list[RuleSet]:
        known = told, tuple(named.items()), tuple(sorted(sheet._variables.items()))
        if known not in parsed:
            parsed[known] = parse(sheet, *told, **named)  # type: ignore[arg-type]
        return parsed[known]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


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

"""What the screens show of patients is in the log, under the person at the keyboard."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.database import open_database
from store.models import LogEntry
from tests.tui.screens import opened, settle, type_text


def actions_of(login: str) -> list[tuple[str, str]]:
    database = open_database()
    with database.reading() as session:
        entries = session.exec(select(LogEntry).where(LogEntry.actor == login).order_by(LogEntry.seq)).all()
    database.close()
    return [(entry.action, entry.detail.get("words", "")) for entry in entries]


async def test_login_lists_searches_by_name_charts_and_claims_are_in_the_log(
    at_desk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.desk.TYPING_SECONDS", 30.0)  # a busy machine types slower than a person
    async with opened() as (_, pilot):
        await pilot.press("slash")
        await type_text(pilot, "zwick")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("f4")
        await settle(pilot)

    seen = actions_of("mreyes")

    assert [words for action, words in seen if action == "worklist.search"] == ["zwick"]
    assert {"login", "worklist.view", "chart.open", "chart.view", "claim.list"} <= {action for action, _ in seen}


async def test_a_list_that_is_read_again_is_one_look(at_desk: None) -> None:
    async with opened() as (app, pilot):
        for _ in range(3):
            app.screen.reload()
            await settle(pilot)

    assert [action for action, _ in actions_of("mreyes")].count("worklist.view") == 1


async def test_long_work_on_a_desk_of_its_own_is_no_second_login(at_desk: None) -> None:
    async with opened() as (_, pilot):
        await pilot.press("f4")
        await settle(pilot)
        await pilot.press("a")
        await settle(pilot)

    assert [action for action, _ in actions_of("mreyes")].count("login") == 1

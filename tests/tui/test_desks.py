"""On which desk the day begins: that of the role, or the one that the settings name."""

from __future__ import annotations

from datetime import date

import pytest

from store.permissions import on_key
from store.settings import SettingsError
from store.terms import Role
from tests.tui.screens import settle
from tui.app import Workstation
from tui.desks import DESK_OF, first_desk


def test_each_role_has_a_desk_that_is_for_it() -> None:
    assert set(DESK_OF) == set(Role)
    assert not [role for role, desk in DESK_OF.items() if on_key(role, desk, "Anywhere")]


@pytest.mark.parametrize(
    ("setting", "role", "desk"),
    [
        ("", Role.BILLER, "claims"),
        ("worklists", Role.BILLER, "worklists"),
        ("biller remits, manager worklists", Role.BILLER, "remits"),
        ("biller remits, manager worklists", Role.AUDITOR, "audits"),
        ("administration", Role.CODER, "worklists"),
    ],
    ids=["role", "for all", "by role", "of another role", "not for the role"],
)
def test_a_setting_wins_where_it_is_for_the_role(
    setting: str, role: Role, desk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_FIRST_DESK", setting)

    assert first_desk(role) == desk


@pytest.mark.parametrize(
    ("setting", "said"),
    [("biller money", "no desk is called 'money'"), ("cashier remits", "no role is called 'cashier'")],
)
def test_a_setting_that_names_nothing_is_refused(setting: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_FIRST_DESK", setting)

    with pytest.raises(SettingsError, match=said):
        first_desk(Role.CODER)


async def test_the_worklists_lie_under_the_first_desk(at_desk: None) -> None:
    app = Workstation(date(2026, 10, 8), first_desk="claims")

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        begun = [screen.name_on for screen in app.screen_stack]
        await pilot.press("q")
        await settle(pilot)
        left = [screen.name_on for screen in app.screen_stack]

    assert (begun, left) == (["worklist", "claims"], ["worklist"])

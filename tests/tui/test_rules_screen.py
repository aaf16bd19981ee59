"""The rules on the screen: what is shown at both sizes, and what the keys do."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.database import open_database
from store.models import RuleChange, RuleVersion
from store.terms import Role
from tests.tui.screens import SIZES, assert_golden, cells, diagnoses, keys, opened, type_text
from tui.screens.rules import RulesScreen

pytestmark = pytest.mark.usefixtures("at_desk")


@pytest.fixture
def manager(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manager at the keyboard: coders change no rules."""
    from store.actors import SYSTEM
    from store.people import add_person

    db = open_database()
    add_person(db, SYSTEM, "mmanager", "Made-up Manager", Role.MANAGER)
    db.close()
    monkeypatch.setattr("store.os_account.os_login", lambda: "mmanager")


def changes() -> list[tuple[str, str, bool]]:
    with open_database().reading() as session:
        rows = session.exec(select(RuleChange).order_by(RuleChange.number)).all()
        return [(row.rule_id, row.action, row.undone_at is None) for row in rows]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_rules_look_as_they_should(size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "g", "e")
        assert_golden(app, f"rules-{at}")
        await keys(pilot, "slash")
        await type_text(pilot, "telehealth")
        await keys(pilot, "enter")
        assert_golden(app, f"rules-filtered-{at}")


async def test_a_rule_is_tested_and_tried(manager: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "e", "t")
        tested = cells(app)
        await keys(pilot, "d")

        assert "examples pass" in tested
        assert "Since" in cells(app) and "claims" in cells(app)


async def test_a_rule_is_switched_off_with_a_reason_and_taken_back(manager: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "e", "x")
        await type_text(pilot, "payer needs none")
        await keys(pilot, "enter", "u")
        await type_text(pilot, "it does")
        await keys(pilot, "enter")

        assert "undone: all: off" in cells(app)
    assert changes() == [("r001", "off", False)]


async def test_a_coder_is_told_who_changes_rules() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "e", "x")
        await type_text(pilot, "because")
        await keys(pilot, "enter")

        assert "for managers and administrators; you are a coder" in cells(app)
    assert changes() == []


async def test_a_rule_of_the_site_is_written_field_by_field(manager: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "e", "slash")
        await type_text(pilot, "units that can")
        await keys(pilot, "escape")
        await keys(pilot, "slash")
        await type_text(pilot, "r282")
        await keys(pilot, "enter", "w")
        await type_text(pilot, "fifty")
        await keys(pilot, "enter", "w")
        await type_text(pilot, "title")
        await keys(pilot, "enter")
        await type_text(pilot, " here")
        await keys(pilot, "enter")

        assert isinstance(app.screen, RulesScreen)
        assert "site_fifty version 2 is kept" in cells(app)
    with open_database().reading() as session:
        versions = session.exec(select(RuleVersion.version).order_by(RuleVersion.version)).all()
    assert list(versions) == [1, 2]


async def test_a_finding_with_one_fix_is_mended_by_one_key() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "plus")
        for line in ("n18.31", "i12.9"):
            await type_text(pilot, line)
            await keys(pilot, "enter")
        await keys(pilot, "escape", "x")

        assert "2>1   u takes it back" in cells(app)
    assert [diagnosis.code for diagnosis in diagnoses()][:2] == ["I12.9", "N18.31"]


async def test_nothing_certain_to_mend_is_said() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "enter", "x")

        assert "no finding has one certain fix" in cells(app)

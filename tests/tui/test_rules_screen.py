"""The rules on the screen: what is shown at both sizes, and what the keys do."""

from __future__ import annotations

import pytest
from sqlmodel import select
from textual.pilot import Pilot

from store.database import open_database
from store.models import RuleChange, RuleVersion
from store.terms import Role
from tests.tui.screens import SIZES, assert_golden, cells, diagnoses, keys, opened, type_text

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


async def begin_rule(pilot: Pilot[None]) -> None:
    """A copy of a condition under a new name, open for writing."""
    await keys(pilot, "g", "e", "slash")
    await type_text(pilot, "r282")
    await keys(pilot, "enter", "w")
    await type_text(pilot, "fifty")
    await keys(pilot, "enter")


def versions() -> list[int]:
    with open_database().reading() as session:
        return list(session.exec(select(RuleVersion.version).order_by(RuleVersion.version)).all())


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
        await keys(pilot, "g", "e", "x", "enter", "enter")
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


async def test_a_rule_of_the_site_is_written_part_by_part(manager: None) -> None:
    async with opened() as (app, pilot):
        await begin_rule(pilot)
        copied = cells(app)
        await keys(pilot, "enter")
        await type_text(pilot, " here")
        await keys(pilot, "enter")
        written = cells(app)
        await keys(pilot, "u")

        assert "version 1, being written" in copied and "examples hold, x switches it on" in copied
        assert "title is written. Version 2 is kept, switched off." in written
        assert "Version 3 is as version 1 was." in cells(app)
    assert versions() == [1, 2, 3]


async def test_what_is_refused_in_a_rule_being_written_stays_on_the_line_to_be_mended(manager: None) -> None:
    async with opened() as (app, pilot):
        await begin_rule(pilot)
        await keys(pilot, "down", "enter", "end")
        await type_text(pilot, " and units.real")
        await keys(pilot, "enter")
        refused = cells(app)
        await keys(pilot, *["backspace"] * len(".real"))
        await type_text(pilot, " > 4")
        await keys(pilot, "enter")

        assert "reaching into a value is not let through" in refused and "and units.real" in refused
        assert "when is written. Version 2 is kept, switched off." in cells(app)


async def test_an_example_that_comes_out_otherwise_keeps_the_rule_off(manager: None) -> None:
    async with opened() as (app, pilot):
        await begin_rule(pilot)
        await keys(pilot, "a")
        await type_text(pilot, "line.1.units line.1.units=2")
        await keys(pilot, "enter")
        wrong = cells(app)
        await keys(pilot, "x")
        await type_text(pilot, "because")
        await keys(pilot, "enter")
        refused = cells(app)
        await keys(pilot, "escape", "X")
        await keys(pilot, "y")

        assert "1 of" in wrong and "examples come out otherwise" in wrong
        assert "stays off" in refused
        assert "examples hold, x switches it on" in cells(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_rule_being_written_looks_as_it_should(manager: None, size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await begin_rule(pilot)
        await keys(pilot, "a")
        await type_text(pilot, "line.1.units line.1.units=2")
        await keys(pilot, "enter")

        assert_golden(app, f"rule-text-{size[0]}x{size[1]}")


async def test_a_rule_is_weighed_for_one_payer_and_some_days(manager: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "e", "e")
        await type_text(pilot, "warn")
        await keys(pilot, "enter")
        await type_text(pilot, "payer")
        offered = cells(app)
        await keys(pilot, "enter")
        await type_text(pilot, "2026-10-01 2026-12-31")
        await keys(pilot, "enter")
        await type_text(pilot, "agreed")
        await keys(pilot, "enter")

        assert "everybody" not in offered and "payer " in offered
    with open_database().reading() as session:
        change = session.exec(select(RuleChange)).one()
    assert (change.scope, change.action, change.effective_from, change.effective_to) == (
        "payer",
        "severity",
        "2026-10-01",
        "2026-12-31",
    )


async def test_the_settings_of_a_rule_are_changed_for_everybody(manager: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "e", "slash")
        await type_text(pilot, "more than fifty lines")
        await keys(pilot, "enter", "s")
        asked = cells(app)
        await keys(pilot, "backspace", "backspace")
        await type_text(pilot, "40")
        await keys(pilot, "enter", "enter", "enter")
        await type_text(pilot, "the payer takes fewer")
        await keys(pilot, "enter")

        assert "settings:" in asked
        assert "is set: most=40 for everybody" in cells(app)


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

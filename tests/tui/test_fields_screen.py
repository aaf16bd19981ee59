"""Rows by keys: a condition on any field, kept under a name, shared, with a time, and exported without a name in it."""

from __future__ import annotations

import pytest

from store.actors import SYSTEM
from store.database import open_database
from store.demo.year import make_year
from store.settings import outbox
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, type_text


@pytest.fixture
def year(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo site with a small year, and the analyst at the keyboard."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "ssingh")
    database = open_database()
    make_year(database, SYSTEM, 300, seed=7)
    database.close()


@pytest.mark.thorough
@pytest.mark.parametrize("login", ["asolberg", "kwhite", "tnguyen", "rfox"])
async def test_every_trade_with_numbers_sees_rows_and_asks_by_them(
    year: None, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: login)

    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "f8", "f", "/")
        await type_text(pilot, "type")
        await keys(pilot, "enter")
        await type_text(pilot, "clinic")
        await keys(pilot, "enter")
        shown = cells(app)

    assert "type = clinic" in shown and "rows" in shown.splitlines()[0]


async def test_a_profile_that_is_for_others_is_refused_before_anything_is_asked(year: None) -> None:
    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "f8", "f", "e")
        offered = cells(app)
        await type_text(pilot, "limited")
        await keys(pilot, "enter")
        refused = cells(app)

    assert "for managers, medical records and administrators" in offered
    assert "exporting limited data sets is for" in refused and "who receives it" not in refused


async def test_a_limited_data_set_asks_for_recipient_and_agreement(year: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: "rfox")

    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "f8", "f", "e")
        await type_text(pilot, "limited")
        await keys(pilot, "enter")
        await type_text(pilot, "A registry")
        await keys(pilot, "enter")
        assert "under which data use agreement" in cells(app)
        await type_text(pilot, "DUA 7")
        await keys(pilot, "enter")
        assert "rows in" in cells(app)

    assert len(list(outbox().iterdir())) == 1


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_rows_are_filtered_by_any_field_kept_and_exported(year: None, size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "f8", "f", "/")
        await type_text(pilot, "charge")
        await keys(pilot, "enter")
        await type_text(pilot, ">= 10000")
        await keys(pilot, "enter", "s")
        await type_text(pilot, "big ones")
        await keys(pilot, "enter", "t", "S")
        assert "big ones: shared with everybody, exported every day" in cells(app)
        assert_golden(app, f"fields-{size[0]}x{size[1]}")
        await keys(pilot, "e")
        await type_text(pilot, "safe")
        await keys(pilot, "enter")
        assert "rows in" in cells(app)
        await keys(pilot, "-", "v")
        await type_text(pilot, "denial")
        await keys(pilot, "enter", "/")
        await type_text(pilot, "reason")
        await keys(pilot, "enter")
        await type_text(pilot, "NO-1")
        await keys(pilot, "enter")
        assert "No row fits" in cells(app)

    (path,) = outbox().iterdir()
    columns = path.read_text().splitlines()[0].split(",")
    assert "charge_cents" in columns and not {"patient", "mrn", "provider", "zip"} & set(columns)

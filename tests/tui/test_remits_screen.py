"""The remittances on the screen: balance on top, held ones with their reason, taking back and posting again."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.database import open_database
from store.remits.posting import take_in
from tests.store.remittance_samples import DENIED_CLAIM, PAID_CLAIM, a_set, interchange
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text


@pytest.fixture
def remittances(as_administrator: None, tmp_path: Path) -> None:
    """One remittance that is posted, and one that is held."""
    good = a_set((*PAID_CLAIM, *DENIED_CLAIM, "PLB*1999999984*20261231*L6*-1.50"), "101.50")
    wrong = a_set(PAID_CLAIM, "99").replace("EFT0001", "EFT0002")
    database = open_database()
    for name, content in (("good.835", good), ("wrong.835", wrong)):
        path = tmp_path / name
        path.write_bytes(interchange(content))
        take_in(database, SYSTEM, path)
    database.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_remittances_look_as_they_should(remittances: None, size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f5")
        await settle(pilot)
        assert_golden(app, f"remits-held-{at}")
        await keys(pilot, "down")
        await settle(pilot)
        assert_golden(app, f"remits-posted-{at}")


async def test_a_posted_one_is_taken_back_with_a_reason_and_posted_again(remittances: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "down", "x")
        await type_text(pilot, "wrong site")
        await keys(pilot, "enter")
        await settle(pilot)
        assert "Taken back: 3 postings." in cells(app) and "nothing is posted" in cells(app)

        await keys(pilot, "P")
        await settle(pilot)

        assert "Posted again: 101.50." in cells(app)


async def test_a_held_one_cannot_be_taken_back_and_says_why(remittances: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "x")
        await settle(pilot)

        assert "it is held" in cells(app)


async def test_one_that_was_set_aside_is_held_again_with_a_reason(remittances: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "a")
        await type_text(pilot, "paid by another check")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "set aside: paid by another check" in cells(app)

        await keys(pilot, "u")
        await type_text(pilot, "it was not")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "Held again." in cells(app) and "set aside: paid by another check" not in cells(app)


async def test_the_views_show_some_only(remittances: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "v")
        await settle(pilot)

        assert "EFT0002" in cells(app) and "EFT0001" not in cells(app)


async def test_a_remittance_is_found_by_the_name_of_a_patient(remittances: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "slash")
        await type_text(pilot, "roe eft0001")
        await keys(pilot, "enter")
        found = cells(app)
        await keys(pilot, "enter")
        opened_none = cells(app)

    assert "1 of 1" in found and "EFT0001" in found
    assert "none of its claims is ours" in opened_none


async def test_an_empty_list_says_what_fills_it(as_administrator: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5")
        await settle(pilot)

        assert "i takes in an 835 from the inbox." in cells(app)


async def test_an_empty_view_or_filter_does_not_say_that_there_is_nothing_at_all(remittances: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "v", "v", "v")
        await settle(pilot)
        assert "No remittance is unposted. v shows the others." in cells(app)

        await keys(pilot, "slash")
        await type_text(pilot, "zz")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "No remittance here has 'zz'. / with nothing shows all." in cells(app)


@pytest.fixture
def stranger(remittances: None, tmp_path: Path) -> None:
    """A third remittance: money put off that the payer will take back."""
    database = open_database()
    path = tmp_path / "later.835"
    content = a_set(("PLB*1999999984*20261231*WO:ICN7*-60",), "60").replace("EFT0001", "EFT0003")
    path.write_bytes(interchange(content))
    take_in(database, SYSTEM, path)
    database.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_money_without_a_place_is_given_back_and_that_is_taken_back(
    stranger: None, size: tuple[int, int]
) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "f5", "m")
        await settle(pilot)
        assert "C0001" in cells(app) and "100.00 wait" in cells(app)
        await keys(pilot, "end", "F")
        await settle(pilot)
        assert "denied whole" in cells(app) and "nothing was paid: m posts it to its claim" in cells(app)
        await keys(pilot, "home")

        await keys(pilot, "F")
        await type_text(pilot, "not ours")
        await keys(pilot, "enter")
        await settle(pilot)
        assert "100.00 given back, 0.00 left" in cells(app)
        await keys(pilot, "u")
        await type_text(pilot, "it was ours")
        await keys(pilot, "enter", "home")
        await settle(pilot)
        assert "100.00 wait" in cells(app)

        await keys(pilot, "v")
        await settle(pilot)
        assert "-60.00 open: the payer will take it back" in cells(app)


async def test_a_settled_takeback_stands_in_a_view_of_its_own_and_is_no_open_one(stranger: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "m", "v", "F")
        await type_text(pilot, "check 1042")
        await keys(pilot, "enter")
        await settle(pilot)
        of_open = cells(app)
        await keys(pilot, "v")
        await settle(pilot)

        assert "open takebacks" in of_open and "ICN7" not in of_open
        assert "settled takebacks" in cells(app) and "ICN7" in cells(app) and "0.00 open" not in cells(app)

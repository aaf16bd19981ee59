"""Files of payers and banks taken in from the screens that show them: from the inbox, one or all, with what became."""

from __future__ import annotations

import pytest

from store.settings import inbox
from tests.store.remittance_samples import DENIED_CLAIM, PAID_CLAIM, a_set, interchange
from tests.tui.screens import cells, keys, opened, settle, type_text

BALANCED = interchange(a_set((*PAID_CLAIM, *DENIED_CLAIM, "PLB*1999999984*20261231*L6*-1.50"), "101.50"))
UNBALANCED = interchange(a_set(PAID_CLAIM, "99").replace("EFT0001", "EFT0002"))
DEPOSITS = b"date,trace,amount,payer\n2026-11-03,EFT0001,101.50,MEADOWLARK HMO\n"


@pytest.fixture
def arrived(as_administrator: None) -> None:
    """A remittance that balances, one that does not, deposits, and a file that is being written."""
    for name, content in (("a.835", BALANCED), ("b.835", UNBALANCED), ("bank.csv", DEPOSITS), ("c.835.part", b"ISA")):
        (inbox() / name).write_bytes(content)


async def test_the_files_that_wait_are_offered_with_what_they_are(arrived: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "i")
        await settle(pilot)

        shown = cells(app)
        assert "all of them" in shown and "remittance," in shown
        assert "bank.csv" in shown and "deposits," in shown and "c.835.part" not in shown


async def test_a_file_that_is_chosen_is_taken_in_and_put_away(arrived: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "i")
        await settle(pilot)
        await type_text(pilot, "a.835")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "a.835: 1 payment posted" in cells(app) and "EFT0001" in cells(app)
        assert [one.name for one in (inbox() / "done").iterdir()] == ["a.835"]


async def test_all_are_taken_in_and_what_waits_is_told(arrived: None) -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "f5", "i")
        await settle(pilot)
        await type_text(pilot, "all of")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "1 payment held" in cells(app) and "EFT0001" in cells(app) and "EFT0002" in cells(app)
        assert sorted(one.name for one in (inbox() / "done").iterdir()) == ["a.835", "b.835", "bank.csv"]


async def test_a_file_that_cannot_be_read_stays_and_says_why(as_administrator: None) -> None:
    (inbox() / "letter.txt").write_bytes(b"Dear Sir\n")

    async with opened() as (app, pilot):
        await keys(pilot, "g", "b", "i")
        await settle(pilot)
        await keys(pilot, "enter")
        await settle(pilot)

        assert "letter.txt: stays in the inbox: no column for date" in cells(app)
    assert (inbox() / "letter.txt").exists()


async def test_an_empty_inbox_says_where_files_are_put(as_administrator: None) -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "g", "f", "i")
        await settle(pilot)

        assert "No file waits: they are put into" in cells(app)

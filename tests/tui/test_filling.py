"""What an empty list says fills it: a key only to who may press it."""

from __future__ import annotations

import pytest

from store.actors import SYSTEM
from store.database import Database
from store.people import add_person
from store.terms import Role
from tests.tui.screens import cells, keys, opened, settle

pytestmark = pytest.mark.usefixtures("at_desk")


@pytest.mark.parametrize(
    ("role", "pressed", "told"),
    [
        (Role.BILLER, "f4", "No claims yet. a builds them from the charts that are final coded."),
        (Role.CODER, "f4", "No claims yet. Billers build them from the charts that are final coded."),
        (Role.BILLER, "f5", "No remittances yet. i takes in an 835 from the inbox."),
        (Role.MANAGER, "f5", "No remittances yet. Billers take in the 835s that payers send."),
        (Role.MANAGER, "g f", "No acknowledgments yet. Billers take in the TA1, 999 and 277CA that come."),
        (Role.MANAGER, "g b", "Nothing waits. Billers take in the CSV files of the bank."),
        (Role.BILLER, "g t", "claims go to the receiver of the settings. Managers make them."),
        (Role.CODER, "g k", "No query is like that; v shows others. Q in a chart writes one."),
        (Role.RECORDS, "g k", "No query is like that; v shows others. Coders or managers write them in a chart."),
        (
            Role.MANAGER,
            "f6 v",
            "No audit is yours. v shows those to review; A gives one to somebody. Auditors take them.",
        ),
        (Role.BILLER, "m", "m shows the worklist. Coders take the next chart."),
    ],
)
async def test_a_key_that_fills_an_empty_list_is_told_to_who_may_press_it(
    demo: Database, monkeypatch: pytest.MonkeyPatch, role: Role, pressed: str, told: str
) -> None:
    add_person(demo, SYSTEM, "newcomer", "N. Newcomer", role)
    monkeypatch.setattr("store.os_account.os_login", lambda: "newcomer")

    async with opened() as (app, pilot):
        await keys(pilot, *pressed.split())
        await settle(pilot)
        shown = " ".join(cells(app).split())

    assert told in shown

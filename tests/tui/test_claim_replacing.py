"""A claim to the next payer that says it is to be replaced is replaced with one key, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.secondary import bill_next_payer
from store.database import Database, open_database
from store.ledger.charges import bill
from store.models import Claim
from store.terms import ClaimStatus
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.test_claims_following import Office, second_payer
from tests.store.test_prior_changed import BACK, CORRECTED, arrives
from tests.tui.screens import cells, keys, opened, settle
from tui.screens.claim import ClaimScreen


def leaves(database: Database, claim_id: str) -> None:
    with database.change(SYSTEM) as change:
        change.session.get_one(Claim, claim_id).status = ClaimStatus.EXPORTED
        bill(change, [claim_id])


@pytest.fixture
def outdated(as_administrator: None, tmp_path: Path) -> str:
    """The id of a claim to the second payer that left before the first one corrected its answer."""
    database = open_database()
    with database.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        second_payer(change.session, encounter)
        add_coding(change.session, encounter)
    (built,) = build_claims(database, SYSTEM).built
    office = Office(database, tmp_path, built.claim_id, built.claim_number)
    leaves(database, built.claim_id)
    office.answer()
    secondary = bill_next_payer(database, SYSTEM, built.claim_id).claim_id
    leaves(database, secondary)
    arrives(office, (*BACK, *CORRECTED), "10")
    database.close()
    return secondary


async def test_a_claim_that_says_so_is_replaced_with_one_key_and_once(outdated: str) -> None:
    async with opened() as (app, pilot):
        await app.push_screen(ClaimScreen(outdated))
        await settle(pilot)
        await keys(pilot, "N")
        await settle(pilot)
        told = cells(app)
        await keys(pilot, "N")
        await settle(pilot)

        assert "replaces it: set what is another, and scrub it in the queue" in told
        assert "follows it already (replacement)" in cells(app)


async def test_the_screen_of_a_claim_says_where_it_stands_as_the_list_does(outdated: str) -> None:
    async with opened() as (app, pilot):
        await app.push_screen(ClaimScreen(outdated))
        await settle(pilot)

        assert "to be replaced" in cells(app).splitlines()[0]

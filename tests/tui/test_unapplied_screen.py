"""Money without a place: what is of another patient or payer is posted after both were seen, and a yes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.database import open_database
from store.models import Claim
from store.remits.posting import take_in
from store.terms import ClaimStatus
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.remittance_samples import a_set, interchange
from tests.tui.screens import cells, keys, opened, settle, type_text

OF_ANOTHER = ("CLP*LOST7*1*100.03*60*20*HM*ICN1", "NM1*QC*1*ROE*JANE****MI*M777", "CAS*CO*45*20.03", "CAS*PR*2*20")


@pytest.fixture
def waiting(as_administrator: None, tmp_path: Path) -> str:
    """The number of a claim that left, beside a payment of another patient that waits."""
    path = tmp_path / "era.835"
    path.write_bytes(interchange(a_set(OF_ANOTHER, "60")))
    database = open_database()
    with database.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    build_claims(database, SYSTEM)
    with database.change(SYSTEM) as change:
        claim = change.session.exec(select(Claim)).one()
        claim.status = ClaimStatus.EXPORTED
        number = claim.claim_number
    take_in(database, SYSTEM, path)
    database.close()
    return number


async def test_a_payment_of_another_patient_is_applied_after_both_were_shown_and_a_yes(waiting: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "m")
        await settle(pilot)
        await keys(pilot, "m")
        await type_text(pilot, f"{waiting} mistyped")
        await keys(pilot, "enter")
        await settle(pilot)
        asked = cells(app)
        await keys(pilot, "y")
        await settle(pilot)

        assert "ROE, JANE  ours: Zwick, Delbert" in asked and "Apply it all the same?" in asked
        assert f"60.00 posted to {waiting}" in cells(app)


async def test_a_takeback_of_another_payer_is_charged_after_both_were_shown_and_a_yes(
    waiting: str, tmp_path: Path
) -> None:
    path = tmp_path / "takeback.835"
    content = interchange(a_set(("PLB*1999999984*20261231*WO:ICN7*-10",), "10")).replace(b"EFT0001", b"EFT0002")
    path.write_bytes(content)
    database = open_database()
    take_in(database, SYSTEM, path)
    database.close()

    async with opened() as (app, pilot):
        await keys(pilot, "f5", "m")
        await settle(pilot)
        await keys(pilot, "v")
        await settle(pilot)
        await keys(pilot, "m")
        await type_text(pilot, f"{waiting} their letter")
        await keys(pilot, "enter")
        await settle(pilot)
        asked = cells(app)
        await keys(pilot, "y")
        await settle(pilot)

        assert "MEADOWLARK HMO  ours:" in asked and "Charge it all the same?" in asked
        assert f"posted to {waiting}" in cells(app)

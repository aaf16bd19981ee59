"""Claims beside their segments, the queue by three orders, batches, accounts, deposits and partners by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from codesets.catalog import Reference
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payers
from store.database import open_database
from store.ledger.deposits import take_in_deposits
from store.models import Claim, ClaimLine, Finding
from store.remits.posting import take_in
from store.settings import outbox
from store.terms import ClaimStatus, FindingState
from tests.store.claim_samples import CODES, add_coding, add_encounter
from tests.store.remittance_samples import a_set, interchange
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text
from tui.screens.claims import ClaimsScreen


@pytest.fixture
def claims(as_administrator: None, reference: Reference) -> None:
    """Three ready claims of one patient beside the demo site's charts."""
    database = open_database()
    with database.change(SYSTEM) as change:
        for number in range(3):
            encounter = add_encounter(change.session, f"W{number}", f"2026-09-{number + 11}")
            add_coding(change.session, encounter)
    for claim in build_claims(database, SYSTEM).built:
        scrub_claim(database, reference, SYSTEM, claim.claim_id)
    database.close()


@pytest.fixture
def paid(claims: None, tmp_path: Path) -> None:
    """The claims have left, and one is paid with a share of the patient."""
    from store.claims.batches import batch_claims

    database = open_database()
    with database.change(SYSTEM) as change:
        for finding in change.session.exec(select(Finding)):
            finding.state = FindingState.OVERRIDDEN
        for row in change.session.exec(select(Claim)):
            row.status = ClaimStatus.READY
    report = batch_claims(database, SYSTEM, outbox())
    number = report.files[0].report.interchanges[0].claim_numbers[0]
    parts = (f"CLP*{number}*1*100.03*60*20*HM*ICN1", "CAS*CO*45*20.03", "CAS*PR*2*20")
    (tmp_path / "era.835").write_bytes(interchange(a_set(parts, "60")))
    take_in(database, SYSTEM, tmp_path / "era.835")
    (tmp_path / "bank.csv").write_text("date,trace,amount,payer\n2026-09-01,OLD1,60.00,HMO\n2026-09-02,OLD2,9.00,HMO\n")
    take_in_deposits(database, SYSTEM, tmp_path / "bank.csv")
    database.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_segments_stand_beside_the_form_and_lead_to_its_fields(claims: None, size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "f4", "enter", "apostrophe", "end")
        await settle(pilot)
        assert_golden(app, f"claim-segments-{size[0]}x{size[1]}")
        await keys(pilot, "apostrophe")

        assert "── findings" in cells(app)


async def test_an_ambulance_ride_is_put_on_a_claim_by_keys(claims: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "enter", "f")
        await settle(pilot)
        await type_text(pilot, "ambulance miles")
        await keys(pilot, "enter")
        await type_text(pilot, "12")
        await keys(pilot, "enter")
        await settle(pilot)
        refused = cells(app)
        await keys(pilot, "escape")
        for place, value in (("ambulance reason", "A"), ("pick_up city", "Ansel"), ("line.1.note", "by road")):
            await keys(pilot, "f")
            await settle(pilot)
            await type_text(pilot, place)
            await keys(pilot, "enter")
            await type_text(pilot, value)
            await keys(pilot, "enter")
            await settle(pilot)

        assert "ambulance lacks reason" in refused
        assert "line.1.note is set; r scrubs the claim again." in cells(app)
    database = open_database()
    with database.reading() as session:
        stated = [claim.parties["details"] for claim in session.exec(select(Claim)) if claim.parties["details"]]
        noted = [line.details for line in session.exec(select(ClaimLine)) if line.details]
    database.close()
    assert [(one["ambulance"]["reason"], one["ambulance"]["pick_up"]["city"]) for one in stated] == [("A", "Ansel")]
    assert [one["note"] for one in noted] == ["by road"]


async def test_enter_on_a_finding_of_identity_says_who_enters_the_field(claims: None) -> None:
    database = open_database()
    with database.change(SYSTEM) as change:
        for claim in change.session.exec(select(Claim)):
            claim.parties = {**claim.parties, "coverage": {**claim.parties["coverage"], "member_id": ""}}
        ids = list(change.session.exec(select(Claim.id)))
    for claim_id in ids:
        scrub_claim(database, CODES, SYSTEM, claim_id)
    database.close()
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "enter")
        await settle(pilot)
        await keys(pilot, "enter")

        assert "member id: C on this claim mends it, or codedesk coverages set." in cells(app)


async def test_a_member_id_is_mended_from_its_claim_and_the_claim_states_it(claims: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "enter")
        await settle(pilot)
        await keys(pilot, "C")
        await settle(pilot)
        await type_text(pilot, "coverage.1.member_id")
        await keys(pilot, "enter", "ctrl+u")
        await type_text(pilot, "XQ0000001")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "member id is set. Claim 2026-00000" in cells(app)
        assert "member XQ0000001" in cells(app)


async def test_a_batch_asks_with_partner_file_claims_money_and_usage_before_it_writes(claims: None) -> None:
    database = open_database()
    with database.change(SYSTEM) as change:
        for claim in change.session.exec(select(Claim)):
            claim.status = ClaimStatus.READY
        for finding in change.session.exec(select(Finding)):
            finding.state = FindingState.OVERRIDDEN
    database.close()
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "b")
        await settle(pilot)
        shown = cells(app)

        for wanted in ("Batch 3 claims, 300.09", "T test  3 claims  300.09  837p", "files that would be written"):
            assert wanted in shown
        assert list(outbox().glob("*")) == []


async def test_a_batch_says_how_many_stay_behind_before_it_is_written(claims: None) -> None:
    database = open_database()
    with database.change(SYSTEM) as change:
        first, *rest = change.session.exec(select(Claim))
        first.status = ClaimStatus.DRAFT
        for claim in rest:
            claim.status = ClaimStatus.READY
        for finding in change.session.exec(select(Finding)):
            finding.state = FindingState.OVERRIDDEN
    database.close()
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "b")
        await settle(pilot)

        assert "Batch 2 claims, 200.06? 1 stay behind.  y yes, Esc no:" in cells(app)


async def test_taking_back_what_a_secondary_rests_on_names_it_and_asks_whole_on_80_columns(
    paid: None, tmp_path: Path
) -> None:
    database = open_database()
    with database.change(SYSTEM) as change:
        first = change.session.exec(select(Claim).order_by(col(Claim.claim_number))).first()
        assert first is not None
        number, coverage = first.claim_number, first.parties["coverage"]
        second = {**coverage, "sequence": 2, "payer": {**coverage["payer"], "identifier": "SECOND"}}
        first.parties = {**first.parties, "other_coverages": [second]}
    (built,) = bill_next_payers(database, SYSTEM).built
    database.close()
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "x")
        await type_text(pilot, "wrong bank")
        await keys(pilot, "enter")
        await settle(pilot)
        asked = cells(app)
        await keys(pilot, "y")
        await settle(pilot)

        assert f"{number}  went to the next payer as {built.claim_number}" in asked
        assert "1 claim billed on. Take it back all the same?  y yes, Esc no:" in asked
        assert "Taken back:" in cells(app) and "went to the next payer" not in cells(app)


async def test_the_queue_is_sorted_by_three_orders_and_the_view_is_kept(claims: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "S")
        await type_text(pilot, "status largest newest")
        await keys(pilot, "enter")
        assert "Sorted by status, then largest, then newest." in cells(app)
        await keys(pilot, "W")
        await type_text(pilot, "mornings")
        await keys(pilot, "enter")
        assert "Saved as mornings" in cells(app)

        await keys(pilot, "v", "w", "enter")
        await settle(pilot)

        assert "Claims  mornings  by status, largest, newest" in cells(app)


@pytest.mark.parametrize("view", ["all", "paid"])
async def test_the_head_of_the_queue_counts_claims_in_the_words_of_their_rows(paid: None, view: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "v")
        await settle(pilot)
        await type_text(pilot, view)
        await keys(pilot, "enter")
        await settle(pilot)
        head = cells(app).splitlines()[0]

    assert "2 unanswered" in head and "1 paid" in head and "exported" not in head


async def test_an_order_that_is_none_is_named(claims: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "S")
        await type_text(pilot, "color")
        await keys(pilot, "enter")

        assert "color: none of oldest" in cells(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_an_account_says_who_owes_what_with_every_posting(paid: None, size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "g", "l", "end")
        await settle(pilot)

        text = cells(app)
        assert "patient" in text and "era.835 segment" in text
        await keys(pilot, "p")
        await type_text(pilot, "5.00 card")
        await keys(pilot, "enter")
        await settle(pilot)
        assert "u takes it back" in cells(app)
        await keys(pilot, "s")
        await settle(pilot)
        assert "statement" in cells(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_deposits_wait_with_payments_and_are_matched(paid: None, size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "g", "b")
        await settle(pilot)
        assert_golden(app, f"deposits-{size[0]}x{size[1]}")
        await keys(pilot, "enter", "enter")
        await settle(pilot)

        assert "Matched." in cells(app)


async def test_a_deposit_says_whole_what_keeps_it_from_its_payment(paid: None, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("date,amount,trace,payer\n2026-11-03,55.00,EFT0001,MEADOWLARK HMO\n")
    database = open_database()
    take_in_deposits(database, SYSTEM, tmp_path / "other.csv")
    database.close()

    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "g", "b", "down", "down")
        await settle(pilot)

        assert "5.00 less than its payment 60.00" in cells(app)
        assert "Enter says which remittance it pays" in cells(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_partner_is_made_and_set_and_a_wrong_value_is_refused(
    as_administrator: None, size: tuple[int, int]
) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "g", "t", "a")
        await type_text(pilot, "Clearing")
        await keys(pilot, "enter")
        await type_text(pilot, "CLEAR1")
        await keys(pilot, "enter")
        await settle(pilot)
        assert_golden(app, f"partners-{size[0]}x{size[1]}")

        await keys(pilot, "e")
        await type_text(pilot, "usage_indicator=X")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "expected T or P" in cells(app)


async def test_space_reads_on_to_what_the_patient_owes_on_a_small_screen(paid: None) -> None:
    async with opened((80, 24)) as (app, pilot):
        await keys(pilot, "g", "l", "s")
        await settle(pilot)
        before = cells(app)
        await keys(pilot, "space")
        await settle(pilot)

        assert "Space more" in before and "YOU OWE" not in before
        assert "YOU OWE" in cells(app)


@pytest.mark.parametrize("again", [(), ("s",)], ids=["opened", "sorted"])
async def test_the_claims_are_not_said_to_be_none_before_they_were_read(
    claims: None, monkeypatch: pytest.MonkeyPatch, again: tuple[str, ...]
) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, *(("f4",) if again else ()))
        monkeypatch.setattr(ClaimsScreen, "read_rows", _nothing_yet)
        await keys(pilot, *(again or ("f4",)))
        first, *rows = cells(app).splitlines()

    assert first.endswith("reading")
    assert not any("No claim" in row for row in rows)


async def _nothing_yet(screen: ClaimsScreen) -> None:
    """A record that is slow to answer."""

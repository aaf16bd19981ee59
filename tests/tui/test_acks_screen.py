"""The acknowledgments by keys: what was refused, which claims are at fault, which only traveled, and into a claim."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from codesets.catalog import Reference
from store.acks import take_in
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.export import export_claims
from store.claims.scrubbing import scrub_claim
from store.database import Database, open_database
from store.models import Acknowledgment, Claim, ClaimExport, Finding
from store.terms import ClaimStatus, FindingState
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.test_acks import PROVIDER, Sent, claim_status, implementation, interchange, patient
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text


@pytest.fixture
def answered(as_administrator: None, reference: Reference, tmp_path: Path) -> Sent:
    """Three claims that left in one file; a TA1 of somebody else, a 277CA and a 999 came, in this order."""
    database = open_database()
    sent = _leave(database, reference, tmp_path)
    position = sent.position(sent.numbers[1], "line.2.service_date")
    error = f"AK2*837*{sent.control}~IK3*DTP*{position}**8~IK4*3*1251*8*20269999~IK5*R*5~"
    levels = "QTY*90*1~QTY*AA*1~AMT*YU*100.03~AMT*YY*100.03~" + PROVIDER.format(npi="1234567893")
    levels += _patient(database, sent.numbers[0], "A2:20", "ICN1")
    levels += _patient(database, sent.numbers[1], "A7:562:85", "ICN2")
    for name, content in (
        ("theirs.ta1", interchange(sent, "", "TA1*000099999*261103*1200*R*022~")),
        ("back.277", claim_status(sent, levels)),
        ("back.999", implementation(sent, error, "R")),
    ):
        (tmp_path / name).write_bytes(content)
        take_in(database, SYSTEM, tmp_path / name)
    with database.change(SYSTEM) as change:
        for minute, one in enumerate(change.session.exec(select(Acknowledgment).order_by(col(Acknowledgment.id)))):
            one.received_at = f"2026-11-03T12:0{minute}:00"
    database.close()
    return sent


def _patient(database: Database, number: str, stc: str, payer_number: str) -> str:
    """The patient level of a claim, with the name that the claim states."""
    with database.reading() as session:
        stated = session.exec(select(Claim).where(Claim.claim_number == number)).one().parties["patient"]
    name = f"{stated['family_name']}*{stated['given_name']}".upper()
    return patient(number, stc, payer_number).replace("LINDQVIST*PER", name)


def _leave(database: Database, reference: Reference, folder: Path) -> Sent:
    with database.change(SYSTEM) as change:
        for number in range(3):
            add_coding(change.session, add_encounter(change.session, f"W{number}", f"2026-09-{number + 11}"))
    built = [claim.claim_id for claim in build_claims(database, SYSTEM).built]
    for claim_id in built:
        scrub_claim(database, reference, SYSTEM, claim_id)
    with database.change(SYSTEM) as change:
        for finding in change.session.exec(select(Finding)):
            finding.state = FindingState.OVERRIDDEN
        for claim in change.session.exec(select(Claim)):
            claim.status = ClaimStatus.READY
    export_claims(database, SYSTEM, built, folder / "out.837")
    with database.reading() as session:
        export = session.exec(select(ClaimExport)).one()
        query = select(Claim.claim_number).where(Claim.export_id == export.id).order_by(col(Claim.claim_number))
        numbers = tuple(session.exec(query))
    places = tuple(tuple(place) for place in export.segments)
    controls = (export.interchange_control, export.group_control, export.transaction_control)
    return Sent(*controls, export.receiver, numbers, places)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_an_answer_shows_its_claims_culprits_first(answered: Sent, size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "f4", "g", "f")
        await settle(pilot)
        assert_golden(app, f"acks-refused-{size[0]}x{size[1]}")
        await keys(pilot, "down")
        await settle(pilot)

        assert_golden(app, f"acks-in-part-{size[0]}x{size[1]}")


async def test_enter_opens_the_claim_at_fault_and_after_tab_the_one_that_is_marked(answered: Sent) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "f", "enter")
        await settle(pilot)
        culprit = cells(app).splitlines()[0]
        await keys(pilot, "escape", "tab", "enter")
        await settle(pilot)
        marked = cells(app).splitlines()[0]
        await keys(pilot, "escape")
        await pilot.press("down", "enter")
        await settle(pilot)

        assert answered.numbers[1] in culprit
        assert answered.numbers[0] in marked
        assert answered.numbers[1] in cells(app).splitlines()[0], "the first of the answer that was just moved to"


async def test_views_show_what_was_refused_and_then_what_is_not_ours_and_a_key_without_a_claim_says_why(
    answered: Sent,
) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "g", "f", "v")
        rejected = cells(app)
        await keys(pilot, "v", "enter")

        assert "rejected" in rejected.splitlines()[0] and "1 of 2" in rejected.splitlines()[0]
        assert "not ours: 000099999" in cells(app)
        assert "claim: it names no claim of ours" in cells(app)


async def test_the_acknowledgments_are_for_those_who_bill(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "colon")
        await type_text(pilot, "acks")
        await keys(pilot, "enter")

        assert "you are a coder" in cells(app)


async def test_enter_behind_words_to_filter_by_keeps_them(answered: Sent) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "g", "f", "slash")
        await type_text(pilot, "back")

        await keys(pilot, "enter")

        assert app.crash == ""
        assert "/back" in cells(app)

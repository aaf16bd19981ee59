"""The denial desk by keys: why, what to do, by when, and one step for all that are alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select
from textual.events import Key

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.database import open_database
from store.ledger.charges import bill
from store.models import Claim
from store.queries.denials import DenialRow
from store.remits.posting import take_in
from store.terms import ClaimStatus
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.remittance_samples import a_set, interchange
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text
from tui.screens.denials import DenialsScreen

BODY = (
    *("CLP*C0001*1*150*100**MB*ICN1", "NM1*QC*1*ROE*JANE", "DTM*232*20261001"),
    *("SVC*HC:G0463*100*100**1", "SVC*HC:G0439*50*0**1", "CAS*CO*50*50", "LQ*HE*N115"),
    *("CLP*C0002*4*80*0**MB*ICN2", "NM1*QC*1*DOE*JOHN", "CAS*CO*29*80"),
    *("CLP*C0003*4*30*0**MB*ICN3", "NM1*QC*1*POE*ANN", "CAS*CO*50*30"),
    *("CLP*X0004*4*70*0**MB*ICN4", "NM1*QC*1*LOE*SUE", "CAS*CO*50*70"),
)


@pytest.fixture
def denied(as_administrator: None, tmp_path: Path) -> None:
    """Three denials of one payer, two of them alike; a fourth of a claim that is not ours."""
    path = tmp_path / "era.835"
    path.write_bytes(interchange(a_set(BODY, "100")))
    database = open_database()
    with database.change(SYSTEM) as change:
        for number in range(1, 4):
            encounter = add_encounter(change.session, f"W{number}")
            add_coding(change.session, encounter)
    build_claims(database, SYSTEM)
    with database.change(SYSTEM) as change:
        claims = change.session.exec(select(Claim).order_by(Claim.claim_number))
        for number, claim in enumerate(claims, 1):
            claim.claim_number, claim.status = f"C000{number}", ClaimStatus.EXPORTED
            claim.service_from = claim.service_through = "2026-10-01"  # the day that the payer states
            bill(change, [claim.id])
    take_in(database, SYSTEM, path)
    database.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_desk_looks_as_it_should(denied: None, size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f5", "d")
        await settle(pilot)
        assert_golden(app, f"denials-{at}")
        await keys(pilot, "slash")
        await type_text(pilot, "necessity")
        await keys(pilot, "enter", "equals_sign")
        await settle(pilot)
        assert_golden(app, f"denials-alike-{at}")


async def test_enter_opens_the_claim_of_a_denial_and_esc_leads_back_to_its_row(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "down")
        row = app.screen.rows.selected
        await keys(pilot, "enter")
        claim = cells(app)
        await keys(pilot, "escape")
        back = app.screen.rows.selected

    assert row.claim in claim.splitlines()[0] and back.id == row.id


async def test_enter_on_a_remittance_offers_its_claims(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "enter")
        offered = cells(app)
        await type_text(pilot, "C0002")
        await keys(pilot, "enter")
        claim = cells(app)

    assert "which claim:" in offered and "C0001" in offered
    assert "C0002" in claim.splitlines()[0]


async def test_esc_takes_the_filter_away_before_it_leaves(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "slash")
        await type_text(pilot, "necessity")
        await keys(pilot, "enter", "escape")
        first = cells(app)
        await keys(pilot, "escape")
        then = cells(app)

    assert "Denials" in first.splitlines()[0] and "/necessity" not in first and "1 of 3" in first
    assert "Remittances" in then.splitlines()[0]


async def test_one_step_is_for_all_that_are_alike(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "slash")
        await type_text(pilot, "necessity")
        await keys(pilot, "enter", "equals_sign", "W")
        await type_text(pilot, "too small")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "2 denials written off, 80.00." in cells(app)


async def test_a_key_typed_before_the_rows_are_there_is_meant_for_the_first_of_them(denied: None) -> None:
    async with opened() as (app, pilot):
        for key in ("f5", "d", "l"):
            app.keyboard.take(Key(key, key))
        await settle(pilot)

        assert "what you have to say" in cells(app)


async def test_the_desk_shows_its_first_rows_before_it_has_read_all(
    denied: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.denials.PAGE_ROWS", 1)
    shown: list[tuple[int, str]] = []
    show = DenialsScreen._show_rows

    def seen(screen: DenialsScreen, rows: list[DenialRow]) -> None:
        show(screen, rows)
        shown.append((screen.rows.count, screen.why_not("denial_alike")))

    monkeypatch.setattr(DenialsScreen, "_show_rows", seen)
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d")
        await settle(pilot)

        assert shown == [(1, "the rest of the denials is being read"), (3, "")]
        assert "1 of 3" in cells(app)


async def test_esc_lets_go_of_what_is_taken_together_before_it_leaves(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "equals_sign", "escape")
        apart = cells(app)
        await keys(pilot, "escape")
        await settle(pilot)

        assert apart.startswith(" Denials") and " together  " not in apart and "Nothing is taken together." in apart
        assert cells(app).startswith(" Remittances")


async def test_a_denial_is_taken_and_appealed(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "a")
        await settle(pilot)
        assert "1 denial yours" in cells(app)

        await keys(pilot, "A")
        await type_text(pilot, "note sent")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "1 denial appealed" in cells(app) and "appealed, level 1, rfox" in cells(app)


@pytest.mark.parametrize("size", [(80, 24), (132, 43)])
async def test_the_head_of_the_claims_counts_them_in_the_words_of_their_rows(
    denied: None, size: tuple[int, int]
) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "f4")
        await settle(pilot)
        head = cells(app).splitlines()[0]

        assert " denied  " in head and "exported" not in head and len(head) <= size[0]


async def test_a_closed_denial_says_that_it_is_closed(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "W")
        await type_text(pilot, "small balance")
        await keys(pilot, "enter", "v", "v", "v", "v", "c")
        await settle(pilot)

        assert "it is written off" in cells(app)


async def test_a_denial_whose_money_is_owed_stays_open_and_says_what_to_do_with_it(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "c")
        await type_text(pilot, "done with it")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "nobody would ask for it" in cells(app)


async def test_a_denial_of_a_claim_that_is_not_ours_stands_apart_and_says_why_it_cannot_be_worked(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d")
        living = cells(app)
        await keys(pilot, "v", "v", "v", "v", "v", "W")
        await settle(pilot)

        assert "X0004" not in living
        assert "X0004" in cells(app) and "its claim is not ours" in cells(app)


async def test_the_patient_owes_by_decision_alone_and_undo_opens_it_again(denied: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f5", "d", "P")
        await type_text(pilot, "wants to pay")
        await keys(pilot, "enter")
        await settle(pilot)
        refused = cells(app)

        await keys(pilot, "escape", "W")
        await type_text(pilot, "too small")
        await keys(pilot, "enter")
        await settle(pilot)
        written_off = cells(app)
        await keys(pilot, "u")
        asked = cells(app)
        await type_text(pilot, "wrong one")
        await keys(pilot, "enter")
        await settle(pilot)

        assert "no GA or GX" in refused
        assert "u takes it back" in written_off
        assert "why open 1 denial, 50.00 again" in asked
        assert "1 denial open again, 50.00." in cells(app)

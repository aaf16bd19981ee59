"""Several answers of one claim in one set come to what its last one says, in whatever order the payer sends them."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, func, select

from store.actors import SYSTEM
from store.database import Database
from store.models import JournalLine, Posting, Remittance
from store.remits.posting import cash_of, take_in, unpost
from store.terms import JournalAccount, PostingKind
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_remits_posting import number, paid, reversed_

__all__ = ["number"]


def corrected(number: str) -> tuple[str, ...]:
    """Paid 70 under another number of the payer's."""
    return (f"CLP*{number}*1*100.03*70**HM*ICN2", "CAS*CO*45*30.03")


def denied(number: str) -> tuple[str, ...]:
    return (f"CLP*{number}*4*100.03*0**HM*ICN3", "CAS*CO*50*100.03")


PARTS = {"paid": paid, "paid again": paid, "reversed": reversed_, "corrected": corrected, "denied": denied}
STATED = {"paid": 6_000, "paid again": 6_000, "reversed": -6_000, "corrected": 7_000, "denied": 0}


def post(db: Database, folder: Path, number: str, names: tuple[str, ...], trace: str = "EFT0001") -> str:
    """Post a set of these answers; a provider adjustment takes what is below zero from the next payment."""
    cents = sum(STATED[name] for name in names)
    body = tuple(line for name in names for line in PARTS[name](number))
    forward = (f"PLB*1999999984*20261231*FB:X*{cents / 100}",) if cents < 0 else ()
    path = folder / f"{trace}.835"
    path.write_bytes(interchange(a_set((*body, *forward), str(max(cents, 0) / 100)).replace("EFT0001", trace)))
    (taken,) = take_in(db, SYSTEM, path).sets
    assert taken.outcome == "posted", taken.why
    return taken.remittance_id


def of_claim(db: Database) -> dict[JournalAccount, int]:
    """What payers' answers have posted to the claim."""
    query = (
        select(JournalLine.account, func.sum(JournalLine.cents))
        .join(Posting)
        .where(col(Posting.claim_id).is_not(None), Posting.kind == PostingKind.CLAIM_PAYMENT)
        .group_by(JournalLine.account)
    )
    with db.reading() as session:
        return {account: int(cents) for account, cents in session.exec(query) if cents}


def test_the_order_of_a_set_decides_nothing_where_one_answer_corrects_what_is_repeated(
    db: Database, tmp_path: Path, number: str
) -> None:
    orders = list(permutations(("paid", "reversed", "paid again", "corrected")))
    found = []

    for place, names in enumerate(orders):
        remittance = post(db, tmp_path, number, names, f"EFT{place:04}")
        found.append((of_claim(db), in_all(db, remittance)))
        back(db, remittance)

    corrected_alone = {
        JournalAccount.CASH: 7_000,
        JournalAccount.CONTRACTUAL: 3_003,
        JournalAccount.PAYER_RECEIVABLE: -10_003,
    }
    assert found == [(corrected_alone, 13_000)] * len(orders)


def test_a_payment_of_before_that_a_set_reverses_repeats_and_corrects_leaves_the_correction(
    db: Database, tmp_path: Path, number: str
) -> None:
    post(db, tmp_path, number, ("paid",))
    found = []

    for place, names in enumerate(permutations(("reversed", "paid again", "corrected"))):
        remittance = post(db, tmp_path, number, names, f"EFT1{place:03}")
        found.append(of_claim(db)[JournalAccount.CASH])
        back(db, remittance)

    assert found == [7_000] * 6


@pytest.mark.parametrize(
    ("names", "cents"),
    [
        (("paid", "corrected"), 7_000),
        (("corrected", "paid"), 6_000),
        (("denied", "paid"), 6_000),
        (("paid", "denied"), 6_000),
    ],
)
def test_without_a_reversal_the_last_answer_of_a_set_that_pays_counts(
    db: Database, tmp_path: Path, number: str, names: tuple[str, str], cents: int
) -> None:
    post(db, tmp_path, number, names)

    assert of_claim(db)[JournalAccount.CASH] == cents
    assert of_claim(db)[JournalAccount.PAYER_RECEIVABLE] == -10_003
    assert JournalAccount.DENIED not in of_claim(db)


@pytest.mark.parametrize("names", [("paid", "corrected"), ("corrected", "paid"), ("paid", "reversed", "corrected")])
def test_answers_of_a_set_that_lie_far_apart_post_the_charge_once(
    db: Database, tmp_path: Path, number: str, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    monkeypatch.setattr("store.remits.posting.taking_in._AT_ONCE", 1)

    post(db, tmp_path, number, names)

    assert of_claim(db)[JournalAccount.PAYER_RECEIVABLE] == -10_003


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=5, unique=True), st.booleans())
def test_whatever_a_set_answers_it_comes_to_its_payment_and_posts_the_charge_once(
    db: Database, tmp_path: Path, number: str, names: list[str], before: bool
) -> None:
    with db.reading() as session:
        seen = session.exec(select(func.count(col(Remittance.id)))).one()
    first = [post(db, tmp_path, number, ("paid",), f"EFT{seen:04}")] if before else []

    remittance = post(db, tmp_path, number, tuple(names), f"EFT5{seen:03}")

    alone = in_all(db, remittance)
    charged = -of_claim(db).get(JournalAccount.PAYER_RECEIVABLE, 0)
    for one in (remittance, *first):
        back(db, one)
    assert alone == sum(STATED[name] for name in names)
    assert charged in (0, 10_003) or before and "reversed" not in names


def in_all(db: Database, remittance: str) -> int:
    """Posted and unapplied cents of a remittance, before what its provider adjustments take."""
    taken = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting)
        .where(Posting.remittance_id == remittance, JournalLine.account == JournalAccount.PROVIDER_LEVEL)
    )
    with db.reading() as session:
        return cash_of(session, remittance) + int(session.exec(taken).one())


def back(db: Database, remittance: str) -> None:
    unpost(db, SYSTEM, remittance, "to see it again", though_reversed=True)

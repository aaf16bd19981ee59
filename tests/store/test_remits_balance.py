"""A remittance is added up on every level, to the cent, before any of it may be posted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.remits.balance import SetSummary, examine
from tests.codesets.shared_data import SHARED
from tests.store.remittance_samples import DENIED_CLAIM, HEAD, PAID_CLAIM, REVERSED_CLAIM, a_set, interchange


def only(body: tuple[str, ...], paid: str = "100", head: tuple[str, ...] = HEAD) -> SetSummary:
    (found,) = examine(interchange(a_set(body, paid, head=head))).sets
    return found


def test_a_set_that_adds_up_may_be_posted() -> None:
    found = only((*PAID_CLAIM, *DENIED_CLAIM))

    assert (found.claims, found.lines, found.paid_cents, found.difference, found.held) == (2, 1, 10_000, 0, ())


def test_provider_adjustments_reduce_the_payment() -> None:
    assert only((*PAID_CLAIM, "PLB*1999999984*20261231*WO:X*30"), paid="70").held == ()
    assert only((*PAID_CLAIM, "PLB*1999999984*20261231*WO:X*30"), paid="100").difference == 3_000


def test_a_reversal_takes_its_money_back() -> None:
    assert only((*PAID_CLAIM, *REVERSED_CLAIM), paid="0").held == ()


def test_a_payment_without_claims_adds_up_by_its_provider_adjustments() -> None:
    assert only(("PLB*1999999984*20261231*FB:X*-12.34",), paid="12.34").held == ()


def test_a_line_that_is_off_by_a_cent_holds_the_set_and_says_where() -> None:
    found = only(tuple(part.replace("CAS*CO*253*10", "CAS*CO*253*10.01") for part in PAID_CLAIM))

    assert [(one.place, one.difference) for one in found.imbalances] == [
        ("claim C0001 line 1 G0463", 1),
        ("claim C0001", 1),
    ]
    assert found.held == (
        "claim C0001 line 1 G0463 states 120.00, adds up to 119.99, difference 0.01 (segment 13)",
        "claim C0001 states 100.00, adds up to 99.99, difference 0.01 (segment 9)",
    )


def test_an_adjustment_stated_at_claim_and_at_line_counts_twice() -> None:
    found = only((PAID_CLAIM[0], "CAS*CO*253*10", *PAID_CLAIM[1:]))

    assert [one.place for one in found.imbalances] == ["claim C0001"]


def test_a_negative_payment_is_held() -> None:
    found = only(("PLB*1999999984*20261231*WO:X*5",), paid="-5")

    assert found.difference == 0
    assert found.held[0].startswith("the payment is negative")


def test_a_set_without_its_payment_is_held() -> None:
    found = only(PAID_CLAIM, head=HEAD[2:])

    assert [why for why in found.held if "BPR" in why]


def test_a_wrong_count_belongs_to_the_sets_inside_it_alone() -> None:
    wrong = interchange(a_set(PAID_CLAIM), a_set(PAID_CLAIM, control="0002")).replace(b"GE*2*", b"GE*1*")

    sets = examine(interchange(a_set(PAID_CLAIM)) + wrong).sets

    assert [len(one.miscounted) for one in sets] == [0, 1, 1]


def test_a_set_that_is_cut_off_is_held() -> None:
    content = interchange(a_set((*DENIED_CLAIM, *DENIED_CLAIM), paid="0"))

    (found,) = examine(content[: content.index(b"SE*")]).sets

    assert found.held == ("the set is cut off before its SE",)


amounts = st.integers(-1_000_000, 1_000_000)


def dollars(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"


@given(st.lists(st.tuples(amounts, st.lists(amounts, max_size=4)), max_size=6), amounts, st.integers(-5, 5))
def test_the_difference_is_exactly_what_the_payment_is_off_by(
    stated: list[tuple[int, list[int]]], provider: int, error: int
) -> None:
    body: list[str] = []
    total = -provider
    for number, (charge, adjustments) in enumerate(stated):
        paid = charge - sum(adjustments)
        total += paid
        body.append(f"CLP*C{number}*1*{dollars(charge)}*{dollars(paid)}**HM*I{number}")
        body += [f"CAS*CO*45*{dollars(one)}" for one in adjustments]
    body.append(f"PLB*1999999984*20261231*WO:X*{dollars(provider)}")

    found = only(tuple(body), paid=dollars(total + error))

    assert found.difference == error
    assert found.imbalance_count == (error != 0)


SAMPLES = SHARED / "data" / "x12" / "835"
UNBALANCED = {
    "kputnam__3a.edi": ["the payment (BPR02)"],
    "kputnam__recover.txt": ["claim 0001000054 line 1 11040"],
    "kputnam__split.edi": ["claim 0001000054", "the payment (BPR02)", "the payment (BPR02)"],
    "linuxforheal__tertiary-payment.835": ["claim 0001000054 line 1 "],
    "moov-io__sample1.txt": ["claim 9999999"],
    "moov-io__sample2.txt": ["claim 1234567-001"],
}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="public sample remittances are not here")
def test_public_samples_balance_but_those_that_are_known_not_to() -> None:
    found = {
        path.name: [each.place for one in examine(path.read_bytes()).sets for each in one.imbalances]
        for path in sorted(SAMPLES.iterdir())
    }

    assert len(found) == 20
    assert {name: places for name, places in found.items() if places} == UNBALANCED

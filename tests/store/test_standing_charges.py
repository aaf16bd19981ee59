"""What is left of posted charges: what names the charge that it takes back, and what does not."""

from __future__ import annotations

import pytest

from store.queries.standing import Left, PostedCharge, left_of, service_of

DAY = service_of("J1885", ("LT",), "2026-09-10")


def charge(number: str, cents: int, units: int = 1, service: str = DAY) -> PostedCharge:
    return PostedCharge(number, "", units, cents, service)


def test_a_credit_under_a_number_of_its_own_takes_its_charge_back() -> None:
    left = left_of([charge("C1", 10001), charge("K9", -10001, -1)])

    assert left["C1"] == Left(1, 0, stands=False)


def test_a_part_that_is_credited_leaves_the_rest() -> None:
    left = left_of([charge("C1", 10001, 3), charge("K9", -3334, -1)])

    assert left["C1"] == Left(2, 6667, stands=True)


def test_credits_of_the_price_leave_the_units() -> None:
    left = left_of([charge("C1", 10001), charge("K8", -4000, -1), charge("K9", -4000, -1)])

    assert left["C1"] == Left(1, 2001, stands=True)


def test_a_charge_without_money_is_credited_by_its_units() -> None:
    left = left_of([charge("C1", 0, 3), charge("K9", 0, -1)])

    assert left["C1"] == Left(2, 0, stands=True)


def test_a_credit_goes_to_the_charge_of_just_so_much() -> None:
    left = left_of([charge("C1", 20000), charge("C2", 10000), charge("K9", -10000, -1)])

    assert (left["C1"].stands, left["C2"].stands) == (True, False)


def test_two_credits_take_two_charges_back() -> None:
    left = left_of([charge("C1", 5000), charge("C2", 5000), charge("K8", -5000, -1), charge("K9", -5000, -1)])

    assert [left[number].stands for number in ("C1", "C2")] == [False, False]


@pytest.mark.parametrize(
    "other",
    [
        service_of("J1100", ("LT",), "2026-09-10"),
        service_of("J1885", ("RT",), "2026-09-10"),
        service_of("J1885", ("LT",), "2026-09-11"),
        "",
    ],
)
def test_a_credit_of_another_service_takes_nothing_back(other: str) -> None:
    left = left_of([charge("C1", 10001), charge("K9", -10001, -1, other)])

    assert left["C1"] == Left(1, 10001, stands=True)


def test_a_credit_of_more_than_there_is_takes_nothing_back() -> None:
    left = left_of([charge("C1", 5000), charge("K9", -10000, -1)])

    assert left["C1"].stands


def test_a_charge_that_was_reversed_by_name_is_not_credited_again() -> None:
    reversal = PostedCharge("C1~R", "C1", -1, -5000, DAY)

    left = left_of([charge("C1", 5000), reversal, charge("C2", 5000), charge("K9", -5000, -1)])

    assert (left["C1"].stands, left["C2"].stands) == (False, False)

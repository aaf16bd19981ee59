"""Amounts are read one way: what could mean another amount is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from store.amounts import amount_of
from store.intake.hl7v2.values import cents
from store.x12.remittance import cents as real
from tui.money import cents_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1184", "1184"),
        ("$1,184.00", "1184"),
        ("-72.5", "-72.5"),
        (" .5 ", "0.5"),
        ("+3", "3"),
        ("1,234,567.8", "1234567.8"),
    ],
)
def test_an_amount_is_read(text: str, amount: str) -> None:
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$",
        ".",
        "12,50",
        "1.234,50",
        "1,23",
        "1,2,3.4",
        "1e3",
        "1_000",
        "١٢٣",
        "NaN",
        "inf",
        "(5.00)",
        "$-5",
        "1,0000",
        "5 EUR",
    ],
)
def test_what_could_mean_another_amount_is_none(text: str) -> None:
    assert amount_of(text) is None
    assert cents(text) is None
    assert cents_of(text) is None


@pytest.mark.parametrize("text", ["1,000", "$1", "1e3", "1_000", "١٢٣", "+1", "1.001", "."])
def test_an_amount_of_x12_has_digits_a_point_and_a_minus_alone(text: str) -> None:
    assert real(text) is None

"""Amounts of money as people and systems write them, read one way everywhere: dollars with a point before the cents.

Thousands may stand in groups of three behind commas. Whatever could mean another amount is none: a comma before the
cents (12,50), exponents, underscores, digits of other scripts.
"""

from __future__ import annotations

import re
from decimal import Decimal

from codesets.errors import UsageError

MOST_WHOLE = 2**63 - 1
"""The largest whole number that the record keeps, and the most cents (INTEGER of SQLite, BIGINT of PostgreSQL)."""


class NumberTooLarge(UsageError, OverflowError):
    """A whole number is beyond what the record keeps: whatever asked for it, nothing was done."""

    def __init__(self) -> None:
        super().__init__(
            "a number is too large for the record", f"whole numbers go from {-MOST_WHOLE:,} to {MOST_WHOLE:,}"
        )


_AMOUNT = re.compile(r"[+-]?\$?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?")


def amount_of(text: str) -> Decimal | None:
    """Dollars, such as 1184, $1,184.00 or -72.5; None for what is no amount."""
    text = text.strip()
    if not _AMOUNT.fullmatch(text) or not any(sign.isdigit() for sign in text):
        return None
    return Decimal(text.replace(",", "").replace("$", ""))

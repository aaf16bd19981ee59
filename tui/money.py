"""Money as screens and text show it."""

from __future__ import annotations

from codesets.errors import UsageError
from store.permissions.columns import COVER

MOST_DOLLARS = 10**9


def dollars(cents: int | None) -> str:
    """Cents as dollars with two decimals and no sign of currency: `1,184.00`, `-72.22`; dots for what is covered."""
    if cents is None:
        return COVER
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def cents_of(text: str) -> int | None:
    """An amount as people type it (20, $1,184.00), in cents; None for what is none."""
    from store.amounts import amount_of  # brings decimal numbers, which no screen shows

    amount = amount_of(text)
    if amount is None or not 0 <= amount < MOST_DOLLARS or amount * 100 % 1:
        return None
    return int(amount * 100)


def cents_asked(text: str) -> int:
    """The same of a command line. Raises UsageError."""
    if (cents := cents_of(text)) is None:
        raise UsageError(f"expected an amount such as 20.00, got {text[:40]!r}")
    return cents


def filing_words(days_left: int) -> str:
    """How long a claim may still be filed, or how long that is over."""
    if days_left < 0:
        return f"The filing limit passed {-days_left} {'day' if days_left == -1 else 'days'} ago."
    return f"Filing limit in {days_left} {'day' if days_left == 1 else 'days'}."

"""Numbers as they are typed behind an option, each with its range, for every command that takes one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from store.amounts import MOST_WHOLE, amount_of

_WHOLE = re.compile(r"[0-9]{1,40}")
_PERCENT = re.compile(r"[0-9]{0,3}(?:\.[0-9]{1,6})?")


def how_many(text: str) -> int:
    """A number of rows or things. Raises ArgumentTypeError, which the parser tells with the option, for any other."""
    if not (_WHOLE.fullmatch(text) and 0 < int(text) <= MOST_WHOLE):
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, at most {MOST_WHOLE:,}, got {text[:60]!r}")
    return int(text)


def whole(least: int = 0, most: int = MOST_WHOLE) -> Callable[[str], int]:
    """What reads a whole number of a range, both ends included."""

    def read(text: str) -> int:
        if not (_WHOLE.fullmatch(text) and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"expected a whole number from {least:,} to {most:,}, got {text[:60]!r}")
        return int(text)

    return read


def percent(text: str) -> float:
    """A share in percent, above 0 and below 100. Raises ArgumentTypeError."""
    if not (_PERCENT.fullmatch(text) and any(c.isdigit() for c in text) and 0 < float(text) < 100):
        raise argparse.ArgumentTypeError(f"expected percent above 0 and below 100, got {text[:60]!r}")
    return float(text)


def dollars_from(text: str) -> int:
    """Dollars from 0 on, as cents. Raises ArgumentTypeError."""
    amount = amount_of(text)
    if amount is None or not 0 <= amount * 100 <= MOST_WHOLE:
        most = f"{MOST_WHOLE // 100:,}"
        raise argparse.ArgumentTypeError(f"expected dollars from 0 to {most}, such as 1,184.00, got {text[:60]!r}")
    return round(amount * 100)

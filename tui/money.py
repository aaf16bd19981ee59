"""Money as screens and text show it."""

from __future__ import annotations


def dollars(cents: int) -> str:
    """Cents as dollars with two decimals and no sign of currency: `1,184.00`, `-72.22`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"

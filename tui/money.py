"""Money as screens and text show it."""

from __future__ import annotations

from store.permissions.columns import COVER


def dollars(cents: int | None) -> str:
    """Cents as dollars with two decimals and no sign of currency: `1,184.00`, `-72.22`; dots for what is covered."""
    if cents is None:
        return COVER
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"

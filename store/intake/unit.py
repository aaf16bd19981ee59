"""One message, document, row or claim on its way to the writer: what it says, and the input it was read from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from store.intake.statement import Item
from store.intake.writer import Raw

_LIKE_SSN = re.compile(rb"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")


@dataclass(frozen=True)
class Unit:
    """What was read at a place of a file. With a `reason` it goes to quarantine; with neither it was not used."""

    place: str
    raw: Raw
    items: tuple[Item, ...] = ()
    reason: str = ""
    passed_over: str = ""
    """What kind of thing it is, where intake does not use that kind."""
    notes: tuple[str, ...] = ()
    """Oddities that cost nothing; a report counts them."""


def refused(place: str, kind: str, content: bytes, reason: str) -> Unit:
    """A unit that could not be read; what looks like a social security number is not kept."""
    return Unit(place, Raw(kind, _LIKE_SSN.sub(b"(number left out)", content)), reason=reason)

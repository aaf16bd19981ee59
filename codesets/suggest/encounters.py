"""At which time an injury is seen, by the words of a note: its 7th character where the note tells of healing.

A fracture that heals is no initial encounter, whoever sees it first; what a note does not tell stays the initial one.
Source: Official Guidelines I.C.19.a and I.C.19.c; the words are data (`data/encounters.csv`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from codesets.suggest.tables import rows

INITIAL = "A"
SUBSEQUENT = "D"


@dataclass(frozen=True)
class Time:
    """The 7th character, and the words that say so as the note has them."""

    seventh: str
    words: str

    def of(self, code: str) -> tuple[str, ...]:
        """The codes to try in place of one of an injury (no dot), the likeliest first; none for other codes."""
        if len(code) != 7 or code[0] not in "ST" or code.startswith("T14") or code[6] != INITIAL:
            return ()
        return tuple(dict.fromkeys((code[:6] + self.seventh, code[:6] + SUBSEQUENT)))


def time_of(texts: Iterable[str]) -> Time | None:
    """What the documents of a chart tell; None where none tells of more than an initial encounter."""
    whole = "\n".join(texts)
    lowered = whole.lower()
    for words, pattern, seventh in _told():
        if words in lowered and (match := pattern.search(whole)):
            return Time(seventh, match[0])
    return None


@cache
def _told() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    found = rows("encounters.csv", ("words", "seventh"))
    return tuple(
        (words, re.compile(rf"(?<!no )(?<!without )\b{re.escape(words)}\b", re.IGNORECASE), seventh)
        for words, seventh in found
    )

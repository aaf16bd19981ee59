"""At which time an injury is seen, by the words of a note: its 7th character where the note tells of healing.

A fracture that heals is no initial encounter, whoever sees it first; what a note does not tell stays the initial one.
Source: Official Guidelines I.C.19.a and I.C.19.c; the words are data (`data/encounters.csv`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from codesets.suggest.cues import Effect, cues
from codesets.suggest.sentences import sentences
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
        timed = code[0] in "STWXYV" and not code.startswith("T14") or code.startswith(_FRACTURES_OF_DISEASE)
        if len(code) != 7 or not timed or code[6] != INITIAL:
            return ()
        return tuple(dict.fromkeys((code[:6] + self.seventh, code[:6] + SUBSEQUENT)))


def time_of(texts: Iterable[str]) -> Time | None:
    """What the documents of a chart tell; None where none tells of more than an initial encounter."""
    whole = "\n".join(texts)
    lowered = whole.lower()
    for words, pattern, seventh in _told():
        for match in pattern.finditer(whole) if words in lowered else ():
            if not _unsaid(whole, match.start(), match.end()):
                return Time(seventh, match[0])
    return None


def _unsaid(text: str, start: int, end: int) -> bool:
    """Whether the sentence around text[start:end] denies, doubts or only warns of what that tells."""
    begin = max(text.rfind(mark, 0, start) for mark in (". ", "\n", "; ")) + 1
    for sentence in sentences(text, begin, min(len(text), end + MOST_BEHIND)):
        places = [place for place, token in enumerate(sentence.tokens) if start <= token.start < end]
        if places:
            return any(cue.effect in _TURNED and cue.reaches(places[0], places[-1] + 1) for cue in cues(sentence))
    return False


_FRACTURES_OF_DISEASE = ("M484", "M485", "M80", "M843", "M844", "M845", "M846")
"""What chapter 13 has of fractures: the same 7th characters tell at which time they are seen (I.C.13.c)."""

MOST_BEHIND = 120
_TURNED = (
    Effect.NEGATED,
    Effect.DOUBTED,
    Effect.HYPOTHETICAL,
    Effect.UNCERTAIN,
    Effect.DIFFERENTIAL,
    Effect.FAMILY,
    Effect.OTHERS,
)


@cache
def _told() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    found = rows("encounters.csv", ("words", "seventh"))
    return tuple(
        (words, re.compile(rf"(?<!no )(?<!without )\b{re.escape(words)}\b", re.IGNORECASE), seventh)
        for words, seventh in found
    )

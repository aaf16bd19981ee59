"""How long a patient was unconscious after a head injury: the sixth character of S06.

Source: ICD-10-CM S06, sixth characters 0 to 6, 9 and A. What a note does not tell stays unspecified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

NONE, UNSPECIFIED, UNKNOWN = "0", "9", "A"
_MINUTES = ((30, "1"), (59, "2"), (359, "3"), (1440, "4"))


@dataclass(frozen=True)
class Unconscious:
    """The sixth character, and the words that say so as the note has them."""

    sixth: str
    words: str

    def of(self, code: str) -> str:
        """The code (no dot) with that character, for a head injury of unspecified duration; empty for another."""
        if len(code) != 7 or not code.startswith("S06") or code[5] not in (UNSPECIFIED, UNKNOWN, "X"):
            return ""
        return f"{code[:5]}{self.sixth}{code[6]}"


def unconscious_of(texts: Iterable[str]) -> Unconscious | None:
    """What the documents of a chart tell, the first that gives a time or denies it; None where none does."""
    denied = None
    whole = "\n".join(texts)
    if not _NAMED_AT_ALL.search(whole):
        return None
    for sentence in re.split(r"(?<=[.;])\s|\n", whole):
        if match := _DENIED.search(sentence):
            denied = denied or Unconscious(NONE, match[0])
        elif lost := _LOST.search(sentence):
            near = sentence[max(0, lost.start() - MOST_BETWEEN) : lost.end() + MOST_BETWEEN]
            if match := _UNSURE.search(near):
                return Unconscious(UNKNOWN, match[0])
            if match := _LASTED.search(near):
                return Unconscious(_character(match), near.strip())
    return denied


def _character(match: re.Match[str]) -> str:
    if match["short"]:
        return "1"
    unit = match["unit"].lower()
    factor = 1 / 60 if unit.startswith("s") else 1 if unit.startswith("m") else 60
    number = float(match["number"]) if match["number"][:1].isdigit() else _COUNTED.get(match["number"].lower(), 3.0)
    minutes = number * factor
    return next((character for most, character in _MINUTES if minutes <= most), "5")


MOST_BETWEEN = 36
_COUNTED = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "five": 5.0, "ten": 10.0}
_NAMED_AT_ALL = re.compile(r"\bLOC\b|conscious|\b(?:knock|pass|black)\w* out\b", re.IGNORECASE)
_NAMED = (
    r"(?:LOC|loss of consciousness|lost consciousness|consciousness lost|(?:was )?unconscious|knocked out|passed out"
    r"|blacked out)"
)
_LOST = re.compile(rf"\b{_NAMED}\b", re.IGNORECASE)
_DENIED = re.compile(
    rf"\b(?:no|denies|denied|without|w/o|never|did not|didn't|negative for)\s+(?:any |have |a |lose |pass |black )?"
    rf"(?:{_NAMED}|consciousness|out)\b|\bLOC[:,]? ?(?:neg\w*|no|denied|none)\b|\(-\) ?LOC\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:unsure|uncertain|unknown (?:if|whether)|unclear|possible|cannot recall|does not recall)\b", re.IGNORECASE
)
_LASTED = re.compile(
    r"(?P<short>\b(?:brief(?:ly)?|momentar\w+|transient(?:ly)?|seconds)\b)"
    r"|(?P<number>\d+(?:\.\d+)?|\ba few|\bfew|\bseveral|\bone|\btwo|\bfive|\bten|\ban?)[ -]?"
    r"(?P<unit>s\b|secs?\b|seconds?\b|min(?:ute)?s?\b|hours?\b|hrs?\b|h\b)",
    re.IGNORECASE,
)

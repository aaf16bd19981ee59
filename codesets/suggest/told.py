"""What the documents of one chart tell as a whole, wherever in them it stands: age, time since an operation, sides.

What is told of a pregnancy, of the time of an injury and of a loss of consciousness is read by its own modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from codesets.suggest.consciousness import Unconscious, unconscious_of
from codesets.suggest.encounters import Time, time_of
from codesets.suggest.fragile import violent
from codesets.suggest.pregnancy import Pregnancy, pregnancy_of
from codesets.suggest.tables import rows


@dataclass(frozen=True)
class Told:
    """What the documents of one chart tell as a whole.

    `years` is the age of the patient, -1 where none is told; `recent` are the words that tell days or weeks since an
    operation, and `sides` the sides named of each part of the body.
    `depths` has those of ulcers, by their character, with the words. `violent` are the words of an injury that would
    break a healthy bone.
    """

    time: Time | None = None
    unconscious: Unconscious | None = None
    pregnancy: Pregnancy = Pregnancy()
    years: float = -1.0
    findings: bool | None = None
    recent: str = ""
    sides: Mapping[str, frozenset[str]] = field(default_factory=dict)
    depths: Mapping[str, str] = field(default_factory=dict)
    violent: str = ""


def told(texts: Iterable[str]) -> Told:
    """What the documents of a chart tell."""
    all_texts = list(texts)
    whole = "\n".join(all_texts)
    found = None if (match := _FINDINGS.search(whole)) is None else not match["denied"]
    operated = _RECENT.search(whole)
    return Told(
        time=time_of(all_texts),
        unconscious=unconscious_of(all_texts),
        pregnancy=pregnancy_of(all_texts),
        years=age(whole),
        findings=found,
        recent=operated[0] if operated else "",
        sides=_sides_told(whole),
        depths=_depths_told(whole),
        violent=violent(whole),
    )


def age(text: str) -> float:
    """The age in years that a text first tells; -1 for none."""
    match = _AGE.search(text)
    if match is None:
        return -1.0
    unit = "m" if match["months"] is not None else (match["unit"] or "y")[0]
    return int(match["number"]) / _IN_A_YEAR.get(unit, 1)


def _depths_told(text: str) -> dict[str, str]:
    lowered = " ".join(text.lower().split())
    return {character: words for words, character in rows("depths.csv", ("words", "character")) if words in lowered}


@cache
def sites() -> frozenset[str]:
    """Parts of the body that a patient has two of, in lower case."""
    return frozenset(word for (word,) in rows("sites.csv", ("site",)))


def _sides_told(text: str) -> dict[str, frozenset[str]]:
    """By part of the body, the sides that a text names right before it."""
    found: dict[str, set[str]] = {}
    for match in _SIDED.finditer(text):
        following = [word.removesuffix("s") for word in match["words"].lower().split()]
        if site := next((word for word in following if word in sites()), ""):
            found.setdefault(site, set()).add(_SIDES[match["side"].lower()])
    return {site: frozenset(sides) for site, sides in found.items()}


_SIDES = {word: side for side in ("right", "left", "bilateral") for word in (side, side[0], f"{side[0]}t")}
_SIDED = re.compile(
    r"\b(?P<side>right|left|bilateral|rt|lt|Right|Left|Bilateral|RIGHT|LEFT|Rt|Lt|RT|LT|R|L)"
    r"[ -](?P<words>[A-Za-z]+(?: [A-Za-z]+)?)\b"
)
_IN_A_YEAR = {"d": 365, "w": 52, "m": 12}
_FINDINGS = re.compile(
    r"(?P<denied>\b(?:no|without|w/o|neg\w* for) (?:any )?)?\babnormal (?:exam )?findings?\b", re.IGNORECASE
)
_AGE = re.compile(
    r"\b(?P<number>\d{1,3})(?:"
    r"[- ]?(?P<unit>years?|yrs?|months?|mos?|weeks?|wks?|days?)"
    r"[- ]?(?:old\b|(?=\s?(?:male|female|boy|girl|infant|well|M\b|F\b)))"
    r"|[- ]?(?:yo\b|y/o\b|y\.o\.|yF\b|yM\b)|[- ]?(?:mo\b|m/o\b)(?P<months>)"
    r"|[- ]?(?=(?:M|F)\b)|\s(?=(?:male|female|man|woman)\b))"
)
_RECENT = re.compile(
    r"\b(?:\d{1,2}|one|two|three|four|six|eight|twelve)[ -]?(?:days?|d|wks?|weeks?|w)\b[ -]?"
    r"(?:s/p|status post|post[ -]?op\w*|out from|after|f/u after)"
    r"|\bPOD ?#? ?\d|\bpost[ -]?op(?:erative)? (?:visit|check|follow)",
    re.IGNORECASE,
)

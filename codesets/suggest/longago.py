"""Whether a symptom, or hives, are told of years ago and nothing says that they go on: they are not coded (IV.J).

A history of a symptom is mostly the present illness ("a two-week history of pain"), so that it stays by itself; one of
years ago is over, unless the sentence tells that it began then, came back, or is still there.
"""

from __future__ import annotations

import re

from codesets.suggest.weights import is_symptom

_PASSING = ("L500", "L509")
"""What comes and goes as symptoms do, and of which a history is no present illness: hives."""


def long_ago(text: str, code: str, cue: str) -> bool:
    """Whether a `cue` of history tells a passing condition of years ago in a sentence that does not bring it to now."""
    passing = code.startswith(_PASSING)
    if not (is_symptom(code) or passing):
        return False
    told = _YEARS.search(cue) or passing and _HISTORY.search(cue)
    return bool(told) and not _GOES_ON.search(_NOT_AGAIN.sub("", text))


_YEARS = re.compile(
    r"\byears? ago\b|\bdecades? ago\b|\bin the past\b|\bin (?:the )?(?:19|20|')\d|\blast year\b|^remote\b|^distant\b"
    r"|^past\b|^previous(?: episodes?)?\b|^prior(?: episodes?)?\b",
    re.IGNORECASE,
)
_HISTORY = re.compile(r"^(?:past )?(?:history|hx) of$|^h/o$", re.IGNORECASE)
_NOT_AGAIN = re.compile(
    r"\b(?:no|without|not|never)(?: any| further| more)? (?:recur\w*|again|since|now|today)\b|\bnone (?:now|since)\b"
    r"|\bnot today\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\b(?:beg[au]n|beginning|start(?:s|ed|ing)?|onset|since|first (?:noticed|noted|appeared|seen|occurred)|developed"
    r"|worse\w*|progress\w*|continu\w*|persist\w*|ongoing|still|again|recur\w*|return\w*|now|today|daily|nightly|weekly"
    r"|chronic|intermittent\w*|present(?:s|ing)?|current\w*|similar|same|like|than|as (?:in|with)"
    r"|(?:past|last) (?:\d+|few|several|couple|two|three|four|five|six|days?|weeks?|months?|years?|hours?|night))\b",
    re.IGNORECASE,
)

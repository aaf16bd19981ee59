"""What a query must not say, and what it must have: each flaw with the words and the rule that they break.

The rules are those of the compliant practice (2022): no payment or quality words, nothing that leads, indicators of
this record, and options that leave every answer open. A flaw that refuses keeps the query from being sent.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from store.provider_queries.tables import OTHER, UNABLE, query_reasons
from store.terms import QueryType


@dataclass(frozen=True)
class Flaw:
    """Something wrong with a query: the words, why, and whether it keeps the query from being sent."""

    words: str
    why: str
    refuses: bool

    @property
    def told(self) -> str:
        return f"“{self.words}”: {self.why}" if self.words else self.why


def lint(
    kind: QueryType, reason: str, question: str, options: Sequence[str], indicators: Sequence[object]
) -> list[Flaw]:
    """The flaws of a query, those that refuse first. `indicators` are only counted; quotes are the record's own."""
    flaws = [*_words(question, "the question"), *(flaw for one in options for flaw in _words(one, "an option"))]
    if not question.strip():
        flaws.append(Flaw("", "a query asks something", True))
    if not indicators:
        flaws.append(Flaw("", "a query quotes at least one clinical indicator of this record", True))
    known = query_reasons().get(reason)
    if known is None:
        flaws.append(Flaw(reason, f"no such reason; there are {', '.join(query_reasons())}", True))
    elif kind is QueryType.YES_NO and not known.yes_no:
        allowed = ", ".join(one.words for one in query_reasons().values() if one.yes_no)
        flaws.append(Flaw("", f"{known.words} is not asked by yes or no, which is for {allowed}", True))
    flaws += _options(kind, question, options)
    return sorted(dict.fromkeys(flaws), key=lambda flaw: not flaw.refuses)


def _options(kind: QueryType, question: str, options: Sequence[str]) -> list[Flaw]:
    if kind is QueryType.OPEN_ENDED:
        return [Flaw("", "an open question has no options", True)] if options else []
    flaws = [Flaw("", f"the options always have “{one}”", True) for one in (OTHER, UNABLE) if one not in options]
    if kind is QueryType.YES_NO:
        return flaws
    clinical = [one for one in options if one not in (OTHER, UNABLE)]
    if not clinical:
        flaws.append(Flaw("", "a choice has at least one clinically supported option", True))
    if len(clinical) == 1:
        flaws.append(Flaw(clinical[0], "a single option beside other and unable to determine leads to it", False))
    named = [one for one in clinical if len(one) > 3 and one.lower() in question.lower()]
    flaws += [Flaw(one, "it leads: the question names one of its own options", True) for one in named]
    return flaws


def _words(text: str, where: str) -> list[Flaw]:
    found = []
    for pattern, why, refuses in _patterns():
        for match in pattern.finditer(text):
            found.append(Flaw(match[0], f"{why} ({where})", refuses))
    return found


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    content = tomllib.loads(files("store.provider_queries").joinpath("lint.toml").read_text(encoding="utf-8"))
    patterns = []
    for entry in content["word"]:
        words = "|".join(
            re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in entry["words"]
        )
        patterns.append((re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), entry["why"], entry["refuse"]))
    return tuple(patterns)

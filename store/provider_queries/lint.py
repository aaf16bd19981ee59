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
from typing import Any

from store.provider_queries.tables import OTHER, UNABLE, query_reasons
from store.terms import QueryType

_RULED_OUT = re.compile(
    r"\b(?:no|not|denies|denied|without|negative for|ruled out|rule out|r/o)\b[^.;\n]*$", re.IGNORECASE
)
"""What stands before a diagnosis that a document says the patient has not."""


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
    kind: QueryType,
    reason: str,
    question: str,
    options: Sequence[str],
    indicators: Sequence[object],
    documents: Sequence[str] | None = None,
    provider: str | None = None,
) -> list[Flaw]:
    """The flaws of a query, those that refuse first. `indicators` are only counted; quotes are the record's own.

    `documents` are the texts of the chart: a diagnosis that the question names must stand in one of them. Without them
    that is not checked. `provider` is who is asked, empty for nobody; None: not looked at.
    """
    flaws = [*_words(question, "the question"), *(flaw for one in options for flaw in _words(one, "an option"))]
    if not question.strip():
        flaws.append(Flaw("", "a query asks something", True))
    if provider == "":
        flaws.append(Flaw("", "nobody is asked: name a provider", True))
    if not indicators:
        flaws.append(Flaw("", "a query quotes at least one clinical indicator of this record", True))
    known = query_reasons().get(reason)
    if known is None:
        flaws.append(Flaw(reason, f"no such reason; there are {', '.join(query_reasons())}", True))
    elif kind is QueryType.YES_NO and not known.yes_no:
        allowed = ", ".join(one.words for one in query_reasons().values() if one.yes_no)
        flaws.append(Flaw("", f"{known.words} is not asked by yes or no, which is for {allowed}", True))
    flaws += _options(kind, question, options)
    if documents is not None:
        flaws += [
            Flaw(named, "the question says it of the record, and no document of this chart does", True)
            for named, written in _diagnoses()
            if re.search(rf"\b{named}\b", question, re.IGNORECASE) and not _documented(written, documents)
        ]
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


def _documented(written: re.Pattern[str], documents: Sequence[str]) -> bool:
    """Whether a document says it, and does not only rule it out in the words before."""
    places = ((text, match.start()) for text in documents for match in written.finditer(text))
    return any(not _RULED_OUT.search(text[max(at - 24, 0) : at]) for text, at in places)


@cache
def _diagnoses() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (one["named"], re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, one['written']))})(?!\w)", re.IGNORECASE))
        for one in _content()["diagnosis"]
    )


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(files("store.provider_queries").joinpath("lint.toml").read_text(encoding="utf-8"))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    patterns = []
    for entry in _content()["word"]:
        words = [re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in entry["words"]]
        either = "|".join([*words, *entry.get("pattern", ())])
        patterns.append((re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE), entry["why"], entry["refuse"]))
    return tuple(patterns)

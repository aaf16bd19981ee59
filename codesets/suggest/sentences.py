"""A stretch of a note as sentences of tokens with their offsets.

A sentence ends at a full stop (not that of a genus: "E. coli"), a question or exclamation mark, a semicolon, a bullet,
or a line that the next line does not carry on. Tokens are words, numbers and the marks that cues need; question marks
are one of them, since a chart doubts with them ("CKD?", "? PE"). Offsets are characters of the whole text, from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    """A word, a number or a mark as written, and where; `small` is the same in small letters."""

    text: str
    start: int
    end: int
    small: str = ""

    @property
    def is_word(self) -> bool:
        """Whether it has a letter or a digit."""
        return self.text[0].isalnum()


@dataclass(frozen=True)
class Sentence:
    """The tokens between two ends."""

    tokens: tuple[Token, ...]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end


MOST_TOKENS = 120


def sentences(text: str, start: int, end: int) -> Iterator[Sentence]:
    """The sentences of text[start:end]; a sentence of more than MOST_TOKENS tokens is cut."""
    held: list[Token] = []
    for match in _TOKEN.finditer(text, start, end):
        if match.lastgroup in ("stop", "item"):
            if held:
                yield Sentence(tuple(held))
            held = []
            continue
        held.append(Token(match[0], match.start(), match.end(), match[0].lower()))
        if len(held) == MOST_TOKENS or match.lastgroup == "query" and _asked(text, match.start(), match.end()):
            yield Sentence(tuple(held))
            held = []
    if held:
        yield Sentence(tuple(held))


def _asked(text: str, start: int, end: int) -> bool:
    """Whether question marks stand after a word and before a space, as at the end of a sentence."""
    return not text[start - 1 : start].isspace() and start > 0 and text[end : end + 1] in _AFTER_QUESTION


_AFTER_QUESTION = frozenset(["", *" \n\t\r\"')]\u201d"])
_TOKEN = re.compile(
    r"""
    (?P<item>^[^\S\n]*(?:(?:[-*\u2022\#]+|\d{1,2}[.)])(?=\s)|\#+(?=\w)))
    | (?P<short>\b(?:[cswrnbhCSWRNBH]/[oapwOAPW]\b|w/o?(?=[\s\w])|s/p\b|r/o\b|h/o\b|c/w\b|d/t\b|b/l\b))
    | (?P<staged>\b(?:CKD|ckd)(?=[1-5][ab]?\b))
    | (?P<decimal>\d+(?:[.,]\d+)+)
    | (?P<title>\b(?:Dr|Mr|Mrs|Ms|vs|approx|St|No)\.(?=\s))
    | (?P<genus>(?<=\s)[A-Z]\.(?=\s[a-z]{4}))
    | (?P<word>[^\W_]+(?:['\u2019][^\W_]+)?)
    | (?P<query>\?+)
    | (?P<stop> [.!?](?=[\s"')\]]|\Z) | ; | \n\s*\n | \n\s*(?=[-*\u2022\#]|\d{1,2}[.)]\s) | \n(?=\s*[A-Z0-9]) | \u2022)
    | (?P<mark>[,:()/+?%-])
    """,
    re.VERBOSE | re.MULTILINE,
)

"""Text into words, the same way for what is indexed and for what is typed.

Plain letters, lower case, American spelling, no plurals, Roman numerals as digits. Numbers stay words: "stage
3" and "type 2" differ from their neighbors in nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from codesets.search.tables import rows

STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "his",
        "her",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "this",
        "to",
        "versus",
        "vs",
    ]
)

_TOKEN = re.compile(r"[a-z0-9]+")
_POSSESSIVE = re.compile(r"'s\b|'")
_HYPHENATED = re.compile(r"\b([a-z]+)-([a-z]+)\b")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ROMAN_AFTER = {"i": "1", "v": "5", "x": "10"}
_NUMBERED = frozenset(["type", "stage", "grade", "class", "degree", "factor", "level", "phase"])


@cache
def _british() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), form) for pattern, form in rows("british.csv", ("pattern", "american")))


_PLAIN = str.maketrans({"’": "'", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ß": "ss"})


def plain(text: str) -> str:
    """Lower case without accents; anything that has no plain letter is dropped."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_PLAIN)).encode("ascii", "ignore").decode()
    lowered = text.lower()
    return _POSSESSIVE.sub("", lowered) if "'" in lowered else lowered


def words(text: str) -> list[str]:
    """The words of a text in order, stop words left out, repeated words kept."""
    return _words(plain(text))


def joined_words(text: str) -> list[str]:
    """The joined form of every hyphenated pair: "gastro-esophageal" gives one word more."""
    if "-" not in text:
        return []
    return [stem(first + second) for first, second in _HYPHENATED.findall(plain(text))]


def _words(text: str) -> list[str]:
    found: list[str] = []
    before = ""
    for token in _TOKEN.findall(text):
        if token in _ROMAN:
            found.append(_ROMAN[token])
        elif token in _ROMAN_AFTER and before in _NUMBERED:
            found.append(_ROMAN_AFTER[token])
        elif token not in STOP_WORDS:
            found.append(stem(token))
        before = token
    return found


@cache
def stem(word: str) -> str:
    """A word in American spelling without a plural ending."""
    return _singular(american(word))


def american(word: str) -> str:
    """A British spelling as the American one."""
    if _any_british().search(word):
        for pattern, form in _british():
            word = pattern.sub(form, word)
    return word


@cache
def _any_british() -> re.Pattern[str]:
    """Whether a word has any of them: most have none, and this is asked of every word."""
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _british()))


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if len(word) > 6 and word.endswith(("oses", "yses")):
        return word[:-2] + "is"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1]

"""Words of a sentence in another sense than that of a condition: "PE tubes", "bipolar sealing", OD of the right eye.

Sources of the senses are data: phrases (`data/other_senses.csv`), and adjectives that are a condition before some nouns
only (`data/before_nouns.csv`). OD, OS and OU are eyes wherever a chart speaks of eyes; elsewhere OD is an overdose
only where a substance or how it was taken stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from codesets.search.words import STOP_WORDS
from codesets.suggest.sentences import Sentence, Token
from codesets.suggest.tables import rows

EYES = {"OD": "right", "OS": "left", "OU": "bilateral"}


def tells_of_eyes(text: str) -> bool:
    """Whether a document speaks of eyes, so that OD, OS and OU are sides of them."""
    return _EYE.search(text) is not None


def other_senses(sentence: Sentence) -> frozenset[int]:
    """The places of the tokens that mean something else than a condition."""
    tokens = sentence.tokens
    found: set[int] = set()
    for place, token in enumerate(tokens):
        for phrase, meant in _phrases().get(token.small, ()):
            if tuple(one.small for one in tokens[place : place + len(phrase)]) == phrase:
                found.update(place + at for at, word in enumerate(phrase) if not meant or word in meant)
        if token.small in _before_nouns() and _of_another_noun(tokens, place):
            found.add(place)
        if token.text == "OD" and not _overdose(tokens, place):
            found.add(place)
        if token.text == "DME" and not any(one.small.startswith(_RETINA) for one in tokens):
            found.add(place)  # a durable thing, no edema of the macula
    return frozenset(found)


def eyes(sentence: Sentence) -> dict[int, str]:
    """The tokens that tell the side of an eye, with the side."""
    return {place: EYES[token.text] for place, token in enumerate(sentence.tokens) if token.text in EYES}


def _of_another_noun(tokens: Sequence[Token], place: int) -> bool:
    if place + 1 == len(tokens):
        return False
    following = tokens[place + 1]
    if not following.small[0].isalpha() or following.small in STOP_WORDS or following.small in _SMALL:
        return False
    return not following.small.startswith(_before_nouns()[tokens[place].small])


def _overdose(tokens: Sequence[Token], place: int) -> bool:
    before = tokens[place - 1].small if place else ""
    after = tokens[place + 1].small if place + 1 < len(tokens) else ""
    return after in ("on", "of", "with", "by") or before.endswith(_SUBSTANCES) or before in _TAKEN


@cache
def _phrases() -> dict[str, list[tuple[tuple[str, ...], frozenset[str]]]]:
    found: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for phrase, meant in rows("other_senses.csv", ("phrase", "words")):
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append((words, frozenset() if meant == "all" else frozenset(meant.split())))
    return found


@cache
def _before_nouns() -> dict[str, tuple[str, ...]]:
    return {word: tuple(nouns.split()) for word, nouns in rows("before_nouns.csv", ("word", "nouns"))}


_RETINA = ("pdr", "npdr", "retin", "macul", "edema")
_SMALL = frozenset(["on", "off", "since", "well", "not", "who", "now", "also", "today", "per", "meds", "currently"])
_TAKEN = frozenset(["intentional", "accidental", "unintentional", "drug", "medication", "pill", "nonfatal", "prior"])
_SUBSTANCES = ("opioid", "opiate", "heroin", "fentanyl", "cocaine", "aspirin", "acetaminophen", "tylenol", "pam")
_EYE = re.compile(
    r"\b(?:OS|OU)\b|\b(?i:eyes?|ocular|visual acuity|IOP|retin\w+|glaucoma\w*|cataracts?|ophthal\w+|optometr\w+"
    r"|macula\w*|cornea\w*|conjunctiv\w+|slit lamp|uveitis|VA)\b"
)

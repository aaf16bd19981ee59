"""A sentence as its words mean it: for each word of the classification, the tokens of the sentence that say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesets.search.words import words
from codesets.suggest import names, senses
from codesets.suggest.acuity import Owned, owned
from codesets.suggest.lexical import ABBREVIATION, LETTER_A, NUMBERED, Lexical, after_count, counted_by, token_words
from codesets.suggest.sentences import Sentence

Span = tuple[int, int, float]
"""The tokens begin..end (end exclusive) that say a word, and how surely, up to 1."""

MOST_WORTH = 14.0
UNKNOWN_WORTH = 6.0
# What stands between words as if it were words: a comma more than "and"; "on" leads to another thing.
_BARRIERS = {",": 3, ":": 2, "(": 1, ")": 1}
# "metastases from breast cancer" are not in the breast.
FROM_ELSEWHERE = 7
_SPREAD = ("metasta", "mets", "spread", "secondar")
ACUTE = ("acute", "chronic", "subacute")
_JOINS = {"and": 1, "or": 1, "on": 5}


@dataclass(frozen=True)
class Read:
    """A sentence with what its tokens mean. Tokens are numbered from 0.

    `normal` is the word of each token, `worth` how much it says, `places` its place with what parts it from
    the others counted in. `abbreviated` has the tokens that are abbreviations, with how much all words of their
    sense say; `excluded` the normal words, two at most, that follow "without". `counts` has the numbers that say
    what they count by the word before them ("CKD 4"), with what that is. `acuity` has the tokens that tell one by
    themselves, with the tokens that it tells of. `has_numbers` says whether any token is a number;
    `said` is the sentence as it is written, and whether its document speaks of eyes: all that the rest depends on.
    """

    sentence: Sentence
    normal: tuple[str, ...]
    worth: tuple[float, ...]
    places: tuple[int, ...]
    spans: dict[int, list[Span]]
    abbreviated: dict[int, float]
    excluded: tuple[str, ...]
    counts: Mapping[int, str]
    acuity: Owned
    has_numbers: bool = True
    said: tuple[str, bool] = ("", False)

    def says(self, tokens: Iterable[int]) -> float:
        """How much these tokens say."""
        return sum(self.worth[token] for token in tokens)

    def counted(self, token: int) -> bool:
        """Whether the token is a number that the word before it counts: "type 2"."""
        if token in self.counts:
            return True
        return self.normal[token][:1].isdigit() and token > 0 and self.normal[token - 1] in NUMBERED

    def numbers_fit(self, tokens: Iterable[int], text: str) -> bool:
        """Whether every number among the tokens counts what the text counts: the 2 of "type 2" is no stage."""
        if not self.has_numbers:
            return True
        counted = [
            f"{self.counts.get(token) or self.normal[token - 1]} {self.normal[token]}"
            for token in tokens
            if self.counted(token)
        ]
        if not counted:
            return True
        said = " ".join(words(text))
        return all(number in said for number in counted)

    def contradicts(self, text: str) -> bool:
        """Whether a term has "with" what the sentence says it is without."""
        if not self.excluded:
            return False
        said = " ".join(words(text))
        return any(f"with {phrase}" in said for phrase in self.excluded)


def read(sentence: Sentence, lexical: Lexical, idf: NDArray[np.float32], of_eyes: bool = False) -> Read:
    """What the tokens of a sentence mean; `idf` is how much each word of the classification says.

    Names and words in another sense say nothing; `of_eyes` says that OD, OS and OU are sides.
    """
    normal = token_words(sentence.tokens, lexical)
    sides = senses.eyes(sentence) if of_eyes else {}
    for number in (names.named(sentence) | senses.other_senses(sentence)) - sides.keys():
        normal[number] = ""
    for number, side in sides.items():
        normal[number] = lexical.normal(side)
    spans: dict[int, list[Span]] = {}
    content: list[int] = []
    places: list[int] = []
    worth = [0.0] * len(normal)
    abbreviated: dict[int, float] = {}
    place = 0
    for number, (token, word) in enumerate(zip(sentence.tokens, normal, strict=True)):
        if not word:
            place += _BARRIERS.get(token.text, 0) or _joins(sentence, number)
            places.append(place)
            continue
        place += 1
        places.append(place)
        content.append(number)
        own = word[:1].isdigit() or word == LETTER_A or number in sides
        meanings = lexical.meanings(word if own else token.text)
        if number in sides:
            meanings = (*meanings, *lexical.meanings("eye"))
        exact = [float(idf[meaning.word]) for meaning in meanings if meaning.weight == 1.0]
        worth[number] = exact[0] if exact else UNKNOWN_WORTH if meanings else 0.0
        if meanings and meanings[0].weight == ABBREVIATION:
            abbreviated[number] = sum(float(idf[meaning.word]) for meaning in meanings)
            worth[number] = min(abbreviated[number], MOST_WORTH)
        for meaning in meanings:
            spans.setdefault(meaning.word, []).append((number, number + 1, meaning.weight))
    counts = _add_counts(sentence, normal, spans, lexical)
    _add_phrases(normal, content, spans, lexical)
    _add_joined(sentence, normal, spans, lexical)
    acuity = _own_acuity(sentence, spans, abbreviated, lexical)
    excluded = _excluded(normal)
    numbers = any(word[:1].isdigit() for word in normal)
    return Read(
        sentence, tuple(normal), tuple(worth), tuple(places), spans, abbreviated, excluded, counts, acuity, numbers
    )


def _own_acuity(
    sentence: Sentence, spans: dict[int, list[Span]], abbreviated: Mapping[int, float], lexical: Lexical
) -> Owned:
    """What each acuity tells of, where a word or a phrase of its own says it; one word says one acuity only."""
    named = [number for word in ACUTE for number in lexical.numbers(word) if number in spans]
    surest: dict[tuple[int, int], float] = {}
    for number in named:
        for begin, end, weight in spans[number]:
            surest[begin, end] = max(surest.get((begin, end), 0.0), weight)
    for number in named:
        spans[number] = [
            (begin, end, weight)
            for begin, end, weight in spans[number]
            if end - begin > 1 or weight == surest[begin, end]
        ]
        if not spans[number]:
            del spans[number]
    spelled_out = {token for token in abbreviated if len(lexical.meanings(sentence.tokens[token].text)) > 1}
    tells = {(begin, end) for number in named for begin, end, _ in spans.get(number, ()) if begin not in spelled_out}
    return owned(sentence, tells)


def says_without(text: str, said: Iterable[str]) -> bool:
    """Whether a term denies these normal words itself: "diverticulitis without perforation or abscess"."""
    _, _, denied = " ".join(words(text)).partition(" without ")
    return bool(denied) and set(said) <= set(denied.split())


def _joins(sentence: Sentence, place: int) -> int:
    """How much a small word parts those around it; "acute on chronic" and "pain on the left" are one thing."""
    written = [token.small for token in sentence.tokens[max(0, place - 1) : place + 3]]
    if "on" in written[:2] and (written[:1] in (["acute"], ["ac"]) or {"left", "right"} & set(written[-2:])):
        return 0
    if "from" in written[:2] and written[0].startswith(_SPREAD):
        return FROM_ELSEWHERE
    return _JOINS.get(sentence.tokens[place].small, 0)


def _add_counts(
    sentence: Sentence, normal: list[str], spans: dict[int, list[Span]], lexical: Lexical
) -> dict[int, str]:
    """Add what a bare number counts after words that are always counted alike: "CKD 4" is stage 4."""
    tokens, found = sentence.tokens, {}
    for place in range(1, len(tokens)):
        counted = counted_by().get(tokens[place - 1].small)
        if counted is None or tokens[place].start - tokens[place - 1].end > 1:
            continue
        number = after_count(tokens[place].text)
        if number and (word := lexical.number(counted)) is not None:
            normal[place], found[place] = number, counted
            spans.setdefault(word, []).append((place, place + 1, 1.0))
            for meaning in lexical.meanings(number):
                spans.setdefault(meaning.word, []).append((place, place + 1, meaning.weight))
    return found


def _add_phrases(normal: Sequence[str], content: Sequence[int], spans: dict[int, list[Span]], lexical: Lexical) -> None:
    """Add what phrases of the sentence stand for besides their words."""
    said = [normal[number] for number in content]
    for start, word in enumerate(said):
        for size in lexical.phrase_sizes(word):
            if start + size > len(said):
                continue
            end = content[start + size - 1] + 1
            for meaning in lexical.phrase(tuple(said[start : start + size])):
                spans.setdefault(meaning.word, []).append((content[start], end, meaning.weight))


def _add_joined(sentence: Sentence, normal: Sequence[str], spans: dict[int, list[Span]], lexical: Lexical) -> None:
    """Add the words that a hyphen parts: "pre-diabetes" is prediabetes, "A-fib" an abbreviation."""
    tokens = sentence.tokens
    for place in range(1, len(tokens) - 1):
        if tokens[place].text != "-" or tokens[place - 1].end != tokens[place].start:
            continue
        if tokens[place].end != tokens[place + 1].start:
            continue
        written = tokens[place - 1].text + tokens[place + 1].text
        if len(written) > 2 and lexical.is_abbreviation(written):
            for meaning in lexical.meanings(written):
                spans.setdefault(meaning.word, []).append((place - 1, place + 2, meaning.weight))
        if not (normal[place - 1] and normal[place + 1]):
            continue
        joined = lexical.number(lexical.normal(written))
        if joined is not None:
            spans.setdefault(joined, []).append((place - 1, place + 2, 1.0))


def _excluded(normal: Sequence[str]) -> tuple[str, ...]:
    said = [word for word in normal if word]
    return tuple(" ".join(said[place + 1 : place + 3]) for place, word in enumerate(said) if word in ("without", "wo"))

"""From a typed word to the words of the index that it may mean, each with a weight up to 1.

All of it works on the vocabulary, some ten thousand words, never on titles, and is remembered per word, so
that the next keystroke finds most of the work done. A typo never replaces a word that the vocabulary has, and
numbers are never guessed at.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from os.path import commonprefix

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from codesets.search import lexicon
from codesets.search.index import Segment
from codesets.search.words import american, stem

MOST_BEGINNINGS = 48
_LONGEST_WORD = 40

# Endings by which words of one long stem differ: infect-ed, infect-ion, infect-ive.
_ENDINGS = frozenset(
    [
        "",
        "",
        "a",
        "al",
        "ally",
        "ar",
        "ary",
        "ate",
        "ated",
        "ation",
        "ed",
        "ement",
        "ent",
        "es",
        "e",
        "er",
        "ia",
        "ial",
        "iac",
        "ic",
        "ical",
        "id",
        "ing",
        "ion",
        "ions",
        "is",
        "itic",
        "ity",
        "ive",
        "ization",
        "ized",
        "ly",
        "ment",
        "o",
        "ous",
        "osis",
        "osic",
        "otic",
        "s",
        "sis",
        "t",
        "tic",
        "tion",
        "tive",
        "um",
        "us",
        "y",
    ]
)


class How(StrEnum):
    """How a typed word led to a word of the index."""

    EXACT = "exact"
    BEGINNING = "beginning"
    TYPO = "typo"
    SYNONYM = "synonym"
    STEM = "stem"


@dataclass(frozen=True)
class Match:
    """A word of the vocabulary, by number, with the weight of the match and how it came about."""

    word: int
    weight: float
    how: How


@dataclass(frozen=True)
class Expansion:
    """What a typed word may mean: matches by rising weight, and how much the word counts in the query."""

    typed: str
    matches: tuple[Match, ...]
    weight: float
    rows: int


class Vocabulary:
    """The words of one segment with a memory of expansions; for one thread."""

    def __init__(self, segment: Segment) -> None:
        self._words = segment.vocabulary
        self._idf: NDArray[np.float32] = segment.idf
        self._counts = np.diff(segment.starts)
        self._total = len(segment.row_code)
        self.expand = lru_cache(maxsize=4096)(self._expand)

    def __contains__(self, word: str) -> bool:
        return self._find(stem(word)) is not None

    def corrected(self, typed: str) -> str:
        """The word itself, or the likeliest correction of a word that neither index nor phrases know."""
        if typed in self or typed in lexicon.phrase_words() or not typed.isalpha():
            return typed
        best = self.expand(typed, False).matches[-1:]
        return self._words[best[0].word] if best and best[0].how is How.TYPO else typed

    def number(self, word: str) -> int | None:
        """The number of a word as `words` gives it; None when the index does not have it."""
        return self._find(word)

    def word(self, number: int) -> str:
        """The word with this number."""
        return self._words[number]

    def _expand(self, typed: str, growing: bool, whole: bool = False) -> Expansion:
        """The meanings of a typed word, in lower case and plain letters.

        `growing`: it is the last word and may be unfinished. `whole`: it comes from our own data, not from a
        keyboard, and is neither unfinished nor misspelled.
        """
        typed = typed[:_LONGEST_WORD]
        base = stem(typed)
        exact = self._find(base)
        found: dict[int, Match] = {}
        if exact is not None:
            found[exact] = Match(exact, 1.0, How.EXACT)
        for other in lexicon.word_synonyms().get(base, ()):
            self._add(found, self._find(other), 0.85, How.SYNONYM)
        number = typed[0].isdigit()
        if len(base) >= 6 and not number:
            self._add_related(found, base)
        if not (whole and exact is not None) and len(typed) >= 2 and not number:
            strength = 0.93 if exact is None else 0.9 if growing else 0.62
            self._add_beginnings(found, american(typed), strength)
        if exact is None and not number and len(typed) >= 4:
            self._add_typos(found, base, whole)
        return self._expansion(typed, exact, found)

    def _expansion(self, typed: str, exact: int | None, found: dict[int, Match]) -> Expansion:
        matches = tuple(sorted(found.values(), key=lambda match: match.weight))
        rows = int(sum(self._counts[match.word] for match in matches))
        if exact is not None:
            weight = float(self._idf[exact])
        elif matches:
            strong = [match.word for match in matches if match.weight >= 0.8 * matches[-1].weight]
            count = float(self._counts[strong].sum())
            weight = float(np.log((self._total + 1) / (count + 0.5)) + 0.5)
            weight = min(max(weight, 1.0), float(self._idf[strong].max()))
        else:
            weight = 6.0
        return Expansion(typed, matches, weight, rows)

    def _find(self, word: str) -> int | None:
        place = bisect_left(self._words, word)
        return place if place < len(self._words) and self._words[place] == word else None

    @staticmethod
    def _add(found: dict[int, Match], number: int | None, weight: float, how: How) -> None:
        if number is not None and (number not in found or found[number].weight < weight):
            found[number] = Match(number, weight, how)

    def _beginning_with(self, prefix: str) -> range:
        return range(bisect_left(self._words, prefix), bisect_left(self._words, prefix + "{"))

    def _add_beginnings(self, found: dict[int, Match], prefix: str, strength: float) -> None:
        numbers = self._beginning_with(prefix)
        if len(numbers) > MOST_BEGINNINGS:
            counts = self._counts[numbers.start : numbers.stop]
            chosen = np.argpartition(-counts, MOST_BEGINNINGS)[:MOST_BEGINNINGS] + numbers.start
        else:
            chosen = np.arange(numbers.start, numbers.stop)
        for number in chosen.tolist():
            share = len(prefix) / len(self._words[number])
            self._add(found, number, strength * (0.86 + 0.14 * share), How.BEGINNING)

    def _add_related(self, found: dict[int, Match], base: str) -> None:
        """Words of the same long stem with another common ending."""
        shortest = max(5, len(base) - 4)
        for number in self._beginning_with(base[:shortest]):
            other = self._words[number]
            shared = len(commonprefix((base, other)))
            if base[shared:] in _ENDINGS and other[shared:] in _ENDINGS:
                self._add(found, number, 0.8 - 0.03 * (len(base) + len(other) - 2 * shared), How.STEM)

    def _add_typos(self, found: dict[int, Match], base: str, whole: bool) -> None:
        if whole or any(match.how is How.BEGINNING for match in found.values()) and len(base) < 6:
            return
        most = 1 if len(base) <= 5 else 2 if len(base) <= 10 else 3
        near = process.extract(base, self._lengths(len(base), most), scorer=OSA.distance, score_cutoff=most, limit=12)
        for other, edits, _ in near:
            weight = 0.88 - 0.13 * (edits - 1) - (0.08 if other[0] != base[0] else 0.0)
            self._add(found, self._find(other), weight, How.TYPO)
        if not found and len(base) >= 5:
            self._add_misspelled_beginnings(found, base)

    def _add_misspelled_beginnings(self, found: dict[int, Match], base: str) -> None:
        numbers = self._beginning_with(base[0])
        cut = [word[: len(base)] for word in self._words[numbers.start : numbers.stop]]
        most = 1 if len(base) <= 7 else 2
        near = process.extract(base, cut, scorer=OSA.distance, score_cutoff=most, limit=24)
        for _, edits, place in near:
            self._add(found, numbers.start + place, 0.78 - 0.12 * (edits - 1), How.TYPO)

    def _lengths(self, length: int, most: int) -> list[str]:
        return [word for size in range(length - most, length + most + 1) for word in self._by_length.get(size, ())]

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        groups: dict[int, list[str]] = {}
        for word in self._words:
            if not word[:1].isdigit():
                groups.setdefault(len(word), []).append(word)
        return groups

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
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from codesets.search import lexicon, typos
from codesets.search.index import Segment
from codesets.search.initials import spoken
from codesets.search.terms import KIND_WEIGHTS, TermKind
from codesets.search.words import american, stem

MOST_BEGINNINGS = 120
MOST_TYPOS = 12
MOST_SIMILAR = 24
MOST_HELD = 24
# A word that the row has only in parentheses answers the query a little less.
IN_PARENTHESES = 0.9
UNFINISHED = 7
STRONG = 0.97
SYNONYM = 0.87
# Words that are no beginnings of others once they stand inside a query: "with" never means "without".
WHOLE = frozenset({"with"})
UNKNOWN = 5.0
_LONGEST_WORD = 40


class How(StrEnum):
    """How a typed word led to a word of the index."""

    EXACT = "exact"
    BEGINNING = "beginning"
    TYPO = "typo"
    SOUND = "sound"
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


@dataclass(frozen=True, eq=False)
class Held:
    """The rows that hold a word of an expansion, weak matches first, and of each which match it is.

    A match is twice its place, counted from 1, and one more where the row needs the word; `weights` and `worth`
    are by that number: how far a match answers the typed word, and how much of the row it asks for, which is
    nothing for a word that the row has in parentheses.
    """

    rows: NDArray[np.int32]
    matches: NDArray[np.int16]
    weights: NDArray[np.float32]
    worth: NDArray[np.float32]


class Vocabulary:
    """The words of one segment with a memory of expansions; for one thread."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._words = segment.vocabulary
        self._idf: NDArray[np.float32] = segment.idf
        self._counts = np.diff(segment.starts)
        self._total = len(segment.row_code)
        # Scratch of the ranking, one place a row, all zeros between two rankings: to make it anew costs too much.
        self.slots = np.zeros(len(segment.row_code), dtype=np.int16)
        self.marked = np.zeros(len(segment.row_code), dtype=bool)
        self._sounds, self._by_sound = segment.sounds, segment.by_sound
        self.expand = lru_cache(maxsize=4096)(self._expand)
        self.held = lru_cache(maxsize=MOST_HELD)(self._held)

    def __contains__(self, word: str) -> bool:
        return self._find(stem(word)) is not None

    def unfinished(self, typed: str) -> bool:
        """Whether a short word is none yet, but the beginning of some: more keys are to come."""
        short = len(typed) < UNFINISHED - 1 and typed not in self
        return short and any(match.how is How.BEGINNING for match in self.expand(typed, True).matches)

    def with_initials(self, letters: str, most: int) -> list[tuple[str, float]]:
        """The phrases that these are the initials of, plain codes first, each with its weight up to 1."""
        segment = self._segment
        rows = segment.with_initials(letters)
        codes = segment.answer[segment.row_code[rows]]
        worth = KIND_WEIGHTS[segment.row_kind[rows]] + segment.prior[codes]
        found: dict[int, tuple[str, float]] = {}
        for place in np.argsort(-worth, kind="stable").tolist():
            row = int(rows[place])
            path = segment.row_kind[row] >= TermKind.INDEX
            found.setdefault(int(codes[place]), (spoken(segment.text(row), path), min(1.0, float(worth[place]))))
            if len(found) == most:
                break
        return list(found.values())

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

    def _expand(self, typed: str, growing: bool, whole: bool = False, slip: bool = False) -> Expansion:
        """The meanings of a typed word, in lower case and plain letters.

        `growing`: it is the last word and may be unfinished. `whole`: it comes from our own data, not from a
        keyboard, and is neither unfinished nor misspelled. `slip`: a known word may be a slip for another.
        """
        typed = typed[:_LONGEST_WORD]
        base = stem(typed)
        exact = self._find(base)
        found: dict[int, Match] = {}
        if exact is not None:
            found[exact] = Match(exact, 1.0, How.EXACT)
        for other in lexicon.word_synonyms().get(base, ()):
            self._add(found, self._find(other), SYNONYM, How.SYNONYM)
        number = typed[0].isdigit()
        if len(base) >= 6 and not number:
            self._add_related(found, base)
        beginning = not (whole and exact is not None) and (growing or typed not in WHOLE)
        if beginning and len(typed) >= 2 and not number:
            strength = 0.93 if exact is None else 0.9 if growing else 0.62
            self._add_beginnings(found, american(typed), strength)
        # A short word at the end that words begin with is unfinished rather than misspelled.
        unfinished = growing and len(base) < UNFINISHED and any(m.how is How.BEGINNING for m in found.values())
        if exact is None and not number and not whole and len(typed) >= 4 and not unfinished:
            self._add_typos(found, base, typed)
        if slip and exact is not None and not number and len(base) >= 4:
            self._add_other_words(found, base, typed)
        return self._expansion(typed, exact, found)

    def _held(self, typed: str, growing: bool, whole: bool = False, slip: bool = False) -> Held:
        """The rows of a word's expansion, which the next keystroke and the other readings ask for again."""
        matches = self.expand(typed, growing, whole, slip).matches
        weights = np.zeros(2 * len(matches) + 2, dtype=np.float32)
        worth = np.zeros_like(weights)
        if not matches:
            return Held(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int16), weights, worth)
        matched = np.array([match.weight for match in matches], dtype=np.float32)
        weights[2::2], weights[3::2] = matched * np.float32(IN_PARENTHESES), matched
        worth[3::2] = matched * self._idf[[match.word for match in matches]]
        starts = self._segment.starts
        spans = [(starts[match.word], starts[match.word + 1]) for match in matches]
        rows = np.concatenate([self._segment.postings[start:end] for start, end in spans])
        needed = np.concatenate([self._segment.essential[start:end] for start, end in spans])
        places = np.arange(2, 2 * len(spans) + 2, 2, dtype=np.int16)
        return Held(rows, np.repeat(places, [end - start for start, end in spans]) + needed, weights, worth)

    def _expansion(self, typed: str, exact: int | None, found: dict[int, Match]) -> Expansion:
        matches = tuple(sorted(found.values(), key=lambda match: match.weight))
        rows = int(sum(self._counts[match.word] for match in matches))
        if exact is not None:
            weight = float(self._idf[exact])
        elif matches:
            strong = [match.word for match in matches if match.weight >= STRONG * matches[-1].weight]
            count = float(self._counts[strong].sum())
            weight = float(np.log((self._total + 1) / (count + 0.5)) + 0.5)
            weight = min(max(weight, 1.0), float(self._idf[strong].max()))
        else:
            weight = UNKNOWN
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

    def _add_other_words(self, found: dict[int, Match], base: str, typed: str) -> None:
        """Other words that a known one may be a slip for ("racial": "facial") or shares most letters with."""
        for edits, number in self._slips(base, typed, 1):
            self._add(found, number, 0.7 - 0.1 * edits, How.TYPO)
        if len(base) >= 6:
            for share, number in self._segment.similar(base)[:MOST_SIMILAR]:
                self._add(found, number, 0.75 * share, How.STEM)

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
        shortest, endings = max(5, len(base) - 4), lexicon.endings()
        for number in self._beginning_with(base[:shortest]):
            other = self._words[number]
            shared = len(commonprefix((base, other)))
            if base[shared:] in endings and other[shared:] in endings:
                self._add(found, number, 0.8 - 0.03 * (len(base) + len(other) - 2 * shared), How.STEM)

    def _add_typos(self, found: dict[int, Match], base: str, typed: str) -> None:
        """Words one to three slips away, the likeliest slips first; fewer when the word may be a beginning."""
        begun = any(match.how is How.BEGINNING for match in found.values())
        most = 1 if len(base) <= 5 else 2 if len(base) <= 10 else 3
        likely = self._slips(base, typed, most)
        if not likely and len(base) == 5:
            likely = self._slips(base, typed, 2)
        least = min((edits for edits, _ in likely), default=0.0)
        for edits, number in likely[:MOST_TYPOS]:
            if edits <= least + 1.0:
                common = 0.004 * float(np.log1p(self._counts[number]))
                weight = 0.87 - 0.14 * (edits - 0.8) + min(common, 0.03)
                self._add(found, number, weight - 0.1 * (begun and len(base) < 6), How.TYPO)
        if not likely:
            self._add_alike(found, base)
        if not found and len(base) >= 5:
            self._add_misspelled_beginnings(found, base)

    def _slips(self, base: str, typed: str, most: int) -> list[tuple[float, int]]:
        """The weighted edits to the words within some edits, and their numbers, the fewest first."""
        near = process.extract(base, self._comparable(base, most), scorer=OSA.distance, score_cutoff=most, limit=40)
        forms = {base, typed}
        costs = [(min(typos.cost(form, other) for form in forms), self._find(other)) for other, _, _ in near]
        return sorted((edits, number) for edits, number in costs if number is not None)

    def _add_alike(self, found: dict[int, Match], base: str) -> None:
        """Words that sound like the typed one, in whatever letters."""
        key = typos.sound(base).encode()
        if len(key) < 3:
            return
        low, high = (int(np.searchsorted(self._sounds, key, side=side)) for side in ("left", "right"))
        numbers = self._by_sound[low:high].tolist()
        alike = process.extract(
            base, [self._words[number] for number in numbers], scorer=fuzz.ratio, score_cutoff=60, limit=6
        )
        for _, share, place in alike:
            self._add(found, numbers[place], 0.6 + 0.0015 * share, How.SOUND)

    def _add_misspelled_beginnings(self, found: dict[int, Match], base: str) -> None:
        numbers = self._beginning_with(base[0])
        cut = [word[: len(base)] for word in self._words[numbers.start : numbers.stop]]
        most = 1 if len(base) <= 7 else 2
        near = process.extract(base, cut, scorer=OSA.distance, score_cutoff=most, limit=24)
        for _, edits, place in near:
            self._add(found, numbers.start + place, 0.78 - 0.12 * (edits - 1), How.TYPO)

    def _comparable(self, base: str, most: int) -> list[str]:
        """The words of nearly the same length that a slip may have begun like this."""
        first = {base[0], *base[1:2], *typos.neighbors().get(base[0], "")}
        found: list[str] = []
        for length in range(len(base) - most, len(base) + most + 1):
            of_length = self._by_length.get(length, [])
            for letter in first:
                found += of_length[bisect_left(of_length, letter) : bisect_left(of_length, letter + "{")]
        return found

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        """The words but numbers by their length, in order."""
        groups: dict[int, list[str]] = {}
        for word in self._words:
            if not word[:1].isdigit():
                groups.setdefault(len(word), []).append(word)
        return groups

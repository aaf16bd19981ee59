"""Finds the terms of the classification in a note: every word of the term in one sentence, close together.

Terms are looked at by their rarest word, so that a sentence only meets terms that share a rare word with it; the
rest is array work over the whole note. Of the terms found the widest are kept: "type 2 diabetes" goes where
"type 2 diabetes with neuropathy" was found on the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from codesets.search.index import Segment
from codesets.search.vocabulary import Vocabulary
from codesets.search.words import words
from codesets.suggest import reading
from codesets.suggest.acuity import fits
from codesets.suggest.lexical import SAID_SO, Lexical, not_alone
from codesets.suggest.reading import Read, Span
from codesets.suggest.sentences import Sentence
from codesets.suggest.tables import rows
from codesets.suggest.terms import MOST_REQUIRED, own_terms, term_table

# Words that may stand between those of a term: none where a synonym stands for one of them.
MOST_GAP = 2
MOST_GAP_OF_SYNONYMS = 0
LEAST_OF_ABBREVIATION = 0.55
MOST_SPANS = 6
MOST_REMEMBERED = 1000  # sentences
BLOCK = 48  # sentences that are matched at a time
_LINKS = frozenset(["with"])


@dataclass(frozen=True)
class Mention:
    """A term found in a sentence: its row, the position of its code, the tokens that say it, how well (0 to 1).

    `tokens` are places in the sentence, ascending; `weight` is the sum of how much its words say. `core` are those of
    the term itself: a mention that is refined takes others in, which no cue need reach.
    """

    sentence: int
    row: int
    code: int
    tokens: tuple[int, ...]
    weight: float
    quality: float
    core: tuple[int, ...]

    @property
    def begin(self) -> int:
        """The first token."""
        return self.tokens[0]

    @property
    def end(self) -> int:
        """One after the last token."""
        return self.tokens[-1] + 1


@dataclass(frozen=True)
class _Placed:
    """Where the words of a term stand: smaller gaps first, then words themselves before synonyms."""

    gap: int
    synonym: bool
    tokens: tuple[int, ...]


class Matcher:
    """The terms of one release in the form that matching wants; for one thread."""

    def __init__(self, segment: Segment, vocabulary: Vocabulary) -> None:
        self.lexical = Lexical(vocabulary, len(segment.vocabulary) + 1, [term for term, _ in own_terms()])
        self.terms = term_table(segment, self.lexical)
        self._not_alone = frozenset(map(self.lexical.normal, not_alone())) | {""}
        self._sides = frozenset(n for side in ("left", "right") for n in self.lexical.numbers(side))
        self._read: dict[tuple[str, bool], Read] = {}
        self._found: dict[tuple[str, bool], list[Mention]] = {}
        self._heads = frozenset(self.lexical.normal(word) for (word,) in rows("heads.csv", ("word",)))

    def read(self, sentence: Sentence, text: str, of_eyes: bool = False) -> Read:
        """What the tokens of a sentence of a text mean, in a document that speaks of eyes or not.

        A sentence that was read before, as one that is copied from note to note, is not read anew.
        """
        said = (text[sentence.start : sentence.end], of_eyes)
        known = self._read.get(said)
        if known is not None:
            return replace(known, sentence=sentence)
        if len(self._read) >= MOST_REMEMBERED:
            self._read.clear()
        found = reading.read(sentence, self.lexical, self.terms.idf, of_eyes)
        self._read[said] = replace(found, said=said)
        return self._read[said]

    def find(self, read: Sequence[Read]) -> list[Mention]:
        """Every mention of all sentences, in their order, narrower ones beside wider."""
        if len(self._found) >= MOST_REMEMBERED:
            self._found.clear()
        unread = list({one.said: one for one in read if one.said not in self._found}.values())
        for start in range(0, len(unread), BLOCK):
            block = unread[start : start + BLOCK]
            for one in block:
                self._found[one.said] = []
            for mention in self._find(block, 0):
                self._found[block[mention.sentence].said].append(mention)
        return [
            replace(mention, sentence=number) for number, one in enumerate(read) for mention in self._found[one.said]
        ]

    def _find(self, block: Sequence[Read], first: int) -> Iterator[Mention]:
        terms = self.terms
        present = np.zeros((len(block), len(terms.idf)), dtype=np.float32)
        present[:, terms.none] = 1.0
        for number, one in enumerate(block):
            for word, spans in one.spans.items():
                present[number, word] = max(weight for _, _, weight in spans)
        candidates, where = self._candidates(block, present)
        if not len(candidates):
            return
        required = terms.required[candidates]
        strength = (present[where[:, None], required] * terms.idf[required]).sum(axis=1)
        quality = strength / terms.asked[candidates] * terms.worth[candidates]
        # Of the terms with the same words the best; our own are read strictly, others may hold where they do not.
        best: dict[tuple[int, bytes, bool], int] = {}
        for place, (number, row) in enumerate(zip(where.tolist(), candidates.tolist(), strict=True)):
            key = (number, required[place].tobytes(), terms.is_own(row))
            if key not in best or quality[best[key]] < quality[place]:
                best[key] = place
        for (number, _, _), place in best.items():
            wanted = [word for word in required[place].tolist() if word != terms.none]
            mention = self._mention(block[number], int(candidates[place]), wanted, float(quality[place]))
            if mention is not None:
                row, tokens, weight, worth = mention
                yield Mention(first + number, row, int(terms.row_code[row]), tokens, weight, worth, tokens)

    def _candidates(
        self, block: Sequence[Read], present: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The rows all of whose words a sentence has, with the numbers of the sentences, in their order."""
        terms = self.terms
        pairs = [(number, word) for number, one in enumerate(block) for word in one.spans]
        if not pairs:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
        numbers, anchors = np.array(pairs).T
        starts, lengths = terms.anchor_starts[anchors], terms.anchor_counts[anchors]
        ends = np.cumsum(lengths)
        candidates = terms.anchored[np.repeat(starts - (ends - lengths), lengths) + np.arange(int(ends[-1]))]
        where = np.repeat(numbers, lengths)
        for column in range(1, MOST_REQUIRED):
            keep = present[where, terms.required[candidates, column]] > 0
            candidates, where = candidates[keep], where[keep]
        return candidates, where

    def _mention(
        self, read: Read, row: int, wanted: Sequence[int], quality: float
    ) -> tuple[int, tuple[int, ...], float, float] | None:
        """The row, its tokens, how much they say and how well they fit; None when they do not say the term."""
        terms = self.terms
        own = terms.is_own(row)
        placed = _placed(read, wanted, own)
        apart_too_far = placed.gap > (MOST_GAP_OF_SYNONYMS if placed.synonym else MOST_GAP)
        if apart_too_far and not terms.is_wording(row):
            return None
        if read.acuity and not fits(read.acuity, placed.tokens):
            return None
        text = terms.text(row)
        if read.contradicts(text) or not read.numbers_fit(placed.tokens, text):
            return None
        if self._other_side_nearer(read, placed.tokens, wanted):
            return None
        # A cancer is malignant: its behavior is not unspecified.
        if text.endswith("unspecified behavior") and any(read.normal[token] in _MALIGNANT for token in placed.tokens):
            return None
        if placed.synonym and (own or len(wanted) == 1 and self._says_nothing({*words(text)})):
            return None
        if len(placed.tokens) > 1 and _joined(read, placed.tokens) and not _JOINING.search(_ASIDE.sub("", text)):
            return None
        gap = placed.gap
        if apart_too_far:
            whole = not placed.synonym and _only_commas(read, placed.tokens)
            if not (whole or _in_order(read, placed.tokens, text)):
                return None
            gap = 1
        if not own and self._says_nothing({read.normal[token] for token in placed.tokens}):
            return None
        share = self._share_of_abbreviations(read, placed.tokens, wanted)
        if share < LEAST_OF_ABBREVIATION:
            return None
        return row, placed.tokens, read.says(placed.tokens), quality * share * (1 - 0.06 * gap)

    def _other_side_nearer(self, read: Read, tokens: tuple[int, ...], wanted: Sequence[int]) -> bool:
        """Whether the side of a mention belongs to something else: no left of "R hemiparesis from L MCA stroke"."""
        if self._sides.isdisjoint(wanted):
            return False
        named = [word for word in wanted if word in self._sides]
        if len(named) != 1:
            return False
        said = {token for first, last, _ in read.spans[named[0]] for token in range(first, last)}
        others = [token for token in tokens if token not in said]
        rest = [read.places[token] for token in others]
        if not rest:
            return False

        def distance(word: int) -> float:  # a side stands before what it tells of rather than behind it
            places = [(first, read.places[first]) for first, _, _ in read.spans[word]]
            return min(abs(place - other) + 0.5 * (first > others[-1]) for first, place in places for other in rest)

        return any(distance(other) < distance(named[0]) for other in self._sides - {named[0]} if other in read.spans)

    def _share_of_abbreviations(self, read: Read, tokens: tuple[int, ...], wanted: Sequence[int]) -> float:
        """How much of the sense of its abbreviations a mention uses: HIV is no word for "virus" alone."""
        least = 1.0
        for token in tokens if read.abbreviated else ():
            if (total := read.abbreviated.get(token)) is not None:
                used = (word for word in wanted if any(span[:2] == (token, token + 1) for span in read.spans[word]))
                least = min(least, sum(float(self.terms.idf[word]) for word in used) / total)
        return least

    def _says_nothing(self, said: set[str]) -> bool:
        """Whether the words name no condition: sites, tests and the like, alone or together."""
        return said <= self._not_alone and (len(said) < 2 or not said & self._heads)


def apart(read: Read, tokens: tuple[int, ...], others: tuple[int, ...]) -> bool:
    """Whether a comma or "and" parts two mentions: of "colon cancer, breast cancer" neither tells of the other."""
    if tokens[-1] < others[0]:
        between = read.sentence.tokens[tokens[-1] + 1 : others[0]]
    elif others[-1] < tokens[0]:
        between = read.sentence.tokens[others[-1] + 1 : tokens[0]]
    else:
        return False
    return any(token.small in (",", "and") for token in between)


def widest(found: Iterable[Mention]) -> list[Mention]:
    """The mentions of one sentence without those whose words another one has as well; of equals the better."""
    ordered = sorted(found, key=lambda one: (-len(one.tokens), -one.weight * one.quality, one.tokens))
    kept: list[Mention] = []
    for one in ordered:
        tokens = set(one.tokens)
        if not any(tokens <= set(other.tokens) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.tokens)


def _placed(read: Read, wanted: Sequence[int], strictly: bool) -> _Placed:
    """Where the wanted words stand closest together, beginning from each place of the rarest.

    Read `strictly`, a word is not where another stands for it as long as it stands itself somewhere.
    """
    best: _Placed | None = None
    first = _themselves(read.spans[wanted[0]]) if strictly else read.spans[wanted[0]]
    if len(wanted) == 1 and len(first) == 1 and first[0][1] - first[0][0] == 1:  # one word that stands once
        return _Placed(0, first[0][2] < SAID_SO, (first[0][0],))
    for begin, end, weight in first[:MOST_SPANS]:
        tokens = _said(read, begin, end)
        low, high = begin, end
        synonym = weight < SAID_SO
        for word in wanted[1:]:
            near = _nearest(_themselves(read.spans[word]) if strictly else read.spans[word], low, high)
            synonym = synonym or near[2] < SAID_SO
            low, high = min(low, near[0]), max(high, near[1])
            tokens |= _said(read, near[0], near[1])
        gap = read.places[high - 1] - read.places[low] + 1 - len({read.places[token] for token in tokens})
        if best is None or (gap, synonym) < (best.gap, best.synonym):
            best = _Placed(gap, synonym, tuple(sorted(tokens)))
    assert best is not None  # every word of a candidate is there
    return best


def _said(read: Read, begin: int, end: int) -> set[int]:
    """The tokens of a span that are words, without "of" and the like."""
    return {token for token in range(begin, end) if read.normal[token]}


def _themselves(spans: Sequence[Span]) -> Sequence[Span]:
    return [span for span in spans if span[2] >= SAID_SO] or spans


def _nearest(spans: Sequence[Span], low: int, high: int) -> Span:
    """The span that widens low..high least; the word itself before what stands for it."""
    return min(spans, key=lambda span: max(span[1], high) - min(span[0], low) - (2 if span[2] == 1.0 else 0))


def _joined(read: Read, tokens: tuple[int, ...]) -> bool:
    """Whether "and" or "or" stands between the tokens."""
    between = read.sentence.tokens[tokens[0] : tokens[-1]]
    return any(token.small in ("and", "or") for token in between)


_MALIGNANT = frozenset(["cancer", "carcinoma", "malignancy", "malignant", "metastasis", "metastatic", "met"])
_ASIDE = re.compile(r"\([^()]*\)")
_JOINING = re.compile(r"\b(?:and|or|with)\b", re.IGNORECASE)


def _only_commas(read: Read, tokens: tuple[int, ...]) -> bool:
    """Whether nothing but commas stands between tokens, as in "anemia, iron deficiency"."""
    between = set(range(tokens[0], tokens[-1] + 1)) - set(tokens)
    return all(read.sentence.tokens[token].text == "," for token in between)


def _in_order(read: Read, tokens: tuple[int, ...], text: str) -> bool:
    """Whether tokens say a term word for word and in its order, with nothing but commas between."""
    said = [read.normal[token] for token in range(tokens[0], tokens[-1] + 1) if read.normal[token]]
    said = [word for word in said if word not in _LINKS]
    wanted = iter(words(text))
    return len(said) <= len(tokens) and all(word in wanted for word in said)

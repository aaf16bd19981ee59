"""Finds the terms of the classification in a note: every word of the term in one sentence, close together.

All term rows of the search index are looked at by their rarest word, so that a sentence only meets rows that
share a rare word with it; the rest is array work over the whole note. Of the terms found the widest are kept:
"type 2 diabetes" goes where "type 2 diabetes with neuropathy" was found on the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from codesets.search.index import Segment
from codesets.search.terms import KIND_WEIGHTS, TermKind
from codesets.search.vocabulary import Vocabulary
from codesets.search.words import words
from codesets.suggest.lexical import ABBREVIATION, NUMBERED, SAID_SO, Lexical, token_words
from codesets.suggest.sentences import Sentence
from codesets.suggest.tables import rows

MOST_REQUIRED = 8
# Words that may stand between those of a term: fewer where a synonym stands for one of them.
MOST_GAP = 2
MOST_GAP_OF_SYNONYMS = 0
_READ = (
    TermKind.TITLE,
    TermKind.INCLUSION,
    TermKind.INCLUDES,
    TermKind.CROSS_REFERENCE,
    TermKind.INDEX,
    TermKind.INDEX_SEE,
    TermKind.NEOPLASM,
)
MOST_WORTH = 14.0
LEAST_OF_ABBREVIATION = 0.55
# What stands between words as if it were words: a comma more than "and".
_BARRIERS = {",": 3, ":": 2, "(": 1, ")": 1}
_LINKS = frozenset(["with"])
_JOINS = {"and": 1, "or": 1, "on": 5}
BLOCK = 48  # sentences that are matched at a time


@dataclass(frozen=True)
class Mention:
    """A term found in a sentence: its row, the position of its code, the tokens that say it, how well (0 to 1).

    `tokens` are places in the sentence, ascending; `weight` is the sum of how much its words say.
    """

    sentence: int
    row: int
    code: int
    tokens: tuple[int, ...]
    weight: float
    quality: float

    @property
    def begin(self) -> int:
        return self.tokens[0]

    @property
    def end(self) -> int:
        """One after the last token."""
        return self.tokens[-1] + 1


@dataclass(frozen=True)
class Read:
    """A sentence with what its tokens mean: for each word of the classification the token spans that say it.

    `abbreviated` has the tokens that are abbreviations, with how much all the words of their sense say;
    `excluded` the normal words, two at most, that follow "without".
    """

    sentence: Sentence
    normal: tuple[str, ...]
    worth: tuple[float, ...]
    abbreviated: dict[int, float]
    excluded: tuple[str, ...]
    places: tuple[int, ...]
    spans: dict[int, list[tuple[int, int, float]]]


class Matcher:
    """The terms of one release in the form that matching wants."""

    def __init__(self, segment: Segment, vocabulary: Vocabulary) -> None:
        self.segment = segment
        self._own = _own_terms()
        self._none = len(segment.vocabulary)
        self.lexical = Lexical(vocabulary, self._none + 1, [term for term, _ in self._own])
        self._idf = np.concatenate((segment.idf, [0.0], np.full(self.lexical.own_count, OWN_IDF))).astype(np.float32)
        self._not_alone = frozenset(self.lexical.normal(word) for (word,) in rows("not_alone.csv", ("word",))) | {""}
        self._heads = frozenset(self.lexical.normal(word) for (word,) in rows("heads.csv", ("word",)))
        self._prepare()

    def code_of(self, row: int) -> int:
        """The position of the code or header that a row leads to."""
        return int(self._row_code[row])

    def term(self, row: int) -> tuple[str, str]:
        """The text of a row and what kind of term it is."""
        count = len(self.segment.row_code)
        if row >= count:
            return self._own[row - count][0], "everyday term"
        return self.segment.text(row), TermKind(int(self.segment.row_kind[row])).label

    def read(self, sentence: Sentence) -> Read:
        """What the tokens of a sentence mean."""
        normal = token_words(sentence.tokens, self.lexical)
        spans: dict[int, list[tuple[int, int, float]]] = {}
        content: list[int] = []
        place = 0
        places: list[int] = []
        worth = [0.0] * len(normal)
        abbreviated: dict[int, float] = {}
        for number, (token, word) in enumerate(zip(sentence.tokens, normal, strict=True)):
            if word:
                place += 1
                content.append(number)
                written = word if word.isdigit() else token.text
                meanings = self.lexical.meanings(written)
                exact = [float(self._idf[meaning.word]) for meaning in meanings if meaning.weight == 1.0]
                worth[number] = exact[0] if exact else 6.0 if meanings else 0.0
                if meanings and meanings[0].weight == ABBREVIATION:
                    abbreviated[number] = sum(float(self._idf[meaning.word]) for meaning in meanings)
                    worth[number] = min(abbreviated[number], MOST_WORTH)
                for meaning in meanings:
                    spans.setdefault(meaning.word, []).append((number, number + 1, meaning.weight))
            else:
                place += _BARRIERS.get(token.text, 0) or _JOINS.get(token.text.lower(), 0)
            places.append(place)
        self._phrases(normal, content, spans)
        return Read(sentence, tuple(normal), tuple(worth), abbreviated, _excluded(normal), tuple(places), spans)

    def _phrases(
        self, normal: Sequence[str], content: Sequence[int], spans: dict[int, list[tuple[int, int, float]]]
    ) -> None:
        """Add what phrases of the sentence stand for besides their words."""
        said = [normal[number] for number in content]
        for start, word in enumerate(said):
            for size in self.lexical.phrase_sizes(word):
                if start + size > len(said):
                    continue
                for meaning in self.lexical.phrase(tuple(said[start : start + size])):
                    spans.setdefault(meaning.word, []).append(
                        (content[start], content[start + size - 1] + 1, meaning.weight)
                    )

    def worth(self, read: Read, tokens: Iterable[int]) -> float:
        """How much these tokens of a sentence say."""
        return sum(read.worth[token] for token in tokens)

    def find(self, read: Sequence[Read]) -> list[Mention]:
        """Every mention of all sentences, in their order, narrower ones beside wider."""
        found: list[Mention] = []
        for start in range(0, len(read), BLOCK):
            found += self._find(read[start : start + BLOCK], start)
        return found

    def _find(self, block: Sequence[Read], first: int) -> list[Mention]:
        present = np.zeros((len(block), len(self._idf)), dtype=np.float32)
        present[:, self._none] = 1.0
        pairs_s: list[int] = []
        pairs_w: list[int] = []
        for number, one in enumerate(block):
            for word, spans in one.spans.items():
                present[number, word] = max(weight for _, _, weight in spans)
                pairs_s.append(number)
                pairs_w.append(word)
        if not pairs_w:
            return []
        anchors = np.array(pairs_w)
        starts, lengths = self._anchor_starts[anchors], self._anchor_counts[anchors]
        total = int(lengths.sum())
        offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths) + np.arange(total)
        candidates = self._anchored[offsets]
        where = np.repeat(np.array(pairs_s), lengths)
        for column in range(1, MOST_REQUIRED):
            keep = present[where, self._required[candidates, column]] > 0
            candidates, where = candidates[keep], where[keep]
        mentions: list[Mention] = []
        if not len(candidates):
            return mentions
        required = self._required[candidates]
        strength = (present[where[:, None], required] * self._idf[required]).sum(axis=1)
        quality = strength / self._asked[candidates] * self._row_worth[candidates]
        groups: dict[int, dict[bytes, tuple[int, int]]] = {}
        for place, (number, key) in enumerate(zip(where.tolist(), required, strict=True)):
            group = groups.setdefault(number, {})
            # Our own terms are read strictly; the classification's may hold where they do not.
            name = key.tobytes() + (b"o" if candidates[place] >= len(self.segment.row_code) else b"")
            if name not in group or quality[group[name][1]] < quality[place]:
                group[name] = (number, place)
        for number, group in groups.items():
            sentence = [
                self._mention(block[number], first + number, int(candidates[place]), required[place], float(quality[place]))
                for _, place in group.values()
            ]
            mentions += [one for one in sentence if one is not None]
        return mentions

    def _mention(
        self, read: Read, number: int, row: int, required: NDArray[np.uint16], quality: float
    ) -> Mention | None:
        wanted = [word for word in required.tolist() if word != self._none]
        best: tuple[int, bool, tuple[int, ...]] | None = None
        for begin, end, weight in read.spans[wanted[0]][:6]:
            tokens = set(range(begin, end))
            low, high = begin, end
            synonym = weight < SAID_SO
            for word in wanted[1:]:
                near = min(read.spans[word], key=lambda span: _distance(span, low, high))
                synonym = synonym or near[2] < SAID_SO
                low, high = min(low, near[0]), max(high, near[1])
                tokens.update(range(near[0], near[1]))
            gap = read.places[high - 1] - read.places[low] + 1 - len({read.places[token] for token in tokens})
            if best is None or (gap, synonym) < best[:2]:
                best = (gap, synonym, tuple(sorted(tokens)))
        if best is None:
            return None
        gap, synonym, chosen = best
        own = row >= len(self.segment.row_code)
        if read.excluded and contradicts(self.term(row)[0], read.excluded):
            return None
        if own and synonym or not self._numbers_fit(row, read, chosen):
            return None
        if gap > (MOST_GAP_OF_SYNONYMS if synonym else MOST_GAP):
            if not self._in_order(row, read, chosen):
                return None
            gap = 1
        if not own and self._says_nothing({read.normal[token] for token in chosen}):
            return None
        share = self._share_of_abbreviations(read, chosen, wanted)
        if share < LEAST_OF_ABBREVIATION:
            return None
        quality *= share
        strength = self.worth(read, chosen)
        return Mention(number, row, int(self._row_code[row]), chosen, strength, quality * (1 - 0.06 * gap))

    def _in_order(self, row: int, read: Read, tokens: tuple[int, ...]) -> bool:
        """Whether tokens say a title word for word and in its order, with nothing but commas between."""
        text = self.term(row)[0]
        if row < len(self.segment.row_code) and self.segment.row_kind[row] > TermKind.INCLUSION:
            return False
        said = [read.normal[token] for token in range(tokens[0], tokens[-1] + 1) if read.normal[token]]
        said = [word for word in said if word not in _LINKS]
        wanted = iter(words(text))
        return len(said) <= len(tokens) and all(word in wanted for word in said)

    def _numbers_fit(self, row: int, read: Read, tokens: tuple[int, ...]) -> bool:
        """Whether a number is of what the term counts: the 2 of "type 2" is no stage."""
        for token in tokens:
            word = read.normal[token]
            before = read.normal[token - 1] if token else ""
            if word[:1].isdigit() and before in NUMBERED and f"{before} {word}" not in " ".join(words(self.term(row)[0])):
                return False
        return True

    def _share_of_abbreviations(self, read: Read, tokens: tuple[int, ...], wanted: Sequence[int]) -> float:
        """How much of the sense of its abbreviations a mention uses: HIV is no word for "virus" alone."""
        least = 1.0
        for token in tokens:
            if (total := read.abbreviated.get(token)) is not None:
                used = sum(float(self._idf[word]) for word in wanted if (token, token + 1) in _places(read.spans[word]))
                least = min(least, used / total)
        return least

    def _says_nothing(self, said: set[str]) -> bool:
        """Whether the words name no condition: sites, tests and the like, alone or together."""
        return said <= self._not_alone and (len(said) < 2 or not said & self._heads)

    def _prepare(self) -> None:
        segment = self.segment
        optional = np.zeros(len(self._idf), dtype=bool)
        for (word,) in rows("optional_words.csv", ("word",)):
            optional[list(self.lexical.numbers(word))] = True
        read = np.isin(segment.row_kind, np.array(_READ, dtype=np.uint8))
        chapters = np.frombuffer(segment.codes.tobytes(), dtype=np.uint8).reshape(len(segment.codes), -1)[:, 0]
        read &= ~np.isin(chapters[segment.row_code], np.frombuffer(b"VWXY", dtype=np.uint8))
        read &= segment.codes.astype("S3")[segment.row_code] != b"Z68"
        # Drug names alone are treatment, not poisoning by it.
        drugs = (segment.codes.astype("S3") >= b"T36") & (segment.codes.astype("S3") < b"T51")
        read &= ~(drugs[segment.row_code] & (segment.row_kind > TermKind.TITLE))
        # The index leads from any word of an examination to the visit for it; a note is full of such words.
        visits = np.isin(segment.codes.astype("S2"), [b"Z0", b"Z1"]) & (segment.codes.astype("S3") < b"Z14")
        read &= ~(visits[segment.row_code] & (segment.row_kind >= TermKind.INDEX))
        sizes = np.diff(segment.row_starts)
        row_of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        place = np.arange(len(row_of), dtype=np.int32) - np.repeat(segment.row_starts[:-1], sizes)
        essential = (place < segment.essentials[row_of]) & read[row_of]
        entry_words = segment.row_words.astype(np.int32)
        needed = essential & ~optional[entry_words]
        rows_needed, words_needed = row_of[needed], entry_words[needed]
        order = np.lexsort((-segment.idf[words_needed], rows_needed))
        rows_needed, words_needed = rows_needed[order], words_needed[order]
        counts = np.bincount(rows_needed, minlength=len(sizes))
        first = np.cumsum(counts) - counts
        place = np.arange(len(rows_needed)) - np.repeat(first, counts)
        required = np.full((len(sizes), MOST_REQUIRED), self._none, dtype=np.uint16)
        fits = place < MOST_REQUIRED
        required[rows_needed[fits], place[fits]] = words_needed[fits]
        counts[counts > MOST_REQUIRED] = 0
        asked = np.bincount(row_of[essential], weights=segment.idf[entry_words[essential]], minlength=len(sizes))
        prior = segment.prior[segment.answer[segment.row_code]]
        length = np.diff(segment.text_starts)[: len(sizes)] * np.float32(-0.0003)
        # A header whose default says more than the header is a weaker answer.
        open_titles = np.zeros(len(segment.codes), dtype=bool)
        for word in self.lexical.numbers("unspecified"):
            titled = segment.rows_of(word)
            open_titles[titled[titled < len(segment.codes)]] = True
        fair = segment.billable | open_titles[segment.answer]
        header = np.where(fair[segment.row_code], 0, np.float32(-0.06))
        worth = length + header + KIND_WEIGHTS[segment.row_kind] + prior
        own_required, own_code = self._own_rows()
        own_idf = self._idf[own_required].sum(axis=1)
        self._required = np.concatenate((required, own_required))
        self._row_code = np.concatenate((segment.row_code, own_code))
        self._row_worth = np.concatenate((worth, np.full(len(own_code), OWN_WORTH))).astype(np.float32)
        self._asked = np.maximum(np.concatenate((asked, own_idf)), 1.0).astype(np.float32)
        usable = np.flatnonzero(np.concatenate((counts > 0, own_code >= 0)))
        anchors = self._required[usable, 0]
        order = np.argsort(anchors, kind="stable")
        self._anchored = usable[order].astype(np.int32)
        self._anchor_counts = np.bincount(anchors, minlength=len(self._idf))
        self._anchor_starts = np.cumsum(self._anchor_counts) - self._anchor_counts

    def _own_rows(self) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
        """The words and the codes of our own terms; code -1 where the release cannot say it."""
        segment = self.segment
        required = np.full((len(self._own), MOST_REQUIRED), self._none, dtype=np.uint16)
        positions = np.full(len(self._own), -1, dtype=np.int32)
        for number, (term, code) in enumerate(self._own):
            wanted = words(term)
            numbers = dict.fromkeys(self.lexical.numbers(term))
            at = segment.beginning_with(code)
            if len(at) and bytes(segment.codes[at[0]]).decode() == code and len(numbers) == len(dict.fromkeys(wanted)):
                ordered = sorted(numbers, key=lambda word: -self._idf[word])[:MOST_REQUIRED]
                required[number, : len(ordered)] = ordered
                positions[number] = at[0]
        return required, positions


OWN_WORTH = 1.06
OWN_IDF = 8.0


@cache
def _own_terms() -> tuple[tuple[str, str], ...]:
    """Our own terms, and the code without the dot that each leads to."""
    return tuple((term, code.replace(".", "")) for term, code in rows("terms.csv", ("term", "code")))


def contradicts(text: str, excluded: Sequence[str]) -> bool:
    """Whether a term has "with" what the sentence says it is without."""
    if not excluded:
        return False
    said = " ".join(words(text))
    return any(f"with {phrase}" in said for phrase in excluded)


def _excluded(normal: Sequence[str]) -> tuple[str, ...]:
    said = [word for word in normal if word]
    return tuple(" ".join(said[place + 1 : place + 3]) for place, word in enumerate(said) if word in ("without", "wo"))


def _places(spans: Iterable[tuple[int, int, float]]) -> set[tuple[int, int]]:
    return {(begin, end) for begin, end, _ in spans}


def _distance(span: tuple[int, int, float], low: int, high: int) -> float:
    """How far tokens low..high would have to reach for a span; the word itself before what stands for it."""
    begin, end, weight = span
    return max(end, high) - min(begin, low) - (2 if weight == 1.0 else 0)


def widest(found: Iterable[Mention]) -> list[Mention]:
    """The mentions of one sentence without those whose words another one has as well; of equals the better."""
    found = sorted(found, key=lambda one: (-one.weight * one.quality, one.tokens))
    kept: list[Mention] = []
    for one in found:
        tokens = set(one.tokens)
        if not any(tokens <= set(other.tokens) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.tokens)

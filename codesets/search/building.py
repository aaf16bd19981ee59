"""Builds the segment of a release: its words, which rows hold them, and what else the ranking looks up.

Everything that can be known before a query is written down here once, as arrays (`codesets.search.index` says
what they are), so that no session computes it again.
"""

from __future__ import annotations

import re
import sqlite3
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesets.laterality import sides
from codesets.search import lexicon
from codesets.search.index import Segment, threes
from codesets.search.initials import LONGEST, initials, spoken
from codesets.search.priors import prior
from codesets.search.terms import Term, TermKind, terms
from codesets.search.typos import sound
from codesets.search.words import joined_words, words

# A word in parentheses makes a word less rare by this share of an essential one.
_EXTRA_COUNT = 0.2
_LONGEST_ABBREVIATED = 160
# Words of the classification, not of the condition.
_NOTATION = re.compile(
    r"\b(?:NEC|NOS)\b|,? not elsewhere classified|,? not otherwise specified"
    r"|\bin diseases classified elsewhere\b",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


@lru_cache(maxsize=500_000)  # the releases of several years share most texts
def row_words(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The essential and the non-essential words of a term, without repetition."""
    cleaned = _NOTATION.sub(" ", text)
    groups = _PARENTHESES.findall(cleaned)
    essential = dict.fromkeys(words(_PARENTHESES.sub(" ", cleaned) if groups else cleaned))
    extra = [word for group in groups for word in words(group)] + joined_words(cleaned)
    return tuple(essential), tuple(word for word in dict.fromkeys(extra) if word not in essential)


@dataclass
class _Rows:
    """The rows of a release: of each its code, kind and text, and the numbers of its words, essential ones first."""

    numbers: dict[str, int] = field(default_factory=dict)
    """The number of each word, in the order in which they were met."""

    entries: array[int] = field(default_factory=lambda: array("i"))
    essentials: array[int] = field(default_factory=lambda: array("i"))
    """How many of the words of a row are essential; `sizes`: how many it has."""

    sizes: array[int] = field(default_factory=lambda: array("i"))
    code: array[int] = field(default_factory=lambda: array("i"))
    kind: array[int] = field(default_factory=lambda: array("B"))
    texts: list[bytes] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    """Initials by which rows are found; `short_of`: the row of each."""

    short_of: array[int] = field(default_factory=lambda: array("i"))

    def add(self, row: int, term: Term) -> None:
        essential, extra = row_words(term.marked or term.text)
        numbers, entries = self.numbers, self.entries
        for word in essential + extra:
            entries.append(numbers.setdefault(word, len(numbers)))
        self.essentials.append(len(essential))
        self.sizes.append(len(essential) + len(extra))
        self.code.append(term.position)
        self.kind.append(term.kind)
        self.texts.append(term.text.encode())
        if term.kind <= TermKind.INDEX_SEE and len(term.text) < _LONGEST_ABBREVIATED:
            found = initials(spoken(term.text, term.kind >= TermKind.INDEX))
            self.short += found
            self.short_of.extend([row] * len(found))


def segment(db: sqlite3.Connection, release: int, progress: Callable[[float], None]) -> Segment:
    """The segment of a release from what the reference database holds; `progress` is told 0 to 0.9."""
    rows = _Rows()
    for row, term in enumerate(terms(db, release)):
        rows.add(row, term)
        if row % 20_000 == 0:
            progress(min(0.9, row / 270_000))
    numbers, texts = rows.numbers, rows.texts
    essentials, sizes = np.array(rows.essentials), np.array(rows.sizes)
    letters = np.array(rows.short, dtype=f"S{LONGEST}")
    by_letters = np.argsort(letters, kind="stable")
    vocabulary = sorted(numbers)
    rank = np.empty(len(numbers), dtype=np.int32)
    rank[[numbers[word] for word in vocabulary]] = np.arange(len(numbers), dtype=np.int32)
    word_of = rank[np.array(rows.entries, dtype=np.int64)]
    row_of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    order = np.argsort(word_of, kind="stable")
    counts = np.bincount(word_of, minlength=len(numbers))
    is_essential = _essential(essentials, sizes)
    needed = np.bincount(word_of[is_essential], minlength=len(numbers))
    sounds = np.array([sound(word) if word.isalpha() else "" for word in vocabulary], dtype="S16")
    by_sound = np.argsort(sounds, kind="stable")
    grams, gram_starts, gram_words, gram_counts = _grams(vocabulary)
    idf = _idf(vocabulary, needed + _EXTRA_COUNT * (counts - needed), len(texts))
    codes = db.execute(_CODES, (release,)).fetchall()
    side, neighbors = sides([row[0] for row in codes], [row[1] for row in codes])
    names = np.array([row[0] for row in codes], dtype="S8")
    return Segment(
        vocabulary=vocabulary,
        starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int32),
        postings=row_of[order],
        essential=is_essential[order],
        idf=idf,
        sounds=sounds[by_sound],
        by_sound=by_sound.astype(np.int32),
        grams=grams,
        gram_starts=gram_starts,
        gram_words=gram_words,
        gram_counts=gram_counts,
        initials=letters[by_letters],
        by_initials=np.array(rows.short_of, dtype=np.int32)[by_letters],
        row_code=np.array(rows.code, dtype=np.int32),
        row_kind=np.array(rows.kind, dtype=np.uint8),
        row_weight=_row_weights(row_of[is_essential], idf[word_of[is_essential]], essentials),
        row_words=word_of.astype(np.uint16 if len(vocabulary) < 65_536 else np.int32),
        row_starts=np.concatenate(([0], np.cumsum(sizes))).astype(np.int32),
        essentials=np.minimum(essentials, 255).astype(np.uint8),
        texts=np.frombuffer(b"".join(texts), dtype=np.uint8),
        text_starts=np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int32),
        codes=names,
        by_name=np.argsort(names, kind="stable").astype(np.int32),
        billable=np.array([row[2] for row in codes], dtype=bool),
        **_links(codes),
        prior=np.array([prior(code, title) for code, title, *_ in codes], dtype=np.float32),
        side=np.array(side, dtype=np.uint8),
        neighbors=np.array(neighbors, dtype=np.int32).reshape(-1, 3),
    )


_CODES = "SELECT code, title, billable, default_code, printed FROM codes WHERE release_id = ? ORDER BY position"


def _links(codes: list[tuple[Any, ...]]) -> dict[str, NDArray[np.int32]]:
    positions = {row[0]: position for position, row in enumerate(codes)}
    answers = np.array([positions[row[3] or row[0]] for row in codes], dtype=np.int32)
    # "Other lack of coordination" is R27.8, which has the title of the header R27, and not R27.9.
    others = {(code[:3], title): position for position, (code, title, billable, *_) in enumerate(codes) if billable}
    for position, (code, title, billable, *_) in enumerate(codes):
        if not billable and title.startswith("Other "):
            answers[position] = others.get((code[:3], title), answers[position])
    return {
        "answer": answers,
        "printed": np.array([positions[row[4] or row[0]] for row in codes], dtype=np.int32),
    }


def _idf(vocabulary: list[str], counts: NDArray[np.float64], rows: int) -> NDArray[np.float32]:
    idf = np.log((rows + 1) / (counts + 0.5)) + 0.5
    weak = lexicon.weak_words()
    factors = np.array([weak.get(word, 1.0) for word in vocabulary])
    return np.asarray(idf * factors, dtype=np.float32)


def _grams(
    vocabulary: list[str],
) -> tuple[NDArray[np.bytes_], NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """The threes of letters of all words of five letters and more, and which words hold each."""
    found = [threes(word) if len(word) > 4 and word.isalpha() else set[str]() for word in vocabulary]
    entries = np.array([gram for held in found for gram in held], dtype="S3")
    word_of = np.repeat(np.arange(len(found), dtype=np.int32), [len(held) for held in found])
    order = np.lexsort((word_of, entries))
    grams, starts = np.unique(entries[order], return_index=True)
    ends = np.concatenate((starts, [len(entries)])).astype(np.int32)
    return grams, ends, word_of[order], np.array([max(1, len(held)) for held in found], dtype=np.uint8)


def _essential(essentials: NDArray[np.int32], sizes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Of every entry whether its word is essential: the first words of every row are."""
    place = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(place < np.repeat(essentials, sizes))


def _row_weights(
    row_of: NDArray[np.int32], idf_of: NDArray[np.float32], essentials: NDArray[np.int32]
) -> NDArray[np.float32]:
    """The sum over the essential words of every row, of which these are the entries; 1 for a row without."""
    weights = np.bincount(row_of, weights=idf_of, minlength=len(essentials))
    return np.where(essentials > 0, weights, 1.0).astype(np.float32)

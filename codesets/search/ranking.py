"""Scores term rows for one reading of a query: coverage weighted by how rare the words are, both ways.

How much of the query does the row answer, and how much of the row did the query ask for. The first dominates
and is raised to a power above 1, so that missing an important word hurts; the second scales it, so that the
shorter, plainer term wins. Only rows that hold one of the rarest words of the query are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesets.search.index import Segment
from codesets.search.priors import Side
from codesets.search.readings import Reading
from codesets.search.terms import KIND_WEIGHTS
from codesets.search.vocabulary import Expansion, Match, Vocabulary

QUERY_POWER = 1.35
ROW_FLOOR = 0.55
RAREST_WORDS = 3
MOST_ROWS = 400
# A word that the row has only in parentheses answers the query a little less.
IN_PARENTHESES = 0.9
# A code whose neighbor is on the side that was asked for answers the word for it.
SIDE_WORDS = frozenset(["left", "right", "bilateral"])
SIDE_BY_NEIGHBOR = 0.95
SAME_SIDE = 0.02
OTHER_SIDE = 0.1


@dataclass(frozen=True)
class Ranked:
    """The best rows of one reading with their scores, best first.

    `used[t][i]` tells which match of the reading's t-th word row i has: 0 for none, else its place plus one.
    """

    reading: Reading
    expansions: tuple[Expansion, ...]
    rows: NDArray[np.int32]
    scores: NDArray[np.float32]
    used: tuple[NDArray[np.int16], ...]

    def matches(self, place: int) -> list[tuple[str, Match]]:
        """The typed words that the row at `place` answers, with the matches."""
        found = []
        for expansion, used in zip(self.expansions, self.used, strict=True):
            if number := int(used[place]):
                found.append((expansion.typed, expansion.matches[number - 1]))
        return found


def rank(
    segment: Segment, vocabulary: Vocabulary, reading: Reading, within: NDArray[np.int32] | None = None
) -> Ranked | None:
    """Score the rows that may answer the reading, or only those of `within`; None when nothing does."""
    last = len(reading.words) - 1
    expansions = tuple(
        vocabulary.expand(word, reading.growing and place == last, reading.whole, reading.slip)
        for place, word in enumerate(reading.words)
    )
    rows = _candidates(segment, expansions) if within is None else within
    if not len(rows):
        return None
    codes = segment.answer[segment.row_code[rows]]
    sided = _on_side(segment, codes, reading.side)
    total = sum(expansion.weight for expansion in expansions)
    answered = np.zeros(len(rows), dtype=np.float32)
    asked = np.zeros(len(rows), dtype=np.float32)
    all_used = []
    slots = np.zeros(len(segment.row_code), dtype=np.int16)
    for number, expansion in enumerate(expansions):
        if number:
            slots[:] = 0
        for place, match in enumerate(expansion.matches, start=1):
            slots[segment.rows_of(match.word)] = 2 * place + segment.essential_of(match.word)
        used = slots[rows]
        matched = np.array([match.weight for match in expansion.matches], dtype=np.float32)
        weights = np.zeros(2 * len(matched) + 2, dtype=np.float32)
        weights[2::2] = matched * np.float32(IN_PARENTHESES)
        weights[3::2] = matched
        worth = np.zeros_like(weights)
        worth[3::2] = matched * segment.idf[[match.word for match in expansion.matches]]
        share = weights[used]
        if reading.side and expansion.typed in SIDE_WORDS:
            share = np.maximum(share, np.where(sided > 0, np.float32(SIDE_BY_NEIGHBOR), np.float32(0)))
        answered += np.float32(expansion.weight) * share
        asked += worth[used]
        all_used.append(used // 2)
    share_of_query = answered / np.float32(total)
    share_of_row = np.minimum(asked / segment.row_weight[rows], 1.0)
    scores = share_of_query**QUERY_POWER * (ROW_FLOOR + (1 - ROW_FLOOR) * share_of_row)
    scores *= KIND_WEIGHTS[segment.row_kind[rows]] * np.float32(reading.weight)
    scores += np.where(answered > 0, segment.prior[codes] + sided, 0)
    best = _best(scores)
    best = best[answered[best] > 0]
    if not len(best):
        return None
    return Ranked(reading, expansions, rows[best], scores[best], tuple(used[best] for used in all_used))


def _on_side(segment: Segment, codes: NDArray[np.int32], side: Side) -> NDArray[np.float32]:
    """What the side that was asked for adds to every code: more where it is there, less for another side."""
    if not side:
        return np.zeros(len(codes), dtype=np.float32)
    own = segment.side[codes]
    there = (own == side) | (segment.neighbors[codes, side - 1] >= 0)
    other = (own > 0) & (own <= Side.BILATERAL) & (own != side)
    return np.where(there, np.float32(SAME_SIDE), np.where(other, np.float32(-OTHER_SIDE), np.float32(0)))


def _candidates(segment: Segment, expansions: tuple[Expansion, ...]) -> NDArray[np.int32]:
    """The rows that hold a word of the rarest expansions, ascending."""
    known = sorted((expansion for expansion in expansions if expansion.matches), key=lambda e: e.rows)
    rarest = known[: min(RAREST_WORDS, max(1, len(known) - 1))]
    marked = np.zeros(len(segment.row_code), dtype=bool)
    for expansion in rarest:
        for match in expansion.matches:
            marked[segment.rows_of(match.word)] = True
    return np.flatnonzero(marked).astype(np.int32)


def _best(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """The places of the highest scores, best first; equal ones in the order of the rows."""
    if len(scores) > MOST_ROWS:
        chosen = np.sort(np.argpartition(-scores, MOST_ROWS)[:MOST_ROWS])
    else:
        chosen = np.arange(len(scores))
    return chosen[np.argsort(-scores[chosen], kind="stable")]

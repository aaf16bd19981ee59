"""Scores term rows for one reading of a query: coverage weighted by how rare the words are, both ways.

How much of the query does the row answer, and how much of the row did the query ask for. The first dominates
and is raised to a power above 1, so that missing an important word hurts; the second scales it, so that the
shorter, plainer term wins. Only rows that hold one of the rarest words of the query are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesets.laterality import NAMED, Side
from codesets.search.index import Segment
from codesets.search.readings import Reading
from codesets.search.terms import KIND_WEIGHTS
from codesets.search.vocabulary import Expansion, Held, Match, Vocabulary

QUERY_POWER = 1.35
ROW_FLOOR = 0.55
RAREST_WORDS = 3
MOST_ROWS = 200
MOST_CANDIDATES = 20_000
# Rows that answer less than this share of what the best one answers are not scored.
NEAR = 0.3
# A code whose neighbor is on the side that was asked for answers the word for it.
SIDE_BY_NEIGHBOR = 0.95
SAME_SIDE = 0.02
OTHER_SIDE = 0.1
# What is left of what a row answers that has the sense of an abbreviation and no other word of the query.
LONELY_SENSE = 0.75


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
    asked_for = [
        (word, reading.growing and place == last, reading.whole, reading.slip)
        for place, word in enumerate(reading.words)
    ]
    expansions = tuple(vocabulary.expand(*one) for one in asked_for)
    held = [vocabulary.held(*one) for one in asked_for]
    rows = _candidates(vocabulary.marked, expansions, held) if within is None else within
    if not len(rows):
        return None
    all_used = [_used(vocabulary.slots, rows, one) for one in held]
    answered = np.zeros(len(rows), dtype=np.float32)
    for expansion, one, used in zip(expansions, held, all_used, strict=True):
        answered += np.float32(expansion.weight) * one.weights[used]
    if reading.side:
        answered += _by_neighbors(segment, reading.side, rows, expansions, held, all_used)
    near = np.flatnonzero(answered >= np.float32(NEAR) * answered.max())
    if len(near) < len(rows):
        rows, answered, all_used = rows[near], answered[near], [used[near] for used in all_used]
    asked = np.zeros(len(rows), dtype=np.float32)
    for one, used in zip(held, all_used, strict=True):
        asked += one.worth[used]
    codes = segment.answer[segment.row_code[rows]]
    share_of_query = answered / np.float32(sum(expansion.weight for expansion in expansions))
    share_of_query *= _beside_senses(reading, expansions, held, all_used)
    share_of_row = np.minimum(asked / segment.row_weight[rows], 1.0)
    scores = share_of_query**QUERY_POWER * (ROW_FLOOR + (1 - ROW_FLOOR) * share_of_row)
    scores *= KIND_WEIGHTS[segment.row_kind[rows]] * np.float32(reading.weight)
    scores += np.where(answered > 0, segment.prior[codes] + _on_side(segment, codes, reading.side), 0)
    best = _best(scores)
    best = best[answered[best] > 0]
    if not len(best):
        return None
    used_of_best = tuple(used[best] // 2 for used in all_used)
    return Ranked(reading, expansions, rows[best], scores[best], used_of_best)


def _beside_senses(
    reading: Reading, expansions: tuple[Expansion, ...], held: list[Held], all_used: list[NDArray[np.int16]]
) -> NDArray[np.float32] | np.float32:
    """A factor for every row: less for one that answers nothing but the sense of an abbreviation.

    A sense that no other word of the query fits is hardly the one that was meant, however rare its words are:
    "car vs deer" asks for no neoplasm of a cranial nerve.
    """
    of_senses = frozenset[str]().union(*reading.spelled_out)
    others = [place for place, one in enumerate(expansions) if one.typed not in of_senses and one.typed not in NAMED]
    if not of_senses or not others or len(others) == len(expansions):
        return np.float32(1)
    fitting = np.zeros(len(all_used[0]), dtype=bool)
    for place in others:
        fitting |= held[place].weights[all_used[place]] > 0
    return np.where(fitting, np.float32(1), np.float32(LONELY_SENSE))


def _used(slots: NDArray[np.int16], rows: NDArray[np.int32], held: Held) -> NDArray[np.int16]:
    """The best match that each of the rows has; `slots` is a scratch array of zeros and left as one."""
    slots[held.rows] = held.matches  # where a row is held twice the later match, which is the stronger one, stays
    used = slots[rows]
    slots[held.rows] = 0
    return used


def _by_neighbors(
    segment: Segment,
    side: Side,
    rows: NDArray[np.int32],
    expansions: tuple[Expansion, ...],
    held: list[Held],
    all_used: list[NDArray[np.int16]],
) -> NDArray[np.float32]:
    """What rows answer of the word for a side by a code of that side, where the text does not have it."""
    there = _on_side(segment, segment.answer[segment.row_code[rows]], side) > 0
    more = np.zeros(len(rows), dtype=np.float32)
    for expansion, one, used in zip(expansions, held, all_used, strict=True):
        if expansion.typed in NAMED:
            lacking = np.maximum(0, np.float32(SIDE_BY_NEIGHBOR) - one.weights[used])
            more += np.where(there, np.float32(expansion.weight) * lacking, np.float32(0))
    return more


def _on_side(segment: Segment, codes: NDArray[np.int32], side: Side | None) -> NDArray[np.float32]:
    """What the side that was asked for adds to every code: more where it is there, less for another side."""
    if side is None:
        return np.zeros(len(codes), dtype=np.float32)
    own = segment.side[codes]
    there = (own == side.number) | (segment.neighbors[codes, side.number - 1] >= 0)
    other = (own > 0) & (own <= Side.BOTH.number) & (own != side.number)
    return np.where(there, np.float32(SAME_SIDE), np.where(other, np.float32(-OTHER_SIDE), np.float32(0)))


def _candidates(
    marked: NDArray[np.bool_],
    expansions: tuple[Expansion, ...],
    held: list[Held],
) -> NDArray[np.int32]:
    """The rows that hold a word of the rarest expansions, ascending; `marked` is scratch, left as it was."""
    known = sorted((e.rows, place) for place, e in enumerate(expansions) if e.matches)
    rarest = [place for _, place in known[: min(RAREST_WORDS, max(1, len(known) - 1))]]
    rows, chosen = 0, []
    for number, place in enumerate(rarest):
        rows += expansions[place].rows
        if number and rows > MOST_CANDIDATES:
            break  # a row with none of the rare words so far cannot win by a common one
        chosen.append(held[place].rows)
    for found in chosen:
        marked[found] = True
    all_rows = np.flatnonzero(marked).astype(np.int32)
    marked[all_rows] = False
    return all_rows


def _best(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """The places of the highest scores, best first; equal ones in the order of the rows."""
    if len(scores) > MOST_ROWS:
        chosen = np.sort(np.argpartition(-scores, MOST_ROWS)[:MOST_ROWS])
    else:
        chosen = np.arange(len(scores))
    return chosen[np.argsort(-scores[chosen], kind="stable")]

"""From the code of a term to the code that the sentence allows: laterality, acuity, degree and the like.

A header, or a code that says "unspecified", is compared with the codes beside it: the one that says more goes in
its place where every further word of its title stands near the mention. What stays open is named, with the
question that would close it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from codesets.search.index import Segment
from codesets.suggest.lexical import Lexical
from codesets.suggest.mentions import Read, contradicts
from codesets.suggest.tables import rows

NEAR = 6  # places on either side of a mention in which its sentence may tell more
MOST_FAMILY = 400


@dataclass(frozen=True)
class Missing:
    """What the record does not say and the question to put to the provider."""

    what: str
    ask: str


@dataclass(frozen=True)
class Refined:
    """A more specific code, by position, and the tokens that led to it."""

    position: int
    tokens: tuple[int, ...]


class Specific:
    """Refines codes of one release; for one thread."""

    def __init__(self, segment: Segment, lexical: Lexical) -> None:
        self._segment = segment
        self._optional = frozenset(n for (word,) in rows("optional_words.csv", ("word",)) for n in lexical.numbers(word))
        self._other = frozenset(lexical.numbers("other"))
        self._sides = frozenset(n for word in ("left", "right", "bilateral") for n in lexical.numbers(word))
        self._unspecified = frozenset(lexical.numbers("unspecified"))
        self._family = lru_cache(maxsize=2048)(self._find_family)

    def refine(self, position: int, read: Read, tokens: tuple[int, ...]) -> Refined | None:
        """A code that says more than the one at `position` by words near its tokens; None for none."""
        base, family = self._family(position)
        if not family:
            return None
        low, high = read.places[tokens[0]] - NEAR, read.places[tokens[-1]] + NEAR
        near: dict[int, int] = {}
        for word, spans in read.spans.items():
            for first, last, weight in spans:
                if first not in tokens and weight >= LEAST_WEIGHT and low <= read.places[first]:
                    if read.places[last - 1] <= high:
                        near.setdefault(word, first)
        best: tuple[float, int, tuple[int, ...]] | None = None
        for candidate, extra in family:
            if all(word in near for word in extra) and self._fits(candidate, extra, near, read):
                worth = float(sum(self._segment.idf[word] for word in extra)) - 0.01 * len(extra)
                if best is None or best[0] < worth:
                    best = (worth, candidate, tuple(sorted(near[word] for word in extra)))
        return Refined(best[1], best[2]) if best else None

    def _fits(self, candidate: int, extra: tuple[int, ...], near: dict[int, int], read: Read) -> bool:
        """Whether the words mean what the title means by them: the 2 of "type 2" is no stage."""
        title = self._segment.text(candidate)
        if contradicts(title, read.excluded):
            return False
        for word in extra:
            token = near[word]
            before = read.normal[token - 1] if token else ""
            if read.normal[token][:1].isdigit() and f"{before} {read.normal[token]}" not in title.lower():
                return False
        return True

    def _find_family(self, position: int) -> tuple[int, list[tuple[int, tuple[int, ...]]]]:
        """The default of the code and the billable codes beside it with the words by which they say more."""
        segment = self._segment
        code = self.code(position)
        billable = bool(segment.billable[position])
        base = int(segment.answer[position])
        if billable and not _OPEN.search(segment.text(position).lower()):
            return base, []
        prefix = code if not billable else self._above(code)
        places = segment.beginning_with(prefix)
        if len(places) > MOST_FAMILY or len(prefix) < 3:
            return base, []
        own = self.words(base)
        last = self.code(base)[6:7]
        found = []
        for place in places.tolist():
            if place == base or not segment.billable[place] or self.code(place)[6:7] not in ("", last):
                continue
            words = self.words(place)
            extra = tuple(sorted(words - own - self._optional))
            if extra and not words & self._other:
                found.append((place, extra))
        return base, found

    def _above(self, code: str) -> str:
        """The header that tells an open code apart: of S72.009A it is S72.00."""
        stem = code[:6].rstrip("X") if len(code) == 7 else code
        return stem[:-1]

    def words(self, position: int) -> frozenset[int]:
        """The essential words of a code's title."""
        segment = self._segment
        start = int(segment.row_starts[position])
        return frozenset(np.asarray(segment.row_words[start : start + int(segment.essentials[position])]).tolist())

    def code(self, position: int) -> str:
        """The code at a position, without the dot."""
        return bytes(self._segment.codes[position]).decode()

    def missing(self, code: str, title: str, said: frozenset[str] = frozenset()) -> tuple[Missing, ...]:
        """What a code leaves open; `said` are the words of the note that led to it, in lower case."""
        return tuple(dict.fromkeys(self._open(code, title, said)))

    def _open(self, code: str, title: str, said: frozenset[str]) -> Iterator[Missing]:
        for query in _queries():
            same = code == query.prefix or len(query.prefix) == 3 and code.startswith(query.prefix)
            if same and (code == query.prefix or "unspecified" in title.lower()) and not said & query.unless:
                yield Missing(query.what, query.ask)
        if self._side_open(code):
            yield Missing("side", "Which side: right, left or both?")

    def _side_open(self, code: str) -> bool:
        """Whether a code beside this one says the same of the right or the left."""
        segment = self._segment
        own = int(segment.beginning_with(code)[0])
        said = self.words(own)
        if said & self._sides or not said & self._unspecified:
            return False
        return any(
            (words := self.words(place)) & self._sides and words - self._sides <= said
            for place in segment.beginning_with(self._above(code))[:40].tolist()
            if len(self.code(place)) == len(code)
        )


LEAST_WEIGHT = 0.9
_OPEN = re.compile(r"\bunspecified\b|\bnot otherwise\b|\bnot specified\b|\buncomplicated\b")


@dataclass(frozen=True)
class _Query:
    """A row of the table of queries."""

    prefix: str
    what: str
    unless: frozenset[str]
    ask: str


@cache
def _queries() -> tuple[_Query, ...]:
    found = rows("queries.csv", ("prefix", "missing", "unless", "ask"))
    return tuple(
        _Query(prefix.replace(".", ""), what, frozenset(unless.split()) - {"-"}, ask)
        for prefix, what, unless, ask in found
    )

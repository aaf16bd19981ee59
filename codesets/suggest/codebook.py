"""The codes of one release by name and by position, as the search index holds them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from codesets.laterality import NAMED, Side
from codesets.search.index import Segment

_LETTERS = {"r": Side.RIGHT, "rt": Side.RIGHT, "l": Side.LEFT, "lt": Side.LEFT}


class Codebook:
    """Names, titles and defaults of one segment, remembered; for one thread. Codes are without dots."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.position = lru_cache(maxsize=8192)(self._position)
        self.words = lru_cache(maxsize=8192)(self._words)

    def code(self, position: int) -> str:
        """The code at a position."""
        return bytes(self.segment.codes[position]).decode()

    def title(self, code: str) -> str:
        """The title of a code; empty for one that the release does not have."""
        position = self.position(code)
        return "" if position is None else self.segment.text(position)

    def answer(self, code: str) -> str:
        """The code itself, or the billable one that a header stands for."""
        position = self.position(code)
        return code if position is None else self.code(int(self.segment.answer[position]))

    def on_side(self, code: str, said: Sequence[str]) -> str:
        """The code on the side that the words name, where they name one and the code leaves it open."""
        sides = {NAMED[word] for word in said if word in NAMED} | {_LETTERS[word] for word in said if word in _LETTERS}
        position = self.position(code)
        if position is None or len(sides) != 1:
            return code
        other = int(self.segment.neighbors[position, sides.pop().number - 1])
        return code if other < 0 else self.code(other)

    def beginning_with(self, prefix: str) -> list[int]:
        """The positions of the codes that begin so, in official order."""
        found: list[int] = self.segment.beginning_with(prefix).tolist()
        return found

    def _position(self, code: str) -> int | None:
        places = self.segment.beginning_with(code)
        return int(places[0]) if len(places) and self.code(int(places[0])) == code else None

    def _words(self, position: int) -> frozenset[int]:
        """The essential words of a title, as numbers of the vocabulary."""
        start = int(self.segment.row_starts[position])
        words: list[int] = self.segment.row_words[start : start + int(self.segment.essentials[position])].tolist()
        return frozenset(words)

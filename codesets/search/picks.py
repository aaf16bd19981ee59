"""What the ranking is told of earlier picks: how often a code was taken for the same words.

Who picked is none of its business: it asks for a mapping by code, and says which code was taken.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from codesets.releases import CodeSystem

_BONUS_HERE, _BONUS_MINE, _MOST_BONUS = 0.02, 0.04, 0.25


@dataclass(frozen=True)
class Picked:
    """How often a code was picked for these words: `here` by everyone, `mine` by who asks; older picks count less."""

    here: float
    mine: float

    @property
    def bonus(self) -> float:
        """What it adds to a score, from 0 to a quarter."""
        others = max(0.0, self.here - self.mine)
        found = _BONUS_HERE * math.log2(1 + others) + _BONUS_MINE * math.log2(1 + self.mine)
        return min(found, _MOST_BONUS)

    def text(self) -> str:
        """The preference in words."""
        here, mine = max(1, round(self.here)), round(self.mine)
        times = f"picked {here} time{'s' if here != 1 else ''} here"
        return f"{times}, {mine} by you" if mine else times


class Picks(Protocol):
    """Where picks are kept, as the search sees it."""

    def of(self, words: Iterable[str], on: dt.date) -> Mapping[tuple[CodeSystem, str], Picked]:
        """What was picked for these words, by system and code without its dot."""

    def record(self, words: Iterable[str], system: CodeSystem, code: str, on: dt.date) -> None:
        """Count a pick."""

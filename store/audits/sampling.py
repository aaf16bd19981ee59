"""Drawing a sample: who is picked from a population, by a seed, the same on every machine and for ever. No database.

The order of a draw is that of SHA-256 over seed and id: without replacement, with equal chances, and anybody can
reckon it again without this program. Python's own generator is not promised to stay the same.

    simple       the first n of the whole population in the order of the draw
    systematic   every k-th of the population as it stands, from a start that the seed gives
    stratified   of every stratum its part of n (largest remainders, at least one), by the order of the draw
    focused      simple, of a population that a rule has narrowed
    everything   the whole population, as for a new coder
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from codesets.errors import CodedeskError, UsageError
from store.audits.figures import CONFIDENCE, sample_size


class Method(StrEnum):
    SIMPLE = "simple"
    SYSTEMATIC = "systematic"
    STRATIFIED = "stratified"
    FOCUSED = "focused"
    EVERYTHING = "everything"


class SampleTooLarge(CodedeskError):
    """More was asked for than there is."""

    title = "sample"
    exit_code = 1


@dataclass(frozen=True)
class Unit:
    """One of the population: its id, and the stratum it belongs to (empty where there are none)."""

    id: str
    stratum: str = ""


@dataclass(frozen=True)
class Size:
    """How many: a number, a percentage, or what a margin of error asks for (`margin`, `expected` from 0 to 1)."""

    number: int = 0
    percent: float = 0
    margin: float = 0
    confidence: float = CONFIDENCE
    expected: float = 0.5

    def of(self, population: int) -> int:
        """The number to pick of a population. Raises SampleTooLarge, UsageError."""
        if self.number:
            if self.number > population:
                there = "1 chart is" if population == 1 else f"{population} charts are"
                raise SampleTooLarge(
                    f"{self.number} charts were asked for, but only {there} there to pick from",
                    f"ask for {population}, or widen days, coders or types" if population else "widen the days",
                )
            return self.number
        if self.percent:
            return min(max(round(population * self.percent / 100), 1), population)
        return sample_size(population, self.margin, self.confidence, self.expected)

    @property
    def words(self) -> str:
        """As it was asked for."""
        if self.number:
            return str(self.number)
        if self.percent:
            return f"{self.percent:g} %"
        return f"for ±{self.margin * 100:g} % at {self.confidence * 100:g} % confidence"


def size_of(text: str) -> Size:
    """What a person asks for: `30` or `10%`. Raises UsageError."""
    typed = text.strip()
    try:
        if typed.endswith("%"):
            percent = float(typed[:-1])
            if 0 < percent <= 100:
                return Size(percent=percent)
        elif int(typed) > 0:
            return Size(number=int(typed))
    except ValueError:
        pass
    raise UsageError(f"{text!r} is no size of a sample", "expected a number such as 30, or a percentage such as 10%")


def pick(population: Sequence[Unit], method: Method, size: Size, seed: int) -> list[Unit]:
    """The units picked, in the order of their review. Raises SampleTooLarge, UsageError."""
    if method is Method.EVERYTHING:
        return drawn(population, seed)
    number = size.of(len(population))
    if method is Method.SYSTEMATIC:
        return _systematic(population, number, seed)
    if method is Method.STRATIFIED:
        return _stratified(population, number, seed)
    return drawn(population, seed)[:number]


def drawn(population: Sequence[Unit], seed: int) -> list[Unit]:
    """The population in the order of the draw."""
    return sorted(population, key=lambda unit: (_chance(seed, unit.id), unit.id))


def shares(sizes: dict[str, int], number: int) -> dict[str, int]:
    """How many of each stratum, in proportion: at least one of each where the number reaches, none above its size."""
    total = sum(sizes.values())
    if not total or not number:
        return dict.fromkeys(sizes, 0)
    exact = {name: number * size / total for name, size in sizes.items()}
    least = 1 if number >= len(sizes) else 0
    given = {name: min(max(int(part), least), sizes[name]) for name, part in exact.items()}
    while (left := number - sum(given.values())) != 0:
        step = 1 if left > 0 else -1
        able = [n for n in sizes if (given[n] < sizes[n] if step > 0 else given[n] > least)]
        name = max(able, key=lambda n: ((exact[n] - given[n]) * step, n))
        given[name] += step
    return given


def _systematic(population: Sequence[Unit], number: int, seed: int) -> list[Unit]:
    if not number:
        return []
    step = len(population) / number
    start = _chance(seed, "start") / (1 << 256) * step
    return [population[min(int(start + step * turn), len(population) - 1)] for turn in range(number)]


def _stratified(population: Sequence[Unit], number: int, seed: int) -> list[Unit]:
    strata: dict[str, list[Unit]] = {}
    for unit in population:
        strata.setdefault(unit.stratum, []).append(unit)
    given = shares({name: len(strata[name]) for name in sorted(strata)}, number)
    picked = [unit for name in given for unit in drawn(strata[name], seed)[: given[name]]]
    return drawn(picked, seed)


def _chance(seed: int, identity: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{identity}".encode()).digest(), "big")

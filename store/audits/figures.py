"""The statistics of audits: intervals of a share, the size of a sample, agreement of two auditors. No database.

Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927 (the score
interval); R. G. Newcombe, "Interval estimation for the difference between independent proportions", 1998, method 10
(the interval of a change, from two score intervals); W. G. Cochran, "Sampling techniques", 3rd edition, sections 4.4
and 2.5 (size of a sample for a share, with the correction for a finite population) and 3.12 (a share of what was drawn
in clusters); N. Dean and M. Pagano, "Evaluating confidence interval methods for binomial proportions in clustered
surveys", 2015 (the score interval of the effective size); J. Cohen, "A coefficient of agreement for nominal scales",
1960 (kappa).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from codesets.errors import UsageError

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Share:
    """A part of a whole, both counted; `told` is False where it is left out, for few stand behind it."""

    part: float
    whole: float
    told: bool = True

    @property
    def value(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    def __add__(self, other: Share) -> Share:
        return Share(self.part + other.part, self.whole + other.whole)


def wilson(share: Share, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """The Wilson score interval of a share of counted things; None of nothing.

    It holds near 0 and 1 and for few charts, where the usual interval leaves the scale.
    """
    n = share.whole
    if not n:
        return None
    z = critical_value(confidence)
    p = min(max(share.part / n, 0.0), 1.0)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True)
class Change:
    """How far a share moved, with the bounds of it; all from -1 to 1. Too few charts are not `enough` for a verdict."""

    by: float
    low: float
    high: float
    enough: bool = True

    @property
    def may_be_chance(self) -> bool | None:
        """Whether no change at all is within the interval; None where nothing can be said of it."""
        return self.low <= 0 <= self.high if self.enough else None


def of_charts(shares: Sequence[Share]) -> Share:
    """The share of several charts, its whole as many as so many codes of as many charts would be: the effective size.

    Codes of one chart are alike, so that charts are the unit: the variance of the share is that between charts. Where
    every code is right, or none, nothing varies, and each chart counts for one.
    """
    whole = sum(one.whole for one in shares)
    if not whole:
        return Share(0, 0)
    p = sum(one.part for one in shares) / whole
    charts = sum(one.whole > 0 for one in shares)
    if not 0 < p < 1 or charts < 2:
        return Share(p * charts, charts)
    squares = sum((one.part - p * one.whole) ** 2 for one in shares)
    variance = charts / (charts - 1) * squares / whole**2
    size = min(p * (1 - p) / variance, whole) if variance else whole
    return Share(p * size, size)


def change_between(before: Share, after: Share, confidence: float = CONFIDENCE) -> Change | None:
    """The change from one share to another with Newcombe's interval; None where either is of nothing."""
    first, second = wilson(before, confidence), wilson(after, confidence)
    if first is None or second is None:
        return None
    one, other = (min(max(share.part / share.whole, 0.0), 1.0) for share in (before, after))
    by = other - one
    down = math.hypot(other - second[0], first[1] - one)
    up = math.hypot(second[1] - other, one - first[0])
    return Change(by, by - down, by + up)


def sample_size(population: int, margin: float, confidence: float = CONFIDENCE, expected: float = 0.5) -> int:
    """How many of a population are needed so that a share is known to plus or minus `margin`.

    `expected` is the share that is expected; 0.5 is the safe side. Raises UsageError for numbers off the scale.
    """
    if not 0 < margin < 1:
        raise UsageError(f"margin {margin:g}: expected percent between 0 and 100", "as in --margin 5")
    if not 0 < expected < 1:
        raise UsageError(f"expected accuracy {expected:g}: expected percent between 0 and 100")
    if population <= 0:
        return 0
    z = critical_value(confidence)
    endless = z * z * expected * (1 - expected) / (margin * margin)
    return min(math.ceil(endless / (1 + (endless - 1) / population)), population)


def critical_value(confidence: float) -> float:
    """The two-sided quantile of the normal distribution: 1.96 for 0.95. Raises UsageError off the scale."""
    if not 0.5 <= confidence < 1:
        raise UsageError(f"confidence {confidence:g}: expected percent from 50 to below 100", "as in --confidence 95")
    return NormalDist().inv_cdf((1 + confidence) / 2)


@dataclass(frozen=True)
class Agreement:
    """How far two auditors agree: the share of equal verdicts, and Cohen's kappa (None where chance alone agrees)."""

    both: int
    observed: float
    kappa: float | None

    @property
    def words(self) -> str:
        """The scale of Landis and Koch (1977), which is a habit and no law."""
        if self.kappa is None:
            return "no verdict to disagree on"
        scale = ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"))
        return next((word for least, word in scale if self.kappa > least), "poor")


def agreement(verdicts: Sequence[tuple[str, str]]) -> Agreement | None:
    """Agreement on verdicts that two auditors gave the same things; None where they gave none."""
    n = len(verdicts)
    if not n:
        return None
    observed = sum(one == other for one, other in verdicts) / n
    kinds = {word for pair in verdicts for word in pair}
    chance = sum(
        sum(one == kind for one, _ in verdicts) / n * (sum(other == kind for _, other in verdicts) / n)
        for kind in kinds
    )
    return Agreement(n, observed, None if chance == 1 else (observed - chance) / (1 - chance))

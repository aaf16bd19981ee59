"""Outliers: who is far from the others in what can be compared, by a robust z score that is shown with its parts.

    z = 0.6745 × (value − median) / MAD        MAD: median of the distances from the median

Medians are not moved by the outlier itself, as mean and standard deviation are. Where more than half are equal (MAD
is 0), z = (value − median) / (1.2533 × mean distance). Beyond 3.5 in either direction is an outlier (Iglewicz and
Hoaglin, How to Detect and Handle Outliers, ASQC 1993). Compared is like with like: rows of one measure and one type;
nobody is measured by fewer than 20 charts, no group of fewer than five is. An outlier is a question, not an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.queries import Reader
    from store.reports.run import Report

LEAST_CHARTS = 20
LEAST_MEMBERS = 5
LIMIT = 3.5

_OF_MAD, _OF_MEAN = 0.6745, 1.253314


@dataclass(frozen=True)
class Spread:
    """What a group of values is like: its middle, and how far its members are from it."""

    middle: float
    mad: float
    mean_distance: float

    def z(self, value: float) -> float:
        """How far a value is from the middle, in robust standard deviations; 0 where all are equal."""
        if self.mad:
            return _OF_MAD * (value - self.middle) / self.mad
        return (value - self.middle) / (_OF_MEAN * self.mean_distance) if self.mean_distance else 0.0


def spread_of(values: Sequence[float]) -> Spread:
    """The middle and the distances of at least one value."""
    middle = median(values)
    distances = [abs(value - middle) for value in values]
    return Spread(middle, median(distances), fmean(distances))


def outliers(reader: Reader, report: Report) -> Report:
    """Rows of (who, measure, type, charts, value) with median, MAD and z, the farthest first.

    The figure is how many are beyond the limit. Who has too few charts, and groups of too few, are left out and counted
    in the note.
    """
    who = report.columns[0] if report.columns else "who"
    groups: dict[tuple[str, str], list[tuple[str, int, float]]] = {}
    few = 0
    for name, measure, kind, charts, value in report.rows:
        if charts < LEAST_CHARTS or value is None:
            few += 1
            continue
        groups.setdefault((measure, kind), []).append((name, charts, float(value)))
    rows: list[tuple[Any, ...]] = []
    for (measure, kind), members in groups.items():
        if len(members) < LEAST_MEMBERS:
            few += len(members)
            continue
        spread = spread_of([value for *_, value in members])
        for name, charts, value in members:
            z = spread.z(value)
            mark = "" if abs(z) <= LIMIT else "high" if z > 0 else "low"
            parts = tuple(round(one, 2) for one in (value, spread.middle, spread.mad, z))
            rows.append((name, measure, kind, charts, *parts, mark))
    rows.sort(key=lambda row: (-abs(row[7]), row[:3]))
    told = f"{few:,} not compared: fewer than {LEAST_CHARTS} charts, or than {LEAST_MEMBERS} to compare with."
    return replace(
        report,
        columns=(who, "measure", "type", "charts", "value", "median", "mad", "z", "far"),
        rows=tuple(rows),
        value=float(sum(bool(row[-1]) for row in rows)),
        note=told if few else "",
    )

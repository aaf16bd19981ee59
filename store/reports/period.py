"""The days that a report is about, and the moment as of which. Free of the ORM, because lists ask it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Period:
    """ISO days, both included, and the moment as of which (ISO text in UTC; empty: the usual one of the figure)."""

    since: str
    until: str
    as_of: str

    def parameters(self) -> dict[str, str]:
        """What the SQL of a figure may name."""
        last = date.fromisoformat(self.until)
        return {
            "since": self.since,
            "until": self.until,
            "after": day_before(last, -1),
            "as_of": self.as_of,
            "year_before": day_before(last, 365),
            "day_3": day_before(last, 4),
            "day_7": day_before(last, 8),
            "day_30": day_before(last, 31),
            "since_month": self.since[:7],
            "until_month": self.until[:7],
        }


def day_before(last: date, before: int) -> str:
    """The ISO day so many days before another; below 0 after it."""
    return (last - timedelta(days=before)).isoformat()

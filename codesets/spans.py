"""The days on which answers can change: where a release, a file, a HCPCS code or an article begins or ends.

All days between two of them have the same answer, as long as something covers them.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass

from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.sources.source import FileKind

_DAYS_OF_CODES = "SELECT added, added, terminated FROM hcpcs_details"
_DAYS_OF_ARTICLES = "SELECT DISTINCT starts, starts, ends FROM articles"
_DAYS_OF_LISTS = "SELECT DISTINCT starts, starts, ends FROM list_entries"
_CHANGING = {
    CodeSystem.HCPCS.value: _DAYS_OF_CODES,
    FileKind.MCD_ARTICLES.value: _DAYS_OF_ARTICLES,
    FileKind.UB_CODES.value: _DAYS_OF_LISTS,
}


@dataclass(frozen=True)
class Spans:
    """First days of spans, in order, and the periods that something covers, both ends inclusive; ISO days.

    Where nothing of the kind is loaded at all, every day has the one answer that says so.
    """

    firsts: tuple[str, ...]
    periods: tuple[tuple[str, str], ...]

    def stand_in(self, on: dt.date) -> dt.date:
        """The first day of the span that a day lies in; the day itself where nothing covers it."""
        if not self.periods:
            return dt.date.min
        day = str(on)
        if not any(starts <= day <= ends for starts, ends in self.periods):
            return on
        place = bisect_right(self.firsts, day)
        return dt.date.fromisoformat(self.firsts[place - 1]) if place else on


def spans(reference: Reference, kind: str) -> Spans:
    """The spans of a code system, or of a kind of file (`CodeSystem` and `FileKind` values)."""
    periods = reference.db.execute(
        "SELECT starts, ends FROM releases WHERE system = ? UNION SELECT starts, ends FROM loads"
        " WHERE kind = ? OR system = ?",
        (kind, kind, kind),
    ).fetchall()
    changing = _CHANGING.get(kind)
    within = [row[1:] for row in reference.db.execute(changing)] if changing else []
    firsts = {starts for starts, _ in (*periods, *within) if starts}
    firsts |= {after for _, ends in (*periods, *within) if ends and (after := _day_after(ends))}
    return Spans(tuple(sorted(firsts)), tuple(periods))


def _day_after(day: str) -> str:
    """The next day; empty after the last one there is."""
    here = dt.date.fromisoformat(day)
    return "" if here == dt.date.max else str(here + dt.timedelta(days=1))

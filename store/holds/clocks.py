"""The two clocks of a chart: from discharge, which nothing stops, and from when a coder could have it, less its holds.

All moments are ISO text in UTC; results are whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

Span = tuple[str, str | None]
"""When a hold was opened and when it was cleared; None where it is open."""


def coder_seconds(available_at: str, until: str, holds: Iterable[Span]) -> int:
    """How long coding has had a chart up to a moment: holds that overlap are taken off once."""
    begin, end = _read(available_at), _read(until)
    held, reached = 0.0, begin
    for opened, cleared in sorted((_read(a), _read(b) if b else end) for a, b in holds):
        first, last = max(opened, reached), min(cleared, end)
        if last > first:
            held += (last - first).total_seconds()
            reached = last
    return max(int((end - begin).total_seconds() - held), 0)


def elapsed_seconds(since: str, until: str) -> int:
    """The clock that no hold stops, from discharge or the end of the visit."""
    return max(int((_read(until) - _read(since)).total_seconds()), 0)


def _read(moment: str) -> datetime:
    text = moment.replace("Z", "+00:00")
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)

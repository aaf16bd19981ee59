"""Active time by keys, counted in memory. Free of the ORM; `active` keeps it.

Only times are looked at, never which keys. A gap that is longer than the idle limit counts as idle time as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

IDLE_SECONDS = 120.0


@dataclass
class Activity:
    """The keys since the last time that they were kept; times are seconds of one steady clock."""

    idle_after: float = IDLE_SECONDS
    seconds: float = 0.0
    idle_seconds: float = 0.0
    keys: int = 0
    last: float | None = None

    def key(self, at: float) -> None:
        """Note that a key was pressed."""
        if self.last is not None:
            gap = max(at - self.last, 0.0)
            if gap <= self.idle_after:
                self.seconds += gap
            else:
                self.idle_seconds += gap
        self.last = at
        self.keys += 1

    def taken(self) -> tuple[int, int, int]:
        """Whole seconds of work, of idling and keys so far, which begin anew; parts of seconds are carried on."""
        counted = int(self.seconds), int(self.idle_seconds), self.keys
        self.seconds -= counted[0]
        self.idle_seconds -= counted[1]
        self.keys = 0
        return counted

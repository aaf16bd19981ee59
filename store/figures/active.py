"""Active time by keys: counted in memory, kept once in a while, a sum for each person and day.

Only times are looked at, never which keys. A gap that is longer than the idle limit counts as idle time as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.actors import Actor
from store.database import Database
from store.models import ActiveTime

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


def keep_activity(
    db: Database, actor: Actor, day: str, seconds: int, idle_seconds: int, keys: int, operation_id: str | None = None
) -> None:
    """Add to a person's sums of an ISO day."""
    with db.change(actor, operation_id, "figures.active") as change:
        if change.repeated or actor.person_id is None:
            return
        row = change.session.get(ActiveTime, (actor.person_id, day)) or ActiveTime(person_id=actor.person_id, day=day)
        row.seconds += seconds
        row.idle_seconds += idle_seconds
        row.keys += keys
        change.session.add(row)

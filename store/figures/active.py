"""Keeps the active time of a person (`activity` counts it), a sum for each day."""

from __future__ import annotations

from store.actors import Actor
from store.database import Database
from store.models import ActiveTime


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

"""Records on their way into the database, so many in one transaction; what cannot be stored goes to quarantine.

An interrupted run leaves whole records. A record that no check foresaw as bad is found by storing its batch one by one,
and is quarantined like the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from sqlalchemy.exc import StatementError

from codesets.safe import safe_line
from store.actors import Actor
from store.database import Database
from store.intake.quarantine import Waiting, quarantine_all
from store.intake.report import Tally
from store.intake.unit import Unit
from store.intake.writer import Outcome, Place, store_batch

BATCH = 50
"""Records in one transaction."""

MOST_DRY = 1_000
"""Records that a dry run tries."""

BATCH_BYTES = 8 * 2**20
"""Bytes of input after which a batch is stored even when it is not full."""

Progress = Callable[[str, int, int], None]
"""Called with what is being read or stored, how much is done, and of how much (0: not known)."""

_BROKEN = (StatementError, ValueError, OverflowError, RecursionError)


class DryRun(Exception):
    """Ends the transaction of a dry run, so that nothing of it stays."""


class Batch:
    """What waits to be stored. `dry` stores nothing: what would become of each record is counted all the same."""

    def __init__(self, db: Database, actor: Actor, place: Place | None, progress: Progress, dry: bool = False) -> None:
        self._db, self._actor, self._place, self._progress, self._dry = db, actor, place, progress, dry
        self._waiting: list[Waiting] = []
        self._bytes = 0
        self.not_tried = 0
        """Records beyond those that a dry run tries, since it holds the database for as long as it takes."""

    def take(self, unit: Unit, tally: Tally) -> None:
        """Put one unit into the batch, or on its way to quarantine."""
        place = safe_line(unit.place)[:400]
        if unit.reason:
            self.add(Waiting(tally, place, unit.raw, reason=unit.reason))
            return
        tally.notes.update(unit.notes)
        if not (unit.items or unit.passed_over):
            return
        tally.records += 1
        if unit.passed_over:
            tally.passed_over[unit.passed_over[:60]] += 1
            return
        self.add(Waiting(tally, place, unit.raw, unit.items))
        self._progress(tally.name, tally.records, 0)

    def add(self, waiting: Waiting) -> None:
        """Put a record into the batch, which is stored when it is full."""
        if self._dry and len(self._waiting) >= MOST_DRY:
            self.not_tried += 1
            return
        self._waiting.append(waiting)
        self._bytes += len(waiting.raw.content)
        if not self._dry and (len(self._waiting) >= BATCH or self._bytes >= BATCH_BYTES):
            self.flush()

    def flush(self) -> None:
        """Store what waits in one transaction."""
        batch, self._waiting, self._bytes = self._waiting, [], 0
        if not batch:
            return
        try:
            self._store(batch)
        except _BROKEN as error:
            if len(batch) == 1:
                reason = f"it cannot be stored ({type(error).__name__})"
                self._store([dataclasses.replace(batch[0], record=None, reason=reason)])
                return
            for waiting in batch:
                self._waiting = [waiting]
                self.flush()

    def _store(self, batch: list[Waiting]) -> None:
        try:
            with self._db.change(self._actor) as change:
                records = [(waiting.record, waiting.raw) for waiting in batch if waiting.record]
                stored = iter(store_batch(change, records, self._place))
                outcomes = [(waiting, next(stored) if waiting.record else None) for waiting in batch]
                refusals = [(waiting, quarantine_all(change, waiting, outcome)) for waiting, outcome in outcomes]
                if self._dry:
                    raise DryRun
        except DryRun:
            pass
        # Counted only now: a transaction that failed has stored nothing.
        for waiting, outcome in outcomes:
            if isinstance(outcome, Outcome):
                waiting.tally.count(outcome)
        for waiting, refused in refusals:
            waiting.tally.quarantined += refused

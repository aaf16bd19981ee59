"""The log: what was done, seen, exported and refused, each entry chained to the one before by its hash.

An entry is appended in the transaction of the change it tells of, as its last statement. The chain shows edits,
gaps and swaps; it does not show a log cut off at its end or computed anew by someone who owns the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlmodel import Session, select

from store.actors import Actor
from store.models import LogEntry
from store.models.columns import now

if TYPE_CHECKING:
    from store.database import Database

FIRST_HASH = "0" * 64


@dataclass(frozen=True)
class Event:
    """Something to log: an action of the registry, its target, and details without the text of notes."""

    action: str
    target_kind: str = ""
    target_id: str = ""
    detail: dict = field(default_factory=dict)


def append(session: Session, actor: str, events: Sequence[Event], operation_id: str = "") -> None:
    """Append events to the log within the caller's writing transaction."""
    if not events:
        return
    head = session.exec(select(LogEntry).order_by(LogEntry.seq.desc()).limit(1)).first()
    seq, previous = (head.seq, head.hash) if head else (0, FIRST_HASH)
    at = now()
    for event in events:
        seq += 1
        entry = LogEntry(
            seq=seq,
            at=at,
            actor=actor,
            action=event.action,
            target_kind=event.target_kind,
            target_id=event.target_id,
            detail=event.detail,
            operation_id=operation_id,
            previous_hash=previous,
            hash="",
        )
        entry.hash = previous = entry_hash(entry)
        session.add(entry)


def note(db: Database, actor: Actor, action: str, target_kind: str = "", target_id: str = "") -> None:
    """Log something that changed nothing: a look, a copy, a refusal."""
    with db.change(actor) as change:
        change.log(action, target_kind, target_id)


def entry_hash(entry: LogEntry) -> str:
    """SHA-256 over the canonical JSON of all fields but the hash itself, the previous hash included."""
    fields = [
        entry.seq,
        entry.at,
        entry.actor,
        entry.action,
        entry.target_kind,
        entry.target_id,
        entry.detail,
        entry.operation_id,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def first_broken(session: Session) -> int | None:
    """The sequence number of the first entry that does not fit the chain, or None when all of it holds."""
    previous, expected = FIRST_HASH, 1
    for entry in session.exec(select(LogEntry).order_by(LogEntry.seq).execution_options(yield_per=1000)):
        if entry.seq != expected or entry.previous_hash != previous or entry.hash != entry_hash(entry):
            return entry.seq
        previous, expected = entry.hash, expected + 1
    return None

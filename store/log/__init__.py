"""The log: what was done, seen, exported and refused, each entry chained to the one before by a keyed hash.

An entry is appended in the transaction of the change it tells of, as its last statement. The hash is an HMAC
(SHA-256) under a key that is kept outside the database (`store.log.key`), so whoever can write the database but not
read the key cannot compute the chain anew. What a chain cannot show, a log cut off at its end, is shown by anchors
kept elsewhere (`store.log.anchor`); `store.log.check` reads all of it again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text
from sqlmodel import Session

from store.actors import Actor
from store.log.key import STATED, KeyFile
from store.models import LogEntry
from store.models.columns import now, table_of

if TYPE_CHECKING:
    from store.database import Database

FIRST_HASH = "0" * 64

EMPTIED = "log.emptied"
"""The action of the first entry of a log that had others before, which somebody took away."""

POSTGRES_LOCK = 0x0C0DE10C
"""The advisory lock under which entries are appended on PostgreSQL, where writers do not wait for each other."""


_TABLE = table_of(LogEntry)
_APPENDED = insert(_TABLE)
_HEAD = select(_TABLE.c.seq, _TABLE.c.hash, STATED.scalar_subquery()).order_by(_TABLE.c.seq.desc()).limit(1)


@dataclass(frozen=True)
class Event:
    """Something to log: an action of the registry, its target, and details without the text of notes."""

    action: str
    target_kind: str = ""
    target_id: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def append(session: Session, actor: str, events: Sequence[Event], operation_id: str, keys: KeyFile) -> None:
    """Append events to the log within the caller's writing transaction. Raises LogKeyUnusable."""
    if not events:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POSTGRES_LOCK})
    session.flush()
    head = session.connection().execute(_HEAD).first()
    seq, previous, stated = head or (0, FIRST_HASH, session.execute(STATED).scalar())
    if head is None and _was_used(session, keys, stated):
        events = [Event(EMPTIED, "log"), *events]
    at = now()
    secret = keys.current(session, seq + 1, stated).secret
    entries = []
    for event in events:
        seq += 1
        entry: dict[str, Any] = {
            "seq": seq,
            "at": at,
            "actor": actor,
            "action": event.action,
            "target_kind": event.target_kind,
            "target_id": event.target_id,
            "detail": event.detail,
            "operation_id": operation_id,
            "previous_hash": previous,
        }
        covered = content(**(entry | {"detail": canonical(event.detail)}))
        entry["hash"] = previous = keyed_hash(secret, covered)
        entries.append(entry)
    # Past the unit of work: this is the last statement under the lock that every other writer waits for.
    session.connection().execute(_APPENDED, entries)


def _was_used(session: Session, keys: KeyFile, stated: str | None) -> bool:
    """Whether a record whose log is empty had entries in it before: it states a key, or holds encounters beside one.

    A new record in a file never lies beside the key of another log (`store.database.open_database`); a new one on a
    server may.
    """
    if stated is not None:
        return True
    in_a_file = session.get_bind().dialect.name == "sqlite"
    return in_a_file and bool(keys.keys()) and session.execute(_ANY_ENCOUNTER).first() is not None


_ANY_ENCOUNTER = text("SELECT 1 FROM encounter LIMIT 1")


def note(
    db: Database, actor: Actor, action: str, target_kind: str = "", target_id: str = "", /, **detail: object
) -> None:
    """Log something that changed nothing: a look, a search by name, a copy, a login, a refusal."""
    with db.change(actor) as change:
        change.log(action, target_kind, target_id, **detail)


def content(
    seq: int,
    at: str,
    actor: str,
    action: str,
    target_kind: str,
    target_id: str,
    detail: str,
    operation_id: str,
    previous_hash: str,
) -> bytes:
    """What the hash of an entry covers: its fields but the hash, the previous hash included, as canonical JSON.

    `detail` is canonical JSON text already.
    """
    return (
        f"[{seq},{quoted(at)},{quoted(actor)},{quoted(action)},{quoted(target_kind)},{quoted(target_id)},"
        f"{detail},{quoted(operation_id)},{quoted(previous_hash)}]"
    ).encode()


def canonical(value: object) -> str:
    """JSON text with sorted names and no spaces: one spelling for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def keyed_hash(secret: bytes | None, covered: bytes) -> str:
    """HMAC-SHA256 in hexadecimal; without a secret the plain SHA-256 of entries from before there was a key."""
    return hmac.digest(secret, covered, "sha256").hex() if secret else hashlib.sha256(covered).hexdigest()

"""Beginning a new key of the log, where the old one is lost or has become known."""

from __future__ import annotations

from sqlmodel import func, select

from store.actors import Actor, NotAllowed
from store.database import Database
from store.log.key import Key, LogKeyUnusable
from store.models import LogEntry
from store.people import refuse
from store.terms import Role
from store.whole import require_whole


def begin_new_key(db: Database, actor: Actor) -> Key:
    """A new key for the entries from now on, and an entry that says so.

    Raises NotAllowed, PartOfRecord, LogKeyUnusable.
    """
    if actor.role != Role.ADMIN:
        raise refuse(db, actor, "log.new_key", NotAllowed("only an administrator begins a new key", "ask one of them"))
    with db.change(actor) as change:
        require_whole(change.session.connection(), db.place, "a new key")
        head = change.session.exec(select(func.max(LogEntry.seq))).one()
        if head is None:
            raise LogKeyUnusable("the log is empty: there is no key to take over from", "its first entry makes its key")
        key = db.log_keys.begin_new(change.session, head + 1)
        change.log("log.new_key", "log", key.fingerprint)
    return key

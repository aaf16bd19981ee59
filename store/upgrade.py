"""Brings a record to the present schema so that nothing can be lost on the way.

    free space ─▶ one-step backup ┬▶ backup read through ─────┐
                                  └▶ migrate ─▶ quick check ──┴▶ a word in the log ─▶ commit
                                     └───────────────── one transaction ────────────────────┘

The backup is read through while the tables change, and what was found wrong with it ends the transaction.

Whatever fails, and wherever the program is killed, the record has its old schema, whole, and the backup is beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection
from sqlmodel import Session

from codesets.errors import CodedeskError
from codesets.safe import as_typed
from store import log
from store.actors import Actor
from store.backup import BackupState, copy_beside, default_backup, need_room, verify_and_keep
from store.database import Database, make_engine, make_place, place_of, require_never_there, told
from store.log.key import key_file
from store.migrations import HEAD
from store.migrations.upgrade import UpgradeFailed, migrate, schema_of
from store.settings import sqlite_path
from store.whole import require_whole


class Step(StrEnum):
    """What `upgrade` is about to do, in order; from MIGRATE to COMMIT within one transaction."""

    SPACE = "free space"
    BACKUP = "backup"
    MIGRATE = "migrate"
    CHECK = "quick check"
    VERIFY = "backup checked"
    LOG = "log"
    COMMIT = "commit"


@dataclass(frozen=True)
class Upgraded:
    """From which schema to which, and where the record as it was is kept (None: nothing was to be done, or to keep)."""

    place: str
    before: str | None
    after: str
    backup: str | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


def upgrade(url: str, actor: Actor, about_to: Callable[[Step], None] = lambda step: None) -> Upgraded:
    """Upgrade the record at `url`; where there never was one it is made.

    `about_to` is told each step and may stop the upgrade by raising. Raises DatabaseNewer, RecordGone,
    DatabaseUnusable, BackupFailed, PartOfRecord, UpgradeFailed; the record is then as it was.
    """
    make_place(url)
    place = place_of(url)
    engine = make_engine(url)
    backup: Path | None = None
    try:
        with told(place), ThreadPoolExecutor(1) as beside:
            before = schema_of(engine, place)
            if before is None:
                require_never_there(url)
            if before == HEAD:
                return Upgraded(place, before, HEAD, None)
            with engine.connect() as connection:
                require_whole(connection, place, "an upgrade")
            verifying: Future[BackupState] | None = None
            if before is not None and (path := sqlite_path(url)):
                about_to(Step.SPACE)
                need_room(path.parent, 2 * path.stat().st_size)
                about_to(Step.BACKUP)
                backup = default_backup(url, before)
                keys = key_file(url)
                verifying = beside.submit(
                    verify_and_keep, copy_beside(Database(engine, place, keys), backup), backup, keys
                )
            about_to(Step.MIGRATE)
            migrate(engine, lambda connection: _finish(connection, url, actor, before, verifying, about_to))
    except CodedeskError as error:
        raise _with_restore_line(error, backup) from error
    finally:
        engine.dispose()
    return Upgraded(place, before, HEAD, str(backup) if backup else None)


def _finish(
    connection: Connection,
    url: str,
    actor: Actor,
    before: str | None,
    verifying: Future[BackupState] | None,
    about_to: Callable[[Step], None],
) -> None:
    """What still belongs to the transaction of the migration: a look at every page, the backup, a word in the log."""
    about_to(Step.CHECK)  # while the backup is still read through beside it
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise UpgradeFailed(f"quick check: {str(found).splitlines()[0]}", "the database is as it was")
    about_to(Step.VERIFY)
    kept = verifying.result() if verifying is not None else None
    about_to(Step.LOG)
    if before is not None:
        with Session(bind=connection) as session:
            event = log.Event("upgrade", "schema", HEAD, {"before": before, "sha256": kept.sha256 if kept else ""})
            log.append(session, actor.login, [event], "", key_file(url))
            session.flush()  # a record that had no key states it now
    about_to(Step.COMMIT)


def _with_restore_line(error: CodedeskError, backup: Path | None) -> CodedeskError:
    if backup is None or not backup.exists():
        return error
    return UpgradeFailed(
        f"{error.message}; the record has its old schema", f"if need be: {as_typed('restore', str(backup))}"
    )

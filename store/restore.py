"""Puts a backup in the place of the record, and keeps the record that was there under another name.

At every moment a whole record lies under the record's name: the old one until the new one takes its place in one
step. The kept file remembers that it was replaced, so a session that still has it open cannot write into it.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from codesets.errors import CodedeskError
from store.actors import Actor
from store.backup import ROOM, BackupState, BackupUnusable, check_backup, digest, need_room, private_file, sync
from store.database import CLOSED, DatabaseUnusable, open_database
from store.log.key import key_file
from store.migrations import HEAD
from store.settings import sqlite_path
from store.sqlite import driver


class RestoreRefused(CodedeskError):
    """Nothing was replaced: the backup or the present record stands in the way."""

    title = "restore"
    exit_code = 1


@dataclass(frozen=True)
class Restored:
    """What was put in place, and where the record that was there is now (None: there was none)."""

    state: BackupState
    record: str
    kept: str | None
    upgrade_needed: bool


class Proof(StrEnum):
    """What the log of the present record says of the content of a backup."""

    AS_MADE = "it is as it was made, by its hash in the log of the record"
    CHANGED = "it is not the file that codedesk backup made under this name: it was changed since"
    UNKNOWN = "the log of the record tells of no backup with this content: its rows are not proven"
    UNASKED = "there is no record whose log could tell of it: its rows are not proven"


def restore(url: str, backup: Path, actor: Actor, unchecked_log: bool = False, unproven_rows: bool = False) -> Restored:
    """Replace the record at `url` with a backup. Raises BackupUnusable, BackupFailed or RestoreRefused.

    `unchecked_log`: also a backup whose log cannot be checked, because its key is lost. `unproven_rows`: also one that
    the log of the present record does not know, under whichever name: its log chain says nothing of its other rows.
    """
    record = _record(url)
    keys = key_file(url)
    state = check_backup(backup, keys)
    if state.log.first_bad is not None and not unchecked_log:
        raise BackupUnusable(
            f"{backup}: entry {state.log.first_bad} of its log: {state.log.reason}",
            "take an older one, or --unchecked-log where the log's key is lost",
        )
    proof = proof_of(url, state)
    if proof is Proof.CHANGED:
        raise BackupUnusable(f"{backup}: {proof}", "take another one")
    if proof is Proof.UNKNOWN and not unproven_rows:
        raise BackupUnusable(
            f"{backup}: {proof}", "take another one, or --unproven-rows where you know where it has been"
        )
    if record.exists() and backup.exists() and record.samefile(backup):
        raise RestoreRefused(f"{backup} is the record itself", "name a backup")
    record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    need_room(record.parent, int(state.bytes * ROOM))
    incoming = private_file(record)
    try:
        shutil.copyfile(backup, incoming)
        _reopen(incoming)
        sync(incoming)
        kept = _step_aside(record)
        os.replace(incoming, record)
        sync(record.parent)
    finally:
        incoming.unlink(missing_ok=True)
    if state.schema == HEAD:
        _note(url, actor, backup, kept, proof)
    return Restored(state, str(record), str(kept) if kept else None, state.schema != HEAD)


def proof_of(url: str, state: BackupState) -> Proof:
    """Whether a backup is, byte for byte, one that the log of the present record tells of.

    It tells of what `backup` and `upgrade` made, and of the records that `restore` put aside.
    """
    made = _backups_told_of(url)
    if made is None:
        return Proof.UNASKED
    if any(json.loads(detail).get("sha256") == state.sha256 for _, detail in made):
        return Proof.AS_MADE
    return Proof.CHANGED if Path(state.path).name in {name for name, _ in made} else Proof.UNKNOWN


def _backups_told_of(url: str) -> list[tuple[str, str]] | None:
    """Name and details (JSON) of the copies in the log of the present record; None where it cannot be read.

    A record in a file is only read: opened for writing, SQLite would tidy away what a damaged one left.
    """
    path = sqlite_path(url)
    told_of = (
        "SELECT target_id, CAST(detail AS TEXT) FROM log_entry WHERE action IN ('backup', 'upgrade', 'restore.kept')"
    )
    try:
        if path is None:
            db = open_database(url)
            try:
                with db.reading() as session:
                    return [(row[0], row[1]) for row in session.connection().exec_driver_sql(told_of)]
            finally:
                db.close()
        with closing(driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as connection:
            return list(connection.execute(told_of))
    except (CodedeskError, driver.DatabaseError):
        return None


def _record(url: str) -> Path:
    path = sqlite_path(url)
    if path is None:
        raise RestoreRefused("the record is on PostgreSQL", "codedesk move copies a backup into an empty database")
    return path


def _reopen(copy: Path) -> None:
    """A record that was kept at an earlier restore says that it is closed; its copy is not."""
    with closing(driver.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'site_fact'").fetchone()[0]:
            connection.execute("DELETE FROM site_fact WHERE name = ?", (CLOSED,))


def _step_aside(record: Path) -> Path | None:
    """Give the present record a second name and close it for those who still have it open; None: there is none.

    Raises RestoreRefused while somebody is writing to it or has it open.
    """
    if not record.exists():
        return None
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = record.with_name(f"{record.name}.kept-{moment}")
    if not _damaged(record):
        _close_for_others(record, kept)
    os.link(record, kept)
    for suffix in ("-wal", "-shm", "-journal"):  # only a damaged record still has them
        beside = record.with_name(record.name + suffix)
        if beside.exists():
            os.rename(beside, kept.with_name(kept.name + suffix))
    sync(record.parent)
    return kept


def _close_for_others(record: Path, kept: Path) -> None:
    """Bring the record into one file and mark it as replaced. Raises RestoreRefused while somebody has it open."""
    try:
        with closing(driver.connect(record, isolation_level=None, timeout=2.0)) as connection:
            # Leaving WAL needs the record for oneself alone.
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            if mode != "delete":
                raise RestoreRefused(f"{record} is open elsewhere", "everybody must leave first")
            if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'site_fact'").fetchone()[0]:
                words = f"a backup was put in its place; it was kept as {kept.name}"
                connection.execute("INSERT OR REPLACE INTO site_fact (name, value) VALUES (?, ?)", (CLOSED, words))
    except driver.OperationalError as error:
        words = "is open elsewhere" if "locked" in str(error) else f"cannot be put aside: {error}"
        raise RestoreRefused(f"{record} {words}", "everybody must leave first; nothing was replaced") from error


def _damaged(record: Path) -> bool:
    """Whether the record cannot be read. Asked read-only: opened for writing, SQLite would tidy its log away."""
    try:
        with closing(driver.connect(f"{record.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except driver.DatabaseError as error:
        return "locked" not in str(error)


def _note(url: str, actor: Actor, backup: Path, kept: Path | None, proof: Proof) -> None:
    db = open_database(url)
    try:
        with db.change(actor) as change:
            change.log("restore", "file", backup.name, kept=kept.name if kept else "", proof=proof.name.lower())
            if kept:
                change.log("restore.kept", "file", kept.name, sha256=digest(kept))
    except DatabaseUnusable as error:
        raise RestoreRefused(f"restored, but the log cannot be written: {error.message}", error.remedy) from error
    finally:
        db.close()

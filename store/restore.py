"""Puts a backup in the place of the record, and keeps the record that was there under another name.

At every moment a whole record lies under the record's name: the old one until the new one takes its place in one
step. The kept file remembers that it was replaced, so a session that still has it open cannot write into it.

On PostgreSQL a backup goes, after the same proof, into a database that holds no record yet, row by row from a copy of
it. The backup is only read, and nothing is ever replaced there.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import inspect, literal, select, table
from sqlmodel import Session

from codesets.errors import CodedeskError
from codesets.home import ensure_home
from store import log
from store.actors import Actor
from store.backup import (
    ROOM,
    BackupState,
    BackupUnusable,
    check_backup,
    digest,
    need_room,
    private_file,
    reading_whole,
    sync,
)
from store.code_sets import CodedWith, coded_with
from store.database import CLOSED, Database, has_bytes, make_engine, open_database, place_of, told
from store.log.check import COLUMNS, NOT_HERE, OF_RESTORES, entry_fits
from store.log.key import KeyFile, LogKeyUnusable, key_file
from store.log.restores import KEPT, RESTORE, KeptHead, carried_over, restores_in
from store.migrations import HEAD
from store.migrations.upgrade import VERSION_TABLE, migrate, schema_of
from store.move import copy_in
from store.seal import FACT as SEAL
from store.settings import sqlite_path
from store.sqlite import driver
from store.whole import require_whole


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
    proof: Proof
    code_sets: CodedWith
    """What the record was coded with, and what of it this host has."""


class Proof(StrEnum):
    """What the log of the present record, and the seal of a backup, say of its content."""

    AS_MADE = "it is as it was made, by its hash in the log of the record"
    SEALED = "it is as it was made, by its seal under the key of the log"
    CHANGED = "it is not the file that codedesk backup made under this name: it was changed since"
    UNKNOWN = "the log of the record tells of no backup with this content: its rows are not proven"
    UNASKED = (
        "the record that could tell of it is gone or unreadable, and it bears no seal that holds under the log's key: "
        "its rows are not proven"
    )
    NEW_PLACE = "no record was ever kept here that could tell of it: its rows are not proven"

    @property
    def proven(self) -> bool:
        return self in (Proof.AS_MADE, Proof.SEALED)


def restore(url: str, backup: Path, actor: Actor, unchecked_log: bool = False, unproven_rows: bool = False) -> Restored:
    """Replace the record at `url` with a backup, or put it into an empty database of a server.

    Raises BackupUnusable, BackupFailed, RestoreRefused, DatabaseUnusable, and for a server PartOfRecord, MoveRefused.

    `unchecked_log`: also a backup whose log cannot be checked, because its key is lost. `unproven_rows`: also one
    without a seal that the log of the present record does not know, under whichever name, or cannot be asked about:
    its log chain says nothing of its other rows.
    """
    record = sqlite_path(url)
    if record is None and _holds_rows(url):
        raise RestoreRefused(
            f"{place_of(url)} holds a record, which stays as it is",
            "make an empty database, set CODEDESK_DATABASE_URL to it, then restore again",
        )
    keys = key_file(url)
    state, proof = _checked(url, backup, keys, unchecked_log, unproven_rows)
    if record is None:
        return _into_server(url, backup, actor, keys, state, proof, unchecked_log)
    if record.exists() and backup.exists() and record.samefile(backup):
        raise RestoreRefused(f"{backup} is the record itself", "name a backup")
    record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    need_room(record.parent, int(state.bytes * ROOM))
    incoming = private_file(record)
    try:
        shutil.copyfile(backup, incoming)
        _reopen(incoming)
        sync(incoming)
        readable = has_bytes(record) and not _damaged(record)
        kept = _step_aside(record, readable)
        left = left_behind(kept if readable else None, incoming, keys)
        os.replace(incoming, record)
        sync(record.parent)
    finally:
        incoming.unlink(missing_ok=True)
    _note(url, actor, backup, kept, proof, left)
    with reading_whole(record) as connection:
        code_sets = coded_with(connection)
    return Restored(state, str(record), str(kept) if kept else None, state.schema != HEAD, proof, code_sets)


def _checked(
    url: str, backup: Path, keys: KeyFile, unchecked_log: bool, unproven_rows: bool
) -> tuple[BackupState, Proof]:
    """A backup that may be put in place, and what proves it. Raises BackupUnusable."""
    state = check_backup(backup, keys)
    if state.log.first_bad is not None and not unchecked_log:
        raise BackupUnusable(
            f"{backup}: entry {state.log.first_bad} of its log: {state.log.reason}",
            where_key_is(keys, state) or "take an older one, or --unchecked-log where the log's key is lost",
        )
    proof = proof_of(url, state)
    if proof is Proof.CHANGED:
        raise BackupUnusable(f"{backup}: {proof}", "take another one")
    if proof in (Proof.UNKNOWN, Proof.UNASKED) and not unproven_rows:
        raise BackupUnusable(
            f"{backup}: {proof}", "take another one, or --unproven-rows where you know where it has been"
        )
    return state, proof


def _into_server(
    url: str, backup: Path, actor: Actor, keys: KeyFile, state: BackupState, proof: Proof, unchecked_log: bool
) -> Restored:
    """Copy the rows of a backup into a database without a row, in the present schema, and tell its log of it.

    What is opened for that, and upgraded where it is older, is a copy of the backup.
    """
    need_room(ensure_home(), int(state.bytes * ROOM * (1 if state.schema == HEAD else 2)))
    unwritten: list[LogKeyUnusable] = []
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=ensure_home()) as folder:
        copy = Path(folder) / "backup.sqlite"
        copy.touch(0o600)
        shutil.copyfile(backup, copy)
        if digest(copy) != state.sha256:
            raise BackupUnusable(f"{backup} was changed while it was read", "restore again")
        _reopen(copy)
        event = _told_in_log(backup, None, proof, left_behind(None, copy, keys))

        def tell(session: Session) -> None:
            try:
                log.append(session, actor.login, [event], "", keys)
            except LogKeyUnusable as error:
                if not unchecked_log:
                    raise
                unwritten.append(error)

        _bring_up_to_date(f"sqlite:///{copy}")
        _bring_up_to_date(url)
        source, target = Database(make_engine(f"sqlite:///{copy}"), str(backup), keys), open_database(url)
        try:
            copy_in(source, target, tell, unchecked_log)
        finally:
            source.close()
            target.close()
        with reading_whole(copy) as connection:
            code_sets = coded_with(connection)
    for error in unwritten:
        raise _unwritten(error) from error
    return Restored(state, place_of(url), None, False, proof, code_sets)


def _bring_up_to_date(url: str) -> None:
    """Give a database the present schema, where it has none or an older one. Raises UpgradeFailed."""
    engine = make_engine(url)
    try:
        with told(place_of(url)):
            if schema_of(engine, place_of(url)) != HEAD:
                migrate(engine)
    finally:
        engine.dispose()


def _holds_rows(url: str) -> bool:
    """Whether a database of a server holds any row of a record, in whatever schema; it is only read.

    Raises DatabaseUnusable where it cannot be asked or is another program's, PartOfRecord where not all is seen.
    """
    place, engine = place_of(url), make_engine(url)
    try:
        with told(place):
            if schema_of(engine, place) is None:
                return False
            with engine.connect() as connection:
                require_whole(connection, place, "a restore")
                tables = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
                return any(
                    connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first() is not None
                    for name in sorted(tables)
                )
    finally:
        engine.dispose()


def where_key_is(keys: KeyFile, state: BackupState) -> str:
    """What to do about a backup whose log is under a key of another place; empty for any other."""
    if not state.log.reason.endswith(NOT_HERE):
        return ""
    if keys.path.exists():
        here = f"put the one that is at {keys.path} aside with its record, and"
    else:
        here = "it was made in another place:"
    return (
        f"{here} copy the key file of that place (workstation.log-key beside its record or, where that is on"
        f" PostgreSQL, in codedesk's folder; or the setting log_key) to {keys.path}, then restore again;"
        " --unchecked-log only where it is lost"
    )


def proof_of(url: str, state: BackupState) -> Proof:
    """Whether a backup is, byte for byte, one that the log of the present record tells of, or that its seal holds.

    The log tells of what `backup` and `upgrade` made, and of the records that `restore` put aside.
    """
    made = _backups_told_of(url)
    if made is not None and any(json.loads(detail).get("sha256") == state.sha256 for _, detail in made):
        return Proof.AS_MADE
    if state.sealed:
        return Proof.SEALED
    if made is None:
        path = sqlite_path(url)
        record_there = path.exists() if path is not None else _holds_rows(url)
        never_here = not record_there and not key_file(url).path.exists()
        return Proof.NEW_PLACE if never_here else Proof.UNASKED
    return Proof.CHANGED if Path(state.path).name in {name for name, _ in made} else Proof.UNKNOWN


def _backups_told_of(url: str) -> list[tuple[str, str]] | None:
    """Name and details (JSON) of the copies in the log of the present record; None where it cannot be read.

    Entries that do not fit under the key are passed over: whoever can write the record could have added them. A record
    in a file is only read: opened for writing, SQLite would tidy away what a damaged one left.
    """
    path = sqlite_path(url)
    told_of = f"SELECT {COLUMNS} FROM log_entry WHERE action IN ('backup', 'upgrade', 'restore.kept')"
    try:
        keys = key_file(url).keys()
        if path is None:
            if not _holds_rows(url):  # opening it would make a schema there
                return None
            db = open_database(url)
            try:
                with db.reading() as session:
                    rows = [tuple(row) for row in session.connection().exec_driver_sql(told_of)]
            finally:
                db.close()
        else:
            with closing(_reading(path)) as connection:
                rows = list(connection.execute(told_of))
    except (CodedeskError, driver.DatabaseError):
        return None
    before_keys = keys[0].first_seq if keys else sys.maxsize
    return [(row[5], row[6]) for row in rows if row[0] < before_keys or entry_fits(row, keys)]


def _reopen(copy: Path) -> None:
    """Take away what the copy says of the file: that a kept record is closed, and the seal of a backup."""
    with closing(driver.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'site_fact'").fetchone()[0]:
            connection.execute("DELETE FROM site_fact WHERE name IN (?, ?)", (CLOSED, SEAL))


def _step_aside(record: Path, readable: bool) -> Path | None:
    """Give the present record a second name and close it for those who still have it open; None: there is none.

    Raises RestoreRefused while somebody is writing to it or has it open.
    """
    if not record.exists():
        return None
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = record.with_name(f"{record.name}.kept-{moment}")
    if readable:
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


def left_behind(kept: Path | None, restored: Path, keys: KeyFile) -> dict[str, object]:
    """What the entry of a restore tells of the log that is put aside (see `store.log.restores`).

    Where that log parts from the restored one (`shared`), its last entry (`kept_entries`, `kept_head`; 0 and empty
    where it cannot be read or there is none), and the restores that only it tells of (`earlier`).
    """
    restored_end = _head(restored).entries
    nothing: dict[str, object] = {"shared": restored_end, "kept_entries": 0, "kept_head": "", "earlier": []}
    if kept is None:
        return nothing
    try:
        head = _head(kept)
        shared = _shared_entries(kept, restored, min(head.entries, restored_end))
        with closing(_reading(kept)) as connection:
            told_of = [row for row in connection.execute(OF_RESTORES) if entry_fits(row, keys.keys())]
    except driver.DatabaseError:
        return nothing
    earlier = carried_over(restores_in(told_of, {}), shared)
    return {"shared": shared, "kept_entries": head.entries, "kept_head": head.hash, "earlier": earlier}


def _head(path: Path) -> KeptHead:
    with closing(_reading(path)) as connection:
        row = connection.execute("SELECT seq, hash FROM log_entry ORDER BY seq DESC LIMIT 1").fetchone()
    return KeptHead(*row) if row else KeptHead()


def _shared_entries(one: Path, other: Path, most: int) -> int:
    """How many entries two logs have in common: each hash covers all before it, so the place is found by halving."""
    with closing(_reading(one)) as first, closing(_reading(other)) as second:
        query = "SELECT hash FROM log_entry WHERE seq = ?"
        low, high = 0, most
        while low < high:
            middle = (low + high + 1) // 2
            if first.execute(query, (middle,)).fetchone() == second.execute(query, (middle,)).fetchone():
                low = middle
            else:
                high = middle - 1
    return low


def _reading(path: Path) -> driver.Connection:
    return driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)


def _note(url: str, actor: Actor, backup: Path, kept: Path | None, proof: Proof, left: dict[str, object]) -> None:
    """Tell the restored log of the restore, in whatever schema it is."""
    events = [_told_in_log(backup, kept, proof, left)]
    if kept:
        events.append(log.Event(KEPT, "file", kept.name, {"sha256": digest(kept)}))
    engine = make_engine(url)
    try:
        with told(place_of(url)), Session(engine) as session:
            if not inspect(session.connection()).has_table("site_fact"):
                return  # a record from before the log had a key; the kept file says by its name when it was put aside
            log.append(session, actor.login, events, "", key_file(url))
            session.commit()
    except CodedeskError as error:
        raise _unwritten(error) from error
    finally:
        engine.dispose()


def _told_in_log(backup: Path, kept: Path | None, proof: Proof, left: dict[str, object]) -> log.Event:
    detail = {"kept": kept.name if kept else "", "proof": proof.name.lower()}
    return log.Event(RESTORE, "file", backup.name, detail | left)


def _unwritten(error: CodedeskError) -> RestoreRefused:
    return RestoreRefused(f"restored, but the log cannot be written: {error.message}", error.remedy)

"""Copies a record from one database to another, from SQLite to PostgreSQL or back, and proves that it is the same.

    hold the source ─▶ make the schema ─▶ copy every table ─▶ compare counts and contents, check the log ─▶ commit
                                          └──────────────── one transaction ───────────────┘      ─▶ close the source

While it copies, nobody can change the source; afterwards the source says where it went and takes no more changes.
The log's chain is copied as it is, with its key.

A record is moved from its own place alone. Any other file may be a backup, or have been changed by whoever had it in
hand: that is for `store.restore`, which asks for a proof of its rows and then copies them by `copy_in`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update
from sqlmodel import Session, SQLModel

from codesets.errors import CodedeskError
from codesets.home import ensure_home
from codesets.safe import as_typed
from store import log
from store.actors import Actor
from store.database import CLOSED, POSTGRES_WRITER, Database, engine_url, open_database, require_open, told
from store.log.check import NOT_HERE, LogState, check_log
from store.log.key import KeyFile
from store.models import SiteFact
from store.models.columns import now
from store.seal import bears_seal
from store.settings import demo_url, site_url, sqlite_path
from store.whole import require_whole

BATCH = 2_000

Progress = Callable[[str, int], None]


class MoveRefused(CodedeskError):
    """Nothing was moved: the target is not empty, or source and copy are not the same."""

    title = "move"
    exit_code = 1


@dataclass(frozen=True)
class Moved:
    """What was copied: rows by table, and the log."""

    source: str
    target: str
    rows: dict[str, int]
    log_entries: int


def move(source_url: str, target_url: str, actor: Actor, progress: Progress = lambda table, rows: None) -> Moved:
    """Copy the record at `source_url` into an empty database and close the source.

    Raises MoveRefused, PartOfRecord, DatabaseClosed, DatabaseUnusable or LogKeyUnusable; the target is then as empty
    as it was.
    """
    _require_own(source_url)
    if engine_url(source_url) == engine_url(target_url):
        raise MoveRefused("source and target are the same database", "name another one")
    source = open_database(source_url)
    try:
        target = open_database(target_url, filled=True)
        try:
            return _move(source, target, actor, progress)
        finally:
            target.close()
    finally:
        source.close()


def copy_out(source: Database, target: Database) -> None:
    """Copy a record into an empty database under the same key, from one moment of it; nobody waits, nothing is closed.

    Raises MoveRefused; the target is then as empty as it was.
    """
    with source.reading() as session, told(target.place), target.engine.begin() as filled:
        _fill(session.connection(), filled, source, target, lambda table, rows: None)


def copy_in(source: Database, target: Database, tell: Callable[[Session], None], unchecked_log: bool = False) -> None:
    """Copy a backup into an empty database and let `tell` write to its log, in one transaction.

    `unchecked_log`: also one whose log does not hold. Raises MoveRefused, PartOfRecord, or what `tell` raises; the
    target is then as empty as it was.
    """
    with source.reading() as session, told(target.place), target.engine.begin() as filled:
        _fill(session.connection(), filled, source, target, lambda table, rows: None, unchecked_log)
        with Session(bind=filled) as telling:
            tell(telling)
            telling.flush()  # a record that had no key states it now


def _require_own(url: str) -> None:
    """Refuse a file that is not where the record of this site, or of its demo, is kept; it is only read.

    Who names another one in the environment alone could name one where they made themselves its administrator.
    """
    path = sqlite_path(url)
    if path is None or path.resolve() in {own.resolve() for own in map(sqlite_path, (site_url(), demo_url())) if own}:
        return
    restored = f"set CODEDESK_DATABASE_URL to the empty database, then: {as_typed('restore', str(path))}"
    if bears_seal(path):
        raise MoveRefused(f"{path} is a backup", restored)
    raise MoveRefused(
        f"{path} is not where this site keeps its record",
        f"of a backup, {restored}; of the record itself, name it in config.toml as database_url",
    )


def _move(source: Database, target: Database, actor: Actor, progress: Progress) -> Moved:
    with told(source.place), source.engine.begin() as held:
        require_whole(held, source.place, "a move")
        _hold(held)
        require_open(held, source.place)
        with told(target.place), target.engine.begin() as filled:
            rows, state = _fill(held, filled, source, target, progress)
            with Session(bind=filled) as session:
                event = log.Event("move", "database", target.place, {"source": source.place})
                log.append(session, actor.login, [event], "", target.log_keys)
                session.flush()  # a record that had no key states it now
            words = f"the record was moved to {target.place} at {now()}; set CODEDESK_DATABASE_URL"
            held.execute(insert(SiteFact).values(name=CLOSED, value=words))
    return Moved(source.place, target.place, rows, state.entries)


def _fill(
    held: Connection,
    filled: Connection,
    source: Database,
    target: Database,
    progress: Progress,
    unchecked_log: bool = False,
) -> tuple[dict[str, int], LogState]:
    """Copy every table and prove that the copy is the same; rows by table, and the state of the log."""
    require_whole(held, source.place, "a copy")
    require_whole(filled, target.place, "a copy")
    state = check_log(held, source.log_keys.keys())
    if state.first_bad is not None and not unchecked_log:
        remedy = f"its key file belongs at {source.log_keys.path}" if state.reason.endswith(NOT_HERE) else ""
        raise MoveRefused(f"entry {state.first_bad} of the log: {state.reason}", remedy or "codedesk log verify")
    if target.on_postgres:  # on SQLite, BEGIN IMMEDIATE has done so
        filled.execute(select(func.pg_advisory_xact_lock(POSTGRES_WRITER)))
    _refuse_filled(filled, target.place)
    rows = {table.name: _copy(held, filled, table, progress) for table in _tables()}
    _take_key_along(source.log_keys, target.log_keys)
    _compare(held, filled)
    copied = check_log(filled, target.log_keys.keys())
    if (copied.head, copied.entries) != (state.head, state.entries):
        raise MoveRefused(f"the log does not arrive whole: {copied.reason}", "nothing was moved")
    return rows, state


def _hold(connection: Connection) -> None:
    """Keep writers out until the end; on SQLite, BEGIN IMMEDIATE has done so."""
    if connection.dialect.name == "postgresql":
        for table in _tables():
            connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN SHARE MODE')


def _tables() -> Sequence[Table]:
    """Every table, parents before children."""
    return SQLModel.metadata.sorted_tables


def _refuse_filled(connection: Connection, place: str) -> None:
    for table in _tables():
        if connection.execute(select(table).limit(1)).first() is not None:
            raise MoveRefused(f"{place} holds rows of {table.name} already", "name an empty database")


def _copy(source: Connection, target: Connection, table: Table, progress: Progress) -> int:
    """Copy one table; a reference to a row of the same table is set once all rows are there."""
    own = [column.name for key in table.foreign_keys if key.column.table is table for column in [key.parent]]
    later: list[dict[str, Any]] = []
    copied = 0
    for batch in _batches(source, table):
        for row in batch:
            held_back = {name: row[name] for name in own if row[name] is not None}
            if held_back:
                later.append({**{key.name: row[key.name] for key in table.primary_key}, **held_back})
                row.update(dict.fromkeys(held_back))
        target.execute(insert(table), batch)
        copied += len(batch)
        progress(table.name, copied)
    for row in later:
        keys = [key == row[key.name] for key in table.primary_key]
        target.execute(update(table).where(*keys).values({name: row[name] for name in own if name in row}))
    return copied


def _batches(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Rows in the order of their key; the log refuses any other."""
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=BATCH)
    for partition in connection.execute(query).mappings().partitions():
        yield [dict(row) for row in partition]


def _compare(source: Connection, target: Connection) -> None:
    for table in _tables():
        count = select(func.count()).select_from(table)
        here, there = source.execute(count).scalar_one(), target.execute(count).scalar_one()
        if here != there:
            raise MoveRefused(f"{table.name} has {here:,} rows, its copy {there:,}", "nothing was moved")
        if _contents(source, table) != _contents(target, table):
            raise MoveRefused(f"{table.name} is not the same in its copy", "nothing was moved")


def _contents(connection: Connection, table: Table) -> int:
    """The sum of the hashes of all rows: the same in whatever order a database sorts them."""
    total = 0
    for batch in _batches(connection, table):
        for row in batch:
            plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
            total += int.from_bytes(hashlib.sha256(log.canonical(plain).encode()).digest(), "big")
    return total % (1 << 256)


def _take_key_along(source: KeyFile, target: KeyFile) -> None:
    """Put the key of the log where the target looks for it. Raises MoveRefused when another key lies there."""
    if not source.keys() or source.path == target.path:
        return
    if target.keys():
        if target.keys() != source.keys():
            raise MoveRefused(f"{target.path} is the key of another log", "move that file away first")
        return
    ensure_home()
    temporary = Path(f"{target.path}.moving")
    handle = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file, source.path.open("rb") as original:
        shutil.copyfileobj(original, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, target.path)

"""The workstation database: engine, settings, sessions and the operation that every change is made in.

SQLite in one file by default (WAL, synchronous FULL, BEGIN IMMEDIATE for every writing transaction), PostgreSQL
where `CODEDESK_DATABASE_URL` names one. Opening brings the schema up to date (`store.migrations`) and refuses
a database that a newer codedesk has upgraded. Nothing here knows what the tables mean.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlmodel import Session

from codesets.errors import CodedeskError
from codesets.home import ensure_home, home
from store import log
from store.actors import Actor
from store.models import Operation
from store.models.columns import new_id
from store.settings import database_url, sqlite_path
from store.sqlite import driver

PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-16384",
    "temp_store=MEMORY",
    "trusted_schema=OFF",
    "secure_delete=ON",
)


class DatabaseUnusable(CodedeskError):
    """The database cannot be opened: corrupt, foreign, locked, unreadable, or gone. Nothing was changed."""

    title = "database"


class DatabaseNewer(DatabaseUnusable):
    """A newer codedesk has upgraded this database."""

    title = "database is newer"


@dataclass
class Change:
    """One operation in progress: its session, what it will log, and its answer.

    When `repeated` is true the operation was carried out before: `answer` is what it answered then, and
    nothing may be changed.
    """

    session: Session
    actor: Actor
    repeated: bool = False
    answer: dict = field(default_factory=dict)
    events: list[log.Event] = field(default_factory=list)

    def log(self, action: str, target_kind: str = "", target_id: str = "", **detail: object) -> None:
        """Note an event; it is appended to the log when the operation commits."""
        self.events.append(log.Event(action, target_kind, target_id, dict(detail)))


class Database:
    """The open database. Sessions belong to the thread that asked for them."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self.place = place
        self._reading = engine.execution_options(read_only=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, on one snapshot; it never waits for writers."""
        with told(self.place), Session(self._reading, autoflush=False) as session:
            yield session

    @contextmanager
    def change(self, actor: Actor, operation_id: str | None = None, action: str = "") -> Iterator[Change]:
        """One writing transaction: all of it, with its log entries, or nothing.

        With an `operation_id` that was carried out before, the change comes back with `repeated` set.
        """
        with told(self.place), Session(self.engine) as session:
            change = Change(session, actor)
            if operation_id and (earlier := session.get(Operation, operation_id)):
                change.repeated, change.answer = True, dict(earlier.answer)
                yield change
                return
            yield change
            if operation_id:
                session.add(Operation(id=operation_id, action=action, answer=change.answer))
            session.flush()
            log.append(session, actor.login, change.events, operation_id or "")
            session.commit()

    def close(self) -> None:
        """Give up every connection."""
        self.engine.dispose()


def open_database(url: str | None = None) -> Database:
    """Open the site's database, making or upgrading it as needed.

    Raises DatabaseNewer, DatabaseUnusable or HomeUnwritable; the files are then as they were.
    """
    url = url or database_url()
    path = sqlite_path(url)
    if path is not None:
        if path.parent == home():
            ensure_home()
        _check_file(path)
    place = str(path or url.rsplit("@", 1)[-1])
    engine = make_engine(url)
    from store.migrations import upgrade

    try:
        with told(place):
            upgrade.bring_up_to_date(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, place)


def make_engine(url: str) -> Engine:
    """An engine with the settings that every connection of the workstation has. Raises DatabaseUnusable."""
    try:
        engine = create_engine(url, hide_parameters=True, pool_size=2, **driver_of(url))
    except ArgumentError as error:
        raise DatabaseUnusable(
            f"{url!r} is no database URL", "expected sqlite:///FILE or postgresql+psycopg://HOST/NAME"
        ) from error
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(
            f"no driver for {url.split(':')[0]} is installed", "pip install 'codedesk[postgres]'"
        ) from error
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def _connected(connection: driver.Connection, _record: object) -> None:
        # The driver must not open transactions of its own: pragmas and BEGIN IMMEDIATE would fail silently.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def driver_of(url: str) -> dict[str, object]:
    """What `create_engine` must be told so that a SQLite URL is opened with the SQLite of `store.sqlite`."""
    return {"module": driver} if url.startswith("sqlite") else {}


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn a driver's error into one that a person can act on; the data of the statement stays out of it."""
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        remedy = {
            "database is locked": "another program holds it; try again",
            "attempt to write a readonly database": "you may read it but not write to it",
            "unable to open database file": "check the folder and its permissions",
            "database or disk is full": "free some space; what was acknowledged is safe",
        }.get(reason, "nothing was changed")
        raise DatabaseUnusable(f"{place}: {reason}", remedy) from error
    except DatabaseError as error:
        if "not a database" in str(error.orig) or "malformed" in str(error.orig):
            raise DatabaseUnusable(f"{place}: {error.orig}", "it was left as it is; restore a backup") from error
        raise


def operation_id() -> str:
    """A fresh id for one action of a person; a retry of the same action uses the same id."""
    return new_id()


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        _create_private(path)
        return
    except OSError as error:
        raise DatabaseUnusable(f"{path}: {error.strerror}", "check its permissions") from error
    if head and head != b"SQLite format 3\x00":
        raise DatabaseUnusable(f"{path} is not a SQLite database", "it was left as it is; name another file")


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise DatabaseUnusable(f"{path}: {error.strerror}", "check the folder and its permissions") from error

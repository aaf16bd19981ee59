"""The workstation database: engine, settings, sessions and the operation that every change is made in.

SQLite in one file by default (WAL, synchronous FULL, BEGIN IMMEDIATE for every writing transaction), PostgreSQL
where `CODEDESK_DATABASE_URL` names one. Opening makes the schema where there is none (`store.migrations`) and
refuses one that is older or newer. Nothing here knows what the tables mean.
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    Row,
    bindparam,
    column,
    create_engine,
    event,
    insert,
    select,
    table,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from codesets.errors import CodedeskError
from codesets.home import ensure_home, home
from store import log
from store.actors import Actor
from store.amounts import NumberTooLarge
from store.log.key import KeyFile, key_file
from store.migrations import HEAD
from store.models import Operation, SiteFact
from store.models.columns import new_id, now, table_of
from store.opened_file import OpenedFile, RecordExchanged
from store.permissions import require
from store.settings import database_url, load_settings, sqlite_path
from store.sqlite import driver
from store.watch import CHANNEL
from store.whole import NEEDS_WHOLE, require_whole

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-16384",
    "temp_store=MEMORY",
    "trusted_schema=OFF",
    "secure_delete=ON",
)

# The facilities are what row-level security looks at (`store.migrations.postgres_roles`). A statement takes one of the
# server's processors: many people share them, and to start workers takes longer than what a screen asks. Nor is one
# compiled: that takes seconds for the long conditions of a list which is read in a tenth of one.
_EACH_ON_POSTGRES = text(
    "SELECT set_config('app.facilities', :facilities, true), set_config('max_parallel_workers_per_gather', '0', true),"
    " set_config('jit', 'off', true)"
)
"""What every transaction there begins with; it holds until that ends."""


class DatabaseUnusable(CodedeskError):
    """The database cannot be opened: corrupt, foreign, locked, unreadable, or gone. Nothing was changed."""

    title = "database"


class DatabaseNewer(DatabaseUnusable):
    """A newer codedesk has upgraded this database."""

    title = "database is newer"


class DatabaseOlder(DatabaseUnusable):
    """The record has the schema of an older codedesk; an administrator upgrades it."""

    title = "database is older"


class RecordGone(DatabaseUnusable):
    """The record is missing or empty where the key of its log still lies: no new one is made in its place."""

    title = "record"


# What fails is told once, by who asked for it: psycopg would warn on stderr of the rest of its pipeline too.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

OPENED = "opened"
"""Under which name a connection to SQLite keeps which files it opened (`OpenedFile`)."""

CLOSED = "closed"
"""The name of the fact (`SiteFact`) that says why nobody may write to this record any more."""


class DatabaseClosed(DatabaseUnusable):
    """The record was upgraded or moved while this program had it open; nothing was changed."""

    title = "database closed"


class ChangedElsewhere(CodedeskError):
    """Somebody else saved the same row first; this change was not made."""

    title = "changed elsewhere"
    exit_code = 1


POSTGRES_WRITER = 0x0C0DE301
"""The advisory lock that makes writers of PostgreSQL wait for each other, as SQLite's do.

What is read and then written in one change is therefore never stale, on either database. Taking the next chart does
without it: `SKIP LOCKED` gives every coder another row.
"""


_OPERATIONS = table_of(Operation)
_FACTS = table_of(SiteFact)
_SCHEMA = table("alembic_version", column("version_num"))
_STATE = select(
    _SCHEMA.c.version_num, select(_FACTS.c.value).where(_FACTS.c.name == CLOSED).scalar_subquery().label("closed")
)
_BEGINNING = _STATE.add_columns(
    select(_OPERATIONS.c.answer).where(_OPERATIONS.c.id == bindparam("id")).scalar_subquery().label("answer")
)
"""Whether the record may be written to, and what an operation answered: asked at once, under the lock of writers."""

_DONE = insert(_OPERATIONS)


@dataclass
class Change:
    """One operation in progress: its session, what it will log, and its answer.

    When `repeated` is true the operation was carried out before: `answer` is what it answered then, and
    nothing may be changed.
    """

    session: Session
    actor: Actor
    target: tuple[str, str] = ("", "")
    """Kind and id of what the operation is about; a refusal is logged with it."""

    repeated: bool = False
    answer: dict[str, Any] = field(default_factory=dict)
    events: list[log.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session.info["change"] = self

    @staticmethod
    def of(session: Session) -> Change | None:
        """The change that a session works for; None for one that only reads."""
        found: Change | None = session.info.get("change")
        return found

    def log(self, action: str, target_kind: str = "", target_id: str = "", /, **detail: object) -> None:
        """Note an event; it is appended to the log when the operation commits."""
        self.events.append(log.Event(action, target_kind, target_id, dict(detail)))


class Database:
    """The open database. Sessions belong to the thread that asked for them."""

    def __init__(self, engine: Engine, place: str, log_keys: KeyFile) -> None:
        self.engine = engine
        self.place = place
        self.log_keys = log_keys
        self._reading = engine.execution_options(read_only=True, **_SNAPSHOT.get(engine.dialect.name, {}))

    @property
    def on_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, on one snapshot; it never waits for writers."""
        with told(self.place), Session(self._reading, autoflush=False) as session:
            yield session

    @contextmanager
    def change(
        self, actor: Actor, operation_id: str | None = None, action: str = "", alongside: bool = False
    ) -> Iterator[Change]:
        """One writing transaction: all of it, with its log entries, or nothing.

        The actor's role must have the right to `action` (`store.permissions`); work without a name is asked for
        nothing. With an `operation_id` that was carried out before, the change comes back with `repeated` set.
        `alongside`: the change locks what it reads by itself and need not wait for other writers of PostgreSQL. A
        refusal that is raised inside is logged in a transaction of its own. Raises NotAllowed, ChangedElsewhere,
        DatabaseClosed, RecordExchanged, PartOfRecord, DatabaseUnusable.
        """
        change = None
        try:
            if action:
                require(actor, action)
            with told(self.place), Session(self.engine, expire_on_commit=False) as session:
                if self.on_postgres and not alongside:
                    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POSTGRES_WRITER})
                earlier = _begun(session, self.place, operation_id)
                opened: OpenedFile | None = session.connection().info.get(OPENED)
                if self.on_postgres and action in NEEDS_WHOLE:
                    require_whole(session.connection(), self.place, NEEDS_WHOLE[action])
                change = Change(session, actor)
                if earlier is not None:
                    change.repeated, change.answer = True, dict(earlier)
                    yield change
                    return
                yield change
                session.flush()
                if operation_id:
                    done = {"id": operation_id, "action": action, "answer": change.answer, "at": now()}
                    session.connection().execute(_DONE, done)
                log.append(session, actor.login, change.events, operation_id or "", self.log_keys)
                if self.on_postgres and change.events:
                    session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
                if opened is not None:
                    opened.require_same()
                session.commit()
                if opened is not None:  # nothing is acknowledged that went into a file that was just taken away
                    opened.require_same()
        except CodedeskError as error:
            if error.refusal:
                kind, target = change.target if change else ("", "")
                log.note(self, actor, "refused", kind, target, asked=action, why=f"{error.title}: {error.message}")
            raise

    def close(self) -> None:
        """Give up every connection."""
        self.engine.dispose()


def open_database(url: str | None = None, filled: bool = False) -> Database:
    """Open the site's database; made where there never was one, never upgraded (`store.upgrade` does that).

    `filled`: whoever opens it fills it with a record that was kept elsewhere, so that one on PostgreSQL is made.
    Raises DatabaseNewer, DatabaseOlder, RecordGone, DatabaseUnusable, HomeUnwritable; the files are as they were then.
    """
    url = url or database_url()
    make_place(url)
    place = place_of(url)
    engine = make_engine(url)
    from store.migrations import upgrade

    try:
        with told(place):
            schema = upgrade.schema_of(engine, place)
            if schema is None:
                if not filled or sqlite_path(url):
                    require_never_there(url)
                upgrade.migrate(engine)
            elif schema != HEAD:
                raise DatabaseOlder(f"{place} has schema {schema}, this codedesk needs {HEAD}", "codedesk upgrade")
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, place, key_file(url))


def make_engine(url: str) -> Engine:
    """An engine with the settings that every connection of the workstation has. Raises DatabaseUnusable."""
    try:
        engine = create_engine(engine_url(url), **engine_options(url), pool_size=2)
    except ArgumentError as error:
        raise DatabaseUnusable(
            f"{url!r} is no database URL", "expected sqlite:///FILE or postgresql+psycopg://HOST/NAME"
        ) from error
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(
            f"no driver for {url.split(':')[0]} is installed", "pip install 'codedesk[postgres]'"
        ) from error
    event.listen(engine, "handle_error", _too_large)
    if engine.dialect.name != "sqlite":
        facilities = load_settings().facilities

        @event.listens_for(engine, "begin")
        def _begun_on_postgres(connection: Connection) -> None:
            connection.execute(_EACH_ON_POSTGRES, {"facilities": facilities})

        return engine
    busy = load_settings().busy_seconds * 1000
    path, first = sqlite_path(url), list[OpenedFile]()

    @event.listens_for(engine, "connect")
    def _connected(connection: driver.Connection, record: ConnectionPoolEntry) -> None:
        try:
            if first:  # a pragma would write to a file that was put in the place of the first one
                first[0].require_same_record()
        except RecordExchanged:
            connection.close()
            raise
        # The driver must not open transactions of its own: pragmas and BEGIN IMMEDIATE would fail silently.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy}")
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("PRAGMA schema_version").fetchone()  # to read is to open the write-ahead log
        cursor.close()
        if path is not None:
            opened = OpenedFile.at(path)
            first[:] = first or [opened]
            record.info[OPENED] = replace(opened, file=first[0].file)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        if connection.get_execution_options().get("read_only", False):
            connection.exec_driver_sql("BEGIN")
        else:
            if opened := connection.info.get(OPENED):
                opened.require_same()
            _take_turn(connection, busy)

    return engine


def _too_large(context: ExceptionContext) -> BaseException | None:
    """What is raised in place of a number that no column holds: one message, whoever asked with it."""
    error = context.original_exception
    beyond = isinstance(error, OverflowError) or type(error).__name__ == "NumericValueOutOfRange"
    return NumberTooLarge() if beyond else None


LOOK_AGAIN_MS = 3
"""How long SQLite itself waits for the lock of writers, in steps of 1 and 2 ms, before it is asked once more."""


def _take_turn(connection: Connection, busy: int) -> None:
    """Begin a writing transaction once the lock is free, at most `busy` milliseconds from now.

    SQLite's own waiting looks ever less often, in the end ten times a second, so that who has waited longest is the
    last to see a lock that is free. Here everybody looks equally often, however long they have waited.
    """
    plain = connection.connection.driver_connection
    assert plain is not None
    deadline = time.monotonic() + busy / 1000
    plain.execute(f"PRAGMA busy_timeout={min(LOOK_AGAIN_MS, busy)}")
    try:
        while time.monotonic() < deadline:
            try:
                plain.execute("BEGIN IMMEDIATE")
                return
            except driver.OperationalError as error:
                if "locked" not in str(error):
                    break
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        plain.execute(f"PRAGMA busy_timeout={busy}")


def engine_url(url: str) -> str:
    """The URL for SQLAlchemy: PostgreSQL is spoken to through psycopg 3, whichever way it was written."""
    scheme, rest = url.partition(":")[0], url.partition(":")[2]
    return f"postgresql+psycopg:{rest}" if scheme in ("postgres", "postgresql") else url


def engine_options(url: str) -> dict[str, object]:
    """What every engine for the URL is made with: no data in error messages, JSON in one spelling, our SQLite."""
    options: dict[str, object] = {"hide_parameters": True, "json_serializer": log.canonical}
    return options | ({"module": driver} if url.startswith("sqlite") else {"pool_pre_ping": True})


def place_of(url: str) -> str:
    """The file, or host and database, that a URL names: what messages call it, without a password."""
    if (path := sqlite_path(url)) is not None:
        return str(path)
    try:
        parsed = make_url(url)
    except ArgumentError:
        return url.rsplit("@", 1)[-1]
    return f"{parsed.host or 'localhost'}/{parsed.database or ''}"


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn a driver's error into one that a person can act on; the data of the statement stays out of it."""
    try:
        yield
    except StaleDataError as error:
        raise ChangedElsewhere("somebody else saved this at the same moment; nothing was changed", "look again") from (
            error
        )
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseUnusable(f"{place}: {reason}", _remedy(reason, error.connection_invalidated)) from error
    except DatabaseError as error:
        if "not a database" in str(error.orig) or "malformed" in str(error.orig):
            raise DatabaseUnusable(
                f"{place}: damaged, or only a part of a copy ({error.orig})",
                "it was left as it is; codedesk restore BACKUP puts a backup in its place and keeps it",
            ) from error
        if getattr(error.orig, "sqlstate", "") == _NOT_LET:
            reason = str(error.orig).strip().splitlines()[0]
            raise DatabaseUnusable(
                f"{place} does not let this account do that: {reason}",
                "CODEDESK_FACILITIES names the facilities of this session; the account needs the role codedesk_app",
            ) from error
        raise
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnusable(f"{place}: the connection is gone", _GONE) from error
        raise


_NOT_LET = "42501"
"""SQLSTATE of what a role of PostgreSQL may not do: a missing grant, or a row of another facility."""

_GONE = "what was acknowledged is kept, this change was not made; try again when the server answers"


def _remedy(reason: str, gone: bool) -> str:
    if reason.endswith("does not exist"):
        return "make it, or name another one in CODEDESK_DATABASE_URL"
    if gone or "connection" in reason:
        return _GONE
    return {
        "database is locked": "another program holds it; try again",
        "attempt to write a readonly database": "you may read it but not write to it",
        "unable to open database file": "check the folder and its permissions",
        "database or disk is full": "free some space; what was acknowledged is safe",
        "disk I/O error": "the disk failed or is full; what was acknowledged is safe, this change was not made",
    }.get(reason, "nothing was changed")


def operation_id() -> str:
    """A fresh id for one action of a person; a retry of the same action uses the same id."""
    return new_id()


_SNAPSHOT: dict[str, dict[str, object]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
}


def require_open(connection: Connection, place: str) -> None:
    """Refuse to write to a record that was upgraded, moved or replaced. Raises DatabaseClosed."""
    _refuse_closed(connection.execute(_STATE).first(), place)


def _begun(session: Session, place: str, operation_id: str | None) -> dict[str, Any] | None:
    """The answer of an operation that was carried out before, else None. Raises DatabaseClosed as `require_open`."""
    row = session.connection().execute(_BEGINNING, {"id": operation_id or ""}).first()
    _refuse_closed(row, place)
    answer: dict[str, Any] | None = row.answer if row else None
    return answer


def _refuse_closed(row: Row[Any, Any] | None, place: str) -> None:
    if row is None or row.version_num != HEAD:
        raise DatabaseClosed(f"{place} was upgraded", "leave and start codedesk again")
    if row.closed:
        raise DatabaseClosed(f"{place}: {row.closed}", "nothing was changed")


def has_bytes(path: Path) -> bool:
    """Whether anything lies at the place of a record; asking SQLite itself would make a file there."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:  # told by what opens it
        return True


def make_place(url: str) -> None:
    """Make the file of a record on SQLite, for its owner alone, where none ever was; a file that is there is looked at.

    Raises RecordGone, DatabaseUnusable, HomeUnwritable.
    """
    if (path := sqlite_path(url)) is None:
        return
    if not has_bytes(path):
        require_never_there(url)
    if path.parent == home():
        ensure_home()
    _check_file(path)


def require_never_there(url: str) -> None:
    """Raise RecordGone where a record was kept at a place that is empty now: the key of its log says so."""
    key, path = key_file(url).path, sqlite_path(url)
    if not key.exists():
        return
    if path is None:
        raise RecordGone(
            f"{place_of(url)} holds no record, and the key of a log, {key}, is here: a record was kept with it",
            "name its database in CODEDESK_DATABASE_URL; codedesk restore BACKUP puts a backup there; a new one on"
            " purpose has another CODEDESK_HOME",
        )
    what = "holds no record" if has_bytes(path) else "is empty" if path.exists() else "is gone"
    raise RecordGone(
        f"{path} {what}, and the key of its log, {key}, is here: a record was kept in this place",
        f"codedesk restore BACKUP puts a backup there; to begin a new one on purpose: mv {key} {key}.old",
    )


def _check_file(path: Path) -> None:
    """Raise DatabaseUnusable for a file that is no record; one that is not there is made.

    SQLite itself is asked: a session has the file open already, and to open and close it by hand would drop its locks
    (SQLite, How To Corrupt An SQLite Database File, section 2.2), so that the next reader elsewhere took its WAL away.
    """
    if not path.exists():
        _create_private(path)
        return
    if not os.access(path, os.R_OK):
        raise DatabaseUnusable(f"{path}: {os.strerror(errno.EACCES)}", "check its permissions")
    try:
        with closing(driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except driver.Error as error:
        if "not a database" in str(error):
            raise DatabaseUnusable(
                f"{path} is not a SQLite database", "it was left as it is; name another file"
            ) from error
        return  # told by who opens it for work
    # A record is in WAL mode from its first opening on; another program's file would be brought into it by ours.
    if mode != "wal" and tables and "alembic_version" not in tables:
        raise DatabaseUnusable(f"{path} holds tables of another program", "name another database")


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise DatabaseUnusable(f"{path}: {error.strerror}", "check the folder and its permissions") from error

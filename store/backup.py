"""Backups of a record: of one moment, verified before they count, never over another file.

The copy is made by SQLite's own backup from within one reading transaction, so that it is of one moment and ends though
others write, who do not wait for it. It goes to the disk portion by portion: a gigabyte at once would keep the disk
from everybody's commits. It lies under another name until it has been read through (integrity, foreign keys, log
chain). What a folder keeps is for `store.thinning` to say.
A record on PostgreSQL is copied row by row from one snapshot into the same kind of file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine
from sqlmodel import Session, func, select

from codesets.errors import CodedeskError, UnreadableInput
from store.actors import Actor
from store.database import Database, DatabaseUnusable, engine_options, make_engine, told
from store.log.check import LogState, check_log
from store.log.key import KeyFile
from store.migrations.upgrade import known_revisions, revision_of
from store.models import Encounter
from store.seal import is_sealed, seal
from store.settings import load_settings, sqlite_path
from store.sqlite import driver
from store.whole import require_whole

READING_WHOLE = ("mmap_size=4294967296", "cache_size=-65536")
"""Settings for reading every page once, in the order of the indexes: without them each look-up is a system call."""

_PORTION = 2_048
"""Pages that are copied before they are written to the disk: 8 MiB, which a commit then waits for at most."""

ROOM = 1.1
"""Free space that a copy needs, as a multiple of what is copied."""


class BackupFailed(CodedeskError):
    """The backup was not made; the record is as it was and no file was left behind."""

    title = "backup"
    exit_code = 1


class BackupUnusable(UnreadableInput):
    """A file that is no whole backup of a record."""

    title = "backup"


@dataclass(frozen=True)
class BackupState:
    """What a reading of a backup found: its schema, how many encounters, its log."""

    path: str
    bytes: int
    sha256: str
    schema: str
    encounters: int
    log: LogState
    sealed: bool
    """Whether it is, byte for byte, a backup that was made under a key of this log (`store.seal`)."""


@dataclass(frozen=True)
class BackupReport:
    """A backup that was made: its state, and how many seconds the copy and the reading of it took."""

    state: BackupState
    copy_seconds: float
    verify_seconds: float


def back_up(db: Database, actor: Actor, destination: Path) -> BackupReport:
    """Copy the record to a new file, read the copy through, and note it in the log. Raises BackupFailed."""
    with db.change(actor) as change:  # the seal needs a key, which a record without an entry does not have yet
        db.log_keys.make_ready(change.session)
    report = copy_and_verify(db, destination)
    with db.change(actor) as change:
        change.log("backup", "file", destination.name, sha256=report.state.sha256, entries=report.state.log.entries)
    return report


def copy_and_verify(db: Database, destination: Path) -> BackupReport:
    """The backup itself, without a word in the log. Raises BackupFailed."""
    begun = time.monotonic()
    temporary = copy_beside(db, destination)
    copied = time.monotonic()
    state = verify_and_keep(temporary, destination, db.log_keys)
    return BackupReport(state, copied - begun, time.monotonic() - copied)


def copy_beside(db: Database, destination: Path) -> Path:
    """Copy the record to a file beside the destination, for `verify_and_keep`. Raises BackupFailed, PartOfRecord."""
    if db.on_postgres:
        with db.reading() as session:
            require_whole(session.connection(), db.place, "a backup")
    if destination.exists() or destination.is_symlink():
        raise BackupFailed(f"{destination} exists already", "name a new file")
    need_room(destination.parent, int(_size(db) * ROOM))
    temporary = private_file(destination)
    try:
        with _failing(destination):
            if db.on_postgres:
                _copy_rows(db, temporary)
            else:
                with told(str(destination)), db.engine.connect() as connection:
                    _copy(connection.connection.driver_connection, temporary)
    except BaseException:
        _take_away(temporary)
        raise
    return temporary


def verify_and_keep(temporary: Path, destination: Path, keys: KeyFile) -> BackupState:
    """Seal a copy, read it through and put it where it belongs; one that fails is not kept. Raises BackupFailed."""
    try:
        with _failing(destination):
            if held := keys.keys():
                seal(temporary, held[-1])
            state = check_backup(temporary, keys)
            if not state.log.whole and state.log.first_bad is not None:
                raise BackupFailed(f"entry {state.log.first_bad} of the log: {state.log.reason}", "codedesk log verify")
            put_in_place(temporary, destination)
    finally:
        _take_away(temporary)
    return replace(state, path=str(destination))


@contextmanager
def _failing(destination: Path) -> Iterator[None]:
    """What the disk or the driver says, as BackupFailed."""
    try:
        yield
    except (OSError, driver.Error) as error:
        raise BackupFailed(f"{destination}: {getattr(error, 'strerror', None) or error}", "nothing was kept") from error


def _take_away(temporary: Path) -> None:
    for leftover in (temporary, temporary.with_name(temporary.name + "-journal")):
        leftover.unlink(missing_ok=True)


def check_backup(path: Path, keys: KeyFile) -> BackupState:
    """Read a backup through: integrity, foreign keys, schema, log. Raises BackupUnusable; the file is only read.

    Its hash, its seal, its pages and its log are read side by side: each takes about as long as the others.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise BackupUnusable(f"{path}: {error.strerror}", "name a backup") from error
    if head != b"SQLite format 3\x00":
        raise BackupUnusable(f"{path} is no backup of a record", "name a file that codedesk backup made")
    with ThreadPoolExecutor(4) as pool:
        sealed = pool.submit(is_sealed, path, keys.keys())
        hashed, pages, rows = pool.submit(digest, path), pool.submit(_pages, path), pool.submit(_rows, path, keys)
        try:
            pages.result()
            schema, encounters, log = rows.result()
            return BackupState(
                str(path), path.stat().st_size, hashed.result(), schema, encounters, log, sealed.result()
            )
        except DatabaseUnusable as error:
            raise BackupUnusable(error.message, "it is damaged or only a part; take an older one") from error
        except OSError as error:
            raise BackupUnusable(f"{path}: {error.strerror}", "name a backup") from error


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pages(path: Path) -> None:
    """Look at every page and at every row that belongs to another. Raises BackupUnusable, DatabaseUnusable."""
    with reading_whole(path) as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if found != "ok":
            raise BackupUnusable(f"{path}: {str(found).splitlines()[0]}", "it is damaged; take an older one")
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise BackupUnusable(f"{path}: rows of {broken[0]} have lost their parent", "take an older one")


def _rows(path: Path, keys: KeyFile) -> tuple[str, int, LogState]:
    """Its schema, how many encounters it holds, and its log. Raises BackupUnusable, DatabaseUnusable."""
    with reading_whole(path) as connection:
        schema = revision_of(connection)
        if schema is None:
            raise BackupUnusable(f"{path} holds tables of another program", "name a backup")
        if schema not in known_revisions():
            raise BackupUnusable(f"{path} has schema {schema}, which this codedesk does not know", "use the newer")
        with Session(bind=connection) as session:
            encounters = session.exec(select(func.count()).select_from(Encounter)).one()
        return schema, encounters, check_log(connection, keys.keys())


@contextmanager
def reading_whole(path: Path) -> Iterator[Connection]:
    """A connection for reading every page of a backup once. Raises DatabaseUnusable."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, **engine_options("sqlite"))
    try:
        with told(str(path)), engine.connect() as connection:
            for pragma in READING_WHOLE:
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            yield connection
    finally:
        engine.dispose()


def default_backup(url: str, schema: str) -> Path:
    """Where `upgrade` keeps the record as it was: `backups/workstation-0001-20260914T180211Z.sqlite`."""
    path = sqlite_path(url)
    named = load_settings().backups
    folder = Path(named).expanduser() if named else (path.parent if path else Path()) / "backups"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupFailed(f"{folder}: {error.strerror}", "name another folder in the setting backups") from error
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return folder / f"{path.stem if path else 'record'}-{schema}-{moment}.sqlite"


def need_room(folder: Path, bytes_needed: int) -> None:
    """Raises BackupFailed when the folder's file system has not so much left."""
    try:
        system = os.statvfs(folder)
    except OSError as error:
        raise BackupFailed(f"{folder}: {error.strerror}", "name another place") from error
    free = system.f_bavail * system.f_frsize
    if free < bytes_needed:
        raise BackupFailed(
            f"{folder} has {megabytes(free)} free, {megabytes(bytes_needed)} are needed", "free some space first"
        )


def megabytes(count: int) -> str:
    """A size for people: `612 MB`."""
    return f"{count / 1_000_000:,.0f} MB"


def private_file(beside: Path) -> Path:
    """A new empty file for its owner alone, in the folder of another and with a name of its own."""
    temporary = beside.with_name(f".{beside.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupFailed(f"{beside}: {error.strerror}", "name another place") from error
    return temporary


def put_in_place(temporary: Path, destination: Path) -> None:
    """Give a finished file its name, which must be new, with everything on the disk. Raises OSError."""
    sync(temporary)
    try:
        os.link(temporary, destination)
    except PermissionError:  # a file system without links
        if destination.exists():
            raise
        os.rename(temporary, destination)
    sync(destination.parent)


def sync(path: Path) -> None:
    """Wait until a file or a folder's list of names is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _size(db: Database) -> int:
    """Bytes that a copy will have, about."""
    source = sqlite_path(str(db.engine.url))
    if source is None:
        with db.reading() as session:
            return int(session.connection().exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    log_file = source.with_name(source.name + "-wal")
    return source.stat().st_size + (log_file.stat().st_size if log_file.exists() else 0)


def _copy_rows(db: Database, destination: Path) -> None:
    """From PostgreSQL: every row of one moment into a record on SQLite, which restores anywhere."""
    from store.migrations.upgrade import migrate
    from store.move import copy_out

    engine = make_engine(f"sqlite:///{destination}")
    try:
        migrate(engine)
        copy_out(db, Database(engine, str(destination), db.log_keys))
        with engine.connect() as connection:
            plain = connection.connection.driver_connection  # outside a transaction, which SQLAlchemy would begin
            assert plain is not None
            plain.execute("PRAGMA journal_mode=DELETE")
    finally:
        engine.dispose()


def _copy(source: driver.Connection, destination: Path) -> None:
    target = driver.connect(destination, isolation_level=None)
    handle = os.open(destination, os.O_RDONLY)
    try:
        # Until it has its name the file may be lost with everything in it.
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            target.execute(f"PRAGMA {pragma}")
        source.execute("BEGIN")
        try:
            # The first reading decides the moment; without one each portion would be of another, and begin anew.
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target, pages=_PORTION, progress=lambda *_: os.fsync(handle), sleep=0)
        finally:
            source.execute("ROLLBACK")
        # A single file: without this the copy would ask for a write-ahead log beside it.
        target.execute("PRAGMA journal_mode=DELETE")
    finally:
        os.close(handle)
        with suppress(driver.Error):
            target.close()

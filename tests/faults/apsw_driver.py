"""A database driver over apsw, so that the store itself runs on a virtual file system of the tests.

As much of the DB-API (PEP 249) as SQLAlchemy's dialect for SQLite and the store use; it stands in for
`store.sqlite.driver`. The virtual file system of apsw has no shared memory, so connections lock the database for
themselves alone: SQLite then keeps the index of its write-ahead log in memory and writes the same bytes in the same
order otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import apsw

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"
sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))
PARSE_DECLTYPES, PARSE_COLNAMES = 1, 2
Binary = bytes
Row = tuple


class Warning(Exception):
    pass


class Error(Exception):
    pass


class InterfaceError(Error):
    pass


class DatabaseError(Error):
    pass


class DataError(DatabaseError):
    pass


class OperationalError(DatabaseError):
    pass


class IntegrityError(DatabaseError):
    pass


class InternalError(DatabaseError):
    pass


class ProgrammingError(DatabaseError):
    pass


class NotSupportedError(DatabaseError):
    pass


_ERRORS: tuple[tuple[type[apsw.Error], type[DatabaseError], str], ...] = (
    (apsw.BusyError, OperationalError, "database is locked"),
    (apsw.FullError, OperationalError, "database or disk is full"),
    (apsw.IOError, OperationalError, "disk I/O error"),
    (apsw.CantOpenError, OperationalError, "unable to open database file"),
    (apsw.ReadOnlyError, OperationalError, "attempt to write a readonly database"),
    (apsw.CorruptError, DatabaseError, "database disk image is malformed"),
    (apsw.NotADBError, DatabaseError, "file is not a database"),
    (apsw.ConstraintError, IntegrityError, ""),
)

vfs = ""
"""The name of the virtual file system of connections made from now on; empty: the usual one."""


def connect(filename: str, **options: object) -> Connection:
    """A connection on the virtual file system `vfs`."""
    return Connection(filename)


class Connection:
    """One connection; transactions are begun and ended by statements."""

    isolation_level = None

    def __init__(self, filename: str) -> None:
        try:
            self.db = apsw.Connection(filename, vfs=vfs or None)
            if vfs:
                self.db.execute("PRAGMA locking_mode=EXCLUSIVE")
        except apsw.Error as error:
            raise _told(error) from error

    def cursor(self) -> Cursor:
        return Cursor(self.db)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        if not self.db.get_autocommit():
            self.execute("COMMIT")

    def rollback(self) -> None:
        if not self.db.get_autocommit():
            self.execute("ROLLBACK")

    def create_function(self, name: str, arguments: int, function: Callable[..., Any], **options: object) -> None:
        self.db.create_scalar_function(name, function, arguments)

    def close(self) -> None:
        try:
            self.db.close()
        except apsw.Error as error:
            raise _told(error) from error


class Cursor:
    """A cursor that has read all its rows when `execute` returns."""

    arraysize = 1

    def __init__(self, db: apsw.Connection) -> None:
        self.db = db
        self.description: tuple | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[tuple] = []

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        self.description = None
        cursor = self.db.cursor()
        cursor.exec_trace = self._describe
        before = self.db.total_changes()
        try:
            self._rows = list(cursor.execute(sql, tuple(parameters)))
        except apsw.Error as error:
            raise _told(error) from error
        changed = self.db.total_changes() - before
        self.rowcount = changed if changed or self.description is None else -1
        self.lastrowid = self.db.last_insert_rowid()
        return self

    def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> Cursor:
        total = 0
        for parameters in many:
            self.execute(sql, parameters)
            total += max(self.rowcount, 0)
        self.rowcount = total
        return self

    def fetchone(self) -> tuple | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple]:
        count = size or self.arraysize
        taken, self._rows = self._rows[:count], self._rows[count:]
        return taken

    def fetchall(self) -> list[tuple]:
        taken, self._rows = self._rows, []
        return taken

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def close(self) -> None:
        self._rows = []

    def _describe(self, cursor: apsw.Cursor, sql: str, bindings: object) -> bool:
        columns = cursor.get_description()
        self.description = tuple((column[0], *(None,) * 6) for column in columns) or None
        return True


def _told(error: apsw.Error) -> DatabaseError:
    for kind, ours, words in _ERRORS:
        if isinstance(error, kind):
            return ours(words or str(error))
    return OperationalError(str(error))

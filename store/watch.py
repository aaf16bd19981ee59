"""Whether somebody else has changed the record: asked once a second by screens, so that lists are as they are.

On SQLite the data version of a connection says so, which costs microseconds; on PostgreSQL every change that is
logged notifies a channel, and the server's word lies in a socket that is only looked at. Neither sends a query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from store.queries import SqliteReader

CHANNEL = "codedesk_record"


class Watch(Protocol):
    """Tells of changes since the last time it was asked; belongs to the thread that asks."""

    def changed(self) -> bool: ...

    def close(self) -> None: ...


class SqliteWatch:
    """The data version as the reader's connection sees it."""

    def __init__(self, reader: SqliteReader) -> None:
        self._reader = reader
        self._version = reader.data_version()

    def changed(self) -> bool:
        before, self._version = self._version, self._reader.data_version()
        return before != self._version

    def close(self) -> None:
        """The reader belongs to somebody else."""


class PostgresWatch:
    """A connection that listens and does nothing else; where it breaks, everything may have changed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = self._listen()

    def changed(self) -> bool:
        import psycopg

        if self._connection is None:
            self._connection = self._listen()
            return self._connection is not None
        try:
            return bool(list(self._connection.notifies(timeout=0)))
        except psycopg.OperationalError:
            self.close()
            return True

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listen(self) -> Any:
        import psycopg

        try:
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.OperationalError:
            return None
        return connection

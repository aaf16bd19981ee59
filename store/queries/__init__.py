"""Lists and pages read with plain SQL: fast, the same on both databases, and free of the ORM.

Every statement is written for keyset paging and named parameters (`:name`). Sort and filter names come from
enums, never from a person's text. The first screen reads through `SqliteReader`, so that it appears before
SQLModel has been loaded; everything else may read through a session.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from store.migrations import HEAD
from store.opened_file import OpenedFile
from store.sqlite import driver

if TYPE_CHECKING:
    from sqlalchemy import TextClause
    from sqlmodel import Session

Row = Mapping[str, Any]


class Reader(Protocol):
    """Whatever can run a reading statement; `on_postgres` where the two databases say a thing differently."""

    @property
    def on_postgres(self) -> bool: ...

    def rows(self, sql: str, /, **parameters: object) -> Sequence[Row]:
        """The rows of a statement as mappings from column name to value. Raises NumberTooLarge."""
        ...


class SqliteReader:
    """Reads the workstation file read-only without the ORM; belongs to the thread that made it."""

    on_postgres = False

    def __init__(self, path: Path) -> None:
        self._connection = driver.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._connection.row_factory = driver.Row
        self._connection.execute("PRAGMA busy_timeout=30000")
        with suppress(driver.Error):  # to read is to open the log; what is no record is told by who reads it for work
            self._connection.execute("PRAGMA schema_version").fetchone()
        self.opened = OpenedFile.at(path)

    def rows(self, sql: str, /, **parameters: object) -> Sequence[Row]:
        try:
            return cast("Sequence[Row]", self._connection.execute(sql, parameters).fetchall())
        except OverflowError:
            from store.amounts import NumberTooLarge

            raise NumberTooLarge from None

    def data_version(self) -> int:
        """Changes when another connection has committed: costs microseconds, so it can be asked every second."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._connection.close()


def current_reader(path: Path) -> SqliteReader | None:
    """A reader of a SQLite record whose schema is the present one; None where it must first be made or upgraded."""
    if not path.is_file():
        return None
    reader = SqliteReader(path)
    try:
        found = reader.rows("SELECT version_num FROM alembic_version")
    except driver.Error:
        found = []
    if [row["version_num"] for row in found] == [HEAD]:
        return reader
    reader.close()
    return None


class SessionReader:
    """Reads through a session of either database, in its transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def on_postgres(self) -> bool:
        return self._session.get_bind().dialect.name == "postgresql"

    def rows(self, sql: str, /, **parameters: object) -> Sequence[Row]:
        found = self._session.execute(_statement(sql), parameters)
        names = tuple(found.keys())
        # Dictionaries: a row of SQLAlchemy looks up a column by its name in twenty times the time.
        return [dict(zip(names, row, strict=True)) for row in found.all()]


class OnceReader:
    """Reads through another reader and asks each statement once: for one question, whose parts ask for the same."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, frozenset[tuple[str, object]]], Sequence[Row]] = {}

    @property
    def on_postgres(self) -> bool:
        return self._reader.on_postgres

    def rows(self, sql: str, /, **parameters: object) -> Sequence[Row]:
        asked = (sql, frozenset(parameters.items()))
        if asked not in self._known:
            self._known[asked] = self._reader.rows(sql, **parameters)
        return self._known[asked]


def any_of(ids: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Ids as what stands behind IN, and the parameters that they are asked by; of no id the list fits no row."""
    asked = {f"id{place}": one for place, one in enumerate(ids)}
    return f"({', '.join(f':{name}' for name in asked) or 'NULL'})", asked


@lru_cache(512)
def _statement(sql: str) -> TextClause:
    """The statement of a text: to read it once more costs as much as to carry it out."""
    from sqlalchemy import text

    return text(sql)


def parsed(stored: Any) -> Any:
    """A JSON column, which SQLite gives as text and PostgreSQL as it is."""
    return json.loads(stored) if isinstance(stored, str) else stored

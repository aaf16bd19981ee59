"""Large tables filled by statements of SQLite, with their indexes made in one go behind the rows: in half the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_INDEXES = (
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND sql NOT LIKE 'CREATE UNIQUE%'"
)


@contextmanager
def indexes_afterwards(execute: Callable[[str], Any]) -> Iterator[None]:
    """Fill tables without the indexes that hold nothing true; they are made again at the end."""
    indexes = [tuple(row) for row in execute(_INDEXES).fetchall()]
    for name, _ in indexes:
        execute(f"DROP INDEX {name}")
    yield
    for _, made in indexes:
        execute(made)

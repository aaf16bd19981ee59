"""Statements compiled once for the whole run.

SQLAlchemy compiles a statement for the dialect object of its engine, and every engine has a dialect of its own. Tests
open a record each, so that without this a quarter of their time goes into compiling the same statements again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Engine

STATEMENTS = 20_000
"""How many compiled statements are kept; the program itself keeps SQLAlchemy's 500 for each engine."""


@contextmanager
def compiled_once() -> Iterator[None]:
    """Let the engines that the record is opened with share a dialect, and with it what was compiled for it."""
    first: dict[object, Engine] = {}

    def create(*args: Any, **options: Any) -> Engine:
        engine = sqlalchemy.create_engine(*args, **{"query_cache_size": STATEMENTS} | options)
        dialect = engine.dialect
        known = first.setdefault((type(dialect), dialect.dbapi), engine)
        if known.dialect.server_version_info is None:  # it never connected
            first[type(dialect), dialect.dbapi] = known = engine
        engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("store.database.create_engine", create)
        yield

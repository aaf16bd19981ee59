"""What engines of tests share: statements compiled once, and tables that the migrations made once.

SQLAlchemy compiles a statement for the dialect object of its engine, and every engine has a dialect of its own. Tests
open a record each, so that without this a quarter of their time goes into compiling the same statements again. A
record that a command or a service begins from nothing would run every migration there is, a third of a second each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Engine

from store.migrations import upgrade
from store.sqlite import driver

STATEMENTS = 20_000
"""How many compiled statements are kept; the program itself keeps SQLAlchemy's 500 for each engine."""

_migrate = upgrade.migrate


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


@contextmanager
def migrated_once(empty_record: Callable[[], Path]) -> Iterator[None]:
    """Let SQLite records that are begun from nothing be copies of an empty one, which was made `step_by_step`.

    `empty_record` is asked for it when one is begun. What is upgraded, runs in a process of its own or is on PostgreSQL
    is migrated step by step.
    """

    def migrate(engine: Engine, *finish: Any, **options: Any) -> None:
        with engine.connect() as connection:
            begun = sqlalchemy.inspect(connection).get_table_names()
        if begun or finish or options or engine.dialect.name != "sqlite":
            _migrate(engine, *finish, **options)
            return
        with closing(driver.connect(str(empty_record()))) as source, engine.connect() as target:
            source.backup(target.connection.driver_connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upgrade, "migrate", migrate)
        yield


@contextmanager
def step_by_step() -> Iterator[None]:
    """Let the migrations themselves make what is begun, whatever holds outside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upgrade, "migrate", _migrate)
        yield

"""The SQLite that the record runs on: the one brought along where there is one, else the system's, and said so."""

from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
import sys

import pytest

from store.database import Database
from store.queries import SqliteReader
from store.settings import database_url, sqlite_path
from store.sqlite import WAL_RESET_FIXED, driver, running_on, version, weakness

WITHOUT_WHEEL = """
import sys
sys.modules["pysqlite3"] = None
from store.database import open_database
from store.sqlite import running_on, weakness
database = open_database()
with database.engine.connect() as connection:
    print(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
print(running_on())
print(weakness())
"""


@pytest.mark.skipif(importlib.util.find_spec("pysqlite3") is None, reason="there is no wheel of it for this machine")
def test_the_sqlite_brought_along_cannot_lose_a_write_ahead_log() -> None:
    assert driver.__name__ == "pysqlite3.dbapi2"
    assert version() >= WAL_RESET_FIXED
    assert weakness() == ""


def test_both_ways_to_the_record_use_the_same_sqlite(db: Database) -> None:
    path = sqlite_path(database_url())
    assert path
    reader = SqliteReader(path)

    with db.engine.connect() as connection:
        through_orm = connection.exec_driver_sql("SELECT sqlite_version()").scalar()
    through_reader = reader.rows("SELECT sqlite_version() AS v")[0]["v"]

    assert through_orm == through_reader == driver.sqlite_version


def test_without_a_wheel_the_systems_sqlite_is_used_and_its_weakness_named() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_WHEEL], capture_output=True, text=True, check=True)

    used, words, weak = (done.stdout.splitlines() + [""])[:3]

    assert used == sqlite3.sqlite_version
    assert "of this system" in words
    assert bool(weak) == (sqlite3.sqlite_version_info < WAL_RESET_FIXED)


def test_what_it_runs_on_is_said_in_words() -> None:
    assert running_on().startswith(f"SQLite {driver.sqlite_version}, ")

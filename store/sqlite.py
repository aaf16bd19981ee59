"""The SQLite that the record is kept with: one that cannot lose a write-ahead log, where there is one.

SQLite before 3.51.3 can damage a database in WAL mode when two connections write and checkpoint at the same
moment, and most systems ship such a version. The wheels of `pysqlite3` bring a SQLite of their own behind the same
interface as the standard library's `sqlite3`; where there is none, the system's is used and said to be.

Everything in one process that opens the record uses this driver: two SQLite libraries in one process would drop
each other's file locks. The code sets are another file, written by nobody while it is read; they stay with `sqlite3`.
"""

from __future__ import annotations

try:
    from pysqlite3 import dbapi2 as driver
except ImportError:
    import sqlite3 as driver

__all__ = ["WAL_RESET_FIXED", "driver", "running_on", "version", "weakness"]

WAL_RESET_FIXED = (3, 51, 3)
"""The first SQLite without the WAL-reset bug."""


def version() -> tuple[int, int, int]:
    """The version of the SQLite that is used, as three numbers."""
    return tuple(driver.sqlite_version_info)


def running_on() -> str:
    """The SQLite that is used, in words: `SQLite 3.53.4, brought along`."""
    brought = driver.__name__.startswith("pysqlite3")
    return f"SQLite {driver.sqlite_version}, {'brought along (pysqlite3)' if brought else 'of this system (sqlite3)'}"


def weakness() -> str:
    """What is wrong with that SQLite, in one line; empty for a good one."""
    if version() >= WAL_RESET_FIXED:
        return ""
    fixed = ".".join(map(str, WAL_RESET_FIXED))
    return f"{running_on()}: before {fixed} it can damage a database that many write to"

"""Looks over a site and says what is wrong, what could not be looked at, and what to do about it.

Reads only. `examine` runs every check that fits the site (a record on SQLite or on PostgreSQL); each gives findings in
plain words. A finding that is wrong makes `codedesk doctor` end with exit code 1; advice does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from codesets.errors import CodedeskError
from store.database import Database, open_database, place_of
from store.doctor import files, host, record
from store.doctor.finding import Finding, State
from store.log.key import key_file
from store.settings import sqlite_path
from store.sqlite import running_on, weakness

__all__ = ["Finding", "State", "examine"]


def examine(url: str) -> list[Finding]:
    """Every finding about the site whose record is at `url`, in the order of the checks."""
    return list(_examine(url))


def _examine(url: str) -> Iterator[Finding]:
    path = sqlite_path(url)
    if path is not None:
        yield Finding(
            "sqlite",
            State.WRONG if weakness() else State.OK,
            weakness() or running_on(),
            "pip install pysqlite3, where it has a wheel, or a newer system" if weakness() else "",
        )
        yield files.file_system(path)
        yield from files.modes(path, key_file(url).path)
        yield files.room(path)
    db = _opened(url)
    if isinstance(db, Finding):
        yield db
    else:
        try:
            yield from record.checks(db, path)
        finally:
            db.close()
    yield from host.sessions()
    yield from host.advice()


def _opened(url: str) -> Database | Finding:
    path = sqlite_path(url)
    if path is not None and not path.exists() and not key_file(url).path.exists():
        return Finding("record", State.WRONG, f"{path} does not exist", "codedesk makes it when it is first opened")
    try:
        return open_database(url)
    except CodedeskError as error:
        return Finding("record", State.WRONG, f"{place_of(url)}: {error.title}: {error.message}", error.remedy)

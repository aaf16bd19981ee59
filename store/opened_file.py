"""Whether the file that was opened is still the one at its path: a backup may be put there by hand under a session.

A connection of SQLite goes on with the file that it opened, whatever lies at the path by now: what it writes is in no
record that anybody finds again. It is free of the ORM, as the first screen is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from codesets.errors import CodedeskError

FileId = tuple[int, int]
"""Device and inode; no other file has them while the one that was opened is open."""


class RecordExchanged(CodedeskError):
    """The record's file was taken away, or another put in its place, while it was open; the change was not made."""

    title = "record"


@dataclass(frozen=True)
class OpenedFile:
    """What one connection opened: the record and, in WAL mode, the write-ahead log beside it.

    As long as the connection is open nobody who knows of SQLite's locks takes that log away.
    """

    path: Path
    file: FileId | None
    wal: Path
    wal_file: FileId | None

    @staticmethod
    def at(path: Path) -> OpenedFile:
        """What lies at the path of a connection that was just opened and has read."""
        path = path.absolute()
        wal = Path(f"{path.resolve()}-wal")  # SQLite follows links before it names the log
        return OpenedFile(path, file_id(path), wal, file_id(wal))

    def require_same(self) -> None:
        """Raise RecordExchanged where another file lies at one of the two places, or none; it costs microseconds."""
        self.require_same_record()
        if self.wal_file is not None and file_id(self.wal) != self.wal_file:
            raise _exchanged(f"the write-ahead log {self.wal} was taken away")

    def require_same_record(self) -> None:
        """The same of the record alone, whose log is another one when all connections had been closed in between."""
        if (found := file_id(self.path)) != self.file:
            what = "is gone" if found is None else "is another file than the one that was opened"
            raise _exchanged(f"{self.path} {what}")


def file_id(path: Path) -> FileId | None:
    """Device and inode of what a path leads to; None where it leads nowhere, or cannot be followed."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _exchanged(what: str) -> RecordExchanged:
    return RecordExchanged(
        f"{what}: nothing is saved any more",
        "what was saved before went into the file that was there; tell who keeps the record, then start codedesk again",
    )

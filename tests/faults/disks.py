"""Disks that go wrong, as virtual file systems of SQLite: one that records what it was told to write and when to
sync, one that fills up, one that fails, one that is slow.

A power cut keeps everything that was synced, and of what was written after the last sync of a file any part: each
sector of 512 bytes is there or not. `Recording.at_cut` makes the files that a cut would leave.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass(frozen=True)
class Operation:
    """One thing that a disk was told: write, truncate, sync, delete; or `ack`: somebody was told that it is kept."""

    kind: str
    file: str = ""
    offset: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """What the files of a disk go through; faults are set between two operations of a test."""

    operations: list[Operation] = field(default_factory=list)
    bytes_left: int | None = None
    """Writes beyond this many bytes find the disk full."""

    failing: frozenset[str] = frozenset()
    """Operations that fail with an I/O error: `write`, `sync`."""

    sync_seconds: float = 0.0
    syncs: int = 0

    def wrote(self, file: str, data: bytes, offset: int) -> None:
        if "write" in self.failing:
            raise apsw.IOError("disk I/O error")
        if self.bytes_left is not None:
            if len(data) > self.bytes_left:
                raise apsw.FullError("database or disk is full")
            self.bytes_left -= len(data)
        self.operations.append(Operation("write", file, offset, bytes(data)))

    def synced(self, file: str) -> None:
        if "sync" in self.failing:
            raise apsw.IOError("disk I/O error")
        time.sleep(self.sync_seconds)
        self.syncs += 1
        self.operations.append(Operation("sync", file))

    def acknowledge(self, what: str) -> None:
        """Somebody was told that this is kept."""
        self.operations.append(Operation("ack", what))


class DiskVfs(apsw.VFS):
    """The usual file system of SQLite, with a `Disk` told of every write to a file of its folder."""

    def __init__(self, name: str, disk: Disk, folder: Path) -> None:
        self.disk = disk
        self.folder = str(folder)
        super().__init__(name, base="")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _DiskFile(self.disk, self.folder, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if filename.startswith(self.folder):
            self.disk.operations.append(Operation("delete", Path(filename).name))
        super().xDelete(filename, syncdir)


class _DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, folder: str, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.disk = disk if path and path.startswith(folder) else Disk()
        self.name = Path(path).name if path else ""
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.wrote(self.name, data, offset)
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.operations.append(Operation("truncate", self.name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.synced(self.name)
        # The real sync is left out: the tests ask what was told to be synced, not whether this disk obeys.


@dataclass(frozen=True)
class Cut:
    """The files after a power cut, by name, and what had been acknowledged before it."""

    files: dict[str, bytes]
    acknowledged: list[str]


def at_cut(before: dict[str, bytes], operations: list[Operation], when: int, chance: random.Random) -> Cut:
    """The files as a cut before operation `when` would leave them; `before` are the files at the beginning."""
    files = {name: bytearray(content) for name, content in before.items()}
    unsynced: dict[str, list[Operation]] = defaultdict(list)
    acknowledged = []
    for operation in operations[:when]:
        if operation.kind == "ack":
            acknowledged.append(operation.file)
        elif operation.kind == "sync":
            for earlier in unsynced.pop(operation.file, []):
                _apply(files, earlier, lambda: True)
        elif operation.kind == "delete":
            unsynced.pop(operation.file, None)
            files.pop(operation.file, None)
        else:
            unsynced[operation.file].append(operation)
    # What was not synced reached the disk or did not: all of it, nothing, or any sectors of it.
    luck = chance.random()
    for waiting in unsynced.values():
        for operation in waiting:
            _apply(files, operation, lambda: chance.random() < luck)
    return Cut({name: bytes(content) for name, content in files.items()}, acknowledged)


def _apply(files: dict[str, bytearray], operation: Operation, reached: Callable[[], bool]) -> None:
    content = files.setdefault(operation.file, bytearray())
    if operation.kind == "truncate":
        if reached():
            del content[operation.offset :]
        return
    for start in range(0, len(operation.data), SECTOR):
        piece = operation.data[start : start + SECTOR]
        if reached():
            at = operation.offset + start
            if len(content) < at + len(piece):
                content.extend(bytes(at + len(piece) - len(content)))
            content[at : at + len(piece)] = piece

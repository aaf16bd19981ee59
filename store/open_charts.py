"""Which charts are open in the living sessions of one person on this host, so that two never code one lease.

A lease (`store.worklists`) belongs to a person and outlives a session whose line broke. Whether that session still
lives is told by a lock on a file beside the record: the system takes it away with the process, however that ends.
Sessions on other hosts that share a record on a server are not seen; there the versions of a coding show both sides.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from codesets.home import home

FOLDER = "open"


@dataclass
class OpenCharts:
    """The charts that one session has open: how often, and the locked file of each."""

    _times: dict[str, int] = field(default_factory=dict)
    _locked: dict[str, int] = field(default_factory=dict)

    def hold(self, work_item_id: str, person: str) -> bool:
        """Mark a chart as open here; False where another living session of the person has it open.

        Where no file can be kept nothing is known of other sessions, and the chart counts as held.
        """
        path = _path(work_item_id, person)
        if str(path) not in self._locked:
            try:
                locked = _lock(path)
            except OSError:
                return True
            if locked is None:
                return False
            self._locked[str(path)] = locked
        self._times[work_item_id] = self._times.get(work_item_id, 0) + 1
        return True

    def let_go(self, work_item_id: str) -> None:
        """Close a chart once; the last time it is free for other sessions."""
        self._times[work_item_id] = self._times.get(work_item_id, 0) - 1
        if self._times[work_item_id] > 0:
            return
        self._times.pop(work_item_id)
        for path in [path for path in self._locked if Path(path).name.startswith(f"{work_item_id}-")]:
            _unlock(path, self._locked.pop(path))

    def let_all_go(self) -> None:
        """Close every chart, at the end of the session."""
        for path, locked in self._locked.items():
            _unlock(path, locked)
        self._times.clear()
        self._locked.clear()


def open_in_another_session(work_item_id: str, person: str) -> bool:
    """Whether a living session has a chart open for a person; asked by one that does not hold it itself."""
    path = _path(work_item_id, person)
    try:
        locked = _lock(path) if path.exists() else -1
    except OSError:
        return False
    if locked is not None and locked >= 0:
        _unlock(str(path), locked)
    return locked is None


def _path(work_item_id: str, person: str) -> Path:
    """The file of a chart and the login of a person, which may be any text."""
    return home() / FOLDER / f"{work_item_id}-{quote(person, safe='')[:200]}"


def _lock(path: Path) -> int | None:
    """The file of a lock that nobody else has, None where somebody has it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(opened)
            return None
        except OSError:
            os.close(opened)
            raise
        # Who let go has taken the file away between the two calls: the lock of a file that is gone says nothing.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(opened), os.stat(path)):
                return opened
        os.close(opened)


def _unlock(path: str, locked: int) -> None:
    """Take the file away while it is still locked, then the lock."""
    with suppress(OSError):
        os.unlink(path)
    os.close(locked)

"""Where codedesk keeps its files on this host.

`CODEDESK_HOME` names the folder; without it, the user's XDG data folder. Nothing is created here until
something is written, and what is created is for its owner alone.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from codesets.errors import CodedeskError

RECORDS = ("workstation.sqlite", "demo/workstation.sqlite")
"""Where records on SQLite are kept in the folder, where no setting names another place."""


class HomeUnwritable(CodedeskError):
    """The folder for codedesk's files cannot be made or written; nothing in it was changed."""

    title = "no write permission"


def home() -> Path:
    """The folder for all files of this installation (it may not exist yet)."""
    if named := os.environ.get("CODEDESK_HOME"):
        return Path(named).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "codedesk"


def ensure_home() -> Path:
    """The folder, made if need be, readable by its owner alone.

    Raises HomeUnwritable with the folder's name; another folder is advised only where no record stands in this one.
    """
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise HomeUnwritable(f"{folder}: {error.strerror or error}", _ELSEWHERE) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder)
    return folder


_ELSEWHERE = "set CODEDESK_HOME to a folder you may write to"


def _unwritable(folder: Path) -> HomeUnwritable:
    """What is wrong with a folder that is there, and who mends it: in another one a new, empty record would begin."""
    why, mend = _hindrance(folder)
    try:
        record = next((folder / name for name in RECORDS if _has_bytes(folder / name)), None)
    except PermissionError:
        return HomeUnwritable(
            f"{folder}: {why}, so that nobody sees whether a record is there; nothing was changed",
            f"{mend}; in another CODEDESK_HOME a new, empty record would begin",
        )
    if record is None:
        return HomeUnwritable(f"{folder}: not writable: {why}", _ELSEWHERE)
    return HomeUnwritable(f"{folder}: {why}; the record, {record}, is there, and nothing was changed", mend)


def _hindrance(folder: Path) -> tuple[str, str]:
    """Why nobody, or not this account, writes to a folder, and what mends that."""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        mount = folder.resolve()
        while not mount.is_mount():
            mount = mount.parent
        again = shlex.join(["mount", "-o", "remount,rw", str(mount)])
        return f"the file system at {mount} is read-only", f"an administrator makes it writable again: {again}"
    found = folder.stat()
    why = f"its mode {found.st_mode & 0o7777:04o} does not let this account (uid {os.geteuid()}) write there"
    again = shlex.join(["chmod", "u+rwx", str(folder)])
    return why, f"its owner (uid {found.st_uid}) mends that: {again}"


def _has_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False

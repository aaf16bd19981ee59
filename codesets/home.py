"""Where codedesk keeps its files on this host.

`CODEDESK_HOME` names the folder; without it, the user's XDG data folder. Nothing is created here until
something is written, and what is created is for its owner alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from codesets.errors import CodedeskError


class HomeUnwritable(CodedeskError):
    """The folder for codedesk's files cannot be made or written."""

    title = "no write permission"


def home() -> Path:
    """The folder for all files of this installation (it may not exist yet)."""
    if named := os.environ.get("CODEDESK_HOME"):
        return Path(named).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "codedesk"


def ensure_home() -> Path:
    """The folder, made if need be, readable by its owner alone.

    Raises HomeUnwritable with the folder's name.
    """
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
    except OSError as error:
        raise HomeUnwritable(
            f"{folder}: {error.strerror or error}", "set CODEDESK_HOME to a folder you may write to"
        ) from error
    return folder

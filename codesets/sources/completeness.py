"""Whether a text file arrived whole.

Every official text file ends with a line end; a download or copy that broke off almost never does. A record
cut in the middle can still look right (a title, a date, a code of another length), so such a file is refused.
"""

from __future__ import annotations

import os

from codesets.errors import UnreadableInput
from codesets.sources.source import SourceFile


def refuse_cut_off(file: SourceFile, expected: str) -> None:
    """Raise UnreadableInput when the file is empty or its last line has no end; `expected` says what it is."""
    with file.open() as opened:
        last = b""
        if opened.seekable() and file.size > 4:
            opened.seek(-4, os.SEEK_END)
        while chunk := opened.read(1024 * 1024):
            last = (last + chunk)[-4:]
    halved = last.endswith(b"\r") and b"\r\n" in file.head()
    if halved or not last.endswith((b"\n", b"\r", b"\x1a")):
        reason = "the last line has no end, so the file is cut off" if last else "the file is empty"
        raise UnreadableInput(f"{file.name}: {reason}", f"expected {expected}; download it again")

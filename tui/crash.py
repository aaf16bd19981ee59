"""A defect of the program, kept for those who mend it: where it happened, without the data it happened on."""

from __future__ import annotations

import os
import secrets
import traceback
from datetime import UTC, datetime

from textual.worker import WorkerFailed

from codesets.errors import CodedeskError
from codesets.home import ensure_home


def note_crash(error: BaseException) -> str:
    """Write where an error came from to the crash file and return its reference number.

    Only file names, lines and types are kept: the text of an error may quote a record.
    """
    if isinstance(error, WorkerFailed):
        error = error.error
    reference = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    places = "\n".join(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"{moment} {reference} {type(error).__qualname__}\n{places}\n"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(ensure_home() / "crashes.log", flags, 0o600), "a") as file:
            file.write(text)
    except (OSError, CodedeskError):
        return f"{reference} (not written: no room or no permission)"
    return reference

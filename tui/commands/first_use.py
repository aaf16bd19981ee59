"""The reference database for a command: the first use builds it, with a progress bar on a terminal."""

from __future__ import annotations

import sys

from codesets.errors import CodedeskError
from codesets.reference import Reference, open_reference


def open_with_progress() -> Reference:
    """The reference database; the first use shows a progress bar on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        return open_reference()
    try:
        return open_reference(progress=bar)
    except CodedeskError:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        raise


def bar(stage: str, done: float) -> None:
    """A progress bar on stderr, wiped away when all is done."""
    filled = round(30 * done)
    end = "\r\x1b[K" if done >= 1 else ""
    print(f"\r\x1b[K[{'#' * filled}{'.' * (30 - filled)}] {stage}{end}", end="", file=sys.stderr, flush=True)

"""What commands print, made safe for the terminal it goes to: a name or a path can carry controls that it would obey.

Only for output that goes to a terminal. What goes to a file or another program stays as it was written.
"""

from __future__ import annotations

import io
from typing import TextIO

from codesets.safe import safe_block


class PlainOutput(io.TextIOBase):
    """A stream that lets text, tabs and line ends through to another one; controls become U+FFFD."""

    def __init__(self, to: TextIO) -> None:
        self._to = to

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a writable attribute there, asked for here alone
        return self._to.encoding

    def write(self, text: str) -> int:
        self._to.write(safe_block(text))
        return len(text)

    def flush(self) -> None:
        self._to.flush()

    def isatty(self) -> bool:
        return self._to.isatty()

    def fileno(self) -> int:
        return self._to.fileno()

    def writable(self) -> bool:
        return True

"""Whether a file arrived whole.

Every official text file ends with a line end; a download or copy that broke off almost never does. A record
cut in the middle can still look right (a title, a date, a code of another length), so such a file is refused.
One that broke off between two lines shows it only by what it lacks: `refuse_lacking` asks for the parts of a
code set that every edition has, and `Numbering` for every number of those that count their lines.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from codesets.errors import UnreadableInput
from codesets.sources.source import SourceFile

# Official files have hundreds of rows and more; of a smaller one, written by hand, no part is expected.
OFFICIAL_SIZE = 50
# A year of ICD-10-CM has 70,000 codes and 47,000 printed ones; only of so large a set is every part expected.
DIAGNOSES_SIZE = 1_000
# How codes begin that every edition has; a tuple gives beginnings of which any will do.
Parts = Iterable[str | tuple[str, ...]]


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


def refuse_lacking(
    file: SourceFile,
    codes: Collection[str],
    last: str,
    parts: Parts,
    least: int = OFFICIAL_SIZE,
    what: str = "codes",
) -> None:
    """Raise UnreadableInput when no code of a file begins as one of `parts`, and say where the file ends.

    `codes` are all of the file, `last` is the last one, `what` names them. Says nothing of a file with fewer than
    `least` codes.
    """
    if len(codes) < least:
        return
    parts = list(parts)
    for part in parts:
        if not any(code.startswith(part) for code in codes):
            raise UnreadableInput(
                f"{file.name}: {len(codes):,} {what}, but none that begins with {_told(part)}; the file ends at {last}",
                f"expected {what} that begin with each of {', '.join(map(_told, parts))}; download it again",
            )


class Numbering:
    """The order numbers of a file of codes, which go up by one from line to line: a gap is where lines are missing."""

    def __init__(self, file: SourceFile) -> None:
        self._name = file.name
        self._last: int | None = None

    def next(self, place: int, line: str) -> None:
        """Take the number that begins a line, `place` being that of the line from 1; a line without one is passed over.

        Raises UnreadableInput where numbers are left out.
        """
        number = line.split(" ", 1)[0]
        if not number.isdigit():
            if self._last is not None:
                self._last += 1
            return
        if self._last is not None and int(number) > self._last + 1:
            missing = int(number) - self._last - 1
            raise UnreadableInput(
                f"{self._name}: line {place}: order number {number} follows {self._last:05}, so {missing:,} lines are"
                " missing",
                "expected a complete file, whose order numbers leave none out; download it again",
            )
        self._last = int(number)


def _told(part: str | tuple[str, ...]) -> str:
    return part if isinstance(part, str) else " or ".join(part)

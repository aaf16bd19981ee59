"""Whether a file has its end: the last segment, trailer, bracket or line that its format closes with.

A writer that pauses leaves a file that stands still and is half. What has no format that is known here has no end that
could be missed: reading it says what it is.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from store.intake.files import MAX_LINE, Kind, NotTakenIn, recognize
from store.intake.jsontext import BadJson, parse_json

NO_END = "its last segment has no end"
"""What an HL7 file lacks whose last segment may be whole."""

_TAIL = 64 * 1024
_FILLING = b"\x00 \t"
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_TRAILERS = ((b"FHS", b"FTS"), (b"BHS", b"BTS"))


def missing_end(path: Path) -> str:
    """What of its end a file lacks, in words; empty where it has its end. Raises OSError."""
    size = path.stat().st_size
    if not size:
        return "it is empty"
    with path.open("rb") as file:
        beginning = file.read(_TAIL)
        file.seek(max(size - _TAIL, 0))
        tail = file.read()
        if beginning.startswith(b"PK"):
            return "" if zipfile.is_zipfile(path) else "the archive has no directory at its end"
        file.seek(0)
        try:
            kind = recognize(file).kind
        except NotTakenIn:
            # JSON that breaks off is known by its first character alone.
            first = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
            return _of_json(path) if first in (b"{", b"[") else ""
    match kind:
        case Kind.HL7:
            return _of_hl7(beginning, tail)
        case Kind.CCDA:
            return _of_xml(beginning, tail)
        case Kind.X12:
            return _of_x12(beginning, tail)
        case Kind.TABLE:
            return "" if tail.endswith((b"\r", b"\n")) else "its last line has no end"
        case _:
            return _of_json(path)


def _of_hl7(beginning: bytes, tail: bytes) -> str:
    lines = re.split(rb"[\r\n\x0b\x1c]+", beginning)
    at_end = [line.lstrip()[:3] for line in re.split(rb"[\r\n\x0b\x1c]+", tail)]
    opened = {line.removeprefix(b"\xef\xbb\xbf").lstrip()[:3] for line in lines}
    for header, trailer in _TRAILERS:
        if header in opened and trailer not in at_end:
            return f"{header.decode()} without its {trailer.decode()}"
    if tail.rstrip(_FILLING).endswith((b"\r", b"\n", b"\x1c")) or set(at_end[-1:]) & {b"BTS", b"FTS"}:
        return ""
    return NO_END


def _of_xml(beginning: bytes, tail: bytes) -> str:
    root = _ROOT.search(beginning)
    closed = tail.rstrip().endswith(b"/>") if root is None else re.search(rb"</" + root[1] + rb"\s*>", tail)
    return "" if closed else "its root element is not closed"


def _of_x12(beginning: bytes, tail: bytes) -> str:
    isa = beginning[beginning.find(b"ISA") :]
    ends = isa[105:106] or b"~"
    segments = [one.strip() for one in tail.split(ends)]
    last = next((one for one in reversed(segments) if one), b"")
    ended = tail.rstrip().endswith(ends) or ends in b"\r\n"
    return "" if last.startswith(b"IEA") and ended else "ISA without its IEA"


def _of_json(path: Path) -> str:
    """Of JSON over several lines, or a record a line: whether the text, or its last line, is whole."""
    words = "its last record is not closed"
    with path.open("rb") as file:
        first = file.readline(MAX_LINE)
        if _is_json(first):
            size = path.stat().st_size
            file.seek(max(size - MAX_LINE, 0))
            last = next((line for line in reversed(file.read().split(b"\n")) if line.strip()), b"")
            return "" if _is_json(last) else words
        return "" if _is_json(first + file.read(MAX_LINE)) else words


def _is_json(text: bytes) -> bool:
    try:
        parse_json(text)
    except BadJson as error:
        return "ends before" not in error.message
    return True

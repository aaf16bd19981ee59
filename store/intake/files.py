"""Finds and opens what is to be taken in: files, folders, zip archives and standard input, within the import caps.

A file is recognized by what it holds, never by its name. Symbolic links are not followed, an archive is never
unpacked to disk, and every refusal says what was expected in its place.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Literal

from codesets.errors import UnreadableInput
from codesets.safe import safe_line
from store.intake.jsontext import BOM, BadJson, parse_json

MAX_LINE = 32 * 2**20
"""Bytes of one line, or of one JSON document."""

MAX_FILES = 1_000
"""Files in one archive."""

MAX_FOLDER = 20_000
"""Files in one folder and the folders below it."""

MAX_ARCHIVE = 2 * 2**30
"""Bytes of an archive when unpacked."""

MAX_RATIO = 200
"""Unpacked bytes for each packed one."""

EXPECTED = "expected HL7 v2 messages, FHIR R4, C-CDA, X12 837, CSV or the native format, or a zip of them"

STDIN: Literal["-"] = "-"

_OTHER_FORMATS = (
    (b"%PDF", "it is a PDF document"),
    (b"PK\x03\x04", "it is a zip archive in a pipe or in another archive; name it by its path"),
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"[", "it is a JSON list"),
    (b"\xff\xfe", "it is UTF-16, not UTF-8"),
    (b"\xfe\xff", "it is UTF-16, not UTF-8"),
    (b"SQLite format 3", "it is a database"),
)
_BEGINNING = 4096
_HL7 = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x0b\x00]*(?:\xef\xbb\xbf)?(?:MSH|FHS|BHS)[^A-Za-z0-9\s\x00-\x1f]")
_SEGMENT = re.compile(
    rb"(EVN|PID|PD1|NK1|MRG|PV[12]|DB1|OBX|OBR|ORC|AL1|IAM|DG1|DRG|PR1|GT1|IN[123]|ACC|UB[12]|FT1|TXA|NTE|MSA|Z[A-Z0-9]{2})"
    rb"[|^]"
)
"""A segment of HL7 v2 that begins no message."""

_X12_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*ISA[^A-Za-z0-9\s]")
_X12 = re.compile(rb"ISA([^A-Za-z0-9\s])\d\d\1.{10,12}\1\d\d\1", re.DOTALL)
_RESOURCE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')


class Kind(StrEnum):
    """What the content of a file is."""

    NATIVE = "native"
    BUNDLE = "FHIR Bundle"
    RESOURCES = "FHIR resources"
    HL7 = "HL7 v2"
    CCDA = "C-CDA"
    TABLE = "CSV"
    X12 = "X12"


class NotTakenIn(UnreadableInput):
    """A file that cannot be taken in; the message says why and what was expected."""


@dataclass(frozen=True)
class NumberedLine:
    """A line with its 1-based number; `data` is None where the line is longer than `MAX_LINE`."""

    number: int
    data: bytes | None


@dataclass(frozen=True)
class Content:
    """A recognized file: its kind and its lines. A JSON document over several lines comes as one line.

    Formats that are not line-wise come with their `stream` from the beginning instead.
    """

    kind: Kind
    lines: Iterator[NumberedLine] = iter(())
    stream: BinaryIO = field(default_factory=io.BytesIO)


@dataclass(frozen=True)
class Found:
    """A file to read, by the name it has in reports; `problem` says why it cannot be read.

    `group` is the number of the path it was given by: references between FHIR files stay within it.
    """

    name: str
    group: int
    path: Path | None = None
    member: str | None = None
    problem: str = ""

    def open(self) -> BinaryIO:
        """Open it for reading. Raises NotTakenIn."""
        if self.path is None:
            return sys.stdin.buffer
        try:
            if self.member is None:
                return os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
            return _Member(self.path, self.member)
        except OSError as error:
            raise NotTakenIn(error.strerror.lower() if error.strerror else "it cannot be read") from None
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
            raise NotTakenIn("the archive is damaged, truncated or of an unknown kind") from None


def find(paths: list[Path | Literal["-"]]) -> Iterator[Found]:
    """Every file behind the paths, in a fixed order; those that cannot be read come with their problem."""
    for group, path in enumerate(paths):
        if path == STDIN:
            yield Found("-", group)
        else:
            yield from _find_path(Path(path), group)


def recognize(stream: BinaryIO) -> Content:
    """Tell what a stream holds by its beginning. Raises NotTakenIn for anything that is not taken in."""
    beginning = _read_piece(stream, _BEGINNING)
    stream = io.BufferedReader(_Joined(beginning, stream))
    if kind := _not_by_lines(beginning):
        return Content(kind, stream=stream)
    first = _first_line(stream)
    if not first.strip():
        raise NotTakenIn(f"it is empty; {EXPECTED}")
    head = first.removeprefix(BOM).lstrip()
    for mark, words in _OTHER_FORMATS:
        if head.startswith(mark):
            raise NotTakenIn(f"{words}; {EXPECTED}")
    if b"\0" in head[:4096]:
        raise NotTakenIn(f"it is binary; {EXPECTED}")
    if segment := _SEGMENT.match(head):
        raise NotTakenIn(_without_header(segment[1].decode(), beginning))
    if not head.startswith(b"{"):
        raise NotTakenIn(f"it begins like nothing that is known here; {EXPECTED}")
    if len(first) > MAX_LINE:
        raise NotTakenIn(f"its first line is longer than {MAX_LINE // 2**20} MB; {EXPECTED}")
    value = _value(first)
    if value is None:
        return _document_or_damaged(first, stream)
    if kind := _kind_of(value):
        return Content(kind, _numbered(first, stream))
    return _damaged(first, _read_all(stream, 2**20), stream, "it is JSON of an unknown kind")


def is_hl7(beginning: bytes) -> bool:
    """Whether a file that begins so is HL7 v2."""
    return bool(_HL7.match(beginning))


def _without_header(segment: str, beginning: bytes) -> str:
    """Why HL7 v2 that begins with another segment than a header is not taken in, and where its header stands."""
    ids = [line[:3] for line in re.split(rb"[\r\n\x0b\x1c]+", beginning.removeprefix(BOM).lstrip())]
    place = next((number for number, name in enumerate(ids, 1) if name in (b"MSH", b"FHS", b"BHS")), 0)
    where = f"; here {ids[place - 1].decode()} is segment {place}" if place else "; none follows at its beginning"
    return f"segment 1 is {segment}: HL7 v2 begins with MSH, or with FHS or BHS before it{where}"


def _not_by_lines(beginning: bytes) -> Kind | None:
    """The kind of a format whose lines are not records, by its first bytes."""
    if _HL7.match(beginning):
        return Kind.HL7
    if beginning.removeprefix(BOM).lstrip().startswith(b"<"):
        return Kind.CCDA
    if _X12_START.match(beginning) or (_X12.search(beginning) and not beginning.lstrip().startswith(b"{")):
        return Kind.X12
    from store.intake.tables.sheet import looks_like_table

    return Kind.TABLE if looks_like_table(beginning) else None


def _find_path(path: Path, group: int) -> Iterator[Found]:
    name = safe_line(path.name or str(path))
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        words = "there is no such file or folder" if isinstance(error, FileNotFoundError) else _told(error)
        yield Found(safe_line(str(path)), group, path, problem=words)
        return
    if stat.S_ISDIR(mode):
        yield from _find_folder(path, name, group)
    else:
        yield from _find_file(path, name, group)


def _find_folder(folder: Path, name: str, group: int) -> Iterator[Found]:
    files, problems = [], []
    walk = os.walk(folder, onerror=lambda e: problems.append((Path(e.filename), _told(e))))
    for place, subfolders, names in walk:
        subfolders.sort()
        files += [Path(place) / n for n in sorted(names) if not n.startswith(".")]
        problems += [
            (Path(place) / s, "it is a symbolic link, which is not followed")
            for s in subfolders
            if (Path(place) / s).is_symlink()
        ]
        subfolders[:] = [s for s in subfolders if not s.startswith(".")]
    if len(files) > MAX_FOLDER:
        yield Found(name, group, folder, problem=f"it holds more than {MAX_FOLDER:,} files; take them in by parts")
        return
    if not files and not problems:
        yield Found(name, group, folder, problem=f"the folder is empty; {EXPECTED}")
    for path, problem in problems:
        yield Found(_name_in(folder, name, path), group, path, problem=problem)
    for path in files:
        yield from _find_file(path, _name_in(folder, name, path), group)


def _find_file(path: Path, name: str, group: int) -> Iterator[Found]:
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield Found(name, group, path, problem="it is a symbolic link, which is not followed")
        elif not stat.S_ISREG(mode):
            yield Found(name, group, path, problem="it is not a regular file")
        elif _is_zip(path):
            yield from _find_members(path, name, group)
        else:
            yield Found(name, group, path)
    except OSError as error:
        yield Found(name, group, path, problem=_told(error))


def _find_members(path: Path, name: str, group: int) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError):
        yield Found(name, group, path, problem="the zip archive is damaged or truncated")
        return
    if len(members) > MAX_FILES:
        yield Found(name, group, path, problem=f"the archive holds more than {MAX_FILES:,} files")
    elif sum(info.file_size for info in members) > MAX_ARCHIVE:
        yield Found(name, group, path, problem=f"the archive unpacks to more than {MAX_ARCHIVE // 2**30} GB")
    elif not members:
        yield Found(name, group, path, problem=f"the archive is empty; {EXPECTED}")
    else:
        for info in sorted(members, key=lambda m: m.filename):
            member_name = safe_line(f"{name}/{info.filename}")
            yield Found(member_name, group, path, info.filename, _member_problem(info))


def _member_problem(info: zipfile.ZipInfo) -> str:
    parts = info.filename.replace("\\", "/").split("/")
    if info.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        return "its path leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a symbolic link, which is not followed"
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"it unpacks to more than {MAX_RATIO} times its size"
    return ""


def _first_line(stream: BinaryIO) -> bytes:
    """The first line that holds anything; blank lines before it are passed over, the cap included."""
    seen = 0
    while True:
        line = _read(stream, MAX_LINE + 1)
        seen += len(line)
        if not line or line.strip() or seen > MAX_LINE:
            return line


def _numbered(first: bytes, stream: BinaryIO) -> Iterator[NumberedLine]:
    yield NumberedLine(1, first)
    number = 1
    while line := _read(stream, MAX_LINE + 1):
        number += 1
        if len(line) <= MAX_LINE:
            yield NumberedLine(number, line)
            continue
        yield NumberedLine(number, None)
        while line and not line.endswith(b"\n"):
            line = _read(stream, 2**20)


def _document_or_damaged(first: bytes, stream: BinaryIO) -> Content:
    """A JSON document written over several lines, or line-wise records whose first line is damaged."""
    rest = _read_all(stream, MAX_LINE + 1 - len(first))
    text = first + rest
    if len(text) > MAX_LINE:
        return _damaged(first, rest, stream, f"one JSON text of more than {MAX_LINE // 2**20} MB")
    try:
        value = parse_json(text)
    except BadJson as error:
        return _damaged(first, rest, stream, error.message)
    kind = _kind_of(value)
    if kind is None:
        raise NotTakenIn(f"it is JSON of an unknown kind; {EXPECTED}")
    return Content(kind, iter([NumberedLine(1, text)]))


def _damaged(first: bytes, rest: bytes, stream: BinaryIO, problem: str) -> Content:
    """Line-wise records by what the next lines are, or a single record by what is left of it. Raises NotTakenIn."""
    kind = next(filter(None, (_kind_of(_value(line)) for line in rest.split(b"\n", 20)[:20] if line.strip())), None)
    if kind is None and not rest.strip() and _value(first) is None:
        found = _RESOURCE.search(first[:4096])
        if found and found[1] != b"Bundle":
            kind = Kind.RESOURCES
        elif b'"visit_number"' in first or b'"codedesk.encounter' in first:
            kind = Kind.NATIVE
    if kind in (None, Kind.BUNDLE):
        raise NotTakenIn(f"{problem}; {EXPECTED}")
    return Content(kind, _numbered(first, io.BufferedReader(_Joined(rest, stream))))


def _kind_of(value: object) -> Kind | None:
    if not isinstance(value, dict):
        return None
    if value.get("resourceType") == "Bundle":
        return Kind.BUNDLE
    if isinstance(value.get("resourceType"), str):
        return Kind.RESOURCES
    if "visit_number" in value or str(value.get("format", "")).startswith("codedesk.encounter"):
        return Kind.NATIVE
    return None


def _value(line: bytes) -> object:
    # A damaged character does not hide what the file is; the line itself is refused later.
    for text in (line, line.decode("utf-8", "replace").encode()):
        try:
            return parse_json(text)
        except BadJson as error:
            if "UTF-8" not in error.message:
                return None
    return None


def _read(stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.readline(size)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise NotTakenIn("the archive is damaged or truncated here") from None
    except OSError as error:
        raise NotTakenIn(_told(error)) from None


def _read_piece(stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise NotTakenIn("the archive is damaged or truncated here") from None
    except OSError as error:
        raise NotTakenIn(_told(error)) from None


def _read_all(stream: BinaryIO, size: int) -> bytes:
    lines = []
    while size > 0 and (line := _read(stream, size)):
        lines.append(line)
        size -= len(line)
    return b"".join(lines)


def _is_zip(path: Path) -> bool:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _name_in(folder: Path, name: str, path: Path) -> str:
    return safe_line(f"{name}/{path.relative_to(folder)}")


def _told(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()


class _Member(io.BufferedReader):
    """A file within an archive, closed together with it."""

    def __init__(self, path: Path, member: str) -> None:
        self._archive = zipfile.ZipFile(path)
        super().__init__(self._archive.open(member))  # type: ignore[arg-type]  # typeshed: it reads as a raw stream does

    def close(self) -> None:
        super().close()
        self._archive.close()


def joined(read_already: bytes, stream: BinaryIO) -> BinaryIO:
    """A stream that gives what was read already, then the rest."""
    return io.BufferedReader(_Joined(read_already, stream))


class _Joined(io.RawIOBase):
    """What was read already, then the rest of the stream."""

    def __init__(self, read_already: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = io.BytesIO(read_already), stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head.read(len(buffer)) or self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

"""A file that appears whole or not at all: written beside its place, flushed to disk, then given its name.

The caller decides when it is delivered, and can take it back as long as nothing rests on it. Standard output
(`-`) is fed only when everything has been written.

Every command and screen that writes a file goes through here. The folder is one that exists: none is made on the way to
a name that was mistyped, and what cannot be written is refused with what was expected.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from codesets.errors import CodedeskError

STDOUT: Literal["-"] = "-"
_PASSED_ON = 64 * 1024
Destination = Path | Literal["-"]


class DestinationUnusable(CodedeskError):
    """The file cannot be written there, or there is one already."""

    title = "cannot write"


class OutputFile:
    """An unfinished file and its way to its destination."""

    def __init__(self, file: BinaryIO, part: Path | None, destination: Destination) -> None:
        self._file = file
        self._part = part
        self._destination = destination
        self._delivered = False
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Append bytes to the unfinished file."""
        self._file.write(data)
        self._hash.update(data)

    @property
    def sha256(self) -> str:
        """The hash, in hex, of all bytes written so far."""
        return self._hash.hexdigest()

    def finish(self) -> None:
        """Flush everything to disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def deliver(self) -> None:
        """Give the file its name. Raises DestinationUnusable where another has taken it meanwhile."""
        if self._part is None:
            self._file.seek(0)
            shutil.copyfileobj(self._file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        _name(self._part, Path(self._destination))
        self._delivered = True

    def take_back(self) -> None:
        """Remove the file that was delivered; one that was not delivered from here is left alone."""
        if self._delivered:
            Path(self._destination).unlink(missing_ok=True)


class Recorder:
    """A stream that passes bytes on to an output file, and hashes and compresses them on the way."""

    def __init__(self, output: OutputFile) -> None:
        self._output = output
        self._hash = hashlib.sha256()
        self._compressor = zlib.compressobj()
        self._compressed: list[bytes] = []
        self._waiting = bytearray()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Pass bytes on, many at once: a file is written segment by segment."""
        self._waiting += data
        self.size += len(data)
        if len(self._waiting) >= _PASSED_ON:
            self._pass_on()

    def _pass_on(self) -> None:
        data = bytes(self._waiting)
        self._waiting.clear()
        self._output.write(data)
        self._hash.update(data)
        self._compressed.append(self._compressor.compress(data))

    def finish(self) -> tuple[str, bytes]:
        """The hash in hex, and the bytes zlib-compressed."""
        self._pass_on()
        return self._hash.hexdigest(), b"".join(self._compressed) + self._compressor.flush()


@contextmanager
def output_file(destination: Destination) -> Iterator[OutputFile]:
    """A new unfinished file; what was not delivered when the block ends is removed.

    Raises DestinationUnusable where the destination exists, its folder cannot be written, or the disk is full.
    """
    if destination == STDOUT:
        with tempfile.TemporaryFile() as file:
            yield OutputFile(file, None, destination)
        return
    place = Path(destination)
    if place.exists():
        raise DestinationUnusable(f"{place} exists already", "name a file that does not exist yet")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent)
    except OSError as error:
        raise _unusable(place, error) from error
    try:
        with open(handle, "wb") as file:
            yield OutputFile(file, Path(name), destination)
    except OSError as error:
        raise _unusable(place, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def replaced_file(place: Path) -> Iterator[Path]:
    """An unfinished file for its owner alone that takes a name when the block ends well, also that of an older file.

    Raises DestinationUnusable where the place is no file, its folder cannot be written, or the disk is full.
    """
    if place.exists() and not place.is_file():
        raise DestinationUnusable(f"{place} is no file", "name a file")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent)
        os.close(handle)
    except OSError as error:
        raise _unusable(place, error) from error
    part = Path(name)
    try:
        yield part
        part.replace(place)
    except OSError as error:
        raise _unusable(place, error) from error
    finally:
        part.unlink(missing_ok=True)


def write_text(place: Path, text: str) -> None:
    """Write a text as a whole file, as `replaced_file` does. Raises DestinationUnusable."""
    with replaced_file(place) as part:
        part.write_text(text, encoding="utf-8")


def make_folder(place: Path) -> Path:
    """A folder for several files, made in one that exists if need be. Raises DestinationUnusable."""
    try:
        place.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unusable(place, error) from error
    return place


def _name(part: Path, place: Path) -> None:
    try:
        os.link(part, place)
    except FileExistsError:
        raise DestinationUnusable(f"{place} exists already", "name a file that does not exist yet") from None
    except OSError:
        # Not every file system has hard links. A rename is as atomic, and the name was free a moment ago.
        os.rename(part, place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unusable(place: Path, error: OSError) -> DestinationUnusable:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DestinationUnusable(
            f"{place}: there is no folder {place.parent}", "name a folder that exists; nothing was written"
        )
    return DestinationUnusable(f"{place}: {error.strerror or error}", "nothing was written")

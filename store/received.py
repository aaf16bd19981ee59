"""Files that payers and receivers send: copied before they are read, and kept as they came, once."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlmodel import select

from codesets.errors import UnreadableInput
from codesets.safe import safe_line
from store.actors import Actor
from store.database import Database
from store.models import ReceivedFile
from store.x12.tokenizer import LONGEST_SEGMENT
from store.x12.writer import ISA_LENGTH

LARGEST_FILE = 512 * 1024 * 1024
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Copy:
    """A private copy of a file, so that what is checked is what is stored; `packed` are its bytes, zlib-compressed."""

    file: IO[bytes]
    sha256: str
    size: int
    packed: bytes


@contextmanager
def copied(path: Path) -> Iterator[Copy]:
    """A copy of the file, gone with the block; the bytes pass through piece by piece.

    Raises UnreadableInput for a file that cannot be read or is larger than LARGEST_FILE.
    """
    digest, packer, packed, size = hashlib.sha256(), zlib.compressobj(1), [], 0
    with tempfile.TemporaryFile(prefix="codedesk-received-") as file:
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise _too_large(path)
            runs = _Runs()
            with path.open("rb") as source:
                while piece := source.read(_PIECE):
                    size += len(piece)
                    if size > LARGEST_FILE:  # a pipe, or a file that grows
                        raise _too_large(path)
                    runs.take(piece, path)
                    digest.update(piece)
                    packed.append(packer.compress(piece))
                    file.write(piece)
        except OSError as error:
            raise UnreadableInput(f"{path.name}: {error.strerror}", "expected an X12 file") from error
        packed.append(packer.flush())
        file.seek(0)
        yield Copy(file, digest.hexdigest(), size, b"".join(packed))


def _too_large(path: Path) -> UnreadableInput:
    return UnreadableInput(f"{path.name} is larger than {LARGEST_FILE // _PIECE} MiB", "split it")


class _Runs:
    """Watches for an X12 file of one endless segment, piece by piece, so that none is copied whole for nothing."""

    def __init__(self) -> None:
        self._end: bytes | None = None

    def take(self, piece: bytes, path: Path) -> None:
        """Look at the next piece. Raises UnreadableInput where a whole one holds no end of a segment."""
        if self._end is None:
            at = piece.find(b"ISA")
            self._end = piece[at + ISA_LENGTH - 1 : at + ISA_LENGTH] if at >= 0 else b""
        if self._end and len(piece) == _PIECE and self._end not in piece:
            raise UnreadableInput(f"{path.name}: a segment is longer than {LONGEST_SEGMENT // 1024} KB", "split it")


def keep_file(db: Database, actor: Actor, name: str, copy: Copy) -> str:
    """The id of the file as it is kept; the same bytes are kept once."""
    with db.change(actor, action="received.file") as change:
        known = change.session.exec(select(ReceivedFile.id).where(ReceivedFile.sha256 == copy.sha256)).first()
        if known:
            return known
        file = ReceivedFile(
            name=safe_line(name),
            sha256=copy.sha256,
            size=copy.size,
            content=copy.packed,
            received_by=actor.person_id,
        )
        change.session.add(file)
        change.log("received.file", "received_file", file.id, name=file.name, sha256=file.sha256, size=file.size)
        return file.id

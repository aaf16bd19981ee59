"""Files that cannot be read as a whole, in quarantine beside refused records: name, hash, where they lie, and why.

Nothing of such a file is kept but its beginning: it is mended where it lies, or its map is, and then tried again. What
comes through a pipe lies nowhere and is only reported.
"""

from __future__ import annotations

import dataclasses
import hashlib
import stat
from pathlib import Path

from sqlmodel import select

from codesets.safe import safe_block, safe_line
from store.actors import Actor
from store.database import Database
from store.intake.files import Found
from store.intake.report import FileReport, IntakeReport, Refusal
from store.models import Quarantine
from store.models.columns import now

FILE = "file"
"""The `kind` of such a row."""

WHOLE = "whole file"
BEGINNING = 1_000
_LIES_AT = "at "
_PIECE = 2**20
MOST_HASHED = 64 * _PIECE
"""Bytes of a file by which it is known again; of a longer one its beginning and its size, so that none costs time."""


def keep_unreadable(db: Database, actor: Actor, found: Found, reason: str, records: int) -> None:
    """List a file whose reading ended after so many records; the same file with the same content stands once."""
    content = _read(found)
    if found.path is None or content is None:
        return
    digest, beginning = content
    place = f"after record {records:,}" if records else WHOLE
    with db.change(actor) as change:
        known = select(Quarantine.id).where(
            Quarantine.file_name == found.name, Quarantine.place == place, Quarantine.sha256 == digest
        )
        if change.session.exec(known).first():
            return
        row = Quarantine(
            file_name=found.name,
            place=place,
            reason=safe_line(reason)[:400],
            excerpt=_excerpt(found.path, beginning),
            sha256=digest,
            kind=FILE,
        )
        change.session.add(row)
        change.session.flush()
        change.log("intake.quarantine", "quarantine", row.id, file=found.name, place=place)


def lies_at(row: Quarantine) -> Path:
    """Where the file lay when it was refused, or was moved to."""
    return Path(row.excerpt.split("\n", 1)[0].removeprefix(_LIES_AT))


def moved(db: Database, actor: Actor, path: Path, to: Path) -> None:
    """Note that a file was moved, so that it is found when it is tried again."""
    with db.change(actor) as change:
        waiting = select(Quarantine).where(Quarantine.kind == FILE, Quarantine.settled == "")
        for row in change.session.exec(waiting):
            if lies_at(row) == path.absolute():
                row.excerpt = _LIES_AT + safe_line(str(to.absolute())) + row.excerpt.removeprefix(_first_line(row))


def try_file(db: Database, actor: Actor, row: Quarantine) -> IntakeReport:
    """Take a file in again from where it lies; what can be read now leaves quarantine."""
    from store.intake.run import take_in

    refused: dict[str, str] = {}
    path = lies_at(row)
    if path.is_file():
        report = take_in(db, actor, [path], unreadable=lambda found, reason, _: refused.update({found.name: reason}))
    else:
        report = IntakeReport((FileReport(row.file_name, ""),), 0)
        refused[row.file_name] = "it lies no longer where it was; take the mended file in by its path"
    # A folder's name stood before it when it came in with one.
    reason = next((why for name, why in refused.items() if row.file_name.endswith(name)), "")
    with db.change(actor) as change:
        kept = change.session.get_one(Quarantine, row.id)
        kept.tried_at = now()
        if reason:
            kept.reason = safe_line(reason)[:400]
        else:
            from store.intake.quarantine import TAKEN_IN

            kept.settled = TAKEN_IN
        change.log("quarantine.try", "quarantine", row.id, settled=kept.settled)
    if not reason:
        return report
    first, *others = report.files
    still = (*first.quarantined, Refusal(row.place, safe_line(reason)))
    return IntakeReport((dataclasses.replace(first, quarantined=still), *others), report.patients)


def _read(found: Found) -> tuple[str, bytes] | None:
    """SHA-256 and beginning of a regular file, an archive as a whole; None for what is none or cannot be opened.

    Of a file longer than MOST_HASHED the hash is that of its beginning and its size.
    """
    if found.path is None:
        return None
    try:
        status = found.path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return None
        with found.path.open("rb") as file:
            piece = file.read(_PIECE)
            beginning, digest = piece[:BEGINNING], hashlib.sha256(piece)
            while (left := MOST_HASHED - file.tell()) > 0 and (piece := file.read(min(_PIECE, left))):
                digest.update(piece)
        if status.st_size > MOST_HASHED:
            digest.update(str(status.st_size).encode())
    except PermissionError:
        return "", b""
    except OSError:
        return None
    return digest.hexdigest(), beginning


def _excerpt(path: Path, beginning: bytes) -> str:
    words = beginning.decode("utf-8", "replace")
    text = "" if "\0" in words or words.count("\ufffd") > len(words) // 20 else safe_block(words)
    return f"{_LIES_AT}{safe_line(str(path.absolute()))}\n{text}".rstrip()


def _first_line(row: Quarantine) -> str:
    return row.excerpt.split("\n", 1)[0]

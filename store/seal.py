"""The seal of a backup: a keyed hash over all its bytes, kept in the backup itself.

Whether a file is a backup as it was made is told by the log of the record, and by the seal where that record is gone or
was restored from an older one: who has the key of the log can check it, who has it not cannot make one.

The seal is a fact of the copy (`backup_seal`), put there with zeros for the hash. The hash covers the file as it is
with the zeros, and is then written over them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import closing
from pathlib import Path

from store.log.key import Key
from store.sqlite import driver

FACT = "backup_seal"

_DIGITS = 64
"""Length of an HMAC-SHA256 in hexadecimal."""

_ZEROS = "0" * _DIGITS

_PIECE = 1 << 20


def seal(copy: Path, key: Key) -> bool:
    """Seal a finished copy of a record, which nobody has open.

    False where its schema keeps no facts. Raises OSError.
    """
    blank = f"codedesk-backup {secrets.token_hex(16)} {_ZEROS}"
    with closing(driver.connect(copy, isolation_level=None)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'site_fact'").fetchone()[0]:
            return False
        connection.execute("INSERT OR REPLACE INTO site_fact (name, value) VALUES (?, ?)", (FACT, blank))
    found = _covered(copy, blank)
    if found is None:
        return False
    place, covered = found
    with copy.open("r+b") as file:
        file.seek(place)
        file.write(_mac(key, covered).encode())
    return True


def bears_seal(file: Path) -> bool:
    """Whether a file says of itself that it is a backup; whether the seal holds is for `is_sealed` to say."""
    return _stated(file) is not None


def is_sealed(backup: Path, keys: tuple[Key, ...]) -> bool:
    """Whether a file is, byte for byte, a backup that was sealed under one of the keys. Raises OSError."""
    stated = _stated(backup)
    found = _covered(backup, stated) if stated is not None else None
    if stated is None or found is None:
        return False
    return any(hmac.compare_digest(_mac(key, found[1]), stated[-_DIGITS:]) for key in keys)


def _stated(file: Path) -> str | None:
    """The seal as it stands in a file; None where there is none, or no database. The file is only read."""
    try:
        # What another holds locked is no backup at rest: whoever opens it for work waits for that, once.
        with closing(driver.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as connection:
            row = connection.execute("SELECT value FROM site_fact WHERE name = ?", (FACT,)).fetchone()
    except driver.DatabaseError:
        return None
    return str(row[0]) if row and len(str(row[0])) > _DIGITS else None


def _covered(file: Path, value: str) -> tuple[int, bytes] | None:
    """Where the digits of a seal stand, and the SHA-256 of the file with zeros there.

    None unless it stands there once. The file is read once, in pieces: to search all of it at once would stop every
    other thread of the process as long as that takes.
    """
    written, blank = value.encode(), f"{value[:-_DIGITS]}{_ZEROS}".encode()
    places: list[int] = []
    hashed, begins, kept = hashlib.sha256(), 0, b""
    with file.open("rb", buffering=0) as opened:
        while piece := opened.read(_PIECE):
            here = kept + piece
            if (place := here.find(written)) >= 0:
                places += [begins + place] * here.count(written)
                here = here.replace(written, blank)
            done = max(len(here) - len(written) + 1, 0)  # the rest may be the beginning of the seal
            hashed.update(memoryview(here)[:done])
            begins, kept = begins + done, here[done:]
    hashed.update(kept)
    return (places[0] + len(written) - _DIGITS, hashed.digest()) if len(places) == 1 else None


def _mac(key: Key, covered: bytes) -> str:
    return hmac.digest(key.secret, b"codedesk backup " + covered, "sha256").hex()

"""The seal of a backup: a keyed hash over all its bytes, kept in the backup itself.

Whether a file is a backup as it was made is told by the log of the record, and by the seal where that record is gone or
was restored from an older one: who has the key of the log can check it, who has it not cannot make one.

The seal is a fact of the copy (`backup_seal`), put there with zeros for the hash. The hash covers the file as it is
with the zeros, and is then written over them.
"""

from __future__ import annotations

import hashlib
import hmac
import mmap
import secrets
from contextlib import closing
from pathlib import Path

from store.log.key import Key
from store.sqlite import driver

FACT = "backup_seal"

_DIGITS = 64
"""Length of an HMAC-SHA256 in hexadecimal."""

_ZEROS = "0" * _DIGITS


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


def is_sealed(backup: Path, keys: tuple[Key, ...]) -> bool:
    """Whether a file is, byte for byte, a backup that was sealed under one of the keys. Raises OSError."""
    try:
        with closing(driver.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM site_fact WHERE name = ?", (FACT,)).fetchone()
    except driver.DatabaseError:
        return False
    found = _covered(backup, row[0]) if row and len(str(row[0])) > _DIGITS else None
    return found is not None and any(hmac.compare_digest(_mac(key, found[1]), row[0][-_DIGITS:]) for key in keys)


def _covered(file: Path, value: str) -> tuple[int, bytes] | None:
    """Where the digits of a seal stand, and the SHA-256 of the file with zeros there.

    None unless it stands there once.
    """
    written = value.encode()
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begin = content.find(written)
        if begin < 0 or content.find(written, begin + 1) >= 0:
            return None
        place = begin + len(written) - _DIGITS
        hashed = hashlib.sha256()
        with memoryview(content) as view, view[:place] as before, view[place + _DIGITS :] as after:
            hashed.update(before)
            hashed.update(_ZEROS.encode())
            hashed.update(after)
        return place, hashed.digest()


def _mac(key: Key, covered: bytes) -> str:
    return hmac.digest(key.secret, b"codedesk backup " + covered, "sha256").hex()

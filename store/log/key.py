"""The key of the log: a file outside the database, for the owner alone, made when the first entry is written.

One line for each key: the number of the first entry under it, and 64 hexadecimal digits. Entries before the first
key (from a codedesk that had none) carry plain hashes. The database remembers only the key's fingerprint, so that a
lost key is noticed and never silently replaced: whoever could make codedesk take a new key could also rewrite the log.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, func, select

from codesets.errors import CodedeskError
from codesets.home import ensure_home, home
from store.models import LogEntry, SiteFact
from store.settings import load_settings, sqlite_path

FACT = "log_key"
STATED = select(SiteFact.value).where(SiteFact.name == FACT)
"""The fingerprint of the key that the record states; none where it never had one."""

_HEADING = "# Key of codedesk's log. Keep a copy apart from the database: without it the log cannot be checked.\n"


class LogKeyUnusable(CodedeskError):
    """The key of the log is missing, unreadable or no key; nothing was written, because nothing could be logged."""

    title = "log key"


@dataclass(frozen=True)
class Key:
    """A key and the first entry under it (1-based)."""

    first_seq: int
    secret: bytes

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that name the key without giving it away."""
        return hashlib.sha256(b"codedesk log key " + self.secret).hexdigest()[:16]


class KeyFile:
    """The keys of one log; read again when the file changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int], tuple[Key, ...]] | None = None

    def keys(self) -> tuple[Key, ...]:
        """The keys by their first entry; none where the file has not been made. Raises LogKeyUnusable."""
        try:
            status = os.stat(self.path)
            identity = (status.st_mtime_ns, status.st_size)
            if self._read is None or self._read[0] != identity:
                self._read = identity, _parsed(self.path.read_text(encoding="ascii"), self.path)
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no key file"
            raise LogKeyUnusable(f"{self.path}: {reason}", "it must be readable by you and nobody else") from error
        return self._read[1]

    def current(self, session: Session, next_seq: int, stated: str | None) -> Key:
        """The key for the next entry; made now if this log never had one. Raises LogKeyUnusable.

        `stated` is what the record states (`STATED`). To be called under the lock that appending takes, so that two
        programs do not make two keys.
        """
        keys = self.keys()
        if keys and stated != keys[-1].fingerprint:
            if stated is not None:
                raise LogKeyUnusable(
                    f"{self.path} is not the key {stated} of this log", "put the right file there, from its copy"
                )
            session.add(SiteFact(name=FACT, value=keys[-1].fingerprint))
        if not keys:
            if stated is not None:
                raise LogKeyUnusable(
                    f"{self.path}, the key of the log, is missing",
                    "put its copy back; if it is lost, codedesk log new-key begins another",
                )
            keys = (self._add(next_seq),)
            session.add(SiteFact(name=FACT, value=keys[-1].fingerprint))
        return keys[-1]

    def make_ready(self, session: Session) -> None:
        """Make the key of a log that never had one, before its next entry needs it. Raises LogKeyUnusable.

        To be called under the lock that appending takes, like `current`.
        """
        if not self.keys() and session.execute(STATED).scalar() is None:
            self._add((session.execute(select(func.max(LogEntry.seq))).scalar() or 0) + 1)

    def begin_new(self, session: Session, next_seq: int) -> Key:
        """A new key from the next entry on; the keys before it stay in the file for checking. Raises LogKeyUnusable."""
        key = self._add(next_seq)
        fact = session.get(SiteFact, FACT) or SiteFact(name=FACT, value="")
        fact.value = key.fingerprint
        session.add(fact)
        session.flush()
        return key

    def _add(self, first_seq: int) -> Key:
        if self.path.parent == home():  # of a record on PostgreSQL nothing else lies there yet
            ensure_home()
        key = Key(first_seq, secrets.token_bytes(32))
        held = self.keys()
        lines = "".join(f"{one.first_seq} {one.secret.hex()}\n" for one in (*held, key))
        temporary = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(_HEADING + lines)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except OSError as error:
            raise LogKeyUnusable(f"{self.path}: {error.strerror}", "nothing can be logged without a key") from error
        return key


def key_file(url: str) -> KeyFile:
    """The key file of the record at `url`: the setting `log_key`, else a file beside the record or in the home."""
    if named := load_settings().log_key:
        return KeyFile(Path(named).expanduser())
    path = sqlite_path(url)
    return KeyFile(path.with_suffix(".log-key") if path else home() / "workstation.log-key")


def _parsed(text: str, path: Path) -> tuple[Key, ...]:
    keys: list[Key] = []
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        try:
            number, digits = line.split()
            key = Key(int(number), bytes.fromhex(digits))
        except ValueError:
            key = None
        if key is None or len(key.secret) != 32 or (keys and key.first_seq <= keys[-1].first_seq):
            raise LogKeyUnusable(f"{path}: expected a number and 64 hexadecimal digits a line", "put its copy back")
        keys.append(key)
    if not keys:
        raise LogKeyUnusable(f"{path} holds no key", "put its copy back")
    return tuple(keys)

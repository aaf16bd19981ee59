"""Anchors: the head of the log written down elsewhere, so that a log cut off at its end no longer fits.

An anchor is one line of text, to a file (another disk, a mounted share, a printer) or to the system's log, which a
site sends to another host:

    codedesk-anchor key=4c1f… seq=1203 hash=9a41… at=2026-09-14T18:00:00.000Z

A file may hold anything else beside them: the export of a journal is as good as our own file.
"""

from __future__ import annotations

import os
import re
import syslog
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlmodel import col, select

from codesets.errors import CodedeskError, UnreadableInput
from store.actors import Actor
from store.database import Database
from store.models import LogEntry
from store.models.columns import now
from store.settings import load_settings
from store.whole import require_whole

SYSLOG = "syslog"
_LINE = re.compile(
    r"codedesk-anchor key=(?P<key>[0-9a-f]{16}) seq=(?P<seq>\d{1,18}) "
    r"hash=(?P<hash>[0-9a-f]{64}) at=(?P<at>[0-9T:.Z-]+)"
)
_SYSTEM_LOG = Path("/dev/log")


class AnchorRefused(CodedeskError):
    """The anchor could not be written."""

    title = "anchor"
    exit_code = 1


@dataclass(frozen=True)
class Anchor:
    """The head of the log at a moment: entry `seq` (1-based) had this hash; `key` is the key's fingerprint."""

    key: str
    seq: int
    hash: str
    at: str

    def line(self) -> str:
        return f"codedesk-anchor key={self.key} seq={self.seq} hash={self.hash} at={self.at}"


@dataclass(frozen=True)
class NoAnchors:
    """A file without any anchor, and how many the log tells to have written to it; `last` is the time of the latest."""

    place: str
    why: str
    written: int = 0
    last: str = ""

    @property
    def line(self) -> str:
        if not self.written:
            return f"{self.place}: {self.why}; the log tells of no anchor written to it"
        those = "1 anchor was" if self.written == 1 else f"{self.written:,} anchors were"
        return f"{self.place}: {self.why}, though by the log {those} written to it, the last at {self.last[:19]}Z"


def configured_places() -> tuple[str, ...]:
    """The places of the setting `log_anchor`: files, or SYSLOG."""
    return tuple(place.strip() for place in load_settings().log_anchor.split(",") if place.strip())


def write_anchor(db: Database, actor: Actor, places: tuple[str, ...]) -> Anchor:
    """Write the head of the log to files or the system's log (`syslog`), and note in the log that it was done.

    The anchors that are there already, in these files and in the configured ones, must hold first: one more would only
    say that a log which was cut off is as long as it is. Raises AnchorRefused when one does not hold, the log is empty
    or a place cannot be written; then nothing is written; PartOfRecord.
    """
    with db.reading() as session:
        require_whole(session.connection(), db.place, "an anchor")
        _require_held(session.connection(), db, dict.fromkeys((*places, *configured_places())))
        head = session.exec(select(LogEntry.seq, LogEntry.hash).order_by(col(LogEntry.seq).desc()).limit(1)).first()
    keys = db.log_keys.keys()
    if head is None or not keys:
        raise AnchorRefused("the log is empty", "there is nothing to hold fast yet")
    begun = {"begun": begun} if (begun := [one.place for one in without_anchors(db, places)]) else {}
    anchor = Anchor(keys[-1].fingerprint, head[0], head[1], now())
    for place in places:
        _write(place, anchor.line())
    with db.change(actor) as change:
        change.log("log.anchor", "log", str(anchor.seq), to=list(places), **begun)
    return anchor


def without_anchors(db: Database, places: Iterable[str]) -> tuple[NoAnchors, ...]:
    """The files among places that hold no anchor, or none that can be read though the file is there."""
    found = {place: why for place in places if place != SYSLOG and (why := _why_none(Path(place)))}
    if not found:
        return ()
    with db.reading() as session:
        query = select(LogEntry.at, LogEntry.detail).where(LogEntry.action == "log.anchor").order_by(col(LogEntry.seq))
        written = [(at, detail.get("to", ())) for at, detail in session.exec(query)]
    times = {place: [at for at, to in written if place in to] for place in found}
    return tuple(
        NoAnchors(place, why, len(times[place]), times[place][-1] if times[place] else "")
        for place, why in found.items()
    )


def _why_none(path: Path) -> str:
    """Why nothing can be held against the anchors of a file; "" where it has some."""
    try:
        return "" if any(read_anchors(path)) else "it holds no anchor"
    except UnreadableInput as error:
        return error.message.removeprefix(f"{path}: ").lower()


def read_anchors(path: Path) -> Iterator[Anchor]:
    """The anchors in a file, in its order. Raises UnreadableInput."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if found := _LINE.search(line):
                    yield Anchor(found["key"], int(found["seq"]), found["hash"], found["at"])
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}", "name a file that holds anchors") from error


def _require_held(connection: Connection, db: Database, places: Iterable[str]) -> None:
    from store.log.check import anchor_faults

    for place in places:
        # A place that may be written to but not read, or is not there yet, has nothing to hold the log against.
        if place == SYSLOG or not os.access(place, os.R_OK):
            continue
        if faults := anchor_faults(connection, db.log_keys.keys(), read_anchors(Path(place))):
            raise AnchorRefused(
                f"entry {faults[0].seq}: {faults[0].reason}; no anchor is added to {place}",
                "codedesk log verify; keep that file, and name a new one in log_anchor once it is known what happened",
            )


def _write(place: str, line: str) -> None:
    if place == SYSLOG:
        if not _SYSTEM_LOG.exists():
            raise AnchorRefused("this host has no system log", "write the anchor to a file on another one")
        syslog.openlog("codedesk", 0, syslog.LOG_AUTHPRIV)
        syslog.syslog(syslog.LOG_NOTICE, line)
        return
    try:
        handle = os.open(place, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "a", encoding="ascii") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AnchorRefused(f"{place}: {error.strerror}", "name a file that can be written") from error

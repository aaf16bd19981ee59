"""Reads the whole log again and says whether it is the one that was written: chain, keys, anchors.

An entry that was edited, put in, taken out or moved breaks the chain at that entry or the next one. A log computed
anew by someone without the key breaks at its first entry. A log cut off at its end, or put back from an old copy, no
longer reaches its anchors, unless it tells itself of the restore that put it back (`store.log.restores`). One without
any entry beside a record that holds encounters was emptied, and so was one that begins with `log.emptied`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, inspect, text

from store.log import EMPTIED, FIRST_HASH, canonical, content, keyed_hash
from store.log.anchor import Anchor
from store.log.key import FACT, Key
from store.log.restores import ACTIONS, KEPT, RESTORE, Explained, KeptHead, Restore, explained_by, restores_in

COLUMNS = "seq, at, actor, action, target_kind, target_id, CAST(detail AS TEXT), operation_id, previous_hash, hash"
"""The columns of an entry in the order that its hash covers them, the details as JSON text, and the hash."""

_ROWS = f"SELECT {COLUMNS} FROM log_entry ORDER BY seq"

OF_RESTORES = f"SELECT {COLUMNS} FROM log_entry WHERE action IN ('{RESTORE}', '{KEPT}') ORDER BY seq"
"""The entries that tell of restores; nothing in it comes from a person."""

_HASHES = text("SELECT seq, hash FROM log_entry WHERE seq IN :those").bindparams(bindparam("those", expanding=True))

MOST_NAMED = 20
"""How many faults a check names; a log computed anew has one in every entry."""

_PORTION = 500
"""How many anchored entries are looked up at once."""


NOT_HERE = ", which is not in the key file"
"""How the reason ends of a log whose key is that of another place."""


@dataclass(frozen=True)
class Fault:
    """An entry that does not fit (`seq`, 1-based), and why; `of_anchor`: it does not fit an anchor."""

    seq: int
    reason: str
    of_anchor: bool = False


SET_BACK = timedelta(minutes=5)
"""By how much an entry may be dated before the one in front of it: the clocks of several hosts never agree."""


@dataclass(frozen=True)
class SetBack:
    """An entry that is dated earlier than the one before it, by more than SET_BACK; times are ISO text in UTC."""

    seq: int
    at: str
    after: str


@dataclass(frozen=True)
class LogState:
    """What a check found. `first_bad` is the number of the first entry that does not fit, 1-based; None: all fit."""

    entries: int
    head: str
    first_bad: int | None = None
    reason: str = ""
    anchors: int = 0
    """How many anchors of this log were found and hold."""

    unchecked: int = 0
    """Entries at the beginning whose key is not there: their links were checked, not their hashes."""

    faults: tuple[Fault, ...] = ()
    """The first faults in the order of their entries, at most MOST_NAMED."""

    explained: tuple[Explained, ...] = ()
    """Anchors of entries that a restore left behind, by restore."""

    kept: tuple[str, ...] = ()
    """SHA-256 of the records that the log's restores kept."""

    set_back: int = 0
    """How many entries are dated earlier than the one before, where a clock was set back: no fault of the chain."""

    first_set_back: SetBack | None = None

    @property
    def dated_back(self) -> str:
        """What is to be said of entries that are dated earlier than the one before; "" where none is."""
        if self.first_set_back is None:
            return ""
        first = self.first_set_back
        those = "1 entry is" if self.set_back == 1 else f"{self.set_back:,} entries are"
        which = "entry" if self.set_back == 1 else "the first is entry"
        return (
            f"{those} dated earlier than the one before: {which} {first.seq}, of {first.at[:19]}Z"
            f" after {first.after[:19]}Z"
        )

    @property
    def whole(self) -> bool:
        return self.first_bad is None and not self.unchecked

    @property
    def anchor_fault(self) -> Fault | None:
        """The first anchor that does not hold."""
        return next((fault for fault in self.faults if fault.of_anchor), None)


@dataclass
class _Findings:
    """What has been found so far."""

    faults: list[Fault] = field(default_factory=list)
    restores: list[tuple[Any, ...]] = field(default_factory=list)
    held: int = 0
    set_back: int = 0
    first_set_back: SetBack | None = None
    amiss: list[tuple[Anchor, str]] = field(default_factory=list)
    """Anchors whose entry is missing or another one, with the words for it."""


def check_log(
    connection: Connection,
    keys: tuple[Key, ...],
    anchors: Iterable[Anchor] = (),
    heads: Mapping[str, KeptHead] | None = None,
) -> LogState:
    """Check every entry, then the anchors. `keys` in the order of their first entries.

    `heads`: of records that restores kept, by the SHA-256 of their files, for restores that do not name them.
    """
    mine = {key.fingerprint for key in keys}
    if (fact := _known_key(connection)) and fact not in mine:
        return _broken(Fault(1, f"the log was written under key {fact}{NOT_HERE}"))
    wanted: dict[int, list[Anchor]] = {}
    given = list(anchors)
    for anchor in given:
        if anchor.key in mine and anchor.seq > 0:
            wanted.setdefault(anchor.seq, []).append(anchor)
    if given and not wanted:
        return _broken(Fault(1, f"none of the {len(given):,} anchors is of a log under these keys", of_anchor=True))
    unchecked_before = keys[0].first_seq if keys and not _plain(connection, keys[0].first_seq) else 1
    found = _Findings()
    seq, previous = _read(connection, keys, wanted, unchecked_before, found)
    if seq == 0 and (encounters := _encounters(connection)):
        found.faults.append(Fault(1, f"the log is empty, and the record holds {encounters:,} encounters"))
    for left in wanted.values():
        found.amiss += [(anchor, _cut_off(anchor)) for anchor in left]
    restores = restores_in(found.restores, heads or {})
    explained, faults = _weighed(found.amiss, restores, seq)
    faults = tuple(sorted((*found.faults, *faults), key=lambda fault: fault.seq)[:MOST_NAMED])
    unchecked = 0 if faults else min(unchecked_before - 1, seq)
    first = faults[0] if faults else None
    return LogState(
        entries=seq,
        head=previous,
        first_bad=first.seq if first else None,
        reason=first.reason if first else "",
        anchors=found.held,
        unchecked=unchecked,
        faults=faults,
        explained=explained,
        kept=tuple(restore.sha256 for restore in restores if restore.sha256),
        set_back=found.set_back,
        first_set_back=found.first_set_back,
    )


def anchor_faults(connection: Connection, keys: tuple[Key, ...], anchors: Iterable[Anchor]) -> tuple[Fault, ...]:
    """Anchors of this log that it does not hold, in the order of their entries; the rest of the log is not read."""
    mine = {key.fingerprint for key in keys}
    wanted = [anchor for anchor in anchors if anchor.key in mine and anchor.seq > 0]
    hashes: dict[int, str] = {}
    numbers = sorted({anchor.seq for anchor in wanted})
    for begin in range(0, len(numbers), _PORTION):
        found = connection.execute(_HASHES, {"those": numbers[begin : begin + _PORTION]})
        hashes.update((seq, hashed) for seq, hashed in found)
    end = connection.exec_driver_sql("SELECT max(seq) FROM log_entry").scalar() or 0
    amiss = [
        (anchor, _other_hash(anchor) if anchor.seq in hashes else _cut_off(anchor))
        for anchor in wanted
        if hashes.get(anchor.seq) != anchor.hash
    ]
    if not amiss:
        return ()
    rows = [tuple(row) for row in connection.exec_driver_sql(OF_RESTORES)]
    restores = restores_in([row for row in rows if entry_fits(row, keys)], {})
    return _weighed(amiss, restores, end)[1]


def entry_fits(row: Sequence[Any], keys: tuple[Key, ...]) -> bool:
    """Whether the hash of an entry (its COLUMNS) is of its content, under its key."""
    key = next((key for key in reversed(keys) if key.first_seq <= row[0]), None)
    return key is not None and _content_fault(tuple(row), key) == ""


def _read(
    connection: Connection,
    keys: tuple[Key, ...],
    wanted: dict[int, list[Anchor]],
    unchecked_before: int,
    found: _Findings,
) -> tuple[int, str]:
    """Go through the entries, noting what is found, and give the last one's number and hash.

    What is found of `wanted` is taken out of it.
    """
    seq, previous, at = 0, FIRST_HASH, ""
    current, later = None, list(keys)
    for row in _rows(connection):
        while later and later[0].first_seq <= seq + 1:
            current = later.pop(0)
        reason = _wrong(row, seq + 1, previous, current, check_hash=seq + 1 >= unchecked_before)
        if reason:
            if len(found.faults) < MOST_NAMED:
                found.faults.append(Fault(row[0], reason))
        elif row[3] in ACTIONS and current is not None and row[0] >= unchecked_before:
            found.restores.append(row)
        elif row[0] == 1 and row[3] == EMPTIED:
            found.faults.append(Fault(1, "the log was emptied before it: what was done until then is not in it"))
        if not reason:
            if row[1] < at and (back := _set_back(row, at)):  # times of one spelling: text in their order
                found.set_back += 1
                found.first_set_back = found.first_set_back or back
            at = row[1]
        seq, previous = row[0], row[9]
        for anchor in wanted.pop(seq, ()):
            if anchor.hash == previous:
                found.held += 1
            else:
                found.amiss.append((anchor, _other_hash(anchor)))
    return seq, previous


def _set_back(row: tuple[Any, ...], before: str) -> SetBack | None:
    try:
        far = datetime.fromisoformat(before) - datetime.fromisoformat(row[1]) > SET_BACK
    except ValueError:  # of before there were keys, when no hash says that we wrote it
        return None
    return SetBack(row[0], row[1], before) if far else None


def _weighed(
    amiss: list[tuple[Anchor, str]], restores: Sequence[Restore], end: int
) -> tuple[tuple[Explained, ...], tuple[Fault, ...]]:
    """What the log's own restores explain of anchors that do not hold, and what remains: one fault for an entry."""
    explained, remaining = explained_by(restores, [anchor for anchor, _ in amiss])
    words = dict(amiss)
    faults: dict[int, Fault] = {}
    beyond = [anchor for anchor in remaining if anchor.seq > end]
    for anchor in remaining:
        if anchor.seq <= end:
            faults.setdefault(anchor.seq, Fault(anchor.seq, words[anchor], of_anchor=True))
    if beyond:
        faults[end + 1] = Fault(end + 1, _cut_off(max(beyond, key=lambda anchor: anchor.seq)), of_anchor=True)
    return explained, tuple(faults[seq] for seq in sorted(faults))


def _other_hash(anchor: Anchor) -> str:
    return f"the anchor of {anchor.at} has another hash for it"


def _cut_off(anchor: Anchor) -> str:
    return f"the log ends here, but by the anchor of {anchor.at} it reached {anchor.seq}"


def _broken(fault: Fault) -> LogState:
    """The state of a log that was not read at all."""
    return LogState(0, "", fault.seq, fault.reason, faults=(fault,))


def _wrong(row: tuple[Any, ...], expected: int, previous: str, key: Key | None, check_hash: bool) -> str:
    """Why an entry does not fit, or an empty string."""
    if row[0] != expected:
        return f"entry {expected} is missing" if row[0] > expected else "its number was given out twice"
    if row[8] != previous:
        return "it does not follow from the entry before it"
    return _content_fault(row, key) if check_hash else ""


def _content_fault(row: tuple[Any, ...], key: Key | None) -> str:
    """Why the hash of an entry is not of its content, or an empty string."""
    secret = key.secret if key else None
    try:
        if keyed_hash(secret, content(*row[:9])) == row[9]:
            return ""
    except TypeError:  # SQLite keeps bytes in a column of text
        return "it holds what is no text"
    try:  # older entries were stored with other spaces; their hash covers the canonical spelling
        respelled = canonical(json.loads(row[6]))
    except ValueError:
        return "its detail is not what was logged"
    if keyed_hash(secret, content(*(*row[:6], respelled, *row[7:9]))) == row[9]:
        return ""
    return "its hash does not fit its content"


def _plain(connection: Connection, first_seq: int) -> bool:
    """Whether the entries before the first key are from a time without keys: the first of them has a plain hash."""
    if first_seq == 1:
        return True
    row = next(_rows(connection, "LIMIT 1"), None)
    return row is None or _wrong(row, 1, FIRST_HASH, None, check_hash=True) == ""


def _known_key(connection: Connection) -> str | None:
    if not inspect(connection).has_table("site_fact"):  # a record from before there were keys
        return None
    return connection.exec_driver_sql(f"SELECT value FROM site_fact WHERE name = '{FACT}'").scalar()


def _encounters(connection: Connection) -> int:
    if not inspect(connection).has_table("encounter"):
        return 0
    return int(connection.exec_driver_sql("SELECT count(*) FROM encounter").scalar() or 0)


def _rows(connection: Connection, limit: str = "") -> Iterator[tuple[Any, ...]]:
    if connection.dialect.name == "sqlite":
        # The driver's own cursor: its tuples cost a fifth of the engine's rows.
        cursor = connection.connection.cursor()
        yield from cursor.execute(f"{_ROWS} {limit}")
        return
    portions = {"stream_results": True, "max_row_buffer": 5000}
    yield from connection.exec_driver_sql(f"{_ROWS} {limit}", execution_options=portions)

"""Reads the whole log again and says whether it is the one that was written: chain, keys, anchors.

An entry that was edited, put in, taken out or moved breaks the chain at that entry or the next one. A log computed
anew by someone without the key breaks at its first entry. A log cut off at its end, or put back from an old copy, no
longer reaches its anchors. One without any entry beside a record that holds encounters was emptied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect

from store.log import FIRST_HASH, canonical, content, keyed_hash
from store.log.anchor import Anchor
from store.log.key import FACT, Key

_ROWS = """
SELECT seq, at, actor, action, target_kind, target_id, CAST(detail AS TEXT), operation_id, previous_hash, hash
FROM log_entry ORDER BY seq
"""


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

    @property
    def whole(self) -> bool:
        return self.first_bad is None and not self.unchecked


def check_log(connection: Connection, keys: tuple[Key, ...], anchors: Iterable[Anchor] = ()) -> LogState:
    """Check every entry, then the anchors. `keys` in the order of their first entries."""
    mine = {key.fingerprint for key in keys}
    if (fact := _known_key(connection)) and fact not in mine:
        return LogState(0, "", 1, f"the log was written under key {fact}, which is not in the key file")
    wanted: dict[int, list[Anchor]] = {}
    given = list(anchors)
    for anchor in given:
        if anchor.key in mine and anchor.seq > 0:
            wanted.setdefault(anchor.seq, []).append(anchor)
    if given and not wanted:
        return LogState(0, "", 1, f"none of the {len(given):,} anchors is of a log under these keys")
    unchecked_before = keys[0].first_seq if keys and not _plain(connection, keys[0].first_seq) else 1
    seq, previous, held = 0, FIRST_HASH, 0
    current, later = None, list(keys)
    for row in _rows(connection):
        while later and later[0].first_seq <= seq + 1:
            current = later.pop(0)
        reason = _wrong(row, seq + 1, previous, current, check_hash=seq + 1 >= unchecked_before)
        if reason:
            return LogState(seq, previous, row[0], reason, held)
        seq, previous = row[0], row[9]
        for anchor in wanted.pop(seq, ()):
            if anchor.hash != previous:
                return LogState(seq, previous, seq, f"the anchor of {anchor.at} has another hash for it", held)
            held += 1
    if seq == 0 and (encounters := _encounters(connection)):
        return LogState(0, previous, 1, f"the log is empty, and the record holds {encounters:,} encounters", held)
    if wanted:
        beyond = max(wanted)
        at = wanted[beyond][0].at
        return LogState(
            seq, previous, seq + 1, f"the log ends here, but by the anchor of {at} it reached {beyond}", held
        )
    return LogState(seq, previous, None, "", held, min(unchecked_before - 1, seq))


def _wrong(row: tuple[Any, ...], expected: int, previous: str, key: Key | None, check_hash: bool) -> str:
    """Why an entry does not fit, or an empty string."""
    if row[0] != expected:
        return f"entry {expected} is missing" if row[0] > expected else "its number was given out twice"
    if row[8] != previous:
        return "it does not follow from the entry before it"
    if not check_hash:
        return ""
    secret = key.secret if key else None
    if keyed_hash(secret, content(*row[:9])) == row[9]:
        return ""
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
        yield from cursor.execute(_ROWS + limit)
        return
    portions = {"stream_results": True, "max_row_buffer": 5000}
    yield from connection.exec_driver_sql(_ROWS + limit, execution_options=portions)

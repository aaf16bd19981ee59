"""Holds records that restores put aside against what the log and its anchors say of them.

A kept record is known by the hash of its file, which the log tells. Its own log must be whole and end where the
restore says, and the anchors that the restore explains must hold in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from codesets.errors import UnreadableInput
from store.backup import digest, reading_whole
from store.log.anchor import Anchor
from store.log.check import MOST_NAMED, Fault, LogState, check_log
from store.log.key import Key
from store.log.restores import Explained, KeptHead


def check_with_kept(
    connection: Connection, keys: tuple[Key, ...], anchors: Iterable[Anchor], kept: Sequence[Path]
) -> LogState:
    """Check a log and its anchors, and the anchors that restores explain in the records that they kept.

    Raises UnreadableInput for a file that cannot be read or that no restore of this log kept.
    """
    try:
        files = {digest(path): path for path in kept}
    except OSError as error:
        raise UnreadableInput(f"{error.filename}: {error.strerror}", "name a record that a restore kept") from error
    heads = {sha256: _head(path) for sha256, path in files.items()}
    state = check_log(connection, keys, anchors, heads)
    unknown = [path for sha256, path in files.items() if sha256 not in state.kept]
    if unknown:
        raise UnreadableInput(f"{unknown[0]}: the log tells of no restore that kept this file", "name another one")
    faults, explained = list(state.faults), []
    for one in state.explained:
        if path := files.get(one.restore.sha256):
            found = _faults_inside(path, one, keys, heads)
            faults += found
            one = replace(one, checked=not found)
        explained.append(one)
    faults = sorted(faults, key=lambda fault: fault.seq)[:MOST_NAMED]
    if faults:
        state = replace(state, first_bad=faults[0].seq, reason=faults[0].reason)
    return replace(state, faults=tuple(faults), explained=tuple(explained))


def _head(path: Path) -> KeptHead:
    with reading_whole(path) as connection:
        row = connection.exec_driver_sql("SELECT seq, hash FROM log_entry ORDER BY seq DESC LIMIT 1").first()
    return KeptHead(*row) if row else KeptHead()


def _faults_inside(path: Path, one: Explained, keys: tuple[Key, ...], heads: dict[str, KeptHead]) -> list[Fault]:
    with reading_whole(path) as connection:
        inside = check_log(connection, keys, one.anchors, heads)
    faults = [Fault(fault.seq, f"of {path.name}: {fault.reason}", fault.of_anchor) for fault in inside.faults]
    end = one.restore.head
    if end is not None and end.entries and (inside.entries, inside.head) != (end.entries, end.hash):
        words = f"of {path.name}: the restore of {one.restore.at} says that its log ended with entry {end.entries}"
        faults.append(Fault(inside.entries + 1, words))
    return faults

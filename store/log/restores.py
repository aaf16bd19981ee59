"""What the log tells of restores: which anchors are of entries that a restore left behind.

A restore puts an older log in the place of a newer one, so anchors of the newer one no longer fit. Its entry tells
where the two part and with which entry the record that was put aside ended:

    log that was kept      1 … 82 | 83 … 90        kept_entries=90 kept_head=9a41…
    log that was restored  1 … 82 | 83 restore …   shared=82

An anchor of that time is explained when its entry lies between the two. A log that was cut off and then restored ends
before its last anchors, so no restore explains them. Where the record was gone or unreadable nothing says how far its
log had come; there the restore explains every anchor that is older than itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from store.log.anchor import Anchor

RESTORE, KEPT = "restore", "restore.kept"
ACTIONS = (RESTORE, KEPT)


@dataclass(frozen=True)
class KeptHead:
    """The last entry of a log: its number (1-based; 0: no log could be read) and its hash."""

    entries: int = 0
    hash: str = ""


@dataclass(frozen=True)
class Restore:
    """One restore: the entry that tells of it and when, what it kept, and where the two logs part."""

    seq: int
    at: str
    kept: str
    """Name of the record that was put aside; empty: there was none."""

    sha256: str
    """SHA-256 of that file in hexadecimal; empty: there was none."""

    shared: int
    """How many entries the restored log and the kept one have in common."""

    head: KeptHead | None
    """Where the kept log ended; None: the entry does not name it, the kept file must."""

    def explains(self, anchor: Anchor) -> bool:
        """Whether an anchor that does not hold is of an entry that this restore left behind."""
        if self.head is None or anchor.seq <= self.shared or anchor.at > self.at:
            return False
        if not self.head.entries:
            return True
        return anchor.seq < self.head.entries or (anchor.seq, anchor.hash) == (self.head.entries, self.head.hash)


@dataclass(frozen=True)
class Explained:
    """Anchors that a restore explains; `checked`: the kept record was read, and they hold there."""

    restore: Restore
    anchors: tuple[Anchor, ...]
    checked: bool = False


def restores_in(rows: Iterable[Sequence[Any]], heads: Mapping[str, KeptHead]) -> list[Restore]:
    """The restores that entries of a log tell of, with those that came over from records that were put aside.

    `rows` have the columns of `LogEntry`, the details as JSON text; other actions than ACTIONS are passed over.
    `heads`: where kept logs ended, by the SHA-256 of their files, for entries that do not say it.
    """
    rows = list(rows)
    hashes = {row[5]: str(json.loads(row[6]).get("sha256", "")) for row in rows if row[3] == KEPT}
    found: list[Restore] = []
    for row in rows:
        if row[3] != RESTORE:
            continue
        detail = json.loads(row[6])
        kept = str(detail.get("kept", ""))
        sha256 = hashes.get(kept, "") if kept else ""
        if "kept_head" in detail:
            head: KeptHead | None = KeptHead(int(detail["kept_entries"]), str(detail["kept_head"]))
        else:
            head = heads.get(sha256) if kept else KeptHead()
        found.append(Restore(row[0], row[1], kept, sha256, int(detail.get("shared", 0 if kept else row[0] - 1)), head))
        for earlier in detail.get("earlier", ()):
            found.append(Restore(**(earlier | {"seq": row[0], "head": KeptHead(**earlier["head"])})))
    return found


def carried_over(restores: Iterable[Restore], shared: int) -> list[dict[str, Any]]:
    """Restores that only the kept log tells of, for the entry of a restore that leaves it behind.

    `shared`: how many entries the kept log and the restored one have in common.
    """
    return [
        asdict(replace(restore, shared=min(restore.shared, shared)))
        for restore in restores
        if restore.seq > shared and restore.head is not None
    ]


def explained_by(
    restores: Sequence[Restore], anchors: Iterable[Anchor]
) -> tuple[tuple[Explained, ...], tuple[Anchor, ...]]:
    """Anchors that do not hold, by the restore that explains them, and those that none does."""
    groups: dict[Restore, list[Anchor]] = {}
    remaining: list[Anchor] = []
    for anchor in anchors:
        restore = next((restore for restore in restores if restore.explains(anchor)), None)
        if restore is None:
            remaining.append(anchor)
        else:
            groups.setdefault(restore, []).append(anchor)
    return tuple(Explained(restore, tuple(those)) for restore, those in groups.items()), tuple(remaining)

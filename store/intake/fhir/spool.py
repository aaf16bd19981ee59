"""Holds the resources of a run until all files are read, since a reference may point to any file before or after.

A private SQLite database without a name: it lives in memory up to a limit, then in a file that no folder lists and
that is gone with the process. References within a Bundle are looked for there first, then among the line-wise
resources of the same path; two Bundles that use the same `Patient/1` are never mixed up.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic_core import to_json

_SCHEMA = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
PRAGMA cache_size=-32768;
CREATE TABLE resource (id INTEGER PRIMARY KEY, type TEXT, scope INTEGER, grp INTEGER, file INTEGER, place TEXT,
                       updated TEXT, sha256 BLOB, body BLOB);
CREATE INDEX resource_type ON resource (type, id);
CREATE TABLE alias (name TEXT, scope INTEGER, grp INTEGER, id INTEGER, PRIMARY KEY (name, scope)) WITHOUT ROWID;
CREATE INDEX alias_id ON alias (id);
CREATE TABLE link (target TEXT, scope INTEGER, grp INTEGER, id INTEGER);
CREATE INDEX link_target ON link (target);
"""

_LOCAL = re.compile(r"([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]+)?$")

# Where a resource says what it belongs to: the encounter, or the patient or practitioner it is looked up by.
_LINKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Condition": (("encounter",),),
    "Procedure": (("encounter",),),
    "DocumentReference": (("context", "encounter"),),
    "DiagnosticReport": (("encounter",),),
    "ServiceRequest": (("encounter",),),
    "ChargeItem": (("context",),),
    "Claim": (("item", "encounter"),),
    "Coverage": (("beneficiary",),),
    "PractitionerRole": (("practitioner",),),
}
TYPES = frozenset(_LINKS) | {"Patient", "Encounter", "Practitioner", "Organization", "Location", "Account"}


class Added(StrEnum):
    """What became of a resource given to the spool."""

    KEPT = "kept"
    REPEATED = "repeated"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True)
class Stored:
    """A resource in the spool: its JSON text, where it came from, and the scope of its references."""

    id: int
    type: str
    scope: int
    group: int
    file: int
    place: str
    body: bytes


class Spool:
    """The resources of one run. Belongs to one thread; `close` forgets everything."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._used_ids: set[int] = set()

    def add(self, resource: dict[str, Any], group: int, scope: int, file: int, place: str, full_url: str = "") -> Added:
        """Keep a resource of one of `TYPES` under its names, with what it points to.

        The same id again: an equal resource is passed over, a newer `meta.lastUpdated` replaces, anything else
        contradicts and is left out.
        """
        kind = resource["resourceType"]
        body = to_json(resource)
        digest = hashlib.sha256(body).digest()
        updated = _updated(resource)
        own = f"{kind}/{resource['id']}" if isinstance(resource.get("id"), str) else full_url
        earlier = self._earlier(own, scope)
        if earlier:
            known_id, known_updated, known_digest = earlier
            if known_digest == digest:
                return Added.REPEATED
            if not (updated and known_updated) or updated == known_updated:
                return Added.CONTRADICTS
            if updated < known_updated:
                return Added.REPEATED
            self._forget(known_id)
        row_id = self._db.execute(
            "INSERT INTO resource (type, scope, grp, file, place, updated, sha256, body) VALUES (?,?,?,?,?,?,?,?)",
            (kind, scope, group, file, place, updated, digest, body),
        ).lastrowid
        self._db.executemany(
            "INSERT OR IGNORE INTO alias VALUES (?,?,?,?)",
            [(name, scope, group, row_id) for name in _names(resource, kind, full_url)],
        )
        targets = {target for path in _LINKS.get(kind, ()) for target in _references(resource, path, kind)}
        self._db.executemany("INSERT INTO link VALUES (?,?,?,?)", [(t, scope, group, row_id) for t in sorted(targets)])
        return Added.KEPT

    def count(self, kind: str) -> int:
        """How many resources of a type are held."""
        return int(self._db.execute("SELECT COUNT(*) FROM resource WHERE type = ?", (kind,)).fetchone()[0])

    def all(self, kind: str) -> Iterator[Stored]:
        """The resources of a type in the order in which they were read."""
        last = 0
        while row := self._db.execute(
            f"SELECT {_COLUMNS} FROM resource r WHERE type = ? AND id > ? ORDER BY id LIMIT 1", (kind, last)
        ).fetchone():
            stored = Stored(*row)
            last = stored.id
            yield self._used(stored)

    def resolve(self, name: str, seen_from: Stored) -> Stored | None:
        """The resource behind a reference as it is seen from another resource, or None."""
        name = normal(name)
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM alias a JOIN resource r ON r.id = a.id WHERE a.name = ? AND a.grp = ? "
            "ORDER BY a.scope = ? DESC, a.scope = ? DESC, r.id LIMIT 2",
            (name, seen_from.group, seen_from.scope, group_scope(seen_from.group)),
        ).fetchall()
        if not rows:
            return None
        best = Stored(*rows[0])
        near = best.scope in (seen_from.scope, group_scope(seen_from.group))
        return self._used(best) if near or _is_global(name) else None

    def pointing_at(self, stored: Stored) -> list[Stored]:
        """The resources that belong to this one, in the order in which they were read."""
        rows = self._db.execute(
            f"SELECT DISTINCT {_COLUMNS}, l.target, l.scope FROM alias a JOIN link l ON l.target = a.name "
            "AND l.grp = a.grp JOIN resource r ON r.id = l.id WHERE a.id = ? ORDER BY r.id",
            (stored.id,),
        ).fetchall()
        found = {row[0]: Stored(*row[:7]) for row in rows if row[8] == stored.scope or _is_global(row[7])}
        return [self._used(one) for one in found.values()]

    def unused(self) -> Counter[tuple[int, str]]:
        """How many resources nothing asked for, by (file, type)."""
        rows = self._db.execute("SELECT id, file, type FROM resource")
        return Counter((file, kind) for row_id, file, kind in rows if row_id not in self._used_ids)

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def _earlier(self, name: str, scope: int) -> tuple[int, str, bytes] | None:
        found: tuple[int, str, bytes] | None = self._db.execute(
            "SELECT r.id, r.updated, r.sha256 FROM alias a JOIN resource r ON r.id = a.id "
            "WHERE a.name = ? AND a.scope = ?",
            (name, scope),
        ).fetchone()
        return found

    def _forget(self, row_id: int) -> None:
        for table in ("resource", "alias", "link"):
            self._db.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))

    def _used(self, stored: Stored) -> Stored:
        self._used_ids.add(stored.id)
        return stored


_COLUMNS = "r.id, r.type, r.scope, r.grp, r.file, r.place, r.body"


def group_scope(group: int) -> int:
    """The scope of the line-wise resources of a path; the scopes of Bundles are positive."""
    return -1 - group


def normal(reference: str) -> str:
    """A reference as a name: `Type/id` out of an absolute URL or a versioned reference, anything else as it is."""
    if reference.startswith("urn:") or "?" in reference:
        return reference
    found = _LOCAL.search(reference)
    return found[1] if found else reference


def _is_global(name: str) -> bool:
    return name.startswith("urn:") or "?identifier=" in name


def _updated(resource: dict[str, Any]) -> str:
    meta = resource.get("meta")
    updated = meta.get("lastUpdated") if isinstance(meta, dict) else None
    return updated if isinstance(updated, str) else ""


def _names(resource: dict[str, Any], kind: str, full_url: str) -> list[str]:
    names = [full_url, normal(full_url)] if full_url else []
    if isinstance(own := resource.get("id"), str):
        names += [f"{kind}/{own}", f"urn:uuid:{own}"]
    listed = resource.get("identifier")
    for identifier in listed if isinstance(listed, list) else []:
        if isinstance(identifier, dict) and isinstance(value := identifier.get("value"), str):
            names.append(f"{kind}?identifier={identifier.get('system', '')}|{value}")
    return names


def _references(resource: dict[str, Any], path: tuple[str, ...], kind: str) -> Iterator[str]:
    values: list[object] = [resource]
    for step in path:
        values = [found for value in values if isinstance(value, dict) for found in _listed(value.get(step))]
    for value in values:
        if not isinstance(value, dict):
            continue
        if isinstance(reference := value.get("reference"), str):
            yield normal(reference)
        elif isinstance(identifier := value.get("identifier"), dict):
            target = "Practitioner" if kind == "PractitionerRole" else "Patient" if kind == "Coverage" else "Encounter"
            yield f"{target}?identifier={identifier.get('system', '')}|{identifier.get('value', '')}"


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

"""FHIR R4 in: Bundles and line-wise resources, read whole first, then one encounter after another.

References across files are resolved within the path that the files were given by (`spool`). Resource types that
intake does not use are counted by name and passed over; nothing is refused for being incomplete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from store.intake.fhir.encounter import CannotRead, FhirEncounter, read_encounter
from store.intake.fhir.parties import Reader, without_secrets
from store.intake.fhir.spool import TYPES, Added, Spool, Stored, group_scope

__all__ = ["Collected", "FhirCollection", "Refused"]


@dataclass(frozen=True)
class Refused:
    """A resource that cannot be kept: its place within its file, and why."""

    place: str
    reason: str
    body: bytes = b""


@dataclass(frozen=True)
class Collected:
    """One encounter as it comes out: where it stood, and its record or the reason why there is none."""

    stored: Stored
    encounter: FhirEncounter | None
    reason: str = ""


class FhirCollection:
    """Takes the resources of all files of a run, then gives the encounters. Use as a context manager."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._bundles = 0
        self.passed_over: dict[int, Counter[str]] = {}
        """Resources of types that are not used, by file and type."""

    def __enter__(self) -> FhirCollection:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add_resource(self, resource: object, group: int, file: int, place: str) -> list[Refused]:
        """Take one resource of a line; a Bundle in a line is opened. Gives back what cannot be kept."""
        if isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
            return self.add_bundle(resource, group, file, place)
        return self._add(resource, group, group_scope(group), file, place, "")

    def add_bundle(self, bundle: dict[str, Any], group: int, file: int, place: str = "") -> list[Refused]:
        """Take the entries of a Bundle. Gives back those that cannot be kept."""
        self._bundles += 1
        entries = bundle.get("entry")
        refused: list[Refused] = []
        for number, entry in enumerate(entries if isinstance(entries, list) else (), 1):
            where = f"{place}, entry {number}" if place else f"entry {number}"
            resource = entry.get("resource") if isinstance(entry, dict) else None
            url = entry.get("fullUrl") if isinstance(entry, dict) else None
            refused += self._add(resource, group, self._bundles, file, where, url if isinstance(url, str) else "")
        return refused

    def count_encounters(self) -> int:
        """How many encounters will come out."""
        return self._spool.count("Encounter")

    def encounters(self) -> Iterator[Collected]:
        """Every encounter with what belongs to it, in the order of the files."""
        reader = Reader(self._spool)
        for stored in self._spool.all("Encounter"):
            try:
                yield Collected(stored, read_encounter(reader, stored))
            except CannotRead as error:
                yield Collected(stored, None, str(error))

    def without_encounter(self) -> Counter[tuple[int, str]]:
        """Resources that no encounter asked for, by file and type; complete once all encounters have come out."""
        return self._spool.unused()

    def _add(self, resource: object, group: int, scope: int, file: int, place: str, url: str) -> list[Refused]:
        if not isinstance(resource, dict) or not isinstance(kind := resource.get("resourceType"), str):
            return [Refused(place, "expected a FHIR resource with its resourceType")]
        if kind not in TYPES:
            self.passed_over.setdefault(file, Counter())[kind[:60]] += 1
            return []
        if not url and not isinstance(resource.get("id"), str):
            return [Refused(place, f"{kind}: expected an id")]
        added = self._spool.add(without_secrets(resource), group, scope, file, place, url)
        if added == Added.CONTRADICTS:
            return [Refused(place, f"{kind}: the same id occurs twice with different content")]
        return []

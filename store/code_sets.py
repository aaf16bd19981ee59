"""Which code-set releases a record was coded with, and which of them are on this host.

The reference database is never part of a backup: a record that is restored or moved elsewhere finds there what was
imported there, and starter lists in the place of the rest. The record tells the ICD-10-CM edition of its final codings.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from codesets.build import shipped_editions
from codesets.errors import ReferenceUnavailable
from codesets.reference import Reference, reference_path
from codesets.releases import CodeSystem

_CODED = (
    "SELECT release, count(*) FROM coding WHERE status = 'final' AND release <> '' GROUP BY release ORDER BY release"
)


@dataclass(frozen=True)
class CodedWith:
    """The ICD-10-CM editions that final codings name but this host lacks, with how many name each; and what is here."""

    missing: tuple[tuple[str, int], ...]
    here: tuple[str, ...]

    @property
    def told(self) -> str:
        """What is missing, in words; empty for nothing."""
        editions = ", ".join(f"{edition} ({count:,})" for edition, count in self.missing)
        return f"final codings name editions of {CodeSystem.ICD10CM.label} that are not here: {editions}" * bool(
            editions
        )

    @property
    def told_here(self) -> str:
        """What is here, in words."""
        return f"here: {', '.join(self.here)}"


def coded_with(connection: Connection) -> CodedWith:
    """Compare a record, of any schema, with the reference database of this host; one that is not built yet has what
    ships."""
    here = _editions_here()
    of_diagnoses = {edition for system, edition in here if system is CodeSystem.ICD10CM}
    named = [(str(edition), int(count)) for edition, count in connection.exec_driver_sql(_CODED)]
    return CodedWith(
        tuple(one for one in named if one[0] not in of_diagnoses),
        tuple(f"{system.label} {edition}" for system, edition in here),
    )


def _editions_here() -> list[tuple[CodeSystem, str]]:
    editions, path = shipped_editions(), reference_path()
    if path.exists():
        with suppress(ReferenceUnavailable), Reference(path) as reference:
            editions = {(release.system, release.edition) for release in reference.releases()}
    order = list(CodeSystem)
    return sorted(editions, key=lambda one: (order.index(one[0]), one[1]))

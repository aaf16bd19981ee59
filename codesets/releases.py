"""Which release of which code system is in force on a date.

A release is one loaded edition of a code system with the dates it is in force. Every look-up goes by a date
(service date; discharge date for an inpatient stay), and a date that no release covers is said out loud. This
module reads the `releases` table of the reference database; it loads nothing.

Source for the periods: the fiscal year n of ICD-10-CM and ICD-10-PCS runs from October 1 of n-1 to September
30 of n, and an April edition replaces the October one from April 1 (CMS, ICD-10 files page); HCPCS Level II
is published by quarter.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CodeSystem(StrEnum):
    """The code systems and tables a release can belong to; the value is the name used on the command line.

    Those of SEARCHED hold codes that can be looked up and searched; the others hold edits, values and lists.
    """

    ICD10CM = "icd10cm"
    ICD10PCS = "icd10pcs"
    HCPCS = "hcpcs"
    CPT = "cpt"
    NCCI_PTP = "ncci_ptp"
    NCCI_MUE = "ncci_mue"
    NCCI_ADD_ON = "ncci_addon"
    MPFS = "mpfs"
    GPCI = "gpci"
    ANESTHESIA = "anesthesia"
    POA_EXEMPT = "poa_exempt"
    MSDRG = "msdrg"
    HCC = "hcc"
    NUCC = "nucc"
    POS = "pos"
    UB_CODES = "ub_codes"
    CARC_RARC = "carc_rarc"
    MCD = "mcd"

    @property
    def label(self) -> str:
        """The name as people write it, such as ICD-10-CM."""
        return _LABELS[self]


SEARCHED = (CodeSystem.ICD10CM, CodeSystem.ICD10PCS, CodeSystem.HCPCS, CodeSystem.CPT)


@dataclass(frozen=True)
class Release:
    """One loaded edition: in force from `starts` to `ends`, both inclusive.

    `complete` is False for a starter list, in which membership means "known" and absence means nothing.
    `loaded_at` is an ISO timestamp in UTC; `source_sha256` is the digest of the source file in hex.
    """

    id: int
    system: CodeSystem
    edition: str
    starts: dt.date
    ends: dt.date
    complete: bool
    source_name: str
    source_sha256: str
    loaded_at: str

    def covers(self, on: dt.date) -> bool:
        """Whether the release is in force on that date."""
        return self.starts <= on <= self.ends

    @property
    def period(self) -> str:
        """The dates in force as text: `2026-04-01 to 2026-09-30`."""
        return f"{self.starts} to {self.ends}"


@dataclass(frozen=True)
class Load:
    """One official file that was loaded. Dates are ISO texts, `size` is in bytes, `serves` names the editions
    that take their notes, index or tables from it.
    """

    system: str
    kind: str
    edition: str
    starts: str
    ends: str
    part: str
    name: str
    size: int
    sha256: str
    rows: int
    skipped: int
    loaded_at: str
    serves: tuple[str, ...]

    def serves_edition(self, release: Release) -> bool:
        """Whether the release has its codes, or anything printed around them, from this file."""
        return release.edition in (self.edition, *self.serves)


@dataclass(frozen=True)
class ReleaseChoice:
    """The release that answers for a date, and whether it may.

    `release` is None when no release of the system is loaded. `warning` is one line for the reader, empty
    when the release covers the date.
    """

    release: Release | None
    covered: bool
    warning: str = ""


def all_releases(db: sqlite3.Connection, system: CodeSystem | None = None) -> list[Release]:
    """Every loaded release, by system, newest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM releases ORDER BY system, starts DESC, id DESC")
    releases = [_release(row) for row in rows]
    return [release for release in releases if system in (None, release.system)]


def all_loads(db: sqlite3.Connection) -> list[Load]:
    """Every loaded file, by kind, newest edition first."""
    rows = db.execute(
        "SELECT system, kind, edition, starts, ends, part, name, size, sha256, rows, skipped, loaded_at,"
        " (SELECT group_concat(r.edition, '\n') FROM release_parts p JOIN releases r ON r.id = p.release_id"
        "  WHERE p.load_id = loads.id) FROM loads ORDER BY system, kind, starts DESC, part"
    )
    return [_load(row) for row in rows]


def in_force(db: sqlite3.Connection, system: CodeSystem, on: dt.date) -> Release | None:
    """The release in force on that date, or None.

    Where several cover it, a complete release stands before a starter list and a later start before an
    earlier one: an April edition replaces the October edition from April 1.
    """
    covering = [release for release in all_releases(db, system) if release.covers(on)]
    return max(covering, key=_precedence, default=None)


def choose(db: sqlite3.Connection, system: CodeSystem, on: dt.date) -> ReleaseChoice:
    """The release in force, or else the newest one together with a warning that says so."""
    if release := in_force(db, system, on):
        return ReleaseChoice(release, covered=True)
    newest = max(all_releases(db, system), key=_precedence, default=None)
    if newest is None:
        return ReleaseChoice(None, covered=False, warning=f"No {system.label} release is loaded.")
    warning = f"No loaded {system.label} release covers {on}; answered from {newest.edition} ({newest.period})."
    return ReleaseChoice(newest, covered=False, warning=warning)


_LABELS = {
    CodeSystem.ICD10CM: "ICD-10-CM",
    CodeSystem.ICD10PCS: "ICD-10-PCS",
    CodeSystem.HCPCS: "HCPCS Level II",
    CodeSystem.CPT: "CPT",
    CodeSystem.NCCI_PTP: "NCCI PTP edits",
    CodeSystem.NCCI_MUE: "NCCI MUE",
    CodeSystem.NCCI_ADD_ON: "NCCI add-on codes",
    CodeSystem.MPFS: "MPFS",
    CodeSystem.GPCI: "GPCI",
    CodeSystem.ANESTHESIA: "Anesthesia factors",
    CodeSystem.POA_EXEMPT: "POA-exempt list",
    CodeSystem.MSDRG: "MS-DRG",
    CodeSystem.HCC: "CMS-HCC",
    CodeSystem.NUCC: "NUCC taxonomy",
    CodeSystem.POS: "Place of service",
    CodeSystem.UB_CODES: "UB-04 codes",
    CodeSystem.CARC_RARC: "CARC and RARC",
    CodeSystem.MCD: "Medicare coverage",
}
_COLUMNS = "id, system, edition, starts, ends, complete, source_name, source_sha256, loaded_at"


def _precedence(release: Release) -> tuple[bool, dt.date, int]:
    return release.complete, release.starts, release.id


def _load(row: tuple[Any, ...]) -> Load:
    system, kind, edition, starts, ends, part, name, size, digest, rows, skipped, loaded_at, serves = row
    return Load(
        system=system,
        kind=kind,
        edition=edition,
        starts=starts,
        ends=ends,
        part=part,
        name=name,
        size=size,
        sha256=digest,
        rows=rows,
        skipped=skipped,
        loaded_at=loaded_at,
        serves=tuple(serves.split("\n")) if serves else (),
    )


def _release(row: tuple[Any, ...]) -> Release:
    identity, system, edition, starts, ends, complete, name, digest, loaded_at = row
    return Release(
        id=identity,
        system=CodeSystem(system),
        edition=edition,
        starts=dt.date.fromisoformat(starts),
        ends=dt.date.fromisoformat(ends),
        complete=bool(complete),
        source_name=name,
        source_sha256=digest,
        loaded_at=loaded_at,
    )

"""What goes into the code edits and what comes out: the codes of one encounter, and findings about them.

Sequence numbers and pointers are 1-based. Places name the field a finding is about: `diagnosis.2`, `line.1`,
`line.1.pointers`, `service_date`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from codesets.catalog import normalize
from codesets.lazily import lazily


class Severity(StrEnum):
    """How much a finding weighs. Critical and error block; `could_not_check` is an answer, never silence."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    COULD_NOT_CHECK = "could_not_check"


class ClaimKind(StrEnum):
    """The kind of claim the codes go on: it decides which rules apply."""

    PROFESSIONAL = "professional"
    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"


MEDICARE = frozenset({"MA", "MB"})
"""Claim filing codes (SBR09) of Medicare itself, whose coverage rules hold for what it is billed."""


def age_on(birth_date: str | None, on: dt.date) -> int | None:
    """Whole years on a day; None where the birth date, an ISO text, is not complete."""
    try:
        born = dt.date.fromisoformat(birth_date[:10]) if birth_date and len(birth_date) >= 10 else None
    except ValueError:
        return None
    return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


class CodedDiagnosis(NamedTuple):
    """An ICD-10-CM code in any spelling; `role` is principal, secondary, admitting, … ; `poa` may be empty.

    A tuple, as the procedure is: thousands are made in a second of a batch, in a third of the time.
    """

    sequence: int
    code: str
    role: str = "secondary"
    poa: str = ""


class CodedProcedure(NamedTuple):
    """A procedure; `system` is hcpcs or icd10pcs, `date` is its own service date where it has one, `units` whole."""

    sequence: int
    system: str
    code: str
    modifiers: tuple[str, ...] = ()
    pointers: tuple[int, ...] = ()
    date: dt.date | None = None
    units: int = 1
    performer: str = ""

    @property
    def letter(self) -> str:
        """The line as the entry line names it: a for line 1; empty after z."""
        return chr(ord("a") + self.sequence - 1) if 1 <= self.sequence <= 26 else ""


@dataclass(frozen=True)
class OtherService:
    """A HCPCS service of the patient on another claim: its day, who performed it (NPI), and the claim's number."""

    code: str
    date: dt.date
    performer: str = ""
    modifiers: tuple[str, ...] = ()
    units: int = 1
    claim: str = ""


_LISTED = ("principal", "secondary", "external_cause")


@dataclass(frozen=True)
class CodedEncounter:
    """The codes of one side of the bill. `date` decides the releases: discharge for inpatient, else service.

    `sex` is F, M, X or U and `age` is in whole years on the date; None where the birth date is not known.
    `admitted` and `discharge_status` (UB-04 FL 17, digits) belong to an inpatient stay. `medicare`: whether Medicare is
    billed, whose coverage rules then apply. `others` are services of the patient on other claims, None where nobody
    can know them.
    """

    date: dt.date
    claim_kind: ClaimKind
    diagnoses: tuple[CodedDiagnosis, ...] = ()
    procedures: tuple[CodedProcedure, ...] = ()
    sex: str = "U"
    age: int | None = None
    admitted: dt.date | None = None
    discharge_status: str = ""
    medicare: bool = False
    others: tuple[OtherService, ...] | None = ()

    @lazily
    def listed(self) -> list[CodedDiagnosis]:
        """The diagnoses that are reported as such: without the admitting one and the reasons for the visit."""
        return [diagnosis for diagnosis in self.diagnoses if diagnosis.role in _LISTED]

    @lazily
    def service_lines(self) -> list[CodedProcedure]:
        """The HCPCS lines."""
        return [procedure for procedure in self.procedures if procedure.system == "hcpcs"]

    @lazily
    def modified_lines(self) -> list[CodedProcedure]:
        """The HCPCS lines that carry modifiers."""
        return [line for line in self.service_lines if line.modifiers]

    @lazily
    def days(self) -> Mapping[dt.date, Mapping[str, list[CodedProcedure]]]:
        """The HCPCS lines by their day of service and their code as it is stored, codes in the order of lines."""
        days: dict[dt.date, dict[str, list[CodedProcedure]]] = {}
        for line in self.service_lines:
            of_code = days.setdefault(line.date or self.date, {})
            of_code.setdefault(normalize(line.code), []).append(line)
        return days


@dataclass(frozen=True)
class CodeFinding:
    """One answer of one rule: what is wrong or could not be checked, where, on what values, by what source."""

    rule_id: str
    rule_version: int
    severity: Severity
    title: str
    message: str
    fix: str
    citation: str
    place: str
    seen: Mapping[str, object] = field(default_factory=dict)
    repair: str = ""
    """The line of entry that mends it, where one thing alone can be meant; else empty."""

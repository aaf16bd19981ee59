"""What an institutional claim states beside its diagnoses and lines: the parts of a UB-04 that a professional lacks.

Dates are ISO text, money is cents. Codes are numbers of the NUBC's lists, which are not shipped: what exists is for the
payer to say. `type_of_bill` has two digits here, facility and classification; the third is the claim's frequency.

Source: 005010X223A2, loop 2300 (CLM05, DTP, CL1, HI) and 2310; UB-04, form locators 4 to 81.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.claims.people import Practitioner

_INPATIENT = ("11", "18", "21", "28", "41", "65", "66", "86")


@dataclass(frozen=True)
class DatedCode:
    """An occurrence with its day (FL 31 to 34)."""

    code: str
    date: str


@dataclass(frozen=True)
class SpanCode:
    """An occurrence span with its first and last day (FL 35, 36)."""

    code: str
    first: str
    last: str


@dataclass(frozen=True)
class ValueCode:
    """A value code with its amount in cents, or in hundredths where it counts something (FL 39 to 41)."""

    code: str
    cents: int


@dataclass(frozen=True)
class BilledProcedure:
    """An ICD-10-PCS code with its day; the first is the principal procedure (FL 74)."""

    code: str
    date: str


@dataclass(frozen=True)
class CauseCode:
    """An external cause of morbidity with its present-on-admission indicator (FL 72)."""

    code: str
    poa: str = ""


@dataclass(frozen=True)
class FacilityBill:
    """The institutional part of a claim. `admitted_at` and `discharged_at` are ISO moments with the hour."""

    type_of_bill: str
    statement_from: str
    statement_through: str
    admitted_at: str = ""
    discharged_at: str = ""
    admission_type: str = ""
    point_of_origin: str = ""
    patient_status: str = ""
    admitting: str = ""
    reasons: tuple[str, ...] = ()
    causes: tuple[CauseCode, ...] = ()
    procedures: tuple[BilledProcedure, ...] = ()
    drg: str = ""
    occurrences: tuple[DatedCode, ...] = ()
    spans: tuple[SpanCode, ...] = ()
    values: tuple[ValueCode, ...] = ()
    conditions: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()
    attending: Practitioner | None = None
    operating: Practitioner | None = None
    other_operating: Practitioner | None = None
    estimated_due_cents: int = 0

    @property
    def inpatient(self) -> bool:
        """Whether the type of bill is one of inpatient care (not 12 and 22, which are billed as outpatients' are)."""
        return self.type_of_bill in _INPATIENT


@dataclass(frozen=True)
class FacilityExtra:
    """What a sender gives of it in `extra.facility_bill` of an encounter; the rest is read from the chart."""

    type_of_bill: str = ""
    drg: str = ""
    occurrences: tuple[DatedCode, ...] = ()
    spans: tuple[SpanCode, ...] = ()
    values: tuple[ValueCode, ...] = ()
    conditions: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()
    estimated_due_cents: int = 0

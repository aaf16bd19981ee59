"""Composes the institutional part of a claim: revenue lines from the charges, the bill's codes from chart and coding.

Source: 005010X223A2, loop 2400; UB-04, form locators 42 to 47; Medicare Claims Processing Manual, chapter 25.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from store.claims.content import Accident, BilledDiagnosis
from store.claims.facility_bill import BilledProcedure, CauseCode, DatedCode, FacilityBill, FacilityExtra
from store.claims.people import Practitioner
from store.claims.plain import NotPlain, made
from store.claims.revenue_lines import RevenueLines, posted_of, revenue_lines
from store.models import Charge, Encounter, FinalDiagnosis, FinalProcedureLine
from store.terms import DiagnosisRole, PatientClass, Setting

_BY_ACCIDENT = {"AA": "01", "EM": "04", "OA": "05"}
"""Occurrence code by cause of accident (CLM11 of a professional claim): automobile, employment, other."""


class BadExtra(ValueError):
    """What the sender gave for the bill cannot be read; the message names the field."""


def inpatient(encounter: Encounter) -> bool:
    """Whether the visit is billed as a stay."""
    return encounter.setting is Setting.INPATIENT or encounter.patient_class is PatientClass.INPATIENT


def billed_lines(
    encounter: Encounter, charges: Sequence[Charge], coded: Sequence[FinalProcedureLine], final_at: str | None = None
) -> RevenueLines:
    """The revenue lines of a visit: its posted charges, and what each line of the coder's does to them.

    `final_at` is when the coding was final, None of one in draft.
    """
    posted = [posted_of(charge, late=final_at is not None and charge.posted_at > final_at) for charge in charges]
    return revenue_lines(inpatient(encounter), encounter.service_date, posted, coded)


def facility_bill(
    encounter: Encounter,
    diagnoses: Sequence[FinalDiagnosis],
    procedures: Sequence[FinalProcedureLine],
    attending: Practitioner | None,
    operating: Sequence[Practitioner],
    accident: Accident | None,
    drg: str = "",
) -> FacilityBill:
    """The institutional part. `drg` is the one that the coding was grouped to; a stay without one has the sender's.

    Raises BadExtra for what a sender gave in `extra.facility_bill` and cannot be read.
    """
    stay = inpatient(encounter)
    try:
        extra = made(FacilityExtra, encounter.extra.get("facility_bill") or {}, strict=True)
    except NotPlain as error:
        raise BadExtra(f"extra.facility_bill.{error}") from None
    first = encounter.started_at[:10]
    last = max((encounter.ended_at or first)[:10], encounter.service_date)
    by_role: dict[DiagnosisRole, list[FinalDiagnosis]] = defaultdict(list)
    for row in diagnoses:
        by_role[row.role].append(row)
    admitting = by_role[DiagnosisRole.ADMITTING]
    return FacilityBill(
        type_of_bill=type_of_bill_of(extra.type_of_bill, stay),
        statement_from=first,
        statement_through=last,
        admitted_at=encounter.started_at if stay else "",
        discharged_at=(encounter.ended_at or "") if stay else "",
        admission_type=encounter.admission_type,
        point_of_origin=encounter.point_of_origin,
        patient_status=encounter.discharge_disposition,
        admitting=admitting[0].code if admitting else "",
        reasons=tuple(row.code for row in by_role[DiagnosisRole.REASON][:3]),
        causes=tuple(CauseCode(row.code, row.poa) for row in by_role[DiagnosisRole.EXTERNAL_CAUSE][:12]),
        procedures=tuple(BilledProcedure(row.code, row.service_date or first) for row in procedures) if stay else (),
        drg=(drg if stay else "") or extra.drg,
        occurrences=(*_accident_occurrence(accident), *extra.occurrences),
        spans=extra.spans,
        values=extra.values,
        conditions=extra.conditions,
        treatments=extra.treatments,
        attending=attending,
        operating=operating[0] if operating else None,
        other_operating=operating[1] if len(operating) > 1 else None,
        estimated_due_cents=extra.estimated_due_cents,
    )


def facility_diagnoses(diagnoses: Iterable[FinalDiagnosis]) -> list[BilledDiagnosis]:
    """Principal and other diagnoses, the principal first, numbered from 1."""
    wanted = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY)
    rows = sorted(
        (row for row in diagnoses if row.role in wanted), key=lambda row: (wanted.index(row.role), row.sequence)
    )
    return [BilledDiagnosis(place, row.code, row.poa) for place, row in enumerate(rows, 1)]


def type_of_bill_of(given: str, stay: bool) -> str:
    """Facility and classification of a type of bill: those of a hospital where none is `given`.

    The form also writes them with a zero before and a frequency.

    Only frequency 1 can be read so, since the claim's own says another. Anything else stays as given, and is found.
    """
    match = re.fullmatch(r"0?([1-9][1-9])1", given.strip())
    return (match[1] if match else given.strip()) or ("11" if stay else "13")


def _accident_occurrence(accident: Accident | None) -> tuple[DatedCode, ...]:
    if accident is None or not accident.date or accident.cause not in _BY_ACCIDENT:
        return ()
    return (DatedCode(_BY_ACCIDENT[accident.cause], accident.date),)

"""Composes the institutional part of a claim: revenue lines from the charges, the bill's codes from chart and coding.

Lines are the charges that carry a revenue code, added up: by revenue code on an inpatient bill, by code, modifiers and
day too on an outpatient one. Reversals net out. Procedures that the coder entered (HCPCS) give their charge its code
and modifiers; one that no charge carries gets a line of its own, under a revenue code by `revenue_codes.csv`.

Source: 005010X223A2, loop 2400; UB-04, form locators 42 to 47; Medicare Claims Processing Manual, chapter 25.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from codesets.shipped_tables import read_table
from store.claims.content import Accident, BilledDiagnosis, BilledLine
from store.claims.details import drug_coded, with_drug
from store.claims.facility_bill import BilledProcedure, CauseCode, DatedCode, FacilityBill, FacilityExtra
from store.claims.people import Practitioner
from store.claims.plain import NotPlain, made
from store.models import Charge, Encounter, FinalDiagnosis, FinalProcedureLine
from store.terms import DiagnosisRole, PatientClass, Setting

_BY_ACCIDENT = {"AA": "01", "EM": "04", "OA": "05"}
"""Occurrence code by cause of accident (CLM11 of a professional claim): automobile, employment, other."""

_ROOM_AND_BOARD = tuple(f"0{n}" for n in range(10, 22))
"""Revenue codes whose units are days."""


class BadExtra(ValueError):
    """What the sender gave for the bill cannot be read; the message names the field."""


def inpatient(encounter: Encounter) -> bool:
    """Whether the visit is billed as a stay."""
    return encounter.setting is Setting.INPATIENT or encounter.patient_class is PatientClass.INPATIENT


def facility_lines(
    encounter: Encounter, charges: Sequence[Charge], coded: Sequence[FinalProcedureLine]
) -> list[BilledLine]:
    """The revenue lines in order of revenue code, day and procedure; lines that come to nothing are left off.

    A revenue code and a drug that were coded with a line go before those of its charge. Units are those that were
    entered: what was charged or coded with none, or with fewer than none, is no part of a sum that would hide it, but
    a line of its own, which the edits stop. Only a credit that leaves money without a unit leaves one.
    """
    stay = inpatient(encounter)
    amounts: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    as_entered: list[tuple[tuple[Any, ...], int, int]] = []
    left = list(coded)
    for charge in sorted(charges, key=lambda one: one.charge_number):
        if not charge.revenue_code:
            continue
        own = next((line for line in left if charge.procedure_code and line.code == charge.procedure_code), None)
        if own is not None:
            left.remove(own)
        modifiers = tuple((own or charge).modifiers)
        revenue = _four_digits((own.revenue_code if own else "") or charge.revenue_code)
        drug = drug_coded(own.ndc, own.ndc_quantity) if own else None
        key = (revenue, *(() if stay else (charge.procedure_code, modifiers, _day(charge), drug)))
        units = own.units if own and own.units <= 0 else charge.units
        if units <= 0 and charge.amount_cents >= 0 and not charge.reversal_of and (units or charge.amount_cents):
            as_entered.append((key, units, charge.amount_cents))
            continue
        amounts[key][0] += -abs(units) if charge.amount_cents < 0 else units
        amounts[key][1] += charge.amount_cents
    if not stay:
        for line in left:
            day = line.service_date or encounter.service_date
            revenue = _four_digits(line.revenue_code) if line.revenue_code else revenue_code_of(line.code)
            key = (revenue, line.code, tuple(line.modifiers), day, drug_coded(line.ndc, line.ndc_quantity))
            if line.units <= 0:
                as_entered.append((key, line.units, line.charge_cents))
                continue
            amounts[key][0] += line.units
            amounts[key][1] += line.charge_cents
    kept = [(key, max(units, 1), cents) for key, (units, cents) in amounts.items() if cents or units > 0]
    kept += as_entered
    kept.sort(key=lambda one: (one[0][:4], str(one[0][4:]), one[1:]))
    return [
        _line(sequence, key, units, cents, encounter.service_date)
        for sequence, (key, units, cents) in enumerate(kept, 1)
    ]


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
        type_of_bill=_type_of_bill(extra.type_of_bill) or ("11" if stay else "13"),
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


def revenue_code_of(code: str) -> str:
    """The usual revenue code of a HCPCS code that no charge carries, by its longest known beginning; empty for none."""
    table = _revenue_codes()
    return next((table[code[:length]] for length in range(len(code), 0, -1) if code[:length] in table), "")


def _type_of_bill(given: str) -> str:
    """Facility and classification of a type of bill, which the form also writes with a zero before and a frequency.

    Only frequency 1 can be read so, since the claim's own says another. Anything else stays as given, and is found.
    """
    match = re.fullmatch(r"0?([1-9][1-9])1", given.strip())
    return match[1] if match else given.strip()


def _accident_occurrence(accident: Accident | None) -> tuple[DatedCode, ...]:
    if accident is None or not accident.date or accident.cause not in _BY_ACCIDENT:
        return ()
    return (DatedCode(_BY_ACCIDENT[accident.cause], accident.date),)


def _line(sequence: int, key: tuple[Any, ...], units: int, cents: int, day: str) -> BilledLine:
    revenue, *more = key
    code, modifiers, on, drug = more or ("", (), day, None)
    unit = "DA" if revenue[:3] in _ROOM_AND_BOARD else "UN"
    return BilledLine(
        sequence,
        code,
        on,
        cents,
        units,
        modifiers,
        revenue_code=revenue,
        unit=unit,
        details=with_drug(None, drug),
    )


def _four_digits(code: str) -> str:
    """A revenue code that came without its leading zero; others stay as they came, and are found (r418)."""
    plain = code.strip()
    return plain.zfill(4) if len(plain) == 3 else plain


def _day(charge: Charge) -> str:
    return charge.service_date


@cache
def _revenue_codes() -> dict[str, str]:
    rows = read_table(Path(__file__).with_name("revenue_codes.csv"), ("begins", "revenue_code"))
    return {row[0]: row[1] for row in rows}

"""Encounters without what names a patient: the safe harbor of 45 CFR 164.514(b)(2).

Names (an employer's too, which a plan can bear), places smaller than a state, all parts of dates but the year, numbers
that point at the person, and free text go; an age above 89 goes with its birth year. Numbers of the export's own tell
patients and visits of one export apart and lead nowhere. Whether what is left could still name somebody in a small
place is for the site to judge.
"""

from __future__ import annotations

from store.intake.native import NativeCoding, NativeCoverage, NativeEncounter
from store.models.encounter import AccountFields, ChargeFields
from store.models.patient import PatientFields

OLDEST = 89
"""The greatest age that may be told."""


class Deidentifier:
    """The numbers of one export: the same patient has the same number in it, in no other."""

    def __init__(self) -> None:
        self._patients: dict[tuple[str, str], str] = {}
        self._visits = 0

    def without_names(self, record: NativeEncounter) -> NativeEncounter:
        """A copy of an encounter without identifiers."""
        self._visits += 1
        known = (record.patient.source, record.patient.mrn)
        patient = self._patients.setdefault(known, f"P{len(self._patients) + 1}")
        return record.model_copy(
            update={
                "visit_number": f"V{self._visits}",
                "started_at": record.started_at[:4],
                "ended_at": _year(record.ended_at),
                "accident_date": _year(record.accident_date),
                "reason": "",
                "extra": {},
                "facility": None,
                "patient": PatientFields.model_construct(
                    source=record.source,
                    mrn=patient,
                    family_name=patient,
                    sex=record.patient.sex,
                    state=record.patient.state,
                    birth_date=_birth_year(record.patient.birth_date, record.started_at),
                    deceased_on=_year(record.patient.deceased_on),
                ),
                "account": AccountFields.model_construct(
                    source=record.source,
                    account_number=f"A{self._visits}",
                    financial_class=record.account.financial_class,
                    bill_hold_days=record.account.bill_hold_days,
                ),
                "coverages": [_coverage(one) for one in record.coverages],
                "documents": [],
                "charges": [_charge(one, number) for number, one in enumerate(record.charges, 1)],
                "codings": [_coding(one) for one in record.codings],
            }
        )


def _coverage(coverage: NativeCoverage) -> NativeCoverage:
    return NativeCoverage.model_construct(
        sequence=coverage.sequence,
        relationship=coverage.relationship,
        payer=coverage.payer,
    )


def _charge(charge: ChargeFields, number: int) -> ChargeFields:
    back = {"reversal_of": "reversed"} if charge.reversal_of else {}
    return charge.model_copy(update={"charge_number": str(number), "service_date": charge.service_date[:4], **back})


def _coding(coding: NativeCoding) -> NativeCoding:
    return coding.model_copy(
        update={
            "coder": "",
            "finalized_at": _year(coding.finalized_at),
            "diagnoses": [one.model_copy(update={"evidence": "", "why": "", "trail": ""}) for one in coding.diagnoses],
            "procedures": [
                one.model_copy(update={"service_date": _year(one.service_date), "why": "", "trail": ""})
                for one in coding.procedures
            ],
        }
    )


def _year(moment: str | None) -> str | None:
    return moment[:4] if moment else moment


def _birth_year(born: str | None, service: str) -> str | None:
    if not born:
        return None
    age = int(service[:4]) - int(born[:4])
    return born[:4] if age <= OLDEST else None

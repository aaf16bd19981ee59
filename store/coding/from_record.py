"""Encounters of the native format as charts, without storing them: what edits and groupers are asked about a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from store.claims.revenue_lines import posted_of
from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.intake.native import NativeCoding, NativeEncounter
from store.intake.writer.record import service_day
from store.queries.charts import ChartHead
from store.queries.surroundings import Surroundings
from store.terms import CodingKind, CodingStatus, ProviderRole, WorkStatus


@dataclass(frozen=True)
class RecordedChart:
    """One side of the bill of an encounter as it is coded in a file; `coding` is its kind and version in words."""

    head: ChartHead
    codes: Codes
    coding: str
    around: Surroundings = Surroundings()


def charts_of(record: NativeEncounter) -> Iterator[RecordedChart]:
    """The newest coding of each side of the bill. Raises RecordRefused for a service day that is not known."""
    newest: dict[str, NativeCoding] = {}
    for coding in sorted(record.codings, key=lambda one: one.version):
        newest[coding.kind.value] = coding
    for coding in newest.values():
        words = f"{coding.kind.value} {coding.version}"
        yield RecordedChart(_head(record, coding), _codes(coding), words, _around(record, coding))


def _head(record: NativeEncounter, coding: NativeCoding) -> ChartHead:
    patient = record.patient
    return ChartHead(
        work_item_id="",
        encounter_id="",
        coding_id=None,
        kind=coding.kind,
        work_status=WorkStatus.FINAL,
        coding_status=CodingStatus.FINAL,
        coding_version=coding.version,
        charged_cents=sum(charge.amount_cents for charge in record.charges),
        worklist="",
        visit_number=record.visit_number,
        patient=", ".join(filter(None, (patient.family_name, patient.given_name))),
        mrn=patient.mrn,
        sex=patient.sex,
        birth_date=patient.birth_date,
        setting=record.setting,
        patient_class=record.patient_class,
        started_at=record.started_at,
        ended_at=record.ended_at,
        service_date=service_day(record),
        place_of_service=record.place_of_service,
        discharge_disposition=record.discharge_disposition,
        reason=record.reason,
        provider="",
        payer=record.coverages[0].payer.name if record.coverages else "",
    )


def _around(record: NativeEncounter, coding: NativeCoding) -> Surroundings:
    """What the file tells beside the codes; other claims of the patient are not in it."""
    first = min(record.coverages, key=lambda one: one.sequence) if record.coverages else None
    performers = {one.role: one.provider.npi for one in reversed(record.providers)}
    performer = performers.get(ProviderRole.RENDERING) or performers.get(ProviderRole.ATTENDING) or ""
    professional = coding.kind is CodingKind.PROFESSIONAL
    return Surroundings(
        payer=first.payer.payer_identifier if first else "",
        payer_name=first.payer.name if first else "",
        filing_code=first.payer.claim_filing_code if first else "",
        plan=first.plan_name if first else "",
        performer=performer if professional else "",
        others=None,
        posted=() if professional else tuple(posted_of(one) for one in record.charges if one.revenue_code),
        type_of_bill="" if professional else _type_of_bill(record),
    )


def _type_of_bill(record: NativeEncounter) -> str:
    stated = record.extra.get("facility_bill")
    found = stated.get("type_of_bill", "") if isinstance(stated, dict) else ""
    return found if isinstance(found, str) else ""


def _codes(coding: NativeCoding) -> Codes:
    diagnoses = sorted(coding.diagnoses, key=lambda one: one.sequence)
    lines = sorted(coding.procedures, key=lambda one: one.sequence)
    return Codes(
        tuple(Diagnosis(one.code, one.role, one.poa) for one in diagnoses),
        tuple(
            ProcedureLine(
                system=one.system,
                code=one.code,
                modifiers=tuple(one.modifiers),
                units=one.units,
                charge_cents=one.charge_cents,
                pointers=tuple(one.pointers),
                service_date=one.service_date,
                performer_npi=one.performer_npi,
                ndc=one.ndc,
                ndc_quantity=one.ndc_quantity,
                revenue_code=one.revenue_code,
            )
            for one in lines
        ),
    )

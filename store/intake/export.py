"""Encounters out of the database in the native format; `store.intake.native.to_line` writes them as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlmodel import Session, SQLModel, col, select

from codesets.errors import CodedeskError
from store.intake.native import (
    NativeCoding,
    NativeCoverage,
    NativeDocument,
    NativeEncounter,
    NativeProvider,
    ordered,
    to_line,
)
from store.models import (
    Account,
    Charge,
    Coding,
    Coverage,
    Document,
    Encounter,
    EncounterProvider,
    Facility,
    FinalDiagnosis,
    FinalProcedureLine,
    Patient,
    Payer,
    Person,
    Provider,
    SourceCode,
    WorkItem,
)
from store.models.coding import FinalDiagnosisFields, FinalProcedureLineFields
from store.models.columns import now
from store.models.directory import FacilityFields, PayerFields, ProviderFields
from store.models.encounter import (
    AccountFields,
    ChargeFields,
    CoverageFields,
    DocumentFields,
    EncounterFields,
    SourceCodeFields,
)
from store.models.patient import PatientFields
from store.queries import SessionReader
from store.queries.restricted import closed_patients
from store.terms import RESTRICTED, EncounterStatus, Setting

__all__ = [
    "EncounterRow",
    "NoSuchEncounter",
    "coding_record",
    "encounter_ids",
    "export_encounter",
    "find_encounter",
    "list_encounters",
    "to_line",
]

Fields = TypeVar("Fields", bound=BaseModel)


class NoSuchEncounter(CodedeskError):
    """No encounter has that id or visit number, or several visits of different sources share it."""

    title = "encounter"


@dataclass(frozen=True)
class EncounterRow:
    """One line of a listing of encounters; `service_date` is an ISO day."""

    id: str
    visit_number: str
    service_date: str
    setting: Setting
    status: EncounterStatus
    patient: str
    mrn: str
    reason: str


def list_encounters(session: Session, person_id: str = "") -> list[EncounterRow]:
    """All encounters by date of service, newest first, at most 5,000; restricted ones as the person may see them."""
    closed = closed_patients(SessionReader(session), person_id, now())
    columns: Sequence[Any] = (
        Encounter.id,
        Encounter.visit_number,
        Encounter.service_date,
        Encounter.setting,
        Encounter.status,
        Patient.family_name,
        Patient.given_name,
        Patient.mrn,
        Encounter.reason,
        Patient.id,
    )
    query = (
        select(*columns)
        .join(Patient)
        .order_by(col(Encounter.service_date).desc(), col(Encounter.id).desc())
        .limit(5000)
    )
    return [
        EncounterRow(row_id, visit, day, setting, status, ", ".join(filter(None, (family, given))), mrn, reason)
        if patient_id not in closed
        else EncounterRow(row_id, visit, day, setting, status, RESTRICTED, "", "")
        for row_id, visit, day, setting, status, family, given, mrn, reason, patient_id in session.execute(query)
    ]


def export_encounter(session: Session, encounter_id: str) -> NativeEncounter:
    """One encounter with everything that belongs to it, lists in their standard order. Raises NoSuchEncounter."""
    encounter = session.get(Encounter, encounter_id)
    if encounter is None:
        raise NoSuchEncounter(f"{encounter_id} is not known here", "codedesk encounters list shows what is")
    facility = session.get(Facility, encounter.facility_id) if encounter.facility_id else None
    return ordered(
        NativeEncounter.model_construct(
            **_values(EncounterFields, encounter),
            format="codedesk.encounter/1",
            patient=_fields(PatientFields, session.get_one(Patient, encounter.patient_id)),
            account=_fields(AccountFields, session.get_one(Account, encounter.account_id)),
            facility=_fields(FacilityFields, facility) if facility else None,
            coverages=_coverages(session, encounter),
            providers=_providers(session, encounter),
            documents=[
                NativeDocument.model_construct(**_values(DocumentFields, row), version=row.version)
                for row in _rows(session, Document, encounter)
            ],
            charges=[_fields(ChargeFields, row) for row in _rows(session, Charge, encounter)],
            source_codes=[_fields(SourceCodeFields, row) for row in _rows(session, SourceCode, encounter)],
            codings=[coding_record(session, row) for row in _rows(session, Coding, encounter)],
            tasks=_tasks(session, encounter),
        )
    )


def coding_record(session: Session, coding: Coding) -> NativeCoding:
    """One coding with its diagnoses and lines in their sequence."""
    coder = session.get(Person, coding.coder_id) if coding.coder_id else None
    diagnoses = select(FinalDiagnosis).where(FinalDiagnosis.coding_id == coding.id)
    lines = select(FinalProcedureLine).where(FinalProcedureLine.coding_id == coding.id)
    return NativeCoding.model_construct(
        kind=coding.kind,
        version=coding.version,
        status=coding.status,
        release=coding.release,
        coder=coder.login if coder else "",
        finalized_at=coding.finalized_at,
        diagnoses=[
            _fields(FinalDiagnosisFields, row)
            for row in session.exec(diagnoses.order_by(col(FinalDiagnosis.sequence), col(FinalDiagnosis.id)))
        ],
        procedures=[
            _fields(FinalProcedureLineFields, row)
            for row in session.exec(lines.order_by(col(FinalProcedureLine.sequence), col(FinalProcedureLine.id)))
        ],
    )


def encounter_ids(session: Session) -> list[str]:
    """The ids of all encounters by date of service."""
    return list(session.exec(select(Encounter.id).order_by(Encounter.service_date, Encounter.id)))


def find_encounter(session: Session, key: str) -> str:
    """The id of the encounter that a person names by id or by visit number. Raises NoSuchEncounter."""
    if session.get(Encounter, key):
        return key
    found = session.exec(select(Encounter.id, Encounter.source).where(Encounter.visit_number == key)).all()
    if not found:
        raise NoSuchEncounter(f"{key} is not known here", "codedesk encounters list shows what is")
    if len(found) > 1:
        ids = ", ".join(f"{row_id} from {source}" for row_id, source in found)
        raise NoSuchEncounter(f"{len(found)} visits have the number {key}: {ids}", "name one by its id")
    return found[0][0]


def _coverages(session: Session, encounter: Encounter) -> list[NativeCoverage]:
    query = select(Coverage, Payer).join(Payer).where(Coverage.account_id == encounter.account_id)
    return [
        NativeCoverage.model_construct(**_values(CoverageFields, coverage), payer=_fields(PayerFields, payer))
        for coverage, payer in session.exec(query)
    ]


def _providers(session: Session, encounter: Encounter) -> list[NativeProvider]:
    query = select(EncounterProvider, Provider).join(Provider).where(EncounterProvider.encounter_id == encounter.id)
    return [
        NativeProvider.model_construct(role=link.role, provider=_fields(ProviderFields, provider))
        for link, provider in session.exec(query)
    ]


def _tasks(session: Session, encounter: Encounter) -> list[Any]:
    if encounter.status != EncounterStatus.DISCHARGED:
        return []
    return list(session.exec(select(WorkItem.kind).where(WorkItem.encounter_id == encounter.id)))


def _rows(session: Session, table: type[SQLModel], encounter: Encounter) -> list[Any]:
    columns: Any = table
    return list(session.exec(select(table).where(columns.encounter_id == encounter.id).order_by(columns.id)))


def _fields(fields: type[Fields], row: SQLModel) -> Fields:
    # The rows were checked when they came in; checking them again would only cost time.
    return fields.model_construct(**_values(fields, row))


def _values(fields: type[BaseModel], row: SQLModel) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields.model_fields}

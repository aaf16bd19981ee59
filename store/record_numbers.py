"""Whom a record number means: a number that was given up by a merge leads to the patient who remains.

Whoever takes a record number asks here. What is done to a person (restricting charts, admitting people, reading who
saw them) is done to who remains, by `find_patient`. What is filed under a number (disclosures, requests, holds) stays
under it, by `find_number`, and is read for all numbers of the person, by `numbers_of`: undoing a merge parts them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.models import Patient, PatientMerge


class NoSuchPatient(CodedeskError):
    """No patient has that record number, or patients of several sources share it."""

    title = "patient"


def find_patient(session: Session, mrn: str) -> Patient:
    """The patient who remains under a record number or id, merged or not. Raises NoSuchPatient."""
    return remaining_patient(session, find_number(session, mrn))


def find_number(session: Session, mrn: str) -> Patient:
    """The patient with that record number or id, where it names one, also one who was merged. Raises NoSuchPatient."""
    found = session.exec(select(Patient).where((Patient.mrn == mrn) | (Patient.id == mrn)).limit(2)).all()
    if not found:
        raise NoSuchPatient(f"no patient has the record number {mrn!r}")
    if len(found) > 1:
        raise NoSuchPatient(f"patients of several sources have the record number {mrn!r}", "name the patient by id")
    return found[0]


def remaining_patient(session: Session, patient: Patient) -> Patient:
    """The patient whom this one was merged into, in the end, or this one."""
    while patient.merged_into_id:
        patient = session.get_one(Patient, patient.merged_into_id)
    return patient


def merged_on(session: Session, patient: Patient) -> list[Patient]:
    """The patients whom this one was merged into, one after the other, the one who remains last; none for such."""
    found = []
    while patient.merged_into_id:
        patient = session.get_one(Patient, patient.merged_into_id)
        found.append(patient)
    return found


def numbers_of(session: Session, patient: Patient) -> list[str]:
    """The ids of the patient who remains, first, and of all who were merged into them, over however many merges."""
    found = [remaining_patient(session, patient).id]
    latest = found
    while latest:
        latest = list(session.exec(select(Patient.id).where(col(Patient.merged_into_id).in_(latest))))
        found += latest
    return found


def went_over_since(
    session: Session,
    gone: Patient,
    encounters: Sequence[str] = (),
    accounts: Sequence[str] = (),
    accesses: Sequence[str] = (),
) -> None:
    """Note what came under the number of a merged patient (ids): it belongs to each merge on the way."""
    while gone.merged_into_id and (encounters or accounts or accesses):
        if stands := standing_merge(session, gone.id):
            stands.encounters = [*stands.encounters, *encounters]
            stands.accounts = [*stands.accounts, *accounts]
            stands.accesses = [*stands.accesses, *accesses]
            session.add(stands)
        gone = session.get_one(Patient, gone.merged_into_id)


def standing_merge(session: Session, gone_id: str) -> PatientMerge | None:
    """The merge by which a patient was given up and that was not undone; None of merges of before they were kept."""
    query = select(PatientMerge).where(PatientMerge.patient_id == gone_id, col(PatientMerge.undone_at).is_(None))
    return session.exec(query.order_by(col(PatientMerge.merged_at).desc())).first()


def told_number(asked: str, remaining: str) -> str:
    """A record number in words: who remains, and which number was asked for where it is another."""
    return remaining if asked == remaining else f"{remaining} (whom {asked} was merged into)"

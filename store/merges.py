"""Merging patients: two record numbers that turned out to be one person.

The merged patient stays, pointing at the one who remains, so that old papers still find their way; accounts,
encounters and what hangs on them go over. The log keeps which ones, so that a wrong merge can be told apart again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Change, Database
from store.disclosures import find_patient
from store.models import Account, Encounter, Patient, WorkItem
from store.worklists import name_on_list


class MergeRefused(CodedeskError):
    """The two cannot be merged; nothing was changed."""

    title = "merge"
    exit_code = 1


@dataclass(frozen=True)
class Merged:
    """How many encounters and accounts went over to the patient who remains."""

    remaining_id: str
    encounters: int
    accounts: int


def merge_patients(db: Database, actor: Actor, merged: str, remaining: str, operation_id: str | None = None) -> Merged:
    """Merge one patient into another, both by record number or id. Raises NoSuchPatient, MergeRefused."""
    with db.change(actor, operation_id, "patient.merge") as change:
        if change.repeated:
            return Merged(**change.answer)
        session = change.session
        gone, kept = find_patient(session, merged), remaining_patient(session, find_patient(session, remaining))
        if gone.merged_into_id:
            raise MergeRefused(f"{merged} is merged already", "merge the one who remains")
        if gone.id == kept.id:
            raise MergeRefused(f"{merged} and {remaining} are the same patient")
        merged_rows = merge_into(change, gone, kept)
        change.answer = {
            "remaining_id": kept.id,
            "encounters": merged_rows.encounters,
            "accounts": merged_rows.accounts,
        }
        return merged_rows


def merge_into(change: Change, gone: Patient, kept: Patient) -> Merged:
    """Merge within the caller's transaction a patient who is not merged yet into another who remains."""
    session = change.session
    encounters = session.exec(select(Encounter).where(Encounter.patient_id == gone.id)).all()
    accounts = session.exec(select(Account).where(Account.patient_id == gone.id)).all()
    for row in (*encounters, *accounts):
        row.patient_id = kept.id
    visits = [encounter.id for encounter in encounters]
    kept.restricted = kept.restricted or gone.restricted
    rename_tasks(session, visits, kept)
    gone.merged_into_id = kept.id
    change.log(
        "patient.merge",
        "patient",
        gone.id,
        into=kept.id,
        encounters=visits,
        accounts=[account.id for account in accounts],
    )
    return Merged(kept.id, len(encounters), len(accounts))


def rename_tasks(session: Session, encounter_ids: Sequence[str], patient: Patient) -> None:
    """Show the tasks of these visits under the name of the patient they belong to now."""
    for item in session.exec(select(WorkItem).where(WorkItem.encounter_id.in_(encounter_ids))):
        name_on_list(item, patient)


def remaining_patient(session: Session, patient: Patient) -> Patient:
    """The patient whom this one was merged into, in the end, or this one."""
    while patient.merged_into_id:
        patient = session.get_one(Patient, patient.merged_into_id)
    return patient

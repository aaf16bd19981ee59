"""Who takes part in a visit and who pays: patient, facility, payers, providers, account, and the visit itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from store.intake.changes import Parts
from store.intake.merging import find_account, find_patient
from store.intake.native import NativeEncounter
from store.intake.persons import refuse_replaced
from store.intake.rows import KnownRows, everything, named, told_of, update
from store.models import (
    Account,
    Coverage,
    Encounter,
    EncounterProvider,
    Facility,
    Patient,
    Payer,
    Provider,
)
from store.models.columns import new_id
from store.models.directory import FacilityFields, PayerFields, ProviderFields
from store.models.encounter import CoverageFields, EncounterFields
from store.record_numbers import remaining_patient, went_over_since
from store.terms import ProviderRole

Directory = TypeVar("Directory", PayerFields, FacilityFields)


def known_patient(rows: KnownRows, record: NativeEncounter) -> Patient | None:
    return find_patient(rows, record.patient.source, record.patient.mrn)


def store_patient(rows: KnownRows, record: NativeEncounter, parts: Parts) -> Patient:
    """Whose the visit is. What is said under a number that was given up is about that number, not who remains."""
    said = record.patient
    patient = rows.find(Patient, source=said.source, mrn=said.mrn)
    if patient is None:
        return rows.add(Patient(**everything(said)), source=said.source, mrn=said.mrn)
    refuse_replaced(said, patient)
    parts.update("patient", patient, told_of(said))
    return remaining_patient(rows.session, patient)


def keep_number(
    rows: KnownRows, record: NativeEncounter, encounter_ids: Sequence[str], account_ids: Sequence[str]
) -> None:
    """Note new rows that came under a number that was given up: they go back with it where its merge is undone."""
    patient = rows.find(Patient, source=record.patient.source, mrn=record.patient.mrn)
    if patient is not None and patient.merged_into_id:
        went_over_since(rows.session, patient, encounter_ids, account_ids)


def store_facility(rows: KnownRows, record: NativeEncounter, parts: Parts) -> Facility | None:
    said = record.facility
    if said is None:
        return None
    key = {"source": said.source, "local_id": said.local_id}
    facility = rows.put(Facility, key, _in_words(said, "facility", rows.find(Facility, **key)))
    parts.note("facility", facility in rows.session.dirty and rows.session.is_modified(facility))
    return facility


def store_payer(rows: KnownRows, said: PayerFields) -> Payer:
    key = {"source": said.source, "local_id": said.local_id}
    return rows.put(Payer, key, _in_words(said, "payer", rows.find(Payer, **key)))


def _in_words(said: Directory, kind: str, known: Payer | Facility | None) -> Directory:
    """What is said of a payer or facility, with words for a name that is only a number of the sending system.

    A number takes no name away that is known already.
    """
    if not _NUMBER.fullmatch(said.name.strip()):
        return said
    name = known.name if known else f"{kind} {said.name.strip().lower().removeprefix('urn:uuid:')[:8]}, not named"
    return said.model_copy(update={"name": name})


_NUMBER = re.compile(r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""An UUID, which says nothing to a reader."""


def store_provider(rows: KnownRows, said: ProviderFields) -> Provider:
    return rows.put(Provider, {"source": said.source, "local_id": said.local_id}, said)


def store_account(rows: KnownRows, record: NativeEncounter, patient: Patient, parts: Parts) -> str:
    said = record.account
    account = find_account(rows, said.source, said.account_number)
    if account is None:
        account_id = new_id()
        row = {"id": account_id, "patient_id": patient.id, **everything(said)}
        rows.insert(Account, [row], source=said.source, account_number=said.account_number)
        return account_id
    values = {n: v for n, v in named(said).items() if n not in ("source", "account_number")}
    parts.update("account", account, values)
    return account.id


@dataclass(frozen=True)
class VisitPlaces:
    """What a visit hangs on, and what is kept of the record that tells of it."""

    account_id: str
    facility: Facility | None
    day: str
    digest: str
    told_at: str


def store_encounter_row(
    rows: KnownRows,
    record: NativeEncounter,
    encounter: Encounter | None,
    patient: Patient,
    at: VisitPlaces,
    parts: Parts,
) -> str:
    """The id of the visit, made or brought up to date."""
    own = EncounterFields.model_fields
    places: dict[str, object] = {"account_id": at.account_id, "service_date": at.day}
    if at.facility is not None:
        places["facility_id"] = at.facility.id
    if encounter is None:
        values = {name: getattr(record, name) for name in own}
        row = {"id": new_id(), "patient_id": patient.id, "facility_id": None, "content_sha256": at.digest}
        row["told_at"] = at.told_at
        rows.insert(Encounter, [row | places | values], source=record.source, visit_number=record.visit_number)
        return str(row["id"])
    if encounter.told_at < at.told_at:
        encounter.told_at = at.told_at
    named_here = own.keys() & record.model_fields_set - {"source", "visit_number"}
    values = {name: getattr(record, name) for name in own if name in named_here}
    parts.update("encounter", encounter, values | places)
    return encounter.id


def store_coverages(
    rows: KnownRows, record: NativeEncounter, account_id: str, payers: Sequence[Payer], parts: Parts
) -> None:
    """The account's insurances become those of the record; a record without any says nothing of them."""
    if not record.coverages:
        return
    session = rows.session
    children = rows.children(Coverage, "account_id", account_id)
    if children and _beside_billers(rows, record, account_id, payers, parts, children):
        return
    stored = {c.sequence: c for c in children}
    changed = False
    for said, payer in zip(record.coverages, payers, strict=True):
        row = stored.pop(said.sequence, None)
        if row is None:
            values = {name: getattr(said, name) for name in CoverageFields.model_fields}
            also = {"id": new_id(), "account_id": account_id, "payer_id": payer.id}
            rows.insert(Coverage, [also | values])
            changed = True
        else:
            changed |= update(row, named(said) | {"payer_id": payer.id})
    for row in stored.values():
        session.delete(row)
    if changed or stored:
        rows.touch(account_id)
    parts.note("coverages", changed or stored)


def _beside_billers(
    rows: KnownRows,
    record: NativeEncounter,
    account_id: str,
    payers: Sequence[Payer],
    parts: Parts,
    stored: Sequence[Coverage],
) -> bool:
    """Store coverages of an account that billers mended or added to (`store.coverages`); whether it is such a one."""
    said = [(named(one), payer) for one, payer in zip(record.coverages, payers, strict=True)]
    by_place = {row.sequence: row for row in stored}
    if len(said) == len(stored) and all(
        (row := by_place.get(values["sequence"])) is not None
        and row.payer_id == payer.id
        and all(getattr(row, name) == value for name, value in values.items() if name in CoverageFields.model_fields)
        for values, payer in said
    ):
        return False  # nothing is another, so that nothing of a biller can be undone
    from store.coverages import beside_mends, mends_of

    mends = mends_of(rows.session, account_id)
    if not mends.fields and not mends.added:
        return False
    pairs, notes = beside_mends(mends, stored, said)
    changed = False
    for row, values in pairs:
        if row is None:
            rows.insert(Coverage, [{"id": new_id(), "account_id": account_id} | _all_fields(values)])
        changed |= row is None or update(row, values)
    gone = [row for row in stored if all(row is not one for one, _ in pairs)]
    for row in gone:
        rows.session.delete(row)
    if changed or gone:
        rows.touch(account_id)
    parts.note("coverages", changed or gone)
    parts.notes += notes
    return True


def _all_fields(values: dict[str, object]) -> dict[str, object]:
    """The values of a new row with what a message leaves out."""
    return CoverageFields.model_validate(values).model_dump() | {"payer_id": values["payer_id"]}


def store_provider_roles(
    rows: KnownRows,
    record: NativeEncounter,
    encounter_id: str,
    providers: Sequence[Provider],
    parts: Parts,
    fresh: bool,
) -> None:
    """Who was who in the visit; a role that the record names has exactly the providers it names."""
    said = {(one.role, provider.id) for one, provider in zip(record.providers, providers, strict=True)}
    stored: dict[tuple[ProviderRole, str], EncounterProvider] = {}
    if not fresh:
        here = rows.children(EncounterProvider, "encounter_id", encounter_id)
        stored = {(row.role, row.provider_id): row for row in here}
    roles = {role for role, _ in said}
    gone = [row for key, row in stored.items() if key not in said and row.role in roles]
    new = sorted(said - set(stored))
    for row in gone:
        rows.session.delete(row)
    values = [{"id": new_id(), "encounter_id": encounter_id, "provider_id": p, "role": role} for role, p in new]
    rows.insert(EncounterProvider, values)
    parts.note("providers", gone or new)

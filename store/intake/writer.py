"""Stores one encounter of any format: finds what is there, adds what is new, and says what it did.

Identity is always (source, number). What a record leaves unnamed stays; a posted charge is reversed, never edited;
a changed text is a new version of its document; a coding made here is never overwritten. Nothing of a refused
record is stored.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store.database import Change
from store.intake.chart_parts import (
    add_charges,
    add_codings,
    add_documents,
    add_source_codes,
    coding_conflicts,
    note_new_documents,
)
from store.intake.native import NativeEncounter, ordered
from store.intake.rows import KnownRows, everything, named, update
from store.models import (
    Account,
    Coding,
    Coverage,
    Encounter,
    EncounterProvider,
    Facility,
    Patient,
    Payer,
    Provider,
    RawMessage,
    WorkItem,
)
from store.models.columns import new_id, now
from store.models.directory import PayerFields, ProviderFields
from store.models.encounter import CoverageFields, EncounterFields
from store.terms import CodingKind, CodingStatus, EncounterStatus, Setting, WorkStatus

Place = Callable[[Session, Encounter, Sequence[CodingKind]], None]


class RecordRefused(CodedeskError):
    """The record contradicts itself or what is stored; it belongs in quarantine."""

    title = "intake"
    exit_code = 1


class Result(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Raw:
    """The input that a record was made of, exactly as it came; `kind` is native or fhir."""

    kind: str
    content: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of one record. `parts` names what changed; `conflicts` what was left out of it, with reasons."""

    result: Result
    encounter_id: str
    patient_id: str
    parts: tuple[str, ...] = ()
    documents_new: int = 0
    document_versions: int = 0
    conflicts: tuple[str, ...] = ()


def store_encounter(
    change: Change, record: NativeEncounter, place: Place | None = None, raw: Raw | None = None
) -> Outcome:
    """Store a record within the caller's transaction; `place` then puts its tasks into worklists.

    Raises RecordRefused, with nothing changed, for a record that cannot be stored as it is.
    """
    outcome = store_batch(change, [(record, raw)], place)[0]
    if isinstance(outcome, RecordRefused):
        raise outcome
    return outcome


def store_batch(
    change: Change, records: Sequence[tuple[NativeEncounter, Raw | None]], place: Place | None = None
) -> list[Outcome | RecordRefused]:
    """Store several records in the caller's transaction; for each its outcome, or why it was refused."""
    rows = KnownRows.of(change.session)
    placed: dict[str, _Placing] = {}
    outcomes: list[Outcome | RecordRefused] = []
    with change.session.no_autoflush:
        _look_up(rows, [record for record, _ in records])
        for record, raw in records:
            try:
                outcomes.append(_store(change, rows, ordered(record), raw, placed))
            except RecordRefused as refused:
                outcomes.append(refused)
        rows.write()
        _place_all(change.session, placed, place)
        change.session.flush()
    return outcomes


def service_day(record: NativeEncounter) -> str:
    """The ISO day that decides the code sets: discharge for an inpatient, else the start of the visit.

    Raises RecordRefused when that day is not known to the day.
    """
    field = "ended_at" if record.setting == Setting.INPATIENT and record.ended_at else "started_at"
    day = str(getattr(record, field))[:10]
    if len(day) < 10:
        raise RecordRefused(f"{field}: expected a full day, since the day of service decides the code sets")
    return day


def content_hash(record: NativeEncounter) -> str:
    """SHA-256 of a record in its standard order."""
    return hashlib.sha256(record.model_dump_json().encode()).hexdigest()


@dataclass
class _Placing:
    """The tasks of an encounter that is to be placed, and the codings that came with it."""

    tasks: tuple[CodingKind, ...]
    codings: tuple[Coding, ...]


def _look_up(rows: KnownRows, records: Sequence[NativeEncounter]) -> None:
    """Find the visits, accounts and patients of the batch with one question each."""
    rows.look_up(Encounter, ("source", "visit_number"), ((r.source, r.visit_number) for r in records))
    accounts = ((r.account.source, r.account.account_number) for r in records)
    rows.look_up(Account, ("source", "account_number"), accounts)
    rows.look_up(Patient, ("source", "mrn"), ((r.patient.source, r.patient.mrn) for r in records))


def _store(
    change: Change, rows: KnownRows, record: NativeEncounter, raw: Raw | None, placed: dict[str, _Placing]
) -> Outcome:
    session = change.session
    day, digest = service_day(record), content_hash(record)
    _refuse_repeats(record)
    encounter = rows.find(Encounter, source=record.source, visit_number=record.visit_number)
    conflicts = coding_conflicts(session, encounter, record) if encounter and record.codings else {}
    reasons = tuple(conflicts.values())
    if encounter and encounter.content_sha256 == digest:
        return Outcome(Result.UNCHANGED, encounter.id, encounter.patient_id, conflicts=reasons)
    _refuse_mix_up(rows, record, encounter)

    parts: list[str] = []
    fresh = encounter is None
    if not fresh:
        rows.write()
    patient = _patient(rows, record, parts)
    facility = _facility(rows, record, parts)
    payers = [_payer(rows, coverage.payer) for coverage in record.coverages]
    providers = [_provider(rows, one.provider) for one in record.providers]
    changed_here = (row for row in session.dirty if isinstance(row, Payer | Provider))
    _note(parts, "directory", any(session.is_modified(row) for row in changed_here))
    account_id = _account(rows, record, patient, parts)
    encounter_id = _encounter(rows, record, encounter, patient, account_id, facility, day, digest, parts)
    _coverages(rows, record, account_id, payers, parts)
    _provider_roles(rows, record, encounter_id, providers, parts, fresh)
    new, versions, marked = add_documents(rows, encounter_id, record.documents, fresh)
    _note(parts, "documents", new or versions or marked)
    _note(parts, "charges", add_charges(rows, encounter_id, record.charges, fresh))
    _note(parts, "source codes", add_source_codes(rows, encounter_id, record.source_codes, fresh))
    codings = add_codings(rows, encounter_id, record, set(conflicts)) if record.codings else []
    _note(parts, "codings", codings)
    _note(parts, "tasks", encounter and _new_tasks(session, encounter, record.tasks))

    result = Result.NEW if fresh else Result.CHANGED if parts else Result.UNCHANGED
    if result != Result.UNCHANGED:
        if encounter:
            encounter.content_sha256 = digest
        if not fresh and new + versions:
            note_new_documents(session, encounter_id, new + versions)
        placed[encounter_id] = _Placing(tuple(record.tasks), tuple(codings))
        _keep_raw(rows, record, raw, fresh)
        change.log("intake.encounter", "encounter", encounter_id, result=result.value, parts=[] if fresh else parts)
    return Outcome(result, encounter_id, patient.id, () if fresh else tuple(parts), new, versions, reasons)


def _place_all(session: Session, placed: dict[str, _Placing], place: Place | None) -> None:
    if not place or not placed:
        return
    for encounter in session.exec(select(Encounter).where(Encounter.id.in_(list(placed)))).all():
        placing = placed[encounter.id]
        place(session, encounter, placing.tasks)
        if placing.codings:
            session.flush()
            _finish_tasks(session, encounter, placing.codings)


def _refuse_repeats(record: NativeEncounter) -> None:
    keys = {
        "coverages": [f"sequence {c.sequence}" for c in record.coverages],
        "documents": [f"{d.document_number} version {d.version}" for d in record.documents],
        "charges": [c.charge_number for c in record.charges],
        "codings": [f"{c.kind.value} version {c.version}" for c in record.codings],
    }
    for field, names in keys.items():
        if len(names) != len(set(names)):
            twice = next(name for name, times in Counter(names).items() if times > 1)
            raise RecordRefused(f"{field}: {twice} occurs twice")


def _refuse_mix_up(rows: KnownRows, record: NativeEncounter, encounter: Encounter | None) -> None:
    """An account or a visit that belongs to another patient here is never moved by a file."""
    patient = _known_patient(rows, record)
    account = rows.find(Account, source=record.account.source, account_number=record.account.account_number)
    if encounter and (patient is None or encounter.patient_id != patient.id):
        raise RecordRefused("the visit belongs to another patient here; merge the records first")
    if account and (patient is None or account.patient_id != patient.id):
        raise RecordRefused(f"account {account.account_number} belongs to another patient here")


def _known_patient(rows: KnownRows, record: NativeEncounter) -> Patient | None:
    patient = rows.find(Patient, source=record.patient.source, mrn=record.patient.mrn)
    while patient is not None and patient.merged_into_id:
        patient = rows.session.get(Patient, patient.merged_into_id)
    return patient


def _patient(rows: KnownRows, record: NativeEncounter, parts: list[str]) -> Patient:
    said = record.patient
    patient = _known_patient(rows, record)
    if patient is None:
        return rows.add(Patient(**everything(said)), source=said.source, mrn=said.mrn)
    values = {name: value for name, value in named(said).items() if name not in ("source", "mrn")}
    _note(parts, "patient", update(patient, values))
    return patient


def _facility(rows: KnownRows, record: NativeEncounter, parts: list[str]) -> Facility | None:
    said = record.facility
    if said is None:
        return None
    facility = rows.put(Facility, {"source": said.source, "local_id": said.local_id}, said)
    _note(parts, "facility", facility in rows.session.dirty and rows.session.is_modified(facility))
    return facility


def _payer(rows: KnownRows, said: PayerFields) -> Payer:
    return rows.put(Payer, {"source": said.source, "local_id": said.local_id}, said)


def _provider(rows: KnownRows, said: ProviderFields) -> Provider:
    return rows.put(Provider, {"source": said.source, "local_id": said.local_id}, said)


def _account(rows: KnownRows, record: NativeEncounter, patient: Patient, parts: list[str]) -> str:
    said = record.account
    account = rows.find(Account, source=said.source, account_number=said.account_number)
    if account is None:
        account_id = new_id()
        row = {"id": account_id, "patient_id": patient.id, **everything(said)}
        rows.insert(Account, [row], source=said.source, account_number=said.account_number)
        return account_id
    _note(parts, "account", update(account, named(said)))
    return account.id


def _encounter(
    rows: KnownRows,
    record: NativeEncounter,
    encounter: Encounter | None,
    patient: Patient,
    account_id: str,
    facility: Facility | None,
    day: str,
    digest: str,
    parts: list[str],
) -> str:
    own = EncounterFields.model_fields
    places: dict[str, object] = {"account_id": account_id, "service_date": day}
    if facility is not None:
        places["facility_id"] = facility.id
    if encounter is None:
        values = {name: getattr(record, name) for name in own}
        row = {"id": new_id(), "patient_id": patient.id, "facility_id": None, "content_sha256": digest}
        rows.insert(Encounter, [row | places | values], source=record.source, visit_number=record.visit_number)
        return str(row["id"])
    values = {name: getattr(record, name) for name in own if name in record.model_fields_set}
    _note(parts, "encounter", update(encounter, values | places))
    return encounter.id


def _coverages(
    rows: KnownRows, record: NativeEncounter, account_id: str, payers: Sequence[Payer], parts: list[str]
) -> None:
    """The account's insurances become those of the record; a record without any says nothing of them."""
    if not record.coverages:
        return
    session = rows.session
    query = select(Coverage).where(Coverage.account_id == account_id)
    stored = {c.sequence: c for c in session.exec(query)}
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
    _note(parts, "coverages", changed or stored)


def _provider_roles(
    rows: KnownRows,
    record: NativeEncounter,
    encounter_id: str,
    providers: Sequence[Provider],
    parts: list[str],
    fresh: bool,
) -> None:
    """Who was who in the visit; a role that the record names has exactly the providers it names."""
    said = {(one.role, provider.id) for one, provider in zip(record.providers, providers, strict=True)}
    stored: dict = {}
    if not fresh:
        query = select(EncounterProvider).where(EncounterProvider.encounter_id == encounter_id)
        stored = {(row.role, row.provider_id): row for row in rows.session.exec(query)}
    roles = {role for role, _ in said}
    gone = [row for key, row in stored.items() if key not in said and row.role in roles]
    new = sorted(said - set(stored))
    for row in gone:
        rows.session.delete(row)
    values = [{"id": new_id(), "encounter_id": encounter_id, "provider_id": p, "role": role} for role, p in new]
    rows.insert(EncounterProvider, values)
    _note(parts, "providers", gone or new)


def _new_tasks(session: Session, encounter: Encounter, tasks: Iterable[CodingKind]) -> bool:
    if encounter.status != EncounterStatus.DISCHARGED or not tasks:
        return False
    present = session.exec(select(WorkItem.kind).where(WorkItem.encounter_id == encounter.id)).all()
    return not set(tasks) <= set(present)


def _finish_tasks(session: Session, encounter: Encounter, codings: Sequence[Coding]) -> None:
    """A task whose final codes came with the record has nothing left to do."""
    finals = {coding.kind: coding for coding in codings if coding.status == CodingStatus.FINAL}
    if not finals:
        return
    for item in session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter.id)):
        if item.kind in finals and item.status == WorkStatus.READY:
            item.status = WorkStatus.FINAL
            item.finished_at = finals[item.kind].finalized_at


def _keep_raw(rows: KnownRows, record: NativeEncounter, raw: Raw | None, fresh: bool) -> None:
    if raw is None:
        return
    identity = f"{record.source}|{record.visit_number}"
    digest = hashlib.sha256(raw.content).hexdigest()
    known = {"kind": raw.kind, "identity": identity, "sha256": digest}
    if fresh or rows.session.exec(select(RawMessage.id).filter_by(**known)).first() is None:
        content = zlib.compress(raw.content)
        rows.insert(RawMessage, [{"id": new_id(), "content": content, "received_at": now(), **known}])


def _note(parts: list[str], part: str, changed: object) -> None:
    if changed:
        parts.append(part)

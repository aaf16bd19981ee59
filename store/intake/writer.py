"""Stores what any format says: finds what is there, adds what is new, and says what it did.

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

from sqlalchemy import tuple_
from sqlmodel import Session, select

from store.database import Change
from store.intake.changes import Parts, follow_status, keep_change
from store.intake.chart_parts import (
    add_charges,
    add_codings,
    add_documents,
    add_source_codes,
    coding_conflicts,
    note_new_documents,
)
from store.intake.merging import ACCOUNT, VISIT, RecordRefused, apply_merge, find_account, find_patient, find_visit
from store.intake.native import NativeEncounter, ordered
from store.intake.rows import KnownRows, everything, named, update
from store.intake.statement import CannotComplete, Item, Merge, Person, Statement, Unplaced, complete
from store.intake.statement import place as place_document
from store.models import (
    Account,
    Coding,
    Coverage,
    Encounter,
    EncounterProvider,
    Facility,
    MergedNumber,
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


class Result(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Raw:
    """The input that a record was made of, as it came; `kind` as in `raw_message`.

    A format whose messages say parts of a visit gives each an `identity`: the same message again is passed over, so
    that an old one cannot undo a newer. `digest` is the SHA-256 of what came where the content was changed since.
    """

    kind: str
    content: bytes
    identity: str = ""
    digest: str = ""
    again: bool = False
    """Whether it is tried again on purpose, although a part of it was stored before."""

    @property
    def sha256(self) -> str:
        return self.digest or hashlib.sha256(self.content).hexdigest()


class About(StrEnum):
    """What an outcome is about, for the counts of a report."""

    ENCOUNTER = "encounter"
    PERSON = "person"
    MERGE = "merge"


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
    about: About = About.ENCOUNTER
    late: bool = False
    """Whether a chart that was begun or final coded came back."""


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
    change: Change, records: Sequence[tuple[Item | tuple[Item, ...], Raw | None]], place: Place | None = None
) -> list[Outcome | RecordRefused]:
    """Store several records in the caller's transaction; for each its outcome, or why it was refused."""
    rows = KnownRows.of(change.session)
    placed: dict[str, _Placing] = {}
    outcomes: list[Outcome | RecordRefused] = []
    every = [(items if isinstance(items, tuple) else (items,), raw) for items, raw in records]
    with change.session.no_autoflush:
        _look_up(rows, [item for items, _ in every for item in items])
        known = _known_messages(change.session, [raw for _, raw in every if raw and raw.identity])
        for items, raw in every:
            try:
                outcomes.append(_store_message(change, rows, items, raw, known, placed))
            except RecordRefused as refused:
                outcomes.append(refused)
            except CannotComplete as refused:
                outcomes.append(RecordRefused(str(refused)))
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


def _look_up(rows: KnownRows, items: Sequence[Item]) -> None:
    """Find the visits, accounts and patients of the batch with one question each."""
    visits, accounts, patients = set(), set(), set()
    for item in items:
        if isinstance(item, Person):
            patients.add((item.patient.source, item.patient.mrn))
        elif isinstance(item, Merge):
            for key in (item.gone, item.kept):
                visits.add(key)
                accounts.add(key)
                patients.add(key)
        elif isinstance(item, Unplaced):
            patients.add(item.patient)
        elif isinstance(item, Statement):
            visits.add((item.source, item.visit_number))
            account, patient = item.values.get("account"), item.values.get("patient")
            key = (account["source"], account["account_number"]) if account else (item.source, item.visit_number)
            accounts.add(key)
            if isinstance(patient, dict):
                patients.add((patient["source"], patient["mrn"]))
            elif patient is not None:
                patients.add((patient.source, patient.mrn))
        else:
            visits.add((item.source, item.visit_number))
            accounts.add((item.account.source, item.account.account_number))
            patients.add((item.patient.source, item.patient.mrn))
    rows.look_up(Encounter, ("source", "visit_number"), visits)
    rows.look_up(Account, ("source", "account_number"), accounts)
    rows.look_up(Patient, ("source", "mrn"), patients)
    for kind, keys in ((ACCOUNT, accounts), (VISIT, visits)):
        rows.look_up(MergedNumber, ("kind", "source", "number"), ((kind, *key) for key in keys))


def _known_messages(session: Session, raws: Sequence[Raw]) -> set[tuple[str, str, str]]:
    """Which of these messages were stored before, as (kind, identity, hash)."""
    if not raws:
        return set()
    columns = (RawMessage.kind, RawMessage.identity, RawMessage.sha256)
    wanted = sorted({(raw.kind, raw.identity) for raw in raws})
    found = session.execute(select(*columns).where(tuple_(RawMessage.kind, RawMessage.identity).in_(wanted)))
    return {tuple(row) for row in found}


def _store_message(
    change: Change,
    rows: KnownRows,
    items: tuple[Item, ...],
    raw: Raw | None,
    known: set[tuple[str, str, str]],
    placed: dict[str, _Placing],
) -> Outcome:
    """Store what one message says, and keep it. Raises RecordRefused, CannotComplete."""
    if raw is None or not raw.identity:
        return _store_item(change, rows, items[0], raw, placed)
    key = (raw.kind, raw.identity, raw.sha256)
    seen = key in known
    if seen and not raw.again:
        return Outcome(Result.UNCHANGED, "", "", about=_about(items[0]))
    if len(items) == 1:
        outcome = _store_item(change, rows, items[0], raw, placed)
    else:
        # All of a message or nothing: what was begun is undone where a later part is refused.
        rows.write()
        with change.session.begin_nested() as part:
            try:
                outcome = [_store_item(change, rows, item, raw, placed) for item in items][-1]
                rows.write()
            except (RecordRefused, CannotComplete):
                part.rollback()
                rows.forget()
                raise
    if seen:
        return outcome
    known.add(key)
    content = zlib.compress(raw.content, 1)
    row = {"id": new_id(), "kind": raw.kind, "identity": raw.identity, "sha256": raw.sha256}
    rows.insert(RawMessage, [row | {"content": content, "received_at": now()}])
    if outcome.result == Result.UNCHANGED:
        change.log("intake.message", "encounter" if outcome.encounter_id else "patient", outcome.encounter_id)
    return outcome


def _about(item: Item) -> About:
    return About.PERSON if isinstance(item, Person) else About.MERGE if isinstance(item, Merge) else About.ENCOUNTER


def _store_item(change: Change, rows: KnownRows, item: Item, raw: Raw | None, placed: dict[str, _Placing]) -> Outcome:
    if isinstance(item, Merge):
        done = apply_merge(change, rows, item)
        return Outcome(Result.CHANGED if done else Result.UNCHANGED, "", "", about=About.MERGE)
    if isinstance(item, Person):
        return _store_person(change, rows, item)
    if isinstance(item, Unplaced):
        rows.write()
        item = place_document(rows.session, item, find_patient(rows, *item.patient))
    if isinstance(item, Statement):
        stored = find_visit(rows, item.source, item.visit_number)
        if stored is not None:
            rows.write()
        known = _named_patient(rows, item)
        return _store(change, rows, ordered(complete(rows.session, item, stored, known)), raw, placed, partial=True)
    return _store(change, rows, ordered(item), raw, placed)


def _named_patient(rows: KnownRows, said: Statement) -> Patient | None:
    """The patient of a statement that names them by number alone."""
    patient = said.values.get("patient")
    return find_patient(rows, patient["source"], patient["mrn"]) if isinstance(patient, dict) else None


def _store_person(change: Change, rows: KnownRows, said: Person) -> Outcome:
    fields = said.patient
    patient = find_patient(rows, fields.source, fields.mrn)
    parts = Parts()
    if patient is None:
        patient = rows.add(Patient(**everything(fields)), source=fields.source, mrn=fields.mrn)
        result = Result.NEW
    else:
        values = {name: value for name, value in named(fields).items() if name not in ("source", "mrn")}
        result = Result.CHANGED if parts.update("patient", patient, values) else Result.UNCHANGED
    if result != Result.UNCHANGED:
        change.log("intake.patient", "patient", patient.id, result=result.value)
    return Outcome(result, "", patient.id, about=About.PERSON)


def _store(
    change: Change,
    rows: KnownRows,
    record: NativeEncounter,
    raw: Raw | None,
    placed: dict[str, _Placing],
    partial: bool = False,
) -> Outcome:
    """Store a record; a `partial` one says only what it names, so that no hash of it stands for the visit."""
    session = change.session
    day, digest = service_day(record), "" if partial else content_hash(record)
    _refuse_repeats(record)
    encounter = find_visit(rows, record.source, record.visit_number)
    before = encounter.status if encounter else None
    conflicts = coding_conflicts(session, encounter, record) if encounter and record.codings else {}
    reasons = tuple(conflicts.values())
    if encounter and digest and encounter.content_sha256 == digest:
        return Outcome(Result.UNCHANGED, encounter.id, encounter.patient_id, conflicts=reasons)
    _refuse_mix_up(rows, record, encounter)

    parts = Parts()
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
    if encounter is not None and rows.waits(Account):
        # The visit goes over to an account that must stand in the database before it.
        rows.write()
    encounter_id = _encounter(rows, record, encounter, patient, account_id, facility, day, digest, parts)
    _coverages(rows, record, account_id, payers, parts)
    _provider_roles(rows, record, encounter_id, providers, parts, fresh)
    new, versions, marked = add_documents(rows, encounter_id, record.documents, fresh, parts)
    _note(parts, "documents", new or versions or marked)
    _note(parts, "charges", add_charges(rows, encounter_id, record.charges, fresh, parts))
    _note(parts, "source codes", add_source_codes(rows, encounter_id, record.source_codes, fresh, parts))
    codings = add_codings(rows, encounter_id, record, set(conflicts)) if record.codings else []
    _note(parts, "codings", codings)
    _note(parts, "tasks", encounter and _new_tasks(session, encounter, record.tasks))

    result = Result.NEW if fresh else Result.CHANGED if parts.names else Result.UNCHANGED
    late = False
    if result != Result.UNCHANGED:
        if encounter:
            encounter.content_sha256 = digest
            if new + versions:
                note_new_documents(session, encounter_id, new + versions)
            follow_status(session, encounter, before or encounter.status)
            if codings:
                parts.late.clear()
            late = keep_change(session, encounter_id, parts, f"{raw.kind} {raw.identity}".strip() if raw else "")
        placed[encounter_id] = _Placing(tuple(record.tasks), tuple(codings))
        if raw and not raw.identity:
            _keep_raw(rows, record, raw, fresh)
        names = [] if fresh else parts.names
        change.log("intake.encounter", "encounter", encounter_id, result=result.value, parts=names)
    changed = () if fresh else tuple(parts.names)
    return Outcome(result, encounter_id, patient.id, changed, new, versions, reasons, late=late)


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
    account = find_account(rows, record.account.source, record.account.account_number)
    if encounter and (patient is None or encounter.patient_id != patient.id):
        raise RecordRefused("the visit belongs to another patient here; merge the records first")
    if account and (patient is None or account.patient_id != patient.id):
        raise RecordRefused(f"account {account.account_number} belongs to another patient here")


def _known_patient(rows: KnownRows, record: NativeEncounter) -> Patient | None:
    return find_patient(rows, record.patient.source, record.patient.mrn)


def _patient(rows: KnownRows, record: NativeEncounter, parts: Parts) -> Patient:
    said = record.patient
    patient = _known_patient(rows, record)
    if patient is None:
        return rows.add(Patient(**everything(said)), source=said.source, mrn=said.mrn)
    values = {name: value for name, value in named(said).items() if name not in ("source", "mrn")}
    parts.update("patient", patient, values)
    return patient


def _facility(rows: KnownRows, record: NativeEncounter, parts: Parts) -> Facility | None:
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


def _account(rows: KnownRows, record: NativeEncounter, patient: Patient, parts: Parts) -> str:
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


def _encounter(
    rows: KnownRows,
    record: NativeEncounter,
    encounter: Encounter | None,
    patient: Patient,
    account_id: str,
    facility: Facility | None,
    day: str,
    digest: str,
    parts: Parts,
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
    named_here = own.keys() & record.model_fields_set - {"source", "visit_number"}
    values = {name: getattr(record, name) for name in own if name in named_here}
    parts.update("encounter", encounter, values | places)
    return encounter.id


def _coverages(
    rows: KnownRows, record: NativeEncounter, account_id: str, payers: Sequence[Payer], parts: Parts
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
    parts: Parts,
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


def _note(parts: Parts, part: str, changed: object) -> None:
    parts.note(part, changed)

"""Stores one native record: a new visit, or what it changes of the one that is here."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, select

from store.database import Change
from store.intake.changes import Parts, follow_status, keep_change, tell_open_charts
from store.intake.charges import NOTHING_TOLD, ToldCharges
from store.intake.chart_parts import (
    add_charges,
    add_codings,
    add_documents,
    add_source_codes,
    coding_conflicts,
    note_new_documents,
)
from store.intake.merging import RecordRefused, find_account, find_visit
from store.intake.native import NativeEncounter
from store.intake.rows import KnownRows
from store.intake.writer.outcome import Outcome, Raw, Result, message_of
from store.intake.writer.parties import (
    VisitPlaces,
    keep_number,
    known_patient,
    store_account,
    store_coverages,
    store_encounter_row,
    store_facility,
    store_patient,
    store_payer,
    store_provider,
    store_provider_roles,
)
from store.models import (
    Account,
    Coding,
    Encounter,
    Patient,
    Payer,
    Provider,
    RawMessage,
    WorkItem,
)
from store.models.columns import new_id, now
from store.terms import CodingKind, EncounterStatus, Setting


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
class Placing:
    """The tasks of an encounter that is to be placed, and the codings that came with it."""

    tasks: tuple[CodingKind, ...]
    codings: tuple[Coding, ...]


def store_record(
    change: Change,
    rows: KnownRows,
    record: NativeEncounter,
    raw: Raw | None,
    placed: dict[str, Placing],
    partial: bool = False,
    told: ToldCharges = NOTHING_TOLD,
) -> Outcome:
    """Store a record; a `partial` one says only what it names, so that no hash of it stands for the visit.

    `told` are the charges that it posts and takes back, and when its sender wrote it.
    """
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

    parts, fresh = Parts(), encounter is None
    patient, encounter_id = _store_visit(change, rows, record, encounter, _Told(day, digest, told.at), parts)
    new, versions, marked = add_documents(rows, encounter_id, record.documents, told.at, fresh, parts)
    parts.note("documents", new or versions or marked)
    parts.note("charges", add_charges(rows, encounter_id, record.charges, told, fresh, parts))
    parts.note("source codes", add_source_codes(rows, encounter_id, record.source_codes, fresh, parts))
    codings = add_codings(rows, encounter_id, record, set(conflicts)) if record.codings else []
    parts.note("codings", codings)
    parts.note("tasks", encounter and _new_tasks(session, encounter, record.tasks))

    result = Result.NEW if fresh else Result.CHANGED if parts.names else Result.UNCHANGED
    late = False
    if result != Result.UNCHANGED:
        if encounter:
            encounter.content_sha256 = digest
            if codings:
                parts.late.clear()
            late = _follow(change, rows, encounter, before or encounter.status, new + versions, parts, raw)
        tell_open_charts(rows, patient, parts, message_of(raw), encounter_id)
        placed[encounter_id] = Placing(tuple(record.tasks), tuple(codings))
        if raw and not raw.identity:
            _keep_raw(rows, record, raw, fresh)
        names = [] if fresh else parts.names
        change.log("intake.encounter", "encounter", encounter_id, result=result.value, parts=names)
    changed = () if fresh else tuple(parts.names)
    notes = tuple(parts.notes)
    return Outcome(result, encounter_id, patient.id, changed, new, versions, reasons, late=late, notes=notes)


@dataclass(frozen=True)
class _Told:
    """What is kept with a visit of what told of it: its day of service, the hash of its content, and when."""

    day: str
    digest: str
    at: str


def _store_visit(
    change: Change,
    rows: KnownRows,
    record: NativeEncounter,
    encounter: Encounter | None,
    told: _Told,
    parts: Parts,
) -> tuple[Patient, str]:
    """Store whose visit it is, where, who pays and who treats, and the visit itself: the patient, and its id."""
    session, fresh = rows.session, encounter is None
    if encounter is not None:
        rows.settle(encounter.id)
    patient = store_patient(rows, record, parts)
    facility = store_facility(rows, record, parts)
    payers = [store_payer(rows, coverage.payer) for coverage in record.coverages]
    providers = [store_provider(rows, one.provider) for one in record.providers]
    changed_here = (row for row in session.dirty if isinstance(row, Payer | Provider))
    parts.note("directory", any(session.is_modified(row) for row in changed_here))
    payer_changed = any(session.is_modified(payer) for payer in payers)
    known_account = find_account(rows, record.account.source, record.account.account_number)
    account_id = store_account(rows, record, patient, parts)
    if encounter is not None and rows.waits(Account):
        # The visit goes over to an account that must stand in the database before it.
        rows.write()
    places = VisitPlaces(account_id, facility, told.day, told.digest, told.at)
    encounter_id = store_encounter_row(rows, record, encounter, patient, places, parts)
    keep_number(rows, record, [encounter_id] if fresh else [], [] if known_account else [account_id])
    store_coverages(rows, record, account_id, payers, parts)
    store_provider_roles(rows, record, encounter_id, providers, parts, fresh)
    if "patient" in parts.names or (known_account and ("coverages" in parts.names or payer_changed)):
        _follow_registration(change, rows, patient.id, account_id, parts)
    return patient, encounter_id


def _follow(
    change: Change,
    rows: KnownRows,
    encounter: Encounter,
    before: EncounterStatus,
    documents: int,
    parts: Parts,
    raw: Raw | None,
) -> bool:
    """Let tasks and claims of a visit that was here follow what changed of it; whether that came after coding began."""
    tasks = rows.children(WorkItem, "encounter_id", encounter.id)
    if documents and tasks:
        note_new_documents(change.session, encounter.id, documents)
    follow_status(encounter, before, tasks)
    message = message_of(raw)
    late = keep_change(rows, encounter.id, parts, message, tasks)
    if "encounter" in parts.names:
        _restate(change, encounter.id, message)
    rows.touch(encounter.id)
    return late


def _restate(change: Change, encounter_id: str, message: str) -> None:
    """Have the claims of a visit that was changed state what it says now."""
    from store.claims.restating import restate

    restate(change, encounter_id, message or "the visit was changed by its sender")


def _follow_registration(change: Change, rows: KnownRows, patient_id: str, account_id: str, parts: Parts) -> None:
    """Have the claims that have not left, of any visit, state patient and coverages as this record corrected them."""
    from store.claims.restating import restate_of_account, restate_of_patient

    rows.write()
    why = "registration was corrected by its sender"
    if "patient" in parts.names:
        restate_of_patient(change, patient_id, why)
    else:
        restate_of_account(change, account_id, why)


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
    patient = known_patient(rows, record)
    account = find_account(rows, record.account.source, record.account.account_number)
    if encounter and (patient is None or encounter.patient_id != patient.id):
        raise RecordRefused("the visit belongs to another patient here; merge the records first")
    if account and (patient is None or account.patient_id != patient.id):
        raise RecordRefused(f"account {account.account_number} belongs to another patient here")


def _new_tasks(session: Session, encounter: Encounter, tasks: Iterable[CodingKind]) -> bool:
    if encounter.status != EncounterStatus.DISCHARGED or not tasks:
        return False
    present = session.exec(select(WorkItem.kind).where(WorkItem.encounter_id == encounter.id)).all()
    return not set(tasks) <= set(present)


def _keep_raw(rows: KnownRows, record: NativeEncounter, raw: Raw | None, fresh: bool) -> None:
    if raw is None:
        return
    identity = f"{record.source}|{record.visit_number}"
    digest = hashlib.sha256(raw.content).hexdigest()
    known = {"kind": raw.kind, "identity": identity, "sha256": digest}
    if fresh or rows.session.exec(select(RawMessage.id).filter_by(**known)).first() is None:
        content = zlib.compress(raw.content)
        rows.insert(RawMessage, [{"id": new_id(), "content": content, "received_at": now(), **known}])

"""Stores batches of messages in the caller's transaction: each whole or not at all, and the same one never twice."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from store.database import Change
from store.intake.changes import Parts, tell_open_charts
from store.intake.charges import ToldCharges
from store.intake.merging import ACCOUNT, VISIT, RecordRefused, apply_merge, find_patient, find_visit
from store.intake.native import NativeEncounter, ordered
from store.intake.persons import refuse_another, refuse_replaced
from store.intake.rows import KnownRows, everything, told_of
from store.intake.statement import CannotComplete, Item, Merge, Person, QueryAnswer, Statement, Unplaced, complete
from store.intake.statement import place as place_document
from store.intake.writer.answers import match_answer
from store.intake.writer.outcome import About, Outcome, Place, Raw, Result, message_of
from store.intake.writer.record import Placing, store_record
from store.models import (
    Account,
    Coding,
    Coverage,
    Encounter,
    EncounterProvider,
    MergedNumber,
    Patient,
    RawMessage,
    WorkItem,
)
from store.models.columns import new_id, now
from store.terms import CodingStatus, WorkStatus


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
    placed: dict[str, Placing] = {}
    outcomes: list[Outcome | RecordRefused] = []
    every = [(items if isinstance(items, tuple) else (items,), raw) for items, raw in records]
    with change.session.no_autoflush:
        _look_up(rows, [item for items, _ in every for item in items])
        _load_children(rows, [item for items, _ in every for item in items])
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
        elif isinstance(item, Unplaced | QueryAnswer):
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


def _load_children(rows: KnownRows, items: Sequence[Item]) -> None:
    """Read tasks, providers and insurances of the visits that are here with one question each."""
    statements = [item for item in items if isinstance(item, Statement)]
    if len(statements) < 2:
        return
    found = (rows.known(Encounter, item.source, item.visit_number) for item in statements)
    visits = [visit for visit in found if visit is not None]
    rows.load_children(WorkItem, "encounter_id", (visit.id for visit in visits))
    rows.load_children(EncounterProvider, "encounter_id", (visit.id for visit in visits))
    rows.load_children(Coverage, "account_id", (visit.account_id for visit in visits))


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
    placed: dict[str, Placing],
) -> Outcome:
    """Store what one message says, and keep it. Raises RecordRefused, CannotComplete."""
    if raw is None or not raw.identity:
        return _store_item(change, rows, items[0], raw, placed)
    key = (raw.kind, raw.identity, raw.sha256)
    seen = key in known
    if seen and not raw.again:
        return Outcome(Result.UNCHANGED, "", "", about=_about(items[0]))
    if seen:
        items = tuple(map(_without_postings, items))
    if len(items) == 1 and not isinstance(items[0], QueryAnswer | Merge):
        outcome = _store_item(change, rows, items[0], raw, placed)
    else:
        # All of a message or nothing: what was begun is undone where a later part is refused.
        rows.write()
        events = len(change.events)
        with change.session.begin_nested() as part:
            try:
                outcome = [_store_item(change, rows, item, raw, placed) for item in items][-1]
                rows.write()
            except (RecordRefused, CannotComplete):
                part.rollback()
                rows.forget()
                del change.events[events:]
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


def _without_postings(item: Item) -> Item:
    """A statement that is tried again without the charges that it posted and took back before, in its own visit."""
    return dataclasses.replace(item, postings=()) if isinstance(item, Statement) and not item.about else item


def _about(item: Item) -> About:
    return About.PERSON if isinstance(item, Person) else About.MERGE if isinstance(item, Merge) else About.ENCOUNTER


def _store_item(change: Change, rows: KnownRows, item: Item, raw: Raw | None, placed: dict[str, Placing]) -> Outcome:
    if isinstance(item, Merge):
        done = apply_merge(change, rows, item)
        rows.forget_children()
        return Outcome(Result.CHANGED if done else Result.UNCHANGED, "", "", about=About.MERGE)
    if isinstance(item, Person):
        return _store_person(change, rows, item, raw)
    if isinstance(item, Unplaced):
        rows.write()
        item = place_document(rows.session, item, find_patient(rows, *item.patient))
    if isinstance(item, QueryAnswer):
        item = match_answer(change, rows, item)
    if isinstance(item, Statement):
        stored = find_visit(rows, item.source, item.visit_number)
        if stored is None and item.else_person:
            return _store_person(change, rows, Person(item.values["patient"]), raw)
        if stored is not None:
            rows.settle(stored.id)
            refuse_another(rows, item, stored)
        record = ordered(complete(rows.session, item, stored, _named_patient(rows, item)))
        return store_record(change, rows, record, raw, placed, True, ToldCharges(item.postings, item.told_at))
    return store_record(change, rows, ordered(item), raw, placed)


def _named_patient(rows: KnownRows, said: Statement) -> Patient | None:
    """The patient of a statement that names them by number alone: of a number that was given up its own row."""
    patient = said.values.get("patient")
    return rows.find(Patient, source=patient["source"], mrn=patient["mrn"]) if isinstance(patient, dict) else None


def _store_person(change: Change, rows: KnownRows, said: Person, raw: Raw | None) -> Outcome:
    fields = said.patient
    patient = rows.find(Patient, source=fields.source, mrn=fields.mrn)
    parts = Parts()
    if patient is None:
        patient = rows.add(Patient(**everything(fields)), source=fields.source, mrn=fields.mrn)
        result = Result.NEW
    else:
        refuse_replaced(fields, patient)
        result = Result.CHANGED if parts.update("patient", patient, told_of(fields)) else Result.UNCHANGED
        tell_open_charts(rows, patient, parts, message_of(raw))
    if result == Result.CHANGED:
        from store.claims.restating import restate_of_patient

        rows.write()
        restate_of_patient(change, patient.id, "the patient was corrected by registration")
    if result != Result.UNCHANGED:
        change.log("intake.patient", "patient", patient.id, result=result.value)
    return Outcome(result, "", patient.id, about=About.PERSON)


def _place_all(session: Session, placed: dict[str, Placing], place: Place | None) -> None:
    if not place or not placed:
        return
    for encounter in session.exec(select(Encounter).where(col(Encounter.id).in_(list(placed)))).all():
        placing = placed[encounter.id]
        place(session, encounter, placing.tasks)
        if placing.codings:
            session.flush()
            _finish_tasks(session, encounter, placing.codings)


def _finish_tasks(session: Session, encounter: Encounter, codings: Sequence[Coding]) -> None:
    """A task whose final codes came with the record has nothing left to do."""
    finals = {coding.kind: coding for coding in codings if coding.status == CodingStatus.FINAL}
    if not finals:
        return
    for item in session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter.id)):
        if item.kind in finals and item.status == WorkStatus.READY:
            item.status = WorkStatus.FINAL
            item.finished_at = finals[item.kind].finalized_at

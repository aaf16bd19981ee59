"""Places tasks into worklists: when a chart changes, once a day, and when other worklists come into force."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Exists, bindparam, func, text
from sqlalchemy.orm import object_session
from sqlmodel import Session, col, select

from store.actors import Actor
from store.criteria.facts import Facts, facts_after, facts_of
from store.database import Change, Database
from store.models import Counter, Document, Encounter, Patient, WorkItem
from store.models.columns import table_of
from store.models.work import OPEN_STATES
from store.queries import SessionReader
from store.settings import today
from store.terms import RESTRICTED, CodingKind, EncounterStatus, Setting, WorkStatus
from store.whole import limited_to
from store.worklists.order import order_key
from store.worklists.priority import charged_cents, filing_limit, reasons_of
from store.worklists.rulebook import Rulebook, WorklistRule
from store.worklists.versions import rulebook_of

_PORTION = 100
"""How many charts are looked at in one transaction, so that no coder waits for it."""

_PORTION_OF_ROWS = 500
"""How many tasks are written in one transaction where only their rows are."""

_PAUSE = 0.02
"""Seconds between two portions, in which others have their turn: the lock of writers knows no queue."""

HOLD_CLEARED = [15, "its last hold was cleared"]

_AT_HAND: dict[str, Callable[[WorkItem, Encounter], object]] = {
    "setting": lambda item, encounter: encounter.setting.value,
    "kind": lambda item, encounter: item.kind.value,
    "service date": lambda item, encounter: encounter.service_date,
    "charges": lambda item, encounter: -item.charge_rank,
    "documents": lambda item, encounter: _documents(encounter),
}
"""Values that are at hand while a chart is placed, or one short question away; others are gathered from the record."""


def usual_tasks(setting: Setting) -> tuple[CodingKind, ...]:
    """The sides of the bill that a visit of this setting has."""
    if setting in (Setting.CLINIC, Setting.RADIOLOGY):
        return (CodingKind.PROFESSIONAL,)
    if setting in (Setting.EMERGENCY, Setting.SURGERY):
        return (CodingKind.PROFESSIONAL, CodingKind.FACILITY)
    return (CodingKind.FACILITY,)


def place(session: Session, encounter: Encounter, tasks: Sequence[CodingKind] = ()) -> None:
    """Make sure that each coding task of a closed visit stands in its worklist, with its priority of today.

    An open visit is not placed yet; a canceled one takes its unfinished tasks out of the lists.
    """
    if encounter.status == EncounterStatus.OPEN:
        return
    present = {item.kind: item for item in session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter.id))}
    if encounter.status != EncounterStatus.DISCHARGED:
        for known in present.values():
            if known.status != WorkStatus.FINAL:
                known.status = WorkStatus.CANCELED
        return
    cents, limit = charged_cents(session, encounter), filing_limit(session, encounter)
    patient = session.get_one(Patient, encounter.patient_id)
    book, day = rulebook_of(session), today()
    kinds = list(dict.fromkeys((*(tasks or usual_tasks(encounter.setting)), *present)))
    billed = [one for one in kinds if one not in present or present[one].status != WorkStatus.CANCELED]
    for kind in kinds:
        item = present.get(kind)
        if item is None:
            item = WorkItem(encounter_id=encounter.id, kind=kind, worklist="")
            session.add(item)
        of_side = cents[kind] if kind in billed and len(billed) > 1 else sum(cents.values())
        item.service_date, item.charge_rank, item.bill_by = encounter.service_date, -of_side, limit
        name_on_list(item, patient)
        _set_list(session, item, encounter, book, day)
        if item.status == WorkStatus.ON_HOLD and (change := Change.of(session)):
            from store.holds.clearing import clear_by_rules

            clear_by_rules(change, item)


def reroute(session: Session, item: WorkItem, just_cleared: bool = False) -> None:
    """Place one task anew after something of it changed that is not the visit's: a hold, a query, whom it is for.

    A task whose last hold was `just_cleared` stands higher until the next day.
    """
    encounter = session.get_one(Encounter, item.encounter_id)
    _set_list(session, item, encounter, rulebook_of(session), today(), just_cleared)


def name_on_list(item: WorkItem, patient: Patient) -> None:
    """What lists call the patient of a task: a restricted one has no name there, to be read, sorted or searched by."""
    item.restricted = patient.restricted is not None
    names = (patient.family_name, patient.given_name)
    item.patient_name = RESTRICTED if item.restricted else ", ".join(filter(None, names))


def rule_words(rule: WorklistRule, book: Rulebook) -> str:
    """The rule that placed a task, with the version of the worklists: `clinic-3: visit closed`."""
    return f"{rule.rule}-{book.version}: {rule.words}"


def route_of(skill: str, facility_id: str | None, assigned_to: str | None) -> str:
    """Who may be given a task: skill, facility and assigned person, which get-next looks for."""
    return f"{skill}|{facility_id or ''}|{assigned_to or ''}"


def day_is_new(db: Database) -> bool:
    """Whether the open charts have not been placed yet on this day."""
    with db.reading() as session:
        counter = session.get(Counter, _placed_by(session))
        return counter is None or counter.last != _day_number()


def _placed_by(session: Session) -> str:
    """The counter that keeps the day of the last placing; a session that sees a part places no chart of the others."""
    facilities = limited_to(session.connection())
    return "priorities" if facilities is None else f"priorities of {facilities}"


def refresh_priorities(db: Database, actor: Actor) -> int:
    """Give the open charts their place of the day, once a day: ages and deadlines move; how many were looked at.

    Holds whose rule has cleared meanwhile, as a day that has come, are cleared.
    """
    day = _day_number()
    with db.change(actor) as change:
        name = _placed_by(change.session)
        counter = change.session.get(Counter, name) or Counter(name=name)
        if counter.last == day:
            return 0
        counter.last = day
        change.session.add(counter)
    looked_at = age_all(db, actor)
    _clear_holds(db, actor)
    return looked_at


def age_all(db: Database, actor: Actor) -> int:
    """Give every open task its priority and place of today; how many were looked at. Nothing else of them moves."""
    looked_at, after = 0, ""
    while True:
        with db.change(actor) as change:
            book, day = rulebook_of(change.session), today()
            portion = facts_after(SessionReader(change.session), sorted(book.fields), day, after, _PORTION_OF_ROWS)
            if portion:
                change.session.execute(_AGE, [_aged(facts, book, day) for facts in portion])
        if not portion:
            return looked_at
        looked_at, after = looked_at + len(portion), portion[-1].work_item_id
        time.sleep(_PAUSE)


def _clear_holds(db: Database, actor: Actor) -> None:
    from store.holds.clearing import clear_by_rules

    after = ""
    while True:
        with db.change(actor) as change:
            query = select(WorkItem).where(WorkItem.status == WorkStatus.ON_HOLD, WorkItem.id > after)
            held = change.session.exec(query.order_by(WorkItem.id).limit(_PORTION)).all()
            for item in held:
                clear_by_rules(change, item)
            if not held:
                return
            after = held[-1].id
        time.sleep(_PAUSE)


def place_all(db: Database, actor: Actor) -> int:
    """Place every open chart anew, portion by portion; how many were looked at."""
    looked_at, after = 0, ""
    while True:
        with db.change(actor) as change:
            encounters = change.session.exec(
                select(Encounter).where(Encounter.id > after, _has_open_task()).order_by(Encounter.id).limit(_PORTION)
            ).all()
            for encounter in encounters:
                kinds = change.session.exec(select(WorkItem.kind).where(WorkItem.encounter_id == encounter.id)).all()
                place(change.session, encounter, [CodingKind(one) for one in kinds])
            if not encounters:
                return looked_at
            looked_at, after = looked_at + len(encounters), encounters[-1].id


def list_all(db: Database, actor: Actor) -> int:
    """Give every open task its worklist by the rules in force, with the priority it has; how many were looked at.

    Each portion is a transaction of its own, so that coding goes on beside it.
    """
    looked_at, after = 0, ""
    while True:
        with db.change(actor) as change:
            book, day = rulebook_of(change.session), today()
            portion = facts_after(SessionReader(change.session), sorted(book.fields), day, after)
            rows = [_listed(facts, book, day) for facts in portion]
            if rows:
                change.session.execute(_LIST, rows)
        if not portion:
            return looked_at
        looked_at, after = looked_at + len(portion), portion[-1].work_item_id
        time.sleep(_PAUSE)


_LIST = text(
    "UPDATE work_item SET worklist = :worklist, skill = :skill, rule = :rule, order_key = :order_key, route = :route"
    " WHERE id = :id AND (worklist <> :worklist OR rule <> :rule OR order_key <> :order_key OR route <> :route)"
)


def _aged(facts: Facts, book: Rulebook, day: date) -> dict[str, object]:
    reasons = reasons_of(facts.aging, day)
    aged = replace(facts, priority=sum(points for points, _ in reasons))
    listed = _listed(aged, book, day)
    return {"task": listed.pop("id"), "rank": -aged.priority, "reasons": reasons, **listed}


_TASK = table_of(WorkItem)
_AGE = _TASK.update().where(_TASK.c.id == bindparam("task"))
"""Sets what a task is listed by; the columns are those of the values."""


def _listed(facts: Facts, book: Rulebook, day: date) -> dict[str, object]:
    rule = book.rule_for(facts.values, day)
    return {
        "id": facts.work_item_id,
        "worklist": rule.name,
        "skill": rule.skill,
        "rule": rule_words(rule, book),
        "order_key": order_key(rule.order, facts.values, facts.priority),
        "route": route_of(rule.skill, facts.facility_id, facts.assigned_to),
    }


def _set_list(
    session: Session, item: WorkItem, encounter: Encounter, book: Rulebook, day: date, just_cleared: bool = False
) -> None:
    item.reasons = reasons_of(item, day) + ([HOLD_CLEARED] if just_cleared else [])
    priority = sum(points for points, _ in item.reasons)
    item.rank = -priority
    values: dict[str, object]
    if set(_AT_HAND) >= book.fields:
        values = {name: _AT_HAND[name](item, encounter) for name in book.fields}
    else:
        session.flush()
        facts = facts_of(SessionReader(session), item.id, sorted(book.fields), day)
        assert facts is not None
        values = facts.values
    rule = book.rule_for(values, day)
    item.worklist, item.skill, item.rule = rule.name, rule.skill, rule_words(rule, book)
    item.order_key = order_key(rule.order, values, priority)
    item.route = route_of(rule.skill, encounter.facility_id, item.assigned_to)


def _documents(encounter: Encounter) -> int:
    """How many documents a visit has, each in its newest version."""
    session = object_session(encounter)
    assert session is not None
    current = (Document.encounter_id == encounter.id, Document.current)
    return int(session.execute(select(func.count()).select_from(Document).where(*current)).scalar_one())


def _day_number() -> int:
    return int(today().strftime("%Y%m%d"))


def _has_open_task() -> Exists:
    """Asked of each visit in turn: to gather those that have one costs as much as there are, for every portion."""
    return (
        select(WorkItem.id).where(WorkItem.encounter_id == Encounter.id, col(WorkItem.status).in_(OPEN_STATES)).exists()
    )

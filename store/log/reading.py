"""The log for people: the last entries, and who opened a chart. Reading it is logged like any other look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from store.actors import Actor
from store.database import Change, Database
from store.intake.export import find_encounter
from store.models import (
    Audit,
    Claim,
    Coding,
    Deficiency,
    Denial,
    Encounter,
    LogEntry,
    Person,
    ProviderQuery,
    WorkItem,
)
from store.models.columns import now
from store.queries import SessionReader
from store.queries.restricted import PATIENT_OF, closed_patients, is_closed
from store.record_numbers import find_patient, numbers_of
from store.terms import RESTRICTED
from store.whole import require_seen


@dataclass(frozen=True)
class LoggedEvent:
    """One entry as it is shown; `at` is ISO text in UTC, `name` the person's name where the login has one."""

    seq: int
    at: str
    actor: str
    name: str
    action: str
    target_kind: str
    target_id: str
    detail: dict[str, Any]


def who_opened(db: Database, actor: Actor, key: str) -> list[LoggedEvent]:
    """Everything that was seen or done of an encounter (by id or visit number), newest first.

    Its account and whatever belongs to it (`_PARTS`) are part of it. Raises NoSuchEncounter.
    """
    with db.change(actor) as change:
        encounter_id = find_encounter(change.session, key)
        events = _events(change, col(LogEntry.target_id).in_(_parts(change.session, encounter_id)))
        change.log("log.opened", "encounter", encounter_id)
        return events


def who_saw(db: Database, actor: Actor, mrn: str) -> list[LoggedEvent]:
    """Everything that was seen or done of a patient (record number or id) and of all their visits, newest first.

    Exports with names and those merged into the patient are part of it. Raises NoSuchPatient, PartOfRecord.
    """
    with db.change(actor, action="log.saw") as change:
        session = change.session
        patient = find_patient(session, mrn)
        require_seen(SessionReader(session), "patient", (patient.id,), "who saw a patient")
        people = numbers_of(session, patient)
        visits = session.exec(select(Encounter.id).where(col(Encounter.patient_id).in_(people))).all()
        targets = [*people, *(part for visit in visits for part in _parts(session, visit))]
        events = _events(change, col(LogEntry.target_id).in_(targets))
        change.log("log.saw", "patient", patient.id)
        return events


def last_entries(
    db: Database, actor: Actor, count: int, login: str | None = None, action: str | None = None
) -> list[LoggedEvent]:
    """The last entries, newest first, of everybody or one login, of every action or those that begin with a word."""
    conditions: list[ColumnElement[bool]] = []
    if login is not None:
        conditions.append(col(LogEntry.actor) == login)
    if action is not None:
        conditions.append(col(LogEntry.action).startswith(action, autoescape=True))
    with db.change(actor) as change:
        events = _events(change, *conditions, limit=count)
        change.log("log.list", "log", "", of=login or "", action=action or "")
        return events


def _events(change: Change, *conditions: ColumnElement[bool], limit: int | None = None) -> list[LoggedEvent]:
    """Entries, newest first; of a chart that is closed to the reader who did what, and not with which codes."""
    session = change.session
    names = dict(session.exec(select(Person.login, Person.name)).all())
    query = select(LogEntry).where(*conditions).order_by(col(LogEntry.seq).desc()).limit(limit)
    found = session.exec(query).all()
    closed = _closed_targets(change, {(e.target_kind, e.target_id) for e in found if e.detail})
    return [
        LoggedEvent(
            e.seq,
            e.at,
            e.actor,
            names.get(e.actor, ""),
            e.action,
            e.target_kind,
            e.target_id,
            dict(_CLOSED if (e.target_kind, e.target_id) in closed and not e.action.startswith(_TOLD) else e.detail),
        )
        for e in found
    ]


_CLOSED = {"chart": RESTRICTED.lower()}
"""What stands in the place of the details of an entry about a chart that is closed to the reader."""

_TOLD = ("glass.", "patient.", "refused")
"""Actions about who may open a chart; their details hold nothing of it."""


def _closed_targets(change: Change, targets: set[tuple[str, str]]) -> set[tuple[str, str]]:
    reader, person = SessionReader(change.session), change.actor.person_id
    if not person or not closed_patients(reader, person, now()):
        return set()
    return {
        (kind, target)
        for kind, target in targets
        if kind in PATIENT_OF and is_closed(reader, kind, target, person, now())
    }


def _parts(session: Session, encounter_id: str) -> list[str]:
    """The ids under which the log tells of a visit: its own, its account's, and those of what belongs to it."""
    account = session.exec(select(Encounter.account_id).where(Encounter.id == encounter_id)).one()
    own = [one for part in _PARTS for one in session.exec(select(part.id).where(part.encounter_id == encounter_id))]
    of_claims = select(Denial.id).join(Claim, col(Claim.id) == Denial.claim_id)
    return [encounter_id, account, *own, *session.exec(of_claims.where(Claim.encounter_id == encounter_id))]


_PARTS: tuple[Any, ...] = (WorkItem, Coding, Claim, ProviderQuery, Audit, Deficiency)
"""What belongs to a visit and is a target of the log."""

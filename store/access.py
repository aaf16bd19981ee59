"""Restricted charts: who may open them, and the glass that anybody in need may break.

A patient may be restricted (staff, their families, people in the news). Lists then show no name; the charts open for
people who were admitted, and for whoever breaks the glass: with a reason, for an hour, and to be reviewed
(45 CFR 164.312(a)(2)(ii), emergency access procedure). A right of its role is needed besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from codesets.safe import as_typed
from store import pins
from store.actors import Actor, NotAllowed
from store.database import Change, Database
from store.models import ChartAccess, Encounter, Patient, Person, WorkItem
from store.models.columns import MOST_IN_A_LINE, later, now
from store.people import NoSuchPerson
from store.permissions import allowed
from store.queries import SessionReader
from store.queries.restricted import is_closed, patient_of
from store.reasons import ReasonNeeded, reason_in_words
from store.record_numbers import NoSuchPatient, find_number, find_patient, remaining_patient, went_over_since
from store.whole import require_seen
from store.worklists import name_on_list

EMERGENCY_MINUTES = 60
"""How long a broken glass stays open."""


class ChartRestricted(CodedeskError):
    """The chart is of a restricted patient and the person was not admitted to it."""

    title = "restricted chart"
    exit_code = 1
    refusal = True


def closed_to(actor: Actor, patient_id: str) -> ChartRestricted:
    """The refusal of a restricted chart, and of what comes from it, with what opens it to this actor.

    The patient is named by id: their record number is for who was admitted.
    """
    if allowed(actor.role, "do", "glass.break"):
        remedy = f"in an emergency: {as_typed('patients', 'emergency', patient_id)}"
    else:
        remedy = "ask whoever admits people: codedesk patients grant"
    return ChartRestricted("only people who were admitted may open it", remedy)


@dataclass(frozen=True)
class Emergency:
    """A glass that was broken; times are ISO text in UTC, `reviewed_at` None while it waits for a review."""

    id: str
    mrn: str
    person: str
    login: str
    reason: str
    since: str
    until: str
    reviewed_at: str | None
    reviewed_by: str
    verdict: str


def require_access(change: Change, patient_id: str) -> str:
    """Let the actor at a patient's charts; until when, where it is by a broken glass. Raises ChartRestricted."""
    named = change.session.get(Patient, patient_id)
    if named is None or change.actor.person_id is None:
        return ""
    patient = remaining_patient(change.session, named)
    if patient.restricted is None:
        return ""
    access = access_of(change.session, patient.id, change.actor.person_id)
    if access is None:
        raise closed_to(change.actor, patient.id)
    return access.until or "" if access.emergency else ""


def require_admitted(change: Change, *patient_ids: str, were_restricted: bool = False) -> None:
    """Let only who was admitted to all of these patients that are restricted do what changes whose charts are whose.

    A broken glass, which is for reading in an emergency, admits nobody to this. `were_restricted`: also where the
    charts are open now. Raises ChartRestricted.
    """
    person = change.actor.person_id
    for patient_id in patient_ids if person else ():
        patient = change.session.get_one(Patient, patient_id)
        if patient.restricted is None and not were_restricted:
            continue
        if access_of(change.session, patient_id, person or "", emergency=False) is None:
            change.target = ("patient", patient_id)
            raise ChartRestricted(
                "only people who were admitted to these charts merge or move them, or take them apart",
                "ask one of them, or whoever admits people: codedesk patients grant",
            )


def require_at(change: Change, kind: str, *target_ids: str) -> None:
    """Let the actor at what holds something of a chart: claims, accounts, denials, visits. Raises ChartRestricted.

    This is the one gate before everything that is written from a chart; `kind` is one of `restricted.PATIENT_OF`.
    """
    change.target = (kind, target_ids[0] if target_ids else "")
    person, reader = change.actor.person_id, SessionReader(change.session)
    for one in target_ids if person else ():
        if is_closed(reader, kind, one, person or "", now()):
            raise closed_to(change.actor, patient_of(reader, kind, one))


def let_in(db: Database, actor: Actor, kind: str, target_id: str) -> None:
    """Let the actor at what holds something of a chart, where what they do of it logs itself. As `require_at`."""
    with db.change(actor) as change:
        require_at(change, kind, target_id)


def look(db: Database, actor: Actor, action: str, kind: str, target_ids: Sequence[str], **detail: object) -> None:
    """Log that the actor looks at what holds something of a chart, before it is shown.

    Raises NotAllowed for a role that may not, ChartRestricted for who was not admitted; either is logged.
    """
    with db.change(actor, action=action) as change:
        require_at(change, kind, *target_ids)
        for one in target_ids:
            change.log(action, kind, one, **detail)


def access_of(session: Session, patient_id: str, person_id: str, emergency: bool = True) -> ChartAccess | None:
    """What lets a person at a restricted patient's charts at this moment; of admissions alone without `emergency`."""
    found = session.exec(
        select(ChartAccess)
        .where(ChartAccess.patient_id == patient_id, ChartAccess.person_id == person_id)
        .order_by(col(ChartAccess.emergency), col(ChartAccess.id))
    )
    living = (one for one in found if one.until is None or one.until > now())
    return next((one for one in living if emergency or not one.emergency), None)


def break_glass(
    db: Database, actor: Actor, work_item_id: str, reason: str, pin: str = "", operation_id: str | None = None
) -> str:
    """Open the charts of a restricted patient to the actor for an hour; until when, as ISO text in UTC.

    Raises ReasonNeeded, and WrongPin where the person has a PIN and this is not it.
    """
    return _break(db, actor, ("work_item", work_item_id), reason, pin, operation_id)


def find_restricted(db: Database, actor: Actor, key: str) -> str:
    """The id of the patient whom a record number, a visit number or an id of either names, for `break_glass_of`.

    "" where their charts are open to the actor already. Raises NoSuchPatient, also where the key means two patients;
    NotAllowed for who may break no glass.
    """
    with db.change(actor, action="glass.break") as change:
        session = change.session
        query = select(Encounter.patient_id).where((Encounter.visit_number == key) | (Encounter.id == key))
        found = {remaining_patient(session, session.get_one(Patient, one)).id for one in session.exec(query)}
        if not found or session.exec(select(Patient.id).where((Patient.mrn == key) | (Patient.id == key))).first():
            found.add(find_patient(session, key).id)
        if len(found) > 1:
            raise NoSuchPatient(f"{key!r} is a number of {len(found)} patients", "name the patient by id")
        (patient,) = found
        closed = is_closed(SessionReader(session), "patient", patient, actor.person_id or "", now())
        return patient if closed else ""


def break_glass_of(
    db: Database, actor: Actor, patient_id: str, reason: str, pin: str = "", operation_id: str | None = None
) -> str:
    """As `break_glass`, by the id of a patient (of whom remains, as `find_restricted` tells it)."""
    return _break(db, actor, ("patient", patient_id), reason, pin, operation_id)


def _break(db: Database, actor: Actor, target: tuple[str, str], reason: str, pin: str, operation_id: str | None) -> str:
    reason = reason_in_words(reason)
    pins.require_pin(db, actor, pin)
    with db.change(actor, operation_id, "glass.break") as change:
        if change.repeated:
            return str(change.answer["until"])
        change.target = target
        patient_id = patient_of(SessionReader(change.session), *target)
        access = ChartAccess(
            patient_id=patient_id,
            person_id=actor.person_id or "",
            emergency=True,
            reason=reason,
            until=later(EMERGENCY_MINUTES),
        )
        change.session.add(access)
        change.log("glass.break", "patient", patient_id, reason=reason, until=access.until)
        change.answer = {"until": access.until}
        return str(access.until)


def restrict(db: Database, actor: Actor, mrn: str, reason: str, operation_id: str | None = None) -> str:
    """Restrict the charts of a patient (record number or id); the number of who remains, whose they are.

    Raises NoSuchPatient, ReasonNeeded.
    """
    return _mark(db, actor, mrn, reason_in_words(reason), "patient.restrict", operation_id)


def unrestrict(db: Database, actor: Actor, mrn: str, reason: str, operation_id: str | None = None) -> str:
    """Open the charts of a patient to all again: who was admitted to them does, for a reason that is reviewed.

    A broken glass admits nobody to this. Who was admitted stays so, should the charts be restricted again. Returns
    the number of who remains. Raises NoSuchPatient, ReasonNeeded, ChartRestricted.
    """
    return _mark(db, actor, mrn, None, "patient.unrestrict", operation_id, reason_in_words(reason))


def admit(db: Database, actor: Actor, mrn: str, login: str, admitted: bool, operation_id: str | None = None) -> str:
    """Admit a person to a restricted patient's charts, or end that; the number of who remains, whose they are.

    Raises NoSuchPatient, NoSuchPerson, and NotAllowed for who would admit themselves.
    """
    with db.change(actor, operation_id, "patient.grant") as change:
        if change.repeated:
            return str(change.answer.get("mrn", mrn))
        number = find_number(change.session, mrn)
        patient = remaining_patient(change.session, number)
        person = change.session.exec(select(Person).where(Person.login == login)).first()
        if person is None:
            raise NoSuchPerson(f"{login} is not known here", "codedesk users list shows who is")
        change.target = ("patient", patient.id)
        if admitted and person.id == actor.person_id:
            raise NotAllowed("nobody admits themselves to restricted charts", "ask another manager")
        present = access_of(change.session, patient.id, person.id)
        if admitted and (present is None or present.emergency):
            access = ChartAccess(patient_id=patient.id, person_id=person.id, given_by=actor.person_id)
            change.session.add(access)
            went_over_since(change.session, number, accesses=[access.id])
        elif not admitted and present is not None:
            present.until = now()
            change.session.add(present)
        change.log("patient.grant", "patient", patient.id, login=login, admitted=admitted)
        change.answer = {"mrn": patient.mrn}
        return patient.mrn


def emergencies(db: Database, actor: Actor, reviewed: bool = False) -> list[Emergency]:
    """The glasses that were broken and wait for a review, oldest first; with `reviewed`, the others too."""
    with db.change(actor, action="glass.list") as change:
        query = (
            select(ChartAccess, Patient.mrn, Person.name, Person.login)
            .join(Patient, col(Patient.id) == ChartAccess.patient_id)
            .join(Person, col(Person.id) == ChartAccess.person_id)
            .where(col(ChartAccess.emergency).is_(True))
            .order_by(ChartAccess.since, ChartAccess.id)
        )
        if not reviewed:
            query = query.where(col(ChartAccess.reviewed_at).is_(None))
        names = dict(change.session.exec(select(Person.id, Person.name)).all())
        rows = change.session.exec(query).all()
        change.log("glass.list", "", "", found=len(rows))
        return [
            Emergency(
                id=access.id,
                mrn=mrn,
                person=name,
                login=login,
                reason=access.reason,
                since=access.since,
                until=access.until or "",
                reviewed_at=access.reviewed_at,
                reviewed_by=names.get(access.reviewed_by or "", ""),
                verdict=access.verdict,
            )
            for access, mrn, name, login in rows
        ]


def review(db: Database, actor: Actor, access_id: str, verdict: str, operation_id: str | None = None) -> None:
    """Say what the review of a broken glass came to. Raises ReasonNeeded, ChartRestricted for one's own."""
    verdict = reason_in_words(verdict)
    with db.change(actor, operation_id, "glass.review") as change:
        if change.repeated:
            return
        access = change.session.get(ChartAccess, access_id)
        if access is None or not access.emergency:
            raise ReasonNeeded(f"no emergency has the id {access_id!r}", "codedesk users emergencies lists them")
        if access.person_id == actor.person_id:
            raise ChartRestricted("nobody reviews their own emergency", "ask another manager")
        if access.reviewed_at:
            raise ReasonNeeded("it was reviewed already", "codedesk users emergencies --all shows it")
        access.reviewed_by, access.reviewed_at, access.verdict = actor.person_id, now(), verdict
        change.session.add(access)
        change.log("glass.review", "patient", access.patient_id, of=access.person_id, verdict=verdict)


LIFTED = "lifted the restriction"
"""What stands before the reason of who opened restricted charts to all, among the emergencies to be reviewed."""


def _mark(
    db: Database,
    actor: Actor,
    mrn: str,
    reason: str | None,
    action: str,
    operation_id: str | None,
    lifted_for: str = "",
) -> str:
    with db.change(actor, operation_id, action) as change:
        if change.repeated:
            return str(change.answer.get("mrn", mrn))
        patient = find_patient(change.session, mrn)
        change.target = ("patient", patient.id)
        require_seen(SessionReader(change.session), "patient", (patient.id,), "a restriction")
        if lifted_for and patient.restricted is not None:
            _lift(change, patient, lifted_for)
        patient.restricted = reason
        change.session.add(patient)
        of_patient = select(Encounter.id).where(Encounter.patient_id == patient.id)
        for item in change.session.exec(select(WorkItem).where(col(WorkItem.encounter_id).in_(of_patient))):
            name_on_list(item, patient)
            change.session.add(item)
        change.log(action, "patient", patient.id, reason=reason or lifted_for)
        change.answer = {"mrn": patient.mrn}
        return patient.mrn


def _lift(change: Change, patient: Patient, reason: str) -> None:
    """Hold the lifting of a restriction to who was admitted, and put it before who reviews emergencies."""
    if change.actor.person_id is None:
        return
    access = access_of(change.session, patient.id, change.actor.person_id, emergency=False)
    if access is None:
        raise ChartRestricted("only people who were admitted to these charts open them to all", "ask one of them")
    told = ChartAccess(
        patient_id=patient.id,
        person_id=change.actor.person_id,
        emergency=True,
        reason=f"{LIFTED}: {reason}"[:MOST_IN_A_LINE],
        until=now(),
    )
    change.session.add(told)

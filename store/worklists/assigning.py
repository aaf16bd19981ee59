"""Moves work between people: whom charts are given to, one by one or in bulk, always with a look at it first.

An assigned chart is given to that person alone by get-next. Open charts stay with whoever has them open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import Session, col, delete, select

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.actors import Actor
from store.database import Database
from store.models import Encounter, Facility, Person, PersonFacility, PersonSkill, WorkItem
from store.people import NoSuchPerson
from store.terms import Role, WorkStatus
from store.worklists.placing import route_of

MOST_AT_ONCE = 5000
"""One step assigns no more charts than these."""

_WAITING = (WorkStatus.READY, WorkStatus.ON_HOLD)


class AssigningRefused(CodedeskError):
    """Work cannot be given so; the message says why."""

    title = "assigning"
    exit_code = 1


@dataclass(frozen=True)
class Plan:
    """Who gets which charts: work item ids by login, an empty login for nobody, and those that nobody could take."""

    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    """Charts that none of the people may be given: they lack the skill or the facility."""

    busy: int = 0
    """How many of the charts asked for stay as they are: open with somebody, or finished."""

    @property
    def charts(self) -> int:
        return sum(map(len, self.given.values()))

    @property
    def words(self) -> str:
        """The plan in a line: `12 to mreyes, 11 to jpark, 2 to nobody`."""
        parts = [f"{len(items)} to {login or 'everybody'}" for login, items in self.given.items()]
        left = [f"{len(self.left)} stay: nobody named has the skill or facility"] if self.left else []
        left += [f"{self.busy} stay: open or finished"] if self.busy else []
        return ", ".join([*parts, *left]) or "no charts"


def reassign(session: Session, item_ids: Sequence[str], login: str) -> Plan:
    """A plan that gives charts to one person, or with an empty login to everybody again. Raises NoSuchPerson."""
    person = _person(session, login) if login else None
    items = _items(session, item_ids)
    plan = _plan(session, items, [person] if person else [])
    return replace(plan, busy=len(set(item_ids)) - len(items))


def balance(session: Session, worklist: str, logins: Sequence[str], most: int = 0) -> Plan:
    """A plan that gives a worklist's waiting charts to people in turn, so that each has as much as the others.

    What a person has already counts. Charts assigned to others stay; `most` is how many are given, the first of the
    list first. Raises NoSuchPerson.
    """
    people = [_person(session, login) for login in dict.fromkeys(logins)]
    if not people:
        raise AssigningRefused("balance between whom?", "name two or more people")
    query = (
        select(WorkItem)
        .where(WorkItem.worklist == worklist, WorkItem.status == WorkStatus.READY)
        .where(col(WorkItem.assigned_to).is_(None))
        .order_by(WorkItem.order_key, WorkItem.id)
    )
    items = list(session.exec(query.limit(min(most or MOST_AT_ONCE, MOST_AT_ONCE))))
    return _plan(session, items, people)


def cover(session: Session, absent: str, logins: Sequence[str]) -> Plan:
    """A plan that gives what is assigned to an absent person to others in turn, or to everybody where none is named."""
    person = _person(session, absent, absent=True)
    query = select(WorkItem).where(
        WorkItem.assigned_to == person.id,
        col(WorkItem.status).in_(_WAITING),
    )
    items = list(session.exec(query.order_by(WorkItem.order_key, WorkItem.id).limit(MOST_AT_ONCE)))
    return _plan(session, items, [_person(session, login) for login in dict.fromkeys(logins)])


def carry_out(db: Database, actor: Actor, plan: Plan, reason: str, operation_id: str | None = None) -> int:
    """Assign charts as planned, with a reason; how many. A chart that is finished by now is left alone.

    Raises AssigningRefused without a reason, NotAllowed.
    """
    said = " ".join(safe_line(reason).split())[:400]
    if not said:
        raise AssigningRefused("work is moved with a reason", "say why")
    with db.change(actor, operation_id, "work.assign") as change:
        if change.repeated:
            return int(change.answer["assigned"])
        done = 0
        for login, item_ids in plan.given.items():
            person = _person(change.session, login) if login else None
            items = _items(change.session, item_ids)
            facilities = _facilities_of(change.session, items)
            for item in items:
                item.assigned_to = person.id if person else None
                item.route = route_of(item.skill, facilities[item.encounter_id], item.assigned_to)
            done += len(items)
            change.log("work.assign", "person", login, charts=len(items), reason=said, items=[i.id for i in items])
        change.answer = {"assigned": done}
        return done


def set_skills(db: Database, actor: Actor, login: str, skills: Sequence[str], operation_id: str | None = None) -> None:
    """What a person can code, as worklists ask for it; replaces what was there. Raises NoSuchPerson, NotAllowed."""
    named = sorted({" ".join(safe_line(one).split()).lower() for one in skills if one.strip()})
    if any("|" in one or len(one) > 60 for one in named):
        raise AssigningRefused("a skill has at most 60 characters and no |")
    with db.change(actor, operation_id, "work.skills") as change:
        if change.repeated:
            return
        person = _person(change.session, login)
        change.session.exec(delete(PersonSkill).where(col(PersonSkill.person_id) == person.id))
        change.session.add_all([PersonSkill(person_id=person.id, skill=one) for one in named])
        change.log("work.skills", "person", login, skills=named)


def set_facilities(
    db: Database, actor: Actor, login: str, local_ids: Sequence[str], operation_id: str | None = None
) -> None:
    """The facilities whose charts a person is given, by their local ids; none: all. Raises NoSuchPerson."""
    with db.change(actor, operation_id, "work.facilities") as change:
        if change.repeated:
            return
        session = change.session
        person = _person(session, login)
        named = sorted({one.strip() for one in local_ids if one.strip()})
        known = {row.local_id: row.id for row in session.exec(select(Facility))}
        if unknown := [one for one in named if one not in known]:
            raise AssigningRefused(f"no facility is called {unknown[0]!r}", f"one of {', '.join(sorted(known))}")
        session.exec(delete(PersonFacility).where(col(PersonFacility.person_id) == person.id))
        session.add_all([PersonFacility(person_id=person.id, facility_id=known[one]) for one in named])
        change.log("work.facilities", "person", login, facilities=named)


def _plan(session: Session, items: Sequence[WorkItem], people: Sequence[Person]) -> Plan:
    """Give each chart to the one of those who may have it who has the least so far."""
    items = [item for item in items if item.status in _WAITING]
    if not people:
        return Plan({"": tuple(item.id for item in items)} if items else {})
    skills = {p.id: _skills(session, p) for p in people}
    facilities = {p.id: _facilities(session, p) for p in people}
    places = _facilities_of(session, items)
    has: Counter[str] = Counter({person.id: _load(session, person, items) for person in people})
    given: dict[str, list[str]] = {person.login: [] for person in people}
    left = []
    for item in items:
        may = [
            person
            for person in people
            if (not item.skill or item.skill in skills[person.id])
            and (
                not facilities[person.id]
                or not places[item.encounter_id]
                or places[item.encounter_id] in facilities[person.id]
            )
        ]
        if not may:
            left.append(item.id)
            continue
        chosen = min(may, key=lambda person: (has[person.id], person.login))
        has[chosen.id] += 1
        given[chosen.login].append(item.id)
    return Plan({login: tuple(ids) for login, ids in given.items() if ids}, tuple(left))


def _load(session: Session, person: Person, moving: Sequence[WorkItem]) -> int:
    """How many waiting charts a person has, without those that are to move."""
    query = select(WorkItem.id).where(
        WorkItem.assigned_to == person.id,
        col(WorkItem.status).in_(_WAITING),
    )
    return len(set(session.exec(query)) - {item.id for item in moving})


def _items(session: Session, item_ids: Sequence[str]) -> list[WorkItem]:
    if len(item_ids) > MOST_AT_ONCE:
        raise AssigningRefused(f"more than {MOST_AT_ONCE:,} charts at once", "do it in portions")
    found: list[WorkItem] = []
    for start in range(0, len(item_ids), 500):
        query = select(WorkItem).where(
            col(WorkItem.id).in_(item_ids[start : start + 500]),
            col(WorkItem.status).in_(_WAITING),
        )
        found += session.exec(query).all()
    return found


def _facilities_of(session: Session, items: Sequence[WorkItem]) -> dict[str, str | None]:
    ids = [item.encounter_id for item in items]
    found: dict[str, str | None] = {}
    for start in range(0, len(ids), 500):
        query = select(Encounter.id, Encounter.facility_id).where(col(Encounter.id).in_(ids[start : start + 500]))
        found |= dict(session.exec(query).all())
    return found


def _skills(session: Session, person: Person) -> set[str]:
    return set(session.exec(select(PersonSkill.skill).where(col(PersonSkill.person_id) == person.id)))


def _facilities(session: Session, person: Person) -> set[str]:
    return set(session.exec(select(PersonFacility.facility_id).where(col(PersonFacility.person_id) == person.id)))


def _person(session: Session, login: str, absent: bool = False) -> Person:
    """A person who codes; one who is absent may be disabled by now or have another role."""
    person = session.exec(select(Person).where(Person.login == login.strip())).first()
    if person is None:
        raise NoSuchPerson(f"nobody here has the login {login[:60]!r}", "codedesk users list")
    if absent:
        return person
    if not person.active:
        raise AssigningRefused(f"{login} is disabled")
    if person.role not in (Role.CODER, Role.ADMIN):
        raise AssigningRefused(f"{login} is {person.role.value} and codes no charts")
    return person

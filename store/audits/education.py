"""From findings to learning: topics, who is to learn them, and whether later audits found the same again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, case, col, func, select

from codesets.errors import UsageError
from codesets.safe import safe_block, safe_line
from store.actors import Actor, NotAllowed
from store.audits.states import AuditRefused
from store.database import Database
from store.models import Audit, AuditFinding, EducationAssignment, EducationTopic, Person
from store.models.columns import now
from store.people import NoSuchPerson, refuse
from store.reports.spans import is_covered
from store.terms import AuditStatus, FindingStatus, Role


@dataclass(frozen=True)
class TopicTrend:
    """Findings of a topic with a coder in charts audited before and since the lesson; None of no chart.

    `before` and `after` are findings a chart.
    """

    topic: str
    coder: str
    given_on: str
    done_on: str
    due_on: str
    charts_before: int
    findings_before: int
    charts_after: int
    findings_after: int

    @property
    def before(self) -> float | None:
        return self.findings_before / self.charts_before if self.charts_before else None

    @property
    def after(self) -> float | None:
        return self.findings_after / self.charts_after if self.charts_after else None


@dataclass(frozen=True)
class TopicRow:
    """A topic with what it is about, its findings that stand, and to how many people it was given and done.

    None is a count that is not told (`store.audits.covered`).
    """

    name: str
    words: str
    findings: int | None
    given: int | None
    done: int | None


def add_topic(db: Database, actor: Actor, name: str, words: str = "", operation_id: str | None = None) -> str:
    """Add a topic, or give the one of that name other words; its id."""
    title = safe_line(" ".join(name.split()))
    if not title:
        raise UsageError("a topic needs a name")
    with db.change(actor, operation_id, "education.topic") as change:
        if change.repeated:
            return str(change.answer["topic_id"])
        topic = change.session.exec(select(EducationTopic).where(EducationTopic.name == title)).first()
        topic = topic or EducationTopic(name=title)
        topic.words = safe_block(words) or topic.words
        change.session.add(topic)
        change.log("education.topic", "education_topic", topic.id, name=title)
        change.answer = {"topic_id": topic.id}
        return topic.id


def give(db: Database, actor: Actor, topic: str, login: str, due_on: str = "", operation_id: str | None = None) -> str:
    """Give a topic to a person to learn; the assignment's id. Raises AuditRefused, NoSuchPerson."""
    with db.change(actor, operation_id, "education.give") as change:
        if change.repeated:
            return str(change.answer["assignment_id"])
        session = change.session
        found = session.exec(select(EducationTopic).where(EducationTopic.name == topic)).first()
        person = session.exec(select(Person).where(Person.login == login)).first()
        if found is None:
            raise AuditRefused(f"no topic is called {topic!r}", "codedesk audits topics lists them")
        if person is None:
            raise NoSuchPerson(f"{login} is not known here", "codedesk users list shows who is")
        given = EducationAssignment(
            topic_id=found.id, person_id=person.id, due_on=due_on, given_by=change.actor.person_id
        )
        session.add(given)
        change.log("education.give", "person", person.id, topic=topic, due=due_on)
        change.answer = {"assignment_id": given.id}
        return given.id


def learned(db: Database, actor: Actor, topic: str, login: str, operation_id: str | None = None) -> None:
    """Note that a person has learned a topic that was given to them.

    Raises AuditRefused where none was, NotAllowed for a coder who notes it for somebody else.
    """
    if actor.role is Role.CODER and login != actor.login:
        refusal = NotAllowed("a coder notes what they learned themselves", "ask who gave the topic")
        raise refuse(db, actor, "education.done", refusal)
    with db.change(actor, operation_id, "education.done") as change:
        if change.repeated:
            return
        session = change.session
        given = session.exec(
            select(EducationAssignment)
            .join(EducationTopic, col(EducationTopic.id) == EducationAssignment.topic_id)
            .join(Person, col(Person.id) == EducationAssignment.person_id)
            .where(EducationTopic.name == topic, Person.login == login, col(EducationAssignment.done_at).is_(None))
        ).first()
        if given is None:
            raise AuditRefused(f"{topic!r} is not open with {login}", "codedesk audits topics lists what is")
        given.done_at = now()
        session.add(given)
        change.log("education.done", "person", given.person_id, topic=topic)


def topics(session: Session, reader: Actor) -> list[TopicRow]:
    """Every topic, the one with most findings first; counts as the reader is told them."""
    stands = func.count(case((AuditFinding.status != FindingStatus.OVERTURNED, 1)))
    counted = dict(
        session.execute(
            select(AuditFinding.topic_id, stands)
            .where(col(AuditFinding.topic_id).is_not(None))
            .group_by(AuditFinding.topic_id)
        ).all()
    )
    given = {
        topic: (many, done)
        for topic, many, done in session.execute(
            select(EducationAssignment.topic_id, func.count(), func.count(col(EducationAssignment.done_at))).group_by(
                EducationAssignment.topic_id
            )
        )
    }
    rows = [
        TopicRow(one.name, one.words, counted.get(one.id, 0), *given.get(one.id, (0, 0)))
        for one in session.exec(select(EducationTopic))
    ]
    if is_covered(reader):
        from store.audits.covered import covered_topics

        rows = covered_topics(rows)
    return sorted(rows, key=lambda row: (-(row.findings or 0), row.name))


def trend(session: Session, reader: Actor) -> list[TopicTrend]:
    """For every assignment: findings of its topic with that coder, in charts audited before and after it was given.

    A coder reads their own: what others have to learn is between them and who audits. To whom small counts are covered
    none is told: each is of one person.
    """
    if is_covered(reader):
        return []
    chosen = (
        select(EducationAssignment, EducationTopic.name, Person.name)
        .join(EducationTopic, col(EducationTopic.id) == EducationAssignment.topic_id)
        .join(Person, col(Person.id) == EducationAssignment.person_id)
        .order_by(EducationAssignment.given_at)
    )
    if reader.role is Role.CODER:
        chosen = chosen.where(EducationAssignment.person_id == reader.person_id)
    rows = session.execute(chosen).all()
    found = []
    for given, topic, coder in rows:
        since = given.done_at or given.given_at
        counts = []
        for moment in (Audit.begun_at < since, Audit.begun_at >= since):
            of_coder = (
                Audit.coder_id == given.person_id,
                Audit.second_of == "",
                col(Audit.status).in_((AuditStatus.RETURNED, AuditStatus.FINAL)),
                moment,
            )
            charts = session.exec(select(func.count()).select_from(Audit).where(*of_coder)).one()
            findings = session.exec(
                select(func.count())
                .select_from(AuditFinding)
                .join(Audit, col(Audit.id) == AuditFinding.audit_id)
                .where(*of_coder, AuditFinding.topic_id == given.topic_id)
                .where(AuditFinding.status != FindingStatus.OVERTURNED)
            ).one()
            counts += [charts, findings]
        found.append(TopicTrend(topic, coder, given.given_at[:10], (given.done_at or "")[:10], given.due_on, *counts))
    return found

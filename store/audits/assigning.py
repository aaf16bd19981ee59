"""Who reviews which chart: audits given to an auditor, and to a second one to see how far two agree."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from store.actors import Actor
from store.audits.keeping import audit_named, auditors_beside, step
from store.audits.samples import audit_of_coding, sample_named
from store.audits.states import AuditRefused, move_audit
from store.database import Database
from store.models import Audit, Person
from store.models.columns import now
from store.people import NoSuchPerson
from store.terms import AuditStatus, Role


def assign(db: Database, actor: Actor, audit_ids: Sequence[str], login: str, operation_id: str | None = None) -> int:
    """Give audits that were not begun to an auditor; how many. Raises NoSuchPerson, AuditRefused."""
    with db.change(actor, operation_id, "audit.assign") as change:
        if change.repeated:
            return int(change.answer["assigned"])
        person = change.session.exec(select(Person).where(Person.login == login)).first()
        if person is None:
            raise NoSuchPerson(f"{login} is not known here", "codedesk users list shows who is")
        if person.role not in (Role.AUDITOR, Role.ADMIN):
            raise AuditRefused(f"{login} is no auditor but a {person.role.value}", "name an auditor")
        for audit_id in audit_ids:
            audit = audit_named(change.session, audit_id)
            if audit.coder_id == person.id:
                raise AuditRefused(f"{login} coded this chart", "name another auditor")
            if person.id in auditors_beside(change.session, audit):
                raise AuditRefused(f"{login} has the other audit of this chart", "name another auditor")
            move_audit(audit, AuditStatus.ASSIGNED)
            audit.auditor_id, audit.assigned_at = person.id, now()
            step(change, audit, AuditStatus.ASSIGNED.value, comment=f"to {person.name}")
        change.log("audit.assign", "person", person.id, audits=list(audit_ids))
        change.answer = {"assigned": len(audit_ids)}
        return len(audit_ids)


def second_reviews(
    db: Database, actor: Actor, sample_name: str, login: str, number: int, operation_id: str | None = None
) -> int:
    """Give the first charts of a sample to a second auditor too, to see how far two agree; how many."""
    with db.change(actor, operation_id, "audit.assign") as change:
        if change.repeated:
            return int(change.answer["assigned"])
        session = change.session
        person = session.exec(select(Person).where(Person.login == login)).first()
        if person is None or person.role not in (Role.AUDITOR, Role.ADMIN):
            raise AuditRefused(f"{login} is no auditor of this site", "name an auditor")
        sample = sample_named(session, sample_name)
        firsts = session.exec(
            select(Audit)
            .where(Audit.audit_sample_id == sample.id, Audit.second_of == "")
            .where((col(Audit.auditor_id) != person.id) | col(Audit.auditor_id).is_(None))
            .order_by(col(Audit.position))
        ).all()
        done = set(session.exec(select(Audit.second_of).where(Audit.audit_sample_id == sample.id)))
        chosen = [one for one in firsts if one.id not in done and one.coder_id != person.id][:number]
        for first in chosen:
            second = audit_of_coding(session, sample.id, first.position, first.coding_id, first.stratum)
            second.coder_codes, second.second_of = first.coder_codes, first.id
            second.status, second.auditor_id, second.assigned_at = AuditStatus.ASSIGNED, person.id, now()
            session.add(second)
        change.log("audit.assign", "person", person.id, second_reviews=len(chosen), sample=sample.name)
        change.answer = {"assigned": len(chosen)}
        return len(chosen)

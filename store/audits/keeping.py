"""What every step on an audit needs: the audit by its name, whether the actor reviews it, its history, its days."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import Session, col, select

from codesets.safe import safe_block, safe_line
from store.audits.samples import sample_named
from store.audits.states import AuditRefused
from store.coding.in_work import CodingChanged
from store.database import Change
from store.models import Audit, AuditSample, AuditStep
from store.models.columns import MOST_IN_A_LINE
from store.settings import today
from store.terms import AuditStatus, in_words

SECOND = "="
"""What marks the second review of a chart, in lists and behind its name."""


def audit_named(session: Session, key: str) -> Audit:
    """An audit by id, or as `SAMPLE#POSITION`, the second review of a chart with `=` behind. Raises AuditRefused."""
    name, _, position = key.rpartition("#")
    second = position.endswith(SECOND)
    if name and position.removesuffix(SECOND).isdecimal():
        sample = sample_named(session, name)
        query = select(Audit).where(
            Audit.audit_sample_id == sample.id,
            Audit.position == int(position.removesuffix(SECOND)),
            Audit.second_of != "" if second else Audit.second_of == "",
        )
        audit = session.exec(query).first()
    else:
        audit = session.get(Audit, key)
    if audit is None:
        raise AuditRefused(f"no audit has the id {key[:60]!r}", "codedesk audits list shows them")
    return audit


def auditors_beside(session: Session, audit: Audit) -> set[str | None]:
    """Who reviews the same chart in the same sample: a pair of audits tells how far two people agree."""
    pair = Audit.id == audit.second_of if audit.second_of else Audit.second_of == audit.id
    return set(session.exec(select(Audit.auditor_id).where(pair, col(Audit.auditor_id).is_not(None))))


def in_review(change: Change, audit_id: str, seen_version: int | None) -> Audit:
    """An audit that the actor reviews. Raises AuditRefused, CodingChanged."""
    audit = audit_named(change.session, audit_id)
    change.target = ("audit", audit.id)
    if audit.status is not AuditStatus.IN_REVIEW and not change.repeated:
        raise AuditRefused(f"the audit is {in_words(audit.status)}", "only one in review can be changed")
    if audit.auditor_id != change.actor.person_id:
        raise AuditRefused("this audit is another auditor's", "codedesk audits list shows whose")
    if seen_version is not None and audit.row_version != seen_version:
        raise CodingChanged("another session changed this audit; it shows the codes as they are now", "enter it again")
    return audit


def step(change: Change, audit: Audit, status: str, finding: int = 0, comment: str = "", citation: str = "") -> None:
    """Put one step into the history of an audit."""
    change.session.add(
        AuditStep(
            audit_id=audit.id,
            finding=finding,
            status=status,
            comment=safe_block(comment),
            citation=safe_line(citation)[:MOST_IN_A_LINE],
            person_id=change.actor.person_id,
        )
    )


def due_day(session: Session, audit: Audit) -> str:
    """The ISO day by which what is returned today must be answered."""
    days = session.get_one(AuditSample, audit.audit_sample_id).answer_days
    day: date = today() + timedelta(days=days)
    return day.isoformat()

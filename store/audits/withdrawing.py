"""Taking back a sample that was drawn by mistake, as long as no finding of it was returned to a coder.

Its charts may be picked again, and their bills wait for no audit of it any more. The sample stays in the list with who
withdrew it and why; its snapshot stays too, so that the draw can still be proved.
"""

from __future__ import annotations

from sqlmodel import col, select

from store.actors import Actor
from store.audits.keeping import step
from store.audits.samples import sample_named
from store.audits.states import AuditRefused, move_audit
from store.database import Database
from store.models import Audit, AuditFinding
from store.models.columns import now
from store.reasons import reason_in_words
from store.terms import AuditStatus, FindingStatus


def withdraw(db: Database, actor: Actor, name: str, reason: str, operation_id: str | None = None) -> str:
    """Withdraw a sample with a reason; what happened in one line.

    Raises ReasonNeeded, and AuditRefused for one that is withdrawn already, or of which a finding was returned.
    """
    with db.change(actor, operation_id, "audit.withdraw") as change:
        session = change.session
        sample = sample_named(session, name)
        change.target = ("audit_sample", sample.id)
        if change.repeated:
            return str(change.answer["message"])
        why = reason_in_words(reason)
        audits = session.exec(select(Audit).where(Audit.audit_sample_id == sample.id)).all()
        if all(one.status is AuditStatus.WITHDRAWN for one in audits):
            raise AuditRefused(f"{sample.name} is withdrawn already")
        told = select(AuditFinding.id).join(Audit, col(Audit.id) == AuditFinding.audit_id)
        told = told.where(Audit.audit_sample_id == sample.id, AuditFinding.status != FindingStatus.DRAFT)
        if session.exec(told.limit(1)).first():
            raise AuditRefused(
                f"a finding of {sample.name} was returned to its coder",
                "answer and decide what was found; it stays an audit",
            )
        for audit in audits:
            move_audit(audit, AuditStatus.WITHDRAWN)
            audit.final_at, audit.due_on = now(), ""
            step(change, audit, AuditStatus.WITHDRAWN.value, comment=why)
        firsts = sum(not one.second_of for one in audits)
        change.log("audit.withdraw", "audit_sample", sample.id, name=sample.name, charts=firsts, reason=why)
        many = "its chart" if firsts == 1 else f"its {firsts} charts"
        message = f"{sample.name} is withdrawn: {many} may be picked again" + (
            ", and no bill waits for it." if sample.prebill else "."
        )
        change.answer = {"message": message}
        return message

"""Answers to findings: the coder agrees or rebuts, auditors and a manager decide, the clock accepts what stays silent.

Each level is decided by another person: the first by the auditor, the second by another auditor, the third by a
manager. Every step stays in the history with its words; a rebuttal has a comment and a citation. What stands when the
last finding is settled goes back to be corrected (`store.audits.corrections`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from store.actors import Actor
from store.audits.corrections import bring_back
from store.audits.found import finding_of, findings_of
from store.audits.keeping import audit_named, due_day, step
from store.audits.states import (
    NEXT_LEVEL,
    SETTLED,
    UPHELD,
    WITH_AUDITOR,
    WITH_CODER,
    AuditRefused,
    move_audit,
    move_finding,
    words_of,
)
from store.database import Change, Database
from store.models import Audit, AuditFinding, AuditStep, Person
from store.models.columns import now
from store.reasons import reason_in_words
from store.settings import today
from store.terms import AuditStatus, FindingStatus, Role

Seen = Mapping[int, FindingStatus]
"""The states, by number, in which findings were shown to who answers them.

No finding comes back to a state that it has left (`FINDING_TRANSITIONS` has no way round), so that the state is the
version of its row that an answer is given to.
"""


class FindingMovedOn(AuditRefused):
    """Somebody else answered a finding since it was shown; its words are in the message, and nothing was changed."""


def agree(
    db: Database,
    actor: Actor,
    audit_id: str,
    number: int | None = None,
    operation_id: str | None = None,
    seen: Seen | None = None,
) -> str:
    """Agree to one finding, or to all that wait for the coder; what happened.

    Raises AuditRefused, and FindingMovedOn where one is not as `seen` any more.
    """
    with db.change(actor, operation_id, "audit.agree") as change:
        audit = _of_coder(change, audit_id)
        if change.repeated:
            return str(change.answer["message"])
        session = change.session
        chosen = [finding_of(session, audit, number)] if number else findings_of(session, audit)
        _require_as_seen(session, audit, chosen, seen)
        waiting = [one for one in chosen if one.status in WITH_CODER]
        if not waiting:
            raise AuditRefused("no finding waits for your answer" if number is None else _not_waiting(chosen[0]))
        for finding in waiting:
            _moved(change, audit, finding, FindingStatus.AGREED)
        message = f"Agreed to {len(waiting)} finding{'s' if len(waiting) > 1 else ''}.{_settled(change, audit)}"
        change.log("audit.agree", "audit", audit.id, findings=[one.number for one in waiting])
        change.answer = {"message": message}
        return message


def rebut(
    db: Database,
    actor: Actor,
    audit_id: str,
    number: int,
    comment: str,
    citation: str,
    operation_id: str | None = None,
    seen: Seen | None = None,
) -> str:
    """Rebut a finding, with words and a citation; it goes to the next level.

    Raises AuditRefused, and FindingMovedOn where it is not as `seen` any more.
    """
    with db.change(actor, operation_id, "audit.rebut") as change:
        audit = _of_coder(change, audit_id)
        if change.repeated:
            return str(change.answer["message"])
        finding = finding_of(change.session, audit, number)
        _require_as_seen(change.session, audit, [finding], seen)
        if not comment.strip() or not citation.strip():
            raise AuditRefused(
                "a rebuttal needs a comment and a citation", "guideline, Coding Clinic, or a line of the note"
            )
        if finding.status not in NEXT_LEVEL:
            raise AuditRefused(_not_waiting(finding))
        _moved(change, audit, finding, NEXT_LEVEL[finding.status], comment, citation)
        decides = {FindingStatus.REBUTTED: "the auditor", FindingStatus.SECOND_LEVEL: "another auditor"}
        message = f"Finding {number} is rebutted; {decides.get(finding.status, 'a manager')} decides."
        change.log("audit.rebut", "audit", audit.id, finding=number, level=finding.status.value)
        change.answer = {"message": message}
        return message


def decide(
    db: Database,
    actor: Actor,
    audit_id: str,
    number: int,
    upheld: bool,
    comment: str = "",
    citation: str = "",
    operation_id: str | None = None,
    seen: Seen | None = None,
) -> str:
    """Uphold or overturn a finding that was rebutted; what happened.

    Raises AuditRefused, ReasonNeeded, and FindingMovedOn where it is not as `seen` any more.
    """
    with db.change(actor, operation_id, "audit.decide") as change:
        audit = audit_named(change.session, audit_id)
        if change.repeated:
            return str(change.answer["message"])
        change.target = ("audit", audit.id)
        finding = finding_of(change.session, audit, number)
        _require_as_seen(change.session, audit, [finding], seen)
        if finding.status not in WITH_AUDITOR:
            raise AuditRefused(f"finding {number} is {words_of(finding.status)}; nobody has rebutted it")
        _may_decide(change, audit, finding)
        reason_in_words(comment)
        level = finding.status
        _moved(change, audit, finding, UPHELD[level] if upheld else FindingStatus.OVERTURNED, comment, citation)
        word = "upheld" if upheld else "overturned: it counts no more"
        message = f"Finding {number} is {word}.{_settled(change, audit)}"
        change.log("audit.decide", "audit", audit.id, finding=number, level=level.value, upheld=upheld)
        change.answer = {"message": message}
        return message


def accept_unanswered(db: Database, actor: Actor, operation_id: str | None = None) -> int:
    """Take findings whose day of answer has passed as accepted; how many."""
    day = today().isoformat()
    with db.change(actor, operation_id) as change:
        if change.repeated:
            return int(change.answer["accepted"])
        late = change.session.exec(
            select(AuditFinding)
            .where(col(AuditFinding.status).in_(WITH_CODER), AuditFinding.due_on != "", AuditFinding.due_on < day)
            .order_by(col(AuditFinding.audit_id), col(AuditFinding.number))
        ).all()
        for finding in late:
            audit = change.session.get_one(Audit, finding.audit_id)
            due = finding.due_on
            _moved(change, audit, finding, FindingStatus.ACCEPTED, f"not answered by {due}")
            _settled(change, audit)
            change.log("audit.accepted", "audit", audit.id, finding=finding.number, due=due)
        change.answer = {"accepted": len(late)}
        return len(late)


def history(session: Session, audit: Audit) -> list[AuditStep]:
    """Every step of an audit, the oldest first."""
    query = select(AuditStep).where(AuditStep.audit_id == audit.id)
    return list(session.exec(query.order_by(AuditStep.at, AuditStep.id)))


def _require_as_seen(session: Session, audit: Audit, findings: Sequence[AuditFinding], seen: Seen | None) -> None:
    """Raise FindingMovedOn, with the words that came, for the first finding that is not as it was shown."""
    moved = next((one for one in findings if seen is not None and seen.get(one.number, one.status) != one.status), None)
    if moved is None:
        return
    steps = [one for one in history(session, audit) if one.finding == moved.number]
    who = session.get(Person, steps[-1].person_id) if steps and steps[-1].person_id else None
    said = f": {steps[-1].comment}" if steps and steps[-1].comment else ""
    cited = f" [{steps[-1].citation}]" if steps and steps[-1].citation else ""
    raise FindingMovedOn(
        f"finding {moved.number} was {words_of(moved.status)} meanwhile by"
        f" {who.name if who else 'the clock'}{said}{cited}",
        "your answer was to what stood there before: read it, then answer again",
    )


def _of_coder(change: Change, audit_id: str) -> Audit:
    """An audit that the actor answers for. Raises AuditRefused."""
    audit = audit_named(change.session, audit_id)
    change.target = ("audit", audit.id)
    me = change.actor.person_id
    if change.actor.role is not Role.ADMIN and audit.coder_id != me:
        raise AuditRefused("this chart was coded by somebody else", "its coder answers")
    if me is not None and me == audit.auditor_id:
        raise AuditRefused("you are its auditor", "its coder answers")
    return audit


def _may_decide(change: Change, audit: Audit, finding: AuditFinding) -> None:
    """Raise AuditRefused where the level is not the actor's to decide."""
    me = change.actor.person_id
    if audit.coder_id is not None and me == audit.coder_id:
        raise AuditRefused("you coded this chart", "somebody else decides")
    if me is not None and me in _rebutters(change.session, audit, finding):
        raise AuditRefused("you rebutted this finding", "somebody else decides")
    if finding.status is FindingStatus.REBUTTED and me != audit.auditor_id:
        raise AuditRefused("its auditor decides first")
    if finding.status is FindingStatus.SECOND_LEVEL and me == audit.auditor_id:
        raise AuditRefused("the second level is another auditor's", "ask one of them")
    if finding.status is FindingStatus.ESCALATED and change.actor.role not in (Role.MANAGER, Role.ADMIN):
        raise AuditRefused("what was escalated is a manager's to decide")


def _rebutters(session: Session, audit: Audit, finding: AuditFinding) -> set[str | None]:
    """Who has rebutted a finding, at any level."""
    levels = [status.value for status in NEXT_LEVEL.values()]
    steps = select(AuditStep.person_id).where(AuditStep.audit_id == audit.id, AuditStep.finding == finding.number)
    return set(session.exec(steps.where(col(AuditStep.status).in_(levels))))


def _moved(
    change: Change, audit: Audit, finding: AuditFinding, status: FindingStatus, comment: str = "", citation: str = ""
) -> None:
    move_finding(finding, status)
    finding.due_on = due_day(change.session, audit) if status in WITH_CODER else ""
    step(change, audit, status.value, finding.number, comment, citation)


def _settled(change: Change, audit: Audit) -> str:
    """Close an audit whose findings are all settled, else reckon its next day of answer; what to say of it."""
    findings = findings_of(change.session, audit)
    waiting = [one for one in findings if one.status not in SETTLED]
    audit.due_on = min((one.due_on for one in waiting if one.due_on), default="")
    change.session.add(audit)
    if waiting or audit.status is AuditStatus.FINAL:
        return ""
    move_audit(audit, AuditStatus.FINAL)
    audit.final_at = now()
    step(change, audit, AuditStatus.FINAL.value)
    change.session.flush()
    return f" The audit is final.{bring_back(change, audit)}"


def _not_waiting(finding: AuditFinding) -> str:
    return f"finding {finding.number} is {words_of(finding.status)} and waits for no answer of the coder"

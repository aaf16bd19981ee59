"""What an audit asks to be corrected: which charts go back to their coder, and until when no claim is made of them.

An audit that ends with findings that stand (agreed, accepted or confirmed) holds the codes for wrong. Of an audit
before the bill the chart comes back to its coder with the findings, and no claim is built or sent until it was coded
anew, or its coder or a manager has said why the codes stay. Of one after the bill the chart says that a correction may
be due: a claim that has left is replaced (frequency 7), which is for a person to decide.

Whether codes were corrected is told from the codes: as long as they are those of the audit, they were not. Of findings
that codes do not show (a missed query, the disposition, the DRG) it is told from whether the chart was final coded
again after the audit had ended.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from store import worklists
from store.actors import Actor
from store.audits.differences import Coded, DifferenceKind, compare
from store.audits.keeping import audit_named, step
from store.audits.states import AuditRefused
from store.coding.codes import Codes
from store.database import Change, Database
from store.models import Audit, AuditFinding, AuditSample, AuditStep, Claim, Coding, EncounterChange, Person, WorkItem
from store.models.columns import MOST_IN_A_LINE, now
from store.queries import SessionReader
from store.queries.codings import coding_codes
from store.reasons import reason_in_words
from store.terms import AuditStatus, ClaimStatus, CodingKind, CodingStatus, FindingStatus, Role, WorkStatus

STANDING = (FindingStatus.AGREED, FindingStatus.ACCEPTED, FindingStatus.CONFIRMED)
"""States of a finding that count as an error for good."""

STAYS = "codes_stay"
"""The step of an audit whose codes stay as they are, with the reason."""

_NOT_OF_CODES = (DifferenceKind.QUERY, DifferenceKind.DISPOSITION, DifferenceKind.DRG)


def bring_back(change: Change, audit: Audit) -> str:
    """Send a chart to be corrected whose audit has just ended, or tell that it may have to be; what to say of it."""
    session = change.session
    standing = _standing(session, audit)
    if not standing or audit.second_of:
        return ""
    coding = _newest(session, audit)
    if coding is None or (coding.status is CodingStatus.FINAL and not _is_due(session, audit, coding, standing)):
        return ""
    if _has_left(session, coding):
        return " Its claim has left: a replacement may be due, once the chart is coded anew."
    if not session.get_one(AuditSample, audit.audit_sample_id).prebill:
        return " Its claim has not left yet: the codes can still be taken back and corrected."
    item = _task(session, audit.encounter_id, audit.kind)
    if item is None or item.status is WorkStatus.CANCELED:
        return ""
    _put_back(change, item, audit, standing)
    return " The chart is back with its coder: no bill until it is coded anew, or somebody says why the codes stay."


def due_before_bill(session: Session, encounter_id: str, kind: CodingKind) -> str:
    """The name of an audit before the bill whose findings the final codes of a visit's side still carry; else empty."""
    query = (
        select(Audit)
        .join(AuditSample, col(AuditSample.id) == Audit.audit_sample_id)
        .where(Audit.encounter_id == encounter_id, Audit.kind == kind, Audit.status == AuditStatus.FINAL)
        .where(col(AuditSample.prebill).is_(True), Audit.second_of == "")
        .order_by(col(Audit.final_at), col(Audit.id))
    )
    for audit in session.exec(query):
        coding, standing = _newest(session, audit), _standing(session, audit)
        if coding is not None and standing and _is_due(session, audit, coding, standing):
            return _name(session, audit)
    return ""


def keep_codes(db: Database, actor: Actor, audit_id: str, reason: str, operation_id: str | None = None) -> str:
    """Say with a reason that the codes stay as they are in spite of an audit; what happened in one line.

    Its coder says so, or a manager. Raises ReasonNeeded, and AuditRefused where nothing is to be corrected.
    """
    with db.change(actor, operation_id, "audit.keep_codes") as change:
        audit = audit_named(change.session, audit_id)
        change.target = ("audit", audit.id)
        if change.repeated:
            return str(change.answer["message"])
        if change.actor.role is Role.CODER and audit.coder_id != change.actor.person_id:
            raise AuditRefused("this chart was coded by somebody else", "its coder says so, or a manager")
        why = reason_in_words(reason)
        _refuse_idle(change.session, audit)
        step(change, audit, STAYS, comment=why)
        change.session.flush()
        _take_from_list(change, audit)
        prebill = change.session.get_one(AuditSample, audit.audit_sample_id).prebill
        waits = " The bill waits no longer for this audit." if prebill else ""
        message = f"The codes stay as they are, with your reason in the history.{waits}"
        change.log("audit.keep_codes", "audit", audit.id, reason=why)
        change.answer = {"message": message}
        return message


def _refuse_idle(session: Session, audit: Audit) -> None:
    """Raise AuditRefused where the audit asks for no correction."""
    if audit.status is not AuditStatus.FINAL:
        raise AuditRefused("the audit is not final yet", "its findings are answered first")
    coding, standing = _newest(session, audit), _standing(session, audit)
    if not standing or audit.second_of:
        raise AuditRefused("no finding of this audit stands: nothing is to be corrected")
    if coding is None or not _is_due(session, audit, coding, standing):
        raise AuditRefused("the chart was coded anew since, or its codes were said to stay already")


def _is_due(session: Session, audit: Audit, coding: Coding, standing: Sequence[AuditFinding]) -> bool:
    """Whether a coding still carries what an audit found, and nobody has said that it stays."""
    said = select(AuditStep.id).where(AuditStep.audit_id == audit.id, AuditStep.status == STAYS)
    if session.exec(said.limit(1)).first():
        return False
    if all(one.kind in _NOT_OF_CODES for one in standing):
        return coding.status is CodingStatus.FINAL and (coding.finalized_at or "") <= (audit.final_at or now())
    was = Codes.from_json(audit.coder_codes)
    return not compare(Coded(was), Coded(coding_codes(SessionReader(session), coding.id))).differences


def _standing(session: Session, audit: Audit) -> list[AuditFinding]:
    query = select(AuditFinding).where(AuditFinding.audit_id == audit.id, col(AuditFinding.status).in_(STANDING))
    return list(session.exec(query.order_by(col(AuditFinding.number))))


def _newest(session: Session, audit: Audit) -> Coding | None:
    query = select(Coding).where(Coding.encounter_id == audit.encounter_id, Coding.kind == audit.kind)
    return session.exec(query.order_by(col(Coding.version).desc()).limit(1)).first()


_BILLED = (ClaimStatus.EXPORTED, ClaimStatus.PATIENT)


def _has_left(session: Session, coding: Coding) -> bool:
    left = select(Claim.id).where(Claim.coding_id == coding.id, col(Claim.status).in_(_BILLED))
    return session.exec(left.limit(1)).first() is not None


def _task(session: Session, encounter_id: str, kind: CodingKind) -> WorkItem | None:
    return session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter_id, WorkItem.kind == kind)).first()


def _name(session: Session, audit: Audit) -> str:
    return f"{session.get_one(AuditSample, audit.audit_sample_id).name}#{audit.position}"


def _put_back(change: Change, item: WorkItem, audit: Audit, standing: Sequence[AuditFinding]) -> None:
    """Put the task into its worklist, for its coder alone where they still code, with what is to be corrected."""
    session, message = change.session, _message(change.session, audit)
    told = "; ".join(f"{one.place} {one.coder or '–'} -> {one.auditor or one.note or '–'}" for one in standing)
    late = f"{message}: {told}"[:MOST_IN_A_LINE]
    details = [
        {"part": "finding", "item": f"{one.number}, {one.kind}, {one.place}", "was": one.coder,
         "is": one.auditor or one.note or "none"}
        for one in standing
    ]  # fmt: skip
    session.add(EncounterChange(encounter_id=audit.encounter_id, message=message, late=late, details=details))
    item.came_back = "; ".join(filter(None, (item.came_back, late)))[:MOST_IN_A_LINE]
    coder = session.get(Person, audit.coder_id) if audit.coder_id else None
    if item.status is WorkStatus.FINAL:
        worklists.move(item, WorkStatus.READY)
        item.claimed_by = item.claimed_until = None
        if coder is not None and coder.active and coder.role is Role.CODER:
            item.assigned_to = coder.id
    worklists.reroute(session, item)
    change.log(
        "audit.correct", "encounter", audit.encounter_id, audit=audit.id, findings=[one.number for one in standing]
    )


def _take_from_list(change: Change, audit: Audit) -> None:
    """Take what an audit asked for as seen; a chart that came back for nothing else is final again."""
    session = change.session
    item = _task(session, audit.encounter_id, audit.kind)
    unseen = session.exec(
        select(EncounterChange).where(
            EncounterChange.encounter_id == audit.encounter_id, col(EncounterChange.seen_at).is_(None)
        )
    ).all()
    message, left = _message(session, audit), []
    for row in unseen:
        if row.message == message:
            row.seen_at, row.seen_by = now(), change.actor.person_id
        elif row.late and not row.message.startswith(_AUDIT):
            left.append(row.late)
    if item is None or not item.came_back:
        return
    item.came_back = "; ".join(dict.fromkeys(left))[:MOST_IN_A_LINE]
    if not item.came_back and item.status is WorkStatus.READY:
        worklists.move(item, WorkStatus.IN_PROGRESS)
        worklists.move(item, WorkStatus.FINAL)


_AUDIT = "audit "


def _message(session: Session, audit: Audit) -> str:
    return f"{_AUDIT}{_name(session, audit)}"

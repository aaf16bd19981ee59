"""Reviewing a chart: who has it, the auditor's own codes, what differs from the coder's, and handing it back.

In a blind audit the auditor codes the chart from its documents; the coder's codes are shown once, and from then on it
is kept what the auditor had before. Otherwise (review mode) the auditor begins with the coder's codes and changes
them. Findings are what differs, told by the program; the auditor adds words, citation and topic, and what codes cannot
tell (a missed query). The auditor's codes live in the audit and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from codesets.safe import safe_block, safe_line
from store import access
from store.actors import Actor
from store.audits.found import auditor_codes, bring_up_to_date
from store.audits.grouped import group_sides
from store.audits.keeping import audit_named, auditors_beside, due_day, in_review, step
from store.audits.states import AuditRefused, move_audit, move_finding
from store.coding.codes import Codes, Defaults, Found, apply_entry
from store.coding.entering import Entered
from store.coding.entry import Entry
from store.coding.opening import posted_lines
from store.database import Change, Database
from store.models import Audit, AuditSample, Claim, Encounter, LogEntry, WorkItem
from store.models.columns import MOST_IN_A_LINE, now
from store.terms import AuditStatus, CodingKind, FindingStatus

MOST_UNDO = 200


@dataclass(frozen=True)
class OpenedAudit:
    """An audit as opened for review: its chart, and whether the coder's codes may be seen."""

    audit_id: str
    work_item_id: str
    coding_id: str
    revealed: bool
    emergency: str = ""


def begin(db: Database, actor: Actor, audit_id: str, operation_id: str | None = None) -> OpenedAudit:
    """Open an audit for review, which makes it the actor's; a look at the chart, and logged as one.

    Raises AuditRefused where another has it, ChartRestricted.
    """
    with db.change(actor, operation_id, "audit.begin") as change:
        session = change.session
        audit = audit_named(session, audit_id)
        change.target = ("audit", audit.id)
        item = session.exec(
            select(WorkItem).where(WorkItem.encounter_id == audit.encounter_id, WorkItem.kind == audit.kind)
        ).first()
        if item is None:
            raise AuditRefused("the chart of this audit is in no worklist any more")
        patient = session.get_one(Encounter, audit.encounter_id).patient_id
        emergency = access.require_access(change, patient) if item.restricted else ""
        if audit.status is AuditStatus.WITHDRAWN:
            raise AuditRefused("its sample was withdrawn", "codedesk audits samples says why")
        if audit.status in (AuditStatus.SELECTED, AuditStatus.ASSIGNED):
            if audit.auditor_id not in (None, actor.person_id):
                raise AuditRefused("this audit is another auditor's", "a manager assigns it anew")
            if audit.coder_id is not None and audit.coder_id == actor.person_id:
                raise AuditRefused("you coded this chart yourself", "another auditor takes it")
            if actor.person_id in auditors_beside(session, audit):
                raise AuditRefused("you review this chart in the other audit of the pair", "another auditor takes it")
            move_audit(audit, AuditStatus.IN_REVIEW)
            audit.auditor_id, audit.begun_at = actor.person_id, now()
            sample = session.get_one(AuditSample, audit.audit_sample_id)
            begun = _begun_with(session, audit, sample.blind)
            audit.auditor_codes = begun.to_json()
            audit.auditor_disposition = audit.coder_disposition
            if not sample.blind:
                audit.revealed_at = now()
                group_sides(session, audit)
            step(change, audit, AuditStatus.IN_REVIEW.value)
        change.log("chart.view", "encounter", audit.encounter_id, audit=audit.id)
        return OpenedAudit(audit.id, item.id, audit.coding_id, audit.revealed_at is not None, emergency)


def enter(
    db: Database,
    actor: Actor,
    audit_id: str,
    entry: Entry,
    defaults: Defaults,
    why: str = "",
    operation_id: str | None = None,
    seen_version: int | None = None,
    trail: str = "",
) -> Entered:
    """Carry out one entry on the auditor's codes. Raises EntryError, AuditRefused, CodingChanged."""
    with db.change(actor, operation_id, "audit.enter") as change:
        audit = in_review(change, audit_id, seen_version)
        codes = auditor_codes(audit)
        if change.repeated:
            return Entered(codes, change.answer["message"], audit.row_version or 0)
        found = Found(safe_line(why)[:MOST_IN_A_LINE], safe_block(trail))
        changed, message = apply_entry(codes, entry, defaults, found)
        audit.walked = [*audit.walked[-MOST_UNDO:], {"what": message, "before": codes.to_json()}]
        return _kept(change, audit, changed, message)


def undo(
    db: Database, actor: Actor, audit_id: str, operation_id: str | None = None, seen_version: int | None = None
) -> Entered:
    """Take back the last change of the auditor's codes. Raises AuditRefused when there is none."""
    with db.change(actor, operation_id, "audit.undo") as change:
        audit = in_review(change, audit_id, seen_version)
        if change.repeated:
            return Entered(auditor_codes(audit), change.answer["message"], audit.row_version or 0)
        if not audit.walked:
            raise AuditRefused("there is nothing to undo")
        last = audit.walked[-1]
        audit.walked = audit.walked[:-1]
        return _kept(change, audit, Codes.from_json(last["before"]), f"Undone: {last['what']}")


def redo(
    db: Database, actor: Actor, audit_id: str, operation_id: str | None = None, seen_version: int | None = None
) -> Entered:
    """An audit keeps no way forward again. Raises AuditRefused."""
    raise AuditRefused("an audit has undo and no redo", "enter it again")


def resolve(
    db: Database, actor: Actor, audit_id: str, codes: Codes, seen_version: int, operation_id: str | None = None
) -> Entered:
    """Store what came of a conflict of two sessions, which undo takes back. Raises AuditRefused, CodingChanged."""
    with db.change(actor, operation_id, "audit.enter") as change:
        audit = in_review(change, audit_id, seen_version)
        message = "Settled: both sides are kept as you chose."
        if change.repeated:
            return Entered(auditor_codes(audit), message, audit.row_version or 0)
        audit.walked = [*audit.walked[-MOST_UNDO:], {"what": message, "before": auditor_codes(audit).to_json()}]
        return _kept(change, audit, codes, message)


def reveal(db: Database, actor: Actor, audit_id: str, operation_id: str | None = None) -> int:
    """Show the coder's codes, once and for all, and tell what differs; how many findings. Raises AuditRefused."""
    with db.change(actor, operation_id, "audit.reveal") as change:
        audit = in_review(change, audit_id, None)
        if change.repeated:
            return int(change.answer["findings"])
        if not audit.revealed_at:
            if not auditor_codes(audit).diagnoses:
                raise AuditRefused(
                    "no diagnosis was entered yet", "code the chart first; then its coder's codes are shown"
                )
            audit.revealed_at, audit.blind_codes = now(), audit.auditor_codes
            comment = "the coder's codes were shown"
            if looked := _looks_beside(change, audit):
                comment += f"; not blind: the chart was opened outside of the audit ({', '.join(looked)})"
            step(change, audit, audit.status.value, comment=comment)
            change.log("audit.reveal", "audit", audit.id)
            group_sides(change.session, audit)
        change.answer = {"findings": len(bring_up_to_date(change.session, audit))}
        return int(change.answer["findings"])


def unpointed(kind: CodingKind, codes: Codes) -> str:
    """What an auditor is told of lines that they gave no pointers; empty where there is none.

    A blind review begins with the charges as they were posted, which have none; a facility's lines have none at all.
    """
    many = sum(line.system == "hcpcs" and not line.pointers for line in codes.lines)
    if not many or kind is not CodingKind.PROFESSIONAL:
        return ""
    lines = "1 line lacks" if many == 1 else f"{many} lines lack"
    return f"{lines} your pointers: not judged. * sets them"


def give_back(db: Database, actor: Actor, audit_id: str, operation_id: str | None = None) -> str:
    """Return the chart to its coder, or close it where nothing was found; what happened in one line.

    Raises AuditRefused where the coder's codes were not looked at yet.
    """
    with db.change(actor, operation_id, "audit.return") as change:
        audit = in_review(change, audit_id, None)
        if change.repeated:
            return str(change.answer["message"])
        if not audit.revealed_at:
            raise AuditRefused("the coder's codes were not shown yet", "show them first")
        found = bring_up_to_date(change.session, audit)
        audit.returned_at = now()
        if not found or audit.second_of:
            move_audit(audit, AuditStatus.FINAL)
            audit.final_at = now()
            message = (
                "No finding: the audit is final." if not found else "Kept beside the first auditor's: it is final."
            )
        else:
            move_audit(audit, AuditStatus.RETURNED)
            for finding in found:
                move_finding(finding, FindingStatus.RETURNED)
                finding.due_on = due_day(change.session, audit)
            audit.due_on = due_day(change.session, audit)
            many = "finding" if len(found) == 1 else "findings"
            message = f"Returned with {len(found)} {many}; unanswered ones count as accepted after {audit.due_on}."
        step(change, audit, audit.status.value, comment=message)
        change.log("audit.return", "audit", audit.id, findings=len(found))
        change.answer = {"message": message}
        return message


def _looks_beside(change: Change, audit: Audit) -> list[str]:
    """The days on which the auditor saw the codes by another way since the draw: chart, claim, or the paired audit."""
    drawn = change.session.get_one(AuditSample, audit.audit_sample_id).made_at
    session = change.session
    claims = session.exec(select(Claim.id).where(Claim.encounter_id == audit.encounter_id))
    pair = Audit.id == audit.second_of if audit.second_of else Audit.second_of == audit.id
    showing = [audit.encounter_id, *claims, *session.exec(select(Audit.id).where(pair))]
    looks = session.exec(
        select(LogEntry)
        .where(col(LogEntry.target_id).in_(showing), LogEntry.actor == change.actor.login)
        .where(col(LogEntry.action).in_(_SHOWING_CODES), LogEntry.at >= drawn)
        .order_by(col(LogEntry.seq))
    )
    return list(dict.fromkeys(look.at[:10] for look in looks if "audit" not in look.detail))


_SHOWING_CODES = ("chart.view", "encounter.view", "claim.view", "audit.view")


def _begun_with(session: Session, audit: Audit, blind: bool) -> Codes:
    if not blind:
        return Codes.from_json(audit.coder_codes)
    if audit.kind is not CodingKind.PROFESSIONAL:
        return Codes()
    return Codes((), tuple(posted_lines(session, audit.encounter_id)))


def _kept(change: Change, audit: Audit, codes: Codes, message: str) -> Entered:
    audit.auditor_codes = codes.to_json()
    if audit.revealed_at:
        group_sides(change.session, audit)
        bring_up_to_date(change.session, audit)
    change.log("audit.enter", "audit", audit.id, what=message)
    change.session.flush()
    change.answer = {"message": message}
    return Entered(codes, message, audit.row_version or 0)

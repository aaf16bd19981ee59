"""Reviewing a chart: who has it, the auditor's own codes, what differs from the coder's, and handing it back.

In a blind audit the auditor codes the chart from its documents; the coder's codes are shown once, and from then on it
is kept what the auditor had before. Otherwise (review mode) the auditor begins with the coder's codes and changes
them. Findings are what differs, told by the program; the auditor adds words, citation and topic, and what codes cannot
tell (a missed query). The auditor's codes live in the audit and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlmodel import Session, select

from codesets.safe import safe_block, safe_line
from codesets.worksheets.site_codes import site_codes
from store import access
from store.actors import Actor
from store.audits.differences import Coded, Comparison, Difference, DifferenceKind, Dimension, compare
from store.audits.samples import audit_of_coding, sample_named
from store.audits.states import AuditRefused, move_audit, move_finding
from store.coding.codes import Codes, Defaults, Found, apply_entry
from store.coding.entry import Entry
from store.coding.service import CodingChanged, Entered, posted_lines
from store.database import Change, Database
from store.models import Audit, AuditFinding, AuditSample, AuditStep, EducationTopic, Encounter, Person, WorkItem
from store.models.columns import MOST_IN_A_LINE, now
from store.people import NoSuchPerson
from store.settings import load_settings, today
from store.terms import AuditStatus, CodingKind, FindingStatus, Role

MOST_UNDO = 200


@dataclass(frozen=True)
class OpenedAudit:
    """An audit as opened for review: its chart, and whether the coder's codes may be seen."""

    audit_id: str
    work_item_id: str
    coding_id: str
    revealed: bool
    emergency: str = ""


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
            move_audit(audit, AuditStatus.ASSIGNED)
            audit.auditor_id, audit.assigned_at = person.id, now()
            step(change, audit, AuditStatus.ASSIGNED.value, comment=f"to {person.name}")
        change.log("audit.assign", "person", person.id, audits=list(audit_ids))
        change.answer = {"assigned": len(audit_ids)}
        return len(audit_ids)


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
        if audit.status in (AuditStatus.SELECTED, AuditStatus.ASSIGNED):
            if audit.auditor_id not in (None, actor.person_id):
                raise AuditRefused("this audit is another auditor's", "a manager assigns it anew")
            if audit.coder_id is not None and audit.coder_id == actor.person_id:
                raise AuditRefused("you coded this chart yourself", "another auditor takes it")
            move_audit(audit, AuditStatus.IN_REVIEW)
            audit.auditor_id, audit.begun_at = actor.person_id, now()
            sample = session.get_one(AuditSample, audit.audit_sample_id)
            begun = _begun_with(session, audit, sample.blind)
            audit.auditor_codes = begun.to_json()
            audit.auditor_disposition = audit.coder_disposition
            if not sample.blind:
                audit.revealed_at = now()
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
        audit = _in_review(change, audit_id, seen_version)
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
        audit = _in_review(change, audit_id, seen_version)
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
        audit = _in_review(change, audit_id, seen_version)
        message = "Settled: both sides are kept as you chose."
        if change.repeated:
            return Entered(auditor_codes(audit), message, audit.row_version or 0)
        audit.walked = [*audit.walked[-MOST_UNDO:], {"what": message, "before": auditor_codes(audit).to_json()}]
        return _kept(change, audit, codes, message)


def state_whole(
    db: Database,
    actor: Actor,
    audit_id: str,
    disposition: str | None = None,
    drg: str | None = None,
    weight: float | None = None,
    coder_drg: str | None = None,
    coder_weight: float | None = None,
    operation_id: str | None = None,
) -> None:
    """State what the auditor holds for right beside the codes: disposition, DRG and its relative weight.

    The coder's DRG and weight can be stated too, where no grouper kept one. Raises AuditRefused.
    """
    with db.change(actor, operation_id, "audit.enter") as change:
        if change.repeated:
            return
        audit = _in_review(change, audit_id, None)
        given = {
            "auditor_disposition": disposition,
            "auditor_drg": drg,
            "auditor_weight": weight,
            "coder_drg": coder_drg,
            "coder_weight": coder_weight,
        }
        for name, value in given.items():
            if value is not None:
                setattr(audit, name, safe_line(value) if isinstance(value, str) else value)
        if audit.revealed_at:
            _find(change.session, audit)
        change.log("audit.enter", "audit", audit.id, what={k: v for k, v in given.items() if v is not None})


def reveal(db: Database, actor: Actor, audit_id: str, operation_id: str | None = None) -> int:
    """Show the coder's codes, once and for all, and tell what differs; how many findings. Raises AuditRefused."""
    with db.change(actor, operation_id, "audit.reveal") as change:
        audit = _in_review(change, audit_id, None)
        if change.repeated:
            return int(change.answer["findings"])
        if not audit.revealed_at:
            if not auditor_codes(audit).diagnoses:
                raise AuditRefused(
                    "no diagnosis was entered yet", "code the chart first; then its coder's codes are shown"
                )
            audit.revealed_at, audit.blind_codes = now(), audit.auditor_codes
            step(change, audit, audit.status.value, comment="the coder's codes were shown")
            change.log("audit.reveal", "audit", audit.id)
        change.answer = {"findings": len(_find(change.session, audit))}
        return int(change.answer["findings"])


def explain(
    db: Database,
    actor: Actor,
    audit_id: str,
    number: int,
    note: str | None = None,
    citation: str | None = None,
    topic: str | None = None,
    operation_id: str | None = None,
) -> None:
    """Say why of a finding that was not returned yet: note, citation, topic of education. Raises AuditRefused."""
    with db.change(actor, operation_id, "audit.explain") as change:
        if change.repeated:
            return
        audit = _in_review(change, audit_id, None)
        finding = finding_of(change.session, audit, number)
        if note is not None:
            finding.note = safe_block(note)
        if citation is not None:
            finding.citation = safe_line(citation)[:MOST_IN_A_LINE]
        if topic is not None:
            finding.topic_id = _topic(change.session, topic)
        change.log("audit.explain", "audit", audit.id, finding=number)


def add_by_hand(
    db: Database, actor: Actor, audit_id: str, what: str, citation: str = "", operation_id: str | None = None
) -> int:
    """Add what codes cannot tell: a query that should have been sent; the finding's number. Raises AuditRefused."""
    with db.change(actor, operation_id, "audit.explain") as change:
        if change.repeated:
            return int(change.answer["number"])
        audit = _in_review(change, audit_id, None)
        if not audit.revealed_at:
            raise AuditRefused("the coder's codes were not shown yet", "show them first")
        if not what.strip():
            raise AuditRefused("say what should have been asked")
        present = findings_of(change.session, audit)
        number = max((one.number for one in present), default=0) + 1
        change.session.add(
            AuditFinding(
                audit_id=audit.id,
                number=number,
                kind=DifferenceKind.QUERY.value,
                dimension=Dimension.QUERY.value,
                place="query",
                auditor="query",
                note=safe_block(what),
                citation=safe_line(citation)[:MOST_IN_A_LINE],
                by_hand=True,
            )
        )
        change.log("audit.explain", "audit", audit.id, finding=number)
        change.answer = {"number": number}
        return number


def give_back(db: Database, actor: Actor, audit_id: str, operation_id: str | None = None) -> str:
    """Return the chart to its coder, or close it where nothing was found; what happened in one line.

    Raises AuditRefused where the coder's codes were not looked at yet.
    """
    with db.change(actor, operation_id, "audit.return") as change:
        audit = _in_review(change, audit_id, None)
        if change.repeated:
            return str(change.answer["message"])
        if not audit.revealed_at:
            raise AuditRefused("the coder's codes were not shown yet", "show them first")
        found = _find(change.session, audit)
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
            .where((Audit.auditor_id != person.id) | Audit.auditor_id.is_(None))
            .order_by(Audit.position)
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


def compared(audit: Audit) -> tuple[Coded, Coded, Comparison]:
    """Both sides of an audit and what differs, with the money of a DRG where a base rate is known."""
    coder = Coded(Codes.from_json(audit.coder_codes), audit.coder_disposition, audit.coder_drg)
    auditor = Coded(auditor_codes(audit), audit.auditor_disposition, audit.auditor_drg)
    found = compare(coder, auditor, set(site_codes().values()))
    rate = load_settings().drg_base_rate
    if rate and audit.coder_weight is not None and audit.auditor_weight is not None:
        cents = round((audit.auditor_weight - audit.coder_weight) * rate)
        drg = DifferenceKind.DRG
        found = replace(found, whole=tuple(replace(d, cents=cents) if d.kind is drg else d for d in found.whole))
    return coder, auditor, found


def auditor_codes(audit: Audit) -> Codes:
    """The auditor's codes; none before the review began."""
    return Codes.from_json(audit.auditor_codes) if audit.auditor_codes else Codes()


def difference_of(finding: AuditFinding) -> Difference:
    """A finding as the difference it states."""
    return Difference(
        DifferenceKind(finding.kind),
        Dimension(finding.dimension),
        finding.place,
        finding.coder,
        finding.auditor,
        finding.cents,
    )


def findings_of(session: Session, audit: Audit) -> list[AuditFinding]:
    """The findings of an audit by number."""
    query = select(AuditFinding).where(AuditFinding.audit_id == audit.id)
    return list(session.exec(query.order_by(AuditFinding.number)))


def finding_of(session: Session, audit: Audit, number: int) -> AuditFinding:
    """One finding. Raises AuditRefused."""
    found = next((one for one in findings_of(session, audit) if one.number == number), None)
    if found is None:
        raise AuditRefused(f"the audit has no finding {number}", "codedesk audits show lists them")
    return found


def audit_named(session: Session, key: str) -> Audit:
    """An audit by id, or as `SAMPLE#POSITION`. Raises AuditRefused."""
    name, _, position = key.rpartition("#")
    if name and position.isdigit():
        sample = sample_named(session, name)
        query = select(Audit).where(
            Audit.audit_sample_id == sample.id, Audit.position == int(position), Audit.second_of == ""
        )
        audit = session.exec(query).first()
    else:
        audit = session.get(Audit, key)
    if audit is None:
        raise AuditRefused(f"no audit has the id {key[:60]!r}", "codedesk audits list shows them")
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


def _begun_with(session: Session, audit: Audit, blind: bool) -> Codes:
    if not blind:
        return Codes.from_json(audit.coder_codes)
    if audit.kind is not CodingKind.PROFESSIONAL:
        return Codes()
    return Codes((), tuple(posted_lines(session, audit.encounter_id)))


def _in_review(change: Change, audit_id: str, seen_version: int | None) -> Audit:
    """An audit that the actor reviews. Raises AuditRefused, CodingChanged."""
    audit = audit_named(change.session, audit_id)
    change.target = ("audit", audit.id)
    if audit.status is not AuditStatus.IN_REVIEW and not change.repeated:
        raise AuditRefused(f"the audit is {audit.status.value.replace('_', ' ')}", "only one in review can be changed")
    if audit.auditor_id != change.actor.person_id:
        raise AuditRefused("this audit is another auditor's", "codedesk audits list shows whose")
    if seen_version is not None and audit.row_version != seen_version:
        raise CodingChanged("another session changed this audit; it shows the codes as they are now", "enter it again")
    return audit


def _kept(change: Change, audit: Audit, codes: Codes, message: str) -> Entered:
    audit.auditor_codes = codes.to_json()
    if audit.revealed_at:
        _find(change.session, audit)
    change.log("audit.enter", "audit", audit.id, what=message)
    change.session.flush()
    change.answer = {"message": message}
    return Entered(codes, message, audit.row_version or 0)


def _find(session: Session, audit: Audit) -> list[AuditFinding]:
    """Bring the findings to what differs now; words, citation and topic of those that stay are kept."""
    _, _, found = compared(audit)
    present = {_key(difference_of(one)): one for one in findings_of(session, audit) if not one.by_hand}
    wanted = {_key(one): one for one in found.differences}
    for key, finding in present.items():
        if key not in wanted:
            session.delete(finding)
    session.flush()
    number = max((one.number for one in findings_of(session, audit)), default=0)
    for key, difference in wanted.items():
        if key in present:
            present[key].cents = difference.cents
            continue
        number += 1
        session.add(
            AuditFinding(
                audit_id=audit.id,
                number=number,
                kind=difference.kind.value,
                dimension=difference.dimension.value,
                place=difference.place,
                coder=difference.coder,
                auditor=difference.auditor,
                cents=difference.cents,
            )
        )
    session.flush()
    return findings_of(session, audit)


def _key(difference: Difference) -> tuple[str, ...]:
    return difference.kind.value, difference.place, difference.coder, difference.auditor


def _topic(session: Session, name: str) -> str | None:
    words = safe_line(" ".join(name.split()))
    if not words:
        return None
    topic = session.exec(select(EducationTopic).where(EducationTopic.name == words)).first()
    if topic is None:
        topic = EducationTopic(name=words)
        session.add(topic)
        session.flush()
    return topic.id

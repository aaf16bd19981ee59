"""What an auditor says beside the codes: words, citation and topic of a finding, a missed query, disposition, DRG."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from sqlmodel import Session, select

from codesets.errors import UsageError
from codesets.safe import safe_block, safe_line
from store.actors import Actor
from store.audits.differences import DifferenceKind, Dimension
from store.audits.found import bring_up_to_date, finding_of, findings_of
from store.audits.grouped import group_sides
from store.audits.keeping import in_review
from store.audits.states import AuditRefused
from store.database import Database
from store.models import AuditFinding, EducationTopic, Encounter
from store.models.columns import MOST_IN_A_LINE
from store.terms import CodingKind, PatientClass

MOST_WEIGHT = 100
WEIGHT_DECIMALS = 4

_DRG = re.compile(r"[0-9]{3}")


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
        audit = in_review(change, audit_id, None)
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
        audit = in_review(change, audit_id, None)
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

    A stay is grouped again by its new disposition. DRG and weight of either side are for where no grouper answers.
    Raises AuditRefused, also for what is no DRG or weight and for a chart that has none; UsageError for a bad number.
    """
    check_stated(drg, weight, coder_drg, coder_weight)
    with db.change(actor, operation_id, "audit.enter") as change:
        if change.repeated:
            return
        audit = in_review(change, audit_id, None)
        if any((drg, coder_drg, weight is not None, coder_weight is not None)):
            visit = change.session.get_one(Encounter, audit.encounter_id)
            if audit.kind is not CodingKind.FACILITY or visit.patient_class is not PatientClass.INPATIENT:
                raise has_no_drg(audit.kind)
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
        if disposition is not None and drg is None:
            group_sides(change.session, audit)
        if audit.revealed_at:
            bring_up_to_date(change.session, audit)
        change.log("audit.enter", "audit", audit.id, what={k: v for k, v in given.items() if v is not None})


def check_stated(
    drg: str | None, weight: float | None, coder_drg: str | None = None, coder_weight: float | None = None
) -> None:
    """Whether what was typed can be a DRG and a relative weight at all. Raises UsageError."""
    for one in (drg, coder_drg):
        _check_drg(one)
    for number in (weight, coder_weight):
        _check_weight(number)


def has_no_drg(kind: CodingKind) -> AuditRefused:
    """What is said to a DRG or weight of a chart that is not grouped."""
    chart = "a professional chart" if kind is CodingKind.PROFESSIONAL else "a facility chart of an outpatient"
    return AuditRefused(
        f"this is {chart}, which has no DRG", "only the facility's side of an inpatient stay is grouped"
    )


def _check_drg(stated: str | None) -> None:
    """An MS-DRG is three digits from 001 to 999, as in Table 5 of the IPPS rule; empty takes it away."""
    if stated and (not _DRG.fullmatch(stated) or stated == "000"):
        raise UsageError(f"DRG {safe_line(stated)[:20]!r}: expected three digits from 001 to 999", "as in --drg 193")


def _check_weight(stated: float | None) -> None:
    """A relative weight stands in Table 5 with four decimals; the largest is below 30."""
    if stated is None:
        return
    whole = math.isfinite(stated) and 0 < stated <= MOST_WEIGHT
    if not whole or Decimal(repr(stated)) != round(Decimal(repr(stated)), WEIGHT_DECIMALS):
        expected = f"a number above 0 and up to {MOST_WEIGHT} with at most {WEIGHT_DECIMALS} decimals"
        raise UsageError(f"weight {stated!r}: expected {expected}", "as in --weight 1.3107")


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

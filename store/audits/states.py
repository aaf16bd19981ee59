"""The states of an audit and of its findings, and what moves them: the one place that says what may follow what.

An audit, one chart of a sample:

    selected ──assign──▶ assigned ──begin──▶ in_review ──return──▶ returned ──last finding settled──▶ final
       └──────────────begin──────────────────▲   └──return without a finding──────────────────────────▲
    any but returned ──its sample is withdrawn, of which no finding was returned──▶ withdrawn

A finding of it:

    draft ──return──▶ returned ──coder agrees──▶ agreed
                        │   └──nobody answers in time──▶ accepted
                        └──coder rebuts, with a citation──▶ rebutted ──auditor──▶ overturned
                                                               └──auditor──▶ upheld
    upheld ──coder agrees──▶ agreed, or nobody answers in time──▶ accepted
       └──coder appeals──▶ second_level ──another auditor──▶ overturned
                              └──another auditor──▶ upheld_again ──coder agrees, or time──▶ agreed, accepted
                                                        └──coder escalates──▶ escalated ──manager──▶ confirmed
                                                                                  └──manager──▶ overturned

agreed, accepted, confirmed and overturned settle a finding; the first three count as errors. The days to answer are the
site's (`audit_answer_days`, kept with the sample). What waits for auditors and managers has no end of its own: lists
show how long it waits.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.models import Audit, AuditFinding, AuditSample
from store.terms import AuditStatus, CodingKind, FindingStatus, in_words


class AuditRefused(CodedeskError):
    """The step is not possible as things stand; nothing was changed."""

    title = "audit"
    exit_code = 1


AUDIT_TRANSITIONS: dict[AuditStatus, frozenset[AuditStatus]] = {
    AuditStatus.SELECTED: frozenset({AuditStatus.ASSIGNED, AuditStatus.IN_REVIEW, AuditStatus.WITHDRAWN}),
    AuditStatus.ASSIGNED: frozenset({AuditStatus.ASSIGNED, AuditStatus.IN_REVIEW, AuditStatus.WITHDRAWN}),
    AuditStatus.IN_REVIEW: frozenset({AuditStatus.RETURNED, AuditStatus.FINAL, AuditStatus.WITHDRAWN}),
    AuditStatus.RETURNED: frozenset({AuditStatus.FINAL}),
    AuditStatus.FINAL: frozenset({AuditStatus.WITHDRAWN}),
    AuditStatus.WITHDRAWN: frozenset(),
}

DONE = (AuditStatus.FINAL, AuditStatus.WITHDRAWN)
"""States in which no bill waits for an audit any more."""

SEEN_BY = "its auditor and managers see it in codedesk audits list"
"""Who can look up an audit that a bill waits for, to those who may not."""

_ANSWERED = {FindingStatus.AGREED, FindingStatus.ACCEPTED}

FINDING_TRANSITIONS: dict[FindingStatus, frozenset[FindingStatus]] = {
    FindingStatus.DRAFT: frozenset({FindingStatus.RETURNED}),
    FindingStatus.RETURNED: frozenset({*_ANSWERED, FindingStatus.REBUTTED}),
    FindingStatus.REBUTTED: frozenset({FindingStatus.UPHELD, FindingStatus.OVERTURNED}),
    FindingStatus.UPHELD: frozenset({*_ANSWERED, FindingStatus.SECOND_LEVEL}),
    FindingStatus.SECOND_LEVEL: frozenset({FindingStatus.UPHELD_AGAIN, FindingStatus.OVERTURNED}),
    FindingStatus.UPHELD_AGAIN: frozenset({*_ANSWERED, FindingStatus.ESCALATED}),
    FindingStatus.ESCALATED: frozenset({FindingStatus.CONFIRMED, FindingStatus.OVERTURNED}),
    FindingStatus.AGREED: frozenset(),
    FindingStatus.ACCEPTED: frozenset(),
    FindingStatus.CONFIRMED: frozenset(),
    FindingStatus.OVERTURNED: frozenset(),
}

SETTLED = frozenset(status for status, after in FINDING_TRANSITIONS.items() if not after)
WITH_CODER = (FindingStatus.RETURNED, FindingStatus.UPHELD, FindingStatus.UPHELD_AGAIN)
"""States in which the coder is to answer, and silence is a yes."""

WITH_AUDITOR = (FindingStatus.REBUTTED, FindingStatus.SECOND_LEVEL, FindingStatus.ESCALATED)
NEXT_LEVEL = {
    FindingStatus.RETURNED: FindingStatus.REBUTTED,
    FindingStatus.UPHELD: FindingStatus.SECOND_LEVEL,
    FindingStatus.UPHELD_AGAIN: FindingStatus.ESCALATED,
}
"""Where a rebuttal of the coder leads to."""

UPHELD = {
    FindingStatus.REBUTTED: FindingStatus.UPHELD,
    FindingStatus.SECOND_LEVEL: FindingStatus.UPHELD_AGAIN,
    FindingStatus.ESCALATED: FindingStatus.CONFIRMED,
}
"""Where a finding goes that is upheld."""


def move_audit(audit: Audit, status: AuditStatus) -> None:
    """Bring an audit into another state. Raises AuditRefused where the diagram has no such arrow."""
    if status not in AUDIT_TRANSITIONS[audit.status]:
        raise AuditRefused(f"an audit that is {words_of(audit.status)} cannot become {words_of(status)}")
    audit.status = status


def move_finding(finding: AuditFinding, status: FindingStatus) -> None:
    """Bring a finding into another state. Raises AuditRefused where the diagram has no such arrow."""
    if status not in FINDING_TRANSITIONS[finding.status]:
        raise AuditRefused(
            f"finding {finding.number} is {words_of(finding.status)}; it cannot become {words_of(status)}"
        )
    finding.status = status


def words_of(status: AuditStatus | FindingStatus) -> str:
    return in_words(status)


def held_for_audit(session: Session, encounter_id: str, kind: CodingKind) -> bool:
    """Whether one side of a visit waits for its audit before it may be billed."""
    waiting = (
        select(Audit.id)
        .join(AuditSample, col(AuditSample.id) == Audit.audit_sample_id)
        .where(Audit.encounter_id == encounter_id, Audit.kind == kind, col(Audit.status).not_in(DONE))
        .where(col(AuditSample.prebill).is_(True), Audit.second_of == "")
    )
    return session.exec(waiting.limit(1)).first() is not None

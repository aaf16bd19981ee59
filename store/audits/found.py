"""What differs between the coder's codes and the auditor's, kept as findings that follow the auditor's changes."""

from __future__ import annotations

import math
from dataclasses import replace

from sqlmodel import Session, col, select

from codesets.worksheets.site_codes import site_codes
from store.audits.differences import Coded, Comparison, Difference, DifferenceKind, Dimension, compare
from store.audits.states import AuditRefused
from store.coding.codes import Codes
from store.models import Audit, AuditFinding
from store.settings import load_settings


def compared(audit: Audit) -> tuple[Coded, Coded, Comparison]:
    """Both sides of an audit and what differs, with the money of a DRG where a base rate is known."""
    coder = Coded(Codes.from_json(audit.coder_codes), audit.coder_disposition, audit.coder_drg)
    auditor = Coded(auditor_codes(audit), audit.auditor_disposition, audit.auditor_drg)
    found = compare(coder, auditor, set(site_codes().values()))
    rate = load_settings().drg_base_rate
    ours, theirs = audit.coder_weight, audit.auditor_weight
    # A record of before weights were checked may have one that is no number: its money is not known.
    if rate and ours is not None and theirs is not None and math.isfinite(theirs - ours):
        cents = round((theirs - ours) * rate)
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
    return list(session.exec(query.order_by(col(AuditFinding.number))))


def finding_of(session: Session, audit: Audit, number: int) -> AuditFinding:
    """One finding. Raises AuditRefused."""
    found = next((one for one in findings_of(session, audit) if one.number == number), None)
    if found is None:
        raise AuditRefused(f"the audit has no finding {number}", "codedesk audits show lists them")
    return found


def bring_up_to_date(session: Session, audit: Audit) -> list[AuditFinding]:
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

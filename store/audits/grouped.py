"""The MS-DRG of both sides of an audited stay, by one grouper: that of the day of discharge.

The DRG that a coding was final coded with stays the coder's; where none was kept, the coder's codes are grouped here as
the auditor's are. A DRG that was stated by hand stands where no grouper answers, and until the codes change again.
"""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session, select

from codesets.grouping.answer import Ungrouped
from codesets.grouping.reasons import Explained
from codesets.reference import Reference, is_current, reference_path
from store.audits.found import auditor_codes
from store.coding.codes import Codes
from store.coding.grouping import drg_of, is_stay
from store.models import Audit, WorkItem
from store.queries import SessionReader
from store.queries.charts import ChartHead, chart_head
from store.terms import CodingKind


def group_sides(session: Session, audit: Audit) -> None:
    """Bring the DRG and relative weight of both sides to their codes; nothing where the chart is no inpatient stay."""
    place = reference_path()
    if audit.kind is not CodingKind.FACILITY or not (place.exists() and is_current(place)):
        return
    item = session.exec(
        select(WorkItem.id).where(WorkItem.encounter_id == audit.encounter_id, WorkItem.kind == audit.kind)
    ).first()
    head = chart_head(SessionReader(session), item) if item else None
    if head is None or not is_stay(head):
        return
    with Reference(place) as reference:
        auditor = _grouped(reference, head, auditor_codes(audit), audit.auditor_disposition)
        coder = _grouped(reference, head, Codes.from_json(audit.coder_codes), audit.coder_disposition)
    if auditor is not None:
        audit.auditor_drg, audit.auditor_weight = auditor.grouping.drg, _weight(auditor)
    if coder is not None and audit.coder_drg in ("", coder.grouping.drg) and audit.coder_weight is None:
        audit.coder_drg, audit.coder_weight = coder.grouping.drg, _weight(coder)


def _grouped(reference: Reference, head: ChartHead, codes: Codes, disposition: str) -> Explained | None:
    answer = drg_of(reference, replace(head, discharge_disposition=disposition or head.discharge_disposition), codes)
    return None if isinstance(answer, Ungrouped) else answer


def _weight(answer: Explained) -> float | None:
    return None if answer.weight is None else float(answer.weight)

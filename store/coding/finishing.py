"""Final coding: the coding is closed, its task leaves the worklist, and a claim can be built from it.

The code edits run on what is stored, so that no screen or script can pass them by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from codesets.edits import CodeFinding
from codesets.grouping.answer import Ungrouped
from codesets.grouping.reasons import Explained
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.safe import as_typed
from store import worklists
from store.actors import Actor
from store.audits.corrections import due_before_bill
from store.coding.grouping import drg_columns, drg_of
from store.coding.in_work import CodingRefused, LateUnseen, held_draft, load_codes
from store.coding.site_edits import findings_of, site_edits
from store.database import Change, Database
from store.models import Coding, CodingDrg, Document, EncounterChange, Finding, WorkItem
from store.models.columns import now
from store.queries import SessionReader
from store.queries.charts import chart_head
from store.queries.late import late_of
from store.queries.surroundings import surroundings_of
from store.scrub.findings import as_json
from store.settings import load_settings
from store.terms import CodingStatus, DocumentStatus, Severity, WorkStatus


def finalize(
    db: Database,
    reference: Reference,
    actor: Actor,
    coding_id: str,
    operation_id: str | None = None,
    seen_version: int | None = None,
    seen_late: frozenset[str] | None = None,
) -> str:
    """Final code: the coding is closed, its task leaves the worklist, and a claim can be built from it.

    The code edits run on the codes as they are stored; their findings are kept with the coding. Raises
    CodingRefused with the reason, CodingChanged where `seen_version` is given, the version of the coding that was
    looked at, and no longer the coding's. What came late counts as seen; where `seen_late` is given, the later messages
    that were shown (`Late.changes`), LateUnseen is raised for any other. Returns one line that says what happened.
    """
    with db.change(actor, operation_id, "coding.final") as change:
        if change.repeated:
            return str(change.answer["message"])
        coding, item = held_draft(change, coding_id, seen_version)
        if seen_late is not None and not (late := late_of(SessionReader(change.session), item.id)).changes <= seen_late:
            raise LateUnseen(
                f"it was not final coded, for more has come to the chart: {late.why}", "look at it; f asks again"
            )
        codes = load_codes(change.session, coding_id)
        if not codes.diagnoses:
            raise CodingRefused("a chart needs at least one diagnosis", "enter a code first")
        if load_settings().authenticated_only and not _signed(change.session, coding.encounter_id):
            raise CodingRefused("no document of this chart is signed", "h holds it until one is")
        head = chart_head(SessionReader(change.session), item.id)
        edits = site_edits(SessionReader(change.session), head.encounter_id, head.service_date)
        around = surroundings_of(SessionReader(change.session), head)
        findings = findings_of(reference, head, codes, edits, around)
        if blocking := [finding for finding in findings if Severity(finding.severity.value).blocks]:
            more = f" and {len(blocking) - 1} more" if len(blocking) > 1 else ""
            raise CodingRefused(f"{blocking[0].message.rstrip('.')}{more}", "! shows every finding")
        if audit := due_before_bill(change.session, coding.encounter_id, coding.kind):
            raise CodingRefused(
                f"the codes are those that audit {audit} found wrong",
                f"correct them, or say why they stay: {as_typed('audits', 'keep-codes', audit)} --reason TEXT",
            )
        _keep_findings(change.session, coding, findings)
        _keep_drg(change.session, coding, drg_of(reference, head, codes))
        release = reference.choose(CodeSystem.ICD10CM, dt.date.fromisoformat(head.service_date)).release
        coding.status, coding.release = CodingStatus.FINAL, release.edition if release else ""
        coding.finalized_at, coding.coder_id = now(), actor.person_id
        worklists.move(item, WorkStatus.FINAL)
        item.finished_at, item.claimed_until = now(), None
        item.new_documents, item.came_back = 0, ""
        _see_changes(change, item)
        change.log(
            "coding.final",
            "coding",
            coding.id,
            diagnoses=[d.code for d in codes.diagnoses],
            lines=[line.code for line in codes.lines],
            version=coding.version,
        )
        message = "Final coded. u takes it back until the claim is exported, n opens the next."
        change.answer = {"message": message}
        return message


def _signed(session: Session, encounter_id: str) -> bool:
    """Whether a document of the visit is authenticated: codes rest on signed documents alone (site policy)."""
    documents = session.exec(select(Document.status).where(Document.encounter_id == encounter_id, Document.current))
    return any(DocumentStatus(status).authenticated for status in documents)


def _keep_findings(session: Session, coding: Coding, findings: Sequence[CodeFinding]) -> None:
    session.exec(delete(Finding).where(col(Finding.subject_kind) == "coding", col(Finding.subject_id) == coding.id))
    for finding in findings:
        session.add(
            Finding(
                subject_kind="coding",
                subject_id=coding.id,
                rule_id=finding.rule_id,
                rule_version=finding.rule_version,
                severity=Severity(finding.severity.value),
                title=finding.title,
                message=finding.message,
                fix=finding.fix,
                citation=finding.citation,
                place=finding.place,
                seen=as_json(finding.seen),
            )
        )


def _keep_drg(session: Session, coding: Coding, answer: Explained | Ungrouped) -> None:
    """Keep the DRG that a stay was final coded with, by engine and version; a chart without one keeps none."""
    session.exec(delete(CodingDrg).where(col(CodingDrg.coding_id) == coding.id))
    if isinstance(answer, Ungrouped):
        return
    session.add(CodingDrg(coding_id=coding.id, **drg_columns(answer)))


def _see_changes(change: Change, item: WorkItem) -> None:
    """Take what came late as seen once no other task of the visit still waits for a look at it."""
    session = change.session
    others = select(WorkItem.id).where(
        WorkItem.encounter_id == item.encounter_id, WorkItem.id != item.id, WorkItem.came_back != ""
    )
    if session.exec(others.limit(1)).first() is None:
        unseen = select(EncounterChange).where(
            EncounterChange.encounter_id == item.encounter_id,
            col(EncounterChange.seen_at).is_(None),
        )
        for row in session.exec(unseen):
            row.seen_at, row.seen_by = now(), change.actor.person_id

"""Coding a chart: open it, enter codes line by line, undo and redo, final code, take it back.

A coding is one version of one side of an encounter's bill:

    draft ──final──▶ final ──take back (claim not exported)──▶ draft
                       └──recode──▶ superseded, and a new version in draft

Every change is a step with the codes before and after it, so undo works across sessions. Final coding runs the
code edits on what is stored, so that no screen or script can pass them by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, insert
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, delete, func, select

from codesets.edits import CodeFinding
from codesets.errors import CodedeskError
from codesets.grouping.answer import Ungrouped
from codesets.grouping.reasons import Explained
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.safe import safe_block, safe_line
from store import access, worklists
from store.actors import Actor
from store.coding.codes import Codes, Defaults, Diagnosis, Found, ProcedureLine, apply_entry
from store.coding.entry import Entry
from store.coding.grouping import drg_columns, drg_of
from store.coding.site_edits import findings_of, site_edits
from store.database import Change, Database
from store.models import (
    Charge,
    Claim,
    Coding,
    CodingDrg,
    CodingStep,
    Document,
    Encounter,
    EncounterChange,
    EncounterProvider,
    EntryDraft,
    FinalDiagnosis,
    FinalProcedureLine,
    Finding,
    Provider,
    WorkItem,
)
from store.models.columns import MOST_IN_A_LINE, new_id, now, table_of
from store.queries import SessionReader
from store.queries.charts import chart_head
from store.queries.codings import coding_codes
from store.queries.drafts import ENTRY, QUESTION, READING, places_of, with_place
from store.queries.late import nothing_to_code
from store.queries.surroundings import surroundings_of
from store.scrub.findings import as_json
from store.settings import load_settings
from store.terms import (
    ClaimStatus,
    CodingKind,
    CodingStatus,
    DocumentStatus,
    Origin,
    ProviderRole,
    Severity,
    WorkStatus,
)


class CodingRefused(CodedeskError):
    """The coding cannot be changed or finished as it is; the message names what stands in the way."""

    title = "coding"
    exit_code = 1


@dataclass(frozen=True)
class OpenedChart:
    """A chart as opened: its coding, and the entry that was typed and not yet entered."""

    work_item_id: str
    encounter_id: str
    coding_id: str
    draft: str
    emergency: str = ""
    """Until when the actor may see it by a broken glass, as ISO text in UTC; empty for an ordinary chart."""
    reading: str = ""
    """Where the actor was reading when they left it, as their screen wrote it; empty at the first opening."""
    question: str = ""
    """What the actor was writing to a provider, as a draft keeps it (`store.queries.drafts.QuestionTyped`)."""


@dataclass(frozen=True)
class Entered:
    """The codes after a change, and what happened in one line."""

    codes: Codes
    message: str
    version: int = 0
    """Of the coding's row, for the next change to name."""


class CodingChanged(CodingRefused):
    """The coding was changed elsewhere since it was read: nothing was overwritten."""

    title = "changed elsewhere"


def open_chart(db: Database, actor: Actor, work_item_id: str, operation_id: str | None = None) -> OpenedChart:
    """Open a chart for coding: lease, coding in draft (made if there is none), and the view in the log.

    Raises ChartUnavailable when another coder has it or it is on hold, ChartRestricted.
    """
    with db.change(actor, operation_id, "chart.open") as change:
        if change.repeated:
            return OpenedChart(**change.answer)
        change.target = ("work_item", work_item_id)
        wanted = change.session.get(WorkItem, work_item_id)
        emergency = _admitted(change, wanted) if wanted else ""
        item = worklists.open_item(change, work_item_id)
        return _opened(change, item, emergency)


def look_at_chart(db: Database, actor: Actor, work_item_id: str) -> OpenedChart:
    """Open a chart to read, without taking it from anybody; `coding_id` is empty where nothing was coded yet.

    Raises ChartUnavailable for a chart that is not there, ChartRestricted.
    """
    with db.change(actor, action="chart.look") as change:
        change.target = ("work_item", work_item_id)
        item = change.session.get(WorkItem, work_item_id)
        if item is None:
            raise worklists.ChartUnavailable("that chart is not in any worklist")
        emergency = _admitted(change, item)
        coding = _newest_coding(change.session, item)
        coding_id = coding.id if coding else ""
        change.log("chart.view", "encounter", item.encounter_id, coding=coding_id, only="to read")
        return OpenedChart(item.id, item.encounter_id, coding_id, "", emergency)


def open_next(db: Database, actor: Actor, worklist: str, operation_id: str | None = None) -> OpenedChart | None:
    """Take the first ready chart of a worklist and open it; None when there is none."""
    with db.change(actor, operation_id, "chart.next", alongside=True) as change:
        if change.repeated:
            return OpenedChart(**change.answer) if change.answer else None
        item = worklists.next_item(change, worklist)
        return _opened(change, item) if item else None


def load_codes(session: Session, coding_id: str) -> Codes:
    """The codes of a coding in their order."""
    return coding_codes(SessionReader(session), coding_id)


def enter(
    db: Database,
    actor: Actor,
    coding_id: str,
    entry: Entry,
    defaults: Defaults,
    why: str = "",
    operation_id: str | None = None,
    seen_version: int | None = None,
    trail: str = "",
) -> Entered:
    """Carry out one entry on a coding in draft; `why` and `trail` say how its code was found and stay with it.

    Raises EntryError, CodingRefused, or CodingChanged where `seen_version` is given and no longer the coding's;
    then nothing changed.
    """
    with db.change(actor, operation_id, "coding.enter") as change:
        codes = load_codes(change.session, coding_id)
        if change.repeated:
            return Entered(codes, change.answer["message"])
        coding = _draft(change.session, coding_id, seen_version)
        _hold_lease(change, coding)
        changed, message = apply_entry(
            codes, entry, defaults, Found(safe_line(why)[:MOST_IN_A_LINE], safe_block(trail))
        )
        _step(change, coding, codes, changed, message)
        change.session.flush()
        change.answer = {"message": message}
        return Entered(changed, message, coding.row_version or 0)


def resolve(
    db: Database,
    actor: Actor,
    coding_id: str,
    codes: Codes,
    seen_version: int,
    operation_id: str | None = None,
) -> Entered:
    """Store what came of a conflict, as one step that undo takes back.

    `codes` were made of the coding at `seen_version`. Raises CodingChanged where it has changed once more.
    """
    with db.change(actor, operation_id, "coding.resolve") as change:
        before = load_codes(change.session, coding_id)
        if change.repeated:
            return Entered(before, change.answer["message"])
        coding = _draft(change.session, coding_id, seen_version)
        _hold_lease(change, coding)
        message = "Settled: both sides are kept as you chose."
        _step(change, coding, before, codes, message)
        change.session.flush()
        change.answer = {"message": message}
        return Entered(codes, message, coding.row_version or 0)


def undo(
    db: Database, actor: Actor, coding_id: str, operation_id: str | None = None, seen_version: int | None = None
) -> Entered:
    """Take back the last change of the coding. Raises CodingRefused when there is none."""
    return _walk(db, actor, coding_id, operation_id, seen_version, back=True)


def redo(
    db: Database, actor: Actor, coding_id: str, operation_id: str | None = None, seen_version: int | None = None
) -> Entered:
    """Make the last undone change again. Raises CodingRefused when there is none."""
    return _walk(db, actor, coding_id, operation_id, seen_version, back=False)


def save_draft(db: Database, actor: Actor, encounter_id: str, text: str, place: str = "entry") -> None:
    """Keep what a person has typed or counted in a place and not yet entered; an empty text clears that place."""
    save_drafts(db, actor, encounter_id, {place: text})


def save_drafts(db: Database, actor: Actor, encounter_id: str, texts: Mapping[str, str]) -> None:
    """The same for the texts of several places at once."""
    if actor.person_id is None:
        return
    with db.change(actor) as change:
        present = change.session.get(EntryDraft, (encounter_id, actor.person_id))
        kept = present.text if present else ""
        for place, text in texts.items():
            kept = with_place(kept, place, text)
        if not kept:
            if present:
                change.session.delete(present)
            return
        draft = present or EntryDraft(encounter_id=encounter_id, person_id=actor.person_id)
        draft.text, draft.place, draft.saved_at = kept, next(iter(texts)), now()
        change.session.add(draft)


def finalize(db: Database, reference: Reference, actor: Actor, coding_id: str, operation_id: str | None = None) -> str:
    """Final code: the coding is closed, its task leaves the worklist, and a claim can be built from it.

    The code edits run on the codes as they are stored; their findings are kept with the coding. Raises
    CodingRefused with the reason. Returns one line that says what happened.
    """
    with db.change(actor, operation_id, "coding.final") as change:
        if change.repeated:
            return str(change.answer["message"])
        coding = _draft(change.session, coding_id)
        item = _hold_lease(change, coding)
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


def take_back(db: Database, actor: Actor, coding_id: str, operation_id: str | None = None) -> str:
    """Reopen a final coding whose claim has not left. Raises CodingRefused once it has."""
    with db.change(actor, operation_id, "coding.take_back") as change:
        if change.repeated:
            return str(change.answer["message"])
        coding = change.session.get_one(Coding, coding_id)
        if coding.status != CodingStatus.FINAL:
            raise CodingRefused("only a final coding can be taken back")
        claims = change.session.exec(select(Claim).where(Claim.coding_id == coding_id)).all()
        if any(claim.status == ClaimStatus.EXPORTED for claim in claims):
            raise CodingRefused("its claim has been exported", "recode it as a new version")
        for claim in claims:
            claim.status = ClaimStatus.VOID
        coding.status, coding.finalized_at = CodingStatus.DRAFT, None
        change.session.exec(delete(CodingDrg).where(col(CodingDrg.coding_id) == coding.id))
        item = _task(change.session, coding)
        if item.status == WorkStatus.FINAL:  # else a late document or charge brought it back already
            worklists.move(item, WorkStatus.IN_PROGRESS)
        item.finished_at = None
        worklists.open_item(change, item.id)
        change.log("coding.take_back", "coding", coding.id)
        message = "Taken back: the chart is open again."
        change.answer = {"message": message}
        return message


@dataclass(frozen=True)
class Recoded:
    """The new version of a coding, in draft with the codes of the one before, and what happened in one line."""

    coding_id: str
    message: str


def recode(db: Database, actor: Actor, coding_id: str, reason: str, operation_id: str | None = None) -> Recoded:
    """Open a new version of a final coding whose claim has left; the final one stays as it was billed.

    Raises CodingRefused for a coding that is not final, whose claim has not left, or without a reason.
    """
    with db.change(actor, operation_id, "coding.recode") as change:
        if change.repeated:
            return Recoded(**change.answer)
        session = change.session
        coding = session.get(Coding, coding_id)
        if coding is None or coding.status != CodingStatus.FINAL:
            raise CodingRefused("only a final coding is recoded")
        if not reason.strip():
            raise CodingRefused("a recode needs a reason")
        if not session.exec(select(Claim.id).where(Claim.coding_id == coding_id, _LEFT)).first():
            raise CodingRefused("its claim has not been exported", "u takes the final coding back")
        coding.status = CodingStatus.SUPERSEDED
        new = Coding(
            encounter_id=coding.encounter_id, kind=coding.kind, version=coding.version + 1, coder_id=actor.person_id
        )
        session.add(new)
        session.flush()
        _store(session, new, Codes(), load_codes(session, coding_id))
        item = _task(session, new)
        if item.status == WorkStatus.FINAL:
            worklists.move(item, WorkStatus.IN_PROGRESS)
        item.finished_at = None
        worklists.open_item(change, item.id)
        change.log("coding.recode", "coding", new.id, of=coding.id, version=new.version, reason=safe_line(reason))
        message = f"Version {new.version} is open with the codes of version {coding.version}."
        change.answer = {"coding_id": new.id, "message": message}
        return Recoded(new.id, message)


_LEFT = Claim.status == ClaimStatus.EXPORTED


def _keep_drg(session: Session, coding: Coding, answer: Explained | Ungrouped) -> None:
    """Keep the DRG that a stay was final coded with, by engine and version; a chart without one keeps none."""
    session.exec(delete(CodingDrg).where(col(CodingDrg.coding_id) == coding.id))
    if isinstance(answer, Ungrouped):
        return
    session.add(CodingDrg(coding_id=coding.id, **drg_columns(answer)))


def _opened(change: Change, item: WorkItem, emergency: str = "") -> OpenedChart:
    session = change.session
    coding = _newest_coding(session, item)
    if coding is None:
        coding = Coding(encounter_id=item.encounter_id, kind=item.kind, coder_id=change.actor.person_id)
        session.add(coding)
        session.flush()
        _prefill(session, coding)
    change.log("chart.view", "encounter", item.encounter_id, coding=coding.id)
    draft = session.get(EntryDraft, (item.encounter_id, change.actor.person_id or ""))
    kept = places_of(draft.text if draft else "")
    reading, question = kept.get(READING, ""), kept.get(QUESTION, "")
    opened = OpenedChart(item.id, item.encounter_id, coding.id, kept[ENTRY], emergency, reading, question)
    change.answer = opened.__dict__.copy()
    return opened


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


def _newest_coding(session: Session, item: WorkItem) -> Coding | None:
    return session.exec(
        select(Coding)
        .where(Coding.encounter_id == item.encounter_id, Coding.kind == item.kind)
        .order_by(col(Coding.version).desc())
    ).first()


def _admitted(change: Change, item: WorkItem) -> str:
    """Raise ChartRestricted where the actor may not open the chart; until when, where a broken glass lets them."""
    if not item.restricted:
        return ""
    return access.require_access(change, change.session.get_one(Encounter, item.encounter_id).patient_id)


def _prefill(session: Session, coding: Coding) -> None:
    """Begin a professional coding with the posted charges that carry a procedure code; the coder validates them."""
    if coding.kind != "professional":
        return
    facility = select(WorkItem.id).where(
        WorkItem.encounter_id == coding.encounter_id,
        WorkItem.kind == CodingKind.FACILITY,
        WorkItem.status != WorkStatus.CANCELED,
    )
    of_both = session.exec(facility.limit(1)).first() is not None
    for sequence, line in enumerate(posted_lines(session, coding.encounter_id, professional_only=of_both), 1):
        session.add(FinalProcedureLine(coding_id=coding.id, sequence=sequence, **_columns_of(line)))


def posted_lines(session: Session, encounter_id: str, professional_only: bool = False) -> list[ProcedureLine]:
    """The posted charges of a visit that carry a procedure code and were not reversed, as lines to begin with.

    With `professional_only` those with a revenue code stay out: where a visit is billed on both sides, they are the
    facility's (UB-04 form locator 42).
    """
    charges = session.exec(
        select(Charge).where(Charge.encounter_id == encounter_id).order_by(Charge.charge_number)
    ).all()
    reversed_numbers = {charge.reversal_of for charge in charges if charge.reversal_of}
    performer = _performer(session, encounter_id)
    return [
        ProcedureLine(
            system="hcpcs",
            code=charge.procedure_code,
            modifiers=tuple(charge.modifiers),
            units=charge.units,
            charge_cents=charge.amount_cents,
            service_date=charge.service_date,
            performer_npi=charge.performer_npi or performer,
            origin=Origin.CHARGE,
        )
        for charge in charges
        if charge.procedure_code
        and not charge.reversal_of
        and charge.charge_number not in reversed_numbers
        and not (professional_only and charge.revenue_code)
    ]


def _performer(session: Session, encounter_id: str) -> str:
    """NPI of the provider who did the work: rendering, else operating, else attending."""
    by_role = dict(
        session.exec(
            select(EncounterProvider.role, Provider.npi)
            .join(Provider, col(Provider.id) == EncounterProvider.provider_id)
            .where(EncounterProvider.encounter_id == encounter_id)
        ).all()
    )
    for role in (ProviderRole.RENDERING, ProviderRole.OPERATING, ProviderRole.ATTENDING):
        if by_role.get(role):
            return by_role[role]
    return ""


def _draft(session: Session, coding_id: str, seen_version: int | None = None) -> Coding:
    coding = session.get(Coding, coding_id)
    if coding is None:
        raise CodingRefused("that coding is not there")
    if coding.status != CodingStatus.DRAFT:
        raise CodingRefused("the coding is final", "u takes it back until the claim is exported")
    if seen_version is not None and coding.row_version != seen_version:
        raise CodingChanged("another session changed this chart; it shows the codes as they are now", "enter it again")
    return coding


def _task(session: Session, coding: Coding) -> WorkItem:
    return session.exec(
        select(WorkItem).where(WorkItem.encounter_id == coding.encounter_id, WorkItem.kind == coding.kind)
    ).one()


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


def _hold_lease(change: Change, coding: Coding) -> WorkItem:
    """Make sure that the chart is still the actor's, and renew the lease: every change of codes is a sign of life."""
    item = _task(change.session, coding)
    if item.status == WorkStatus.CANCELED:
        why = nothing_to_code(SessionReader(change.session), item.id)
        raise CodingRefused(why, "leave the chart; its codes stay until the visit is closed again")
    if item.status != WorkStatus.IN_PROGRESS or item.claimed_by != change.actor.person_id:
        raise CodingRefused("the chart is no longer yours: its lease ran out or it was taken", "open it again")
    return worklists.open_item(change, item.id)


def _step(change: Change, coding: Coding, before: Codes, after: Codes, action: str) -> None:
    """Store the changed codes and the step that undo goes back by; what had been undone is no longer redone."""
    session = change.session
    steps = table_of(CodingStep)
    session.flush()
    of_coding = steps.c.coding_id == coding.id
    undone = func.count(case((steps.c.undone.is_(True), 1)))
    last, redoable = session.execute(select(func.max(steps.c.number), undone).where(of_coding)).one()
    if redoable:
        session.execute(delete(steps).where(of_coding, steps.c.undone.is_(True)))
        last = (last or 0) - redoable
    session.execute(
        insert(steps),
        {
            "id": new_id(),
            "coding_id": coding.id,
            "number": (last or 0) + 1,
            "action": action,
            "person_id": change.actor.person_id or change.actor.login,
            "at": now(),
            "before": before.to_json(),
            "after": after.to_json(),
            "undone": False,
        },
    )
    _store(session, coding, before, after)
    change.log("coding.enter", "coding", coding.id, what=action)


def _walk(
    db: Database, actor: Actor, coding_id: str, operation_id: str | None, seen_version: int | None, back: bool
) -> Entered:
    action = "coding.undo" if back else "coding.redo"
    with db.change(actor, operation_id, action) as change:
        session = change.session
        if change.repeated:
            return Entered(load_codes(session, coding_id), change.answer["message"])
        coding = _draft(session, coding_id, seen_version)
        _hold_lease(change, coding)
        steps = select(CodingStep).where(CodingStep.coding_id == coding_id, col(CodingStep.undone).is_(not back))
        step = session.exec(steps.order_by(col(CodingStep.number).desc() if back else col(CodingStep.number))).first()
        if step is None:
            raise CodingRefused("there is nothing to undo" if back else "there is nothing to redo")
        codes = Codes.from_json(step.before if back else step.after)
        step.undone = back
        _store(session, coding, load_codes(session, coding_id), codes)
        message = f"Undone: {step.action}" if back else f"Again: {step.action}"
        change.log(action, "coding", coding.id, what=step.action)
        session.flush()
        change.answer = {"message": message}
        return Entered(codes, message, coding.row_version or 0)


def _store(session: Session, coding: Coding, before: Codes, after: Codes) -> None:
    """Write the codes from the first one that differs on: a chart of forty costs what one of four does."""
    _rewrite(session, FinalDiagnosis, coding.id, before.diagnoses, after.diagnoses)
    _rewrite(session, FinalProcedureLine, coding.id, before.lines, after.lines)
    # A change of the codes is a change of the coding: its version makes a second saver fail, not overwrite.
    coding.changed_at = now()
    session.add(coding)
    # Two changes within a millisecond, or a clock set back, must not look like none.
    flag_modified(coding, "changed_at")


def _rewrite(
    session: Session,
    table: type[FinalDiagnosis] | type[FinalProcedureLine],
    coding_id: str,
    before: Sequence[Diagnosis | ProcedureLine],
    after: Sequence[Diagnosis | ProcedureLine],
) -> None:
    """Statements without the unit of work: they run under the lock that every other writer waits for."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    columns = table_of(table).c
    if same < len(before):
        session.execute(delete(table_of(table)).where(columns.coding_id == coding_id, columns.sequence > same))
    rows = [
        {"id": new_id(), "coding_id": coding_id, "sequence": sequence, **_columns_of(code)}
        for sequence, code in enumerate(after[same:], same + 1)
    ]
    if rows:
        session.execute(insert(table_of(table)), rows)


def _columns_of(code: Diagnosis | ProcedureLine) -> dict[str, Any]:
    values = dict(vars(code))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

"""Opening a chart: its lease, its coding in draft (begun with the posted charges), and the view in the log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from store import access, worklists
from store.actors import Actor
from store.coding.codes import ProcedureLine, plain
from store.database import Change, Database
from store.models import (
    Charge,
    Coding,
    Encounter,
    EncounterProvider,
    EntryDraft,
    FinalProcedureLine,
    Provider,
    WorkItem,
)
from store.queries.drafts import ENTRY, QUESTION, READING, places_of
from store.queries.standing import PostedCharge, left_of, service_of
from store.terms import CodingKind, Origin, ProviderRole, WorkStatus


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


def _opened(change: Change, item: WorkItem, emergency: str = "") -> OpenedChart:
    session = change.session
    coding = _newest_coding(session, item)
    if coding is None:
        coding = Coding(encounter_id=item.encounter_id, kind=item.kind, coder_id=change.actor.person_id)
        session.add(coding)
        session.flush()
        for sequence, line in enumerate(lines_to_begin_with(session, item.encounter_id, item.kind), 1):
            session.add(FinalProcedureLine(coding_id=coding.id, sequence=sequence, **plain(line)))
    change.log("chart.view", "encounter", item.encounter_id, coding=coding.id)
    draft = session.get(EntryDraft, (item.encounter_id, change.actor.person_id or ""))
    kept = places_of(draft.text if draft else "")
    reading, question = kept.get(READING, ""), kept.get(QUESTION, "")
    opened = OpenedChart(item.id, item.encounter_id, coding.id, kept[ENTRY], emergency, reading, question)
    change.answer = opened.__dict__.copy()
    return opened


def _newest_coding(session: Session, item: WorkItem) -> Coding | None:
    return session.exec(_NEWEST, params={"encounter": item.encounter_id, "kind": item.kind}).first()


_NEWEST = (
    select(Coding)
    .where(Coding.encounter_id == bindparam("encounter"), Coding.kind == bindparam("kind"))
    .order_by(col(Coding.version).desc())
    .limit(1)
)


def _admitted(change: Change, item: WorkItem) -> str:
    """Raise ChartRestricted where the actor may not open the chart; until when, where a broken glass lets them."""
    if not item.restricted:
        return ""
    return access.require_access(change, change.session.get_one(Encounter, item.encounter_id).patient_id)


def lines_to_begin_with(session: Session, encounter_id: str, kind: CodingKind) -> list[ProcedureLine]:
    """What a coding begins with: on the professional side the posted charges with a procedure code, else nothing.

    The coder validates them.
    """
    if kind != CodingKind.PROFESSIONAL:
        return []
    facility = select(WorkItem.id).where(
        WorkItem.encounter_id == encounter_id,
        WorkItem.kind == CodingKind.FACILITY,
        WorkItem.status != WorkStatus.CANCELED,
    )
    of_both = session.exec(facility.limit(1)).first() is not None
    return posted_lines(session, encounter_id, professional_only=of_both)


def posted_lines(session: Session, encounter_id: str, professional_only: bool = False) -> list[ProcedureLine]:
    """The posted charges of a visit that carry a procedure code and still stand, as lines to begin with.

    Of one that was taken back in part, what is left of it.

    With `professional_only` those with a revenue code stay out: where a visit is billed on both sides, they are the
    facility's (UB-04 form locator 42).
    """
    charges = session.exec(
        select(Charge).where(Charge.encounter_id == encounter_id).order_by(Charge.charge_number)
    ).all()
    left = left_of(
        PostedCharge(
            c.charge_number,
            c.reversal_of,
            c.units,
            c.amount_cents,
            service_of(c.procedure_code, c.modifiers, c.service_date or ""),
        )
        for c in charges
    )
    performer = _performer(session, encounter_id)
    return [
        ProcedureLine(
            system="hcpcs",
            code=charge.procedure_code,
            modifiers=tuple(charge.modifiers),
            units=left[charge.charge_number].units,
            charge_cents=left[charge.charge_number].cents,
            service_date=charge.service_date,
            performer_npi=charge.performer_npi or performer,
            origin=Origin.CHARGE,
        )
        for charge in charges
        if charge.procedure_code
        and not charge.reversal_of
        and left[charge.charge_number].stands
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

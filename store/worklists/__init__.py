"""Work items: how a coding task comes into a worklist, who has it, and how it leaves.

The states of a work item:

    ready ──open──▶ in_progress ──final──▶ final
      ▲  ◀─release──     │  ▲                 │
      │                  │  └────take back────┘
      └──last hold cleared── on_hold ◀──hold── (ready, in_progress)
    (ready, in_progress, on_hold) ──visit canceled or open again──▶ canceled ──visit closed again──▶ ready
    final ──a document or charge came late──▶ ready

An opened chart is a lease: it stays with its coder for `lease_minutes` without a key and can then be opened by
another. Codes are the business of `store.coding`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from sqlalchemy import Select, func, update
from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Change, Database
from store.models import Charge, Counter, Coverage, Encounter, Hold, Patient, Payer, Person, WorkItem
from store.models.columns import later, now
from store.models.work import OPEN_STATES
from store.settings import load_settings, today
from store.terms import RESTRICTED, CodingKind, EncounterStatus, Setting, WorkStatus, open_by

TRANSITIONS: dict[WorkStatus, frozenset[WorkStatus]] = {
    WorkStatus.READY: frozenset({WorkStatus.IN_PROGRESS, WorkStatus.ON_HOLD, WorkStatus.CANCELED}),
    WorkStatus.IN_PROGRESS: frozenset({WorkStatus.READY, WorkStatus.ON_HOLD, WorkStatus.FINAL, WorkStatus.CANCELED}),
    WorkStatus.ON_HOLD: frozenset({WorkStatus.READY, WorkStatus.CANCELED}),
    WorkStatus.FINAL: frozenset({WorkStatus.IN_PROGRESS, WorkStatus.READY}),
    WorkStatus.CANCELED: frozenset({WorkStatus.READY}),
}


_PORTION = 100
"""How many charts are looked at in one transaction, so that no coder waits for it."""


class ChartUnavailable(CodedeskError):
    """The chart is with somebody else, on hold, finished or gone."""

    title = "chart"
    exit_code = 1
    refusal = True


class ChartOpenElsewhere(ChartUnavailable):
    """Another coder has the chart open and may be at work on it; it can be looked at."""


@dataclass(frozen=True)
class WorklistRule:
    """A worklist and the tasks it takes; `kind` None takes both sides of the bill."""

    name: str
    rule: str
    words: str
    settings: frozenset[Setting]
    kind: CodingKind | None

    def takes(self, setting: Setting, kind: CodingKind) -> bool:
        return setting in self.settings and self.kind in (None, kind)


@cache
def worklist_rules() -> tuple[WorklistRule, ...]:
    """The worklists of the site in order; the first that takes a task gets it."""
    entries = tomllib.loads(files("store").joinpath("worklists.toml").read_text(encoding="utf-8"))["worklist"]
    return tuple(
        WorklistRule(
            name=entry["name"],
            rule=entry["rule"],
            words=entry["words"],
            settings=frozenset(map(Setting, entry["settings"])),
            kind=None if entry["kind"] == "any" else CodingKind(entry["kind"]),
        )
        for entry in entries
    )


def usual_tasks(setting: Setting) -> tuple[CodingKind, ...]:
    """The sides of the bill that a visit of this setting has."""
    if setting in (Setting.CLINIC, Setting.RADIOLOGY):
        return (CodingKind.PROFESSIONAL,)
    if setting in (Setting.EMERGENCY, Setting.SURGERY):
        return (CodingKind.PROFESSIONAL, CodingKind.FACILITY)
    return (CodingKind.FACILITY,)


def place(session: Session, encounter: Encounter, tasks: Sequence[CodingKind] = ()) -> None:
    """Make sure that each coding task of a closed visit stands in its worklist, with its priority of today.

    An open visit is not placed yet; a canceled one takes its unfinished tasks out of the lists.
    """
    if encounter.status == EncounterStatus.OPEN:
        return
    present = {item.kind: item for item in session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter.id))}
    if encounter.status != EncounterStatus.DISCHARGED:
        for item in present.values():
            if item.status != WorkStatus.FINAL:
                item.status = WorkStatus.CANCELED
        return
    cents = charged_cents(session, encounter)
    reasons = priority_reasons(session, encounter, cents)
    patient = session.get_one(Patient, encounter.patient_id)
    for kind in tasks or usual_tasks(encounter.setting):
        item = present.get(kind)
        if item is None:
            rule = next(r for r in worklist_rules() if r.takes(encounter.setting, kind))
            item = WorkItem(encounter_id=encounter.id, kind=kind, worklist=rule.name, rule=f"{rule.rule}: {rule.words}")
            session.add(item)
        item.reasons = reasons + _document_reasons(item)
        item.rank = -sum(points for points, _ in item.reasons)
        item.service_date, item.charge_rank = encounter.service_date, -cents
        name_on_list(item, patient)


def name_on_list(item: WorkItem, patient: Patient) -> None:
    """What lists call the patient of a task: a restricted one has no name there, to be read, sorted or searched by."""
    item.restricted = patient.restricted is not None
    names = (patient.family_name, patient.given_name)
    item.patient_name = RESTRICTED if item.restricted else ", ".join(filter(None, names))


def charged_cents(session: Session, encounter: Encounter) -> int:
    """The sum of the posted charges of a visit."""
    return session.exec(select(func.sum(Charge.amount_cents)).where(Charge.encounter_id == encounter.id)).one() or 0


def priority_reasons(session: Session, encounter: Encounter, cents: int) -> list[list]:
    """The parts of the priority as [points, words]: time left to file, age, and money."""
    day = today()
    age = max((day - date.fromisoformat(encounter.service_date)).days, 0)
    reasons: list[list] = [[age, f"age {age}d"]]
    payer = session.exec(
        select(Payer).join(Coverage).where(Coverage.account_id == encounter.account_id).order_by(Coverage.sequence)
    ).first()
    if payer and payer.timely_filing_days:
        left = payer.timely_filing_days - age
        if left <= 30:
            reasons.insert(0, [60, f"payer's days left ({max(left, 0)})"])
        elif left <= 90:
            reasons.insert(0, [20, f"payer's days left ({left})"])
    if cents >= 1_000_000:
        reasons.append([20, f"charges {cents // 100:,} dollars"])
    elif cents >= 100_000:
        reasons.append([10, f"charges {cents // 100:,} dollars"])
    return reasons


def refresh_priorities(db: Database, actor: Actor) -> int:
    """Reckon the priorities of the open charts anew, once a day: ages and deadlines move; how many were looked at."""
    day = int(today().strftime("%Y%m%d"))
    with db.change(actor) as change:
        counter = change.session.get(Counter, "priorities") or Counter(name="priorities")
        if counter.last == day:
            return 0
        counter.last = day
        change.session.add(counter)
    looked_at, after = 0, ""
    while True:
        with db.change(actor) as change:
            encounters = change.session.exec(
                select(Encounter)
                .where(Encounter.id > after, Encounter.id.in_(_with_open_task()))
                .order_by(Encounter.id)
                .limit(_PORTION)
            ).all()
            for encounter in encounters:
                kinds = change.session.exec(select(WorkItem.kind).where(WorkItem.encounter_id == encounter.id)).all()
                place(change.session, encounter, kinds)
            if not encounters:
                return looked_at
            looked_at, after = looked_at + len(encounters), encounters[-1].id


def open_item(change: Change, item_id: str) -> WorkItem:
    """Take a work item for the actor, or renew their lease on it.

    Raises ChartUnavailable when another has it, or it is on hold or canceled. A final chart is opened to look at.
    """
    item = change.session.get(WorkItem, item_id)
    if item is None:
        raise ChartUnavailable("that chart is not in any worklist")
    me = change.actor.person_id
    if item.status == WorkStatus.FINAL:
        return item
    if item.status in (WorkStatus.ON_HOLD, WorkStatus.CANCELED):
        raise ChartUnavailable(f"the chart is {item.status.value.replace('_', ' ')}", "clear its holds first")
    if item.status == WorkStatus.IN_PROGRESS and item.claimed_by != me and (item.claimed_until or "") > now():
        holder = change.session.get(Person, item.claimed_by) if item.claimed_by else None
        raise ChartOpenElsewhere(
            f"another coder has this chart open: {open_by(holder.name if holder else '', item.claimed_at)}",
            "n takes the next one",
        )
    if item.status == WorkStatus.READY or item.claimed_by != me:
        change.log("chart.open", "work_item", item.id)
        item.claimed_at = now()
    item.status = WorkStatus.IN_PROGRESS
    item.claimed_by = me
    item.claimed_until = _lease_end()
    return item


def next_item(change: Change, worklist: str) -> WorkItem | None:
    """Take the first ready task of a worklist by priority, in one statement so that no two coders get the same.

    A restricted chart is never given out; those who may open it do so by name.
    """
    first = (
        select(WorkItem.id)
        .where(WorkItem.worklist == worklist, WorkItem.status == WorkStatus.READY, WorkItem.restricted.is_(False))
        .order_by(WorkItem.rank, WorkItem.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = change.session.execute(
        update(WorkItem)
        .where(WorkItem.id == first)
        .values(
            status=WorkStatus.IN_PROGRESS,
            claimed_by=change.actor.person_id,
            claimed_until=_lease_end(),
            claimed_at=now(),
            row_version=WorkItem.row_version + 1,
        )
        .returning(WorkItem.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if taken is None:
        return None
    change.log("chart.open", "work_item", taken, next=worklist)
    return change.session.get(WorkItem, taken, populate_existing=True)


def sweep_leases(db: Database, actor: Actor) -> int:
    """Return charts whose lease has run out to their worklists; how many."""
    with db.change(actor) as change:
        swept = change.session.execute(
            update(WorkItem)
            .where(WorkItem.status == WorkStatus.IN_PROGRESS, WorkItem.claimed_until < now())
            .values(
                status=WorkStatus.READY,
                claimed_by=None,
                claimed_until=None,
                claimed_at=None,
                row_version=WorkItem.row_version + 1,
            )
            .returning(WorkItem.id)
            .execution_options(synchronize_session=False)
        ).scalars()
        ended = sorted(swept)
        for item_id in ended:
            change.log("chart.lease_ended", "work_item", item_id)
        return len(ended)


def release(db: Database, actor: Actor, item_id: str, operation_id: str | None = None) -> None:
    """Give an opened chart back to its worklist; what was coded so far stays with it."""
    with db.change(actor, operation_id, "chart.release") as change:
        if change.repeated:
            return
        item = change.session.get(WorkItem, item_id)
        if item and item.status == WorkStatus.IN_PROGRESS and item.claimed_by == actor.person_id:
            move(item, WorkStatus.READY)
            item.claimed_by = item.claimed_until = item.claimed_at = None
            change.log("chart.release", "work_item", item.id)


def hold(
    db: Database, actor: Actor, item_id: str, reason: str, owner: str, note: str = "", operation_id: str | None = None
) -> str:
    """Put a chart on hold for an owner and return the hold's id. Raises ChartUnavailable for a finished chart."""
    with db.change(actor, operation_id, "chart.hold") as change:
        if change.repeated:
            return change.answer["hold_id"]
        change.target = ("work_item", item_id)
        item = change.session.get(WorkItem, item_id)
        if item is None or item.status not in (WorkStatus.READY, WorkStatus.IN_PROGRESS, WorkStatus.ON_HOLD):
            raise ChartUnavailable("only a chart that is ready or open can be put on hold")
        opened = Hold(work_item_id=item.id, reason=reason, owner=owner, note=note, opened_by=actor.person_id or "")
        change.session.add(opened)
        if item.status != WorkStatus.ON_HOLD:
            move(item, WorkStatus.ON_HOLD)
        item.claimed_by = item.claimed_until = item.claimed_at = None
        change.log("chart.hold", "work_item", item.id, reason=reason, owner=owner)
        change.answer = {"hold_id": opened.id}
        return opened.id


def clear_holds(db: Database, actor: Actor, item_id: str, operation_id: str | None = None) -> int:
    """Clear every open hold of a chart, which makes it ready again; how many were cleared."""
    with db.change(actor, operation_id, "chart.clear_holds") as change:
        if change.repeated:
            return change.answer["cleared"]
        open_holds = change.session.exec(
            select(Hold).where(Hold.work_item_id == item_id, Hold.cleared_at.is_(None))
        ).all()
        for one in open_holds:
            one.cleared_at, one.cleared_by = now(), actor.person_id
        item = change.session.get(WorkItem, item_id)
        if item and item.status == WorkStatus.ON_HOLD:
            move(item, WorkStatus.READY)
            change.log("chart.clear_holds", "work_item", item_id, holds=[h.reason for h in open_holds])
        change.answer = {"cleared": len(open_holds)}
        return len(open_holds)


def move(item: WorkItem, status: WorkStatus) -> None:
    """Bring a work item into another state. Raises ChartUnavailable where the diagram has no such arrow."""
    if status not in TRANSITIONS[item.status]:
        raise ChartUnavailable(f"a chart that is {item.status.value} cannot become {status.value}")
    item.status = status


def _with_open_task() -> Select:
    return select(WorkItem.encounter_id).where(WorkItem.status.in_(OPEN_STATES))


def _document_reasons(item: WorkItem) -> list[list]:
    reasons: list[list] = [[14, "document came after coding"]] if item.new_documents else []
    return reasons + ([[20, f"came back: {item.came_back}"]] if item.came_back else [])


def _lease_end() -> str:
    return later(load_settings().lease_minutes)

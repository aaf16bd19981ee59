"""What a later message changed: gathered while a record is stored, kept as a diff, and its tasks brought back.

A document, charge or fact that comes after coding began marks the task with the reason; a task that was final is
ready again in its worklist. Its final coding stays as it is until a person takes it back, recodes, or says that it
stands (`mark_seen`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from codesets.safe import as_typed
from store.actors import Actor
from store.audits.corrections import due_before_bill
from store.audits.states import AuditRefused
from store.coding.in_work import LateUnseen
from store.database import Database
from store.intake.rows import KnownRows, update
from store.models import Charge, Coding, Document, Encounter, EncounterChange, Patient, WorkItem
from store.models.columns import new_id, now
from store.queries import SessionReader
from store.queries.late import ChangeRow, changes_in
from store.terms import CodingKind, CodingStatus, EncounterStatus, WorkStatus
from store.worklists import move, name_on_list

MOST_DETAILS = 200
_DECIDES = ("setting", "patient_class", "started_at", "ended_at", "discharge_disposition", "service_date")
"""Fields of a visit that can change its codes or their release, so that a finished chart is looked at again."""

_IDENTIFIES = ("family_name", "given_name", "birth_date")
"""Fields of a patient by which people know them: who codes a chart is told where one of them changes."""

_OPEN = (WorkStatus.READY, WorkStatus.IN_PROGRESS, WorkStatus.ON_HOLD)


class Parts:
    """What changed while one record is stored: names of parts for the report, details for the diff."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.details: list[dict[str, Any]] = []
        self.late: list[str] = []
        """Why a chart that was begun or finished needs another look."""
        self.identity: list[str] = []
        """What of the patient's name or birth date changed; every open chart of theirs is told."""
        self.notes: list[str] = []
        """What was not done as the sender wrote it, for the report."""

    def note(self, name: str, changed: object) -> None:
        """Name a part when it changed."""
        if changed and name not in self.names:
            self.names.append(name)

    def update(self, name: str, row: SQLModel, values: Mapping[str, Any]) -> bool:
        """Set the values that differ, and keep what they were."""
        before = {field: getattr(row, field) for field, value in values.items() if getattr(row, field) != value}
        changed = update(row, values)
        for field, was in before.items():
            if field == "account_id":
                continue
            self.details.append({"part": name, "item": field, "was": was, "is": values[field]})
            if name == "encounter" and field in _DECIDES:
                self.late.append(f"{field.replace('_', ' ')} changed")
            if name == "patient" and field in _IDENTIFIES and was:
                self.identity.append(f"{field.replace('_', ' ')} of the patient changed")
        self.note(name, changed)
        return changed

    def documents(self, rows: Iterable[Document]) -> None:
        """New documents and new versions."""
        for row in rows:
            item = {"number": row.document_number, "version": row.version}
            was = f"version {row.version - 1}" if row.version > 1 else None
            self.details.append({"part": "document", "item": item, "was": was, "is": row.type_name})
            self.late.append(f"{'new version of' if was else 'late document:'} {row.type_name}")

    def charges(self, rows: Sequence[Charge]) -> None:
        """Charges that were posted, reversals among them."""
        for row in rows:
            said = {"code": row.procedure_code or row.revenue_code or row.description, "units": row.units}
            said |= {"cents": row.amount_cents, "date": row.service_date}
            self.details.append(
                {"part": "charge", "item": row.charge_number, "was": row.reversal_of or None, "is": said}
            )
        if rows:
            self.late.append(f"{len(rows)} late charge{'' if len(rows) == 1 else 's'}")

    def codes(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Codes of the sender that are new."""
        for row in rows:
            self.details.append(
                {"part": f"sender's {row['kind']}", "item": f"{row['system']} {row['code']}", "is": row["display"]}
            )


def keep_change(rows: KnownRows, encounter_id: str, parts: Parts, message: str, tasks: Sequence[WorkItem]) -> bool:
    """Keep the diff of a visit that was here before; whether its tasks were brought back since something came late."""
    if not parts.details:
        return False
    late = "; ".join(dict.fromkeys(parts.late))[:300]
    back = [late] if late and tasks and _bring_back(rows.session, encounter_id, late, tasks) else []
    back += _told_of_identity(rows, encounter_id, parts, tasks)
    _keep(rows, encounter_id, message, "; ".join(back), parts.details)
    return bool(back)


def tell_open_charts(rows: KnownRows, patient: Patient, parts: Parts, message: str, told: str = "") -> None:
    """Keep a change of a patient's name or birth date with each of their visits that is open to code, but `told`.

    Lists show every task of theirs under the new name.
    """
    if not parts.identity or patient.merged_into_id:
        return
    rows.write()
    tasks: dict[str, list[WorkItem]] = {}
    for item in rows.session.exec(select(WorkItem).join(Encounter).where(Encounter.patient_id == patient.id)):
        name_on_list(item, patient)
        if item.status in _OPEN and item.encounter_id != told:
            tasks.setdefault(item.encounter_id, []).append(item)
    details = [one for one in parts.details if one["part"] == "patient" and one["item"] in _IDENTIFIES]
    for encounter_id, items in tasks.items():
        back = _told_of_identity(rows, encounter_id, parts, items)
        _keep(rows, encounter_id, message, "; ".join(back), details)


def _told_of_identity(rows: KnownRows, encounter_id: str, parts: Parts, tasks: Sequence[WorkItem]) -> list[str]:
    """Mark the open tasks that were begun; why, where there were any. What is final coded stays so."""
    why = "; ".join(dict.fromkeys(parts.identity))
    still_open = [item for item in tasks if item.status in _OPEN]
    return [why] if why and still_open and _bring_back(rows.session, encounter_id, why, still_open) else []


def _keep(rows: KnownRows, encounter_id: str, message: str, late: str, details: list[dict[str, Any]]) -> None:
    values: dict[str, Any] = {"id": new_id(), "encounter_id": encounter_id, "received_at": now()}
    values |= {"message": message[:400], "late": late[:400], "details": details[:MOST_DETAILS]}
    rows.insert(EncounterChange, [values | {"seen_at": None, "seen_by": None}])


def tasks_of(session: Session, encounter_id: str) -> list[WorkItem]:
    """The tasks of a visit, whatever their state."""
    return list(session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter_id)))


def follow_status(encounter: Encounter, before: EncounterStatus, tasks: Sequence[WorkItem]) -> None:
    """Tasks of a visit whose state changed: a visit that is open again has nothing to code, one closed again has."""
    if encounter.status == before:
        return
    for item in tasks:
        if encounter.status == EncounterStatus.DISCHARGED and item.status == WorkStatus.CANCELED:
            move(item, WorkStatus.READY)
        elif encounter.status != EncounterStatus.DISCHARGED and item.status not in (
            WorkStatus.FINAL,
            WorkStatus.CANCELED,
        ):
            move(item, WorkStatus.CANCELED)
            item.claimed_by = item.claimed_until = None


def changes_of(session: Session, encounter_id: str) -> list[ChangeRow]:
    """What later messages changed of a visit, oldest first."""
    return changes_in(SessionReader(session), encounter_id)


def mark_seen(
    db: Database, actor: Actor, encounter_id: str, shown: Collection[str], operation_id: str | None = None
) -> int:
    """Say that a person has seen the changes and the codes stand: tasks that came back are final again.

    `shown` are the ids of the changes that the person was shown. Returns how many of them were unseen. A task whose
    coding is not final stays where it is. Raises LateUnseen where more has come meanwhile, AuditRefused where an audit
    waits for codes to be corrected; then nothing is marked.
    """
    with db.change(actor, operation_id, "intake.seen") as change:
        if change.repeated:
            return int(change.answer["seen"])
        session = change.session
        for kind in CodingKind:
            if audit := due_before_bill(session, encounter_id, kind):
                raise AuditRefused(
                    f"audit {audit} found codes to correct, which nobody marks as seen",
                    f"code the chart again, or {as_typed('audits', 'keep-codes', audit)} --reason TEXT",
                )
        unseen = session.exec(
            select(EncounterChange).where(
                EncounterChange.encounter_id == encounter_id, col(EncounterChange.seen_at).is_(None)
            )
        ).all()
        if more := [row.message for row in unseen if row.id not in shown]:
            raise LateUnseen(
                f"more has come to this visit meanwhile: {', '.join(more)}", "look at it, then say it again"
            )
        for row in unseen:
            row.seen_at, row.seen_by = now(), actor.person_id
        finals = select(Coding.kind).where(Coding.encounter_id == encounter_id, Coding.status == CodingStatus.FINAL)
        final_kinds = set(session.exec(finals))
        query = select(WorkItem).where(WorkItem.encounter_id == encounter_id, WorkItem.came_back != "")
        for item in session.exec(query):
            item.came_back, item.new_documents = "", 0
            if item.kind in final_kinds and item.status == WorkStatus.READY:
                item.status = WorkStatus.FINAL
        change.log("intake.seen", "encounter", encounter_id, changes=len(unseen))
        change.answer = {"seen": len(unseen)}
        return len(unseen)


def _bring_back(session: Session, encounter_id: str, late: str, tasks: Sequence[WorkItem]) -> bool:
    coded = set(session.exec(select(Coding.kind).where(Coding.encounter_id == encounter_id)))
    back = False
    for item in tasks:
        if item.status == WorkStatus.CANCELED or (item.kind not in coded and item.status == WorkStatus.READY):
            continue
        back = True
        known = [item.came_back] if item.came_back and late not in item.came_back else []
        item.came_back = "; ".join([*known, late])[:400]
        if item.status == WorkStatus.FINAL:
            move(item, WorkStatus.READY)
            item.claimed_by = item.claimed_until = None
    return back

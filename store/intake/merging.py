"""Merges that a sender tells of: patients, accounts and visits that turned out to be one, or belong elsewhere.

Open work moves and is never deleted: what was merged away keeps its row, and its number leads to the one that
remains, so that late messages still find their way. Source: HL7 v2.5.1 section 3.3, events A34 to A50.

Patients are merged as by hand (`store.merge_plan`): two who are less alike than one person is, and restricted ones for
whoever was not admitted, wait in quarantine for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, func, select

from codesets.errors import CodedeskError
from codesets.safe import as_typed
from store.access import ChartRestricted, require_admitted
from store.database import Change
from store.intake.changes import Parts, keep_change, tasks_of
from store.intake.rows import UNKNOWN_SEX, KnownRows, everything, told_of
from store.intake.statement import Merge, MergeKind
from store.merge_plan import plan_of
from store.merges import merge_into, rename_tasks, unmerge_in
from store.models import (
    Account,
    Charge,
    Coding,
    Coverage,
    Document,
    Encounter,
    MergedNumber,
    Patient,
    SourceCode,
    WorkItem,
)
from store.models.patient import PatientFields
from store.queries import SessionReader
from store.record_numbers import merged_on, remaining_patient, standing_merge
from store.terms import EncounterStatus, WorkStatus
from store.whole import PartOfRecord, require_seen

ACCOUNT, VISIT = "account", "visit"


class RecordRefused(CodedeskError):
    """The record contradicts itself or what is stored; it belongs in quarantine."""

    title = "intake"
    exit_code = 1


def apply_merge(change: Change, rows: KnownRows, said: Merge) -> bool:
    """Carry out a merge in the caller's transaction; whether it changed anything. Raises RecordRefused."""
    rows.write()
    match said.kind:
        case MergeKind.PATIENT:
            return _merge_patients(change, rows, said)
        case MergeKind.ACCOUNT:
            return _merge_accounts(change, rows, said)
        case MergeKind.VISIT:
            return _merge_visits(change, rows, said)
        case MergeKind.ACCOUNT_MOVE:
            return _move_account(change, rows, said)
        case _:
            return _move_visit(change, rows, said)


def find_account(rows: KnownRows, source: str, number: str) -> Account | None:
    """The account of a number, or the one that it was merged into."""
    merged = rows.find(MergedNumber, kind=ACCOUNT, source=source, number=number)
    if merged is not None:
        return rows.session.get_one(Account, merged.target_id)
    return rows.find(Account, source=source, account_number=number)


def find_visit(rows: KnownRows, source: str, number: str) -> Encounter | None:
    """The visit of a number, or the one that it was merged into."""
    merged = rows.find(MergedNumber, kind=VISIT, source=source, number=number)
    if merged is not None:
        return rows.session.get_one(Encounter, merged.target_id)
    return rows.find(Encounter, source=source, visit_number=number)


def find_patient(rows: KnownRows, source: str, mrn: str) -> Patient | None:
    """The patient of a number, or the one whom they were merged into."""
    patient = rows.find(Patient, source=source, mrn=mrn)
    return remaining_patient(rows.session, patient) if patient else None


def _kept_patient(rows: KnownRows, said: Merge) -> Patient:
    patient = find_patient(rows, *said.kept)
    if patient is None:
        fields = said.patient or PatientFields(source=said.kept[0], mrn=said.kept[1], family_name="")
        patient = rows.add(Patient(**everything(fields)), source=said.kept[0], mrn=said.kept[1])
        rows.session.flush()
    return patient


def _merge_patients(change: Change, rows: KnownRows, said: Merge) -> bool:
    gone = rows.find(Patient, source=said.gone[0], mrn=said.gone[1])
    is_known = find_patient(rows, *said.kept) is not None
    kept = _kept_patient(rows, said)
    if gone is None:
        # Nothing to move; the number alone must lead to the one who remains.
        values = everything(said.patient) if said.patient else {"family_name": kept.family_name}
        gone = Patient(**values | {"source": said.gone[0], "mrn": said.gone[1], "merged_into_id": kept.id})
        rows.add(gone, source=said.gone[0], mrn=said.gone[1])
        change.log("patient.merge", "patient", gone.id, into=kept.id, encounters=[], accounts=[])
        return True
    number = rows.find(Patient, source=said.kept[0], mrn=said.kept[1]) or kept
    if number.id in {one.id for one in merged_on(rows.session, gone)}:
        return False
    if gone.id in {one.id for one in merged_on(rows.session, number)}:
        return _turn_round(change, rows, said, gone, number)
    if gone.id == kept.id or remaining_patient(rows.session, gone).id == kept.id:
        return False
    if gone.merged_into_id:
        raise RecordRefused("the patient who is merged was merged into somebody else before; look at both")
    try:
        require_seen(SessionReader(rows.session), "patient", (gone.id, kept.id), "a merge")
    except PartOfRecord as error:
        raise RecordRefused(f"{error.message}: take it in {error.remedy}") from error
    _require_admitted(change, gone.id, kept.id, what="merged")
    _require_alike(rows.session, gone, kept, is_known)
    if not kept.family_name:
        Parts().update("patient", kept, _known_of(gone) | _known_of(kept))
    merge_into(change, gone, kept)
    return True


def _known_of(patient: Patient) -> dict[str, Any]:
    """What is known of a patient, without the number."""
    names = PatientFields.model_fields.keys() - {"source", "mrn"}
    known = {name: getattr(patient, name) for name in names if getattr(patient, name)}
    if known.get("sex") == UNKNOWN_SEX:
        known.pop("sex")
    return known


def _require_alike(session: Session, gone: Patient, kept: Patient, is_known: bool) -> None:
    """Leave two who are unlike for a person to merge, by the measure that one sees who merges by hand.

    A number of whom no name is known is nobody yet. One that remains and that no message before brought (not
    `is_known`) is in no record to be merged by hand. Raises RecordRefused.
    """
    if not (gone.family_name and kept.family_name):
        return
    plan = plan_of(session, gone, kept)
    if plan.unlike:
        by_hand = f"{as_typed('patients', 'merge', gone.mrn, kept.mrn)} and try this again"
        if not is_known:
            by_hand = f"{kept.mrn} is no patient yet; once registration or a visit has brought it, {by_hand}"
        raise RecordRefused(
            f"{gone.mrn} and {kept.mrn}, which it merges, are {plan.likeness}: where they are one person,"
            f" {by_hand}, else set it aside"
        )


def _turn_round(change: Change, rows: KnownRows, said: Merge, front: Patient, number: Patient) -> bool:
    """Put a number in front again that was merged into the one that is given up now, as the sender describes them.

    What went over by the merge before goes back first, so that each number keeps what came under it. Raises
    RecordRefused where other merges stand between.
    """
    if front.merged_into_id or number.merged_into_id != front.id:
        raise RecordRefused(
            f"{number.mrn} remains by this, and was given up before by way of other numbers: undo those merges first"
            f" (codedesk records merges lists them), and try this again"
        )
    _require_admitted(change, front.id, number.id, what="merged")
    if said.patient is not None:
        _refuse_another(said.patient, number, front)
    if standing_merge(rows.session, number.id):
        unmerge_in(change, number, number.mrn)
    number.merged_into_id = None
    # The number in front until now kept up with the person; what the message names comes before it.
    told = _known_of(front) | (told_of(said.patient) if said.patient else {})
    Parts().update("patient", number, told)
    rows.session.add(number)
    rows.session.flush()
    merge_into(change, front, number)
    return True


def _refuse_another(said: PatientFields, number: Patient, front: Patient) -> None:
    """Raise RecordRefused where a message makes another person of both numbers that it tells of."""
    from store.intake.persons import refuse_replaced

    try:
        refuse_replaced(said, number)
    except RecordRefused:
        refuse_replaced(said, front)


def _merge_accounts(change: Change, rows: KnownRows, said: Merge) -> bool:
    session = change.session
    gone, kept = find_account(rows, *said.gone), find_account(rows, *said.kept)
    if gone is not None and kept is not None and gone.id == kept.id:
        return False
    if kept is None:
        if gone is None:
            raise RecordRefused("neither of the accounts is here")
        # The remaining number is new: it leads to the account as it stands.
        _lead(rows, ACCOUNT, said.kept, gone.id)
        change.log("account.merge", "account", gone.id, visits=[])
        return True
    if gone is not None:
        if gone.patient_id != kept.patient_id:
            raise RecordRefused("the accounts belong to different patients here; merge the patients first")
        for encounter in session.exec(select(Encounter).where(Encounter.account_id == gone.id)):
            encounter.account_id = kept.id
        if not session.exec(select(Coverage.id).where(Coverage.account_id == kept.id).limit(1)).first():
            for coverage in session.exec(select(Coverage).where(Coverage.account_id == gone.id)):
                coverage.account_id = kept.id
        _restate(change, kept.id)
    _lead(rows, ACCOUNT, said.gone, kept.id, gone.id if gone else "")
    change.log("account.merge", "account", kept.id, merged=gone.id if gone else "")
    return True


def _merge_visits(change: Change, rows: KnownRows, said: Merge) -> bool:
    gone, kept = find_visit(rows, *said.gone), find_visit(rows, *said.kept)
    if kept is None:
        if gone is None:
            raise RecordRefused("neither of the visits is here")
        _lead(rows, VISIT, said.kept, gone.id)
        change.log("visit.merge", "encounter", gone.id)
        return True
    if gone is not None and gone.id == kept.id:
        return False
    if gone is not None:
        if gone.patient_id != kept.patient_id:
            raise RecordRefused("the visits belong to different patients here; merge the patients first")
        _move_chart(rows, gone, kept)
        gone.status = EncounterStatus.MERGED
    _lead(rows, VISIT, said.gone, kept.id, gone.id if gone else "")
    change.log("visit.merge", "encounter", kept.id, merged=gone.id if gone else "")
    return True


def _move_chart(rows: KnownRows, gone: Encounter, kept: Encounter) -> None:
    """Documents, charges, codes and tasks over to the visit that remains; numbers that both have stay behind."""
    session, parts = rows.session, Parts()
    documents = _movable(session, Document, "document_number", gone, kept)
    charges = _movable(session, Charge, "charge_number", gone, kept)
    codes = session.exec(select(SourceCode).where(SourceCode.encounter_id == gone.id)).all()
    for row in (*documents, *charges, *codes):
        row.encounter_id = kept.id
    parts.details.append({"part": "visit", "item": gone.visit_number, "was": None, "is": "merged into this one"})
    parts.late.append(f"visit {gone.visit_number} was merged into this one")
    parts.documents(documents)
    parts.charges(charges)
    here = {item.kind: item for item in session.exec(select(WorkItem).where(WorkItem.encounter_id == kept.id))}
    coded = set(session.exec(select(Coding.kind).where(Coding.encounter_id == kept.id)))
    for item in session.exec(select(WorkItem).where(WorkItem.encounter_id == gone.id)).all():
        if item.kind in here:
            if item.status not in (WorkStatus.FINAL, WorkStatus.CANCELED):
                item.status, item.claimed_by, item.claimed_until = WorkStatus.CANCELED, None, None
            continue
        item.encounter_id, item.service_date = kept.id, kept.service_date
        if item.kind not in coded:
            for coding in session.exec(
                select(Coding).where(Coding.encounter_id == gone.id, Coding.kind == item.kind)
            ).all():
                coding.encounter_id = kept.id
    session.flush()
    keep_change(rows, kept.id, parts, "merge", tasks_of(session, kept.id))


def _movable(session: Session, table: Any, name: str, gone: Encounter, kept: Encounter) -> Sequence[Any]:
    numbers = set(session.exec(select(getattr(table, name)).where(table.encounter_id == kept.id)))
    rows = session.exec(select(table).where(table.encounter_id == gone.id)).all()
    return [row for row in rows if getattr(row, name) not in numbers]


def _move_account(change: Change, rows: KnownRows, said: Merge) -> bool:
    account = find_account(rows, *said.gone)
    if account is None:
        raise RecordRefused("the account that is moved is not here")
    kept = _kept_patient(rows, said)
    if account.patient_id == kept.id:
        return False
    _require_admitted(change, account.patient_id, kept.id, what="moved")
    account.patient_id = kept.id
    visits = rows.session.exec(select(Encounter).where(Encounter.account_id == account.id)).all()
    for visit in visits:
        visit.patient_id = kept.id
    rename_tasks(rows.session, [visit.id for visit in visits], kept)
    _restate(change, account.id)
    change.log("account.move", "account", account.id, to=kept.id, visits=[visit.id for visit in visits])
    return True


def _move_visit(change: Change, rows: KnownRows, said: Merge) -> bool:
    visit = find_visit(rows, *said.gone)
    if visit is None:
        raise RecordRefused("the visit that is moved is not here")
    kept = _kept_patient(rows, said)
    if visit.patient_id == kept.id:
        return False
    _require_admitted(change, visit.patient_id, kept.id, what="moved")
    session = rows.session
    others = select(func.count()).select_from(Encounter).where(Encounter.account_id == visit.account_id)
    if session.exec(others).one() > 1:
        raise RecordRefused("the visit shares its account with others; move the account")
    session.get_one(Account, visit.account_id).patient_id = kept.id
    visit.patient_id = kept.id
    rename_tasks(session, [visit.id], kept)
    _restate(change, visit.account_id)
    change.log("visit.move", "encounter", visit.id, to=kept.id)
    return True


def _restate(change: Change, account_id: str) -> None:
    """Have the claims that have not left state the patient and the coverages that they belong to now."""
    from store.claims.restating import restate_of_account

    change.session.flush()
    restate_of_account(change, account_id, "its account was merged or moved")


def _require_admitted(change: Change, *patient_ids: str, what: str) -> None:
    """No message moves a restricted chart, or merges it with another: it waits for who was admitted to both.

    Raises RecordRefused.
    """
    try:
        require_admitted(change, *patient_ids)
    except ChartRestricted as error:
        raise RecordRefused(f"a restricted chart is {what}: {error.message}") from error


def _lead(rows: KnownRows, kind: str, number: tuple[str, str], target_id: str, gone_id: str = "") -> None:
    """From now on the number leads to the row; numbers that led to what it stood for lead there too."""
    if gone_id:
        for earlier in rows.session.exec(select(MergedNumber).where(MergedNumber.target_id == gone_id)):
            earlier.target_id = target_id
    known = rows.find(MergedNumber, kind=kind, source=number[0], number=number[1])
    if known is not None:
        known.target_id = target_id
        return
    row = MergedNumber(kind=kind, source=number[0], number=number[1], target_id=target_id)
    rows.add(row, kind=kind, source=number[0], number=number[1])
    rows.session.flush()

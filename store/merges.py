"""Merging patients: two record numbers that turned out to be one person.

The merged patient stays, pointing at the one who remains, so that old papers still find their way; accounts,
encounters and what hangs on them go over, and the admissions of people to restricted charts. A merge keeps what went
over (`PatientMerge`), and what came under the given-up number since, so that a wrong one is undone: everything goes
back that still is where the merge put it. What is filed under a number (`FILED`) never goes over: it is read under all
numbers of a person, and so is where it belongs when a merge is undone.

Nobody gets at restricted charts by a merge: only who was admitted to both merges them or undoes it, and afterwards the
narrower of both admissions holds. Who was admitted to one of two restricted patients alone is admitted to neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from codesets.safe import as_typed
from store.access import require_admitted
from store.actors import Actor
from store.database import Change, Database
from store.models import (
    Account,
    ChartAccess,
    Disclosure,
    Encounter,
    NotDuplicate,
    Patient,
    PatientMerge,
    ReleaseRequest,
    RetentionHold,
    WorkItem,
)
from store.models.columns import now
from store.reasons import reason_in_words
from store.record_numbers import find_number, find_patient, standing_merge
from store.worklists import name_on_list

GOES_OVER: tuple[type[Encounter] | type[Account] | type[ChartAccess], ...] = (Encounter, Account, ChartAccess)
"""What belongs to the patient who remains, and goes back where its merge is undone."""

FILED: tuple[type[Disclosure] | type[ReleaseRequest] | type[RetentionHold], ...] = (
    Disclosure,
    ReleaseRequest,
    RetentionHold,
)
"""What stays under the number that it came under, merged or not (`store.record_numbers`)."""

ABOUT_NUMBERS: tuple[type[Patient] | type[PatientMerge] | type[NotDuplicate], ...] = (
    Patient,
    PatientMerge,
    NotDuplicate,
)
"""What tells of record numbers themselves: that two are one person, or are two."""


class MergeRefused(CodedeskError):
    """The two cannot be merged; nothing was changed."""

    title = "merge"
    exit_code = 1


@dataclass(frozen=True)
class MergeRow:
    """One merge as it is listed; `undone_at` None where it stands."""

    merged_at: str
    mrn: str
    into_mrn: str
    encounters: int
    accounts: int
    merged_by: str
    undone_at: str | None
    undone_by: str


@dataclass(frozen=True)
class Merged:
    """How many encounters and accounts went over to the patient who remains."""

    remaining_id: str
    encounters: int
    accounts: int


def merge_patients(
    db: Database, actor: Actor, merged: str, remaining: str, operation_id: str | None = None, reason: str = ""
) -> Merged:
    """Merge one patient into another, both by record number or id; the log keeps the reason.

    Raises ReasonNeeded, NoSuchPatient, MergeRefused, ChartRestricted, PartOfRecord.
    """
    with db.change(actor, operation_id, "patient.merge") as change:
        if change.repeated:
            return Merged(**change.answer)
        gone, kept = both_to_merge(change, merged, remaining)
        merged_rows = merge_into(change, gone, kept, reason_in_words(reason))
        change.answer = {
            "remaining_id": kept.id,
            "encounters": merged_rows.encounters,
            "accounts": merged_rows.accounts,
        }
        return merged_rows


def both_to_merge(change: Change, merged: str, remaining: str) -> tuple[Patient, Patient]:
    """Who is given up and who remains, by record number or id, where they can be merged by the actor.

    Raises NoSuchPatient, MergeRefused, ChartRestricted.
    """
    session = change.session
    gone, kept = find_number(session, merged), find_patient(session, remaining)
    if gone.merged_into_id:
        raise MergeRefused(f"{merged} is merged already", "merge the one who remains")
    if gone.id == kept.id:
        raise MergeRefused(f"{merged} and {remaining} are the same patient", _how_to_turn(session, gone, remaining))
    require_admitted(change, gone.id, kept.id)
    return gone, kept


def _how_to_turn(session: Session, front: Patient, remaining: str) -> str:
    """What to do so that a number remains that was given up for the one in front; empty where none was."""
    number = find_number(session, remaining)
    if number.id == front.id:
        return ""
    first = as_typed("patients", "unmerge", number.mrn)
    return f"{number.mrn} was merged into {front.mrn}: {first}, then merge {front.mrn} into {number.mrn}"


def merge_into(change: Change, gone: Patient, kept: Patient, reason: str = "") -> Merged:
    """Merge within the caller's transaction a patient who is not merged yet into another who remains."""
    session = change.session
    encounters = session.exec(select(Encounter).where(Encounter.patient_id == gone.id)).all()
    accounts = session.exec(select(Account).where(Account.patient_id == gone.id)).all()
    for row in (*encounters, *accounts):
        row.patient_id = kept.id
    visits = [encounter.id for encounter in encounters]
    accesses, ended = _admitted_to(session, gone), _narrow(session, gone, kept)
    for access in accesses:
        access.patient_id = kept.id
    before, kept.restricted = kept.restricted, kept.restricted or gone.restricted
    session.flush()
    # Of who remains the own tasks too: they are restricted from here on where those of the other were.
    rename_tasks(session, _visits_of(session, kept), kept)
    _restate(change, kept)
    gone.merged_into_id = kept.id
    session.add(
        PatientMerge(
            patient_id=gone.id,
            into_id=kept.id,
            encounters=visits,
            accounts=[account.id for account in accounts],
            accesses=[*(access.id for access in accesses), *ended],
            restricted_before=before,
            merged_by=change.actor.login,
        )
    )
    change.log(
        "patient.merge",
        "patient",
        gone.id,
        into=kept.id,
        encounters=visits,
        accounts=[account.id for account in accounts],
        **({"reason": reason} if reason else {}),
    )
    return Merged(kept.id, len(encounters), len(accounts))


def unmerge_patients(
    db: Database, actor: Actor, merged: str, operation_id: str | None = None, reason: str = ""
) -> Merged:
    """Undo the merge of a patient (record number or id): what went over by it goes back; the log keeps the reason.

    Charts that were restricted or held since stay so on both sides. Raises ReasonNeeded, NoSuchPatient,
    ChartRestricted, PartOfRecord, and MergeRefused where there is no merge to undo, or the one who remained was merged
    on.
    """
    with db.change(actor, operation_id, "patient.unmerge") as change:
        if change.repeated:
            return Merged(**change.answer)
        done = unmerge_in(change, find_number(change.session, merged), merged, reason_in_words(reason))
        change.answer = {"remaining_id": done.remaining_id, "encounters": done.encounters, "accounts": done.accounts}
        return done


def unmerge_in(change: Change, gone: Patient, asked: str, reason: str = "") -> Merged:
    """Undo a merge within the caller's transaction; `asked` is what the patient was called. Raises as above."""
    session = change.session
    kept_of = standing_merge(session, gone.id)
    if gone.merged_into_id is None or kept_of is None:
        raise MergeRefused(f"{asked} is not merged into anybody", "codedesk records merges lists what was merged")
    kept = session.get_one(Patient, kept_of.into_id)
    if kept.merged_into_id:
        raise MergeRefused(f"{kept.mrn}, who remained, was merged since", "undo that merge first")
    # The admissions of both are with the one who remains, whose charts may have been opened to all since.
    require_admitted(change, kept.id, were_restricted=gone.restricted is not None)
    back = _went_over(session, kept_of, kept.id)
    for row in back:
        row.patient_id = gone.id
        session.add(row)
    _widen(session, kept_of)
    _hold_both(session, kept_of)
    gone.merged_into_id = None
    if kept_of.restricted_before is None and gone.restricted is None:
        gone.restricted = kept.restricted
    elif kept_of.restricted_before is None and kept.restricted == gone.restricted:
        kept.restricted = None
    visits = [row.id for row in back if isinstance(row, Encounter)]
    session.flush()
    rename_tasks(session, visits, gone)
    rename_tasks(session, _visits_of(session, kept), kept)
    _restate(change, gone)
    kept_of.undone_at, kept_of.undone_by = now(), change.actor.login
    session.add_all((gone, kept, kept_of))
    done = Merged(kept.id, len(visits), sum(isinstance(row, Account) for row in back))
    why = {"reason": reason} if reason else {}
    change.log("patient.unmerge", "patient", gone.id, of=kept.id, encounters=visits, **why)
    return done


def merges(session: Session) -> list[MergeRow]:
    """Every merge, the newest first."""
    gone, kept = aliased(Patient), aliased(Patient)
    rows = session.exec(
        select(PatientMerge, gone, kept)
        .join(gone, col(gone.id) == PatientMerge.patient_id)
        .join(kept, col(kept.id) == PatientMerge.into_id)
        .order_by(col(PatientMerge.merged_at).desc(), col(PatientMerge.id).desc())
    ).all()
    return [
        MergeRow(
            one.merged_at,
            a.mrn,
            b.mrn,
            len(one.encounters),
            len(one.accounts),
            one.merged_by,
            one.undone_at,
            one.undone_by,
        )
        for one, a, b in rows
    ]


def _went_over(session: Session, kept_of: PatientMerge, kept_id: str) -> list[Encounter | Account | ChartAccess]:
    """What went over by a merge and still is where the merge put it."""
    found: list[Encounter | Account | ChartAccess] = []
    moved: tuple[tuple[Any, list[str]], ...] = (
        (Encounter, kept_of.encounters),
        (Account, kept_of.accounts),
        (ChartAccess, [one for one in kept_of.accesses if isinstance(one, str)]),
    )
    for table, ids in moved:
        found += [row for one in ids if (row := session.get(table, one)) and row.patient_id == kept_id]
    return found


def _hold_both(session: Session, kept_of: PatientMerge) -> None:
    """Hold on, of who goes back too, what was held under the number of who remained while it was that of both."""
    standing = select(RetentionHold).where(
        RetentionHold.patient_id == kept_of.into_id,
        RetentionHold.placed_at >= kept_of.merged_at,
        col(RetentionHold.ended_at).is_(None),
    )
    for hold in session.exec(standing).all():
        session.add(
            RetentionHold(
                patient_id=kept_of.patient_id, reason=hold.reason, placed_by=hold.placed_by, placed_at=hold.placed_at
            )
        )


def _visits_of(session: Session, patient: Patient) -> Sequence[str]:
    return session.exec(select(Encounter.id).where(Encounter.patient_id == patient.id)).all()


def _admitted_to(session: Session, patient: Patient) -> Sequence[ChartAccess]:
    return session.exec(select(ChartAccess).where(ChartAccess.patient_id == patient.id)).all()


def _narrow(session: Session, gone: Patient, kept: Patient) -> list[list[str | None]]:
    """Let every admission to one of two patients end no later than the same person's to the other, before they merge.

    To a patient who is open everybody is admitted, so that those to the restricted one stay as they are. The ones that
    were changed, as id, end before and end now.
    """
    changed: list[list[str | None]] = []
    sides = [(gone, _admitted_to(session, gone)), (kept, _admitted_to(session, kept))]
    ends = [_ends(rows) for _, rows in sides]
    for (own, rows), (other, _), limits in zip(sides, reversed(sides), reversed(ends), strict=True):
        if own.restricted is not None and other.restricted is None:
            continue
        for access in rows:
            limit, before = limits.get(access.person_id, now()), access.until
            if limit and (before is None or before > limit):
                access.until = limit
                session.add(access)
                changed.append([access.id, before, limit])
    return changed


def _ends(accesses: Sequence[ChartAccess]) -> dict[str, str]:
    """Until when each person is let at a patient's charts, as ISO text in UTC; empty: for good."""
    found: dict[str, str] = {}
    for access in accesses:
        known = found.get(access.person_id)
        if access.until is None or known == "":
            found[access.person_id] = ""
        elif access.until > (known or now()):
            found[access.person_id] = access.until
    return found


def _widen(session: Session, kept_of: PatientMerge) -> None:
    """Give the admissions that a merge ended earlier their own end again, unless somebody changed it since."""
    for one in kept_of.accesses:
        if isinstance(one, str):
            continue
        access_id, before, limit = one
        if (access := session.get(ChartAccess, access_id)) and access.until == limit:
            access.until = before
            session.add(access)


def _restate(change: Change, patient: Patient) -> None:
    """Have the claims that have not left state the patient to whom their visits belong now."""
    from store.claims.restating import restate_of_patient

    change.session.flush()
    restate_of_patient(change, patient.id, "record numbers were merged, or a merge was undone")


def rename_tasks(session: Session, encounter_ids: Sequence[str], patient: Patient) -> None:
    """Show the tasks of these visits under the name of the patient they belong to now."""
    for item in session.exec(select(WorkItem).where(col(WorkItem.encounter_id).in_(encounter_ids))):
        name_on_list(item, patient)

"""A coding in work: read, checked to be a draft that its coder still holds, and written where it differs.

A coding is one version of one side of an encounter's bill:

    draft ──final──▶ final ──take back (claim not exported)──▶ draft
                       └──recode──▶ superseded, and a new version in draft

`opening` begins one, `entering` changes its codes, `finishing` closes it, `reopening` goes back.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Delete, Insert, Table, and_, bindparam, delete, insert
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store import worklists
from store.coding.codes import Codes, Diagnosis, ProcedureLine, plain
from store.database import Change
from store.models import Coding, FinalDiagnosis, FinalProcedureLine, WorkItem
from store.models.columns import new_id, now, table_of
from store.queries import SessionReader
from store.queries.codings import coding_codes
from store.queries.late import nothing_to_code
from store.row_versions import change_row, changing
from store.terms import CodingStatus, WorkStatus


class CodingRefused(CodedeskError):
    """The coding cannot be changed or finished as it is; the message names what stands in the way."""

    title = "coding"
    exit_code = 1


class LateUnseen(CodingRefused):
    """A document, charge or fact came to the chart that nobody has looked at: it may have to be coded."""

    title = "came late"


class CodingChanged(CodingRefused):
    """The coding was changed elsewhere since it was read: nothing was overwritten."""

    title = "changed elsewhere"


def load_codes(session: Session, coding_id: str) -> Codes:
    """The codes of a coding in their order."""
    return coding_codes(SessionReader(session), coding_id)


def held_draft(change: Change, coding_id: str, seen_version: int | None = None) -> tuple[Coding, WorkItem]:
    """A coding that can be changed, with its task, whose lease is renewed: every change of codes is a sign of life.

    Raises CodingRefused where it is no draft or the chart is not the actor's any more, and CodingChanged where it is no
    longer at `seen_version`.
    """
    found = change.session.execute(_HELD, {"id": coding_id}).one_or_none()
    if found is None:
        raise CodingRefused("that coding is not there")
    coding, item = found
    if coding.status != CodingStatus.DRAFT:
        raise CodingRefused("the coding is final", "u takes it back until the claim is exported")
    if seen_version is not None and coding.row_version != seen_version:
        raise CodingChanged("another session changed this chart; it shows the codes as they are now", "enter it again")
    if item.status == WorkStatus.CANCELED:
        why = nothing_to_code(SessionReader(change.session), item.id)
        raise CodingRefused(why, "leave the chart; its codes stay until the visit is closed again")
    if item.status != WorkStatus.IN_PROGRESS or item.claimed_by != change.actor.person_id:
        raise CodingRefused("the chart is no longer yours: its lease ran out or it was taken", "open it again")
    return coding, worklists.open_item(change, item.id)


def task_of(session: Session, coding: Coding) -> WorkItem:
    """The task of a coding: that of its visit and its side of the bill."""
    return session.exec(_TASK, params={"encounter": coding.encounter_id, "kind": coding.kind}).one()


# Made once: to make such a statement costs more than to carry it out, and every writer waits for it.
_TASK = select(WorkItem).where(WorkItem.encounter_id == bindparam("encounter"), WorkItem.kind == bindparam("kind"))
_HELD = (
    select(Coding, WorkItem)
    .join(WorkItem, and_(col(WorkItem.encounter_id) == Coding.encounter_id, col(WorkItem.kind) == Coding.kind))
    .where(Coding.id == bindparam("id"))
)


def store_codes(session: Session, coding: Coding, before: Codes, after: Codes) -> None:
    """Write the codes from the first one that differs on: a chart of forty costs what one of four does.

    Statements without the unit of work: they run under the lock that every other writer waits for. Raises
    StaleDataError where the coding was changed since it was read.
    """
    session.flush()
    _rewrite(session, FinalDiagnosis, coding.id, before.diagnoses, after.diagnoses)
    _rewrite(session, FinalProcedureLine, coding.id, before.lines, after.lines)
    # A change of the codes is a change of the coding: its version makes a second saver fail, not overwrite.
    change_row(session, _CHANGED, coding, changed_at=now())


_CHANGED = changing(Coding, "changed_at")


def _rewrite(
    session: Session,
    table: type[FinalDiagnosis] | type[FinalProcedureLine],
    coding_id: str,
    before: Sequence[Diagnosis | ProcedureLine],
    after: Sequence[Diagnosis | ProcedureLine],
) -> None:
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    from_on, another = _REWRITING[table]
    if same < len(before):
        session.connection().execute(from_on, {"coding": coding_id, "same": same})
    rows = [
        {"id": new_id(), "coding_id": coding_id, "sequence": sequence, **plain(code)}
        for sequence, code in enumerate(after[same:], same + 1)
    ]
    if rows:
        session.connection().execute(another, rows)


def _from_on(table: Table) -> Delete:
    return delete(table).where(table.c.coding_id == bindparam("coding"), table.c.sequence > bindparam("same"))


_REWRITING: dict[type[FinalDiagnosis | FinalProcedureLine], tuple[Delete, Insert]] = {
    model: (_from_on(table_of(model)), insert(table_of(model))) for model in (FinalDiagnosis, FinalProcedureLine)
}

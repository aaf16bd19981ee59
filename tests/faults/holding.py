"""What holds of a record whatever happened to it: pages, keys, log, and codes that are those of the last step."""

from __future__ import annotations

from sqlmodel import Session, select

from store.coding.codes import Codes
from store.coding.in_work import load_codes
from store.database import Database
from store.log.check import check_log
from store.models import Coding, CodingStep, LogEntry, Operation, WorkItem
from store.terms import WorkStatus


def faults_of(db: Database, acknowledged: list[str]) -> list[str]:
    """Everything that does not hold, in words; `acknowledged` are ids of operations that somebody was told are kept."""
    with db.reading() as session:
        return [*_pages(session), *_log(db, session), *_operations(session, acknowledged), *_codes(session)]


def twice_given(entries: list[LogEntry]) -> list[str]:
    """Charts that the log says were opened by one while another still had them."""
    holder: dict[str, str] = {}
    twice = []
    for entry in entries:
        if entry.action == "chart.open":
            if holder.get(entry.target_id, entry.actor) != entry.actor:
                twice.append(f"{entry.target_id}: {holder[entry.target_id]} and {entry.actor}")
            holder[entry.target_id] = entry.actor
        elif entry.action == "chart.release":
            holder.pop(entry.target_id, None)
    return twice


def _pages(session: Session) -> list[str]:
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    return ([f"damaged: {found}"] if found != "ok" else []) + ([f"a row of {lost[0]} has no parent"] if lost else [])


def _log(db: Database, session: Session) -> list[str]:
    state = check_log(session.connection(), db.log_keys.keys())
    return [] if state.whole else [f"log: entry {state.first_bad}: {state.reason}"]


def _operations(session: Session, acknowledged: list[str]) -> list[str]:
    kept = set(session.exec(select(Operation.id)))
    explained = set(session.exec(select(LogEntry.operation_id).where(LogEntry.operation_id != "")))
    return [
        *(f"acknowledged and lost: {one}" for one in acknowledged if one not in kept),
        *(f"done and not in the log: {one}" for one in kept - explained),
        *(f"in the log and not done: {one}" for one in explained - kept),
    ]


def _codes(session: Session) -> list[str]:
    """A coding's codes are those after its last step that is not undone; a task in progress has somebody."""
    wrong = []
    for coding_id in session.exec(select(Coding.id)):
        done = select(CodingStep).where(CodingStep.coding_id == coding_id, CodingStep.undone.is_(False))
        last = session.exec(done.order_by(CodingStep.number.desc()).limit(1)).first()
        if last and load_codes(session, coding_id) != Codes.from_json(last.after):
            wrong.append(f"coding {coding_id} has other codes than its last step left")
    for item in session.exec(select(WorkItem)):
        if (item.status == WorkStatus.IN_PROGRESS) != bool(item.claimed_by) and item.status != WorkStatus.FINAL:
            wrong.append(f"task {item.id} is {item.status.value} and claimed by {item.claimed_by}")
    return wrong

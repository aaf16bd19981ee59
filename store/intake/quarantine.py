"""Quarantine: what could not be taken in, with its place and reason, kept so that it can be tried again.

Files that cannot be read at all stand here too (`store.intake.unreadable`).

A record is kept compressed with its hash. After a map was mended or a missing patient came in, `retry` reads it anew;
what is stored then leaves quarantine, what is refused again stays with its new reason.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from codesets.safe import safe_block, safe_line
from store.actors import Actor
from store.database import Change, Database
from store.intake.report import IntakeReport, Refusal, Tally, whole_report
from store.intake.statement import Item
from store.intake.writer import Outcome, Raw, RecordRefused
from store.models import Encounter, Quarantine
from store.models.columns import now

EXCERPT = 2_000
"""Characters of a refused record that are kept in clear beside the reason."""

TAKEN_IN, SET_ASIDE = "taken in", "set aside"
_LIKE_SSN = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")


class NoSuchRecord(CodedeskError):
    """Nothing in quarantine has that number, or several have."""

    title = "quarantine"


@dataclass(frozen=True)
class Waiting:
    """A record that waits for its batch, or a refusal on its way to quarantine.

    `again` is the id of the quarantined record that is tried once more.
    """

    tally: Tally
    place: str
    raw: Raw
    record: Item | tuple[Item, ...] | None = None
    reason: str = ""
    again: str = ""


def quarantine_all(change: Change, waiting: Waiting, outcome: Outcome | RecordRefused | None) -> list[Refusal]:
    """Put into quarantine what was not stored: the whole record, or the parts of it that were left out."""
    refused = (outcome.message if isinstance(outcome, RecordRefused) else waiting.reason,)
    reasons = outcome.conflicts if isinstance(outcome, Outcome) else refused
    if waiting.again:
        _tried_again(change, waiting, reasons)
    else:
        for reason in reasons:
            _quarantine(change, waiting, reason)
    return [Refusal(waiting.place, safe_line(reason)) for reason in reasons]


def quarantined(db: Database, every: bool = False) -> list[Quarantine]:
    """What waits in quarantine, oldest first; or every record that ever came into it."""
    with db.reading() as session:
        query = select(Quarantine).order_by(Quarantine.received_at, Quarantine.id)
        rows = list(session.exec(query if every else query.where(Quarantine.settled == "")))
        session.expunge_all()
        return rows


def find_record(db: Database, number: str) -> Quarantine:
    """A record by its id or the end of it. Raises NoSuchRecord."""
    with db.reading() as session:
        row = _find(session, number)
        session.expunge(row)
        return row


def content_of(row: Quarantine) -> bytes | None:
    """The record as it came; None where only the excerpt was kept."""
    return zlib.decompress(row.content) if row.content else None


def set_aside(db: Database, actor: Actor, number: str, operation_id: str | None = None) -> None:
    """Take a record out of the list for good: a person decided that it is not wanted. Raises NoSuchRecord."""
    with db.change(actor, operation_id, "quarantine.aside") as change:
        if change.repeated:
            return
        row = _find(change.session, number)
        row.settled = SET_ASIDE
        change.log("quarantine.aside", "quarantine", row.id)


@dataclass(frozen=True)
class Retried(IntakeReport):
    """What came of another try: rows that were tried, those that still wait, and those that were left as they are."""

    tried: int = 0
    still: int = 0
    left: int = 0


def retry(db: Database, actor: Actor, numbers: Sequence[str] = (), visit: str = "") -> Retried:
    """Try records and files again, all that wait where none is named. `visit` says which visit a document belongs to.

    A message that looks cut is tried where it is named alone (`left` counts the others): only a person can say that it
    is whole.

    Raises NoSuchRecord, NoSuchEncounter before anything is tried.
    """
    from store.intake.batch import Batch
    from store.intake.export import find_encounter
    from store.intake.formats import unit_of
    from store.intake.hl7v2.feed import may_be_whole
    from store.intake.unreadable import FILE, try_file
    from store.worklists import place as place_in_worklist

    chosen = None
    if visit:
        with db.reading() as session:
            found = session.get_one(Encounter, find_encounter(session, visit))
            chosen = (found.source, found.visit_number)
    rows = [find_record(db, number) for number in numbers]
    left = 0
    if not numbers:
        waiting = quarantined(db)
        rows = [
            row for row in waiting if row.kind == FILE or may_be_whole(row.reason, row.place, content_of(row) or b"")
        ]
        left = len(waiting) - len(rows)
    tallies: dict[str, Tally] = {}
    batch = Batch(db, actor, place_in_worklist, lambda *_: None)
    files = [try_file(db, actor, row) for row in rows if row.kind == FILE]
    for row in rows:
        if row.kind == FILE:
            continue
        tally = tallies.setdefault(row.file_name, Tally(row.file_name, row.kind or "not kept"))
        tally.records += 1
        unit = unit_of(row.kind, content_of(row), row.place, chosen)
        raw = dataclasses.replace(unit.raw, again=True)
        reason = f"{unit.passed_over} is not used" if unit.passed_over else unit.reason
        batch.add(Waiting(tally, row.place, raw, (not unit.reason and unit.items) or None, reason, row.id))
    batch.flush()
    report = whole_report(tallies.values())
    tried_files = tuple(file for one in files for file in one.files)
    ids = {row.id for row in rows}
    still = sum(row.id in ids for row in quarantined(db))
    with db.change(actor) as change:
        change.log("quarantine.retry", tried=len(ids), still=still)
    patients = report.patients + sum(one.patients for one in files)
    return Retried((*report.files, *tried_files), patients, tried=len(ids), still=still, left=left)


def _tried_again(change: Change, waiting: Waiting, reasons: Sequence[str]) -> None:
    row = change.session.get_one(Quarantine, waiting.again)
    row.tried_at = now()
    if reasons:
        row.reason = safe_line("; ".join(reasons))[:400]
    else:
        row.settled = TAKEN_IN
    change.log("quarantine.try", "quarantine", row.id, settled=row.settled)


def _quarantine(change: Change, waiting: Waiting, reason: str) -> None:
    session, name, place = change.session, waiting.tally.name, waiting.place
    digest = hashlib.sha256(waiting.raw.content + reason.encode()).hexdigest()
    known = select(Quarantine.id).where(
        Quarantine.file_name == name, Quarantine.place == place, Quarantine.sha256 == digest
    )
    if session.exec(known).first():
        return
    text = waiting.raw.content[: EXCERPT * 4].decode("utf-8", "replace")[:EXCERPT]
    row = Quarantine(
        file_name=name,
        place=place,
        reason=safe_line(reason)[:400],
        excerpt=_LIKE_SSN.sub("(number left out)", safe_block(text)),
        sha256=digest,
        kind=waiting.raw.kind,
        content=zlib.compress(waiting.raw.content) if waiting.raw.content else None,
    )
    session.add(row)
    session.flush()
    change.log("intake.quarantine", "quarantine", row.id, file=name, place=place)


def _find(session: Session, number: str) -> Quarantine:
    found = session.exec(select(Quarantine).where(Quarantine.id.endswith(number.upper())).limit(2)).all()
    if len(found) != 1 or len(number) < 4:
        words = "several records end in" if len(found) > 1 else "no record is numbered"
        raise NoSuchRecord(f"{words} {safe_line(number)[:40]}", "codedesk intake quarantine list shows the numbers")
    return found[0]

"""One intake run: read every file, store encounters in batches, put what cannot be stored into quarantine.

A batch is one transaction, so an interrupted run leaves whole encounters and the next run goes on from there. Input
that is there already writes nothing but the line of the log that tells of the run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import StatementError
from sqlmodel import select

from codesets.safe import safe_block, safe_line
from store.actors import Actor
from store.database import Change, Database
from store.intake.fhir import FhirCollection
from store.intake.files import MAX_LINE, Content, Found, Kind, NotTakenIn, find, recognize
from store.intake.jsontext import BadJson, parse_json
from store.intake.native import to_record
from store.intake.report import IntakeReport, Refusal, Tally, whole_report
from store.intake.statement import Item
from store.intake.unit import Unit
from store.intake.writer import Outcome, Place, Raw, RecordRefused, store_batch
from store.models import Quarantine
from store.worklists import place as place_in_worklist

BATCH = 50
"""Encounters in one transaction."""

BATCH_BYTES = 8 * 2**20
"""Bytes of input after which a batch is stored even when it is not full."""

EXCERPT = 2_000
"""Characters of a refused record that are kept beside the reason."""

Progress = Callable[[str, int, int], None]
"""Called with what is being read or stored, how much is done, and of how much (0: not known)."""

_UNITS = frozenset({Kind.HL7})
_BROKEN = (StatementError, ValueError, TypeError, OverflowError, KeyError, RecursionError)
_TOO_LONG = f"the line is longer than {MAX_LINE // 2**20} MB"
_LIKE_SSN = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")


def take_in(
    db: Database,
    actor: Actor,
    paths: Sequence[Path | Literal["-"]],
    progress: Progress | None = None,
    place: Place | None = place_in_worklist,
) -> IntakeReport:
    """Take in every encounter behind the paths: files, folders, zip archives, or `-` for standard input.

    Nothing of a bad record is stored; it goes to quarantine and the rest goes on. Raises DatabaseUnusable only.
    """
    run = _Run(db, actor, place, progress or (lambda *_: None))
    with FhirCollection() as collection:
        for found in find(list(paths)):
            run.read(found, collection)
        run.flush()
        run.store_collection(collection)
    report = whole_report(run.tallies)
    _log_run(db, actor, report)
    return report


def _log_run(db: Database, actor: Actor, report: IntakeReport) -> None:
    with db.change(actor) as change:
        change.log(
            "intake.run",
            files=len(report.files),
            new=report.total("encounters_new"),
            changed=report.total("encounters_changed"),
            unchanged=report.total("encounters_unchanged"),
            quarantined=report.quarantined,
        )


@dataclass(frozen=True)
class _Waiting:
    """A record that waits for its batch, or a refusal on its way to quarantine."""

    tally: Tally
    place: str
    raw: Raw
    record: Item | tuple[Item, ...] | None = None
    reason: str = ""


class _Run:
    """The state of a run: a tally for each file, and the batch that is being filled."""

    def __init__(self, db: Database, actor: Actor, place: Place | None, progress: Progress) -> None:
        self._db, self._actor, self._place, self._progress = db, actor, place, progress
        self._batch: list[_Waiting] = []
        self._bytes = 0
        self._stored = 0
        self.tallies: list[Tally] = []

    def read(self, found: Found, collection: FhirCollection) -> None:
        """Read one file: native lines go to the database, FHIR resources into the collection."""
        tally = Tally(found.name)
        self.tallies.append(tally)
        if found.problem:
            tally.messages.append(found.problem)
            return
        self._progress(found.name, 0, 0)
        try:
            with closing(found.open()) as stream:
                content = recognize(stream)
                tally.kind = content.kind.value
                if content.kind == Kind.NATIVE:
                    self._read_native(content, tally)
                elif content.kind in _UNITS:
                    self._read_units(_units(content), tally)
                else:
                    self._read_fhir(content, tally, collection, found.group)
        except NotTakenIn as error:
            tally.messages.append(error.message)
            if not tally.records:
                tally.kind = ""

    def store_collection(self, collection: FhirCollection) -> None:
        """Store the encounters of the FHIR files, and say what was not used."""
        total = collection.count_encounters()
        for number, collected in enumerate(collection.encounters(), 1):
            stored, tally = collected.stored, self.tallies[collected.stored.file]
            place = _place_of(stored.type, stored.body, stored.place)
            if collected.encounter is None:
                self._add(_Waiting(tally, place, Raw("fhir", stored.body), reason=collected.reason))
                continue
            for left in collected.encounter.left_out:
                owner = self.tallies[left.stored.file]
                where = _place_of(left.stored.type, left.stored.body, left.stored.place)
                self._add(_Waiting(owner, where, Raw("fhir", left.stored.body), reason=left.reason))
            raw = Raw("fhir", collected.encounter.raw)
            self._add(_Waiting(tally, place, raw, collected.encounter.record))
            self._progress("encounters", number, total)
        self.flush()
        for file, counts in collection.passed_over.items():
            words = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.most_common(20)))
            self.tallies[file].messages.append(safe_line(f"not used: {words}"))
        for (file, kind), count in sorted(collection.without_encounter().items()):
            self.tallies[file].messages.append(f"{count} {kind} that no encounter refers to")

    def flush(self) -> None:
        """Store the waiting batch in one transaction."""
        batch, self._batch, self._bytes = self._batch, [], 0
        if not batch:
            return
        try:
            self._store(batch)
        except _BROKEN as error:
            if len(batch) == 1:
                # A value that no check foresaw: the record goes to quarantine instead of ending the run.
                reason = f"it cannot be stored ({type(error).__name__})"
                self._store([dataclasses.replace(batch[0], record=None, reason=reason)])
                return
            for waiting in batch:
                self._batch = [waiting]
                self.flush()

    def _store(self, batch: list[_Waiting]) -> None:
        with self._db.change(self._actor) as change:
            records = [(waiting.record, waiting.raw) for waiting in batch if waiting.record]
            stored = iter(store_batch(change, records, self._place))
            outcomes = [(waiting, next(stored) if waiting.record else None) for waiting in batch]
            refusals = [(waiting, _quarantine_all(change, waiting, outcome)) for waiting, outcome in outcomes]
        # Counted only now: a transaction that failed has stored nothing.
        for waiting, outcome in outcomes:
            if isinstance(outcome, Outcome):
                waiting.tally.count(outcome)
        for waiting, refused in refusals:
            waiting.tally.quarantined += refused

    def _read_units(self, units: Iterator[Unit], tally: Tally) -> None:
        try:
            for unit in units:
                self.take(unit, tally)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise NotTakenIn("the archive is damaged or truncated here") from None
        except OSError as error:
            raise NotTakenIn((error.strerror or "it cannot be read").lower()) from None

    def take(self, unit: Unit, tally: Tally) -> None:
        """Put one unit into the batch, or into quarantine."""
        place = safe_line(unit.place)[:400]
        if unit.reason:
            self._add(_Waiting(tally, place, unit.raw, reason=unit.reason))
            return
        tally.records += 1
        if unit.passed_over:
            tally.passed_over[unit.passed_over[:60]] += 1
            return
        for problem in unit.problems:
            self._add(_Waiting(tally, place, unit.raw, reason=problem))
        self._add(_Waiting(tally, place, unit.raw, unit.items))
        self._progress(tally.name, tally.records, 0)

    def _read_native(self, content: Content, tally: Tally) -> None:
        for line in content.lines:
            if line.data is not None and not line.data.strip():
                continue
            place = f"line {line.number}"
            if line.data is None:
                self._add(_Waiting(tally, place, Raw("native", b""), reason=_TOO_LONG))
                continue
            raw = Raw("native", line.data)
            try:
                record = to_record(line.data)
            except BadJson as error:
                self._add(_Waiting(tally, place, raw, reason=error.message))
                continue
            tally.records += 1
            self._add(_Waiting(tally, place, raw, record))
            self._progress(tally.name, tally.records, 0)

    def _read_fhir(self, content: Content, tally: Tally, collection: FhirCollection, group: int) -> None:
        file = self.tallies.index(tally)
        for line in content.lines:
            place = f"line {line.number}"
            if line.data is None:
                self._add(_Waiting(tally, place, Raw("fhir", b""), reason=_TOO_LONG))
                continue
            if not line.data.strip():
                continue
            try:
                value = parse_json(line.data)
            except BadJson as error:
                self._add(_Waiting(tally, place, Raw("fhir", line.data), reason=error.message))
                continue
            if content.kind == Kind.BUNDLE and line.number == 1 and isinstance(value, dict):
                refused = collection.add_bundle(value, group, file)
                tally.records += len(value.get("entry") or ())
            else:
                refused = collection.add_resource(value, group, file, place)
                tally.records += 1
            tally.records -= len(refused)
            for one in refused:
                self._add(_Waiting(tally, one.place, Raw("fhir", one.body or line.data[:EXCERPT]), reason=one.reason))
            self._progress(tally.name, tally.records, 0)

    def _add(self, waiting: _Waiting) -> None:
        self._batch.append(waiting)
        self._bytes += len(waiting.raw.content)
        if len(self._batch) >= BATCH or self._bytes >= BATCH_BYTES:
            self.flush()


class Receiver:
    """Takes HL7 messages as they arrive, and answers each once its batch is stored."""

    def __init__(self, db: Database, actor: Actor, name: str = "listener") -> None:
        self._run = _Run(db, actor, place_in_worklist, lambda *_: None)
        self._db, self._actor = db, actor
        self._tally = Tally(name, Kind.HL7.value)
        self._run.tallies.append(self._tally)
        self._received = 0

    def take(self, messages: list[bytes]) -> list[bytes]:
        """Store messages in one transaction; the answer to each: AA, or AE with the reason that quarantine gives."""
        from store.intake.hl7v2 import ack, feed
        from store.intake.hl7v2.message import BadMessage, parse

        answers = []
        waiting: list[tuple[bytes, str]] = []
        before = len(self._tally.quarantined)
        for data in messages:
            self._received += 1
            unit = feed.unit(data, f"message {self._received}")
            waiting.append((data, safe_line(unit.place)[:400]))
            self._run.take(unit, self._tally)
        self._run.flush()
        refused = {refusal.place: refusal.reason for refusal in self._tally.quarantined[before:]}
        for data, place in waiting:
            try:
                message = parse(data)
            except BadMessage as error:
                answers.append(ack.answer(None, ack.UNREADABLE, error.message))
                continue
            reason = refused.get(place, "")
            answers.append(ack.answer(message, ack.REFUSED if reason else ack.ACCEPTED, reason))
        return answers

    def report(self) -> IntakeReport:
        """What came in so far, which the log is told of."""
        report = whole_report(self._run.tallies)
        _log_run(self._db, self._actor, report)
        return report


def _units(content: Content) -> Iterator[Unit]:
    from store.intake.hl7v2 import feed

    return feed.units(content.stream)


def quarantined(db: Database) -> list[Quarantine]:
    """Everything in quarantine, oldest first."""
    with db.reading() as session:
        rows = list(session.exec(select(Quarantine).order_by(Quarantine.received_at, Quarantine.id)))
        session.expunge_all()
        return rows


def _quarantine_all(change: Change, waiting: _Waiting, outcome: Outcome | RecordRefused | None) -> list[Refusal]:
    """Put into quarantine what was not stored: the whole record, or the parts of it that were left out."""
    refused = (outcome.message if isinstance(outcome, RecordRefused) else waiting.reason,)
    reasons = outcome.conflicts if isinstance(outcome, Outcome) else refused
    for reason in reasons:
        _quarantine(change, waiting, reason)
    return [Refusal(waiting.place, safe_line(reason)) for reason in reasons]


def _quarantine(change: Change, waiting: _Waiting, reason: str) -> None:
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


def _place_of(kind: str, body: bytes, place: str) -> str:
    value = parse_json(body)
    own = value.get("id") if isinstance(value, dict) else None
    return safe_line(f"{place}, {kind}/{own}" if isinstance(own, str) else f"{place}, {kind}")[:400]

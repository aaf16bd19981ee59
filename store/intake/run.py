"""One intake run: read every file, store encounters in batches, put what cannot be stored into quarantine.

A batch is one transaction, so an interrupted run leaves whole encounters and the next run goes on from there. Input
that is there already writes nothing but the line of the log that tells of the run.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Literal

from codesets.safe import safe_line
from store import log
from store.actors import Actor
from store.database import Database, DatabaseUnusable
from store.intake.batch import Batch, Progress
from store.intake.fhir import FhirCollection
from store.intake.files import MAX_LINE, Content, Found, Kind, NotTakenIn, find, joined, recognize
from store.intake.formats import UNITS, units_of
from store.intake.jsontext import BadJson, parse_json
from store.intake.native import to_record
from store.intake.quarantine import Waiting
from store.intake.report import IntakeReport, Tally, whole_report
from store.intake.tables import rows
from store.intake.tables.columns import ColumnMap
from store.intake.tables.columns import Kind as TableKind
from store.intake.tables.rows import TableOptions
from store.intake.tables.sheet import Layout
from store.intake.unit import Unit
from store.intake.unreadable import keep_unreadable
from store.intake.writer import Place, Raw
from store.worklists import place as place_in_worklist

EXCERPT = 2_000
"""Bytes of a refused entry of a Bundle that are kept where the entry cannot be told from the rest."""

MOST_NAMED = 12
"""How many columns of a table that nothing is made of the report names."""


class BrokenOff(DatabaseUnusable):
    """The database failed in the middle of a run; `report` tells what had been stored, which stays."""

    def __init__(self, error: DatabaseUnusable, report: IntakeReport) -> None:
        remedy = f"{error.remedy}; the same command again goes on from there and takes nothing in twice"
        super().__init__(f"{error.message}; {_stored(report)}", remedy.removeprefix("; "))
        self.report = report


Unreadable = Callable[[Found, str, int], None]
"""Hears of a file that cannot be read: why, and after how many records."""

_TOO_LONG = f"the line is longer than {MAX_LINE // 2**20} MB"


def take_in(
    db: Database,
    actor: Actor,
    paths: Sequence[Path | Literal["-"]],
    progress: Progress | None = None,
    place: Place | None = place_in_worklist,
    tables: TableOptions | None = None,
    dry: bool = False,
    unreadable: Unreadable | None = None,
    finished: bool = True,
) -> IntakeReport:
    """Take in every encounter behind the paths: files, folders, zip archives, or `-` for standard input.

    Nothing of a bad record is stored; it goes to quarantine and the rest goes on, as does a file that cannot be read,
    unless `unreadable` hears of it instead. A `dry` run stores nothing and tries the first records only. Of files that
    nobody says are `finished`, a last message without its end is refused where it looks cut.

    Raises BrokenOff where the database fails, or the error of a map that cannot be used.
    """
    if unreadable is None:
        unreadable = (lambda *_: None) if dry else partial(keep_unreadable, db, actor)
    run = _Run(db, actor, place, progress or (lambda *_: None), tables or TableOptions(), dry, unreadable, finished)
    try:
        with FhirCollection() as collection:
            for found in find(list(paths)):
                run.read(found, collection)
            run.read_tables()
            if not dry:
                run.flush()
            run.store_collection(collection)
        report = whole_report(run.tallies)
        if dry:
            log.note(db, actor, "intake.dry_run")
        else:
            log_run(db, actor, report)
    except DatabaseUnusable as error:
        if dry:
            raise
        raise BrokenOff(error, whole_report(run.tallies)) from error
    return report


def log_run(db: Database, actor: Actor, report: IntakeReport) -> None:
    """Tell the log of a run."""
    with db.change(actor) as change:
        change.log(
            "intake.run",
            files=len(report.files),
            new=report.total("encounters_new"),
            changed=report.total("encounters_changed"),
            unchanged=report.total("encounters_unchanged"),
            quarantined=report.quarantined,
        )


def _stored(report: IntakeReport) -> str:
    """How far a run came that broke off, in words."""
    taken = report.total("encounters_new") + report.total("encounters_changed")
    counts = (
        (taken, f"encounter{'' if taken == 1 else 's'} taken in"),
        (report.total("encounters_unchanged"), "found there already"),
        (report.total("persons"), "told of without a visit taken in"),
        (report.quarantined, "put into quarantine"),
    )
    told = ", ".join(f"{number:,} {words}" for number, words in counts if number)
    return f"before it broke off: {told or 'nothing taken in'}"


class _Run:
    """The state of a run: a tally for each file, and the batch that is being filled."""

    def __init__(
        self,
        db: Database,
        actor: Actor,
        place: Place | None,
        progress: Progress,
        tables: TableOptions,
        dry: bool,
        unreadable: Unreadable,
        finished: bool,
    ) -> None:
        self._finished = finished
        self._progress, self._tables, self._unreadable = progress, tables, unreadable
        self._batch = Batch(db, actor, place, progress, dry)
        self._later: list[tuple[int, int, Found, Tally, Layout, ColumnMap]] = []
        self.flush = self._batch.flush
        self.tallies: list[Tally] = []

    def read(self, found: Found, collection: FhirCollection) -> None:
        """Read one file: native lines go to the database, FHIR resources into the collection."""
        tally = Tally(found.name)
        self.tallies.append(tally)
        if found.problem:
            tally.messages.append(found.problem)
            self._unreadable(found, found.problem, 0)
            return
        self._progress(found.name, 0, 0)
        try:
            with closing(found.open()) as stream:
                content = recognize(stream)
                tally.kind = content.kind.value
                if content.kind == Kind.NATIVE:
                    self._read_native(content, tally)
                elif content.kind == Kind.TABLE:
                    self._read_table(found, content, tally)
                elif content.kind in UNITS:
                    self._read_units(units_of(content, self._finished), tally)
                else:
                    self._read_fhir(content, tally, collection, found.group)
        except NotTakenIn as error:
            tally.messages.append(error.message)
            self._unreadable(found, error.message, tally.records)
            if not tally.records:
                tally.kind = ""

    def store_collection(self, collection: FhirCollection) -> None:
        """Store the encounters of the FHIR files, and say what was not used."""
        total = collection.count_encounters()
        for number, collected in enumerate(collection.encounters(), 1):
            stored, tally = collected.stored, self.tallies[collected.stored.file]
            place = _place_of(stored.type, stored.body, stored.place)
            if collected.encounter is None:
                self._batch.add(Waiting(tally, place, Raw("fhir", stored.body), reason=collected.reason))
                continue
            for left in collected.encounter.left_out:
                owner = self.tallies[left.stored.file]
                where = _place_of(left.stored.type, left.stored.body, left.stored.place)
                self._batch.add(Waiting(owner, where, Raw("fhir", left.kept), reason=left.reason))
            raw = Raw("fhir", collected.encounter.raw)
            self._batch.add(Waiting(tally, place, raw, collected.encounter.record))
            self._progress("encounters", number, total)
        self._batch.flush()
        for file, counts in collection.passed_over.items():
            words = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.most_common(20)))
            self.tallies[file].messages.append(safe_line(f"not used: {words}"))
        for (file, kind), count in sorted(collection.without_encounter().items()):
            self.tallies[file].messages.append(f"{count} {kind} that no encounter refers to")

    def read_tables(self) -> None:
        """Read the tables that were put off: patients, then visits, then what belongs to visits."""
        for _, _, found, tally, layout, column_map in sorted(self._later, key=lambda one: one[:2]):
            try:
                with closing(found.open()) as stream:
                    self._read_units(rows.units(stream, layout, column_map), tally)
            except NotTakenIn as error:
                tally.messages.append(error.message)
                self._unreadable(found, error.message, tally.records)

    def _read_table(self, found: Found, content: Content, tally: Tally) -> None:
        sample = content.stream.read(rows.SAMPLE)
        layout, column_map = rows.choose_map(sample, self._tables)
        tally.messages.append(f"read by the map {column_map.name}, as {column_map.record.value}s")
        if left := column_map.unused:
            more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
            tally.messages.append(safe_line(f"not used: {', '.join(left[:MOST_NAMED])}{more}"))
        if found.path is None:
            self._read_units(rows.units(joined(sample, content.stream), layout, column_map), tally)
            return
        self._later.append(
            (list(TableKind).index(column_map.record), len(self._later), found, tally, layout, column_map)
        )

    def _read_units(self, units: Iterator[Unit], tally: Tally) -> None:
        try:
            for unit in units:
                self._batch.take(unit, tally)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise NotTakenIn("the archive is damaged or truncated here") from None
        except OSError as error:
            raise NotTakenIn((error.strerror or "it cannot be read").lower()) from None

    def _read_native(self, content: Content, tally: Tally) -> None:
        for line in content.lines:
            if line.data is not None and not line.data.strip():
                continue
            place = f"line {line.number}"
            if line.data is None:
                self._batch.add(Waiting(tally, place, Raw("native", b""), reason=_TOO_LONG))
                continue
            raw = Raw("native", line.data)
            try:
                record = to_record(line.data)
            except BadJson as error:
                self._batch.add(Waiting(tally, place, raw, reason=error.message))
                continue
            tally.records += 1
            self._batch.add(Waiting(tally, place, raw, record))
            self._progress(tally.name, tally.records, 0)

    def _read_fhir(self, content: Content, tally: Tally, collection: FhirCollection, group: int) -> None:
        file = self.tallies.index(tally)
        for line in content.lines:
            place = f"line {line.number}"
            if line.data is None:
                self._batch.add(Waiting(tally, place, Raw("fhir", b""), reason=_TOO_LONG))
                continue
            if not line.data.strip():
                continue
            try:
                value = parse_json(line.data)
            except BadJson as error:
                self._batch.add(Waiting(tally, place, Raw("fhir", line.data), reason=error.message))
                continue
            if content.kind == Kind.BUNDLE and line.number == 1 and isinstance(value, dict):
                refused = collection.add_bundle(value, group, file)
                tally.records += len(value.get("entry") or ())
            else:
                refused = collection.add_resource(value, group, file, place)
                tally.records += 1
            tally.records -= len(refused)
            for one in refused:
                self._batch.add(
                    Waiting(tally, one.place, Raw("fhir", one.body or line.data[:EXCERPT]), reason=one.reason)
                )
            self._progress(tally.name, tally.records, 0)


def _place_of(kind: str, body: bytes, place: str) -> str:
    value = parse_json(body)
    own = value.get("id") if isinstance(value, dict) else None
    return safe_line(f"{place}, {kind}/{own}" if isinstance(own, str) else f"{place}, {kind}")[:400]

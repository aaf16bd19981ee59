"""Imports official files into the reference database: recognize, preview, load, report.

A run works on a copy and puts it in place at the end, so open sessions are never blocked and a failure leaves
the old data as it was. Each file is a transaction of its own within the run: one that is refused takes nothing
of the others with it. The same content twice changes nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from codesets import build
from codesets.errors import CodedeskError, ReferenceUnavailable, UnreadableInput
from codesets.gathering import Found, Gathered
from codesets.loading import families, losses
from codesets.loading.loads import Counts, is_loaded
from codesets.reference import Progress
from codesets.releases import CodeSystem
from codesets.safe import safe_line
from codesets.sources import code_list, recognize, source, ub_codes
from codesets.sources.accompanying import accompanies
from codesets.sources.periods import edition_named
from codesets.sources.source import FileKind, Recognized, Rejected

ACCEPT = "download it again, or load it with --accept-missing where it is right"
"""What to do about a file that lacks too much of what it should have."""

# Rejected records kept for the report of one file; all are counted.
_MOST_SHOWN = 200


class Status(StrEnum):
    """What will happen to a file, and what happened."""

    NEW = "to load"
    LOADED_BEFORE = "already loaded"
    UNKNOWN = "not recognized"
    LEFT_ASIDE = "left aside"
    NEEDS_PERIOD = "needs its edition"
    LOADED = "loaded"
    REFUSED = "refused"


@dataclass(frozen=True)
class Item:
    """A file of a run: what it was taken for, and what becomes of it.

    `remark` is one line: why it is not loaded, or what to know of it.
    """

    found: Found
    status: Status
    source: str = ""
    recognized: Recognized | None = None
    remark: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one file. `rejected` are the first records that were not taken, `counts.skipped` all."""

    item: Item
    counts: Counts = Counts()
    rejected: tuple[Rejected, ...] = ()
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """What a run did. `changed` says whether the database was replaced; `notices` are of all releases."""

    results: tuple[Result, ...]
    changed: bool
    notices: tuple[str, ...]
    seconds: float


def plan(place: Path, gathered: Gathered, edition: str = "") -> list[Item]:
    """What would be loaded from the found files, in the order of loading; nothing is changed.

    `edition` ("FY2026", "2026 Apr") is for files whose content and name do not say it.
    """
    db = sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True)
    try:
        items = [_item(db, found, edition) for found in gathered.found]
    finally:
        db.close()
    seen: set[tuple[str, str, str]] = set()
    for number, item in enumerate(items):
        if item.recognized is None or item.status is not Status.NEW:
            continue
        key = (item.recognized.kind.value, item.recognized.edition, item.recognized.part or "")
        if key in seen:
            remark = "another file of this run is the same edition and part"
            items[number] = replace(item, status=Status.REFUSED, remark=remark)
        seen.add(key)
    return sorted(items, key=_order)


def run(place: Path, items: list[Item], progress: Progress, accept_missing: bool = False) -> Report:
    """Load what the plan says; a file that lacks what it should have only where `accept_missing` says that it is right.

    Raises ReferenceUnavailable when the database cannot be replaced; then nothing has changed.
    """
    began = time.perf_counter()
    results = [Result(item) for item in items if item.status is not Status.NEW]
    to_load = [item for item in items if item.status is Status.NEW]
    notices: tuple[str, ...] = ()
    changed = False
    with build.only_builder(place.parent):
        try:
            if to_load:
                with build.replacement(place, place, progress) as db:
                    for group in _groups(to_load):
                        done = len(results) - len(items) + len(to_load)
                        progress(group[0].found.file.name, 0.4 * done / len(to_load))
                        results += _load_together(db, group, accept_missing)
                    if not any(result.item.status is Status.LOADED for result in results):
                        raise _NothingLoaded
                    families.finish(db)
                    notices = tuple(families.notices(db))
                changed = True
        except _NothingLoaded:
            progress("nothing to load", 1.0)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ReferenceUnavailable(f"{place} could not be replaced: {reason}", "nothing was changed") from error
    return Report(tuple(results), changed, notices, time.perf_counter() - began)


class _NothingLoaded(Exception):
    """Every file was refused: the copy is dropped."""


def _item(db: sqlite3.Connection, found: Found, edition: str) -> Item:
    try:
        known = recognize(found.file)
    except (OSError, ValueError, UnreadableInput) as error:
        reason = error.line() if isinstance(error, UnreadableInput) else str(error)
        return Item(found, Status.UNKNOWN, remark=f"cannot be read: {reason}")
    if known is None:
        if what := accompanies(found.file):
            return Item(found, Status.LEFT_ASIDE, remark=f"{what}, which holds no codes")
        return Item(found, Status.UNKNOWN, remark=_looks_like(found))
    name, recognized = known
    if recognized.starts is None and (named := edition_named(recognized.system, edition)):
        recognized = replace(recognized, edition=named.name, starts=named.starts, ends=named.ends)
    if recognized.starts is None or recognized.ends is None:
        return Item(found, Status.NEEDS_PERIOD, name, recognized, f"name it with --edition: {recognized.asks}")
    if is_loaded(db, found.file, recognized):
        return Item(found, Status.LOADED_BEFORE, name, recognized)
    return Item(found, Status.NEW, name, recognized, recognized.detail)


def _looks_like(found: Found) -> str:
    lines = [line for line in found.file.head_lines(5) if line.strip()]
    begins = f"it begins with {safe_line(lines[0].strip()[:50])!r}" if lines else "it is empty"
    expected = f"{begins}; expected an official file as published, in its own columns and encoding"
    listed = any("text" in code_list.places_of(heads) for _, heads in code_list.heads(found.file))
    return f"{expected}; of the lists that a site brings, {ub_codes.COLUMNS}" if listed else expected


def _order(item: Item) -> tuple[bool, int, str, str]:
    """Codes before what is printed around them, earlier editions first, addenda last; the rest as found."""
    recognized = item.recognized
    if recognized is None:
        return True, 0, "", item.found.where
    addenda = recognized.kind in (FileKind.CM_ADDENDA, FileKind.PCS_ADDENDA)
    kinds = list(FileKind)
    return addenda, kinds.index(recognized.kind), str(recognized.starts), item.found.where


@dataclass
class _Sieve:
    """Passes rows on and keeps the rejected ones."""

    rows: Iterable[Any]
    kept: list[Rejected] = field(default_factory=list)
    count: int = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self.rows:
            if isinstance(row, Rejected):
                self.count += 1
                if len(self.kept) < _MOST_SHOWN:
                    self.kept.append(Rejected(row.line, row.reason, safe_line(row.text)))
            else:
                yield row


def _groups(items: list[Item]) -> list[list[Item]]:
    """The files in their order, the parts of one release of pairs together: rows move between parts by the quarter."""
    groups: dict[object, list[Item]] = {}
    for number, item in enumerate(items):
        known = item.recognized
        pairs = known is not None and known.kind is FileKind.PTP
        key = (known.edition, (known.part or "").rpartition(" ")[0]) if known and pairs else number
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def _load_together(db: sqlite3.Connection, items: list[Item], accept_missing: bool) -> list[Result]:
    """Load files, then look at what they lack; where that is too much, none of them is loaded."""
    db.execute("SAVEPOINT files")
    results = [_load(db, item) for item in items]
    loaded = [result for result in results if result.item.status is Status.LOADED]
    changes = losses.compared(db, [_known(result) for result in loaded])
    doubted = any(one.doubts for one in changes) and not accept_missing
    if doubted:
        db.execute("ROLLBACK TO files")
    db.execute("RELEASE files")
    told = {id(result): change for result, change in zip(loaded, changes, strict=True)}
    return [_settled(db, result, told.get(id(result)), doubted) for result in results]


def _settled(db: sqlite3.Connection, result: Result, change: losses.Compared | None, doubted: bool) -> Result:
    """The result with what changed, or as refused because it, or another part of its release, is not whole."""
    if change is None:
        return result
    if doubted:
        reason = "; ".join(change.doubts) or "another part of this release is not whole"
        remark = f"{result.item.found.file.name}: {reason}; expected a whole file: {ACCEPT}"
        return Result(replace(result.item, status=Status.REFUSED, remark=remark), seconds=result.seconds)
    counts = result.counts
    if not (counts.added or counts.ended):
        before = counts.before or change.before
        counts = replace(counts, added=change.added, ended=change.ended, before=before)
        families.record(db, _known(result), counts)
    return replace(result, counts=counts, remarks=(*result.remarks, *change.doubts))


def _known(result: Result) -> Recognized:
    assert result.item.recognized is not None
    return result.item.recognized


def _load(db: sqlite3.Connection, item: Item) -> Result:
    """Load one file in a savepoint; a refusal rolls back what it had stored."""
    assert item.recognized is not None
    began = time.perf_counter()
    db.execute("SAVEPOINT one_file")
    try:
        rows = _Sieve(source(item.source).read(item.found.file, item.recognized))
        counts, remarks = families.store(db, item.found.file, item.recognized, rows)
        counts = replace(counts, skipped=rows.count)
        families.record(db, item.recognized, counts)
    except (CodedeskError, sqlite3.IntegrityError, OSError, ValueError) as error:
        db.execute("ROLLBACK TO one_file")
        db.execute("RELEASE one_file")
        reason = f"{error.message}; {error.remedy}" if isinstance(error, CodedeskError) else str(error)
        return Result(replace(item, status=Status.REFUSED, remark=reason), seconds=time.perf_counter() - began)
    db.execute("RELEASE one_file")
    loaded = replace(item, status=Status.LOADED)
    return Result(loaded, counts, tuple(rows.kept), tuple(remarks), time.perf_counter() - began)


def systems(report: Report) -> set[CodeSystem]:
    """The code systems that the run changed."""
    found = {result.item.recognized for result in report.results if result.item.status is Status.LOADED}
    return {recognized.system for recognized in found if recognized is not None}

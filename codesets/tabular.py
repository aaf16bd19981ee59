"""The tabular list of ICD-10-CM as a tree: chapters, blocks (sections), categories and codes, with what is printed.

Source: the tabular list that serves the release in force on the date. Blocks stand in one another in some chapters
(T36-T50 within T07-T88); which holds which follows from their categories. A release without a tabular list has
categories and codes only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from codesets import catalog
from codesets.catalog import Code, Note, Step, StepKind
from codesets.notes import NoteKind
from codesets.reference import Reference
from codesets.releases import CodeSystem, Release
from codesets.sources.source import FileKind


@dataclass(frozen=True)
class Branch:
    """One chapter, block or code: `id` is the chapter's number, the block's id or the code without the dot.

    `has_below` says whether something is printed below it; `notes` counts what is printed at it.
    """

    kind: StepKind
    id: str
    title: str
    billable: bool
    has_below: bool
    notes: int

    @property
    def name(self) -> str:
        """What it is called in print: `4`, `E08-E13`, `E11.42`."""
        return catalog.dotted(self.id) if self.kind is StepKind.CODE else self.id


@dataclass(frozen=True)
class BranchPage:
    """A chapter or block with the way to it and its notes, own before inherited.

    `notes_warning` says in one line that they are of another year than the codes, else it is empty.
    """

    branch: Branch
    path: tuple[Step, ...]
    notes: dict[NoteKind, tuple[Note, ...]]
    release: Release
    notes_warning: str = ""


@dataclass(frozen=True)
class _Block:
    id: str
    title: str
    first: int
    last: int
    ordinal: int

    def holds(self, other: _Block) -> bool:
        """Whether the other one stands within this one; of two with the same categories the first printed is outer."""
        around = self.first <= other.first and self.last >= other.last
        same = (self.first, self.last) == (other.first, other.last)
        return around and (self.ordinal < other.ordinal if same else True)


def edition(reference: Reference, on: dt.date) -> str:
    """The edition of the tabular list that answers for the date; empty where none is loaded."""
    release = _release(reference, on)
    load = reference.part(release.id, FileKind.CM_TABULAR) if release else None
    row = reference.db.execute("SELECT edition FROM loads WHERE id = ?", (load,)).fetchone()
    return str(row[0]) if row else ""


def chapters(reference: Reference, on: dt.date) -> list[Branch]:
    """The chapters in order; the categories where no tabular list is loaded."""
    release = _release(reference, on)
    if release is None:
        return []
    load = reference.part(release.id, FileKind.CM_TABULAR)
    if load is None:
        return _branches(reference, release, _codes(reference, release, "parent IS NULL"))
    rows = reference.db.execute(
        "SELECT number, title FROM chapters WHERE load_id = ? ORDER BY ordinal", (load,)
    ).fetchall()
    counts = _note_counts(reference, load, StepKind.CHAPTER, [number for number, _ in rows])
    return [Branch(StepKind.CHAPTER, number, title, False, True, counts.get(number, 0)) for number, title in rows]


def below(reference: Reference, kind: StepKind, identity: str, on: dt.date) -> list[Branch]:
    """What is printed directly below a chapter, a block or a code, in official order: blocks before categories."""
    release = _release(reference, on)
    if release is None:
        return []
    if kind is StepKind.CODE:
        return _branches(reference, release, _codes(reference, release, "parent = ?", identity))
    load = reference.part(release.id, FileKind.CM_TABULAR)
    if load is None:
        return []
    chapter = identity if kind is StepKind.CHAPTER else _chapter_of(reference, load, identity)
    blocks = _blocks(reference, release, load, chapter)
    outer = {block.id: _outer(block, blocks) for block in blocks}
    inside = [block for block in blocks if outer[block.id] == (identity if kind is StepKind.SECTION else None)]
    counts = _note_counts(reference, load, StepKind.SECTION, [block.id for block in inside])
    held = [Branch(StepKind.SECTION, b.id, b.title, False, True, counts.get(b.id, 0)) for b in inside]
    if kind is StepKind.CHAPTER:
        return held
    return held + _branches(reference, release, _codes(reference, release, "parent IS NULL AND section = ?", identity))


def way_to(reference: Reference, wanted: str, on: dt.date) -> tuple[Step, ...]:
    """The way from the chapter to a code, a block or a chapter in any spelling, itself last; empty for none such."""
    found = catalog.find(reference, CodeSystem.ICD10CM, wanted, on)
    if found is not None:
        return (*catalog.path(reference, found), Step(StepKind.CODE, found.code, found.title))
    release = _release(reference, on)
    load = reference.part(release.id, FileKind.CM_TABULAR) if release else None
    if release is None or load is None:
        return ()
    name = wanted.strip().upper()
    for kind, query in (
        (StepKind.SECTION, "SELECT id, title FROM sections WHERE load_id = ? AND id = ?"),
        (StepKind.CHAPTER, "SELECT number, title FROM chapters WHERE load_id = ? AND number = ?"),
    ):
        if row := reference.db.execute(query, (load, name)).fetchone():
            around = _around(reference, release, load, row[0]) if kind is StepKind.SECTION else []
            return (*around, Step(kind, *row))
    return ()


def branch_of(reference: Reference, wanted: str, on: dt.date) -> Branch | None:
    """The code, block or chapter of that name; None where there is none such."""
    way = way_to(reference, wanted, on)
    if not way:
        return None
    beside = below(reference, way[-2].kind, way[-2].id, on) if len(way) > 1 else chapters(reference, on)
    return next((one for one in beside if (one.kind, one.id) == (way[-1].kind, way[-1].id)), None)


def branch_page(reference: Reference, branch: Branch, on: dt.date) -> BranchPage | None:
    """A chapter or block with its notes and those it inherits; None where no tabular list is loaded."""
    release = _release(reference, on)
    load = reference.part(release.id, FileKind.CM_TABULAR) if release else None
    if release is None or load is None:
        return None
    path = _around(reference, release, load, branch.id) if branch.kind is StepKind.SECTION else []
    owners = [(branch.kind, branch.id), *((step.kind, step.id) for step in reversed(path))]
    notes = catalog.notes_for(reference, release.id, owners)
    _, warning = catalog.notes_from(reference, release)
    return BranchPage(branch, tuple(path), notes, release, warning)


def _around(reference: Reference, release: Release, load: int, block: str) -> list[Step]:
    """The chapter of a block, then the blocks around it, the widest first."""
    chapter = _chapter_of(reference, load, block)
    query = "SELECT title FROM chapters WHERE load_id = ? AND number = ?"
    (title,) = reference.db.execute(query, (load, chapter)).fetchone()
    blocks = _blocks(reference, release, load, chapter)
    own = next((one for one in blocks if one.id == block), None)
    around = [one for one in blocks if own and one is not own and one.holds(own)]
    around.sort(key=lambda one: one.first - one.last)
    return [Step(StepKind.CHAPTER, chapter, title), *(Step(StepKind.SECTION, one.id, one.title) for one in around)]


def _release(reference: Reference, on: dt.date) -> Release | None:
    return reference.choose(CodeSystem.ICD10CM, on).release


def _codes(reference: Reference, release: Release, where: str, *values: str) -> list[Code]:
    query = f"SELECT code, title, billable, position FROM codes WHERE release_id = ? AND {where} ORDER BY position"
    rows = reference.db.execute(query, (release.id, *values))
    return [
        Code(CodeSystem.ICD10CM, code, title, bool(billable), position, None, release.id)
        for code, title, billable, position in rows
    ]


def _branches(reference: Reference, release: Release, codes: Sequence[Code]) -> list[Branch]:
    load = reference.part(release.id, FileKind.CM_TABULAR)
    counts = _note_counts(reference, load, StepKind.CODE, [code.code for code in codes])
    return [
        Branch(StepKind.CODE, code.code, code.title, code.billable, not code.billable, counts.get(code.code, 0))
        for code in codes
    ]


def _note_counts(reference: Reference, load: int | None, kind: StepKind, owners: Sequence[str]) -> dict[str, int]:
    if load is None:
        return {}
    counts: dict[str, int] = {}
    for start in range(0, len(owners), 500):
        some = owners[start : start + 500]
        marks = ", ".join("?" * len(some))
        query = (
            "SELECT owner, count(*) FROM notes WHERE load_id = ? AND owner_kind = ?"
            f" AND owner IN ({marks}) GROUP BY owner"
        )
        counts |= dict(reference.db.execute(query, (load, kind.value, *some)).fetchall())
    return counts


def _chapter_of(reference: Reference, load: int, block: str) -> str:
    query = "SELECT chapter FROM sections WHERE load_id = ? AND id = ?"
    row = reference.db.execute(query, (load, block)).fetchone()
    return str(row[0]) if row else ""


def _blocks(reference: Reference, release: Release, load: int, chapter: str) -> list[_Block]:
    """The blocks of a chapter that have categories in the release, in the order they are printed."""
    rows = reference.db.execute(
        "SELECT s.id, s.title, first_position, last_position, s.ordinal"
        " FROM sections s JOIN section_spans p ON p.section = s.id"
        " WHERE s.load_id = ? AND p.release_id = ? AND s.chapter = ? ORDER BY s.ordinal",
        (load, release.id, chapter),
    )
    return [_Block(*row) for row in rows]


def _outer(block: _Block, blocks: Sequence[_Block]) -> str | None:
    """The smallest block around another one."""
    around = [other for other in blocks if other is not block and other.holds(block)]
    return min(around, key=lambda other: (other.last - other.first, -other.ordinal)).id if around else None

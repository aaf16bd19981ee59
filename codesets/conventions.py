"""What the notes of the ICD-10-CM tabular list say of two codes: which exclude each other, and which stands first.

Source: the tabular list and the Official Guidelines, sections I.A.12 (Excludes), I.A.13 and I.A.17 (sequencing).
Notes hold for all codes below their owner. Ranges go by official order. A note that says more than codes can say
("with ketoacidosis") is never judged here: it is text for a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from codesets import catalog
from codesets.catalog import Note, StepKind
from codesets.lazily import lazily
from codesets.note_targets import Qualifier
from codesets.notes import NoteKind
from codesets.reference import Reference
from codesets.releases import CodeSystem

JUDGED = (NoteKind.EXCLUDES1, NoteKind.EXCLUDES2, NoteKind.CODE_FIRST, NoteKind.USE_ADDITIONAL)

_DEPTHS = {StepKind.CHAPTER: 0, StepKind.SECTION: 1}


@dataclass(frozen=True)
class Span:
    """Codes from one official position to another, both inclusive, as far as a qualifier lets them in."""

    first: int
    last: int
    qualifier: Qualifier | None = None

    def holds(self, code: CodeNotes) -> bool:
        """Whether the code is one of them; False also where only a person can tell."""
        inside = self.first <= code.position <= self.last
        return inside and (self.qualifier is None or self.qualifier.holds(code.code) is True)


@dataclass(frozen=True)
class Statement:
    """One note that holds for a code. `owner` is the code, section or chapter it is printed under."""

    kind: NoteKind
    text: str
    owner: str
    depth: int
    """How near the owner is: chapters 0, sections 1, codes by their length."""

    spans: tuple[Span, ...]

    def names(self, code: CodeNotes) -> bool:
        """Whether the note names the code."""
        return any(span.holds(code) for span in self.spans)


@dataclass(frozen=True)
class CodeNotes:
    """A code without its dot, its official position, and the statements that hold for it."""

    code: str
    position: int
    statements: tuple[Statement, ...]
    _named: dict[tuple[NoteKind, int], bool] = field(default_factory=dict, compare=False, repr=False)
    """The answers of `names`: the same few codes meet on claim after claim."""

    def of(self, kind: NoteKind) -> Sequence[Statement]:
        """The statements of one kind."""
        return self._by_kind.get(kind, ())

    def names(self, kind: NoteKind, other: CodeNotes) -> bool:
        """Whether a statement of the kind names the other code."""
        key = kind, other.position
        answer = self._named.get(key)
        if answer is None:
            answer = self._named[key] = any(statement.names(other) for statement in self.of(kind))
        return answer

    @lazily
    def _by_kind(self) -> dict[NoteKind, list[Statement]]:
        kinds: dict[NoteKind, list[Statement]] = {}
        for statement in self.statements:
            kinds.setdefault(statement.kind, []).append(statement)
        return kinds


def code_notes(reference: Reference, code: str, on: dt.date) -> CodeNotes | None:
    """The notes of an ICD-10-CM code on a date; None for a code that the release does not have."""
    page = catalog.page(reference, CodeSystem.ICD10CM, code, on)
    if page is None:
        return None
    statements = tuple(
        _statement(reference, page.code.release_id, note) for kind in JUDGED for note in page.notes.get(kind, ())
    )
    return CodeNotes(page.code.code, page.code.position, tuple(one for one in statements if one.spans))


def exclusion(one: CodeNotes, other: CodeNotes) -> Statement | None:
    """The Excludes1 note that forbids two codes together, in either direction; None where there is none.

    Where an Excludes2 note nearer to the codes lets the same two stand together, it wins. A note that names both
    codes means neither: it tells its own codes apart from others.
    """
    forbidding = _deepest(NoteKind.EXCLUDES1, one, other)
    allowing = _deepest(NoteKind.EXCLUDES2, one, other)
    if forbidding and allowing and allowing.depth > forbidding.depth:
        return None
    return forbidding


def wanted_first(code: CodeNotes, before: Iterable[CodeNotes], after: Iterable[CodeNotes]) -> CodeNotes | None:
    """The code that stands after another one and that a "code first" note wants before it.

    None where a code that the notes name stands before, or none does at all: which one is meant only the record
    can tell.
    """
    kind = NoteKind.CODE_FIRST
    if not code.of(kind) or any(code.names(kind, each) for each in before):
        return None
    return next((each for each in after if code.names(kind, each)), None)


def wanted_after(code: CodeNotes, before: Iterable[CodeNotes], after: Iterable[CodeNotes]) -> CodeNotes | None:
    """The code that stands before another one and that a "use additional code" note wants after it.

    None where one that the notes name stands after too, or where the other's own notes want this order.
    """
    kind = NoteKind.USE_ADDITIONAL
    if not code.of(kind) or any(code.names(kind, each) for each in after):
        return None
    return next((each for each in before if code.names(kind, each) and not each.names(kind, code)), None)


def _deepest(kind: NoteKind, one: CodeNotes, other: CodeNotes) -> Statement | None:
    found = [
        statement
        for here, there in ((one, other), (other, one))
        for statement in here.of(kind)
        if statement.names(there) and not statement.names(here)
    ]
    return max(found, key=lambda statement: statement.depth, default=None)


def _statement(reference: Reference, release_id: int, note: Note) -> Statement:
    spans = tuple(
        Span(*places, target.qualifier)
        for target in note.targets
        if (places := _places(reference, release_id, target.first, target.last)) is not None
    )
    owner = catalog.dotted(note.owner) if note.owner_kind is StepKind.CODE else f"{note.owner_kind} {note.owner}"
    depth = _DEPTHS.get(note.owner_kind, len(note.owner))
    return Statement(note.kind, note.text, owner, depth, spans)


def _places(reference: Reference, release_id: int, first: str, last: str) -> tuple[int, int] | None:
    """The official positions of the first code and of the last one with all below it."""
    query = "SELECT min(position), max(position) FROM codes WHERE release_id = ? AND code >= ? AND code < ?"
    begin = reference.db.execute(query, (release_id, first, first + "~")).fetchone()[0]
    end = reference.db.execute(query, (release_id, last, last + "~")).fetchone()[1]
    return None if begin is None or end is None else (begin, end)

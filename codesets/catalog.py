"""The read side of the code sets: codes, their pages, their place in the hierarchy, and what is valid on a
date.

Reads the reference database (`codesets.build` makes it), read-only and memory-mapped, with plain sqlite3.
Every look-up takes a date and answers from the release in force on it; where none is, it answers from the
newest and says so. Codes are held without the dot ("E1142"); any spelling is accepted.

Notes inherit downward (ICD-10-CM tabular list; Official Guidelines, section I.A): a note at a chapter, a
section or a header holds for every code below it, an inclusion term only for the code it is printed under.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from codesets.note_targets import Known, NoteTarget, targets
from codesets.notes import NoteKind
from codesets.reference import Reference, open_reference
from codesets.releases import CodeSystem, Release
from codesets.sources.source import FileKind

__all__ = [
    "Code",
    "CodePage",
    "Reference",
    "Validity",
    "ValidityKind",
    "children",
    "default_child",
    "descendants",
    "dotted",
    "find",
    "is_billable",
    "modifiers",
    "named_by",
    "normalize",
    "notes_for",
    "outside_dates",
    "open_reference",
    "page",
    "path",
    "validity",
]


@dataclass(frozen=True)
class Code:
    """A code or header of one release.

    `code` and `parent` carry no dot; `position` is the official rank from 0.
    """

    system: CodeSystem
    code: str
    title: str
    billable: bool
    position: int
    parent: str | None
    release_id: int
    default_code: str | None = None
    printed: str | None = None
    section: str | None = None

    @property
    def dotted(self) -> str:
        """The code as it is printed: E11.42 (ICD-10-CM), 0DTJ4ZZ, G0463."""
        return dotted(self.code, self.system)


class StepKind(StrEnum):
    """What a step of the path above a code is."""

    CHAPTER = "chapter"
    SECTION = "section"
    CODE = "code"


@dataclass(frozen=True)
class Step:
    """One step of the path: a chapter number, a section id, or a code without the dot."""

    kind: StepKind
    id: str
    title: str


@dataclass(frozen=True)
class Note:
    """One instructional note and where it is printed.

    `owner` is a chapter number, section id or undotted code. `targets` are the codes that an Excludes, "code
    first", "use additional" or "code also" note names, as links.
    """

    kind: NoteKind
    text: str
    owner_kind: StepKind
    owner: str
    inherited: bool
    targets: tuple[NoteTarget, ...] = ()


@dataclass(frozen=True)
class SeventhCharacterChoice:
    """One 7th character that the code can take; `also` are the terms printed under it, `owner` the code
    above.
    """

    character: str
    meaning: str
    also: tuple[str, ...]
    owner: str


@dataclass(frozen=True)
class CodePage:
    """All that the code set says of one code.

    `path` leads from the chapter down to the code's own parent. `notes` holds only kinds that occur, own
    notes before inherited ones, the nearest owner first. `default` is the billable code a header stands for.
    `notes_edition` is the edition of the tabular list, which can be another than that of the codes;
    `notes_warning` says so in one line where it is of another year, else it is empty. `outside` is why a code of HCPCS
    that the file has may not be reported on the date ("terminated on 2018-12-31"), else empty.
    """

    code: Code
    path: tuple[Step, ...]
    notes: dict[NoteKind, tuple[Note, ...]]
    seventh_characters: tuple[SeventhCharacterChoice, ...]
    children: tuple[Code, ...]
    default: Code | None
    release: Release
    covered: bool
    warning: str
    notes_edition: str = ""
    notes_warning: str = ""
    outside: str = ""


class ValidityKind(StrEnum):
    """The answers to "may this code be reported on that date?"."""

    VALID = "valid"
    HEADER = "header"
    UNKNOWN = "unknown"
    NOT_COVERED = "not covered by a release"
    COULD_NOT_CHECK = "could not check"


@dataclass(frozen=True)
class Validity:
    """The answer with its reason in one line, and the code proposed instead where there is one.

    `code` is what was found, if anything; under NOT_COVERED it comes from the newest release.
    """

    kind: ValidityKind
    reason: str
    code: Code | None = None
    proposed: Code | None = None
    release: Release | None = None


def normalize(code: str) -> str:
    """A code in any spelling as it is stored: upper case, letters and digits only."""
    return _stored(code) if len(code) <= _LONGEST_WRITTEN else _bare(code)


def dotted(code: str, system: CodeSystem = CodeSystem.ICD10CM) -> str:
    """A code as it is printed; only ICD-10-CM has a dot, after the third character. What is no code gets none.

    The second and the third character of a category can be a letter (QA0, M1A, Z3A); one of them is a digit.
    """
    plain = normalize(code)
    has_dot = system is CodeSystem.ICD10CM and bool(_CATEGORY.match(plain)) and len(plain) > 3
    return f"{plain[:3]}.{plain[3:]}" if has_dot else plain


def find(reference: Reference, system: CodeSystem, code: str, on: dt.date) -> Code | None:
    """The code or header in any spelling, from the release in force on the date, else from the newest."""
    release = reference.choose(system, on).release
    return _fetch(reference, release, normalize(code)) if release else None


def is_billable(reference: Reference, system: CodeSystem, code: str, on: dt.date) -> bool:
    """Whether the code is known and complete in the release that answers for the date."""
    found = find(reference, system, code, on)
    return found is not None and found.billable


def children(reference: Reference, code: Code) -> list[Code]:
    """The codes directly below, in official order."""
    return _codes(reference, code, "parent = ? ORDER BY position", code.code)


def descendants(reference: Reference, code: Code) -> list[Code]:
    """All codes below, in official order."""
    if code.system is not CodeSystem.ICD10CM:
        return []
    return _codes(reference, code, "code > ? AND code < ? ORDER BY position", code.code, code.code + "~")


def default_child(reference: Reference, header: Code) -> Code:
    """The billable code that the header stands for (see codesets.hierarchy); a billable code is its own.

    Of a table of ICD-10-PCS it is but an example of a whole code: the table stands for none more than for another.
    """
    if header.billable or header.default_code is None:
        return header
    return _codes(reference, header, "code = ?", header.default_code)[0]


def page(reference: Reference, system: CodeSystem, code: str, on: dt.date) -> CodePage | None:
    """Everything the code set says of a code in any spelling; None when it is not known."""
    choice = reference.choose(system, on)
    found = _fetch(reference, choice.release, normalize(code)) if choice.release else None
    if found is None or choice.release is None:
        return None
    lineage = _lineage(reference, found)
    groups = _groups(reference, found, lineage)
    notes_edition, notes_warning = notes_from(reference, choice.release)
    return CodePage(
        code=found,
        path=(*groups, *(Step(StepKind.CODE, above.code, above.title) for above in reversed(lineage[1:]))),
        notes=_notes(reference, found, lineage, groups),
        seventh_characters=_seventh_characters(reference, found, lineage),
        children=tuple(children(reference, found)),
        default=None if found.billable or system is CodeSystem.ICD10PCS else default_child(reference, found),
        release=choice.release,
        covered=choice.covered,
        warning=choice.warning,
        notes_edition=notes_edition,
        notes_warning=notes_warning,
        outside=_outside(reference, choice.release, found, on),
    )


def path(reference: Reference, code: Code) -> tuple[Step, ...]:
    """The way from the chapter down to the code's own parent."""
    lineage = _lineage(reference, code)
    above = (Step(StepKind.CODE, one.code, one.title) for one in reversed(lineage[1:]))
    return (*_groups(reference, code, lineage), *above)


def named_by(reference: Reference, first: str, last: str, on: dt.date) -> list[Code]:
    """The codes that a note's target names, in official order.

    A range: those between its ends that are as long as the shorter end. One code: itself and the codes directly
    below it. The beginning of codes: the shortest codes that begin so.
    """
    release = reference.choose(CodeSystem.ICD10CM, on).release
    if release is None:
        return []
    like = Code(CodeSystem.ICD10CM, first, "", False, 0, None, release.id)
    start, end = _fetch(reference, release, first), _fetch(reference, release, last)
    if first != last and start and end:
        length = min(len(first), len(last))
        where = "position BETWEEN ? AND ? AND length(code) = ? ORDER BY position"
        return _codes(reference, like, where, start.position, end.position, length)
    if start:
        return [start, *children(reference, start)]
    shortest = "length(code) = (SELECT min(length(code)) FROM codes WHERE release_id = ? AND code > ? AND code < ?)"
    where = f"code > ? AND code < ? AND {shortest} ORDER BY position"
    return _codes(reference, like, where, first, first + "~", release.id, first, first + "~")


def validity(reference: Reference, system: CodeSystem, code: str, on: dt.date) -> Validity:
    """Whether the code may be reported on the date, with the reason and the fix to propose.

    A starter list can say that a code is known, never that it is invalid.
    """
    choice = reference.choose(system, on)
    release, written = choice.release, dotted(code, system)[:_LONGEST_WRITTEN] or "an empty code"
    if release is None:
        return Validity(ValidityKind.COULD_NOT_CHECK, choice.warning)
    found = _fetch(reference, release, normalize(code))
    fix = default_child(reference, found) if found and not found.billable else None
    if not choice.covered:
        return Validity(ValidityKind.NOT_COVERED, choice.warning, found, fix, release)
    if found is None and not release.complete:
        reason = f"{written}: only a starter list of {system.label} is loaded, and the code is not in it."
        return Validity(ValidityKind.COULD_NOT_CHECK, reason, release=release)
    if found is None:
        nearest = _nearest(reference, release, normalize(code))
        reason = f"{written} is not a code of {system.label} {release.edition}{_elsewhere(reference, release, code)}."
        proposed = default_child(reference, nearest) if nearest else None
        return Validity(ValidityKind.UNKNOWN, reason, proposed=proposed, release=release)
    if fix:
        reason = f"{written} is a header and needs more characters, for example {fix.dotted}."
        return Validity(ValidityKind.HEADER, reason, found, fix, release)
    if system is CodeSystem.HCPCS and (outside := outside_dates(reference, release, [found.code], on)):
        return Validity(ValidityKind.UNKNOWN, f"{written} was {outside[found.code]}.", found, release=release)
    return Validity(ValidityKind.VALID, f"{written} is valid in {release.edition}.", found, release=release)


def modifiers(reference: Reference, on: dt.date) -> dict[str, str]:
    """The known modifiers with their short meanings; a modifier that is missing could not be checked."""
    release = reference.choose(CodeSystem.HCPCS, on).release
    if release is None:
        return {}
    query = "SELECT modifier, meaning FROM modifiers WHERE release_id = ? ORDER BY modifier"
    return dict(reference.db.execute(query, (release.id,)).fetchall())


_LONGEST_WRITTEN = 20
_CATEGORY = re.compile(r"[A-Z](?:[0-9][0-9A-Z]|[A-Z][0-9])")


def _elsewhere(reference: Reference, release: Release, code: str) -> str:
    """When a code that the release lacks came, or until when it was, by the other loaded releases of its system."""
    others = [one for one in reference.releases(release.system) if one.complete and one.id != release.id]
    having = [one for one in others if _fetch(reference, one, normalize(code))]
    before = [one for one in having if one.starts < release.starts]
    if before:
        last = max(before, key=lambda one: one.ends)
        return f"; it was one until {last.ends} ({last.edition})"
    if having:
        first = min(having, key=lambda one: one.starts)
        return f"; it is one from {first.starts} ({first.edition})"
    return ""


def _bare(code: str) -> str:
    return re.sub(r"[^0-9A-Za-z]+", "", code).upper()


_stored = lru_cache(1 << 16)(_bare)


def outside_dates(reference: Reference, release: Release, codes: Collection[str], on: dt.date) -> dict[str, str]:
    """Why HCPCS codes that the release has may not be reported on the date, for those of these that may not.

    Terminated codes stay in the file for years (HCPCS record layout: add and termination date).
    """
    found: dict[str, str] = {}
    query = (
        "SELECT code, d.added, d.terminated FROM hcpcs_details d JOIN loads ON loads.id = load_id"
        f" WHERE release_id = ? AND code IN ({', '.join('?' * len(codes))})"
    )
    for code, added, terminated in reference.db.execute(query, (release.id, *codes)):
        if terminated and terminated < str(on):
            found[code] = f"terminated on {terminated}"
        elif added and added > str(on):
            found[code] = f"added on {added}"
    return found


def _outside(reference: Reference, release: Release, code: Code, on: dt.date) -> str:
    dated = release.system is CodeSystem.HCPCS
    return outside_dates(reference, release, [code.code], on).get(code.code, "") if dated else ""


_LINKED = (
    NoteKind.EXCLUDES1,
    NoteKind.EXCLUDES2,
    NoteKind.CODE_FIRST,
    NoteKind.USE_ADDITIONAL,
    NoteKind.CODE_ALSO,
)
_COLUMNS = "code, title, billable, position, parent, default_code, printed, section"


def _code(system: CodeSystem, release_id: int, row: tuple[Any, ...]) -> Code:
    code, title, billable, position, parent, default, printed, section = row
    return Code(system, code, title, bool(billable), position, parent, release_id, default, printed, section)


def _fetch(reference: Reference, release: Release, code: str) -> Code | None:
    query = f"SELECT {_COLUMNS} FROM codes WHERE release_id = ? AND code = ?"
    row = reference.db.execute(query, (release.id, code)).fetchone()
    return _code(release.system, release.id, row) if row else None


def _codes(reference: Reference, like: Code, where: str, *values: str | int) -> list[Code]:
    """Codes of the same release as `like`."""
    query = f"SELECT {_COLUMNS} FROM codes WHERE release_id = ? AND {where}"
    rows = reference.db.execute(query, (like.release_id, *values))
    return [_code(like.system, like.release_id, row) for row in rows]


def _nearest(reference: Reference, release: Release, code: str) -> Code | None:
    """The longest known beginning of the code, from the category down."""
    for length in range(len(code) - 1, 2, -1):
        if found := _fetch(reference, release, code[:length]):
            return found
    return None


def _lineage(reference: Reference, code: Code) -> list[Code]:
    """The code, then its headers up to the category."""
    lineage = [code]
    while parent := lineage[-1].parent:
        lineage += _codes(reference, code, "code = ?", parent)
    return lineage


def _groups(reference: Reference, code: Code, lineage: list[Code]) -> list[Step]:
    """The chapter and the sections around the code, the widest first."""
    tabular = reference.part(code.release_id, FileKind.CM_TABULAR)
    if code.section is None or tabular is None:
        return []
    db, category = reference.db, lineage[-1].position
    (chapter,) = db.execute(
        "SELECT chapter FROM sections WHERE load_id = ? AND id = ?", (tabular, code.section)
    ).fetchone()
    title = db.execute("SELECT title FROM chapters WHERE load_id = ? AND number = ?", (tabular, chapter)).fetchone()[0]
    around = db.execute(
        "SELECT s.id, s.title FROM sections s JOIN section_spans p ON p.section = s.id"
        " WHERE s.load_id = ? AND p.release_id = ? AND s.chapter = ? AND first_position <= ? AND last_position >= ?"
        " ORDER BY s.id = ?, last_position - first_position DESC",
        (tabular, code.release_id, chapter, category, category, code.section),
    )
    return [
        Step(StepKind.CHAPTER, chapter, title),
        *(Step(StepKind.SECTION, identity, name) for identity, name in around),
    ]


def _notes(
    reference: Reference, code: Code, lineage: list[Code], groups: list[Step]
) -> dict[NoteKind, tuple[Note, ...]]:
    owners = [(StepKind.CODE, above.code) for above in lineage]
    owners += [(group.kind, group.id) for group in reversed(groups)]
    # A code with a 7th character is not printed; the terms stand under the code that it extends.
    printed = code.printed or code.code
    return notes_for(reference, code.release_id, owners, {code.code, printed})


def notes_for(
    reference: Reference, release_id: int, owners: Sequence[tuple[StepKind, str]], terms_of: Collection[str] = ()
) -> dict[NoteKind, tuple[Note, ...]]:
    """The notes printed at some owners, the first of which is the one asked about, by kind and nearest first.

    Inclusion terms are taken from the codes `terms_of` alone: they hold only where they are printed.
    """
    known = known_in(reference, release_id)
    grouped: dict[NoteKind, list[Note]] = {}
    tabular = reference.part(release_id, FileKind.CM_TABULAR)
    for owner_kind, owner in owners:
        rows = reference.db.execute(
            "SELECT kind, text FROM notes WHERE load_id = ? AND owner_kind = ? AND owner = ? ORDER BY ordinal",
            (tabular, owner_kind.value, owner),
        )
        for name, printed in rows:
            kind = NoteKind(name)
            if kind is NoteKind.INCLUSION_TERM and owner not in terms_of:
                continue
            text = printed.removeprefix(",").lstrip()  # "Code first, if applicable, …" goes on behind its heading
            inherited = (owner_kind, owner) != owners[0]
            links = targets(text, known) if kind in _LINKED else ()
            grouped.setdefault(kind, []).append(Note(kind, text, owner_kind, owner, inherited, links))
    return {kind: tuple(grouped[kind]) for kind in NoteKind if kind in grouped}


def notes_from(reference: Reference, release: Release) -> tuple[str, str]:
    """The edition of the tabular list that serves the release, and a warning in one line where it is of another year.

    Both are empty where no tabular list is loaded.
    """
    load = reference.part(release.id, FileKind.CM_TABULAR)
    row = reference.db.execute("SELECT edition, ends FROM loads WHERE id = ?", (load,)).fetchone()
    edition, ends = row or ("", str(release.ends))
    if ends == str(release.ends):
        return edition, ""
    return edition, f"Notes and 7th characters are of {edition}; no tabular list of {release.edition} is loaded."


def known_in(reference: Reference, release_id: int) -> Known:
    """Whether a code without the dot is a code of the release, or the beginning of one."""
    query = "SELECT 1 FROM codes WHERE release_id = ? AND code >= ? AND code < ? LIMIT 1"

    def known(code: str) -> bool:
        return reference.db.execute(query, (release_id, code, code + "~")).fetchone() is not None

    return known


def _seventh_characters(reference: Reference, code: Code, lineage: list[Code]) -> tuple[SeventhCharacterChoice, ...]:
    """The table printed nearest at or above the code."""
    tabular = reference.part(code.release_id, FileKind.CM_TABULAR)
    for above in lineage:
        rows = reference.db.execute(
            "SELECT character, meaning, also FROM seventh_characters WHERE load_id = ? AND owner = ? ORDER BY ordinal",
            (tabular, above.code),
        ).fetchall()
        if rows:
            return tuple(
                SeventhCharacterChoice(character, meaning, tuple(filter(None, also.split("\n"))), above.code)
                for character, meaning, also in rows
            )
    return ()

"""The page of a code as the encoder shows it: the tabular list, what leads to it, and what the loaded tables say.

A page is laid out for a width: its lines, where its links lead, and the line each instructional note begins on, so
that a screen knows which notes have been in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from codesets import books, catalog
from codesets import history as life
from codesets.books import Book, TermKey, Trail
from codesets.catalog import CodePage, Note, Reference, Step, StepKind
from codesets.flags import Flag, flags
from codesets.history import Era, History
from codesets.notes import NoteKind
from codesets.releases import CodeSystem
from codesets.tabular import BranchPage
from tui.cells import Line, Span, wrap
from tui.widgets.text_pane import link

MOST_TRAILS = 8

Owner = tuple[StepKind, str]
"""What a note is printed at: the kind, and the chapter's number, block's id or code without the dot."""


@dataclass(frozen=True)
class FullPage:
    """A code's page with its flags, the ways of the index to it, and its history."""

    page: CodePage
    flags: tuple[Flag, ...]
    trails: tuple[Trail, ...]
    history: History
    book_editions: dict[Book, str] = field(default_factory=dict)
    """The editions of the books of the trails that are of another one than the codes."""


@dataclass(frozen=True)
class Link:
    """Where a part of a page leads: codes (no dot, both ends), or a term of a book. `said` is what led there.

    `column` is that of a table, 2 to 7, else 0.
    """

    said: str
    system: CodeSystem = CodeSystem.ICD10CM
    first: str = ""
    last: str = ""
    book: Book | None = None
    term: TermKey | None = None
    column: int = 0


@dataclass(frozen=True)
class PageText:
    """A page laid out: its lines, its links by their number, and the line from 0 that each note begins on."""

    lines: Sequence[Line]
    links: Sequence[Link]
    notes: Sequence[tuple[int, str]]

    def notes_above(self, line: int) -> list[str]:
        """The notes that begin above a line: those that were in sight when so many lines were."""
        return [note for place, note in self.notes if place < line]


def read_page(reference: Reference, system: CodeSystem, code: str, on: date) -> FullPage | None:
    """Everything there is on a code for a date; None where it is not known."""
    page = catalog.page(reference, system, code, on)
    if page is None:
        return None
    plain = page.code.code
    trails = books.index_terms(reference, plain, on, MOST_TRAILS) if system is CodeSystem.ICD10CM else []
    told = flags(reference, system, plain, on)
    editions = other_editions(reference, trails, page.release.edition, on)
    return FullPage(page, tuple(told), tuple(trails), life.history(reference, system, plain), editions)


def other_editions(reference: Reference, trails: Sequence[Trail], edition: str, on: date) -> dict[Book, str]:
    """The editions of the books that lead to a code, where they are of another one than the code."""
    named = {book: books.edition(reference, book, on) for book in dict.fromkeys(trail.book for trail in trails)}
    return {book: other for book, other in named.items() if other != edition}


def page_title(full: FullPage) -> str:
    """The code and where it stands, for the rule above its page."""
    page = full.page
    way = " > ".join(_step_name(step) for step in page.path)
    return f"{page.code.dotted}   {way}" if way else page.code.dotted


def page_note(full: FullPage) -> str:
    """What it is: billable with its flags in short, or a header."""
    if not full.page.code.billable:
        return "needs a 7th character" if needs_seventh(full.page) else f"header, {len(full.page.children)} below"
    if full.page.outside:
        return full.page.outside
    short = [flag.value for flag in full.flags if flag.name == "severity"]
    short += ["never first" for flag in full.flags if "never" in flag.value]
    short += ["only first" for flag in full.flags if flag.name == "principal" and "only" in flag.value]
    short += [f"{flag.name} {flag.value}" for flag in full.flags if flag.name.startswith("HCC")]
    short += ["POA exempt" for flag in full.flags if (flag.name, flag.value) == ("POA", "exempt")]
    return "  ".join(["billable", *short])


def needs_seventh(page: CodePage) -> bool:
    """Whether nothing but a 7th character is missing from the code."""
    return not page.code.billable and all(len(child.code) == 7 for child in page.children)


_NOTE_LABELS = {
    NoteKind.INCLUDES: "Includes",
    NoteKind.INCLUSION_TERM: "Also",
    NoteKind.EXCLUDES1: "Excludes1",
    NoteKind.EXCLUDES2: "Excludes2",
    NoteKind.CODE_FIRST: "Code first",
    NoteKind.USE_ADDITIONAL: "Use add.",
    NoteKind.CODE_ALSO: "Code also",
    NoteKind.NOTES: "Note",
    NoteKind.SEVENTH_CHARACTER: "7th",
}

_LABEL = 12
_NARROW = 40


def lay_out(full: FullPage, why: str, width: int, also: Sequence[Link] = ()) -> PageText:
    """The page of a code: title, why it was found, notes with those it inherits, 7th characters, what is below.

    `also` are references of the index beside the code, which stand under its title.

    Then how the index leads to it, its flags with the table that says each, and its life across the releases.
    """
    page = full.page
    sheet = _Sheet(width)
    sheet.put("", page.code.title, "strong")
    if why:
        sheet.put("Why", why, "dim")
    if page.warning:
        sheet.put("Release", page.warning, "warning")
    for to in also:
        sheet.put_link("Index", to.said, "", to)
    if page.default:
        to = Link(f"default of {page.code.dotted}", page.code.system, page.default.code, page.default.code)
        sheet.put_link("Default", page.default.dotted, page.default.title, to)
    if page.notes_warning and (page.notes or page.seventh_characters):
        sheet.put("Notes", page.notes_warning, "warning")
    _put_notes(sheet, page.notes, (StepKind.CODE, page.code.code), page.path)
    _put_seventh(sheet, page)
    for number, child in enumerate(page.children):
        to = Link(f"below {page.code.dotted}", child.system, child.code, child.code)
        label = "Below" if number == 0 else ""
        sheet.put_link(label, child.dotted, child.title, to, "text" if child.billable else "dim")
    for number, trail in enumerate(full.trails):
        to = Link(f"index of {page.code.dotted}", book=trail.book, term=trail.term, column=trail.target.column)
        other = full.book_editions.get(trail.book, "")
        first = other and trail.book not in [before.book for before in full.trails[:number]]
        sheet.put_link("Index" if number == 0 else "", trail.text, f"({other})" if first else "", to, "dim")
    for flag in full.flags:
        sheet.put(flag.name[: _LABEL - 2], f"{flag.value}   ({flag.edition})")
    _put_history(sheet, full.history)
    if page.path:
        sheet.put("Where", " > ".join(f"{_step_name(step)} {step.title}" for step in page.path), "dim")
    notes = f"; notes of {page.notes_edition}" if page.notes_edition not in ("", page.release.edition) else ""
    edition = f"{page.release.system.label} {page.release.edition}, {page.release.period}{notes}"
    sheet.put("Release", edition, "dim")
    return sheet.done()


def lay_out_branch(found: BranchPage, width: int) -> PageText:
    """The page of a chapter or a block: title, the notes that hold for all below it, and where it stands."""
    sheet = _Sheet(width)
    sheet.put("", found.branch.title, "strong")
    if found.notes_warning and found.notes:
        sheet.put("Notes", found.notes_warning, "warning")
    _put_notes(sheet, found.notes, (found.branch.kind, found.branch.id), found.path)
    if found.path:
        sheet.put("Where", " > ".join(f"{_step_name(step)} {step.title}" for step in found.path), "dim")
    sheet.put("Release", f"{found.release.system.label} {found.release.edition}, {found.release.period}", "dim")
    return sheet.done()


def branch_title(found: BranchPage) -> str:
    """The chapter or block and where it stands."""
    steps = [*found.path, Step(found.branch.kind, found.branch.id, found.branch.title)]
    return " > ".join(_step_name(step) for step in steps)


@dataclass
class _Sheet:
    """A page in the making: lines as they come, each link with its number."""

    width: int
    lines: list[Line] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    @property
    def _indent(self) -> int:
        return _LABEL if self.width > _NARROW else 2

    def put(self, label: str, text: str, style: str = "text", targets: Sequence[tuple[int, int, Link]] = ()) -> None:
        """A label and its text, wrapped; `targets` are parts of the text (from, to) that lead somewhere."""
        numbered = [(start, end, self._numbered(to)) for start, end, to in targets]
        place = 0
        for row, part in enumerate(wrap(text, max(self.width - self._indent - 1, 10))):
            place = max(text.find(part, place), place)
            head = f" {label}".ljust(self._indent) if row == 0 else " " * self._indent
            self.lines.append(((head, "dim"), *_cut_out(part, place, style, numbered)))
            place += len(part)

    def put_link(self, label: str, name: str, text: str, to: Link, style: str = "text") -> None:
        """A name that leads somewhere, and its text."""
        self.put(label, f"{name}  {text}".rstrip(), style, [(0, len(name), to)])

    def done(self) -> PageText:
        return PageText(self.lines, self.links, self.notes)

    def _numbered(self, to: Link) -> int:
        self.links.append(to)
        return len(self.links) - 1


def _cut_out(part: str, place: int, style: str, targets: Sequence[tuple[int, int, int]]) -> list[Span]:
    """A wrapped part of a text that begins at a place in it, as spans: its links apart from the words between."""
    spans: list[Span] = []
    done = 0
    for start, end, number in targets:
        begin, stop = max(start - place, done), min(end - place, len(part))
        if begin < stop:
            spans += [(part[done:begin], style), (part[begin:stop], link(number))]
            done = stop
    return [span for span in (*spans, (part[done:], style)) if span[0]]


def _put_notes(sheet: _Sheet, notes: dict[NoteKind, tuple[Note, ...]], own: Owner, path: Sequence[Step]) -> None:
    """The notes of the code itself, then those it inherits under the name of their owner, the nearest first."""
    for owner in (own, *((step.kind, step.id) for step in reversed(path))):
        held = {kind: [note for note in notes[kind] if (note.owner_kind, note.owner) == owner] for kind in notes}
        name = _step_name(Step(*owner, ""))
        if owner != own and any(held.values()):
            sheet.lines.append((("  from ", "dim"), (name, "dim")))
        # Terms that include help to find a code; once it is found, what must be coded with it comes first.
        terms = (NoteKind.INCLUDES, NoteKind.INCLUSION_TERM)
        kinds = list(held) if owner == own else sorted(held, key=lambda kind: kind in terms)
        for kind in kinds:
            found = held[kind]
            label = _NOTE_LABELS.get(kind, kind.value)
            for number, note in enumerate(found):
                said = f"{label} at {name}"
                if kind not in terms:
                    sheet.notes.append((len(sheet.lines), f"{said}: {note.text}"))
                targets = [(t.start, t.end, Link(said, first=t.first, last=t.last)) for t in note.targets]
                sheet.put(label if number == 0 else "", note.text, targets=targets)


def _put_seventh(sheet: _Sheet, page: CodePage) -> None:
    """The table of 7th characters: whole where one is missing, else the one that the code has."""
    if page.code.billable and len(page.code.code) == 7:
        shown = [row for row in page.seventh_characters if row.character == page.code.code[-1]]
    else:
        shown = list(page.seventh_characters) if needs_seventh(page) else []
    for row in shown:
        sheet.put(f"7th {row.character}", row.meaning)
    if page.seventh_characters and not shown:
        sheet.put("7th", "of " + ", ".join(row.character for row in page.seventh_characters), "dim")


def _put_history(sheet: _Sheet, history: History) -> None:
    if len(history.eras) > 1:
        for number, era in enumerate(history.eras):
            sheet.put("History" if number == 0 else "", _era(era), "dim")
    for label, codes in (
        ("Was", history.came_from),
        ("Became", history.became),
        ("Split off", history.split_off),
    ):
        for number, code in enumerate(codes):
            to = Link(f"{label.lower()} {catalog.dotted(history.code)}", first=code, last=code)
            sheet.put_link(label if number == 0 else "", catalog.dotted(code), "", to, "dim")


def _era(era: Era) -> str:
    names = era.first.edition if era.first == era.last else f"{era.first.edition} to {era.last.edition}"
    return f"{names}: {era.stage.value}{f', {era.title}' if era.title else ''}"


def _step_name(step: Step) -> str:
    if step.kind is StepKind.CODE:
        return catalog.dotted(step.id)
    return f"chapter {step.id}" if step.kind is StepKind.CHAPTER else step.id

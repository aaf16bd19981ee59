"""The books as coders walk them (i): index and external causes as a tree, the neoplasm and drug tables as grids.

Typing goes to the main terms that begin so, or to the terms inside them that further words name; Right goes below a
term, Left back; Enter follows a reference or takes the code. In a table Right and Left choose the column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from codesets import books, catalog
from codesets.books import Below, Book, CodeState, Target, Term, TermKey
from codesets.catalog import Reference
from codesets.releases import CodeSystem
from codesets.sources.icd10cm_index import TargetKind
from tui.cells import Line, left
from tui.screens.code_page import Link, lay_out, page_note, page_title, read_page
from tui.screens.encoder import EncoderScreen, Stop, Walk
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

NAMES = {
    Book.INDEX: "Index",
    Book.EXTERNAL_CAUSES: "External causes",
    Book.NEOPLASMS: "Neoplasm table",
    Book.DRUGS: "Drug table",
}
HEADS = {
    Book.NEOPLASMS: ("primary", "second.", "in situ", "benign", "uncert.", "unspec."),
    Book.DRUGS: ("accident", "selfharm", "assault", "undeter.", "adverse", "underdos"),
}
TERM = "term"
"""What is asked for while the beginning of a term is typed."""

CELLS = range(2, 8)
_BELOW = "Right shows the terms below it."


@dataclass(frozen=True)
class Place:
    """A list of the book: the terms below one, or those that some letters find.

    `path` is the way from the main term down to the list; `title` stands for it where there is none. `above` has the
    titles above each term, where the terms are not all below the same one.
    """

    title: str
    terms: tuple[Term, ...]
    index: int = 0
    path: tuple[str, ...] = ()
    above: Mapping[TermKey, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shelf:
    """Where the screen stands: a book, the lists on the way down to the present one, and the column of a table."""

    book: Book = Book.INDEX
    back: tuple[Place, ...] = ()
    here: Place | None = None
    column: int = CELLS[0]


class IndexScreen(EncoderScreen):
    """One book at a time, from its main terms down."""

    name_on = "index"

    def __init__(self, on: date, walk: Walk, stop: Stop) -> None:
        super().__init__(on, walk)
        self._start: Shelf = stop.state
        self._book = self._start.book
        self._edition = ""
        self._covered = True
        self._back: list[Place] = []
        self._here = Place("", ())
        self._column = CELLS[0]
        self._path: tuple[str, ...] = ()

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable((), id="rows", empty="No term begins so.")
            yield TextPane(id="page")

    @property
    def is_table(self) -> bool:
        return self._book in HEADS

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._stand(self._start))

    def stop(self) -> Stop:
        here = replace(self._here, index=self.rows.index)
        words = f"{NAMES[self._book]}: {' > '.join(self._path)}" if self._path else ""
        return Stop(self.name_on, Shelf(self._book, tuple(self._back), here, self._column), words)

    def stand(self, stop: Stop) -> None:
        self.in_turn(self._stand(stop.state))

    async def _stand(self, shelf: Shelf) -> None:
        self._book = shelf.book
        if shelf.here is None:
            await self._open_book()
            return
        self._edition, self._covered = await self.read_here(_edition, self._book, self.on)
        self._back, self._column = list(shelf.back), shelf.column
        self._show(shelf.here)

    def code_here(self) -> tuple[CodeSystem, str] | None:
        target = self._target()
        return (CodeSystem.ICD10CM, target.code) if target and target.code else None

    def why_here(self) -> str:
        return f"{NAMES[self._book]}: {' > '.join(self._path)}"

    def place(self) -> tuple[Line, Line]:
        edition = self._edition or "not loaded"
        start: Line = ((NAMES[self._book], "strong"), (f"  {edition} for {self.on}", "text"))
        if self._edition and not self._covered:
            start = (*start, (", not covered", "warning"))
        count = self.rows.count if self.is_mounted else 0
        end = f"{self.rows.index + 1} of {count}" if count else "0"
        room = self.size.width - sum(len(text) for text, _ in start) - len(end) - 6
        if title := way(self._here.path, room) or self._here.title:
            start = (*start, (f"  {title}", "focus"))
        return start, ((end, "text"),)

    def why_not(self, action: str) -> str:
        if action in ("follow", "under") and self.rows.selected is None:
            return "there is no term under the cursor"
        return super().why_not(action)

    async def renew(self) -> None:
        """The terms with what the codes of today make of them; a book that was replaced begins anew."""
        self._edition, self._covered = await self.workstation.codes.ask(_edition, self._book, self.on)
        places = (*self._back, self._here)
        again = await self.workstation.codes.ask(_read_again, self._book, places, self.on)
        if again is None:
            self._back.clear()
            await self._begin("")
            self.say(f"Another edition of this book was imported: {self._edition or 'it is gone'}.", "warning")
        else:
            here = replace(again[-1], index=self.rows.index)
            self._back = list(again[:-1])
            self._show(here)

    async def _open_book(self) -> None:
        self._edition, self._covered = await self.read_here(_edition, self._book, self.on)
        self._back.clear()
        self._column = CELLS[0]
        await self._begin("")
        if not self._edition:
            self.say("This book is not loaded: codedesk codesets import takes the Table and Index zip.", "warning")
        else:
            self.do_look_up()

    async def _begin(self, beginning: str) -> None:
        title = f"“{beginning}”" if beginning else ""
        find = table_rows if self.is_table else books.main_terms
        terms = await self.workstation.codes.ask(find, self._book, self.on, beginning)
        within: list[Below] = []
        if not terms and not self.is_table:
            within = await self.workstation.codes.ask(books.terms_within, self._book, self.on, beginning)
        self._back.clear()
        # A main term that all are inside stands in the header, not in every row.
        mains = {below.above[0] for below in within}
        path = tuple(mains) if len(mains) == 1 else ()
        above = {below.term.key: below.above[len(path) :] for below in within}
        self._show(Place(title, tuple(terms) or tuple(below.term for below in within), path=path, above=above))

    def _show(self, place: Place) -> None:
        self._here = place
        columns = self._columns()
        self.rows.set_source(
            ListSource(place.terms, lambda term: str(term.key.id)), keep=False, columns=columns, at=place.index
        )
        self.refresh_frame()

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        await self.keep_up()
        term: Term | None = self.rows.selected
        target = self._target()
        self._path = await self._trail()
        if target is None or target.code is None:
            self.clear_page(way(self._path, self.page_pane.size.width - 8), (leads_to(term) or _BELOW) if term else "")
            return
        page = await self.read_here(read_page, CodeSystem.ICD10CM, target.code, self.on)
        also = await self.workstation.codes.ask(_references, term) if term else []
        if page is not None:
            why = self.why_here()
            self.show_page(page_title(page), lambda width: lay_out(page, why, width, also), page_note(page))

    def _target(self) -> Target | None:
        """Where the term under the cursor leads: its cell in a table, its first code or reference in an index."""
        term: Term | None = self.rows.selected
        if term is None:
            return None
        if self.is_table:
            return next((target for target in term.targets if target.column == self._column), None)
        codes = [target for target in term.targets if target.code]
        return (codes or list(term.targets) or [None])[0]

    def _second(self, target: Target) -> list[str]:
        """The code in brackets behind a code, which is always coded with it and after it (guidelines, I.A.13)."""
        term: Term | None = self.rows.selected
        pair = [one for one in term.targets if one.kind is TargetKind.MANIFESTATION] if term else []
        return [one.code for one in pair if one.code and one is not target and one.state is CodeState.BILLABLE]

    async def _trail(self) -> tuple[str, ...]:
        """The terms from the main one down to the one under the cursor, and the column where it is a table's."""
        term: Term | None = self.rows.selected
        if term is None:
            return ()
        trail = await self.workstation.codes.ask(books.path, term.key)
        return (*trail, HEADS[self._book][self._column - CELLS[0]]) if self.is_table else trail

    def copied(self) -> str:
        target = self._target()
        return catalog.dotted(target.code) if target and target.code else ""

    def do_look_up(self) -> None:
        self.ask(TERM, "/")

    def edited(self, asking: str, text: str) -> None:
        if asking == TERM:
            self.work(self._begin(text.strip(" ,")), group="begin", exclusive=True)

    def entered(self, asking: str, text: str) -> None:
        self.entry.end()
        self.refresh_frame()

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        if asking != TERM:
            return super().asking_hints(asking)
        return ("Enter", "list"), ("Up Down", "choose"), ("Tab", "next book"), ("Esc", "list")

    def asking_key(self, key: str) -> bool:
        moves = {"Down": self.do_down, "Up": self.do_up, "Tab": self.do_book}
        if self.entry.asking == TERM and key in moves:
            moves[key]()
            return True
        return False

    def do_under(self) -> None:
        if self.is_table and self._column < CELLS[-1]:
            self._column += 1
            self._redraw_cells()
        elif not self.is_table:
            self.in_turn(self._under())

    async def _under(self) -> None:
        await self.keep_up()
        term: Term = self.rows.selected
        terms = await self.workstation.codes.ask(books.subterms, term.key, self.on)
        if not terms:
            self.tell(f"There is no term below {term.title}.")
            return
        path = await self.workstation.codes.ask(books.path, term.key)
        self._back.append(replace(self._here, index=self.rows.index))
        self._show(Place(term.title, tuple(terms), path=path))

    def do_over(self) -> None:
        if self.is_table and self._column > CELLS[0]:
            self._column -= 1
            self._redraw_cells()
        elif self._back:
            self._show(self._back.pop())

    def do_follow(self) -> None:
        if not self.follow_link():
            self.in_turn(self._take())

    async def _take(self) -> None:
        """Take the code into the open chart, go where "see" leads, or go below.

        A code that needs more characters offers its 7th ones, or leads to its place in the tabular list.
        """
        target = self._target()
        chart = self.workstation.chart_in_work
        if target is not None and target.code is None and target.leads_to is not None:
            await self._go_to(target)
        elif target is not None and target.code is None and not self.rows.selected.has_terms:
            self.say(f"The book has no one term “{target.text}”: / finds terms by their beginning.", "warning")
        elif target is None or target.code is None or chart is None:
            await self._under()
        elif target.state is CodeState.BILLABLE:
            self._path = await self._trail()
            self.take(CodeSystem.ICD10CM, [target.code, *self._second(target)], chart)
        elif not await self.offer_seventh(CodeSystem.ICD10CM, target.code):
            self.do_tabular()

    async def _go_to(self, target: Target) -> None:
        there = await self.workstation.codes.ask(_stop_of, target, self.on)
        if there.state.here is None:
            self.say("The book does not have the term that is named there.", "warning")
        else:
            self.go(there)

    def do_book(self) -> None:
        order = list(NAMES)
        self._book = order[(order.index(self._book) + 1) % len(order)]
        self.in_turn(self._open_book())

    def _redraw_cells(self) -> None:
        self.rows.set_columns(self._columns())
        self.moved()

    def _columns(self) -> tuple[Column[Term], ...]:
        if not self.is_table:
            return (
                Column(" TERM", 0, self._index_text, style=lambda term: "strong" if term.level == 0 else "text"),
                Column("LEADS TO", 38, leads_to),
                Column(
                    "",
                    2,
                    lambda term: "▸" if term.has_terms else "",
                    style=lambda term: "dim",
                    said=lambda term: "has more below" if term.has_terms else "",
                ),
            )
        cells = tuple(
            Column(
                head.upper() if column == self._column else head,
                8,
                _cell(column),
                style=(lambda term: "focus") if column == self._column else (lambda term: "text"),
            )
            for column, head in zip(CELLS, HEADS[self._book], strict=True)
        )
        return (Column(" TERM", 0, self._table_text), *cells)

    def _index_text(self, term: Term) -> str:
        above = self._here.above.get(term.key, ())
        return f" {term.title}  under {way(above)}" if above else f" {term.title}"

    def _table_text(self, term: Term) -> str:
        """Set in by its level; the sites of the neoplasm table are all below its one main term."""
        first = 1 if self._book is Book.NEOPLASMS else 0
        return " " + "  " * max(term.level - first, 0) + term.title


def _edition(reference: Reference, book: Book, on: date) -> tuple[str, bool]:
    """The edition of the book that answers for the date, and whether the codes that it leads to are in force then."""
    return books.edition(reference, book, on), reference.choose(CodeSystem.ICD10CM, on).covered


def _read_again(reference: Reference, book: Book, places: Sequence[Place], on: date) -> list[Place] | None:
    """The same lists as the code sets have them now; None where the book is another one."""
    load = books.serving(reference, book, on)
    again = []
    for place in places:
        if any(term.key.load != load for term in place.terms):
            return None
        found = [books.term(reference, term.key, on) for term in place.terms]
        again.append(replace(place, terms=tuple(term for term in found if term)))
    return again


def index_stop(book: Book = Book.INDEX) -> Stop:
    """A book from its beginning."""
    return Stop(IndexScreen.name_on, Shelf(book), "")


def term_stop(reference: Reference, book: Book, key: TermKey, on: date, column: int = 0) -> Stop:
    """A term among those beside it, with the way down to it; the book's beginning where it is not known."""
    if books.term(reference, key, on) is None:
        return index_stop(book)
    trail, above = books.path(reference, key), books.lineage(reference, key)
    if book in HEADS:
        if book is Book.NEOPLASMS and len(above) == 1:  # the one main term around the whole table
            return _stop(book, (), Place("", tuple(table_rows(reference, book, on))), column or CELLS[0], trail)
        # The rows of the neoplasm table begin one below it.
        top = books.term(reference, above[1 if book is Book.NEOPLASMS and len(above) > 1 else 0], on)
        rows: list[Term] = []
        if top:
            _gather(reference, top, on, rows)
        here = Place(f"“{top.title}”" if top else "", tuple(rows), _place_of(rows, key))
        return _stop(book, (), here, column or CELLS[0], trail)
    places: list[Place] = []
    for parent, child in zip((None, *above), above, strict=False):
        beside = books.subterms(reference, parent, on) if parent else [books.term(reference, child, on)]
        terms = tuple(term for term in beside if term)
        path = books.path(reference, parent) if parent else ()
        places.append(Place(path[-1] if path else "", terms, _place_of(terms, child), path))
    return _stop(book, tuple(places[:-1]), places[-1], CELLS[0], trail)


def _stop_of(reference: Reference, target: Target, on: date) -> Stop:
    """Where a reference leads; from an index also into the neoplasm table, at the column that its words name."""
    assert target.leads_to is not None
    book = books.book_of(reference, target.leads_to)
    return term_stop(reference, book, target.leads_to, on, books.column_named(target.text) if book in HEADS else 0)


def _stop(book: Book, back: tuple[Place, ...], here: Place, column: int, trail: tuple[str, ...]) -> Stop:
    return Stop(IndexScreen.name_on, Shelf(book, back, here, column), f"{NAMES[book]}: {' > '.join(trail)}")


def _place_of(terms: Sequence[Term], key: TermKey) -> int:
    return next((place for place, term in enumerate(terms) if term.key == key), 0)


def table_rows(reference: Reference, book: Book, on: date, beginning: str = "") -> list[Term]:
    """The rows of a table that begin so, each with all below it; the neoplasm table has one main term around all."""
    if book is not Book.NEOPLASMS:
        find = books.whole_terms if beginning else books.main_terms
        return find(reference, book, on, beginning)
    tops = books.main_terms(reference, book, on)
    sites = [site for top in tops for site in books.subterms(reference, top.key, on)]
    sites = [site for site in sites if site.title.lower().startswith(beginning.lower())]
    if not beginning:
        return sites
    rows: list[Term] = []
    for site in sites:
        _gather(reference, site, on, rows)
    return rows


def _gather(reference: Reference, term: Term, on: date, rows: list[Term]) -> None:
    rows.append(term)
    if term.has_terms:
        for below in books.subterms(reference, term.key, on):
            _gather(reference, below, on, rows)


def leads_to(term: Term) -> str:
    """What the book prints behind a term: codes, the bracketed second one, see and see also."""
    words = {TargetKind.SEE: "see ", TargetKind.SEE_ALSO: "see also ", TargetKind.SEE_CATEGORY: "see category "}
    parts = []
    # Where the column is too narrow for all, what can be coded stands in sight; the page has the rest as links.
    for target in sorted(term.targets, key=lambda target: target.kind in words):
        text = f"[{target.text}]" if target.kind is TargetKind.MANIFESTATION else target.text
        parts.append(words.get(target.kind, "") + text + (" (gone)" if target.state is CodeState.GONE else ""))
    return "  ".join(parts)


def _references(reference: Reference, term: Term) -> list[Link]:
    """Where the references of a term lead that also has codes: they stand on the page of its first code."""
    words = {TargetKind.SEE: "see", TargetKind.SEE_ALSO: "see also"}
    return [
        Link(
            f"{words[target.kind]} {target.text}",
            book=books.book_of(reference, target.leads_to),
            term=target.leads_to,
            column=books.column_named(target.text),
        )
        for target in term.targets
        if target.kind in words and target.leads_to is not None
    ]


def way(path: Sequence[str], room: int = 200) -> str:
    """Main term > term > term without modifiers; where there is no room for all, those in the middle are left out."""
    names = [" ".join(_bare(title).split()).replace(" ,", ",") for title in path]
    for kept in range(len(names) - 1, 0, -1):
        if len(" > ".join(names)) <= room:
            break
        names = [names[0], "…", *names[-kept:]] if kept < len(path) - 1 else names
    return " > ".join(names)


_MODIFIERS = re.compile(r"\([^()]*\)")


def _bare(title: str) -> str:
    """A title without its modifiers, which can hold others: "Dementia (degenerative (primary)) (old age)"."""
    while (less := _MODIFIERS.sub(" ", title)) != title:
        title = less
    return title


def _cell(column: int):
    def text(term: Term) -> str:
        found = next((target.text for target in term.targets if target.column == column), "")
        return left(found, 8)

    return text

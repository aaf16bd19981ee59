"""The books as coders walk them (i): index and external causes as a tree, the neoplasm and drug tables as grids.

Typing goes to the main terms that begin so; Right goes below a term, Left back; Enter follows a reference or takes
the code. In a table Right and Left choose the column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from codesets import books, catalog
from codesets.books import Book, CodeState, Target, Term, TermKey
from codesets.catalog import Reference
from codesets.releases import CodeSystem
from codesets.sources.icd10cm_index import TargetKind
from tui.cells import Line, cut, left
from tui.screens.code_page import page_lines, page_note, page_title, read_page
from tui.screens.desk import DeskScreen
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
CELLS = range(2, 8)
MOST_ROWS = 400


@dataclass(frozen=True)
class Place:
    """A list of the book: the terms below one, or the main terms that begin with some letters."""

    title: str
    terms: tuple[Term, ...]
    index: int = 0


class IndexScreen(DeskScreen):
    """One book at a time, from its main terms down."""

    name_on = "index"

    def __init__(self, on: date, book: Book = Book.INDEX) -> None:
        super().__init__()
        self._on = on
        self._book = book
        self._edition = ""
        self._back: list[Place] = []
        self._here = Place("", ())
        self._column = 2

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable((), id="rows", empty="No term begins so.")
            yield TextPane(id="page")

    @property
    def rows(self) -> RowTable:
        return self.query_one("#rows", RowTable)

    @property
    def pane(self) -> RowTable:
        return self.rows

    @property
    def is_table(self) -> bool:
        return self._book in HEADS

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._open_book())

    def place(self) -> tuple[Line, Line]:
        edition = self._edition or "not loaded"
        start: Line = ((NAMES[self._book], "strong"), (f"  {edition} for {self._on}", "text"))
        if self._here.title:
            start = (*start, (f"  {self._here.title}", "focus"))
        count = self.rows.count if self.is_mounted else 0
        return start, ((f"{self.rows.index + 1} of {count}" if count else "0", "text"),)

    def why_not(self, action: str) -> str:
        if action in ("follow", "under") and self.rows.selected is None:
            return "there is no term under the cursor"
        return ""

    async def _open_book(self) -> None:
        self._edition = await self.workstation.codes.ask(books.edition, self._book, self._on)
        self._back.clear()
        self._column = 2
        self.rows.set_columns(self._columns())
        await self._begin("")
        if not self._edition:
            self.say("This book is not loaded: codedesk codesets import takes the Table and Index zip.", "warning")
        else:
            self.do_look_up()

    async def _begin(self, beginning: str) -> None:
        find = table_rows if self.is_table else books.main_terms
        terms = await self.workstation.codes.ask(find, self._book, self._on, beginning)
        self._back.clear()
        self._show(Place(f"“{beginning}”" if beginning else "", tuple(terms)))

    def _show(self, place: Place) -> None:
        self._here = place
        self.rows.set_source(ListSource(place.terms, lambda term: str(term.key.id)), keep=False)
        self.rows.move_to(place.index)
        self.refresh_frame()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.refresh_frame()
            self._show_page()

    @work(exclusive=True, group="page")
    async def _show_page(self) -> None:
        pane = self.query_one("#page", TextPane)
        target = self._target()
        if target is None or target.code is None:
            term: Term | None = self.rows.selected
            pane.show(term.title if term else "", lambda width: term_lines(term, width))
            return
        page = await self.workstation.codes.ask(read_page, CodeSystem.ICD10CM, target.code, self._on)
        if page is not None:
            why = " > ".join(await self._trail())
            pane.show(page_title(page), lambda width: page_lines(page, why, width), page_note(page))

    def _target(self) -> Target | None:
        """Where the term under the cursor leads: its cell in a table, its first code or reference in an index."""
        term: Term | None = self.rows.selected
        if term is None:
            return None
        if self.is_table:
            return next((target for target in term.targets if target.column == self._column), None)
        codes = [target for target in term.targets if target.code]
        return (codes or list(term.targets) or [None])[0]

    async def _trail(self) -> tuple[str, ...]:
        term: Term | None = self.rows.selected
        return await self.workstation.codes.ask(books.path, term.key) if term else ()

    def copied(self) -> str:
        target = self._target()
        return catalog.dotted(target.code) if target and target.code else ""

    def do_look_up(self) -> None:
        self.ask("term", "/")

    def edited(self, asking: str, text: str) -> None:
        self.work(self._begin(text.strip()), group="begin", exclusive=True)

    def entered(self, asking: str, text: str) -> None:
        self.entry.end()
        self.refresh_frame()

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        return ("Enter", "list"), ("Up Down", "choose"), ("Tab", "next book"), ("Esc", "list")

    def asking_key(self, key: str) -> bool:
        moves = {"Down": self.do_down, "Up": self.do_up, "Tab": self.do_book}
        if key in moves:
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
        term: Term = self.rows.selected
        terms = await self.workstation.codes.ask(books.subterms, term.key, self._on)
        if not terms:
            self.say(f"There is no term below {term.title}.")
            return
        self._back.append(Place(self._here.title, self._here.terms, self.rows.index))
        self._show(Place(term.title, tuple(terms)))

    def do_over(self) -> None:
        if self.is_table and self._column > CELLS[0]:
            self._column -= 1
            self._redraw_cells()
        elif self._back:
            self._show(self._back.pop())

    def do_follow(self) -> None:
        self.in_turn(self._follow())

    async def _follow(self) -> None:
        """Take the code into the open chart, go where "see" leads, or go below."""
        target = self._target()
        chart = self.workstation.chart_in_work
        if target is not None and target.code is None and target.leads_to is not None:
            await self._go_to(target.leads_to)
        elif target is None or target.code is None or chart is None:
            await self._under()
        elif target.state is CodeState.BILLABLE:
            trail = " > ".join(await self._trail())
            self.workstation.leave_to_chart()
            chart.take_code(CodeSystem.ICD10CM, target.code, f"{NAMES[self._book]}: {trail}")
        else:
            self.workstation.show_code(catalog.dotted(target.code))

    async def _go_to(self, key: TermKey) -> None:
        term = await self.workstation.codes.ask(books.term, key, self._on)
        if term is None:
            self.say("The book does not have the term that is named there.", "warning")
            return
        self._back.append(Place(self._here.title, self._here.terms, self.rows.index))
        below = await self.workstation.codes.ask(books.subterms, key, self._on)
        self._show(Place("see", (term, *below)))

    def do_book(self) -> None:
        order = list(NAMES)
        self._book = order[(order.index(self._book) + 1) % len(order)]
        self.in_turn(self._open_book())

    def _redraw_cells(self) -> None:
        self.rows.set_columns(self._columns())
        self._show_page()

    def _columns(self) -> tuple[Column[Term], ...]:
        if not self.is_table:
            return (
                Column(" TERM", 0, _index_text, style=lambda term: "strong" if term.level == 0 else "text"),
                Column("LEADS TO", 30, leads_to),
                Column(
                    "",
                    2,
                    lambda term: "▸" if term.has_terms else "",
                    style=lambda term: "dim",
                    said=lambda term: "has more below" if term.has_terms else "",
                ),
            )
        cells = tuple(
            Column(head.upper() if column == self._column else head, 8, _cell(column))
            for column, head in zip(CELLS, HEADS[self._book], strict=True)
        )
        return (Column(" TERM", 0, _table_text), *cells)


def table_rows(reference: Reference, book: Book, on: date, beginning: str = "") -> list[Term]:
    """The rows of a table that begin so, each with all below it; the neoplasm table has one main term around all."""
    tops = books.main_terms(reference, book, on, "" if book is Book.NEOPLASMS else beginning)
    if book is Book.NEOPLASMS:
        sites = [site for top in tops for site in books.subterms(reference, top.key, on)]
        tops = [site for site in sites if site.title.lower().startswith(beginning.lower())]
    if not beginning:
        return tops
    rows: list[Term] = []
    for top in tops:
        _gather(reference, top, on, rows)
    return rows[:MOST_ROWS]


def _gather(reference: Reference, term: Term, on: date, rows: list[Term]) -> None:
    rows.append(term)
    if term.has_terms and len(rows) < MOST_ROWS:
        for below in books.subterms(reference, term.key, on):
            _gather(reference, below, on, rows)


def leads_to(term: Term) -> str:
    """What the book prints behind a term: codes, the bracketed second one, see and see also."""
    words = {TargetKind.SEE: "see ", TargetKind.SEE_ALSO: "see also ", TargetKind.SEE_CATEGORY: "see category "}
    parts = []
    for target in term.targets:
        text = f"[{target.text}]" if target.kind is TargetKind.MANIFESTATION else target.text
        parts.append(words.get(target.kind, "") + text + (" (gone)" if target.state is CodeState.GONE else ""))
    return "  ".join(parts)


def term_lines(term: Term | None, width: int) -> list[Line]:
    """A term that leads to no code: what it says."""
    if term is None:
        return []
    return [((" ", "text"), (cut(leads_to(term) or "Right shows the terms below it.", width - 2), "text"))]


def _index_text(term: Term) -> str:
    return " " + term.title


def _table_text(term: Term) -> str:
    return " " + "  " * max(term.level - 1, 0) + term.title


def _cell(column: int):
    def text(term: Term) -> str:
        found = next((target.text for target in term.targets if target.column == column), "")
        return left(found, 8)

    return text


def book_loaded(reference: Reference, on: date) -> bool:
    """Whether the alphabetic index is loaded for a date."""
    return bool(books.edition(reference, Book.INDEX, on))

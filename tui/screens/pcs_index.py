"""The ICD-10-PCS index (/ in the builder): from a procedure's name to the tables that build its code.

A term leads into the builder with the characters that it names, to another term ("see"), or says which value of
the tables a name belongs to ("use").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from codesets import procedure_index
from codesets.catalog import Reference
from codesets.origin import Origin
from codesets.procedure_index import Term
from codesets.releases import CodeSystem
from codesets.sources.icd10pcs_index import Pointer, PointerKind
from tui.cells import Line
from tui.screens.code_page import lay_out, page_note, page_title, read_page
from tui.screens.encoder import EncoderScreen, Stop, Walk
from tui.screens.pcs import built_lines, built_so_far, pcs_stop
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

TERM = "term"
"""What is asked for while the beginning of a term is typed."""

NOT_LOADED = "No ICD-10-PCS index is loaded: codedesk codesets import takes its XML."


@dataclass(frozen=True)
class Entry:
    """A row: a term, or one more pointer of the term above, and where it leads first."""

    term: Term
    title: str
    pointer: Pointer | None


@dataclass(frozen=True)
class Place:
    """A list of the index: the terms below one, or the main terms that begin with some letters."""

    title: str = ""
    entries: tuple[Entry, ...] = ()
    index: int = 0


@dataclass(frozen=True)
class Shelf:
    """Where the screen stands: the lists on the way down to the present one; None before anything was listed."""

    back: tuple[Place, ...] = ()
    here: Place | None = None


class PcsIndexScreen(EncoderScreen):
    """The index from its main terms down."""

    name_on = "pcs_index"

    def __init__(self, on: date, walk: Walk, stop: Stop) -> None:
        super().__init__(on, walk)
        self._start: Shelf = stop.state
        self._origin: Origin | None = None
        self._back: list[Place] = []
        self._here = Place()

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(_COLUMNS, id="rows", empty="No term begins so.")
            yield TextPane(id="page")

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._stand(self._start))

    def stop(self) -> Stop:
        here = Place(self._here.title, self._here.entries, self.rows.index)
        return Stop(self.name_on, Shelf(tuple(self._back), here), self._words())

    def stand(self, stop: Stop) -> None:
        self.in_turn(self._stand(stop.state))

    async def _stand(self, shelf: Shelf) -> None:
        self._origin = await self.read_here(procedure_index.origin, self.on)
        if shelf.here is not None:
            self._back = list(shelf.back)
            self._show(shelf.here)
        elif not self._origin.edition:
            self.rows.empty = NOT_LOADED
            self.rows.redraw()
            self.refresh_frame()
        else:
            await self._begin("")
            self.do_look_up()

    async def renew(self) -> None:
        self._origin = await self.workstation.codes.ask(procedure_index.origin, self.on)
        self._back.clear()
        await self._begin("")

    def code_here(self) -> tuple[CodeSystem, str] | None:
        entry: Entry | None = self.rows.selected
        whole = entry is not None and entry.pointer is not None and len(entry.pointer.code) == 7
        return (CodeSystem.ICD10PCS, entry.pointer.code) if whole and entry and entry.pointer else None

    def why_here(self) -> str:
        return self._words()

    def _words(self) -> str:
        entry: Entry | None = self.rows.selected
        return f"PCS index: {' > '.join(filter(None, (*entry.term.path, entry.title)))}" if entry else ""

    def place(self) -> tuple[Line, Line]:
        edition = self._origin.edition if self._origin and self._origin.edition else "not loaded"
        start: Line = (("ICD-10-PCS index", "strong"), (f"  {edition} for {self.on}", "text"))
        if self._origin and self._origin.edition and not self._origin.covered:
            start = (*start, (", not covered", "warning"))
        if self._here.title:
            start = (*start, (f"  {self._here.title}", "focus"))
        return start, self.rows_place()

    def why_not(self, action: str) -> str:
        if action in ("follow", "under") and self.rows.selected is None:
            return "there is no term under the cursor"
        return super().why_not(action)

    async def _begin(self, beginning: str) -> None:
        entries = await self.workstation.codes.ask(_main_entries, beginning, self.on)
        self._back.clear()
        self._show(Place(f"“{beginning}”" if beginning else "", entries))

    def _show(self, place: Place) -> None:
        self._here = place
        self.rows.set_source(ListSource(place.entries, _key), keep=False, at=place.index)
        self.refresh_frame()

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        await self.keep_up()
        entry: Entry | None = self.rows.selected
        code = entry.pointer.code if entry and entry.pointer else ""
        if len(code) == 7:
            page = await self.read_here(read_page, CodeSystem.ICD10PCS, code, self.on)
            if page is not None:
                why = self.why_here()
                self.show_page(page_title(page), lambda width: lay_out(page, why, width), page_note(page))
                return
        if code:
            built = await self.workstation.codes.ask(built_so_far, code, self.on)
            self.text = None
            self.page_pane.show(code.ljust(7, "_"), lambda width: built_lines(built, "", "", width))
        else:
            self.clear_page(entry.title if entry else "", _said(entry) if entry else "")

    def copied(self) -> str:
        entry: Entry | None = self.rows.selected
        return entry.pointer.code if entry and entry.pointer else ""

    def do_look_up(self) -> None:
        self.ask(TERM, "/")

    def edited(self, asking: str, text: str) -> None:
        if asking == TERM:
            self.work(self._begin(text.strip()), group="begin", exclusive=True)

    def entered(self, asking: str, text: str) -> None:
        self.entry.end()
        self.refresh_frame()

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        if asking != TERM:
            return super().asking_hints(asking)
        return ("Enter", "list"), ("Up Down", "choose"), ("Esc", "list")

    def asking_key(self, key: str) -> bool:
        moves = {"Down": self.do_down, "Up": self.do_up}
        if self.entry.asking == TERM and key in moves:
            moves[key]()
            return True
        return False

    def do_under(self) -> None:
        self.in_turn(self._under())

    async def _under(self) -> None:
        entry: Entry = self.rows.selected
        entries = await self.workstation.codes.ask(_entries_below, entry.term, self.on)
        if not entries:
            self.tell(f"There is no term below {entry.title}.")
            return
        self._back.append(Place(self._here.title, self._here.entries, self.rows.index))
        self._show(Place(entry.title, entries))

    def do_over(self) -> None:
        if self._back:
            self._show(self._back.pop())

    def do_follow(self) -> None:
        if not self.follow_link():
            self.in_turn(self._lead())

    async def _lead(self) -> None:
        """Take a whole code, build on from the characters named, go where "see" leads, or go below."""
        entry: Entry = self.rows.selected
        pointer, chart = entry.pointer, self.workstation.chart_in_work
        if pointer is None:
            await self._under()
        elif len(pointer.code) == 7 and chart is not None:
            self.take(CodeSystem.ICD10PCS, [pointer.code], chart)
        elif pointer.code:
            self.go(pcs_stop(pointer.code))
        elif pointer.kind is PointerKind.SEE:
            await self._see(pointer.text)
        else:
            self.say(f"In the tables this is the value {pointer.text}.")

    async def _see(self, text: str) -> None:
        named = await self.workstation.codes.ask(_main_entries, text.split(",")[0].strip(), self.on)
        if not named:
            self.say(f"The index does not have the term that is named there: {text}.", "warning")
        else:
            self.go(Stop(self.name_on, Shelf(here=Place(f"“{text}”", named)), ""))


def pcs_index_stop() -> Stop:
    """The index from its beginning."""
    return Stop(PcsIndexScreen.name_on, Shelf(), "")


def _main_entries(reference: Reference, beginning: str, on: date) -> tuple[Entry, ...]:
    found = procedure_index.main_terms(reference, beginning, on)
    return tuple(entry for term in found for entry in _entries(term))


def _entries_below(reference: Reference, term: Term, on: date) -> tuple[Entry, ...]:
    return tuple(entry for one in procedure_index.below(reference, term, on) for entry in _entries(one))


def _entries(term: Term) -> list[Entry]:
    """A row for each pointer of a term; one without pointers has a row of its own."""
    return [
        Entry(term, term.title or f"{pointer.kind.value} {pointer.text}", pointer) for pointer in term.pointers
    ] or [Entry(term, term.title, None)]


def _key(entry: Entry) -> str:
    return f"{entry.term.id} {entry.pointer.text} {entry.pointer.code}" if entry.pointer else str(entry.term.id)


def _said(entry: Entry) -> str:
    if entry.pointer is None:
        return "Right shows the terms below it." if entry.term.has_more else ""
    return f"{entry.pointer.kind.value} {entry.pointer.text}"


def _leads_to(entry: Entry) -> str:
    """The characters that a term names, as much of a code as they are; else what to see or use."""
    pointer = entry.pointer
    if pointer is None:
        return ""
    words = f"{pointer.kind.value} {pointer.text}" if pointer.text and entry.term.title else ""
    return "  ".join(filter(None, (pointer.code.ljust(7, "_") if pointer.code else "", words)))


_COLUMNS: tuple[Column[Entry], ...] = (
    Column(" TERM", 0, lambda entry: " " + entry.title, style=lambda entry: "text" if entry.term.path else "strong"),
    Column("LEADS TO", 38, _leads_to),
    Column(
        "",
        2,
        lambda entry: "▸" if entry.term.has_more else "",
        style=lambda entry: "dim",
        said=lambda entry: "has more below" if entry.term.has_more else "",
    ),
)

"""Code search (F2): type, see the ranked codes and the page of the one under the cursor, and why it is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from codesets import catalog
from codesets.catalog import Code, Reference
from codesets.releases import CodeSystem
from codesets.search import Engine
from tui.cells import Line
from tui.screens.code_page import page_lines, page_note, page_title, read_page
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

SYSTEMS: tuple[tuple[CodeSystem, ...], ...] = (
    (CodeSystem.ICD10CM,),
    (CodeSystem.HCPCS,),
    (CodeSystem.ICD10PCS,),
    (CodeSystem.ICD10CM, CodeSystem.HCPCS, CodeSystem.ICD10PCS),
)


PAGE_SECONDS, TYPING_SECONDS = 0.05, 0.3
"""How long a row is under the cursor before its page is drawn; nobody reads one between two keystrokes."""


@dataclass(frozen=True)
class CodeRow:
    """One line of the list: a hit of the search, or a code below another."""

    system: CodeSystem
    code: str
    title: str
    billable: bool
    why: str

    @property
    def dotted(self) -> str:
        return catalog.dotted(self.code, self.system)


class CodeSearchScreen(DeskScreen):
    """Results above, the code's page below; at 132 columns the page stands at the right."""

    name_on = "codes"
    desk = "codes"

    def __init__(self, on: date, query: str = "") -> None:
        super().__init__()
        self._on = on
        self._query = query
        self._searched = ""
        self._typed = False
        self._page_timer: Timer | None = None
        self._systems = SYSTEMS[0]
        self._release = ""
        self._warning = ""
        self._spent = ""
        self._listed: list[CodeRow] = []
        self._back: list[tuple[str, list[CodeRow], int]] = []
        self._title = "" if query else "type to search"

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(_COLUMNS, headings=False, id="rows")
            yield TextPane(id="page")

    @property
    def rows(self) -> RowTable:
        return self.query_one("#rows", RowTable)

    @property
    def page_pane(self) -> TextPane:
        return self.query_one("#page", TextPane)

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.work(self._name_release())
        self.do_search()
        if self._query:
            self._search(self._query)

    def place(self) -> tuple[Line, Line]:
        start: Line = (("Codes", "strong"), (f"  {self._release}", "text"), (self._warning, "warning"))
        count = self.rows.count if self.is_mounted else 0
        end: Line = ((f"{self.rows.index + 1} of {count}" if count else self._title, "text"),)
        if self._spent:
            end = (*end, (f"  {self._spent}", "dim"))
        return start, end

    def why_not(self, action: str) -> str:
        if action in ("use_code", "below", "read_on") and self.rows.selected is None:
            return "there is no code under the cursor"
        if action == "above" and not self._back:
            return "there is no list before this one"
        return ""

    async def _name_release(self) -> None:
        choice = await self.workstation.codes.ask(Reference.choose, self._systems[0], self._on)
        label = " + ".join(system.label for system in self._systems)
        edition = choice.release.edition if choice.release else "not loaded"
        self._release = f"{label} {edition} for {self._on}"
        self._warning = "" if choice.covered else ", not covered"
        if not choice.covered:
            self.say(choice.warning, "warning")
        self.refresh_frame()

    def copied(self) -> str:
        row: CodeRow | None = self.rows.selected
        return f"{row.dotted}  {row.title}" if row else ""

    def do_search(self) -> None:
        self.ask("search", "/", self._query)

    def edited(self, asking: str, text: str) -> None:
        self._query, self._typed = text, True
        if self._page_timer:
            self._page_timer.stop()
        self._search(text)

    def entered(self, asking: str, text: str) -> None:
        self.in_turn(self._entered(text))

    async def _entered(self, text: str) -> None:
        """Take the code under the cursor, but never one of an older text: Enter may overtake the search."""
        if self._searched != text:
            await self._find(text)
        self.entry.end()
        self.refresh_frame()
        if self.rows.selected is not None and self.workstation.chart_in_work is not None:
            self.do_use_code()

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        enter = "use" if self.workstation.chart_in_work else "read"
        return ("Enter", enter), ("Up Down", "choose"), ("Tab", "system"), ("PgDn", "more"), ("Esc", "list")

    def asking_key(self, key: str) -> bool:
        moves = {"Down": self.do_down, "Up": self.do_up, "PgDn": self.do_read_on, "Tab": self.do_system}
        if key in moves:
            moves[key]()
            return True
        return False

    @work(exclusive=True, group="search")
    async def _search(self, query: str) -> None:
        await self._find(query)

    async def _find(self, query: str) -> None:
        begun = time.perf_counter()
        hits = await self.workstation.codes.search(Engine.search, query, self._systems, self._on, 25)
        self._spent = f"{(time.perf_counter() - begun) * 1000:.0f} ms" if query.strip() else ""
        self._back.clear()
        self._searched = query
        self._title = "" if hits else ("nothing found" if query.strip() else "type to search")
        self._show([CodeRow(h.system, h.code, h.title, h.billable, h.why.text()) for h in hits])

    def _show(self, rows: list[CodeRow], index: int = 0) -> None:
        self._listed = rows
        self.rows.set_source(ListSource(rows, lambda row: f"{row.system} {row.code}"), keep=False)
        self.rows.move_to(index)
        self.refresh_frame()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.refresh_frame()
            if self._page_timer:
                self._page_timer.stop()
            self._page_timer = self.set_timer(TYPING_SECONDS if self._typed else PAGE_SECONDS, self._show_page)

    @work(exclusive=True, group="page")
    async def _show_page(self) -> None:
        self._typed = False
        row: CodeRow | None = self.rows.selected
        if row is None:
            self.page_pane.show("", lambda width: ())
            return
        page = await self.workstation.codes.ask(read_page, row.system, row.code, self._on)
        if page is not None:
            self.page_pane.show(page_title(page), lambda width: page_lines(page, row.why, width), page_note(page))

    def do_read_on(self) -> None:
        if self.page_pane.at_end:
            self.page_pane.move_to(0)
        else:
            self.page_pane.page(1)

    def look_at(self, code: str) -> None:
        """Show a code and what begins with it."""
        self._query = code
        self.do_search()
        self._search(code)

    def do_index(self) -> None:
        from tui.screens.index import IndexScreen

        self.workstation.show(IndexScreen(self._on))

    def do_pcs(self) -> None:
        from tui.screens.pcs import PcsScreen

        row: CodeRow | None = self.rows.selected
        chosen = row.code if row and row.system is CodeSystem.ICD10PCS else ""
        self.workstation.show(PcsScreen(self._on, chosen[:3]))

    def do_changes(self) -> None:
        from tui.screens.changes import ChangesScreen

        self.workstation.show(ChangesScreen())

    def do_system(self) -> None:
        self._systems = SYSTEMS[(SYSTEMS.index(self._systems) + 1) % len(SYSTEMS)]
        self.work(self._name_release())
        self._search(self._query)

    def do_use_code(self) -> None:
        row: CodeRow = self.rows.selected
        chart = self.workstation.chart_in_work
        if chart is None:
            self.do_below()
            return
        self.workstation.leave_screen(self)
        chart.take_code(row.system, row.code, f"search “{self._query}”: {row.why}", searched=self._query)

    def do_below(self) -> None:
        self.in_turn(self._below())

    async def _below(self) -> None:
        row: CodeRow = self.rows.selected
        below = await self.workstation.codes.ask(_children, row.system, row.code, self._on)
        if not below:
            self.say(f"There is no code below {row.dotted}.")
            return
        self._back.append((self._title, self._listed, self.rows.index))
        self._show([CodeRow(c.system, c.code, c.title, c.billable, f"below {row.dotted}") for c in below])

    def do_above(self) -> None:
        self._title, rows, index = self._back.pop()
        self._show(rows, index)


def _children(reference: Reference, system: CodeSystem, code: str, on: date) -> list[Code]:
    found = catalog.find(reference, system, code, on)
    return catalog.children(reference, found) if found else []


_COLUMNS = (
    Column("", 9, lambda row: " " + row.dotted, style=lambda row: "strong"),
    Column("", 0, lambda row: row.title),
    Column(
        "",
        2,
        lambda row: "●" if row.billable else "○",
        style=lambda row: "good" if row.billable else "dim",
        said=lambda row: "billable" if row.billable else "not billable",
    ),
)

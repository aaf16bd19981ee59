"""Code search (F2): type, see the ranked codes and the page of the one under the cursor, and why it is there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from codesets import catalog
from codesets.catalog import Code, Reference
from codesets.releases import CodeSystem
from codesets.search import Engine, unread
from store.queries.favorites import Favorite
from tui.cells import Line, counted
from tui.screens.code_page import Link, lay_out, page_note, page_title, read_page
from tui.screens.desk import PAGE_SECONDS
from tui.screens.encoder import EncoderScreen, Stop, Walk
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

SYSTEMS: tuple[tuple[CodeSystem, ...], ...] = (
    (CodeSystem.ICD10CM,),
    (CodeSystem.HCPCS,),
    (CodeSystem.CPT,),
    (CodeSystem.ICD10PCS,),
    (CodeSystem.ICD10CM, CodeSystem.HCPCS, CodeSystem.CPT, CodeSystem.ICD10PCS),
)
"""What is searched, one after the other. CPT is left out where it is not loaded: it never comes with codedesk."""


SEARCH = "search"
"""What is asked for while the search is typed."""

LIST = "list "
"""What begins the source of rows that come from a list of the person's own."""

TYPING_SECONDS = 0.3
"""How long a row is under the cursor before its page is drawn while something is typed."""


@dataclass(frozen=True)
class CodeRow:
    """One line of the list: a hit of the search, or a code below another."""

    system: CodeSystem
    code: str
    title: str
    billable: bool
    why: str
    starred: bool = False

    @property
    def dotted(self) -> str:
        return catalog.dotted(self.code, self.system)


@dataclass(frozen=True)
class Listed:
    """A list as it stood: where it came from (empty: the search), its rows, the cursor from 0, and the query."""

    source: str
    rows: tuple[CodeRow, ...]
    index: int = 0
    query: str = ""


class CodeSearchScreen(EncoderScreen):
    """Results above, the code's page below; at 132 columns the page stands at the right."""

    name_on = "codes"
    desk = "codes"

    def __init__(self, on: date, query: str = "") -> None:
        super().__init__(on, Walk())
        self._query = query
        self._searched = ""
        self._typed = False
        self._systems = SYSTEMS[0]
        self._release = ""
        self._warning = ""
        self._spent = ""
        self._elsewhere = ""
        self._listed: list[CodeRow] = []
        self._stars: frozenset[tuple[CodeSystem, str]] = frozenset()
        self._favorites: tuple[Favorite, ...] = ()
        self._back: list[Listed] = []
        self._source = ""

    @classmethod
    def opened_on(cls, on: date) -> Self:
        return cls(on)

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(_COLUMNS, headings=False, id="rows")
            yield TextPane(id="page")

    def on_mount(self) -> None:
        super().on_mount()
        self.work(self._name_release())
        self.work(self._read_favorites())
        self.do_search()
        if self._query:
            self._search(self._query)

    def place(self) -> tuple[Line, Line]:
        start: Line = (("Codes", "strong"), (f"  {self._release}", "text"), (self._warning, "warning"))
        if self._source:
            start = (*start, (f"  {self._source}", "focus"))
        count = self.rows.count if self.is_mounted else 0
        none = f"nothing found{self._elsewhere}" if self._searched.strip() else "type to search"
        end: Line = ((f"{self.rows.index + 1} of {count}" if count else none, "text"),)
        if self._spent:
            end = (*end, (f"  {self._spent}", "dim"))
        return start, end

    def why_not(self, action: str) -> str:
        if action in ("use_code", "below", "read_on") and self.rows.selected is None:
            return "there is no code under the cursor"
        if action == "above" and not self._back:
            return "there is no list before this one"
        return super().why_not(action)

    def stop(self) -> Stop:
        row: CodeRow | None = self.rows.selected
        code = row.dotted if row else ""
        words = f"{code} {self._source}" if self._source else f"search “{self._query}” {code}" if self._query else ""
        return Stop(self.name_on, self._here(), words.strip())

    def _here(self) -> Listed:
        return Listed(self._source, tuple(self._listed), self.rows.index, self._query)

    def stand(self, stop: Stop) -> None:
        here: Listed = stop.state
        self._query = self._searched = here.query
        self._source, self._spent = here.source, ""
        self._back.clear()
        self.entry.end()
        self._show(list(here.rows), here.index)

    def code_here(self) -> tuple[CodeSystem, str] | None:
        row: CodeRow | None = self.rows.selected
        return (row.system, row.code) if row else None

    @property
    def searched(self) -> str:
        return "" if self._source else self._query

    def why_here(self) -> str:
        row: CodeRow | None = self.rows.selected
        if row is None:
            return ""
        return row.why if self._source else f"search “{self._query}”: {row.why}"

    async def _name_release(self) -> None:
        choice = await self.read_here(Reference.choose, self._systems[0], self.on)
        label = " + ".join(system.label for system in self._systems)
        edition = choice.release.edition if choice.release else "not loaded"
        self._release = f"{label} {edition} for {self.on}"
        self._warning = "" if choice.covered else ", not covered"
        if not choice.covered:
            self.say(choice.warning, "warning")
        self.refresh_frame()

    def copied(self) -> str:
        row: CodeRow | None = self.rows.selected
        return f"{row.dotted}  {row.title}" if row else ""

    def do_search(self) -> None:
        self.ask(SEARCH, "/", self._query, marked=True)

    def edited(self, asking: str, text: str) -> None:
        if asking != SEARCH:
            return
        self._query, self._typed = text, True
        self.page_timer.stop()
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
            await self._use()

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        if asking != SEARCH:
            return super().asking_hints(asking)
        row: CodeRow | None = self.rows.selected
        enter = "list"
        if row is not None and self.workstation.chart_in_work:
            enter = "use" if row.billable else "complete it"
        return ("Enter", enter), ("Up Down", "choose"), ("Tab", "system"), ("PgDn", "more"), ("Esc", "list")

    def asking_key(self, key: str) -> bool:
        moves = {"Down": self.do_down, "Up": self.do_up, "PgDn": self.do_read_on, "Tab": self.do_system}
        if self.entry.asking == SEARCH and key in moves:
            moves[key]()
            return True
        return False

    @work(exclusive=True, group="search")
    async def _search(self, query: str) -> None:
        await self._find(query)

    async def renew(self) -> None:
        await self._name_release()
        if not self._source:
            await self._find(self._query, self.rows.index)

    async def _find(self, query: str, index: int = 0) -> None:
        begun = time.perf_counter()
        hits = await self.workstation.codes.search(Engine.search, query, self._systems, self.on, 25)
        self._spent = f"{(time.perf_counter() - begun) * 1000:.0f} ms" if query.strip() else ""
        if cut := unread(query):
            self.say(f"{cut[0].upper()}{cut[1:]}.", "warning")
        self._elsewhere = ""
        if query.strip() and not hits:
            other = await self.workstation.codes.search(Engine.elsewhere, query, self._systems, hits, self.on)
            self._elsewhere = f": {other}" if other else ""
        self._back.clear()
        self._searched, self._source = query, ""
        self._show([CodeRow(h.system, h.code, h.title, h.billable, h.why.text()) for h in hits], index)
        await self.keep_up()

    async def _read_favorites(self) -> None:
        self._favorites = await self.own_favorites()
        self._stars = frozenset((one.system, catalog.normalize(one.code)) for one in self._favorites)

    async def lists_changed(self) -> None:
        await self._read_favorites()
        if self._source.startswith(LIST):
            await self._show_list(self.shown_list(), self.rows.index)
        else:
            self._show(self._listed, self.rows.index)

    def shown_list(self) -> str:
        return self._source.removeprefix(LIST) if self._source.startswith(LIST) else super().shown_list()

    def do_lists(self) -> None:
        self.in_turn(self._choose_list())

    async def _choose_list(self) -> None:
        await self._read_favorites()
        counts = Counter(one.list_name for one in self._favorites)
        if not counts:
            self.say("You have no list yet: * puts a code into your favorites, + into a list of another name.")
        elif len(counts) == 1:
            await self._show_list(next(iter(counts)))
        else:
            options = [(name, counted(count, "code")) for name, count in counts.items()]
            self.choose("list", "list:", options, self._show_list)

    async def _show_list(self, name: str, index: int = 0) -> None:
        kept = [one for one in self._favorites if one.list_name == name]
        rows = await self.workstation.codes.ask(_favorite_rows, kept, self.on)
        if not self._source.startswith(LIST):
            self._back.append(self._here())
        self._source, self._spent = LIST + name, ""
        self._show(rows, index)

    def _show(self, rows: list[CodeRow], index: int = 0) -> None:
        rows = [replace(row, starred=(row.system, row.code) in self._stars) for row in rows]
        self._listed = rows
        self.rows.set_source(ListSource(rows, lambda row: f"{row.system} {row.code}"), keep=False, at=index)
        self.refresh_frame()

    @property
    def page_seconds(self) -> float:
        return TYPING_SECONDS if self._typed else PAGE_SECONDS

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        self._typed = False
        row: CodeRow | None = self.rows.selected
        if row is None:
            self.clear_page()
            return
        page = await self.read_here(read_page, row.system, row.code, self.on)
        if page is not None:
            self.show_page(page_title(page), lambda width: lay_out(page, row.why, width), page_note(page))

    def do_index(self) -> None:
        from tui.screens.index import index_stop

        self.go(index_stop())

    def do_pcs(self) -> None:
        from tui.screens.pcs import pcs_stop

        row: CodeRow | None = self.rows.selected
        self.go(pcs_stop(row.code[:3] if row and row.system is CodeSystem.ICD10PCS else ""))

    def do_changes(self) -> None:
        from tui.screens.changes import changes_stop

        here = self.code_here()
        everywhere = len(self._systems) > 1 and here is not None
        self.go(changes_stop(here[0] if everywhere and here else self._systems[0]))

    def do_system(self) -> None:
        self.in_turn(self._next_system())

    async def _next_system(self) -> None:
        offered = await self.workstation.codes.ask(_offered)
        at = offered.index(self._systems) if self._systems in offered else -1
        self._systems = offered[(at + 1) % len(offered)]
        await self._name_release()
        self._search(self._query)

    def do_use_code(self) -> None:
        if not self.follow_link():
            self.in_turn(self._use())

    async def _use(self) -> None:
        """Take the code into the open chart; a header offers its 7th characters, or shows what is below it."""
        row: CodeRow = self.rows.selected
        chart = self.workstation.chart_in_work
        if chart is not None and row.billable:
            self.take(row.system, [row.code], chart)
        elif row.billable or not await self.offer_seventh(row.system, row.code):
            await self._below()

    def do_below(self) -> None:
        self.in_turn(self._below())

    async def _below(self) -> None:
        row: CodeRow = self.rows.selected
        below = await self.workstation.codes.ask(_children, row.system, row.code, self.on)
        if not below:
            self.tell(f"There is no code below {row.dotted}.")
            return
        self._back.append(self._here())
        self._source = f"below {row.dotted}"
        self._show([CodeRow(c.system, c.code, c.title, c.billable, self._source) for c in below])

    def do_above(self) -> None:
        before = self._back.pop()
        self._source = before.source
        self._show(list(before.rows), before.index)


def _offered(reference: Reference) -> list[tuple[CodeSystem, ...]]:
    """What can be searched with what is loaded."""
    if reference.releases(CodeSystem.CPT):
        return list(SYSTEMS)
    without = (tuple(one for one in systems if one is not CodeSystem.CPT) for systems in SYSTEMS)
    return [systems for systems in without if systems]


def linked_stop(reference: Reference, to: Link, on: date) -> Stop:
    """The codes that a link names, as a place of the code search."""
    if to.system is CodeSystem.ICD10CM:
        found = catalog.named_by(reference, to.first, to.last or to.first, on)
    else:
        one = catalog.find(reference, to.system, to.first, on)
        found = [one, *catalog.children(reference, one)] if one else []
    rows = tuple(CodeRow(c.system, c.code, c.title, c.billable, to.said) for c in found)
    return Stop(CodeSearchScreen.name_on, Listed(to.said, rows), f"{catalog.dotted(to.first, to.system)} {to.said}")


def _favorite_rows(reference: Reference, kept: Sequence[Favorite], on: date) -> list[CodeRow]:
    """The codes of a list with their titles on a date; one that is no code then stays, and says so."""
    rows = []
    for one in kept:
        found = catalog.find(reference, one.system, one.code, on)
        title = found.title if found else f"no code of {one.system.label} on {on}"
        why = f"{LIST}{one.list_name}" + (f": {one.note}" if one.note else "")
        title = f"{one.note}: {title}" if one.note else title
        billable = found is not None and found.billable
        rows.append(CodeRow(one.system, catalog.normalize(one.code), title, billable, why))
    return rows


def _children(reference: Reference, system: CodeSystem, code: str, on: date) -> list[Code]:
    found = catalog.find(reference, system, code, on)
    return catalog.children(reference, found) if found else []


_COLUMNS = (
    Column("", 9, lambda row: ("*" if row.starred else " ") + row.dotted, style=lambda row: "strong"),
    Column("", 0, lambda row: row.title, align="ends"),
    Column(
        "",
        2,
        lambda row: "●" if row.billable else "○",
        style=lambda row: "good" if row.billable else "dim",
        said=lambda row: "billable" if row.billable else "not billable",
    ),
)

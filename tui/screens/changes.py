"""What changed between two releases of the code system that is searched (c), and which charts in work hold each code.

Counted are charts from the day on which the newer release is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from codesets import catalog
from codesets.catalog import Reference
from codesets.differences import difference, differs
from codesets.releases import CodeSystem, Release
from codesets.service_lines import line_system
from store.queries.code_use import OpenChart, open_charts_by_code, open_charts_with
from tui.cells import Line, counted, left, wrap
from tui.screens.code_page import Link
from tui.screens.encoder import EncoderScreen, Stop, Walk
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

VIEWS = ("all", "new", "ended", "retitled", "in open charts")


@dataclass(frozen=True)
class ChangeRow:
    """One changed code: `+` new, `-` ended, `~` another title; `detail` says what became of it."""

    mark: str
    code: str
    title: str
    detail: str
    charts: int = 0


@dataclass(frozen=True)
class Seen:
    """Where the screen stands: the pair of releases and the view by their numbers, and the row, all from 0."""

    system: CodeSystem = CodeSystem.ICD10CM
    pair: int = 0
    view: int = 0
    index: int = 0


class ChangesScreen(EncoderScreen):
    """The changes from one loaded release to the next."""

    name_on = "changes"

    def __init__(self, on: date, walk: Walk, stop: Stop) -> None:
        super().__init__(on, walk)
        self._start: Seen = stop.state
        self._system = self._start.system
        self._pairs: list[tuple[Release, Release]] = []
        self._pair = self._start.pair
        self._view = self._start.view
        self._changes: list[ChangeRow] = []

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(_COLUMNS, id="rows", unread=True)
            yield TextPane(id="page")

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._load(self._start.index))

    def stop(self) -> Stop:
        row: ChangeRow | None = self.rows.selected
        words = f"What changed: {row.mark} {row.code}" if row else ""
        return Stop(self.name_on, Seen(self._system, self._pair, self._view, self.rows.index), words)

    def stand(self, stop: Stop) -> None:
        seen: Seen = stop.state
        self._system, self._pair, self._view = seen.system, seen.pair, seen.view
        self.rows.read_anew()
        self.in_turn(self._load(seen.index))

    def code_here(self) -> tuple[CodeSystem, str] | None:
        row: ChangeRow | None = self.rows.selected
        return (self._system, catalog.normalize(row.code)) if row else None

    def place(self) -> tuple[Line, Line]:
        start: Line = (("What changed", "strong"), (f"  {self._system.label}", "text"))
        if self._pairs:
            old, new = self._pairs[self._pair]
            start = (*start, (f" {old.edition} to {new.edition}", "text"))
        return start, ((f"{VIEWS[self._view]}  ", "focus"), *self.rows_place())

    async def renew(self) -> None:
        await self._load(self.rows.index)

    async def _load(self, index: int = 0) -> None:
        self._pairs = await self.read_here(_pairs, self._system)
        self._changes = []
        self.refresh_frame()
        if self._pairs:
            self._pair = min(self._pair, len(self._pairs) - 1)
            used = await self.workstation.record.read(open_charts_by_code, self._since, self._lines_of)
            self._changes = await self.workstation.codes.ask(_changes, *self._pairs[self._pair], used)
        self._show(index)

    @property
    def _lines_of(self) -> str:
        """The system by which charts hold these codes: CPT codes stand on lines of HCPCS."""
        return line_system(self._system).value

    @property
    def _since(self) -> str:
        """The day on which the newer release begins."""
        return str(self._pairs[self._pair][1].starts)

    def _show(self, index: int = 0) -> None:
        wanted = {"new": "+", "ended": "-", "retitled": "~"}.get(VIEWS[self._view])
        shown = [row for row in self._changes if wanted in (None, row.mark)]
        if VIEWS[self._view] == "in open charts":
            shown = [row for row in shown if row.charts]
        self.rows.empty = (
            "Nothing changed here." if self._pairs else f"Fewer than two releases of {self._system.label} are loaded."
        )
        self.rows.set_source(ListSource(shown, lambda row: row.mark + row.code), keep=False, at=index)
        self.refresh_frame()

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        row: ChangeRow | None = self.rows.selected
        charts: tuple[OpenChart, ...] = ()
        await self.keep_up()
        if row is not None and row.charts:
            charts = await self.workstation.record.read(open_charts_with, row.code, self._since, system=self._lines_of)
        note = f"{counted(row.charts, 'open chart')}" if row and row.charts else ""
        self.page_pane.show(row.code if row else "", lambda width: _lines(row, charts, width), note)

    def do_changed_code(self) -> None:
        row: ChangeRow | None = self.rows.selected
        if row is not None:
            self.in_turn(self._changed_code(catalog.normalize(row.code)))

    async def _changed_code(self, code: str) -> None:
        from tui.screens.codes import linked_stop

        there = await self.workstation.codes.ask(linked_stop, Link("changed", self._system, code, code), self.on)
        if there.state.rows:
            self.go(there)
        else:
            self.say(f"{catalog.dotted(code, self._system)} is no code on {self.on}.", "warning")

    def copied(self) -> str:
        row: ChangeRow | None = self.rows.selected
        return f"{row.mark} {row.code} {row.title}" if row else ""

    def do_release(self) -> None:
        if self._pairs:
            self._pair = (self._pair + 1) % len(self._pairs)
            self.rows.read_anew()
            self.in_turn(self._load())

    def do_only(self) -> None:
        self._view = (self._view + 1) % len(VIEWS)
        self._show()


def changes_stop(system: CodeSystem = CodeSystem.ICD10CM) -> Stop:
    """The newest two releases of a system that differ."""
    return Stop(ChangesScreen.name_on, Seen(system), "")


def _pairs(reference: Reference, system: CodeSystem) -> list[tuple[Release, Release]]:
    """Each loaded release with the one before it that it differs from, the newest pair first; else the newest pair."""
    releases = [release for release in reference.releases(system) if release.complete]
    pairs = [(old, new) for new, old in zip(releases, releases[1:], strict=False)]
    return [pair for pair in pairs if differs(reference, *pair)] or pairs[:1]


def _changes(reference: Reference, old: Release, new: Release, used: dict[str, int]) -> list[ChangeRow]:
    changed = difference(reference, old, new)

    def dotted(code: str) -> str:
        return catalog.dotted(code, new.system)

    rows = [ChangeRow("+", dotted(a.code), a.title, "was a header" if a.was_header else "new") for a in changed.added]
    for ended in changed.ended:
        heirs = ", ".join(map(dotted, ended.replaced_by))
        state = "is a header now" if ended.is_header else "is gone"
        state = f"was terminated on {ended.terminated}" if ended.terminated else state
        detail = f"{state}; in its place: {heirs}" if heirs else state
        code = dotted(ended.code)
        rows.append(ChangeRow("-", code, ended.title, detail, used.get(code, 0)))
    for retitled in changed.retitled:
        code = dotted(retitled.code)
        rows.append(ChangeRow("~", code, retitled.new, f"was: {retitled.old}", used.get(code, 0)))
    return rows


def _lines(row: ChangeRow | None, charts: Sequence[OpenChart], width: int) -> list[Line]:
    """What became of a code, and the charts in work that hold it."""
    if row is None:
        return []
    lines: list[Line] = [((" " + text, "strong"),) for text in wrap(row.title, width - 2)]
    lines += [((" " + text, "text"),) for text in wrap(row.detail, width - 2)]
    for chart in charts:
        told = f" {chart.service_date}  {left(chart.patient, 22)} {left(chart.mrn, 10)} {chart.worklist}"
        lines.append(((told, "warning"),))
    return lines


_STYLES = {"+": "good", "-": "error", "~": "warning"}

_COLUMNS: tuple[Column[ChangeRow], ...] = (
    Column("", 2, lambda row: " " + row.mark, style=lambda row: _STYLES[row.mark]),
    Column("CODE", 8, lambda row: row.code, style=lambda row: "strong"),
    Column("TITLE", 0, lambda row: row.title),
    Column("CHARTS", 6, lambda row: str(row.charts or ""), align="right", style=lambda row: "warning"),
)

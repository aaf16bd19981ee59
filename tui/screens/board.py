"""Numbers (F8): boards of the catalog, a row a reason, coder or payer, and the list behind each number.

The first board is DNFB. Under the rows stand what was coded a day, what it takes to reach the goal, and how the
figure is reckoned.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Container

from store.actors import Actor
from store.database import Database
from store.output import write_text
from store.queries import Reader
from store.reports.capacity import RATE, Capacity, capacity
from store.reports.catalog import Figure, figure_named
from store.reports.page import figure_words, html_page, told_rows
from store.reports.period import Period
from store.reports.run import NothingToTell, Report, moment_of, open_to, period_of, read_report, run_report
from store.reports.small_cells import suppressed
from store.reports.spans import is_covered, period_for
from store.reports.tables import csv_text
from store.settings import load_settings, outbox
from tui.cells import Line, counted, line_width, wrap
from tui.pictures import spark
from tui.screens.behind import BehindScreen
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

SHORT = {
    "cents": "$",
    "age_0_3": "0-3",
    "age_4_7": "4-7",
    "age_8_30": "8-30",
    "age_over_30": "30+",
    "running_percent": "SUM %",
    "coding_hours": "CODING H",
    "units_an_hour": "U/HOUR",
    "discharge_median": "DISCH",
    "discharge_90": "90 %",
    "available_median": "AVAIL",
    "available_90": "90 %",
}
"""Headings of columns whose names are long."""

NARROW = 9
"""Cells of a text that is not the first, before it grows by need."""

WHERE_WIDE = ("mad",)
"""Columns that are told under the rows where there is no room beside the others."""


class BoardScreen(DeskScreen):
    """One board at a time; `v` goes to the next, `:` names them all."""

    name_on = "board"
    desk = "numbers"

    def __init__(self) -> None:
        super().__init__()
        self._name = "dnfb"
        self._open: list[Figure] = []
        """The figures that who looks may see."""
        self._period: Period | None = None
        """What was chosen; nothing: the usual one of who looks."""
        self._report: Report | None = None
        self._whole: Report | None = None
        """The report before small cells were covered: what is published."""
        self._capacity: Capacity | None = None
        self._coded: list[int] = []

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable((), id="rows")
            yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._load())

    def place(self) -> tuple[Line, Line]:
        report = self._report
        if report is None:
            return (("Numbers", "strong"),), ()
        when = (
            f"as of {report.period.until}" if report.figure.stock else f"{report.period.since} to {report.period.until}"
        )
        value = "none" if report.value is None else figure_words(report.value, report.figure.unit, 2)
        end: Line = ((value, "dim" if report.value is None else "text"),)
        if self._name == "dnfb" and report.value is not None:
            goal = load_settings().dnfb_goal_days
            end = ((value, "good" if report.value <= goal else "warning"), (f", goal {goal}", "dim"))
        start: Line = ((report.figure.title, "strong"), (f"   {when}", "dim"))
        desk: Line = (("Numbers  ", "strong"), (report.figure.title, "text"), (f"   {when}", "dim"))
        # A long title and its days come before the name of the desk.
        return desk if line_width(desk) + line_width(end) + 4 <= self.size.width else start, end

    def why_not(self, action: str) -> str:
        if action == "board_behind" and self.is_mounted:
            if self.rows.selected is None:
                return "there is no row"
            if self._report and not self._report.figure.behind:
                return "this board adds up more than visits"
        if action in ("board_export", "board_page", "board_publish") and self._report is None:
            return "nothing was reckoned yet"
        return ""

    async def _load(self) -> None:
        actor = await self.workstation.record.actor()
        try:
            self._open = open_to(actor)
            if self._name not in {one.name for one in self._open}:
                self._name = self._open[0].name
            self._period = self._period or period_for(actor)
            report = await self.workstation.change(run_report, self._name, self._period)
        except NothingToTell as error:
            self.trouble(error)
            return
        covers = is_covered(actor)
        self._whole, self._report = report, suppressed(report) if covers else report
        self._capacity, self._coded = None, []
        if self._name in ("dnfb", "dnfc") and not covers:
            total = sum(report.of("cents")) if report.rows else 0
            self._capacity, self._coded = await self.workstation.record.read(_beside, report.period, total)
        report = self._report
        rows = list(enumerate(report.rows))
        self.rows.empty = report.note
        self.rows.set_source(ListSource(rows, lambda row: str(row[0])), columns=_columns(report))
        self.refresh_frame()
        self._explain()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.refresh_frame()
            self._explain()

    def _explain(self) -> None:
        report, needed, coded, row = self._report, self._capacity, self._coded, self.rows.selected
        if report is None:
            return

        def lines(width: int) -> list[Line]:
            found: list[Line] = []
            rate: list[Line] = []
            if needed is not None:
                found.append(((" coded a day  ", "dim"), (spark(coded[-max(width - 16, 10) :]), "text")))
                found += [((f" {part}", "strong"),) for part in wrap(needed.words, width - 2)]
                rate = [((f" {part}", "dim"),) for part in wrap(RATE, width - 2)]
            if row is not None and set(WHERE_WIDE) & set(report.columns):
                pairs = zip(report.columns, told_rows(report)[row[0]], strict=True)
                told = "  ".join(f"{name} {cell}" for name, cell in pairs if cell)
                found += [((f" {part}", "text"),) for part in wrap(told, width - 2)]
            if report.note and report.rows:
                found += [((f" {part}", "text"),) for part in wrap(report.note, width - 2)]
            found += [((f" {part}", "dim"),) for part in wrap(report.figure.formula, width - 2)]
            return found + [((f" in it: {part}" if n == 0 else f" {part}", "dim"),)
                            for n, part in enumerate(wrap(report.figure.inclusions, width - 9))] + rate  # fmt: skip

        self.page_pane.show(self._named(), lines, "how it is reckoned: D U read on")

    def _named(self) -> str:
        """The row under the cursor by its words, whole."""
        row = self.rows.selected
        return "" if row is None else "  ".join(cell for cell in row[1] if isinstance(cell, str))

    def copied(self) -> str:
        row = self.rows.selected
        return "" if row is None else "  ".join(str(cell) for cell in row[1] if cell is not None)

    def do_page_on(self) -> None:
        self.page_pane.page(1)

    def do_page_back(self) -> None:
        self.page_pane.page(-1)

    def do_board_view(self) -> None:
        self._turn(1)

    def do_board_back(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        names = [one.name for one in self._open if not one.needs]
        self._name = names[(names.index(self._name) + by) % len(names)]
        self.rows.move_to(0)
        self.in_turn(self._load())

    def do_board_choose(self) -> None:
        async def chosen(name: str) -> None:
            self._name = name
            await self._load()

        self.choose("board", "board:", [(one.name, one.title) for one in self._open], chosen)

    def do_board_month(self) -> None:
        """The month before the first day, whole."""
        if self._period is None:
            return
        first = date.fromisoformat(self._period.since)
        last = first.replace(day=1) - timedelta(days=1)
        self._period = period_of(last.replace(day=1).isoformat(), last.isoformat())
        self.in_turn(self._load())

    def do_board_now(self) -> None:
        self._period = None
        self.in_turn(self._load())

    def do_board_behind(self) -> None:
        report, row = self._report, self.rows.selected
        if report is None or row is None:
            return
        keys = {name: str(row[1][report.columns.index(name)]) for name in report.figure.keys if name in report.columns}
        self.workstation.show(BehindScreen(report.figure, report.period, keys))

    def do_board_rows(self) -> None:
        from tui.screens.fields import FieldsScreen

        self.workstation.show(FieldsScreen())

    def do_board_export(self) -> None:
        report = self._report
        if report is None:
            return

        async def written() -> None:
            path = outbox() / f"{report.figure.name}-{report.period.until}.csv"
            write_text(path, csv_text(report.columns, report.rows))
            await self.workstation.change(_exported, report.figure.name, path.name)
            self.say(f"{counted(len(report.rows), 'row')} in {path}", "good")

        self.in_turn(written())

    def do_board_page(self) -> None:
        report = self._report
        if report is None:
            return

        async def written() -> None:
            from store.models.columns import now

            actor = await self.workstation.record.actor()
            path = outbox() / f"{report.figure.name}-{report.period.until}.html"
            write_text(path, html_page(report, f"codedesk, {actor.name}, {now()[:16]}Z"))
            await self.workstation.change(_exported, report.figure.name, path.name)
            self.say(f"A page in {path}", "good")

        self.in_turn(written())

    def do_board_publish(self) -> None:
        report = self._whole
        if report is None:
            return

        async def done() -> None:
            from store.reports.publish import publish

            figure_id = await self.workstation.change(publish, report)
            why = f" It has no figure: {report.why}." if report.why else ""
            self.say(f"Published as {figure_id}.{why} codedesk report --repeat proves it.", "good")

        self.confirm(f"Publish {report.figure.title} of {report.period.until}?", done)


def _beside(reader: Reader, period: Period, total_cents: int) -> tuple[Capacity, list[int]]:
    """What it takes to the goal, and what was coded on each of the last days."""
    last = date.fromisoformat(period.until)
    figure = figure_named("coded-a-day")
    days = Period((last - timedelta(days=60)).isoformat(), period.until, period.as_of)
    rows = {row[0]: row[1] for row in read_report(reader, figure, moment_of(figure, days)).rows}
    coded = [int(rows.get((last - timedelta(days=n)).isoformat(), 0)) for n in range(60, -1, -1)]
    return capacity(reader, period, load_settings().dnfb_goal_days, total_cents), coded


def _exported(db: Database, actor: Actor, name: str, file_name: str) -> None:
    """Log that a report was written to a file."""
    with db.change(actor, action="report.export") as change:
        change.log("report.export", "report", name, files=[file_name])


def _columns(report: Report) -> tuple[Column[Any], ...]:
    """The columns of a report, each as wide as it needs; the first text gives way where there is too little room."""
    columns: list[Column[Any]] = [Column("", 1, lambda row: "")]
    cells = told_rows(report)
    for place, name in enumerate(report.columns):
        number = any(isinstance(row[place], int | float) for row in report.rows)
        title = SHORT.get(name) or name.removesuffix("_cents").replace("_", " ").upper()
        need = max([cell_len(row[place]) for row in cells] + [cell_len(title)])
        columns.append(
            Column(
                title,
                0 if not place else need if number else min(need, NARROW),
                lambda row, place=place: cells[row[0]][place],
                align="right" if number and place else "left",
                from_width=100 if name in WHERE_WIDE else 0,
                most=need,
            )
        )
    return tuple(columns)

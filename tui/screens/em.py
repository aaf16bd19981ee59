"""The E/M worksheet (m in the chart): what was done counted by keys, the level with its arithmetic beside it.

Nothing is coded by counting. Where the site has a table of its codes (`em_codes.csv`), Enter takes the one of the
level into the chart, with the arithmetic as its trail.
"""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.containers import Container

from codesets.worksheets.em import Item, Judgement, Visit, criteria, judge
from codesets.worksheets.site_codes import FILE, site_code
from store.coding.entry import AddProcedure
from store.terms import Setting
from tui.cells import Line, wrap
from tui.screens.chart import ChartScreen
from tui.screens.chart.changes import add
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

MOST = 9


class EmScreen(DeskScreen):
    """The worksheet of one visit, over the chart that it was opened from."""

    name_on = "em"

    def __init__(self, chart: ChartScreen) -> None:
        super().__init__()
        self._chart = chart
        setting = chart.on_screen.head.setting if chart.on_screen else None
        self._family = {Setting.EMERGENCY: "emergency", Setting.INPATIENT: "hospital_subsequent"}.get(
            setting,  # type: ignore[arg-type]
            "office_established",
        )
        self._counts: dict[str, int] = {}
        self._minutes = 0

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(self._columns(), headings=False, title="what was done", id="rows")
            yield TextPane(id="why", title="arithmetic")

    @property
    def rows(self) -> RowTable:
        return self.query_one("#rows", RowTable)

    @property
    def pane(self) -> RowTable:
        return self.rows

    @property
    def judgement(self) -> Judgement:
        """What the counts come to now."""
        return judge(Visit(self._family, self._counts, self._minutes, str(self._chart.service_date)))

    @property
    def code(self) -> str:
        """The site's code for the level; empty where it has none."""
        return site_code(self._family, self.judgement.level)

    def place(self) -> tuple[Line, Line]:
        found = self.judgement
        level = f"level {found.level}" if found.level else "no level yet"
        by = {"mdm": " by decision making", "time": " by time"}.get(found.by, "")
        return (("E/M  ", "strong"), (found.family.label, "text")), ((level + by, "strong" if found.level else "dim"),)

    def why_not(self, action: str) -> str:
        if action == "take_level" and not self.judgement.level:
            return "nothing that is counted supports a level yet"
        if action == "take_level" and not self.code:
            return f"no code of this site; {FILE} lists family, level, code"
        if action == "take_level" and (self._chart.final or self._chart.only_reading):
            return "the chart is not open for coding"
        if action == "visit_minutes" and not self.judgement.family.minutes:
            return "time decides no level of this family"
        return ""

    def on_mount(self) -> None:
        super().on_mount()
        self.rows.set_source(ListSource(criteria().items, lambda item: item.id))
        self._show()
        self.say("Space counts one more, 0 to 9 set a number. Count only what the document says.", "dim")

    def unknown_key(self, key: str) -> None:
        if key.isdigit():
            self._set(int(key))

    def do_count_more(self) -> None:
        row: Item | None = self.rows.selected
        if row is not None:
            self._set((self._counts.get(row.id, 0) + 1) % (MOST + 1))

    def do_count_less(self) -> None:
        row: Item | None = self.rows.selected
        if row is not None:
            self._set(max(self._counts.get(row.id, 0) - 1, 0))

    def do_visit_minutes(self) -> None:
        async def given(text: str) -> None:
            if text.strip().isdigit() and int(text) <= 24 * 60:
                self._minutes = int(text)
                self._show()
            else:
                self.say("Expected the total minutes of the day as a number, 0 for none.", "warning")

        self.ask("minutes", "total minutes of the day:", str(self._minutes or ""), given, marked=True)

    def do_visit_family(self) -> None:
        async def chosen(family: str) -> None:
            self._family = family
            self._show()

        self.choose("family", "visit:", [(one.id, one.label) for one in criteria().families], chosen)

    def do_take_level(self) -> None:
        found, code = self.judgement, self.code

        async def taken() -> None:
            trail = "\n".join(f"{step.name}: {step.outcome} ({step.because})" for step in found.steps)
            why = f"E/M worksheet: {found.family.label}, level {found.level} by {found.by}"
            await add(self._chart, AddProcedure("hcpcs", code), why, trail)
            await self.workstation.close(self)
            self._chart.say(f"Added {code}, level {found.level}. u takes it back.", "good")

        self.in_turn(taken())

    def _set(self, count: int) -> None:
        row: Item | None = self.rows.selected
        if row is not None:
            self._counts[row.id] = count
            self._show()

    def _show(self) -> None:
        self.rows.redraw()
        self.query_one("#why", TextPane).show("arithmetic", partial(arithmetic_lines, self.judgement), keep=True)
        self.refresh_frame()

    def _columns(self) -> tuple[Column[Item], ...]:
        return (
            Column("", 10, lambda row: f" {row.element}", style=lambda row: "dim"),
            Column("", 3, lambda row: str(self._counts.get(row.id) or "·"), style=self._style),
            Column("", 0, lambda row: row.label, "ends", style=self._style),
        )

    def _style(self, row: Item) -> str:
        return "strong" if self._counts.get(row.id) else "text"


ONE_LINE = 76
"""From how many cells on a step takes one line, with the sources behind all steps."""


def arithmetic_lines(found: Judgement, width: int) -> list[Line]:
    """The level, then each step with how it came about, and its source."""
    by = {"mdm": "by decision making", "time": "by time"}.get(found.by, "")
    text = f"{found.level} {by}" if found.level else "none is supported"
    lines: list[Line] = [((f" {'level':<16}", "dim"), (text, "good" if found.level else "warning"))]
    if found.warning:
        lines += [((f" {part}", "warning"),) for part in wrap(found.warning, width - 2)]
    for step in found.steps:
        start: Line = ((f" {step.name:<16}", "dim"), (step.outcome, "strong"))
        if width >= ONE_LINE:
            lines.append((*start, (f"  {step.because}", "text")))
        else:
            lines.append(start)
            lines += [(("   ", "text"), (part, "text")) for part in wrap(step.because, width - 4)]
            lines += [(("   ", "text"), (part, "dim")) for part in wrap(step.citation, width - 4)]
    if width >= ONE_LINE:
        lines += [((f" {step.name:<16}", "dim"), (step.citation, "dim")) for step in found.steps]
    return lines

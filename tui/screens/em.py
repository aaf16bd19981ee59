"""The E/M worksheet (m in the chart): what was done counted by keys, the level with its arithmetic beside it.

Nothing is coded by counting. Where the site has a table of its codes (`em_codes.csv`), Enter takes the one of the
level into the chart, with the arithmetic as its trail.
"""

from __future__ import annotations

import json
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container

from codesets.worksheets.em import Item, Judgement, Visit, criteria, judge
from codesets.worksheets.site_codes import FILE, site_code
from store.coding.entry import AddProcedure
from store.queries.drafts import draft_of
from store.terms import Setting
from tui.cells import Line, wrap
from tui.screens.chart import ChartScreen
from tui.screens.chart.changes import add
from tui.screens.desk import DeskScreen, NotAnAnswer
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

MOST = 9
PLACE = "em"
"""What the draft of a worksheet is called beside that of the entry line."""


class EmScreen(DeskScreen):
    """The worksheet of one visit, over the chart that it was opened from."""

    name_on = "em"

    def __init__(self, chart: ChartScreen) -> None:
        super().__init__()
        self._chart = chart
        setting = chart.on_screen.head.setting if chart.on_screen else Setting.CLINIC
        families = {Setting.EMERGENCY: "emergency", Setting.INPATIENT: "hospital_subsequent"}
        self._family = families.get(setting, "office_established")
        self._counts: dict[str, int] = {}
        self._minutes = 0
        self._unsaved = False

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(self._columns(), headings=False, title="what was done", id="rows")
            yield TextPane(id="why", title="arithmetic")

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
        filtered: Line = ((f"/{self.filter_text}  ", "focus"),) if self.filter_text else ()
        return (("E/M  ", "strong"), *filtered, (found.family.label, "text")), (
            (level + by, "strong" if found.level else "dim"),
        )

    def why_not(self, action: str) -> str:
        if action == "take_level" and not self.judgement.level:
            return "nothing that is counted supports a level yet"
        if action == "take_level" and self.code and (self._chart.final or self._chart.only_reading):
            return "the chart is not open for coding"
        if action == "visit_minutes" and not self.judgement.family.minutes:
            return "time decides no level of this family"
        return ""

    def on_mount(self) -> None:
        super().on_mount()
        self.rows.empty = "Nothing that is counted has these words. / and Enter shows all again."
        self.filtered()
        self._show()
        self.say("Space counts one more, 0 to 9 set a number. Count only what the document says.", "dim")
        self.in_turn(self._resume())

    async def _resume(self) -> None:
        """Show what this person counted at the visit before."""
        if self._chart.on_screen is None:
            return
        record = self.workstation.record
        actor = await record.actor()
        kept = await record.read(draft_of, self._chart.on_screen.head.encounter_id, actor.person_id, PLACE)
        if kept:
            visit = from_text(kept, self._family)
            self._family, self._counts, self._minutes = visit.family, dict(visit.counts), visit.minutes
            self._show()

    async def _keep(self) -> None:
        """Keep what is counted with the chart."""
        from store.coding.drafts import save_draft

        self._unsaved = False
        if self._chart.on_screen is not None:
            text = as_text(Visit(self._family, self._counts, self._minutes))
            await self.workstation.change(save_draft, self._chart.on_screen.head.encounter_id, text, PLACE)

    async def put_away(self) -> None:
        if self._unsaved:
            await self._keep()

    def _changed(self) -> None:
        """Show what came of a key, and keep it."""
        self._unsaved = not self._chart.only_reading
        self._show()
        if self._unsaved:
            self.work(self._keep(), group="keep", exclusive=True)

    def do_to_problems(self) -> None:
        self._to("problems")

    def do_to_data(self) -> None:
        self._to("data")

    def do_to_risk(self) -> None:
        self._to("risk")

    def _to(self, element: str) -> None:
        """Go to the first row of an element; all rows are shown then."""
        if self.filter_text:
            self.filter_text = ""
            self.filtered()
        places = [at for at, item in enumerate(criteria().items) if item.element == element]
        self.rows.move_to(places[-1])  # so that as much of it as there is room for is in sight
        self.rows.move_to(places[0])

    def do_count_filter(self) -> None:
        self.do_filter()

    def filtered(self) -> None:
        """Show the rows that have every word of the filter; the cursor stays on its own where it is among them."""
        shown = [item for item in criteria().items if self.passes_filter(f"{item.element} {item.label}")]
        self.rows.set_source(ListSource(shown, lambda item: item.id))
        self.refresh_frame()

    def copied(self) -> str:
        return self._in_words()

    def _in_words(self) -> str:
        """The level with its arithmetic in one line, for a field of another program."""
        found = self.judgement
        steps = "; ".join(f"{step.name}: {step.outcome} ({step.because})" for step in found.steps)
        return f"{found.family.label}, level {found.level} by {found.by}: {steps}" if found.level else ""

    def unknown_key(self, key: str) -> bool:
        if key.isdecimal():
            self._set(int(key))
        return key.isdecimal()

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
            if text.strip().isdecimal() and int(text) <= 24 * 60:
                self._minutes = int(text)
                self._changed()
            else:
                raise NotAnAnswer("Expected the total minutes of the day as a number, 0 for none.")

        self.ask("minutes", "total minutes of the day:", str(self._minutes or ""), given, marked=True)

    def do_visit_family(self) -> None:
        async def chosen(family: str) -> None:
            self._family = family
            self._changed()

        self.choose("family", "visit:", [(one.id, one.label) for one in criteria().families], chosen)

    def do_take_level(self) -> None:
        found, code = self.judgement, self.code
        if not code:
            by = "decision making" if found.by == "mdm" else found.by
            self.say(f"Level {found.level} by {by}. No code of this site: y copies it as text. ({FILE})", "warning")
            return

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
            self._changed()

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


def as_text(visit: Visit) -> str:
    """A worksheet as its draft is kept: family, minutes and counts; empty where nothing is counted."""
    counts = {name: count for name, count in visit.counts.items() if count}
    return json.dumps([visit.family, visit.minutes, counts]) if counts or visit.minutes else ""


def from_text(text: str, usual: str) -> Visit:
    """The worksheet of a draft; what this version does not know any more is left out."""
    family, minutes, counts = json.loads(text)
    known = {item.id for item in criteria().items}
    families = {one.id for one in criteria().families}
    return Visit(
        family if family in families else usual,
        {name: count for name, count in counts.items() if name in known},
        minutes,
    )


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
            first, *more = wrap(f"{step.outcome}  {step.because}", width - 18)
            lines.append((*start, (first.removeprefix(step.outcome), "text")))
            lines += [((" " * 17, "text"), (part, "text")) for part in more]
        else:
            lines.append(start)
            lines += [(("   ", "text"), (part, "text")) for part in wrap(step.because, width - 4)]
            lines += [(("   ", "text"), (part, "dim")) for part in wrap(step.citation, width - 4)]
    if width >= ONE_LINE:
        lines += [((" ", "text"),), ((" sources", "strong"),)]
        lines += [((f" {step.name:<16}", "dim"), (step.citation, "dim")) for step in found.steps]
    return lines

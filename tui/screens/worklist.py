"""The worklists (F3): charts that wait, why each stands where it stands, and the way into them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from store.queries.worklists import (
    COUNT_CAP,
    PAGE_ROWS,
    LeftOpen,
    Listing,
    Sort,
    WhyHere,
    WorklistCount,
    WorkRow,
    left_open,
    page_around,
    units_today,
    why_here,
    worklist_count,
    worklist_counts,
    worklist_page,
)
from store.terms import WorkStatus, clock_time
from tui.cells import Line, counted, wrap
from tui.money import dollars
from tui.screens.desk import DeskScreen
from tui.widgets.paged import PagedSource, PageNeed
from tui.widgets.row_table import Column, RowTable
from tui.widgets.text_pane import TextPane

HOLD_REASONS = [
    ("operative report missing", "records"),
    ("discharge summary missing", "records"),
    ("signature missing", "records"),
    ("pathology pending", "records"),
    ("query to the provider", "physician"),
    ("conflicting documentation", "physician"),
    ("charge missing or late", "charge department"),
    ("coverage or authorization", "registration"),
    ("patient class or disposition", "registration"),
    ("second review", "coder"),
]


WARM_SECONDS = 0.05
"""How long the first frame has for itself before what the next keys need is loaded."""


class WorklistScreen(DeskScreen):
    """One worklist at a time, sorted by its priority."""

    name_on = "worklist"
    desk = "worklists"

    def __init__(self) -> None:
        super().__init__()
        self._worklist: str | None = None
        self._counts: list[WorklistCount] = []
        self._sort = Sort.ORDER
        self._finished = False
        self._shown = False
        self._units = ""
        self._me: str | None = None
        self._today = date.today()

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(self._columns(), id="rows")
            yield TextPane(id="why", title="why here")

    @property
    def rows(self) -> RowTable:
        return self.query_one("#rows", RowTable)

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_screen_resume(self) -> None:
        self.reload()

    def place(self) -> tuple[Line, Line]:
        what = "final coded" if self._finished else "ready to code"
        start: Line = (("Worklists", "strong"), ("  ", "text"), (f"{self._worklist or 'all'}, {what}", "text"))
        if self.filter_text:
            start = (*start, (f"  /{self.filter_text}", "focus"))
        if self._sort != Sort.ORDER:
            start = (*start, (f"  by {self._sort.value}", "dim"))
        count = self.rows.count if self.is_mounted else 0
        more = "+" if count == COUNT_CAP else ""
        where = f"{self.rows.index + 1:,} of {count:,}{more}" if count else "0"
        return start, ((where, "text"), (f"   {self._units}", "dim"))

    def why_not(self, action: str) -> str:
        if action in ("open", "hold") and self.rows.selected is None:
            return "there is no chart under the cursor"
        if action == "next_chart" and self._finished:
            return "these charts are final coded; z shows the open ones"
        return ""

    def reload_and_say(self, text: str) -> None:
        """Read the worklist again and say something about what changed."""
        self.reload()
        self.say(text)

    def record_changed(self) -> None:
        if self._shown and not self.choices.has_class("-open"):
            self.reload()

    def reload(self) -> None:
        """Read the worklist again; the cursor stays on its chart."""
        self.work(self._reload(), group="rows", exclusive=True)

    async def _reload(self) -> None:
        record = self.workstation.record
        actor = await record.actor()
        self._me, self._today = actor.person_id, self.workstation.today
        self._counts = await record.read(worklist_counts)
        if self._worklist is None and self._counts:
            self._worklist = max(self._counts, key=lambda count: count.ready).worklist
        source = await self._source()
        if actor.person_id:
            done = await record.read(units_today, actor.person_id, date.today().isoformat())
            self._units = f"{actor.login} {done} today"
        self.rows.empty = self._empty()
        self.rows.set_source(source)
        self.refresh_frame()
        if not self._shown:
            self._shown = True
            self.set_timer(WARM_SECONDS, self.workstation.warm)
            if actor.person_id and (left := await record.read(left_open, actor.person_id)):
                self._offer(left)

    def _offer(self, left: LeftOpen) -> None:
        """Offer the chart that the person was in when the line broke."""

        async def go_on() -> None:
            await self.workstation.open_again(left.work_item_id)

        at = clock_time(left.since)
        typed = f" with {left.typed!r} typed" if left.typed else ""
        self.confirm(f"Go on with {left.patient}, left at {at}{typed}?", go_on)

    async def _source(self) -> PagedSource[WorkRow]:
        """The list as it is now, with the page under the cursor read already."""
        record = self.workstation.record
        listing = Listing(self._worklist, self._sort, self.filter_text, self._finished)
        count = await record.read(worklist_count, listing)

        def read(need: PageNeed[WorkRow]) -> None:
            self.work(self._read(source, listing, need), group="pages")

        source = PagedSource(min(count, COUNT_CAP), PAGE_ROWS, lambda row: row.id, read, count > COUNT_CAP)
        source.fill(0, await record.read(worklist_page, listing))
        if self.rows.index >= PAGE_ROWS and isinstance(row := self.rows.selected, WorkRow):
            number, rows = await record.read(page_around, listing, row)
            source.fill(number, rows)
        return source

    async def _read(self, source: PagedSource[WorkRow], listing: Listing, need: PageNeed[WorkRow]) -> None:
        rows = await self.workstation.record.read(worklist_page, listing, need.after, need.before, need.last)
        source.fill(need.number, rows)
        self.rows.redraw()

    def _empty(self) -> str:
        if self.filter_text:
            return f"Nothing here has “{self.filter_text}”. / and Enter shows all again."
        waiting = sum(count.ready for count in self._counts)
        if not self._counts:
            return "No charts yet. codedesk intake PATH takes some in; codedesk demo has made-up ones."
        if self._finished:
            return f"Nothing is final coded in {self._worklist}. z shows the open charts."
        return f"No charts are ready in {self._worklist}. v shows the other lists ({waiting} ready)."

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.refresh_frame()
            self._explain()

    @work(exclusive=True, group="why")
    async def _explain(self) -> None:
        row: WorkRow | None = self.rows.selected
        why = await self.workstation.record.read(why_here, row.id) if row else None
        pane = self.query_one("#why", TextPane)
        if row is None or why is None:
            pane.show("why here", lambda width: ())
        else:
            pane.show("why here", lambda width: _why_lines(row, why, width), note=row.patient if self.wide else "")

    def copied(self) -> str:
        row: WorkRow | None = self.rows.selected
        return f"{row.mrn}  {row.patient}  {row.service_date}" if row else ""

    def do_open(self) -> None:
        row: WorkRow = self.rows.selected
        self.workstation.open_chart(row.id)

    def do_next_chart(self) -> None:
        self.workstation.next_chart(self._worklist or "")

    def do_sort(self) -> None:
        orders = list(Sort)
        self._sort = orders[(orders.index(self._sort) + 1) % len(orders)]
        self.reload()
        self.say(f"Sorted by {self._sort.value}.")

    def do_finished(self) -> None:
        self._finished = not self._finished
        self.reload()

    def filtered(self) -> None:
        self.reload()

    def do_other_worklist(self) -> None:
        options = [
            (c.worklist, f"{c.ready:>4} ready  {c.in_progress:>3} open  {c.on_hold:>3} on hold  {c.final:>4} final")
            for c in self._counts
        ]

        async def chosen(name: str) -> None:
            self._worklist, self.filter_text = name, ""
            self.rows.move_to(0)
            self.reload()

        self.choose("worklist", "worklist:", options, chosen)

    def do_hold(self) -> None:
        row: WorkRow = self.rows.selected
        if row.status == WorkStatus.ON_HOLD:

            async def clear() -> None:
                from store.holds import clear_holds

                await self.workstation.change(clear_holds, row.id)
                self.reload()
                self.say(f"Holds of {row.patient} cleared: ready again.")

            self.confirm("Clear its holds?", clear)
            return
        hold_chart(self, row.id, row.patient, self.reload_and_say)

    def _columns(self) -> tuple[Column[WorkRow], ...]:
        return (
            Column(
                "",
                2,
                lambda row: " " + row.mark(self._me),
                style=lambda row: _mark_style(row, self._me),
                said=lambda row: _mark_words(row, self._me),
            ),
            Column("PRI", 3, lambda row: str(row.priority), align="right"),
            Column("SERVICE", 10, lambda row: row.service_date),
            Column("PATIENT", 0, lambda row: row.patient),
            Column("MRN", 8, lambda row: row.mrn),
            Column("PAYER", 0, lambda row: row.payer),
            Column("TYPE", 9, lambda row: row.setting.label, from_width=96),
            Column("$", 9, lambda row: dollars(row.cents), align="right"),
            Column("AGE", 4, lambda row: f"{self._age(row)}d", align="right"),
        )

    def _age(self, row: WorkRow) -> int:
        return (self._today - date.fromisoformat(row.service_date)).days


def hold_chart(screen: DeskScreen, work_item_id: str, patient: str, held: Callable[[str], None]) -> None:
    """Ask for a reason and put a chart on hold; `held` is called with what then is said. For worklist and chart."""
    options = [(reason, f"waits for {owner}") for reason, owner in HOLD_REASONS]

    async def chosen(reason: str) -> None:
        from store.holds import hold

        owner = dict(HOLD_REASONS)[reason]
        await screen.workstation.change(hold, work_item_id, reason, owner)
        held(f"{patient} is on hold: {reason} ({owner}). h clears it.")

    screen.choose("hold", "hold for:", options, chosen)


def _mark_style(row: WorkRow, me: str | None) -> str:
    return {"H": "warning", "@": "dim", "+": "focus", "✓": "good", "#": "warning"}.get(row.mark(me), "text")


def _mark_words(row: WorkRow, me: str | None) -> str:
    words = {
        "H": "on hold",
        "@": "open by another person",
        ">": "yours",
        "+": "new document",
        "✓": "final coded",
        "#": "restricted",
    }
    return words.get(row.mark(me), "")


def _why_lines(row: WorkRow, why: WhyHere, width: int) -> list[Line]:
    parts = " + ".join(f"{points} {words}" for points, words in why.reasons) or "no reason beyond its place"
    inside = ", ".join(counted(n, noun) for n, noun in ((why.documents, "document"), (why.codes, "code")))
    lines: list[Line] = [(("@ ", "warning"), (f"open by {row.open_by}", "warning"))] if row.open_by else []
    lines += [(("rule ", "dim"), (text, "text")) for text in wrap(why.rule, width - 6)[:1]]
    lines += [((f"{text}", "text"),) for text in wrap(f"{why.priority} = {parts}", width - 1)]
    lines.append(((f"{inside}, {counted(len(why.holds), 'hold')}", "text"),))
    for hold in why.holds:
        lines.append((("H ", "warning"), (hold, "warning")))
    if why.reason_for_visit:
        lines += [((text, "dim"),) for text in wrap(f"visit: {why.reason_for_visit}", width - 1)]
    return [((" ", "text"), *line) for line in lines]

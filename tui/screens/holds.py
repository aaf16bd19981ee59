"""The holds (g h): why charts wait, for whom and since when; cleared here, or the chart is opened."""

from __future__ import annotations

from textual.app import ComposeResult

from store.queries.holds import HoldFilter, HoldRow, OwnerCount, hold_counts, hold_list
from tui.cells import Line, counted, days_in, labeled
from tui.money import dollars
from tui.screens.desk import following
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

EMPTY = "No hold is like that. v shows other holds, o those of another owner."


class HoldsScreen(ListScreen):
    """Holds of one kind and owner, the oldest first."""

    name_on = "holds"
    desk = "holds"

    def __init__(self) -> None:
        super().__init__()
        self._show = HoldFilter.OPEN
        self._owner = ""
        self._counts: list[OwnerCount] = []

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY)

    def record_changed(self) -> None:
        self.reload()

    def place(self) -> tuple[Line, Line]:
        start, end = self.list_place("Holds", f"{self._show.value}{f', {self._owner}' if self._owner else ''}")
        late = sum(one.late for one in self._counts)
        return start, (*(((f"{late} late   ", "warning"),) if late else ()), *end)

    def why_not(self, action: str) -> str:
        row: HoldRow | None = self.rows.selected if self.is_mounted else None
        if action in ("open_held", "clear_hold") and row is None:
            return "there is no hold under the cursor"
        if action == "clear_hold" and row and row.cleared_on:
            return f"it was cleared on {row.cleared_on}"
        return ""

    async def read_rows(self) -> None:
        record, today = self.workstation.record, self.workstation.today
        actor = await record.actor()
        rows = await record.read(hold_list, today, self._show, self._owner, actor.person_id or "-")
        self._counts = await record.read(hold_counts, today)
        shown = [row for row in rows if self.passes_filter(_searched(row))]
        self.rows.set_source(ListSource(shown, lambda row: row.id))
        self.refresh_frame()
        self.show_page_here()

    def show_page_here(self) -> None:
        row: HoldRow | None = self.rows.selected
        pane = self.page_pane
        if row is None:
            pane.show("owners", lambda width: owner_lines(self._counts))
        else:
            pane.show(
                row.hold_reason, lambda width: [*hold_lines(row, width), (), *owner_lines(self._counts)], row.owner
            )

    def copied(self) -> str:
        row: HoldRow | None = self.rows.selected
        return f"{row.mrn}  {row.patient}  {row.hold_reason}  {row.owner}" if row else ""

    def do_hold_view(self) -> None:
        self._show = following(self._show)
        self.reload()

    def do_hold_owner(self) -> None:
        options = [("all", f"{sum(one.holds for one in self._counts)} holds")]
        options += [(one.owner, f"{counted(one.charts, 'chart')}, {one.late} late") for one in self._counts]

        async def chosen(name: str) -> None:
            self._owner = "" if name == "all" else name
            self.reload()

        self.choose("owner", "holds of:", options, chosen)

    def do_clear_hold(self) -> None:
        row: HoldRow = self.rows.selected

        async def cleared() -> None:
            from store.holds import clear_hold

            ready = await self.workstation.change(clear_hold, row.id)
            await self.read_rows()
            said = "is ready again" if ready else "has other holds"
            self.say(f"{row.hold_reason} cleared: {row.patient} {said}.", "good")

        self.confirm(f"Clear {row.hold_reason} of {row.patient}?", cleared)

    def do_open_held(self) -> None:
        row: HoldRow = self.rows.selected
        self.in_turn(self._look(row.work_item_id))

    async def _look(self, work_item_id: str) -> None:
        from store.coding.opening import look_at_chart
        from tui.screens.chart import ChartScreen

        opened = await self.workstation.change(look_at_chart, work_item_id)
        reading = "it is on hold"
        screen = ChartScreen(
            opened.work_item_id, opened.coding_id, opened.draft, reading, opened.emergency, opened.reading
        )
        await self.workstation.push_screen(screen)


def hold_lines(row: HoldRow, width: int) -> list[Line]:
    """A hold whole: whose, since when, until when, what clears it."""
    from store.holds.reasons import hold_reasons

    lines: list[Line] = []

    def put(label: str, text: str, style: str = "text") -> None:
        lines.extend(labeled(label, text, width, style))

    reason = hold_reasons().get(row.reason_id)
    put("Chart", f"{row.patient}  {row.mrn}  {row.service_date}  {row.worklist}  {dollars(row.cents)}")
    put("Waits for", row.owner + (f", {row.physician}" if row.physician else ""), "strong")
    put("About", row.about_on)
    put("Since", f"{row.opened_on} ({row.days}d), {row.opened_by}")
    put("Due", row.due_on, "error" if row.late else "text")
    put("Clears", (reason.told.removeprefix("clears ") if reason else "by a person") if not row.cleared_on else "")
    put("Note", row.note)
    put("Cleared", " ".join(filter(None, (row.cleared_on, row.cleared_by, row.cleared_why))), "good")
    return lines


def owner_lines(counts: list[OwnerCount]) -> list[Line]:
    """What waits for whom."""
    return [
        (
            (f" {one.owner:<18}", "text"),
            (f" {counted(one.charts, 'chart'):>11} {dollars(one.cents):>12}", "text"),
            (f" {one.late:>3} late", "warning" if one.late else "dim"),
            (f"  oldest {one.oldest}d", "dim"),
        )
        for one in counts
    ]


def _searched(row: HoldRow) -> str:
    return " ".join((row.patient, row.mrn, row.hold_reason, row.owner, row.physician, row.worklist)).lower()


_COLUMNS: tuple[Column[HoldRow], ...] = (
    Column("", 2, lambda row: " !" if row.late else "", style=lambda row: "error", said=lambda row: "late"),
    Column("AGE", 5, lambda row: days_in(row.days), align="right"),
    Column("PATIENT", 20, lambda row: row.patient),
    Column("REASON", 0, lambda row: row.hold_reason),
    Column("WAITS FOR", 17, lambda row: row.owner),
    Column("PHYSICIAN", 16, lambda row: row.physician, from_width=100),
    Column("DUE", 10, lambda row: row.due_on, style=lambda row: "error" if row.late else "text"),
    Column("$", 10, lambda row: dollars(row.cents), align="right", from_width=90),
)

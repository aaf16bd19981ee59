"""The list behind a number of a board: its visits, the oldest first, and their charts one key away."""

from __future__ import annotations

from textual.app import ComposeResult

from store.reports.behind import MOST_BEHIND, OF_CHARTS, CountBehind, VisitRow, count_behind, visits_behind
from store.reports.catalog import Figure
from store.reports.period import Period
from tui.cells import Line, counted, days_in
from tui.money import dollars
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable

GONE = "No visit is behind it any more: the record has moved on."


class BehindScreen(DeskScreen):
    """The visits behind a number; Enter opens the chart of one."""

    name_on = "behind"

    def __init__(self, figure: Figure, period: Period, keys: dict[str, str]) -> None:
        super().__init__()
        self._figure, self._period, self._keys = figure, period, keys
        self._cents = 0
        self._count = CountBehind(0, 0)
        self._found: list[VisitRow] = []

    def compose_work(self) -> ComposeResult:
        yield RowTable(BEHIND, id="rows", empty=GONE, unread=True)

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._load())

    def place(self) -> tuple[Line, Line]:
        told = ", ".join(self._keys.values()) or self._figure.title
        start: Line = ((told, "strong"), (f"  {self._figure.title}", "text"))
        if self.filter_text:
            start = (*start, (f"  /{self.filter_text}", "focus"))
        money: Line = ((f"{dollars(self._cents)}  ", "text"),) if self._found else ()
        return start, (*money, *self.rows_place())

    def why_not(self, action: str) -> str:
        row: VisitRow | None = self.rows.selected if self.is_mounted else None
        if action == "behind_open" and (row is None or not row.work_item_id):
            return "no chart in a worklist is under the cursor"
        return ""

    async def _load(self) -> None:
        read = self.workstation.record.read
        self._found = await read(visits_behind, self._figure, self._period, self._keys)
        self._count = await read(count_behind, self._figure, self._period, self._keys)
        self._tell_count()
        self.filtered()

    def _tell_count(self) -> None:
        """Say what the number counts where that is not visits, and what of it is not in the list."""
        count, visits = self._count, len(self._found)
        what = self._figure.counts[0] if self._figure.counts else "charts"
        if count.things == visits:
            return
        nowhere = f"; {count.nowhere:,} belong to no visit here" if count.nowhere else ""
        hidden = "; restricted charts are not listed" if OF_CHARTS & self._keys.keys() and not nowhere else ""
        first = f"; the first {MOST_BEHIND:,} are listed" if visits == MOST_BEHIND else hidden
        self.say(f"{count.things:,} {what} in {counted(visits, 'visit')}{nowhere or first}.")

    def filtered(self) -> None:
        rows = [row for row in self._found if self.passes_filter(_searched(row))]
        self._cents = sum(row.cents or 0 for row in rows)
        self.rows.set_source(ListSource(rows, lambda row: row.encounter_id))
        self.refresh_frame()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        self.refresh_frame()

    def copied(self) -> str:
        row: VisitRow | None = self.rows.selected
        return f"{row.service_date}  {row.patient}  {row.mrn}  {row.payer}" if row else ""

    def do_behind_open(self) -> None:
        self.workstation.opening.chart(self.rows.selected.work_item_id)


def _searched(row: VisitRow) -> str:
    return " ".join((row.service_date, row.patient, row.mrn, row.payer, row.setting.value, row.state)).lower()


BEHIND: tuple[Column[VisitRow], ...] = (
    Column("", 1, lambda row: ""),
    Column("SERVICE", 10, lambda row: row.service_date),
    Column("PATIENT", 0, lambda row: row.patient),
    Column("MRN", 9, lambda row: row.mrn),
    Column("PAYER", 14, lambda row: row.payer),
    Column("TYPE", 9, lambda row: row.setting.label, from_width=100),
    Column("$", 11, lambda row: dollars(row.cents), align="right"),
    Column("AGE", 5, lambda row: days_in(row.age), align="right"),
    Column("STATE", 12, lambda row: row.state, from_width=100),
)

"""The line of the DRG below the codes of a stay: grouped beside the keys, and anew while the grouper starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codesets.grouping.answer import Ungrouped
from codesets.grouping.reasons import Explained
from store.coding.grouping import drg_of, is_stay, stay_drg
from tui.screens.chart.drg import drg_line, drg_lines
from tui.screens.chart.view import ChartOnScreen
from tui.widgets.painted import Painted

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen

STARTING_SECONDS = 1.0
"""After how long a grouper that starts is asked again."""


class StayLine:
    """The DRG of one chart, as it was grouped last; nothing for a visit that is no stay."""

    def __init__(self, chart: ChartScreen) -> None:
        self._chart = chart
        self._drg: Explained | Ungrouped | None = None

    def group(self) -> None:
        """Group an inpatient stay beside the keys, and show its line and, where they are open, its reasons."""
        shown = self._chart.on_screen
        if shown is not None and is_stay(shown.head):
            self._chart.add_class("-stay")
            self._chart.work(self._show(shown), group="drg", exclusive=True)

    async def _show(self, shown: ChartOnScreen) -> None:
        chart = self._chart
        self._drg = await chart.workstation.codes.ask(drg_of, shown.head, shown.codes)
        self.paint()
        if isinstance(self._drg, Ungrouped) and self._drg.starting:
            chart.set_timer(STARTING_SECONDS, self.group)
            return
        if chart.reading.shows("drg"):
            stay = await chart.workstation.codes.ask(stay_drg, shown.head, shown.codes)
            chart.reading.renew("drg", drg_lines(stay))

    def paint(self) -> None:
        """Draw the line for the width that the window has."""
        width = self._chart.size.width or self._chart.app.size.width
        self._chart.query_one("#drg", Painted).paint([drg_line(self._drg, width)])

"""The codes of an open chart as they are drawn: with their titles, what the edits find on them, and the release.

The code sets are asked once for a reading of the chart; what was looked up is drawn as often as the window asks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from codesets.edits import CodeFinding
from store.coding.codes import Codes
from store.coding.facility_claim import billed_cents
from store.terms import CodingKind
from tui.cells import counted
from tui.money import dollars
from tui.screens.chart import panes
from tui.screens.chart.view import ChartOnScreen, changed_row, code_lines, look_up, tally
from tui.screens.desk import WIDE

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen

FEWEST_ROWS, MOST_ROWS = 6, 12
"""How tall the codes stand at 80 columns; the document has the rest."""


class CodesShown:
    """What the code sets said last of the codes of one chart."""

    def __init__(self, chart: ChartScreen) -> None:
        self._chart = chart
        self._flags: dict[str, str] = {}
        self._height: int | None = None
        self.titles: dict[tuple[str, str], str] = {}
        """The titles of the codes looked up so far, by system and code without dot."""
        self.findings: tuple[CodeFinding, ...] = ()
        """What the edits found on the codes as they are."""
        self.release = ""
        """The release of the code sets that is in force for the visit."""

    async def look_up(self, chart: ChartOnScreen) -> None:
        """Ask for titles, findings, flags and the release of the codes of the chart."""
        asked = await self._chart.workstation.codes.ask(look_up, chart, tuple(self.titles))
        self.titles |= asked.titles
        self.findings, self.release, self._flags = asked.findings, asked.release, asked.flags

    async def look_up_and_show(self, before: Codes | None = None) -> None:
        """Draw the codes and what the edits find; a row that differs from `before` is brought into sight."""
        if (chart := self._chart.on_screen) is not None:
            await self.look_up(chart)
            self.show(before)

    def show(self, before: Codes | None) -> None:
        """Draw the codes as they were looked up, and anew what else on the screen goes by them."""
        screen, chart = self._chart, self._chart.on_screen
        if chart is None:
            return
        if before is not None and before != chart.codes:
            screen.cursor.row = None
        self.draw()
        if before is not None and (changed := changed_row(before, chart.codes)) is not None:
            screen.call_after_refresh(screen.codes_pane.reveal, changed)
        screen.refresh_frame()
        screen.stay.group()
        if not screen.reading.of_document:
            screen.work(panes.renew(screen), group="renew", exclusive=True)

    def draw(self) -> None:
        """Draw the codes as they were looked up last, with the cursor where it is."""
        screen, chart = self._chart, self._chart.on_screen
        if chart is None:
            return
        codes = chart.codes
        cents = billed_cents(chart.head, codes, chart.around)
        money = dollars(cents) if chart.head.kind == CodingKind.PROFESSIONAL else f"{dollars(cents)} charged"
        title = f"Codes  {counted(len(codes.diagnoses), 'diagnosis')}, {counted(len(codes.lines), 'line')}, {money}"
        content = partial(code_lines, chart, self.titles, self._flags, self.findings, screen.cursor.row)
        width = screen.app.size.width  # the screen's own still is the old one while a window changes
        beside = width >= WIDE and not screen.workstation.linear
        height = None if beside else min(max(len(content(width)) + 1, FEWEST_ROWS), MOST_ROWS)
        if height != self._height:
            self._height = screen.codes_pane.styles.height = height
        screen.codes_pane.show(title, content, tally(self.findings), keep=True)
        if screen.cursor.row is not None:
            screen.codes_pane.reveal(screen.cursor.row)

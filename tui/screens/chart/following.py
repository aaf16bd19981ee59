"""What others change of a chart while it is open: shown at once where it can be, told in a word where it cannot.

What came to the chart is there to be read; codes that another session changed meet the next entry. In a chart that
another person has taken over there is no next entry: its codes follow, as in one that is only read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen


class Following:
    """Keeps one open chart as the record has it, one change after the other: one cut off would draw the half of it."""

    def __init__(self, chart: ChartScreen) -> None:
        self._chart = chart
        self._newer = self._at_work = False
        self._told_version = 0
        """The version of the codes that the person was told of."""

    def record_changed(self) -> None:
        """Somebody else has changed the record: look what became of this chart."""
        self._newer = True
        if self._chart.on_screen is not None and not self._at_work:
            self._chart.work(self._follow_on(), group="follow")

    async def _follow_on(self) -> None:
        self._at_work = True
        try:
            while self._newer:
                self._newer = False
                await self._follow()
        finally:
            self._at_work = False

    async def _follow(self) -> None:
        """Show what others have changed: at once where nothing can be entered, else what came, and a word on codes."""
        chart = self._chart
        shown = chart.on_screen
        now = await chart.read()
        if shown is None or chart.on_screen is not shown:
            return
        changed = now.head.coding_version != shown.head.coding_version
        came = (now.documents, now.late) != (shown.documents, shown.late)
        own = {name: getattr(shown.head, name) for name in ("coding_id", "coding_status", "coding_version")}
        read_only = bool(chart.only_reading or chart.taken_over_in(now))
        head = now.head if read_only else replace(now.head, **own)
        moved = (head, now.canceled, now.holder) != (shown.head, shown.canceled, shown.holder)
        if read_only and (changed or came or moved):
            await chart.follow(now, draw=True)
        elif came or moved:
            await chart.follow(replace(now, head=head, codes=shown.codes), draw=moved)
        if came and chart.reading.of_document:
            chart.reading.show_document()
        if now.canceled and now.canceled != shown.canceled:
            chart.say(f"{now.canceled[:1].upper()}{now.canceled[1:]}.", "error")
        elif chart.taken_over and now.holder != shown.holder:
            chart.say(f"{chart.taken_over}; your codes are in it.", "warning")
        elif head.mrn != shown.head.mrn:
            chart.say(f"The record number is {head.mrn} now; it was {shown.head.mrn}.", "warning")
        elif came and now.late.why != shown.late.why:
            chart.say(f"New just now: {now.late.why}. L shows what is new.", "warning")
        elif changed and not read_only and self._told_version != now.head.coding_version:
            self._told_version = now.head.coding_version
            chart.say("Another session has changed this chart. Your next entry shows both sides.", "warning")

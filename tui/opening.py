"""Opening charts and claims: a chart to be coded, or to be read by whoever does not code it.

The glass of a restricted one is broken first (`tui.glass`). What is open here for coding is held against other
sessions of the same person.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from store.open_charts import OpenCharts
from store.permissions import refusal
from tui.glass import break_the_glass

if TYPE_CHECKING:
    from store.coding.opening import OpenedChart
    from tui.app import Workstation
    from tui.screens.chart import ChartScreen


class Opening:
    """The way to a chart or a claim from whichever screen names it."""

    def __init__(self, app: Workstation) -> None:
        self._app = app
        self._held = OpenCharts()

    def chart(self, work_item_id: str) -> None:
        """Open a chart of a worklist: to be coded, or to be read by whoever does not code it."""
        self._app.in_turn(self.chart_now(work_item_id))

    def chart_of(self, coding_id: str) -> None:
        """Open the chart that a coding belongs to; a final one is opened to look at."""
        self._app.in_turn(self._chart_of(coding_id))

    async def _chart_of(self, coding_id: str) -> None:
        from store.queries.codings import work_item_of

        work_item_id = await self._app.record.read(work_item_of, coding_id)
        if work_item_id:
            await self.chart_now(work_item_id)

    async def chart_now(self, work_item_id: str) -> None:
        """Open a chart of a worklist, from within a job that keys wait for."""
        from store.access import ChartRestricted
        from store.coding.opening import look_at_chart
        from store.worklists import ChartOnHold, ChartOpenElsewhere
        from tui.screens.chart import ChartScreen

        actor = await self._app.record.actor()
        why_reading, on_hold = refusal(actor.role, "do", "chart.open"), False
        try:
            if not why_reading:
                try:
                    opened = await self.take(work_item_id, actor.login)
                except (ChartOnHold, ChartOpenElsewhere) as error:
                    why_reading, on_hold = error.message, isinstance(error, ChartOnHold)
            if why_reading:
                opened = await self._app.change(look_at_chart, work_item_id)
        except ChartRestricted as error:
            break_the_glass(self._app.front, work_item_id, error, partial(self.chart_now, work_item_id))
            return
        screen = ChartScreen(
            opened.work_item_id,
            opened.coding_id,
            opened.draft,
            why_reading,
            opened.emergency,
            opened.reading,
            opened.question,
            on_hold,
        )
        await self._push(screen)

    async def take(self, work_item_id: str, login: str) -> OpenedChart:
        """Open a chart for coding. Raises ChartOpenElsewhere for one of another session of the same person, too."""
        from store.coding.opening import open_chart
        from store.worklists import ChartOpenElsewhere

        if not self._held.hold(work_item_id, login):
            raise ChartOpenElsewhere("you have this chart open in another session", "code it there, or leave it there")
        try:
            return await self._app.change(open_chart, work_item_id)
        except BaseException:
            self._held.let_go(work_item_id)
            raise

    def next_chart(self, worklist: str, leaving: ChartScreen | None = None, told: str = "") -> None:
        """Take the next ready chart of a worklist; the chart that is left is given back unless it is final.

        `told` is said before what the chart says when it is opened.
        """
        self._app.in_turn(self._next(worklist, leaving, told))

    async def _next(self, worklist: str, leaving: ChartScreen | None, told: str) -> None:
        from store.coding.opening import open_next
        from tui.screens.chart import ChartScreen

        opened = await self._app.change(open_next, worklist)
        if opened is None:
            self._app.front.say(f"No chart is ready in {worklist}.", "warning")
            return
        if leaving is not None:
            await self._app.close(leaving)
        # A lease that ran out may have brought a chart here that another session of the same person still shows.
        mine = self._held.hold(opened.work_item_id, (await self._app.record.actor()).login)
        reading = "" if mine else "you have this chart open in another session"
        chart = ChartScreen(
            opened.work_item_id,
            opened.coding_id,
            opened.draft,
            reading,
            left_at=opened.reading,
            question=opened.question,
            told=told,
        )
        await self._push(chart)

    async def _push(self, chart: ChartScreen) -> None:
        """Put a chart on the screen, read already."""
        await chart.read_ahead()
        await self._app.push_screen(chart)

    def let_go(self, work_item_id: str) -> None:
        """A chart is no longer open here."""
        self._held.let_go(work_item_id)

    def let_all_go(self) -> None:
        """No chart is any longer open here."""
        self._held.let_all_go()

    async def claim(self, claim_id: str) -> None:
        """Open a claim; that of a restricted patient to whoever was let at the charts."""
        from store.access import closed_to
        from store.queries.restricted import patient_of, task_of_claim
        from tui.screens.claim import ClaimScreen

        if await self.is_closed("claim", claim_id):
            task = await self._app.record.read(task_of_claim, claim_id)
            patient = await self._app.record.read(patient_of, "claim", claim_id)
            error = closed_to(await self._app.record.actor(), patient)
            break_the_glass(self._app.front, task, error, partial(self.claim, claim_id))
        else:
            await self._app.push_screen(ClaimScreen(claim_id))

    async def is_closed(self, kind: str, target_id: str) -> bool:
        """Whether a claim, denial, audit or the like is of a restricted chart that the person was not let at."""
        from store.models.columns import now
        from store.queries.restricted import is_closed

        person = (await self._app.record.actor()).person_id
        return bool(person) and await self._app.record.read(is_closed, kind, target_id, person, now())

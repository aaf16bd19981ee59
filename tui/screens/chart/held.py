"""A chart that a hold alone keeps from being coded: open to be read, and for coding as soon as it is ready again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.queries.holds import holds_of_chart

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen


async def take_if_ready(screen: ChartScreen, told: str = "") -> None:
    """Open a chart for coding that was held and is ready again, and say so behind what is `told`."""
    from store.worklists import ChartOnHold, ChartOpenElsewhere

    record = screen.workstation.record
    if not screen.on_hold or not screen.is_current:
        return
    held = await record.read(holds_of_chart, screen.work_item_id, screen.workstation.today)
    if any(not row.cleared_on for row in held):
        if told:
            screen.say(told)
        return
    try:
        opened = await screen.workstation.opening.take(screen.work_item_id, (await record.actor()).login)
    except ChartOnHold:
        return
    except ChartOpenElsewhere as error:
        screen.only_reading, screen.on_hold = error.message, False
        screen.refresh_frame()
        screen.say(f"The chart was ready again, and {error.message}.", "warning")
        return
    await screen.go_on_coding(opened.coding_id, opened.draft, opened.question)
    answered = screen.on_screen.answered if screen.on_screen else ""
    said = told or f"{answered or 'It is ready again'}."
    screen.say(f"{said} The chart is open for coding.", "good")

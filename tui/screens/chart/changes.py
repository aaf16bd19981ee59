"""What changes the codes of an open chart: entries, undo and redo, and both sides where another session was faster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from codesets.errors import CodedeskError
from store.coding.codes import Codes, Found, apply_entry
from store.coding.conflict import Side, differences, merged
from store.coding.entry import Entry
from store.coding.lookup import as_charted
from tui.screens.conflict import SAVED_FIRST

if TYPE_CHECKING:
    from store.coding.entering import Entered
    from tui.screens.chart.screen import ChartScreen


SAME = "Another session has made the same of the codes: nothing is left to be done."


class BothSidesShown(CodedeskError):
    """What was entered has met another's change; the conflict is on the screen and the entry stays where it is."""


async def add(screen: ChartScreen, entry: Entry, why: str, trail: str = "") -> None:
    """Carry out an entry and show what it made of the codes. Raises EntryError, CodingRefused, BothSidesShown."""
    chart = screen.on_screen
    if chart is None:
        return
    entry = await screen.workstation.codes.ask(as_charted, chart.head, entry)
    change = partial(screen.services().enter, seen_version=chart.head.coding_version, trail=trail)
    entered = screen.workstation.change(change, screen.coding_id, entry, chart.defaults, why)
    await _changed(screen, entered, lambda: apply_entry(chart.codes, entry, chart.defaults, Found(why, trail))[0])


async def walk(screen: ChartScreen, back: bool) -> str:
    """Undo or redo one change; on a final chart take the final coding back. One line that says what happened."""
    from store.coding.reopening import take_back

    if screen.final:
        message = await screen.workstation.change(take_back, screen.coding_id)
        await screen.load()
        screen.say(message)
        return message
    version = screen.on_screen.head.coding_version if screen.on_screen else None
    services = screen.services()
    change = partial(services.undo if back else services.redo, seen_version=version)
    return await _changed(screen, screen.workstation.change(change, screen.coding_id))


async def _changed(screen: ChartScreen, change: Awaitable[Entered], mine: Callable[[], Codes] | None = None) -> str:
    """Show the codes after a change and return what happened.

    Where another session was faster its codes are shown, beside what would have become of `mine`.
    """
    from store.coding.in_work import CodingChanged, CodingRefused

    base = screen.on_screen
    try:
        done = await change
    except CodingRefused as error:
        await screen.load(keep=True)
        now = screen.on_screen
        if isinstance(error, CodingChanged) and mine and base and now and not screen.final:
            if await _show_conflict(screen, base.codes, now.codes, mine()):
                raise BothSidesShown(SAVED_FIRST) from None
            screen.say(SAME)
            return SAME
        raise
    if chart := screen.on_screen:
        head = replace(chart.head, coding_version=done.version)
        await screen.show_chart(replace(chart, codes=done.codes, head=head), before=chart.codes)
    screen.say(done.message)
    return done.message


async def _show_conflict(screen: ChartScreen, base: Codes, theirs: Codes, mine: Codes) -> bool:
    """Both sides of the codes, to choose from; saved again only on top of the version that is shown.

    Whether there is anything to choose from: both may have come to the same.
    """
    from tui.screens.conflict import ConflictScreen

    chart, workstation = screen.on_screen, screen.workstation
    found = differences(base, theirs, mine)
    if chart is None or not found:
        return False

    async def saved(chosen: Mapping[str, Side]) -> None:
        from store.coding.in_work import CodingChanged

        codes = merged(base, theirs, mine, chosen)
        try:
            done = await workstation.change(
                screen.services().resolve, screen.coding_id, codes, chart.head.coding_version
            )
        except CodingChanged:
            await screen.load(keep=True)
            await workstation.close(conflict)
            if screen.on_screen and not await _show_conflict(screen, theirs, screen.on_screen.codes, codes):
                screen.entering.settle()
                screen.say(SAME)
            return
        await workstation.close(conflict)
        await screen.load(keep=True)
        screen.entering.settle()
        screen.say(done.message, "good")

    conflict = ConflictScreen(f"{chart.head.patient}  {chart.head.service_date}", found, saved)
    await workstation.push_screen(conflict)
    return True

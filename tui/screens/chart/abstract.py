"""Fields of the visit changed from its chart: choose one, give it another value, settle it with another's change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from store.coding.conflict import Side

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen


async def change_abstract(screen: ChartScreen) -> None:
    """Let a field be chosen and ask for its value."""
    from store.abstracting import FIELDS, abstract_of

    chart = screen.on_screen
    if chart is None:
        return
    seen = await screen.workstation.record.read(abstract_of, chart.head.encounter_id)
    options = [(field.label, seen[field.name] or f"nothing yet; {field.expected}") for field in FIELDS]

    async def chosen(label: str) -> None:
        field = next(field for field in FIELDS if field.label == label)

        async def given(value: str) -> None:
            await _set_abstract(screen, field.name, value, seen[field.name])

        screen.ask("abstract", f"{label} ({field.expected}):", seen[field.name], given, marked=True)

    screen.choose("abstract", "field:", options, chosen)


async def _set_abstract(screen: ChartScreen, name: str, value: str, seen: str) -> None:
    from store.abstracting import AbstractChanged, set_abstract
    from store.coding.conflict import ABSENT
    from tui.screens.conflict import ConflictScreen

    if screen.on_screen is None:
        return
    head, workstation = screen.on_screen.head, screen.workstation
    try:
        message = await workstation.change(set_abstract, head.encounter_id, {name: value}, {name: seen})
    except AbstractChanged as error:
        now = error.differences[0].theirs
        now = "" if now == ABSENT else now

        async def saved(chosen: Mapping[str, Side]) -> None:
            await workstation.close(conflict)
            await _set_abstract(screen, name, value if chosen[name] is Side.YOURS else now, now)

        conflict = ConflictScreen(f"{head.patient}  {head.service_date}", error.differences, saved)
        await workstation.push_screen(conflict)
        return
    await screen.load(keep=True)
    screen.say(message)

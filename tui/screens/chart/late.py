"""What came after a chart was coded: the changes as a diff in place of the document, and late charges as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.coding.entry import AddProcedure, Several
from store.queries.late import ChangeRow, changes_in, late_charges
from store.terms import CodingKind, Origin
from tui.cells import Line, counted, minute, wrap
from tui.screens.chart.changes import add
from tui.widgets.text_pane import Content

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen


LATE = "late"

BILLED_AS_POSTED = "The facility bills late charges as they are posted: none of them need be a line."


async def show_changes(screen: ChartScreen) -> None:
    """What later messages changed of this visit."""
    if chart := screen.on_screen:
        rows = await screen.workstation.record.read(changes_in, chart.head.encounter_id)
        charges = counted(len(chart.late.charges), "late charge")
        of_lines = chart.late.charges and chart.head.kind == CodingKind.PROFESSIONAL
        note = f"A takes {charges} as lines" if of_lines else ""
        screen.reading.toggle(LATE, "What came after coding began", change_lines(rows), note)


async def take_charges(screen: ChartScreen) -> None:
    """Add the late charges that carry a code as lines, all in one step; a facility bills them as they are posted."""
    if chart := screen.on_screen:
        if chart.head.kind == CodingKind.FACILITY:
            screen.say(BILLED_AS_POSTED, "warning")
            return
        found = await screen.workstation.record.read(late_charges, chart.head.encounter_id, chart.late.charges)
        here = {(line.code, line.service_date, line.units) for line in chart.codes.lines}
        entries = tuple(
            AddProcedure(
                "hcpcs",
                one.code,
                one.modifiers,
                one.units,
                one.cents,
                service_date=one.service_date,
                performer=one.performer_npi or None,
                origin=Origin.CHARGE,
            )
            for one in found
            if (one.code, one.service_date, one.units) not in here
        )
        if entries:
            await add(screen, Several(entries, "late charges"), "late charge")
        else:
            screen.say("Every late charge that carries a code is a line already.", "warning")


def change_lines(rows: Sequence[ChangeRow]) -> Content:
    """Each later message with what it changed; what is new and what is gone are told apart by their signs."""

    def lines(width: int) -> list[Line]:
        shown: list[Line] = []
        for row in rows:
            told = row.late or "the codes stand"
            shown.append(((f" {minute(row.received_at)}  ", "dim"), (told, "strong")))
            for line in row.lines:
                sign = line.strip()[:1]
                style = {"+": "good", "-": "error"}.get(sign if line.startswith(" ") else "", "text")
                shown += [(("   ", "text"), (part, style)) for part in wrap(line, width - 4)]
            if row.seen_at:
                shown.append((("   seen before", "dim"),))
        return shown or [((" Nothing came later.", "dim"),)]

    return lines

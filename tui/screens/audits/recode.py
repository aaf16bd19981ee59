"""The chart as its auditor codes it: the coding screen itself, on the auditor's codes.

Nothing of it reaches the coder's coding. `f` ends the blind part: the coder's codes are shown beside the auditor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store.permissions import refusal
from store.queries.audits import audit_sides
from store.terms import AuditStatus, CodingStatus
from tui.actions import Action
from tui.cells import Line
from tui.screens.chart import ChartScreen
from tui.screens.chart.view import ChartOnScreen

OF_CODERS = ("Coding", "Suggestions")
"""Groups of keys that an auditor has here and nowhere else."""

NOT_HERE = {
    "hold": "an audit holds no chart; the bill of a pre-bill sample waits by itself",
    "next_chart": "q goes back to the audits; Enter there opens the next one",
    "abstract": "the visit is its coder's; codedesk audits code AUDIT --disposition says yours",
    "redo": "an audit has undo and no redo",
}


class RecodeScreen(ChartScreen):
    """A chart in review. Its `coding_id` is the audit's id: that is what its entries change."""

    def __init__(self, work_item_id: str, audit_id: str, name: str, emergency: str = "") -> None:
        super().__init__(work_item_id, audit_id, emergency=emergency)
        self._name = name
        self._blind = True

    def place(self) -> tuple[Line, Line]:
        start, end = super().place()
        audit: Line = ((f"Audit {self._name}  ", "focus"),)
        return (*audit, *start), ((("blind  " if self._blind else "codes shown  "), "warning"), *end)

    async def read(self) -> ChartOnScreen:
        chart = await super().read()
        sides = await self.workstation.record.read(audit_sides, self.coding_id)
        if sides is None:
            return chart
        self._blind = not sides.revealed
        draft = CodingStatus.DRAFT if sides.status is AuditStatus.IN_REVIEW else CodingStatus.FINAL
        head = replace(chart.head, coding_status=draft, coding_version=sides.version)
        return replace(chart, head=head, codes=sides.auditor)

    def services(self) -> Any:
        from store.audits import review

        return review

    def barred(self, action: Action) -> str:
        actor = self.workstation.record.known_actor
        if actor is not None and action.group in OF_CODERS:
            return refusal(actor.role, "do", "audit.enter")
        return super().barred(action)

    def why_not(self, action: str) -> str:
        return NOT_HERE.get(action) or super().why_not(action)

    def footer(self) -> tuple[Action, ...]:
        kept: Sequence[Action] = [one for one in super().footer() if one.id not in NOT_HERE]
        return tuple(replace(one, label="compare") if one.id == "final" else one for one in kept)

    def do_final(self) -> None:
        """Show the coder's codes beside these, once and for all; lines without pointers are told before."""
        if self._blind:
            told = self._unpointed() or "What you have now is kept."
            self.confirm(f"Compare? {told}", self._compare)
        else:
            self.in_turn(self._compare())

    def _unpointed(self) -> str:
        from store.audits.review import unpointed

        return unpointed(self._chart.head.kind, self._chart.codes) if self._chart else ""

    async def _compare(self) -> None:
        from store.audits.review import reveal
        from tui.screens.audits.sides import SidesScreen

        await self.workstation.change(reveal, self.coding_id)
        audit_id = self.coding_id
        await self.workstation.close(self)
        await self.workstation.push_screen(SidesScreen(audit_id))

    async def put_away(self) -> None:
        """What is being typed stays with the chart; the audit stays the auditor's."""
        await self.entering.save_draft()

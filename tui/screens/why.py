"""Why a chart is where it is (w in the worklists): the criteria one by one, the rules above, the parts of its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from store.queries import Reader
from tui.cells import Line, labeled, wrap
from tui.screens.desk import DeskScreen
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from datetime import date

    from store.worklists.rulebook import RuleSeen
    from store.worklists.why import Why


class WhyScreen(DeskScreen):
    """One chart's place, explained from the top of the worklists down."""

    name_on = "why"

    def __init__(self, work_item_id: str, patient: str) -> None:
        super().__init__()
        self._work_item_id, self._patient = work_item_id, patient

    def compose_work(self) -> ComposeResult:
        yield TextPane(id="page")

    @property
    def pane(self) -> TextPane:
        return self.query_one("#page", TextPane)

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._show())

    def place(self) -> tuple[Line, Line]:
        return (("Why here", "strong"), (f"  {self._patient}", "text")), ()

    async def _show(self) -> None:
        told = await self.workstation.record.read(_why, self._work_item_id, self.workstation.today)
        if told is None:
            self.say("That chart is in no worklist any more.", "warning")
            return
        note = f"version {told.version}"
        self.pane.show(f"{told.worklist}  {told.here.rule}", lambda width: why_lines(told, width), note)


def why_lines(why: Why, width: int) -> list[Line]:
    """The rule that took the chart with its criteria, the parts of its place, and the rules above that did not fit."""
    lines = [*labeled("canceled", why.here.canceled, width, "error"), ()] if why.here.canceled else []
    lines += [*_rule(why.taken, width), ()]
    parts = " + ".join(f"{points} {words}" for points, words in why.here.reasons) or "nothing"
    lines += labeled("priority", f"{why.here.priority} = {parts}", width)
    lines += labeled("sorted by", ", ".join(key.words for key in why.order), width)
    if why.days_to_bill is not None:
        style = "error" if why.days_to_bill <= 7 else "warning" if why.days_to_bill <= 30 else "text"
        lines += labeled("to bill", f"{why.days_to_bill} days until the payer's filing limit", width, style)
    hours = f"coding has had it {why.coder_hours:g} h, holds left out"
    if why.days_since_discharge is not None:
        hours += f"; {why.days_since_discharge} days since discharge, holds counted"
    lines += labeled("clocks", hours, width)
    lines += labeled("given to", _given_to(why), width)
    for hold in why.here.holds:
        lines += labeled("hold", hold, width, "warning")
    for skip in why.skipped:
        lines += labeled("skipped", skip, width)
    if why.moved:
        lines += labeled("moves", f"to {why.taken.name} when it changes, at the latest tomorrow", width, "warning")
    if why.above:
        lines += [(), ((" the worklists above do not take it", "dim"),)]
    for rule in why.above:
        lines += _rule(rule, width)
    return lines


def _given_to(why: Why) -> str:
    who = why.assigned or "everybody"
    asks = [f"with the skill {why.skill}"] if why.skill else []
    asks += [f"who is given charts of {why.facility}"] if why.facility and not why.assigned else []
    return " ".join([who, *asks])


def _rule(rule: RuleSeen, width: int) -> list[Line]:
    """A rule and its criteria, each with a mark and what the chart has."""
    lines: list[Line] = [((f" {'✓' if rule.takes else '–'} ", "good" if rule.takes else "dim"), (rule.name, "strong"))]
    for one in rule.criteria:
        mark, style = ("✓", "good") if one.met else ("–", "dim")
        room = max(width - 8, 10)
        first, *rest = wrap(f"{one.words}   here: {one.seen}", room)
        lines.append(((f"     {mark} ", style), (first, "text" if one.met else "dim")))
        lines += [((" " * 7, "dim"), (part, "dim")) for part in rest]
    if not rule.criteria:
        lines.append(((" " * 7, "dim"), ("takes what no other worklist takes", "text")))
    return lines


def _why(reader: Reader, work_item_id: str, today: date) -> Why | None:
    from store.worklists.why import why

    return why(reader, work_item_id, today)

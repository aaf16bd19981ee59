"""Final coding a chart: the summary of what will happen, the question, the next chart, and a new version after that."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from codesets.grouping.answer import Ungrouped
from codesets.grouping.reasons import Explained
from store.coding.summary import FinalSummary, open_holds, summarize
from store.settings import load_settings
from store.terms import Severity
from tui.cells import Line, counted, wrap
from tui.money import dollars
from tui.screens.chart.late import LATE, show_changes
from tui.widgets.text_pane import Content

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen
    from tui.screens.chart.view import ChartOnScreen

FINAL = "final"

CHANGED = "Another session changed this chart: it was not final coded, and is shown as it is now."


async def ask_final(screen: ChartScreen, from_line: bool = False, first: str = "") -> None:
    """Show what final coding will come to, and ask; y carries it out, n opens the next chart too.

    Where something stands in the way, whoever came `from_line` finds the entry line open: codes are typed on.
    `first` is said before all else.
    """
    chart = screen.on_screen
    if chart is None:
        return
    summary = await _summary(screen, chart)
    screen.reading.put(FINAL, "Final coding", summary_lines(summary), "nothing is done yet")
    if summary.obstacles:
        if from_line:
            screen.do_enter_code()
            why = "It cannot be final coded yet. Esc, then the key . goes to what stands in the way."
            screen.say(f"{why}  {screen.entering.unseen_told}".rstrip(), "error")
        else:
            why = "It cannot be final coded yet; the key . goes to what stands in the way."
            screen.say(f"{first}  {why}".lstrip(), "error")
            screen.workstation.keyboard.refuse_text("it cannot be final coded yet")
        return
    what = f"{counted(summary.diagnoses, 'diagnosis')}, {counted(summary.lines, 'line')}"

    async def final() -> None:
        await _final_code(screen, chart)

    async def final_and_next() -> None:
        if await _final_code(screen, chart):
            screen.do_next_chart()

    screen.confirm(f"Final code {what}?", final, {"n": ("yes and next", final_and_next)})
    if first:
        screen.say(first, "warning")
    screen.entering.tell_unseen()


async def _final_code(screen: ChartScreen, asked: ChartOnScreen) -> bool:
    """Final code the chart as it was `asked` about; where its codes have changed since, show them and ask again.

    Whether it was final coded. Raises CodingRefused, with the chart shown as it is now, and with what came late.
    """
    from store.coding.finishing import finalize
    from store.coding.in_work import CodingChanged, CodingRefused, LateUnseen

    final = partial(finalize, seen_version=asked.head.coding_version, seen_late=asked.late.changes)
    try:
        message = await screen.workstation.record.change_with_codes(final, screen.coding_id)
    except CodingRefused as error:
        await screen.load(keep=True)
        if isinstance(error, LateUnseen) and not screen.reading.shows(LATE):
            await show_changes(screen)
        if not isinstance(error, CodingChanged) or screen.shut:
            raise
        await ask_final(screen, first=CHANGED)
        return False
    await screen.load()
    screen.say(message, "good")
    return True


async def renew_final(screen: ChartScreen) -> None:
    """Sum up again what final coding will come to, where that is shown and the codes have changed."""
    if chart := screen.on_screen:
        summary = await _summary(screen, chart)
        screen.reading.renew(FINAL, summary_lines(summary))


async def _summary(screen: ChartScreen, chart: ChartOnScreen) -> FinalSummary:
    holds = await screen.workstation.record.read(open_holds, screen.work_item_id)
    signed = any(document.status.authenticated for document in chart.documents)
    asked = (chart.head, chart.codes, screen.findings, holds, signed or not load_settings().authenticated_only)
    summary = await screen.workstation.codes.ask(summarize, *asked, chart.around)
    if summary.obstacles:
        return summary
    from store.coding.would_be_claim import stops_of

    drg = summary.drg.grouping.drg if isinstance(summary.drg, Explained) else ""
    stops = await screen.workstation.record.change_with_codes(stops_of, screen.coding_id, drg)
    return replace(summary, stops=stops)


async def ask_recode(screen: ChartScreen) -> None:
    """Ask why, and open a new version of the final coding."""
    from store.coding.reopening import recode

    async def reasoned(reason: str) -> None:
        done = await screen.workstation.change(recode, screen.coding_id, reason)
        screen.coding_id = done.coding_id
        await screen.load()
        screen.say(done.message, "good")

    screen.ask("recode", "a new version, because:", "", reasoned)


def summary_lines(summary: FinalSummary) -> Content:
    """The summary as lines, for any width."""

    def lines(width: int) -> list[Line]:
        rows: list[tuple[str, str, str]] = [
            ("in the way", f"{text}  {way}".rstrip(), "error")
            for text, way in zip(summary.obstacles, summary.ways_out, strict=True)
        ]
        rows += [("stops claim", text, "error") for text in summary.stops]
        rows.append(("codes", f"{counted(summary.diagnoses, 'diagnosis')}, {counted(summary.lines, 'line')}", "text"))
        if summary.drg is not None:
            rows.append(("DRG", _drg(summary), "text" if not isinstance(summary.drg, Ungrouped) else "warning"))
        rows.append(("charges", _charges(summary), "text"))
        rows += [("hold", hold, "warning") for hold in summary.holds] or [("holds", "none", "text")]
        rows.append(("claim", summary.claims, "text"))
        told = [one for one in summary.left if one.severity.value != Severity.COULD_NOT_CHECK]
        unchecked = len(summary.left) - len(told)
        rows += [("edit left", one.message, "warning") for one in told] or [
            ("edits left", "none on the codes" if summary.stops else "none", "text" if summary.stops else "good")
        ]
        if unchecked:
            rows.append(("", f"{unchecked} could not be checked; ! says why", "dim"))
        shown: list[Line] = []
        for label, text, style in rows:
            for number, part in enumerate(wrap(text, max(width - 14, 12))):
                shown.append(((f" {label if not number else '':<12}", "dim"), (part, style)))
        return shown

    return lines


def _drg(summary: FinalSummary) -> str:
    if summary.drg is None or isinstance(summary.drg, Ungrouped):
        return summary.drg.line if summary.drg else ""
    found, weight = summary.drg.grouping, summary.drg.weight
    return f"{found.drg} {found.trouble or found.title}" + (f", weight {weight}" if weight is not None else "")


def _charges(summary: FinalSummary) -> str:
    """The money of the chart; dots where it is covered."""
    text = dollars(summary.charge_cents)
    if summary.changed_cents:
        text += f" ({'+' if summary.changed_cents > 0 else ''}{dollars(summary.changed_cents)} against the posted)"
    return text

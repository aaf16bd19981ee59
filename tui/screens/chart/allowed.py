"""What cannot be done in a chart now, and why: it is to read, canceled, taken over or final, or nothing is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.coding.grouping import is_stay

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen

CODING = (
    *("enter_code", "enter_line", "suggestions", "final", "undo", "redo", "hold", "abstract", "fix_finding"),
    *("change_code", "link_words", "last_visit", "recode", "ask_provider", "take_late"),
)
"""What cannot be done to a chart that is open to be read."""

CLOSED = (
    *("enter_code", "enter_line", "final", "redo", "hold", "fix_finding"),
    *("change_code", "link_words", "last_visit", "take_late"),
)
"""What cannot be done once the coding is final."""


def why_not(screen: ChartScreen, action: str) -> str:
    """Why an action cannot be done in the chart now; empty where it can."""
    chart = screen.on_screen
    if action in CODING and (why := screen.shut) and not (action == "hold" and screen.on_hold):
        return why
    if action == "fix_finding" and not any(finding.repair for finding in screen.findings):
        return "no finding has one certain fix; ! explains them"
    if action == "recode" and not screen.final:
        return "only a final coding is recoded"
    if action in CLOSED and screen.final:
        return "the coding is final; u takes it back until the claim is exported"
    if action == "suggestions" and chart is not None and not chart.documents:
        return "no document has come for this visit yet"
    if action in ("change_code", "code_words", "link_words") and screen.cursor.code is None:
        return "it goes by the code cursor: > puts it on a code"
    if action in ("drg", "what_if") and chart is not None and not is_stay(chart.head):
        return "only inpatient stays have a DRG"
    if action in ("late", "take_late") and chart is not None and not chart.late.why:
        return "nothing came to this chart after coding began"
    if action == "take_late" and chart is not None and not chart.late.charges:
        return "no charge came late"
    if action == "find_next" and not screen.reading.words:
        return "nothing was looked for yet; / finds words"
    return ""

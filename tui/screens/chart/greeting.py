"""What a chart says of itself when it is opened: its line 1, and the one thing that matters first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.terms import CodingKind, clock_time
from tui.cells import Line

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen
    from tui.screens.chart.view import ChartOnScreen


def place(screen: ChartScreen, chart: ChartOnScreen) -> tuple[Line, Line]:
    """Line 1 of a chart: whose visit it is; at the right how it may be used, and the release of the code sets."""
    head = chart.head
    who = f"{head.sex} {head.age}".strip()
    start: Line = (
        (head.patient, "strong"),
        (f"  {who}  {head.mrn}  {head.service_date} {head.setting.label}  {head.provider}", "text"),
    )
    if head.kind == CodingKind.FACILITY and not head.inpatient:
        start = (*start, ("  facility", "dim"))
    state: Line = (("✓ final  ", "good"),) if screen.final else ()
    if chart.canceled:
        state = (("✗ canceled  ", "error"), *state)
    if screen.only_reading:
        state = (("@ to read  ", "warning"), *state)
    elif screen.taken_over:
        state = (("@ taken over  ", "warning"), *state)
    if screen.emergency:
        state = (("# emergency  ", "error"), *state)
    release = screen.codes.release
    return start, (*state, (release, "warning" if "not covered" in release else "dim"))


def greet(screen: ChartScreen, chart: ChartOnScreen) -> None:
    """Say what matters first about a chart that was opened: how it may be used, what is left, what is new."""
    if screen.emergency:
        until = clock_time(screen.emergency)
        screen.say(f"Open to you until {until}, for the reason you gave. It will be reviewed.", "warning")
    elif screen.only_reading:
        screen.say(f"To read: {screen.only_reading}.", "warning")
    elif screen.draft and not screen.final:
        screen.ask("entry", "+", screen.draft)
        screen.edited("entry", screen.draft)
        screen.say("What you had typed is still here.")
    elif screen.question is not None and not screen.final:
        screen.say("What you were writing to the provider is still here. Q goes on with it.")
    elif chart.answered:
        _tell(screen, f"{chart.answered}. g k closes it.", "good")
    elif chart.late.why:
        _tell(screen, f"New since coding began: {chart.late.why}. L shows what is new.", "warning")
    elif chart.audited:
        _tell(screen, f"{chart.audited[0].upper()}{chart.audited[1:]}.", "warning")
    elif not screen.final:
        of_line = "a -25 1,2" if chart.codes.lines else "g0467-25 1,2"
        _tell(screen, f"+ codes the chart: e11.42   i50.23 p y   {of_line}   *   -3   or words", "dim")


def _tell(screen: ChartScreen, text: str, style: str) -> None:
    """Say something of a chart that was opened, behind what is to be said of how it came here."""
    told = screen.told
    screen.say(f"{told}  {text}".lstrip(), "text" if told and style == "dim" else style)

"""Line 24: the keys that matter now, as many as the screen has room for, and the key of help always."""

from __future__ import annotations

from collections.abc import Sequence

from tui.actions import Action
from tui.cells import Line, join, line_width


def hint_line(hints: Sequence[tuple[str, str]]) -> Line:
    """What the keys beside text do while something is asked."""
    return join([((key, "focus"), (f" {what}", "text")) for key, what in hints], start=" ")


def key_line(actions: Sequence[tuple[Action, bool]], width: int) -> Line:
    """The keys of these actions in their order; `True` behind one says that it cannot be done now, and dims it."""
    spans: list[Line] = []
    room = width - 3  # the blank at the start, and the two behind the last key
    last: Line = ()
    for action, dead in actions:
        label: Line = ((action.key, "dim" if dead else "focus"), (" " + action.label, "dim" if dead else "text"))
        if action.id == "help":
            last = label
        else:
            spans.append(label)
    shown: list[Line] = []
    used = line_width(last)
    for label in spans:
        if used + line_width(label) + 2 > room:
            break
        shown.append(label)
        used += line_width(label) + 2
    gaps: list[tuple[str, str]] = [(" ", "text")]
    for label in (*shown, last) if last else shown:
        gaps += [*label, ("  ", "text")]
    return tuple(gaps)

"""Why a chart stands where it stands, as lines beside the worklist: its rule, its points, its holds, what came back."""

from __future__ import annotations

from datetime import date

from store.queries.worklists import WhyHere, WorkRow
from tui.cells import Line, counted, wrap


def why_lines(row: WorkRow, why: WhyHere, today: date, width: int) -> list[Line]:
    """The lines for a pane of that width."""
    parts = " + ".join(f"{points} {words}" for points, words in why.reasons) or "no reason beyond its place"
    inside = ", ".join(counted(n, noun) for n, noun in ((why.documents, "document"), (why.codes, "code")))
    lines: list[Line] = [(("@ ", "warning"), (f"open by {row.open_by}", "warning"))] if row.open_by else []
    rule = wrap(why.rule, width - 6)
    lines += [(("     " if number else "rule ", "dim"), (text, "text")) for number, text in enumerate(rule)]
    lines += [((f"{text}", "text"),) for text in wrap(f"{why.priority} = {parts}", width - 1)]
    bill = f", {days_left} days to bill" if (days_left := _days_left(row, today)) is not None else ""
    lines += [((text, "text"),) for text in wrap(f"{inside}, {counted(len(why.holds), 'hold')}{bill}", width - 1)]
    for hold in why.holds:
        lines.append((("H ", "warning"), (hold, "warning")))
    if row.assigned or row.came_back:
        said = ", ".join(filter(None, (row.assigned and f"for {row.assigned}", row.came_back)))
        lines += [((text, "text"),) for text in wrap(said, width - 1)]
    if why.reason_for_visit:
        lines += [((text, "dim"),) for text in wrap(f"visit: {why.reason_for_visit}", width - 1)]
    return [((" ", "text"), *line) for line in lines]


def _days_left(row: WorkRow, today: date) -> int | None:
    return (date.fromisoformat(row.bill_by) - today).days if row.bill_by else None

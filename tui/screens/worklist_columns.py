"""The columns of the worklists: what each says of a chart, and which are shown without a view of the person's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from store.queries.worklists import WorkRow
from tui.cells import days_in
from tui.money import dollars
from tui.widgets.row_table import Column

USUAL: dict[str, int] = {
    **dict.fromkeys(("priority", "service", "patient", "mrn", "payer"), 0),
    "type": 96,
    "charges": 0,
    "age": 0,
    "days to bill": 90,
    "assigned": 160,
}
"""The columns without a view, and the width of the screen that each needs."""

PRIORITY_DIGITS = 4
"""How wide the priorities are at the least."""


def columns(me: str | None, today: date, digits: int, chosen: Sequence[str]) -> tuple[Column[WorkRow], ...]:
    """The mark of a chart, seen by the person `me`, and the chosen columns, else the usual ones.

    `digits` is the length of the longest priority.
    """
    mark: Column[WorkRow] = Column(
        "",
        2,
        lambda row: " " + row.mark(me),
        style=lambda row: _mark_style(row, me),
        said=lambda row: _mark_words(row, me),
    )
    known = _known(today, digits)
    if chosen:
        return (mark, *(known[name] for name in chosen))
    return (mark, *(replace(known[name], from_width=width) for name, width in USUAL.items()))


def age_words(days: int) -> str:
    """How old a visit is, in at most five characters: `9999d`, from there on in whole years `31y`."""
    return days_in(days)


def _known(today: date, digits: int) -> dict[str, Column[WorkRow]]:
    return {
        "priority": Column("PRI", max(digits, PRIORITY_DIGITS), lambda row: str(row.priority), align="right"),
        "service": Column("SERVICE", 10, lambda row: row.service_date),
        "patient": Column("PATIENT", 0, lambda row: row.patient),
        "mrn": Column("MRN", 8, lambda row: row.mrn),
        "payer": Column("PAYER", 14, lambda row: row.payer),
        "type": Column("TYPE", 9, lambda row: row.setting.label),
        "kind": Column("SIDE", 12, lambda row: row.kind),
        "charges": Column("$", 9, lambda row: dollars(row.cents), align="right"),
        "age": Column("AGE", 5, lambda row: age_words(_age(row, today)), align="right"),
        "days to bill": Column(
            "LEFT", 5, lambda row: _left(row, today), align="right", style=lambda row: _left_style(row, today)
        ),
        "facility": Column("FACILITY", 16, lambda row: row.facility),
        "assigned": Column("FOR", 8, lambda row: row.assigned),
        "skill": Column("SKILL", 10, lambda row: row.skill),
        "hold": Column("HOLD", 20, lambda row: row.hold),
        "came back": Column("CAME BACK", 20, lambda row: row.came_back),
    }


def _age(row: WorkRow, today: date) -> int:
    return (today - date.fromisoformat(row.service_date)).days


def _left(row: WorkRow, today: date) -> str:
    return days_in((date.fromisoformat(row.bill_by) - today).days) if row.bill_by else "–"


def _left_style(row: WorkRow, today: date) -> str:
    left = (date.fromisoformat(row.bill_by) - today).days if row.bill_by else 999
    return "error" if left <= 7 else "warning" if left <= 30 else "text"


def _mark_style(row: WorkRow, me: str | None) -> str:
    return {"H": "warning", "Q": "warning", "@": "dim", "+": "focus", "✓": "good", "#": "warning"}.get(
        row.mark(me), "text"
    )


def _mark_words(row: WorkRow, me: str | None) -> str:
    words = {
        "H": "on hold",
        "Q": "on hold for a query",
        "@": "open by another person",
        ">": "yours",
        "+": "new document",
        "✓": "final coded",
        "#": "restricted",
    }
    return words.get(row.mark(me), "")

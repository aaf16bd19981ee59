"""Holds: why a chart waits, for whom, until when.

A chart carries any number of holds. The first puts its task on hold: it leaves get-next and stands in the queue of the
hold's owner; when the last is cleared it is ready again, and stands higher for the day. A hold stops the coder's clock
and never the clock of what is discharged and not final billed (`clocks`).

    open ──by a person──▶ cleared          open ──its rule clears (`clearing`)──▶ cleared, with what cleared it

Reasons are data (`reasons`), and a site extends them. `desk` opens and clears.
"""

from store.holds.desk import (
    HoldRefused,
    begun_names,
    clear_hold,
    clear_holds,
    close_hold,
    hold,
    named_holds,
    open_hold,
)
from store.holds.reasons import HoldReason, hold_reasons, owners, reason_named

__all__ = [
    "HoldReason",
    "HoldRefused",
    "begun_names",
    "clear_hold",
    "clear_holds",
    "close_hold",
    "hold",
    "hold_reasons",
    "named_holds",
    "open_hold",
    "owners",
    "reason_named",
]

"""A coder's work on the demo site, one acknowledged operation after the other."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from store.actors import Actor
from store.coding.codes import Defaults
from store.coding.entering import enter, undo
from store.coding.entry import AddDiagnosis, Entry, Remove
from store.coding.opening import OpenedChart, open_next
from store.database import Database, operation_id
from store.worklists import release

T = TypeVar("T")
Acknowledged = Callable[[str], None]

WORKLISTS = ("Clinic", "Inpatient")


def work(db: Database, actor: Actor, acknowledged: Acknowledged, worklists: Sequence[str] = WORKLISTS) -> Iterator[str]:
    """Take a chart, enter codes, undo one, remove one, give the chart back, and so on without end.

    `acknowledged` is told the id of each operation once the store has returned from it; the name of what was done is
    yielded.
    """
    for turn in itertools.count():
        chart = _done(
            acknowledged, lambda operation, turn=turn: open_next(db, actor, worklists[turn % len(worklists)], operation)
        )
        yield "open"
        if chart is None:
            raise AssertionError("the worklist is empty")
        for _ in range(2):
            _done(acknowledged, _entering(db, actor, chart, AddDiagnosis(f"T{secrets.token_hex(8)}")))
            yield "enter"
        _done(acknowledged, lambda operation, chart=chart: undo(db, actor, chart.coding_id, operation))
        yield "undo"
        _done(acknowledged, _entering(db, actor, chart, Remove(False, 1)))
        yield "remove"
        _done(acknowledged, lambda operation, chart=chart: release(db, actor, chart.work_item_id, operation))
        yield "release"


def _entering(db: Database, actor: Actor, chart: OpenedChart, entry: Entry) -> Callable[[str], object]:
    return lambda operation: enter(db, actor, chart.coding_id, entry, Defaults("2026-09-01"), operation_id=operation)


def _done(acknowledged: Acknowledged, do: Callable[[str], T]) -> T:
    operation = operation_id()
    answer = do(operation)
    acknowledged(operation)
    return answer

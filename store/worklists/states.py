"""The states of a work item and the moves between them; the diagram stands in `store.worklists`."""

from __future__ import annotations

from codesets.errors import CodedeskError
from store.models import WorkItem
from store.terms import WorkStatus

TRANSITIONS: dict[WorkStatus, frozenset[WorkStatus]] = {
    WorkStatus.READY: frozenset({WorkStatus.IN_PROGRESS, WorkStatus.ON_HOLD, WorkStatus.CANCELED}),
    WorkStatus.IN_PROGRESS: frozenset({WorkStatus.READY, WorkStatus.ON_HOLD, WorkStatus.FINAL, WorkStatus.CANCELED}),
    WorkStatus.ON_HOLD: frozenset({WorkStatus.READY, WorkStatus.CANCELED}),
    WorkStatus.FINAL: frozenset({WorkStatus.IN_PROGRESS, WorkStatus.READY}),
    WorkStatus.CANCELED: frozenset({WorkStatus.READY}),
}


class ChartUnavailable(CodedeskError):
    """The chart is with somebody else, on hold, finished or gone."""

    title = "chart"
    exit_code = 1
    refusal = True


class ChartOpenElsewhere(ChartUnavailable):
    """Another coder has the chart open and may be at work on it; it can be looked at."""


class ChartOnHold(ChartUnavailable):
    """The chart waits for something; it can be looked at."""


def move(item: WorkItem, status: WorkStatus) -> None:
    """Bring a work item into another state. Raises ChartUnavailable where the diagram has no such arrow."""
    if status not in TRANSITIONS[item.status]:
        raise ChartUnavailable(f"a chart that is {item.status.value} cannot become {status.value}")
    item.status = status

"""The states of a query and its steps; the diagram stands in `store.provider_queries`. Free of the ORM."""

from __future__ import annotations

from enum import StrEnum

from codesets.errors import CodedeskError
from store.terms import QueryOutcome, QueryStatus


class QueryRefused(CodedeskError):
    """A step cannot be taken; the message says what stands in the way."""

    title = "query"
    exit_code = 1


class Step(StrEnum):
    """What can be done with a query."""

    REVISE = "revise"
    SEND = "send"
    REASSIGN = "reassign"
    REMIND = "remind"
    ESCALATE = "escalate"
    ANSWER = "answer"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    CANCEL = "cancel"


STEPS: dict[QueryStatus, dict[Step, QueryStatus]] = {
    QueryStatus.DRAFT: {
        Step.REVISE: QueryStatus.DRAFT,
        Step.SEND: QueryStatus.SENT,
        Step.CANCEL: QueryStatus.CANCELED,
    },
    QueryStatus.SENT: {
        Step.REASSIGN: QueryStatus.SENT,
        Step.REMIND: QueryStatus.SENT,
        Step.ESCALATE: QueryStatus.SENT,
        Step.ANSWER: QueryStatus.ANSWERED,
        Step.CLOSE: QueryStatus.CLOSED,
        Step.CANCEL: QueryStatus.CANCELED,
    },
    QueryStatus.ANSWERED: {
        Step.CORRECT: QueryStatus.ANSWERED,
        Step.WITHDRAW: QueryStatus.SENT,
        Step.CLOSE: QueryStatus.CLOSED,
    },
    QueryStatus.CLOSED: {},
    QueryStatus.CANCELED: {},
}

WAITING = (QueryStatus.SENT,)
"""States in which a query holds its chart."""


def after(status: QueryStatus, step: Step) -> QueryStatus:
    """The state after a step. Raises QueryRefused where the diagram has no such arrow."""
    found = STEPS[status].get(step)
    if found is None:
        can = ", ".join(one.value for one in STEPS[status]) or "nothing more can be done with it"
        raise QueryRefused(f"a query that is {status.value} has no step {step.value}", f"steps: {can}")
    return found


def outcome_allowed(status: QueryStatus, outcome: QueryOutcome) -> bool:
    """Whether a query in this state can be closed so: without an answer only as not answered."""
    return (outcome is QueryOutcome.NO_RESPONSE) == (status is QueryStatus.SENT)

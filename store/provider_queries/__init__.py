"""Queries to providers: what the record does not say clearly enough to be coded, asked by the compliant practice.

The practice is that of AHIMA/ACDIS, Guidelines for Achieving a Compliant Query Practice (2022 update): a query quotes
clinical indicators of this record, does not lead, says nothing of money or quality scores, and leaves answers open.

    draft ──send──▶ sent ──answer──▶ answered ──close──▶ closed (agreed, disagreed, no opinion)
      │ ▲           │ │ ▲             │ │ ▲
      │ └─revise    │ │ └──withdraw───┘ └─┴─correct (each with a reason)
      │             │ ├─reassign, remind, escalate (when its day has passed): sent as before
      │             │ └──close──▶ closed (no response)
      └──cancel─────┴──cancel──▶ canceled (with a reason)

A query that is sent holds its chart (`store.holds`); the hold clears when it is answered, closed or canceled. An answer
that was written down wrong is corrected, one that never came is withdrawn, and its chart waits again; what stood there
before stays in the history. A provider's own message is corrected by another query. Spoken
queries keep the same rules. `machine` has the states, `tables` reasons and templates, `lint` what a query must not
say, `desk` the steps, `output` the query as text and as HL7.
"""

from store.provider_queries.desk import (
    NotKnown,
    answer,
    cancel,
    close,
    correct,
    draft,
    escalate_due,
    hindrances,
    reassign,
    remind,
    revise,
    send,
    withdraw,
)
from store.provider_queries.lint import Flaw, lint
from store.provider_queries.machine import STEPS, QueryRefused, Step, after
from store.provider_queries.tables import options_of, query_reasons, templates

__all__ = [
    "STEPS",
    "Flaw",
    "NotKnown",
    "QueryRefused",
    "Step",
    "after",
    "answer",
    "cancel",
    "close",
    "correct",
    "draft",
    "escalate_due",
    "hindrances",
    "lint",
    "options_of",
    "query_reasons",
    "reassign",
    "remind",
    "revise",
    "send",
    "templates",
    "withdraw",
]

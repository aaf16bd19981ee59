"""Queries to providers: what the record does not say clearly enough to be coded, asked by the compliant practice.

The practice is that of AHIMA/ACDIS, Guidelines for Achieving a Compliant Query Practice (2022 update): a query quotes
clinical indicators of this record, does not lead, says nothing of money or quality scores, and leaves answers open.

    draft ──send──▶ sent ──answer──▶ answered ──close──▶ closed (agreed, disagreed, no opinion)
      │ ▲            │ ▲ │
      │ └─revise     │ │ └──close──▶ closed (no response)
      │              │ └─reassign, remind, escalate (when its day has passed)
      └──cancel──────┴──cancel──▶ canceled (with a reason)

A query that is sent holds its chart (`store.holds`); the hold clears when it is answered, closed or canceled. Spoken
queries keep the same rules. `machine` has the states, `tables` reasons and templates, `lint` what a query must not
say, `desk` the steps, `output` the query as text and as HL7.
"""

from store.provider_queries.desk import (
    NotKnown,
    answer,
    cancel,
    close,
    draft,
    escalate_due,
    reassign,
    remind,
    revise,
    send,
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
    "draft",
    "escalate_due",
    "lint",
    "options_of",
    "query_reasons",
    "reassign",
    "remind",
    "revise",
    "send",
    "templates",
]

"""The reasons that people give for what others will ask about later: one rule of what counts as one.

A merge of two people, a broken glass, an answer that is corrected, a waiver, a hold, a recode, a claim that is voided,
money that is given up: an auditor, a payer or a court must find out why, and a letter or a blank tells nobody. What is
chosen from a list or is a code needs no words.
"""

from __future__ import annotations

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.models.columns import MOST_IN_A_LINE

LEAST_REASON = 8
"""Characters that a reason has at least: a word and why."""


class ReasonNeeded(CodedeskError):
    """What was asked for needs a reason in words."""

    title = "reason"


def reason_in_words(text: str) -> str:
    """A reason as it is kept, on one line. Raises ReasonNeeded for one that says nothing."""
    words = safe_line(" ".join(text.split()))[:MOST_IN_A_LINE]
    if len(words) < LEAST_REASON:
        raise ReasonNeeded("say why, in some words", f"at least {LEAST_REASON} characters")
    return words

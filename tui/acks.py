"""Acknowledgments in words, for the screen and the command line alike."""

from __future__ import annotations

from collections.abc import Sequence

from store.queries.acks import AckRow, AnswerRow, StatedTotal
from store.terms import Outcome
from tui.cells import counted
from tui.money import dollars

STATED = {
    "90": "accepted",
    "QA": "accepted",
    "AA": "rejected",
    "QC": "rejected",
    "YU": "accepted",
    "YY": "rejected",
}
"""What a QTY or AMT qualifier of a 277CA counts (005010X214, loops 2200B and 2200C)."""

NOT_OURS = "not ours"


def outcome_words(row: AckRow) -> str:
    """What an answer says of a file of ours, or that it answers none."""
    if not row.ours:
        return NOT_OURS
    return "in part" if row.outcome is Outcome.IN_PART else row.outcome.value


def claims_words(row: AckRow) -> str:
    """The outcome, and how many claims are at fault, traveled with them, and were accepted."""
    parts = [
        f"{row.culprits:,} at fault" if row.culprits else "",
        f"{counted(row.riders, 'rider')}" if row.riders else "",
        f"{row.accepted:,} accepted, {dollars(row.accepted_cents)}" if row.accepted else "",
        f"{dollars(row.refused_cents)} refused" if row.culprits or row.riders else "",
    ]
    told = ", ".join(filter(None, parts))
    return f"{outcome_words(row)}: {told}" if told else outcome_words(row)


def stated_words(totals: Sequence[StatedTotal]) -> list[str]:
    """What each level states in sum, claims before money; a qualifier stands for itself where it is none we know."""
    levels: dict[str, dict[str, list[str]]] = {}
    for total in totals:
        level = levels.setdefault(f"{total.level} {total.name}", {})
        claims = counted(int(total.claims), "claim") if total.claims.isdecimal() else total.claims
        value = claims if total.cents is None else dollars(total.cents)
        level.setdefault(STATED.get(total.qualifier, total.qualifier), []).append(value)
    return [
        f"{level} states " + "; ".join(f"{what}: {', '.join(values)}" for what, values in told.items())
        for level, told in levels.items()
    ]


def answer_words(answer: AnswerRow) -> str:
    """What is said of a claim; `store.acks` words it with codes, place and value, where a segment has them.

    A segment that is missing in our set is named by the one of ours before it.
    """
    codes = ":".join(filter(None, (answer.category, answer.code, answer.entity)))
    before = answer.position and f"segment {answer.position}:" not in answer.message
    return (answer.message or codes) + (f", after segment {answer.position}" if before else "")

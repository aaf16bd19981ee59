"""How often rules fire and what becomes of it: mended, overridden, and after an override paid or denied.

A firing is a rule at a place of a claim. It ends when a scrub finds it no more, or the rule goes away. Nothing of what
the claim states is kept, so that counts can be read by anybody who may see the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum, StrEnum
from typing import Protocol

from sqlmodel import Session, col, select

from store.models import EditFiring
from store.models.columns import now
from store.terms import Severity


class Outcome(StrEnum):
    """What the remittance said of what an override let pass, or that the rule itself went away."""

    PAID = "paid"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    """The rule was switched off, changed or rolled back: nothing was mended, and nobody asks any more."""


class _Result(Protocol):
    @property
    def rule_id(self) -> str: ...
    @property
    def rule_version(self) -> int: ...
    @property
    def place(self) -> str: ...
    @property
    def severity(self) -> Enum: ...


def note_firings(
    session: Session, claim_id: str, found: Iterable[_Result], standing: Collection[tuple[str, int]]
) -> None:
    """Note what a scrub found that the one before had not, and what it found no more; no could-not-check.

    What is found no more was mended only where the rule, of that version, is still asked: `standing` has them.
    """
    query = select(EditFiring).where(EditFiring.subject_id == claim_id, col(EditFiring.fixed_at).is_(None))
    open_ones = {(row.rule_id, row.rule_version, row.place): row for row in session.exec(query)}
    present = set()
    for result in found:
        key = result.rule_id, result.rule_version, result.place
        severity = result.severity.value
        if severity == Severity.COULD_NOT_CHECK or key in present:
            continue
        present.add(key)
        if key not in open_ones:
            session.add(
                EditFiring(subject_id=claim_id, rule_id=key[0], rule_version=key[1], place=key[2], severity=severity)
            )
    for key, row in open_ones.items():
        if key not in present:
            row.fixed_at = now()
            if key[:2] not in standing and not row.overridden_at:
                row.outcome, row.outcome_at = Outcome.WITHDRAWN.value, row.fixed_at
            session.add(row)


def note_override(session: Session, claim_id: str, rule_id: str, place: str, login: str) -> None:
    """Note that a person let a finding stand."""
    for row in _standing(session, claim_id):
        if (row.rule_id, row.place) == (rule_id, place):
            row.overridden_at, row.overridden_by = now(), login
            session.add(row)


def note_outcome(session: Session, claim_id: str, outcome: Outcome, lines: Collection[int] | None = None) -> int:
    """Note what the remittance said of a claim, or of some of its lines (1-based), for each override; how many.

    An override that is not about a line shares the outcome of the claim only where no lines are named.
    """
    rows = [row for row in _standing(session, claim_id) if row.overridden_at]
    if lines is not None:
        rows = [row for row in rows if _line_of(row.place) in lines]
    for row in rows:
        row.outcome, row.outcome_at = outcome.value, now()
        session.add(row)
    return len(rows)


def with_overrides(session: Session, claim_ids: Collection[str]) -> set[str]:
    """Those of the claims on which a finding was let pass."""
    query = select(EditFiring.subject_id).where(
        col(EditFiring.subject_id).in_(claim_ids),
        col(EditFiring.fixed_at).is_(None),
        col(EditFiring.overridden_at).is_not(None),
    )
    return set(session.exec(query)) if claim_ids else set()


def _standing(session: Session, claim_id: str) -> list[EditFiring]:
    query = select(EditFiring).where(EditFiring.subject_id == claim_id, col(EditFiring.fixed_at).is_(None))
    return list(session.exec(query))


def _line_of(place: str) -> int | None:
    first, _, rest = place.partition(".")
    number = rest.partition(".")[0]
    return int(number) if first == "line" and number.isdigit() else None

"""Rejecting suggested codes: what a person does not take stays away for the encounter, until it is taken back.

Nothing is coded here. A suggestion that a person takes is an entry like any other (`store.coding.entry`), with its
origin and its evidence, so that undo takes it back.
"""

from __future__ import annotations

from store.actors import Actor
from store.coding.in_work import CodingRefused
from store.database import Database
from store.models import Coding, SuggestionRejection
from store.models.columns import now
from store.terms import CodingStatus


def reject(
    db: Database,
    actor: Actor,
    coding_id: str,
    code: str,
    reason: str,
    evidence: str = "",
    operation_id: str | None = None,
) -> str:
    """Reject a suggestion, its code with the dot, for the encounter of a coding in draft; what happened in one line.

    Raises CodingRefused for a final coding or an empty reason.
    """
    with db.change(actor, operation_id, "suggestion.reject") as change:
        if change.repeated:
            return str(change.answer["message"])
        if not reason.strip():
            raise CodingRefused("a rejection needs a reason")
        encounter = _encounter(change.session.get(Coding, coding_id))
        present = change.session.get(SuggestionRejection, (encounter, code))
        rejection = present or SuggestionRejection(encounter_id=encounter, code=code, reason=reason)
        rejection.reason, rejection.evidence = reason, evidence
        rejection.person_id, rejection.at = actor.person_id, now()
        change.session.add(rejection)
        change.log("suggestion.reject", "encounter", encounter, code=code, reason=reason)
        message = f"Rejected {code}: {reason}. x on it takes that back."
        change.answer = {"message": message}
        return message


def restore(db: Database, actor: Actor, coding_id: str, code: str, operation_id: str | None = None) -> str:
    """Take a rejection back; what happened in one line. Raises CodingRefused for a final coding."""
    with db.change(actor, operation_id, "suggestion.restore") as change:
        if change.repeated:
            return str(change.answer["message"])
        encounter = _encounter(change.session.get(Coding, coding_id))
        if rejection := change.session.get(SuggestionRejection, (encounter, code)):
            change.session.delete(rejection)
            change.log("suggestion.restore", "encounter", encounter, code=code)
        message = f"{code} is suggested again."
        change.answer = {"message": message}
        return message


def _encounter(coding: Coding | None) -> str:
    """The encounter of a coding that can still be changed."""
    if coding is None:
        raise CodingRefused("that coding is not there")
    if coding.status != CodingStatus.DRAFT:
        raise CodingRefused("the coding is final", "u takes it back until the claim is exported")
    return coding.encounter_id

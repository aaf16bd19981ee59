"""Going back behind final coding: taken back while its claim has not left, recoded as a new version once it has."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, delete, select

from store import worklists
from store.actors import Actor
from store.coding.codes import Codes
from store.coding.in_work import CodingRefused, load_codes, store_codes, task_of
from store.database import Database
from store.ledger.charges import give_up
from store.models import Claim, Coding, CodingDrg
from store.reasons import reason_in_words
from store.terms import ClaimStatus, CodingStatus, WorkStatus


def take_back(db: Database, actor: Actor, coding_id: str, operation_id: str | None = None) -> str:
    """Reopen a final coding whose claim has not left. Raises CodingRefused once it has."""
    with db.change(actor, operation_id, "coding.take_back") as change:
        if change.repeated:
            return str(change.answer["message"])
        coding = change.session.get_one(Coding, coding_id)
        if coding.status != CodingStatus.FINAL:
            raise CodingRefused("only a final coding can be taken back")
        claims = change.session.exec(select(Claim).where(Claim.coding_id == coding_id)).all()
        if any(claim.status == ClaimStatus.EXPORTED for claim in claims):
            raise CodingRefused("its claim has been exported", "recode it as a new version")
        if any(claim.status == ClaimStatus.PATIENT for claim in claims):
            raise CodingRefused("its claim has been billed to the patient", "recode it as a new version")
        for claim in claims:
            if claim.status is not ClaimStatus.VOID:
                claim.status = ClaimStatus.VOID
                give_up(change, claim, "its final coding was taken back")
        coding.status, coding.finalized_at = CodingStatus.DRAFT, None
        change.session.exec(delete(CodingDrg).where(col(CodingDrg.coding_id) == coding.id))
        item = task_of(change.session, coding)
        if item.status == WorkStatus.FINAL:  # else a late document or charge brought it back already
            worklists.move(item, WorkStatus.IN_PROGRESS)
        item.finished_at = None
        worklists.open_item(change, item.id)
        change.log("coding.take_back", "coding", coding.id)
        message = "Taken back: the chart is open again."
        change.answer = {"message": message}
        return message


@dataclass(frozen=True)
class Recoded:
    """The new version of a coding, in draft with the codes of the one before, and what happened in one line."""

    coding_id: str
    message: str


def recode(db: Database, actor: Actor, coding_id: str, reason: str, operation_id: str | None = None) -> Recoded:
    """Open a new version of a final coding whose claim has left; the final one stays as it was billed.

    Raises ReasonNeeded, and CodingRefused for a coding that is not final or whose claim has not left.
    """
    with db.change(actor, operation_id, "coding.recode") as change:
        if change.repeated:
            return Recoded(**change.answer)
        session = change.session
        coding = session.get(Coding, coding_id)
        if coding is None or coding.status != CodingStatus.FINAL:
            raise CodingRefused("only a final coding is recoded")
        why = reason_in_words(reason)
        if not session.exec(select(Claim.id).where(Claim.coding_id == coding_id, _LEFT)).first():
            raise CodingRefused("its claim has not been exported", "u takes the final coding back")
        coding.status = CodingStatus.SUPERSEDED
        new = Coding(
            encounter_id=coding.encounter_id, kind=coding.kind, version=coding.version + 1, coder_id=actor.person_id
        )
        session.add(new)
        session.flush()
        store_codes(session, new, Codes(), load_codes(session, coding_id))
        item = task_of(session, new)
        if item.status == WorkStatus.FINAL:
            worklists.move(item, WorkStatus.IN_PROGRESS)
        item.finished_at = None
        worklists.open_item(change, item.id)
        change.log("coding.recode", "coding", new.id, of=coding.id, version=new.version, reason=why)
        message = f"Version {new.version} is open with the codes of version {coding.version}."
        change.answer = {"coding_id": new.id, "message": message}
        return Recoded(new.id, message)


_LEFT = col(Claim.status).in_((ClaimStatus.EXPORTED, ClaimStatus.PATIENT))

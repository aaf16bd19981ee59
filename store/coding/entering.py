"""Entering codes into a coding in draft, line by line; undo and redo.

Every change is a step with the codes before and after it, so undo works across sessions.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, case, delete, func, insert, select, update

from codesets.safe import safe_block, safe_line
from store.actors import Actor
from store.coding.codes import Codes, Defaults, Found, apply_entry
from store.coding.entry import Entry
from store.coding.in_work import CodingRefused, held_draft, load_codes, store_codes
from store.database import Change, Database
from store.models import Coding, CodingStep
from store.models.columns import MOST_IN_A_LINE, new_id, now, table_of


@dataclass(frozen=True)
class Entered:
    """The codes after a change, and what happened in one line."""

    codes: Codes
    message: str
    version: int = 0
    """Of the coding's row, for the next change to name."""


def enter(
    db: Database,
    actor: Actor,
    coding_id: str,
    entry: Entry,
    defaults: Defaults,
    why: str = "",
    operation_id: str | None = None,
    seen_version: int | None = None,
    trail: str = "",
) -> Entered:
    """Carry out one entry on a coding in draft; `why` and `trail` say how its code was found and stay with it.

    Raises EntryError, CodingRefused, or CodingChanged where `seen_version` is given and no longer the coding's;
    then nothing changed.
    """
    with db.change(actor, operation_id, "coding.enter") as change:
        codes = load_codes(change.session, coding_id)
        if change.repeated:
            return Entered(codes, change.answer["message"])
        coding, _ = held_draft(change, coding_id, seen_version)
        changed, message = apply_entry(
            codes, entry, defaults, Found(safe_line(why)[:MOST_IN_A_LINE], safe_block(trail))
        )
        _step(change, coding, codes, changed, message)
        change.session.flush()
        change.answer = {"message": message}
        return Entered(changed, message, coding.row_version or 0)


def resolve(
    db: Database,
    actor: Actor,
    coding_id: str,
    codes: Codes,
    seen_version: int,
    operation_id: str | None = None,
) -> Entered:
    """Store what came of a conflict, as one step that undo takes back.

    `codes` were made of the coding at `seen_version`. Raises CodingChanged where it has changed once more.
    """
    with db.change(actor, operation_id, "coding.resolve") as change:
        before = load_codes(change.session, coding_id)
        if change.repeated:
            return Entered(before, change.answer["message"])
        coding, _ = held_draft(change, coding_id, seen_version)
        message = "Settled: both sides are kept as you chose."
        _step(change, coding, before, codes, message)
        change.session.flush()
        change.answer = {"message": message}
        return Entered(codes, message, coding.row_version or 0)


def undo(
    db: Database, actor: Actor, coding_id: str, operation_id: str | None = None, seen_version: int | None = None
) -> Entered:
    """Take back the last change of the coding. Raises CodingRefused when there is none."""
    return _walk(db, actor, coding_id, operation_id, seen_version, back=True)


def redo(
    db: Database, actor: Actor, coding_id: str, operation_id: str | None = None, seen_version: int | None = None
) -> Entered:
    """Make the last undone change again. Raises CodingRefused when there is none."""
    return _walk(db, actor, coding_id, operation_id, seen_version, back=False)


def _walk(
    db: Database, actor: Actor, coding_id: str, operation_id: str | None, seen_version: int | None, back: bool
) -> Entered:
    action = "coding.undo" if back else "coding.redo"
    with db.change(actor, operation_id, action) as change:
        session = change.session
        if change.repeated:
            return Entered(load_codes(session, coding_id), change.answer["message"])
        coding, _ = held_draft(change, coding_id, seen_version)
        connection = session.connection()
        step = connection.execute(_LAST_DONE if back else _FIRST_UNDONE, {"coding": coding_id}).first()
        if step is None:
            raise CodingRefused("there is nothing to undo" if back else "there is nothing to redo")
        codes = Codes.from_json(step.before if back else step.after)
        connection.execute(_WALKED, {"step": step.id, "back": back})
        store_codes(session, coding, load_codes(session, coding_id), codes)
        message = f"Undone: {step.action}" if back else f"Again: {step.action}"
        change.log(action, "coding", coding.id, what=step.action)
        session.flush()
        change.answer = {"message": message}
        return Entered(codes, message, coding.row_version or 0)


def _step(change: Change, coding: Coding, before: Codes, after: Codes, action: str) -> None:
    """Store the changed codes and the step that undo goes back by; what had been undone is no longer redone."""
    session = change.session
    session.flush()
    connection, of_coding = session.connection(), {"coding": coding.id}
    last, redoable = connection.execute(_LAST_STEP, of_coding).one()
    if redoable:
        connection.execute(_FORGET_UNDONE, of_coding)
        last = (last or 0) - redoable
    connection.execute(
        _ANOTHER_STEP,
        {
            "id": new_id(),
            "coding_id": coding.id,
            "number": (last or 0) + 1,
            "action": action,
            "person_id": change.actor.person_id or change.actor.login,
            "at": now(),
            "before": before.to_json(),
            "after": after.to_json(),
            "undone": False,
        },
    )
    store_codes(session, coding, before, after)
    change.log("coding.enter", "coding", coding.id, what=action)


# Made once: to make such a statement costs more than to carry it out, and every writer waits for it.
_STEPS = table_of(CodingStep)
_OF_CODING = _STEPS.c.coding_id == bindparam("coding")
_LAST_STEP = select(func.max(_STEPS.c.number), func.count(case((_STEPS.c.undone.is_(True), 1)))).where(_OF_CODING)
_FORGET_UNDONE = delete(_STEPS).where(_OF_CODING, _STEPS.c.undone.is_(True))
_ANOTHER_STEP = insert(_STEPS)
_LAST_DONE = select(_STEPS).where(_OF_CODING, _STEPS.c.undone.is_(False)).order_by(_STEPS.c.number.desc()).limit(1)
_FIRST_UNDONE = select(_STEPS).where(_OF_CODING, _STEPS.c.undone.is_(True)).order_by(_STEPS.c.number).limit(1)
_WALKED = update(_STEPS).where(_STEPS.c.id == bindparam("step")).values(undone=bindparam("back"))

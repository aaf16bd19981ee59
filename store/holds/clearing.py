"""Clears holds whose rule has cleared: the document came, everything is signed, a message changed what was asked for.

Asked when a chart changes and once a day; a document counts that came after the hold was opened, so that a hold on a
chart that has one already waits for another.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, select

from store.database import Change
from store.holds.desk import close_hold, holds_of
from store.holds.reasons import Clears, HoldReason, hold_reasons
from store.models import Document, EncounterChange, Hold, WorkItem
from store.settings import load_settings, today


def clear_by_rules(change: Change, item: WorkItem) -> int:
    """Clear the holds of a chart whose rule has cleared; how many."""
    cleared = 0
    for one in holds_of(change.session, item.id):
        reason = hold_reasons().get(one.reason_id)
        if reason and (why := cleared_by(change.session, item, one, reason)):
            close_hold(change, one, why)
            cleared += 1
    return cleared


def clear_by_abstract(change: Change, item: WorkItem, fields: Collection[str]) -> int:
    """Clear the holds that wait for one of these fields of the visit, which a person has just set; how many."""
    cleared = 0
    for one in holds_of(change.session, item.id):
        reason = hold_reasons().get(one.reason_id)
        if reason and reason.clears is Clears.CHANGE and (found := [name for name in reason.items if name in fields]):
            close_hold(change, one, f"{found[0].replace('_', ' ')} was set by {change.actor.login}")
            cleared += 1
    return cleared


def cleared_by(session: Session, item: WorkItem, one: Hold, reason: HoldReason) -> str:
    """What has cleared a hold, in words; empty where it still waits."""
    if reason.clears is Clears.DOCUMENT:
        return _document(session, item.encounter_id, one.opened_at, reason)
    if reason.clears is Clears.SIGNATURE:
        return "every document is signed" if _all_signed(session, item.encounter_id) else ""
    if reason.clears is Clears.CHANGE:
        return _change(session, item.encounter_id, one.opened_at, reason)
    if reason.clears is Clears.DUE and one.due_on and one.due_on <= today().isoformat():
        return f"{one.due_on} has come"
    return ""


def _document(session: Session, encounter_id: str, since: str, reason: HoldReason) -> str:
    query = select(Document).where(
        Document.encounter_id == encounter_id, Document.current, Document.received_at > since
    )
    for document in session.exec(query.order_by(Document.received_at)):
        named = f"{document.type_name} {document.title}".lower()
        fits = document.type_code in reason.codes or any(words in named for words in reason.types)
        if fits and (document.status.authenticated or not load_settings().authenticated_only):
            return f"{document.type_name} {document.document_number} arrived"
    return ""


def _all_signed(session: Session, encounter_id: str) -> bool:
    documents = session.exec(select(Document).where(Document.encounter_id == encounter_id, Document.current)).all()
    return bool(documents) and all(document.status.authenticated for document in documents)


def _change(session: Session, encounter_id: str, since: str, reason: HoldReason) -> str:
    query = select(EncounterChange).where(
        EncounterChange.encounter_id == encounter_id, EncounterChange.received_at > since
    )
    for later in session.exec(query):
        for detail in later.details:
            if detail["part"] in reason.parts and (not reason.items or detail["item"] in reason.items):
                return f"{detail['part']} {detail['item']} came with {later.message or 'a message'}"
    return ""

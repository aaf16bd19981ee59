"""Remittances that wait, held: set aside once a person or a later file says what became of them, and held again."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, select

from store.actors import Actor
from store.database import Change, Database
from store.models import ReceivedFile, Remittance
from store.reasons import reason_in_words
from store.remits.posting.identity import named_by_trace, names_same_claims
from store.remits.posting.outcomes import RemittanceRefused, standing_as
from store.terms import RemittanceStatus


def set_aside(db: Database, actor: Actor, remittance_id: str, reason: str, operation_id: str | None = None) -> None:
    """Take a held remittance from what waits, since a person knows what became of it.

    Raises RemittanceRefused, ReasonNeeded.
    """
    reason = reason_in_words(reason)
    with db.change(actor, operation_id, "remittance.set_aside") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return
        remittance = standing_as(change.session, remittance_id, RemittanceStatus.HELD)
        _leave(change, remittance, reason)


def hold_again(db: Database, actor: Actor, remittance_id: str, reason: str, operation_id: str | None = None) -> None:
    """Hold a remittance again that was set aside: it waits as before, and why it was set aside stays in the log.

    Raises ReasonNeeded, and RemittanceRefused, also where its payment is posted from another file.
    """
    reason = reason_in_words(reason)
    with db.change(actor, operation_id, "remittance.hold_again") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return
        aside = standing_as(change.session, remittance_id, RemittanceStatus.SET_ASIDE)
        if aside.trace and (whole := next(_same_payment(change.session, aside, RemittanceStatus.POSTED), None)):
            name = change.session.get_one(ReceivedFile, whole.file_id).name
            raise RemittanceRefused(f"its payment is posted from {name}", "take that one back first")
        why, *held = aside.held
        aside.status, aside.held = RemittanceStatus.HELD, held
        change.session.add(aside)
        change.log("remittance.hold_again", "remittance", aside.id, reason=reason, was=why)


def settle_held(change: Change, came: Remittance) -> None:
    """Set aside what is held of a payment that is posted now: the same payer, trace and amount."""
    if not came.trace:
        return
    name = change.session.get_one(ReceivedFile, came.file_id).name
    for held in _same_payment(change.session, came, RemittanceStatus.HELD):
        _leave(change, held, f"came whole as trace {came.trace} in {name}")


def _same_payment(session: Session, one: Remittance, status: RemittanceStatus) -> Iterator[Remittance]:
    """Other remittances that stand so, of the same payer, trace and amount; of the same claims where that says nothing.

    Other sets of the same envelope are other parts of the payment.
    """
    query = select(Remittance).where(
        Remittance.id != one.id,
        Remittance.payer_identifier == one.payer_identifier,
        Remittance.trace == one.trace,
        Remittance.payment_cents == one.payment_cents,
        Remittance.status == status,
        (Remittance.envelope != one.envelope) | (Remittance.control == one.control),
    )
    by_trace = named_by_trace(one.trace, one.payment_cents)
    for other in session.exec(query.order_by(Remittance.received_at, Remittance.id)).all():
        if by_trace or names_same_claims(session, one, other):
            yield other


def _leave(change: Change, held: Remittance, why: str) -> None:
    """Take a held remittance from what waits, and log why."""
    held.status, held.held = RemittanceStatus.SET_ASIDE, [why, *held.held]
    change.session.add(held)
    change.log("remittance.set_aside", "remittance", held.id, reason=why)

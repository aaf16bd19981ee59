"""Finds what reversals take back, and the answers and reversals that wait for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from store.models import Claim, Remittance, RemittanceClaim
from store.queries import SessionReader
from store.queries.unapplied import RELEASED, unapplied_of
from store.remits.answered.rivals import NO_REVERSAL, answer_from, replacing_claims
from store.remits.answered.standing import NO_ANSWER, REVERSAL, Replayed, replay, take_away
from store.remits.matching import OurClaim
from store.terms import RemittanceStatus
from store.x12.remittance import RemitClaim


def answer_to_reverse(
    session: Session, remittance: Remittance, reversal: RemitClaim, claim_id: str, own_id: str
) -> str:
    """The id of the posted answer of our claim that a reversal takes back, or would if it was applied; else empty.

    `own_id` is the stored claim of the payment that is the reversal.
    """
    if reversal.status != REVERSAL:
        return ""
    replayed = replay(session, [claim_id])[claim_id]
    applied = next((answer for answer, by in replayed.reversed if by.id == own_id), None)
    taken = applied or take_away(replayed.standing, answer_from(reversal, None, remittance))
    return taken.id if taken else ""


def replacing_numbers(session: Session, reversed_: OurClaim | None) -> list[str]:
    """The numbers of the claims that replace one whose answer was reversed: answers of those can wait for that."""
    pairs = replacing_claims(session, [reversed_.id]) if reversed_ else []
    return [session.get_one(Claim, later).claim_number for _, later in pairs]


def waiting_for(session: Session, remittance: Remittance, account_numbers: Sequence[str]) -> list[RemittanceClaim]:
    """Second answers of these claims by earlier payments of this payer that wait since no reversal had come."""
    query = (
        select(RemittanceClaim)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            col(RemittanceClaim.account_number).in_(account_numbers),
            col(RemittanceClaim.claim_id).is_(None),
            RemittanceClaim.paid_cents > 0,
            col(RemittanceClaim.note).contains(NO_REVERSAL),
            of_payer(remittance),
            Remittance.status == RemittanceStatus.POSTED,
            Remittance.id != remittance.id,
        )
    )
    return list(session.exec(query)) if account_numbers else []


def waiting_reversals(session: Session, remittance: Remittance, claims: Sequence[RemitClaim]) -> list[RemittanceClaim]:
    """Reversals of the payer that are posted to no claim, of these account numbers or payer's numbers.

    One that a person took from a claim waits for a person.
    """
    answers = [one for one in claims if one.status not in NO_ANSWER]
    accounts, numbers = {one.account_number for one in answers}, {one.payer_number for one in answers} - {""}
    query = (
        select(RemittanceClaim)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            RemittanceClaim.status_code == REVERSAL,
            col(RemittanceClaim.claim_id).is_(None),
            ~col(RemittanceClaim.note).contains(RELEASED),
            col(RemittanceClaim.account_number).in_(accounts) | col(RemittanceClaim.payer_number).in_(numbers),
            of_payer(remittance),
            Remittance.status == RemittanceStatus.POSTED,
        )
        .order_by(col(Remittance.received_at), col(RemittanceClaim.sequence))
    )
    reader = SessionReader(session)
    return [one for one in session.exec(query) if _whole(reader, one)]


def applied_reversals(session: Session, replayed: Mapping[str, Replayed]) -> list[RemittanceClaim]:
    """Reversals that a person applied to these claims before their answers came."""
    unmet = [one.id for of in replayed.values() for one in of.unmet]
    return list(session.exec(select(RemittanceClaim).where(col(RemittanceClaim.id).in_(unmet)))) if unmet else []


def mirrors(reversal: RemitClaim | RemittanceClaim, answer: RemitClaim) -> bool:
    """Whether a reversal is that of this answer, which has its amounts with the other sign."""
    same = (
        reversal.payer_number == answer.payer_number
        if reversal.payer_number
        else reversal.account_number == answer.account_number
    )
    return same and (reversal.charge_cents, reversal.paid_cents) == (-answer.charge_cents, -answer.paid_cents)


def of_payer(remittance: Remittance) -> ColumnElement[bool]:
    """Whether a payment is of the payer of this one: its identifier, or its name where it comes under another."""
    named = col(Remittance.payer_name).in_([remittance.payer_name] if remittance.payer_name else [])
    return or_(col(Remittance.payer_identifier) == remittance.payer_identifier, named)


def _whole(reader: SessionReader, reversal: RemittanceClaim) -> bool:
    """Whether all of its money waits, none of it given back."""
    waits = unapplied_of(reader, reversal.id)
    return (waits.left_cents if waits else 0) == reversal.paid_cents

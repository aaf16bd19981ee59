"""Takes in a file of remittances: adds up every set, posts those that balance, and holds the others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlmodel import Session, col, select

from codesets.errors import UnreadableInput
from store.actors import Actor
from store.claims.prior_changed import follow_answers_in
from store.claims.restating import Restated
from store.database import Change, Database
from store.denials.owed import ask_again_in
from store.ledger.answered_shares import move_answered_in
from store.ledger.charges import follow_shares, shares_in_batch
from store.models import Remittance
from store.received import Copy, copied, keep_file
from store.remits.answered import waiting_for
from store.remits.balance import SetSummary, examine
from store.remits.batch import Batch
from store.remits.posting.holding import settle_held
from store.remits.posting.identity import claims_of_set, envelope_of, known_payment
from store.remits.posting.journal import prove
from store.remits.posting.outcomes import FileTakenIn, TakenIn
from store.terms import RemittanceStatus
from store.x12.remittance import RemitClaim, SetEnd

_AT_ONCE = 250


def take_in(db: Database, actor: Actor, path: Path) -> FileTakenIn:
    """Take in a file: add up every set, post those that balance, hold the others.

    Raises UnreadableInput for what is no X12 or too large; then nothing has changed. A set that was
    posted stays so when a later one fails.
    """
    with copied(path) as copy:
        examined = examine(copy.file)
        if not examined.sets:
            why = f": {examined.others[0].why}" if examined.others else ""
            raise UnreadableInput(f"{path.name}: no remittance in it{why}", "expected an 835 of version 005010X221A1")
        file_id = keep_file(db, actor, path.name, copy)
        taken = [_take_set(db, actor, copy, file_id, summary) for summary in examined.sets]
    return FileTakenIn(path.name, tuple(taken), examined)


def _take_set(db: Database, actor: Actor, copy: Copy, file_id: str, summary: SetSummary) -> TakenIn:
    with db.change(actor, action="remittance.take_in") as change:
        payment = summary.payment
        known = known_payment(change.session, file_id, payment, copy.file) or _held_alike(change.session, summary)
        if known:
            why = f"this payment is {known.status.value} already"
            if known.paid_on != payment.date:
                why += f", dated {known.paid_on or 'no day'} there and {payment.date or 'no day'} here"
            return TakenIn(known.id, summary, "already there", why, waits=known.status is RemittanceStatus.HELD)
        remittance = _remittance(file_id, summary)
        change.session.add(remittance)
        change.session.flush()
        change.target = ("remittance", remittance.id)
        if summary.held:
            change.log("remittance.hold", "remittance", remittance.id, why=summary.held[0], segment=remittance.segment)
            return TakenIn(remittance.id, summary, "held", summary.held[0], waits=True)
        copy.file.seek(0)
        taken = _post(change, remittance, summary, claims_of_set(copy.file, summary.payment.segment))
        settle_held(change, remittance)
        return taken


def _held_alike(session: Session, summary: SetSummary) -> Remittance | None:
    """The same set from another file, held or set aside, where this one would be held: it waits once."""
    payment = summary.payment
    if not summary.held:
        return None
    query = select(Remittance).where(
        Remittance.envelope == envelope_of(payment),
        Remittance.control == payment.control,
        Remittance.payer_identifier == payment.payer_id,
        Remittance.trace == payment.trace,
        Remittance.paid_on == payment.date,
        Remittance.payment_cents == payment.cents,
        Remittance.paid_cents == summary.paid_cents,
        Remittance.provider_cents == summary.provider_cents,
        Remittance.claims == summary.claims,
        col(Remittance.status).in_((RemittanceStatus.HELD, RemittanceStatus.SET_ASIDE)),
    )
    return session.exec(query).first()


def _remittance(file_id: str, summary: SetSummary) -> Remittance:
    payment = summary.payment
    return Remittance(
        file_id=file_id,
        segment=payment.segment,
        status=RemittanceStatus.HELD if summary.held else RemittanceStatus.POSTED,
        control=payment.control,
        envelope=envelope_of(payment),
        payer_identifier=payment.payer_id,
        payer_name=payment.payer.name,
        payer_numbers=list(payment.payer_numbers),
        payee_name=payment.payee.name,
        payee_identifier=payment.payee.id,
        trace=payment.trace,
        method=payment.method,
        paid_on=payment.date,
        payment_cents=payment.cents,
        paid_cents=summary.paid_cents,
        provider_cents=summary.provider_cents,
        claims=summary.claims,
        held=[*summary.held, *summary.miscounted],
    )


def _post(change: Change, remittance: Remittance, summary: SetSummary, parts: Iterable[RemitClaim | SetEnd]) -> TakenIn:
    """Store and post a set, and let what hangs on its answers follow."""
    batch = Batch(change, remittance, summary.payment)
    _store(batch, parts)
    restated = _follow(change, remittance, batch)
    change.log(
        "remittance.post",
        "remittance",
        remittance.id,
        cents=remittance.payment_cents,
        claims=batch.claims_stored,
        postings=batch.postings,
        unapplied_cents=batch.unapplied_cents,
        denials=batch.denials,
    )
    return TakenIn(
        remittance.id,
        summary,
        "posted",
        matched=batch.matched,
        unapplied_cents=batch.unapplied_cents,
        denials=batch.denials,
        again=batch.again,
        unreadable=batch.unreadable,
        charged_otherwise=batch.charged_otherwise,
        nothing_reversed=batch.nothing_reversed,
        voids_denied=batch.voids_denied,
        ours=batch.ours,
        restated=restated,
    )


def _store(batch: Batch, parts: Iterable[RemitClaim | SetEnd]) -> None:
    """Store and post the parts of a set, some hundred claims at a time."""
    waiting: list[RemitClaim] = []
    for part in parts:
        if isinstance(part, SetEnd):
            batch.add_claims(waiting)
            batch.add_provider_adjustments(part.provider_adjustments)
        else:
            waiting.append(part)
            if len(waiting) == _AT_ONCE:
                batch.add_claims(waiting)
                waiting = []


def _follow(change: Change, remittance: Remittance, batch: Batch) -> Restated:
    """Let shares, next payers, reversals and denials that waited follow the answers of a set; who states it now."""
    remittance.batch_id = batch.id
    change.session.add(remittance)
    change.session.flush()
    move_answered_in(change, batch.id, remittance.id)
    follow_shares(change, shares_in_batch(change.session, batch.id), batch.id, remittance.id)
    prove(change.session, remittance)
    restated = follow_answers_in(change, batch.id, f"trace {remittance.trace or 'without a number'}")
    for row in waiting_for(change.session, remittance, batch.reversed_numbers):
        row.note = f"its reversal came with {remittance.trace or 'a payment without a number'}: apply it; {row.note}"
        change.session.add(row)
    if batch.met:
        from store.remits.unapplied import apply_reversal

        for reversal_id, ours, answer_id in batch.met:
            apply_reversal(change, reversal_id, ours.id, answer_id, remittance.trace)
    ask_again_in(change, batch.id)
    return restated

"""Settles provider adjustments that no later payment settles: by a refund to the payer, or by charging a claim of ours.

    the payer gave and will take back (below zero)     refund: cash goes out, its takeback then finds nothing open
    the payer took without a reversal (above zero)     charged to the claim it was taken for, which is owed again

The adjustments themselves are posted with their payments (`store.remits.batch`), and stay as they were.
"""

from __future__ import annotations

from sqlmodel import Session, select

from store.actors import Actor
from store.claims.content import UnknownClaim
from store.database import Change, Database
from store.denials.owed import ask_again
from store.models import Claim, Encounter, JournalLine, Posting
from store.models.columns import new_id
from store.queries import SessionReader
from store.queries.unapplied import TakebackRow, takeback_of
from store.remits.posting import RemittanceRefused
from store.remits.unapplied import Placed, answered, needed
from store.terms import JournalAccount, PostingKind


def refund_takeback(
    db: Database, actor: Actor, adjustment_id: str, cents: int, reason: str, operation_id: str | None = None
) -> Placed:
    """Give the payer what it has not taken back yet, at most all of it. Raises RemittanceRefused."""
    with db.change(actor, operation_id, "remittance.refund") as change:
        if change.repeated:
            return Placed(**change.answer)
        reason = needed(reason)
        row = _open(change.session, adjustment_id)
        owed = max(-row.open_cents, 0)
        if not 0 < cents <= owed:
            raise RemittanceRefused(f"the payer is owed {owed / 100:,.2f}, not {cents / 100:,.2f}")
        sides = ((JournalAccount.PROVIDER_LEVEL, cents), (JournalAccount.CASH, -cents))
        posting = _post(change, PostingKind.REFUND, row.id, None, sides, reason)
        change.log("remittance.refund", "posting", posting, cents=cents, reference=row.reference, reason=reason)
        return answered(change, Placed(cents, owed - cents, posting))


def charge_to_claim(
    db: Database, actor: Actor, adjustment_id: str, claim_number: str, reason: str, operation_id: str | None = None
) -> Placed:
    """Post what is open to a claim of ours: what the payer took is owed again, what it gave is not owed any more.

    Raises UnknownClaim and RemittanceRefused.
    """
    with db.change(actor, operation_id, "remittance.charge") as change:
        if change.repeated:
            return Placed(**change.answer)
        session, reason = change.session, needed(reason)
        row = _open(session, adjustment_id)
        claim = session.exec(select(Claim).where(Claim.claim_number == claim_number.strip())).first()
        if claim is None:
            raise UnknownClaim(f"no claim has the number {claim_number[:40]!r}", "codedesk claims list shows them")
        cents = row.open_cents
        sides = ((JournalAccount.PAYER_RECEIVABLE, cents), (JournalAccount.PROVIDER_LEVEL, -cents))
        posting = _post(change, PostingKind.PROVIDER_ADJUSTMENT, row.id, claim, sides, reason)
        ask_again(change, [claim.id])
        change.log("remittance.charge", "claim", claim.id, cents=cents, reference=row.reference, reason=reason)
        return answered(change, Placed(cents, 0, posting))


def _open(session: Session, adjustment_id: str) -> TakebackRow:
    row = takeback_of(SessionReader(session), adjustment_id)
    if row is None:
        raise RemittanceRefused("no takeback has that id", "codedesk takebacks list shows those that are open")
    if not row.open_cents:
        raise RemittanceRefused("it is settled: nothing is open")
    return row


def _post(
    change: Change,
    kind: PostingKind,
    adjustment_id: str,
    claim: Claim | None,
    sides: tuple[tuple[JournalAccount, int], ...],
    note: str,
) -> str:
    session = change.session
    posting = Posting(
        batch_id=new_id(),
        kind=kind,
        claim_id=claim.id if claim else None,
        account_id=session.get_one(Encounter, claim.encounter_id).account_id if claim else None,
        provider_adjustment_id=adjustment_id,
        note=note,
        posted_by=change.actor.person_id,
    )
    session.add(posting)
    session.flush()
    session.add_all(JournalLine(posting_id=posting.id, account=account, cents=cents) for account, cents in sides)
    session.flush()
    return posting.id

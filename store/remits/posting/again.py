"""Posts a remittance again that was taken back: what it posted, judged beside what came while it was away."""

from __future__ import annotations

import zlib

from sqlmodel import col, select

from store.actors import Actor
from store.claims.prior_changed import follow_answers_in
from store.database import Change, Database
from store.denials.decided import DECIDED_KINDS
from store.denials.opening import close_reversed, reopen, withdraw_reversed
from store.denials.owed import ask_again_in
from store.ledger.answered_shares import move_answered_in
from store.ledger.charges import follow_shares, shares_in_batch
from store.models import Posting, ReceivedFile, Remittance, RemittanceClaim
from store.models.columns import new_id
from store.remits.answered import REPLACED, SETTLED, crowded, reversed_by, reversed_of
from store.remits.balance import SetSummary, examine
from store.remits.posting.journal import mirror, prove
from store.remits.posting.outcomes import TakenIn, standing_as
from store.remits.reached import reach_again
from store.remits.replaced import replace_answers
from store.terms import RemittanceStatus


def post_again(db: Database, actor: Actor, remittance_id: str, operation_id: str | None = None) -> TakenIn:
    """Post a remittance that was taken back, from the file that is kept. Raises RemittanceRefused."""
    with db.reading() as session:
        remittance = standing_as(session, remittance_id, RemittanceStatus.UNPOSTED)
        segment = remittance.segment
        content = zlib.decompress(session.get_one(ReceivedFile, remittance.file_id).content)
    summary = next(one for one in examine(content).sets if one.payment.segment == segment)
    with db.change(actor, operation_id, "remittance.post") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return TakenIn(remittance_id, summary, "posted")
        return _post_kept(change, standing_as(change.session, remittance_id, RemittanceStatus.UNPOSTED), summary)


def _post_kept(change: Change, remittance: Remittance, summary: SetSummary) -> TakenIn:
    """Post what is stored of a remittance once more: each posting that was taken back with it, made again.

    What was taken back before, as when money was applied to a claim by hand, stands in the same batch and stays so.
    """
    session = change.session
    batch_id = new_id()
    last = session.exec(
        select(Posting.batch_id)
        .where(Posting.remittance_id == remittance.id, col(Posting.takes_back).is_(None))
        .order_by(col(Posting.posted_at).desc(), col(Posting.id).desc())
    ).first()
    taken_back = select(Posting.takes_back).where(
        Posting.remittance_id == remittance.id, col(Posting.takes_back).is_not(None), Posting.batch_id != last
    )
    query = select(Posting).where(
        Posting.remittance_id == remittance.id,
        Posting.batch_id == last,
        col(Posting.kind).not_in(DECIDED_KINDS),  # that of a denial which it reverses: judged as that stands now
        ~col(Posting.note).startswith(REPLACED),  # so with the answers whose place it takes,
        ~col(Posting.note).startswith(SETTLED),  # and with the denied lines that it pays
        col(Posting.id).in_(taken_back),
    )
    made = mirror(change, session.exec(query).all(), batch_id, sign=1, taking_back=False)
    remittance.status, remittance.batch_id = RemittanceStatus.POSTED, batch_id
    session.add(remittance)
    reopen(session, remittance.id, summary.payment)
    session.flush()
    withdraw_reversed(session, reversed_of(session, remittance.id))
    close_reversed(change, reversed_by(session, remittance.id), batch_id, remittance.id)
    session.flush()
    reach_again(change, remittance)
    _make_room(change, remittance)
    move_answered_in(change, batch_id, remittance.id)
    follow_shares(change, shares_in_batch(session, batch_id), batch_id, remittance.id)
    prove(session, remittance)
    restated = follow_answers_in(change, batch_id, "posted again")
    ask_again_in(change, batch_id)
    change.log("remittance.post", "remittance", remittance.id, postings=made, cents=remittance.payment_cents)
    return TakenIn(remittance.id, summary, "posted", restated=restated)


def _make_room(change: Change, remittance: Remittance) -> None:
    """Judge the answers of a remittance that is posted again beside those that came while it was taken back."""
    for claim_id, answer, replaced, why in crowded(change.session, remittance.id):
        row = change.session.get_one(RemittanceClaim, answer)
        if not why:
            replace_answers(change, replaced, remittance, remittance.batch_id or "", row.segment)
            continue
        from store.remits.unapplied import leave_waiting

        leave_waiting(change, row, remittance, claim_id, why)

"""Withdraws the denials of claims whose void stands, and opens them again where it does not stand after all.

A void that left and was not refused lets fall what its claim was denied (`store.ledger.answered_shares`): nothing is
denied any more, so nothing is left to appeal. A denial that was decided with money stays as it was decided, and that
money falls with the rest.

So it is of a claim beside which another one is the claim of its visit, since the void of one did not happen.

What a payer refused of a void itself denies no money, and is done with once nothing is left to void: its claim was
taken back otherwise, or is the claim of the visit, what was billed beside it having been denied or reversed.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_
from sqlmodel import Session, col, select

from store.denials.opening import BESIDE, FALLEN, NEEDLESS, VOIDED, closing, living, note_before
from store.models import Claim, Denial
from store.models.columns import now
from store.queries import SessionReader
from store.queries.payers_answers import needless_voids
from store.terms import LIVING_DENIALS, DenialStatus


def follow_voids(
    session: Session, claim_ids: Collection[str], voided: Collection[str], beside: Collection[str]
) -> None:
    """Let the denials of these claims stand as their voids do.

    `voided` are those of them whose void stands, `beside` those that do not count, as another claim of the visit does.
    """
    session.flush()
    of_claims = select(Denial).where(col(Denial.claim_id).in_(claim_ids)).execution_options(populate_existing=True)
    for fallen, why in ((voided, VOIDED), (beside, BESIDE)):
        alive = of_claims.where(col(Denial.claim_id).in_(fallen), col(Denial.status).in_(LIVING_DENIALS))
        for row in session.exec(alive).all():
            row.status, row.note, row.closed_at = DenialStatus.WITHDRAWN, closing(why, row.note), now()
            session.add(row)
    withdrawn = of_claims.where(
        col(Denial.claim_id).not_in({*voided, *beside}),
        Denial.status == DenialStatus.WITHDRAWN,
        or_(*(col(Denial.note).startswith(why) for why in FALLEN)),
    )
    for row in session.exec(withdrawn).all():
        row.status, row.note, row.closed_at = living(row.level), note_before(row.note), None
        session.add(row)
    session.flush()
    _follow_refused(session, claim_ids)


def _follow_refused(session: Session, claim_ids: Collection[str]) -> None:
    """Close what payers refused of voids among these claims where nothing is left to void, and open the rest again."""
    voids = select(Claim.id).where(col(Claim.id).in_(claim_ids), Claim.frequency == "8")
    query = select(Denial).where(
        col(Denial.claim_id).in_(voids),
        col(Denial.status).in_(LIVING_DENIALS)
        | ((col(Denial.status) == DenialStatus.RESOLVED) & col(Denial.note).startswith(NEEDLESS)),
    )
    rows = session.exec(query.execution_options(populate_existing=True)).all()
    needless = needless_voids(SessionReader(session), sorted({row.claim_id or "" for row in rows})) if rows else set()
    for row in rows:
        lives = row.status in LIVING_DENIALS
        if lives and row.claim_id in needless:
            row.status, row.note, row.closed_at = DenialStatus.RESOLVED, closing(NEEDLESS, row.note), now()
        elif not lives and row.claim_id not in needless:
            row.status, row.note, row.closed_at = living(row.level), note_before(row.note), None
        session.add(row)
    session.flush()

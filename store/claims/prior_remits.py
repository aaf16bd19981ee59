"""What each payer answered of a claim, read from its posted remittances, as the next payer is told.

A payer that the one before forwarded the claim to answers it too, so that a claim has an answer of each place among
its payers. A reversal takes the answer before it back. Lines are told by our own line numbers; adjustments keep their
groups and reasons, so that payment and adjustments come to the charge where the remittance balances.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlmodel import Session, col, select

from store.claims.prior_payment import PriorAdjustment, PriorLine, PriorPayment
from store.models import Claim, ClaimLine, Remittance, RemittanceAdjustment, RemittanceClaim, RemittanceLine
from store.remits.answered import standing_places
from store.remits.places import payers_of, says_forwarded


@dataclass(frozen=True)
class Answer:
    """A payer's answer: its status (CLP02), what it paid and adjusted, and the remittance's claim it stands on.

    `forwarded` says that the payer sent the claim on: by its status, a crossover carrier (NM1*TT), or a remark.
    """

    status: str
    prior: PriorPayment
    remittance_claim_id: str
    forwarded: bool = False


def answers_by_place(session: Session, claim: Claim) -> dict[int, Answer]:
    """The answers that stand, by the place of their payer (`store.remits.places`); of several the last posted."""
    found: dict[int, Answer] = {}
    for row_id, place in standing_places(session, claim.id, payers_of(claim.parties)):
        row = session.get_one(RemittanceClaim, row_id)
        paid_on = session.get_one(Remittance, row.remittance_id).paid_on
        of_lines = select(RemittanceLine.remarks).where(RemittanceLine.remittance_claim_id == row.id)
        remarks = [*row.remarks, *(one for some in session.exec(of_lines) for one in some)]
        forwarded = says_forwarded(row.status_code, remarks, row.note)
        found[place] = Answer(row.status_code, _prior(session, row, paid_on), row.id, forwarded)
    return found


def _prior(session: Session, row: RemittanceClaim, paid_on: str) -> PriorPayment:
    adjustments: dict[str | None, list[PriorAdjustment]] = defaultdict(list)
    query = select(RemittanceAdjustment).where(RemittanceAdjustment.remittance_claim_id == row.id)
    for one in session.exec(query.order_by(col(RemittanceAdjustment.segment), col(RemittanceAdjustment.id))):
        made = PriorAdjustment(one.group_code, one.reason_code, one.cents, one.quantity)
        adjustments[one.remittance_line_id].append(made)
    lines = _lines(session, row, adjustments, paid_on)
    everything = [one for some in adjustments.values() for one in some]
    return PriorPayment(
        paid_cents=row.paid_cents,
        paid_on=paid_on,
        payer_number=row.payer_number,
        patient_cents=sum(one.cents for one in everything if one.group == "PR"),
        adjustments=tuple(adjustments[None]),
        lines=lines,
        remarks=tuple(row.remarks),
    )


def _lines(
    session: Session, row: RemittanceClaim, adjustments: dict[str | None, list[PriorAdjustment]], paid_on: str
) -> tuple[PriorLine, ...]:
    query = (
        select(RemittanceLine, ClaimLine.sequence, ClaimLine.revenue_code)
        .outerjoin(ClaimLine, col(ClaimLine.id) == RemittanceLine.claim_line_id)
        .where(RemittanceLine.remittance_claim_id == row.id)
        .order_by(col(RemittanceLine.sequence))
    )
    return tuple(
        PriorLine(
            line=sequence or line.sequence,
            code="" if _is_revenue_code(line.code) else line.code,
            paid_cents=line.paid_cents,
            paid_on=paid_on,
            units=line.units or "1",
            modifiers=tuple(line.modifiers),
            revenue_code=_revenue_code(line, ours),
            adjustments=tuple(adjustments[line.id]),
        )
        for line, sequence, ours in session.exec(query)
    )


def _revenue_code(line: RemittanceLine, ours: str | None) -> str:
    """Four digits as the payer stated them, else those of our line; empty where neither has one."""
    stated = line.revenue_code or (line.code if _is_revenue_code(line.code) else "")
    return stated.zfill(4) if stated else ours or ""


def _is_revenue_code(code: str) -> bool:
    """Procedures have five characters; remittances stored before kept a revenue code (NU) in their place."""
    return code.isdigit() and len(code) in (3, 4)

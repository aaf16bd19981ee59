"""Opens denials with a posted remittance, and withdraws them when it is taken back or the payer reverses the claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from store.denials.reasons import category_of, due_day
from store.models import Denial, Remittance, RemittanceClaim
from store.models.columns import new_id, now
from store.terms import DenialStatus
from store.x12.remittance import Adjustment, RemitClaim

_LIVING = (DenialStatus.OPEN, DenialStatus.APPEALED)
_REVERSED = "the payer reversed the claim"
_TAKEN_BACK = "the remittance was taken back"


def denial_rows(
    remittance: Remittance, claim: RemitClaim, claim_id: str, line_ids: Sequence[str], ours: str | None
) -> list[dict[str, Any]]:
    """The denials of a claim of a remittance as rows: one for each line, group and reason with cents above 0.

    `claim_id` and `line_ids` are those of the stored rows, `ours` the id of our claim.
    """
    if claim.status in ("22", "23", "25"):  # reversed, forwarded, or no payment at all
        return []
    found: list[dict[str, Any]] = []
    for owner, line_id in ((claim, None), *zip(claim.lines, line_ids, strict=True)):
        amounts: dict[tuple[str, str], tuple[int, Adjustment]] = {}
        for one in owner.adjustments:
            cents, first = amounts.get((one.group, one.reason), (0, one))
            amounts[one.group, one.reason] = (cents + one.cents, first)
        for (group, reason), (cents, first) in amounts.items():
            category = category_of(group, reason)
            if category is None or cents <= 0:
                continue
            found.append(
                {
                    "id": new_id(),
                    "remittance_id": remittance.id,
                    "remittance_claim_id": claim_id,
                    "remittance_line_id": line_id,
                    "claim_id": ours,
                    "payer_name": remittance.payer_name,
                    "procedure_code": getattr(owner, "code", ""),
                    "group_code": group,
                    "reason_code": reason,
                    "remarks": list(dict.fromkeys((*claim.remarks, *owner.remarks))),
                    "cents": cents,
                    "category": category.name,
                    "status": DenialStatus.OPEN,
                    "level": 0,
                    "owner_id": None,
                    "due_on": due_day(claim.filing, 1, remittance.paid_on),
                    "note": "",
                    "segment": first.segment,
                    "opened_at": now(),
                    "closed_at": None,
                    "row_version": 1,
                }
            )
    return found


def close_reversed(session: Session, claim_id: str, payer_number: str) -> None:
    """Withdraw the living denials of a claim that the payer reverses, those of the same payer's number."""
    of_number = select(RemittanceClaim.id).where(
        RemittanceClaim.claim_id == claim_id, RemittanceClaim.payer_number == payer_number
    )
    _withdraw(session, col(Denial.remittance_claim_id).in_(of_number), _REVERSED)


def withdraw(session: Session, remittance_id: str) -> None:
    """Withdraw the denials of a remittance that is taken back: living ones, and those whose write-off goes with it."""
    _withdraw(session, col(Denial.remittance_id) == remittance_id, _TAKEN_BACK, (*_LIVING, DenialStatus.WRITTEN_OFF))


def reopen(session: Session, remittance_id: str) -> None:
    """Open again what was withdrawn because the remittance was taken back."""
    session.execute(
        update(Denial)
        .where(
            col(Denial.remittance_id) == remittance_id,
            col(Denial.status) == DenialStatus.WITHDRAWN,
            col(Denial.note) == _TAKEN_BACK,
        )
        .values(status=DenialStatus.OPEN, note="", closed_at=None, row_version=Denial.row_version + 1)
        .execution_options(synchronize_session=False)
    )


def _withdraw(session: Session, condition: Any, why: str, statuses: Sequence[DenialStatus] = _LIVING) -> None:
    session.execute(
        update(Denial)
        .where(condition, col(Denial.status).in_(statuses))
        .values(status=DenialStatus.WITHDRAWN, note=why, closed_at=now(), row_version=Denial.row_version + 1)
        .execution_options(synchronize_session=False)
    )

"""Tells a claim that its payer answers a second time, so that it is posted once.

The same payer, its own number of the claim (CLP07) and its place among the payers, and no reversal (CLP02 22) between:
the payer paid twice or sent its answer again. Its money waits as unapplied, and the patient's share and its denials
stay as the first answer made them. No second answer is one that pays what was paid nothing before, and one of other
lines of the same claim, as far as both together charge no more than the claim.

Source: 005010X221A1, section 1.10.2.8 (a correction comes after the reversal of what it corrects).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from store.models import Claim, Remittance, RemittanceClaim
from store.remits.matching import Match
from store.terms import RemittanceStatus
from store.x12.remittance import RemitClaim

_REVERSAL, _FOREIGN, _PREDETERMINATION = "22", "23", "25"
_NO_ANSWER = (_REVERSAL, _FOREIGN, _PREDETERMINATION)
_PLACES = {"1": 1, "19": 1, "2": 2, "20": 2, "3": 3, "21": 3}
"""CLP02: processed as primary, secondary, tertiary; a denial (4) tells no place."""


@dataclass(frozen=True)
class _Answer:
    """An answer that stands, with the payment that brought it."""

    payer_number: str
    status: str
    charge_cents: int
    paid_cents: int
    trace: str
    paid_on: str


def without_second_answers(
    session: Session, remittance: Remittance, claims: Sequence[RemitClaim], matches: Sequence[Match]
) -> list[Match]:
    """The matches of some claims of a set; those of second answers are without our claim and say why in `why`.

    Reversals among these claims count before their answers, in whatever order the payer sends them.
    """
    ours = list(dict.fromkeys(found.claim.id for found in matches if found.claim))
    standing = _standing(session, remittance, ours)
    totals = dict(session.exec(select(Claim.id, Claim.total_cents).where(col(Claim.id).in_(ours))).all())
    for claim, found in zip(claims, matches, strict=True):
        if claim.status == _REVERSAL and found.claim:
            _take_away(standing[found.claim.id], claim.payer_number, claim.charge_cents)
    judged = []
    for claim, found in zip(claims, matches, strict=True):
        if found.claim and claim.status not in _NO_ANSWER:
            before = standing[found.claim.id]
            if why := _why_second(claim, before, totals[found.claim.id]):
                found = replace(found, claim=None, line_ids=(None,) * len(claim.lines), why=why)
            else:
                before.append(_answer(claim, remittance))
        judged.append(found)
    return judged


def _why_second(claim: RemitClaim, before: Sequence[_Answer], total_cents: int) -> str:
    """Why this answer of a claim is its second, empty where it is none."""
    alike = [one for one in before if one.payer_number == claim.payer_number and _same_place(one.status, claim.status)]
    paid = any(one.paid_cents for one in alike)
    charged = sum(one.charge_cents for one in alike) + claim.charge_cents
    if not alike or (claim.paid_cents and not paid) or charged <= total_cents:
        return ""
    last = alike[-1]
    trace, day = last.trace or "without a number", last.paid_on or "no day"
    return f"{'paid' if paid else 'answered'} already by trace {trace} on {day}, no reversal"


def _same_place(before: str, now: str) -> bool:
    return len({_PLACES.get(before), _PLACES.get(now)} - {None}) < 2


def _answer(claim: RemitClaim, remittance: Remittance) -> _Answer:
    return _Answer(
        claim.payer_number, claim.status, claim.charge_cents, claim.paid_cents, remittance.trace, remittance.paid_on
    )


def _take_away(standing: list[_Answer], payer_number: str, charge_cents: int) -> None:
    """Take away the answer that a reversal takes back: of the same number, else of the same charge."""
    same_number = [one for one in standing if one.payer_number == payer_number]
    same_charge = [one for one in standing if one.charge_cents == -charge_cents]
    if taken := next(iter(same_number or same_charge), None):
        standing.remove(taken)


def _standing(session: Session, remittance: Remittance, claim_ids: Sequence[str]) -> dict[str, list[_Answer]]:
    """What the payer answered of these claims by remittances that are posted, this one's earlier claims included."""
    query = (
        select(
            RemittanceClaim.claim_id,
            RemittanceClaim.payer_number,
            RemittanceClaim.status_code,
            RemittanceClaim.charge_cents,
            RemittanceClaim.paid_cents,
            Remittance.trace,
            Remittance.paid_on,
        )
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            col(RemittanceClaim.claim_id).in_(claim_ids),
            Remittance.payer_identifier == remittance.payer_identifier,
            Remittance.status == RemittanceStatus.POSTED,
        )
        .order_by(Remittance.paid_on, Remittance.received_at, RemittanceClaim.sequence)
    )
    standing: dict[str, list[_Answer]] = {one: [] for one in claim_ids}
    reversals: list[tuple[str, _Answer]] = []
    for claim_id, *values in session.exec(query):
        answer = _Answer(*values)
        if answer.status == _REVERSAL:
            reversals.append((claim_id, answer))
        elif answer.status not in _NO_ANSWER:
            standing[claim_id].append(answer)
    for claim_id, reversal in reversals:
        _take_away(standing[claim_id], reversal.payer_number, reversal.charge_cents)
    return standing

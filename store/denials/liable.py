"""Whether a patient may be billed for what a payer denied, and if not, why.

What the payer holds the patient liable for (PR) a biller may bill. Who was not covered on the day owes the service: no
contract with the payer is about him, and no notice is needed. What the payer does not find necessary or does not cover
a patient owes by a notice signed before the service alone, which the line of the claim states (GA, or GX of a voluntary
notice). All else that is not the patient's by the payer is the provider's, as by contract, and no notice changes that.
What is payer initiated (PI) no patient owes. A payer that comes next is billed first.

Source: 005010X221A1, CAS01; CMS Claims Processing Manual (Pub. 100-04), chapter 30, section 50 (ABN) and its modifiers.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from store.claims.next_payers import replaced_before
from store.models import Claim, ClaimLine, Denial, RemittanceClaim, RemittanceLine
from store.remits.answered import answers_of
from store.remits.places import next_place, payers_of
from store.terms import ClaimStatus

NOTICE = frozenset({"GA", "GX"})
"""Modifiers that say that the patient signed for the charge before the service."""

_NOT_COVERED_ON_THE_DAY = "eligibility"
_BY_NOTICE = frozenset({"not covered", "medical necessity", "benefit limit", ""})
"""Categories of denials (`store/denials/categories.csv`); those that none is known of are judged by their notice."""

_BY_CONTRACT = {"CO": " by contract"}

_PATIENT, _PAYER_INITIATED = "PR", "PI"
_FORWARDED = ("19", "20", "21")


def why_not_patient(session: Session, row: Denial) -> tuple[str, str]:
    """Why a patient does not owe a denial of a claim of ours, and what to do instead; both empty where he may."""
    reason = f"{row.group_code}-{row.reason_code}"
    if row.group_code == _PAYER_INITIATED:
        return f"{reason} is payer initiated: no patient is billed for it", "appeal it, or write it off"
    if row.group_code != _PATIENT and row.category != _NOT_COVERED_ON_THE_DAY:
        if row.category not in _BY_NOTICE:
            return (
                f"{reason} ({row.category}) is the provider's{_BY_CONTRACT.get(row.group_code, '')}, not the patient's:"
                " no notice changes that",
                "correct it and send a replacement, appeal it, or write it off",
            )
        if bare := _without_notice(session, row):
            return (
                f"{reason} is not the patient's by the payer, and {bare} has no GA or GX:"
                " no signed notice is on the claim",
                "where one was signed, its coder adds the modifier and it is replaced; else appeal or write it off",
            )
    claim = session.get_one(Claim, row.claim_id)
    payers = payers_of(claim.parties)
    after = next_place(payers, answers_of(session, [claim.id])[claim.id])
    if after is not None and not _billed_next(session, row, claim):
        return (
            f"{payers.name_at(after)} comes next and was not billed for {claim.claim_number}",
            f"codedesk claims secondary {claim.claim_number} bills it",
        )
    return "", ""


def _without_notice(session: Session, row: Denial) -> str:
    """What of a denial is without the modifier of a notice, as "line 2 (G0439)"; empty where all of it has one."""
    for sequence, code, modifiers in _lines(session, row):
        if not NOTICE.intersection(modifiers):
            return f"line {sequence} ({code})"
    return ""


def _lines(session: Session, row: Denial) -> Sequence[tuple[int, str, list[str]]]:
    """Our line that is denied, else the payer's; all of ours where the claim as a whole is denied."""
    ours = select(ClaimLine).where(ClaimLine.claim_id == row.claim_id).order_by(col(ClaimLine.sequence))
    if row.remittance_line_id:
        theirs = session.get_one(RemittanceLine, row.remittance_line_id)
        if not theirs.claim_line_id:
            return [(theirs.sequence, theirs.code, theirs.modifiers)]
        ours = ours.where(ClaimLine.id == theirs.claim_line_id)
    return [(line.sequence, line.code or line.revenue_code, line.modifiers) for line in session.exec(ours)]


def _billed_next(session: Session, row: Denial, claim: Claim) -> bool:
    """Whether the next payer has the claim, or what it replaced: from us, or forwarded by the one that denied."""
    if session.get_one(RemittanceClaim, row.remittance_claim_id).status_code in _FORWARDED:
        return True
    chain = [claim.id, *(before.id for before in replaced_before(session, claim))]
    left = select(Claim.id).where(
        col(Claim.follows_id).in_(chain), Claim.follows_as == "secondary", Claim.status == ClaimStatus.EXPORTED
    )
    return session.exec(left).first() is not None

"""Bills the patient for a visit that no payer takes: a self-pay patient, or an account without a coverage.

Such a claim goes to nobody. It is billed to the patient as soon as it is built: its charge stands on the patient's
account, and no rule for a payer's claim holds it. It keeps what it states, so that a coverage that is found later makes
it a draft for that payer, which takes the charge off the patient; the payer owes it once the claim leaves. Where the
last coverage goes, the patient is billed again.
"""

from __future__ import annotations

from sqlmodel import Session

from store.database import Change
from store.ledger.charges import bill_patient, off_the_patient
from store.models import Claim, Payer
from store.terms import ClaimStatus

SELF_PAY = "self_pay"
"""The line of business of what stands in a payer's place where the patient pays."""

_LEFT = (ClaimStatus.EXPORTED, ClaimStatus.VOID)


def without_payer(session: Session, claim: Claim) -> bool:
    """Whether the patient is billed for a claim, since no payer is."""
    payer = session.get(Payer, claim.payer_id) if claim.payer_id else None
    return no_payer_takes(payer, bool(claim.parties.get("coverage")))


def no_payer_takes(payer: Payer | None, covered: bool) -> bool:
    """Whether nobody but the patient pays, by the first payer of a visit and whether it has any coverage."""
    return payer.line_of_business == SELF_PAY if payer else not covered


def stand_with_who_pays(change: Change, claim: Claim) -> bool:
    """Bill a claim that has not left to the patient where no payer takes it; whether it is so billed.

    Its charge is posted once, and anew where its total is another; where a payer takes it now, the charge comes off the
    patient and the claim is a draft.
    """
    session = change.session
    if claim.status in _LEFT or claim.frequency == "8":
        return False
    session.flush()
    if without_payer(session, claim):
        claim.status, claim.scrubbed_at = ClaimStatus.PATIENT, None
        session.add(claim)
        if bill_patient(change, claim):
            change.log("claim.bill_patient", "claim", claim.id, number=claim.claim_number, cents=str(claim.total_cents))
        return True
    off_the_patient(change, claim, "a payer is billed for it")
    if claim.status is ClaimStatus.PATIENT:
        claim.status, claim.scrubbed_at = ClaimStatus.DRAFT, None
        session.add(claim)
    return False

"""An answer by the number of one claim is posted to the claim of its chain that it is of."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.following import bill_next_payer
from store.models import Claim, RemittanceClaim
from store.terms import JournalAccount
from tests.store.remittance_samples import balances
from tests.store.test_claims_following import PAID, SUPPLEMENT, Office, office, recode

__all__ = ["office"]

pytestmark = pytest.mark.both_databases

BACK = ("CLP*{number}*22*-100.03*-60**HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20")
TO_BE_PAID_ON = ("PLB*1999999984*20261231*FB:X*-60",)


def replaced(office: Office) -> str:
    """The number of the replacement of the claim, which has left."""
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).payer_number = "ICN1"
    recode(office.db)
    (made,) = build_claims(office.db, SYSTEM).built
    office.sent(made.claim_id)
    return made.claim_number


def answer_of(office: Office, payer_number: str, status: str) -> RemittanceClaim:
    with office.db.reading() as session:
        query = select(RemittanceClaim).where(RemittanceClaim.payer_number == payer_number)
        return session.exec(query.where(RemittanceClaim.status_code == status)).one()


def test_the_second_payer_s_answer_by_the_first_number_is_of_the_claim_that_billed_it(office: Office) -> None:
    office.answer()
    secondary = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(secondary.claim_id)

    office.answer("2", SUPPLEMENT, "15", trace="EFT0002", payer="SECOND PLAN", payer_id="9876543210")

    found = answer_of(office, "SUP1", "2")
    assert found.claim_id == secondary.claim_id
    assert found.note.startswith(f"has the number of {office.number}, is an answer of {secondary.claim_number}")


def test_without_a_secondary_claim_that_left_it_is_of_the_first_claim(office: Office) -> None:
    office.answer()
    bill_next_payer(office.db, SYSTEM, office.claim_id)

    office.answer("2", SUPPLEMENT, "15", trace="EFT0002", payer="SECOND PLAN", payer_id="9876543210")

    assert answer_of(office, "SUP1", "2").claim_id == office.claim_id


@pytest.mark.parametrize("together", [True, False])
def test_a_reversal_by_the_number_of_the_replacement_takes_back_the_answer_of_its_own_number(
    office: Office, together: bool
) -> None:
    first = office.number
    if not together:
        office.answer()
    later = replaced(office)
    office.number = later
    body = (*BACK, *TO_BE_PAID_ON)
    if together:
        body = (*BACK, *(part.format(number=first, status="1") for part in PAID))

    office.answer(body=body, paid="0", trace="EFT0002")

    found = answer_of(office, "ICN1", "22")
    assert found.claim_id == office.claim_id
    assert JournalAccount.UNAPPLIED not in balances(office.db)
    assert JournalAccount.PATIENT_RECEIVABLE not in balances(office.db)


def test_a_reversal_of_the_replacement_itself_stays_with_it(office: Office) -> None:
    first, office.number = office.number, replaced(office)
    office.answer(body=("CLP*{number}*1*100.03*60**HM*ICN7", "CAS*CO*45*40.03"))
    back = ("CLP*{number}*22*-100.03*-60**HM*ICN7", "CAS*CO*45*-40.03")

    office.answer(body=(*back, *TO_BE_PAID_ON), paid="0", trace="EFT0002")

    assert answer_of(office, "ICN7", "22").claim_id == answer_of(office, "ICN7", "1").claim_id
    assert first not in answer_of(office, "ICN7", "22").note

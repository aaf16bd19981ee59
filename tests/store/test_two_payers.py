"""Two payers that hold a claim of one visit answer each its own: neither answer waits for the other."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.models import Remittance, RemittanceClaim
from store.queries import SessionReader
from store.queries.claims import ClaimFilter, claim_list
from store.remits.posting import post_again, unpost
from store.terms import JournalAccount
from tests.store.claim_samples import TODAY
from tests.store.test_claims_counted import DENIED, replaced
from tests.store.test_claims_following import Office, office
from tests.store.test_claims_replacing import bills_another
from tests.store.test_ledger import owed

__all__ = ["office"]

pytestmark = pytest.mark.both_databases

OF_ANOTHER = ("CLP*{number}*{status}*100.03*60*20*CI*ICN9*11*1", "CAS*CO*45*20.03", "CAS*PR*2*20")
DENIED_BY_ANOTHER = ("CLP*{number}*{status}*100.03*0**CI*ICN9", "CAS*CO*50*100.03")
BACK = (
    *("CLP*{number}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20"),
    "PLB*1999999984*20261231*FB:X*-60",
)


def moved(office: Office) -> Office:
    bills_another(office.db)
    return replaced(office)


def answers(later: Office, paid: bool = True) -> None:
    """The other payer answers its own claim."""
    if paid:
        later.answer("1", OF_ANOTHER, trace="EFT0002", payer="RIGHT PLAN", payer_id="1999999999")
    else:
        later.answer("4", DENIED_BY_ANOTHER, "0", "EFT0002", payer="RIGHT PLAN", payer_id="1999999999")


def posted(office: Office) -> dict[str, str | None]:
    """Our claim of each answer, by its trace."""
    with office.db.reading() as session:
        rows = session.exec(
            select(Remittance.trace, RemittanceClaim.claim_id).join(
                Remittance, Remittance.id == RemittanceClaim.remittance_id
            )
        )
        return dict(rows.all())


def listed(office: Office) -> dict[str, str]:
    with office.db.reading() as session:
        return {one.id: one.standing for one in claim_list(SessionReader(session), TODAY, ClaimFilter.ALL)}


@pytest.mark.parametrize("paid", [True, False], ids=["paid", "denied"])
def test_what_the_other_payer_answers_is_posted_to_its_claim_though_the_first_one_paid(
    office: Office, paid: bool
) -> None:
    office.answer()
    later = moved(office)

    answers(later, paid)

    assert posted(office) == {"EFT0001": office.claim_id, "EFT0002": later.claim_id}
    told = listed(office)
    assert (told[later.claim_id], told[office.claim_id]) == ("paid" if paid else "denied", "to be voided")


def test_what_the_first_payer_pays_late_is_posted_to_its_claim_too(office: Office) -> None:
    later = moved(office)
    answers(later)

    office.answer()

    assert posted(office) == {"EFT0001": office.claim_id, "EFT0002": later.claim_id}


def test_once_the_first_payer_takes_its_payment_back_the_other_ones_alone_counts(office: Office) -> None:
    office.answer()
    later = moved(office)
    answers(later)

    office.answer("22", BACK, "0", "EFT0003")

    assert owed(office.db) == {("patient", JournalAccount.PATIENT_RECEIVABLE): 2000}


@pytest.mark.parametrize("trace", ["EFT0001", "EFT0002"])
def test_either_answer_is_taken_back_and_posted_again(office: Office, trace: str) -> None:
    office.answer()
    later = moved(office)
    answers(later)
    before, stood = owed(office.db), posted(office)
    with office.db.reading() as session:
        payment = session.exec(select(Remittance.id).where(Remittance.trace == trace)).one()

    unpost(office.db, SYSTEM, payment, "to see what stands")
    post_again(office.db, SYSTEM, payment)

    assert (owed(office.db), posted(office)) == (before, stood)


def test_a_denial_by_the_first_payer_goes_with_the_other_ones_payment(office: Office) -> None:
    office.answer("4", DENIED, "0")
    later = moved(office)

    answers(later)

    assert owed(office.db) == {("patient", JournalAccount.PATIENT_RECEIVABLE): 2000}

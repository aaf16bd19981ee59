"""An answer by the number of one claim is posted to the claim of its chain that it is of."""

from __future__ import annotations

import pytest
from sqlmodel import func, select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.secondary import bill_next_payer
from store.claims.voiding import void_sent_claim
from store.models import Claim, JournalLine, Remittance, RemittanceClaim
from store.remits.posting import RemittanceRefused, post_again, unpost
from store.terms import JournalAccount
from tests.store.remittance_samples import balances
from tests.store.test_claims_following import PAID, SUPPLEMENT, Office, office, recode
from tests.store.test_remits_second_answers import living

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


AGAIN = ("CLP*{number}*1*100.03*70*20*HM*ICN7", "CAS*CO*45*10.03", "CAS*PR*2*20")
NOTHING = ("CLP*{number}*4*100.03*0**HM*ICN7", "CAS*CO*50*100.03")


def test_the_answer_of_a_replacement_waits_for_the_reversal_of_what_it_replaces(office: Office) -> None:
    office.answer()
    first, office.number = office.number, replaced(office)
    before = balances(office.db)

    office.answer(body=AGAIN, paid="70", trace="EFT0002")
    waiting = answer_of(office, "ICN7", "1")
    owed = balances(office.db)[JournalAccount.PATIENT_RECEIVABLE]
    office.number = first
    office.answer(body=(*BACK, *TO_BE_PAID_ON), paid="0", trace="EFT0003")

    why = f"replaces {first}, which is paid already by trace EFT0001 on 2026-11-03, no reversal"
    assert waiting.claim_id is None and waiting.note.startswith(why)
    assert owed == before[JournalAccount.PATIENT_RECEIVABLE]
    assert answer_of(office, "ICN7", "1").note.startswith("its reversal came with EFT0003: apply it")


def test_the_answer_of_a_replacement_is_posted_with_the_reversal_of_what_it_replaces(office: Office) -> None:
    office.answer()
    first, office.number = office.number, replaced(office)
    back = tuple(part.format(number=first) for part in BACK)

    office.answer(body=(*AGAIN, *back), paid="10", trace="EFT0002")

    assert answer_of(office, "ICN7", "1").claim_id is not None
    assert balances(office.db)[JournalAccount.PATIENT_RECEIVABLE] == 2_000
    assert JournalAccount.UNAPPLIED not in balances(office.db)


def test_the_answer_of_a_replacement_takes_the_place_of_the_denial_of_what_it_replaces(office: Office) -> None:
    office.answer(body=("CLP*{number}*4*100.03*0**HM*ICN1", "CAS*CO*50*100.03"), paid="0")
    office.number = replaced(office)

    office.answer(body=AGAIN, paid="70", trace="EFT0002")

    assert JournalAccount.DENIED not in balances(office.db)
    assert living(office.db) == []


def test_a_denied_replacement_leaves_what_it_replaces_and_opens_work_without_money(office: Office) -> None:
    office.answer()
    first, office.number = office.number, replaced(office)
    before = balances(office.db)

    office.answer(body=NOTHING, paid="0", trace="EFT0002")

    assert balances(office.db) == before
    assert living(office.db) == [("50", 0)]
    assert answer_of(office, "ICN7", "4").note.startswith(f"the replacement of {first} did not happen")


def whole(office: Office) -> dict[JournalAccount, int]:
    """All accounts of the journal, with what claims billed."""
    with office.db.reading() as session:
        query = select(JournalLine.account, func.sum(JournalLine.cents)).group_by(JournalLine.account)
        return {account: int(cents) for account, cents in session.exec(query) if cents}


def denied_void(office: Office) -> str:
    """Deny the void of the claim, which was answered, with its payment posted; its remittance."""
    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")
    office.sent(void.claim_id)
    office.number = void.claim_number
    office.answer(body=NOTHING, paid="0", trace="EFT0002")
    with office.db.reading() as session:
        return session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()


def test_a_void_that_is_denied_leaves_what_was_to_be_voided_and_opens_work_without_money(office: Office) -> None:
    office.answer()
    first, before = office.number, whole(office)

    denied_void(office)

    assert whole(office) == before
    assert living(office.db) == [("50", 0)]
    why = f"the void did not happen: the payer did not take {first} back, which stands as it was"
    assert answer_of(office, "ICN7", "4").note.startswith(why)


def test_taking_back_the_denial_of_a_void_and_posting_it_again_leads_there_and_back(office: Office) -> None:
    office.answer()
    before = whole(office)
    remittance = denied_void(office)

    unpost(office.db, SYSTEM, remittance, "wrong file")
    taken_back = whole(office)
    post_again(office.db, SYSTEM, remittance)

    assert taken_back[JournalAccount.PAYER_RECEIVABLE] == -6_000
    assert whole(office) == before


def test_a_reversal_is_not_taken_back_under_the_answer_of_the_replacement(office: Office) -> None:
    office.answer()
    first, office.number = office.number, replaced(office)
    back = tuple(part.format(number=first) for part in BACK)
    office.answer(body=(*back, *TO_BE_PAID_ON), paid="0", trace="EFT0002")
    office.answer(body=AGAIN, paid="70", trace="EFT0003")
    with office.db.reading() as session:
        reversal = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()

    with pytest.raises(RemittanceRefused, match="trace EFT0003 answers"):
        unpost(office.db, SYSTEM, reversal, "wrong file")


def test_a_reversal_of_the_replacement_itself_stays_with_it(office: Office) -> None:
    first, office.number = office.number, replaced(office)
    office.answer(body=("CLP*{number}*1*100.03*60**HM*ICN7", "CAS*CO*45*40.03"))
    back = ("CLP*{number}*22*-100.03*-60**HM*ICN7", "CAS*CO*45*-40.03")

    office.answer(body=(*back, *TO_BE_PAID_ON), paid="0", trace="EFT0002")

    assert answer_of(office, "ICN7", "22").claim_id == answer_of(office, "ICN7", "1").claim_id
    assert first not in answer_of(office, "ICN7", "22").note

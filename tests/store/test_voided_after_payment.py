"""A claim that is voided after it was paid: what was paid is owed back, and nothing else of its answers stands."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.secondary import bill_next_payer
from store.claims.voiding import void_sent_claim
from store.denials.work import DenialRefused, appeal, open_again
from store.denials.work import write_off as give_up
from store.ledger.money import LedgerRefused, Owed, patient_pays, refund, write_off
from store.models import Claim, Denial, Remittance
from store.remits.posting import post_again, unpost
from store.terms import DenialStatus, JournalAccount
from tests.store.test_claims_following import Office, office, recode
from tests.store.test_ledger import ACCOUNT, owed
from tests.store.test_refused_in_place import refused

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

PATIENT, PAYER = ("patient", JournalAccount.PATIENT_RECEIVABLE), ("Blue Plains", JournalAccount.PAYER_RECEIVABLE)
SECOND = ("Second Plan", JournalAccount.PAYER_RECEIVABLE)
BACK = (
    *("CLP*{number}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20"),
    "PLB*1999999984*20261231*FB:X*-60",
)
SECOND_PAYS = ("CLP*{number}*2*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*5")


def voided(office: Office) -> str:
    """The id of the void of the claim, which was answered and has left."""
    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient").claim_id
    office.sent(void)
    return void


def test_with_a_void_fall_the_reduction_and_the_patients_share(office: Office) -> None:
    office.answer()

    voided(office)

    assert owed(office.db) == {PAYER: -6000}


def test_what_a_patient_paid_of_a_voided_claim_is_owed_back(office: Office) -> None:
    office.answer()
    patient_pays(office.db, SYSTEM, ACCOUNT, 2000, "card")

    voided(office)

    assert owed(office.db) == {PAYER: -6000, PATIENT: -2000}


def test_what_was_denied_of_a_voided_claim_is_owed_by_nobody(office: Office) -> None:
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*50*100.03"), "0")

    voided(office)

    assert owed(office.db) == {}


DENIED = ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*50*100.03")


def denials(office: Office) -> list[tuple[DenialStatus, int, str]]:
    with office.db.reading() as session:
        return [(one.status, one.level, one.note) for one in session.exec(select(Denial).order_by(Denial.id))]


def appealed(office: Office) -> list[tuple[DenialStatus, int, str]]:
    """Deny the claim whole and appeal that; how its denial stands."""
    office.answer("4", DENIED, "0")
    with office.db.reading() as session:
        denial = session.exec(select(Denial.id)).one()
    appeal(office.db, SYSTEM, [denial], "article sent")
    return denials(office)


@pytest.mark.parametrize("kind", ["999", "277"])
def test_a_denial_of_a_voided_claim_is_no_work_and_is_the_same_work_again_when_the_void_is_refused(
    office: Office, kind: str
) -> None:
    before = appealed(office)

    void = voided(office)
    away = denials(office)
    refused(office, void, kind)

    withdrawn = "its claim was voided with the payer; before that: article sent"
    assert away == [(DenialStatus.WITHDRAWN, 1, withdrawn)]
    assert denials(office) == before == [(DenialStatus.APPEALED, 1, "article sent")]


def test_a_denial_opens_again_with_the_payers_denial_of_the_void_and_closes_with_its_taking_back(
    office: Office,
) -> None:
    before = appealed(office)
    void = voided(office)
    with office.db.reading() as session:
        number = session.get_one(Claim, void).claim_number

    office.answer("4", (f"CLP*{number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", "EFT0002")
    stands = denials(office)[0]
    with office.db.reading() as session:
        answer = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()
    unpost(office.db, SYSTEM, answer, "wrong file")

    assert [stands] == before
    assert denials(office)[0][0] is DenialStatus.WITHDRAWN


@pytest.mark.parametrize("reversal", [True, False], ids=["reversed", "taken back and posted again"])
def test_what_happens_to_the_answer_of_a_voided_claim_opens_none_of_its_denials(office: Office, reversal: bool) -> None:
    before = appealed(office)
    void = voided(office)
    seen = []
    with office.db.reading() as session:
        paid = session.exec(select(Remittance.id)).one()

    if reversal:
        office.answer("1", ("CLP*{number}*22*-100.03*0**HM*ICN1", "CAS*CO*50*-100.03"), "0", "EFT0002")
        seen.append(denials(office)[0][0])
        with office.db.reading() as session:
            last = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()
        unpost(office.db, SYSTEM, last, "to see it again")
    else:
        unpost(office.db, SYSTEM, paid, "to see it again")
        seen.append(denials(office)[0][0])
        post_again(office.db, SYSTEM, paid)
    seen.append(denials(office)[0][0])
    refused(office, void, "277")

    assert seen == [DenialStatus.WITHDRAWN] * 2
    assert denials(office) == before


def test_a_decision_on_a_denial_of_a_voided_claim_is_not_taken_back(office: Office) -> None:
    office.answer("4", DENIED, "0")
    with office.db.reading() as session:
        denial = session.exec(select(Denial.id)).one()
    give_up(office.db, SYSTEM, [denial], "small balance")
    voided(office)

    with pytest.raises(DenialRefused, match="voided with the payer"):
        open_again(office.db, SYSTEM, [denial], "looked at again")

    assert owed(office.db) == {}


def test_no_more_is_given_back_than_was_paid(office: Office) -> None:
    office.answer()
    voided(office)

    with pytest.raises(LedgerRefused, match=r"has a credit of 60\.00, not 60\.01"):
        refund(office.db, SYSTEM, ACCOUNT, Owed.PAYER, 6001, "it was voided")
    refund(office.db, SYSTEM, ACCOUNT, Owed.PAYER, 6000, "it was voided")

    assert owed(office.db) == {}


def test_a_credit_that_nobody_paid_is_not_given_back(office: Office) -> None:
    office.answer()
    write_off(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 2000, "small balance")
    office.answer("1", BACK, "0", "EFT0002")

    with pytest.raises(LedgerRefused, match=r"the patient paid 0\.00 of it, not 20\.00"):
        refund(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 2000, "it is theirs")

    assert owed(office.db)[PATIENT] == -2000


@pytest.mark.parametrize("again", [False, True], ids=["once", "taken back and posted again"])
def test_the_payers_reversal_after_a_void_takes_nothing_twice(office: Office, again: bool) -> None:
    office.answer()
    voided(office)
    before = owed(office.db)

    office.answer("1", BACK, "0", "EFT0002")
    if again:
        with office.db.reading() as session:
            reversal = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()
        unpost(office.db, SYSTEM, reversal, "to see it again")
        assert owed(office.db) == before
        post_again(office.db, SYSTEM, reversal)

    assert owed(office.db) == {}


@pytest.mark.parametrize("kind", ["999", "277"])
def test_a_void_that_is_refused_leaves_all_as_before(office: Office, kind: str) -> None:
    office.answer()
    patient_pays(office.db, SYSTEM, ACCOUNT, 500, "card")
    before = owed(office.db)
    void = voided(office)

    refused(office, void, kind)

    assert owed(office.db) == before == {PATIENT: 1500}


def test_a_void_that_is_denied_leaves_all_as_before(office: Office) -> None:
    office.answer()
    before = owed(office.db)
    void = voided(office)
    taken = owed(office.db)
    with office.db.reading() as session:
        number = session.get_one(Claim, void).claim_number

    denied = (f"CLP*{number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03")
    office.answer("4", denied, "0", "EFT0002")
    stands = owed(office.db)
    with office.db.reading() as session:
        answer = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()
    unpost(office.db, SYSTEM, answer, "wrong file")

    assert stands == before
    assert owed(office.db) == taken


def test_what_the_next_payer_paid_of_a_voided_claim_is_owed_back_too(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    Office(office.db, office.folder, built.claim_id, built.claim_number).answer("2", SECOND_PAYS, "15", "EFT0009")
    before = owed(office.db)

    void = voided(office)
    fallen = owed(office.db)
    refused(office, void, "277")

    assert fallen == {PAYER: -6000, SECOND: -1500}
    assert owed(office.db) == before == {PATIENT: 500}


def test_the_void_of_a_replacement_lets_the_answer_fall_of_what_it_replaced(office: Office) -> None:
    office.answer()
    recode(office.db)
    (replacement,) = build_claims(office.db, SYSTEM).built
    office.sent(replacement.claim_id)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, replacement.claim_id).payer_number = "ICN2"

    office.sent(void_sent_claim(office.db, SYSTEM, replacement.claim_id, "wrong patient").claim_id)

    assert owed(office.db) == {PAYER: -6000}

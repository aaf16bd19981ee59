"""A void that its payer denies after its visit was billed anew: the pair is shown, and its charge counts once."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.voiding import void_sent_claim
from store.denials.work import write_off
from store.models import Claim, Denial, Remittance
from store.queries.claims import ClaimFilter
from store.remits.posting import post_again, unpost
from store.terms import JournalAccount
from tests.store.test_claims_following import Office, office
from tests.store.test_claims_replacing import void_at_first_payer
from tests.store.test_claims_standing import standing, to_void
from tests.store.test_ledger import owed
from tests.store.test_refused_in_place import refused

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

PATIENT = ("patient", JournalAccount.PATIENT_RECEIVABLE)
PAYER = ("Blue Plains", JournalAccount.PAYER_RECEIVABLE)
BACK = (
    *("CLP*{number}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20"),
    "PLB*1999999984*20261231*FB:X*-60",
)
PAYS = ("CLP*{number}*1*100.03*60*20*HM*ICN9*11*1", "CAS*CO*45*20.03", "CAS*PR*2*20")
DUPLICATE = ("CLP*{number}*4*100.03*0**HM*ICN9", "CAS*CO*18*100.03")


def billed_anew(office: Office, paid: bool = True) -> tuple[Office, Office]:
    """A claim that was paid, its void, and what was built of the visit since: all have left; the last two."""
    if paid:
        office.answer()
    void = void_at_first_payer(office)
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    office.let_pass(built.claim_id, "r484")
    office.sent(built.claim_id)
    with office.db.reading() as session:
        number = session.get_one(Claim, void).claim_number
    return (
        Office(office.db, office.folder, void, number),
        Office(office.db, office.folder, built.claim_id, built.claim_number),
    )


def deny(void: Office) -> None:
    void.answer("4", ("CLP*{number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", "EFT-V")


def remittance(office: Office, trace: str) -> str:
    with office.db.reading() as session:
        return session.exec(select(Remittance.id).where(Remittance.trace == trace)).one()


def written_off(anew: Office) -> None:
    """Give up what was denied of the new claim."""
    with anew.db.reading() as session:
        denials = session.exec(select(Denial.id).where(Denial.claim_id == anew.claim_id)).all()
    write_off(anew.db, SYSTEM, list(denials), "a duplicate")


def test_what_was_to_be_voided_is_to_be_voided_beside_what_bills_the_visit_anew(office: Office) -> None:
    void, anew = billed_anew(office)

    deny(void)

    assert standing(office) == ("to be voided", [ClaimFilter.TO_VOID])
    assert to_void(office) == (
        f"Blue Plains still holds it, while {anew.number} bills the visit anew:"
        f" codedesk claims void {office.number} --reason WHY takes it back there (frequency 8)"
    )
    assert standing(anew)[0] == "unanswered"


def test_the_charge_counts_once(office: Office) -> None:
    void, _ = billed_anew(office)

    deny(void)

    assert owed(office.db) == {PATIENT: 2000}


def test_the_charge_counts_once_where_nothing_was_answered(office: Office) -> None:
    void, _ = billed_anew(office, paid=False)

    deny(void)

    assert owed(office.db) == {PAYER: 10003}


def deny_both(void: Office, anew: Office, first: str) -> None:
    """Deny a void and the new claim, as a duplicate, in the order that `first` begins."""
    for one in ("void", "new claim") if first == "void" else ("new claim", "void"):
        if one == "void":
            deny(void)
        else:
            anew.answer("4", DUPLICATE, "0", "EFT-N")


@pytest.mark.parametrize("first", ["void", "new claim"])
def test_where_the_new_claim_is_denied_as_a_duplicate_the_first_one_stands(office: Office, first: str) -> None:
    void, anew = billed_anew(office)

    deny_both(void, anew, first)

    assert standing(office) == ("paid", [ClaimFilter.PAID])
    assert owed(office.db) == {PATIENT: 2000}


def test_where_the_first_one_is_reversed_and_the_new_one_paid_that_one_stands(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)

    office.answer("22", BACK, "0", "EFT-R")
    anew.answer("1", PAYS, trace="EFT-N")

    assert standing(office)[0] != "to be voided"
    assert owed(office.db) == {PATIENT: 2000}


def test_where_the_first_one_is_voided_again_the_new_one_stands(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)

    again = void_sent_claim(office.db, SYSTEM, office.claim_id, "the new one stands").claim_id
    office.sent(again)

    assert standing(office) == ("voided", [])
    assert owed(office.db) == {PAYER: 10003 - 6000}


@pytest.mark.parametrize("how", ["voided", "came back"])
def test_where_the_new_one_goes_the_first_one_stands(office: Office, how: str) -> None:
    void, anew = billed_anew(office)
    deny(void)

    if how == "voided":
        void_at_first_payer(anew)
    else:
        refused(anew, anew.claim_id, "999")

    assert standing(office)[0] == "paid"
    assert owed(office.db) == {PATIENT: 2000}


def test_a_denial_of_the_new_one_that_is_taken_back_leaves_the_charge_once(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)
    before = owed(office.db)
    anew.answer("4", DUPLICATE, "0", "EFT-N")

    unpost(office.db, SYSTEM, remittance(office, "EFT-N"), "another payer's")

    assert (owed(office.db), standing(office)[0]) == (before, "to be voided")


@pytest.mark.parametrize("paid", [True, False], ids=["paid", "unanswered"])
def test_a_denial_of_the_void_that_is_taken_back_and_posted_again_charges_nothing_twice(
    office: Office, paid: bool
) -> None:
    void, anew = billed_anew(office, paid)
    waiting = owed(office.db)
    deny(void)
    denied = owed(office.db)

    unpost(office.db, SYSTEM, remittance(office, "EFT-V"), "wrong file")
    back = owed(office.db)
    post_again(office.db, SYSTEM, remittance(office, "EFT-V"))

    assert (back, owed(office.db)) == (waiting, denied)


def test_a_denial_of_the_void_that_is_taken_back_once_the_new_one_was_denied_charges_nothing(office: Office) -> None:
    void, anew = billed_anew(office, paid=False)
    anew.answer("4", DUPLICATE, "0", "EFT-N")
    written_off(anew)
    deny(void)
    stands = owed(office.db)

    unpost(office.db, SYSTEM, remittance(office, "EFT-V"), "wrong file")

    assert (stands, owed(office.db)) == ({PAYER: 10003}, {})

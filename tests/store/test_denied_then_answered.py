"""What the next payer answers settles what the payer before it denied: nobody owes it twice, and no credit is left."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.secondary import bill_next_payer
from store.denials.work import DenialRefused, open_again, write_off
from store.ledger.accounts import account_id_of
from store.ledger.money import LedgerRefused, Owed, refund
from store.models import Denial, JournalLine, Posting, Remittance, RemittanceClaim
from store.models.columns import new_id
from store.remits.posting import post_again, unpost
from store.remits.unapplied import release
from store.terms import DenialStatus, JournalAccount, PostingKind
from tests.store.test_claims_following import Office, office
from tests.store.test_ledger import ACCOUNT, owed, statement_of

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

DENIES = ("CLP*{number}*4*100.03*0*100.03*HM*ICN1", "CAS*PR*204*100.03")
PAYS = ("CLP*{number}*2*100.03*60*10*CI*SEC1", "CAS*CO*45*30.03", "CAS*PR*2*10")
DENIES_TOO = ("CLP*{number}*4*100.03*0**CI*SEC1", "CAS*CO*204*100.03")
TAKES_BACK = ("CLP*{number}*22*-100.03*-60*-10*CI*SEC1", "CAS*CO*45*-30.03", "CAS*PR*2*-10")

PATIENT = ("patient", JournalAccount.PATIENT_RECEIVABLE)
DENIED = ("Blue Plains", JournalAccount.DENIED)


def second(office: Office, body: tuple[str, ...] = PAYS, paid: str = "60", trace: str = "EFT0002") -> None:
    office.answer(body=body, paid=paid, trace=trace, payer="SECOND PLAN", payer_id="9876543210")


def denied_and_billed_next(office: Office) -> Office:
    """The first payer denies all of it, and a claim of ours goes to the next one."""
    office.answer(body=DENIES, paid="0")
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    return Office(office.db, office.folder, built.claim_id, built.claim_number)


def the_denial(office: Office, payer_number: str = "ICN1") -> Denial:
    with office.db.reading() as session:
        query = select(Denial).join(RemittanceClaim, RemittanceClaim.id == Denial.remittance_claim_id)
        return session.exec(query.where(RemittanceClaim.payer_number == payer_number)).one()


def remittance(office: Office, trace: str = "EFT0002") -> str:
    with office.db.reading() as session:
        return session.exec(select(Remittance.id).where(Remittance.trace == trace)).one()


@pytest.mark.parametrize("billed", [True, False], ids=["by its own claim", "by the number of the first"])
def test_the_patient_owes_what_the_next_payer_left_and_nobody_anything_else(office: Office, billed: bool) -> None:
    if billed:
        second(denied_and_billed_next(office))
    else:
        office.answer(body=DENIES, paid="0")
        second(office)

    row = the_denial(office)
    assert owed(office.db) == {PATIENT: 1000}
    assert row.status is DenialStatus.RESOLVED
    assert row.note.startswith("answered by the next payer: SECOND PLAN, trace EFT0002")
    made = statement_of(office.db)
    assert "YOU OWE                                  10.00" in made
    assert "illed to" not in made


def test_the_denial_is_open_again_when_the_second_answer_is_taken_back_and_closed_when_it_is_posted_again(
    office: Office,
) -> None:
    second(denied_and_billed_next(office))

    unpost(office.db, SYSTEM, remittance(office), "wrong file")
    taken_back, open_then = owed(office.db), the_denial(office)
    post_again(office.db, SYSTEM, remittance(office))

    assert (taken_back, open_then.status, open_then.note) == ({DENIED: 10003}, DenialStatus.OPEN, "")
    assert (owed(office.db), the_denial(office).status) == ({PATIENT: 1000}, DenialStatus.RESOLVED)


def test_the_denial_is_open_again_when_the_next_payer_reverses_its_answer_or_it_is_released(office: Office) -> None:
    following = denied_and_billed_next(office)
    second(following)

    second(following, (*TAKES_BACK, "PLB*1999999984*20261231*FB:X*-60"), "0", "EFT0003")
    reversed_, status = owed(office.db), the_denial(office).status
    unpost(office.db, SYSTEM, remittance(office, "EFT0003"), "wrong file")
    with office.db.reading() as session:
        row = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.status_code == "2")).one()
    release(office.db, SYSTEM, row, "not theirs")

    assert (reversed_, status) == ({DENIED: 10003}, DenialStatus.OPEN)
    assert (owed(office.db), the_denial(office).status) == ({DENIED: 10003}, DenialStatus.OPEN)


def test_what_was_written_off_is_posted_back_and_stands_again_when_the_answer_is_taken_back(office: Office) -> None:
    following = denied_and_billed_next(office)
    write_off(office.db, SYSTEM, [the_denial(office).id], "it is too old")

    second(following)
    answered = owed(office.db)
    unpost(office.db, SYSTEM, remittance(office), "wrong file")

    assert answered == {PATIENT: 1000}
    assert (owed(office.db), the_denial(office).status) == ({}, DenialStatus.WRITTEN_OFF)


def test_a_denial_that_is_answered_is_neither_written_off_nor_opened_again(office: Office) -> None:
    second(denied_and_billed_next(office))
    denial = the_denial(office).id

    with pytest.raises(DenialRefused, match="is resolved"):
        write_off(office.db, SYSTEM, [denial], "too small")
    with pytest.raises(DenialRefused, match="answered by the next payer"):
        open_again(office.db, SYSTEM, [denial], "to see it again")


def test_a_next_payer_that_denies_all_of_it_settles_nothing(office: Office) -> None:
    second(denied_and_billed_next(office), DENIES_TOO, "0")

    assert (the_denial(office).status, the_denial(office, "SEC1").status) == (DenialStatus.OPEN, DenialStatus.OPEN)


@pytest.mark.parametrize("posted_first", [True, False])
def test_the_order_in_which_the_answers_come_changes_nothing(office: Office, posted_first: bool) -> None:
    second(denied_and_billed_next(office))
    for trace in ("EFT0001", "EFT0002"):
        unpost(office.db, SYSTEM, remittance(office, trace), "to see it again", though_billed=True)

    for trace in ("EFT0001", "EFT0002") if posted_first else ("EFT0002", "EFT0001"):
        post_again(office.db, SYSTEM, remittance(office, trace))

    assert (owed(office.db), the_denial(office).status) == ({PATIENT: 1000}, DenialStatus.RESOLVED)


def test_no_payer_gets_back_what_it_owes_by_a_denial(office: Office) -> None:
    following = denied_and_billed_next(office)
    second(following)
    with office.db.change(SYSTEM) as change:
        # As records have it that were kept before a later answer closed the denial.
        denial = change.session.get_one(Denial, the_denial(office).id)
        denial.status, denial.note = DenialStatus.OPEN, ""
        posting = Posting(
            batch_id=new_id(), kind=PostingKind.TRANSFER, claim_id=office.claim_id, account_id=account(office)
        )
        change.session.add(posting)
        change.session.flush()
        for name, cents in ((JournalAccount.DENIED, 10003), (JournalAccount.PAYER_RECEIVABLE, -10003)):
            change.session.add(JournalLine(posting_id=posting.id, account=name, cents=cents))

    with pytest.raises(LedgerRefused, match=r"the payer has a credit of 0\.00"):
        refund(office.db, SYSTEM, ACCOUNT, Owed.PAYER, 6000, "their letter")


def account(office: Office) -> str:
    with office.db.reading() as session:
        return account_id_of(session, ACCOUNT) or ""

"""The ledger: every account's balances by who owes, what people move by hand, and the statement a patient gets."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, func, select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.changes import release_claim, void_claim
from store.claims.secondary import bill_next_payer
from store.claims.voiding import void_sent_claim
from store.database import Database
from store.denials.work import write_off as give_up
from store.ledger.accounts import account_id_of
from store.ledger.money import LedgerRefused, Owed, patient_pays, refund, take_back, write_off
from store.ledger.statement import statement
from store.models import Claim, Denial, JournalLine, ProviderLevelAdjustment, Remittance
from store.queries import SessionReader
from store.queries.ledger import account_list, account_page
from store.reasons import ReasonNeeded
from store.remits.posting import post_again, unpost
from store.remits.takebacks import charge_to_claim
from store.terms import ClaimStatus, JournalAccount, PostingKind
from tests.store.test_claims_following import PAID, Office, office, recode, supplement_pays, third_payer

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

TODAY = dt.date(2026, 12, 1)
ACCOUNT = "V1"


def owed(db: Database) -> dict[tuple[str, JournalAccount], int]:
    with db.reading() as session:
        page = account_page(SessionReader(session), account_id_of(session, ACCOUNT) or "")
    assert page is not None
    return {(party.name, party.account): party.cents for party in page.parties}


def printed(db: Database) -> str:
    with db.reading() as session:
        reader = SessionReader(session)
        page = account_page(reader, account_id_of(session, ACCOUNT) or "")
        assert page is not None
        return statement(reader, page, TODAY).text


def remittances(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(Remittance.id).order_by(Remittance.id)))


def unpost_all(db: Database, remittance: str) -> None:
    unpost(db, SYSTEM, remittance, "to see it again", though_billed=True, though_reversed=True)


def post_again_all(db: Database, remittance: str) -> None:
    post_again(db, SYSTEM, remittance)


def whole(session: Session) -> list[int]:
    """The sum of every posting, which is nothing."""
    return list(session.exec(select(func.sum(JournalLine.cents)).group_by(JournalLine.posting_id)))


def test_a_claim_that_leaves_is_owed_by_its_payer(office: Office) -> None:
    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}


def test_after_the_payer_answered_the_patient_owes_the_share(office: Office) -> None:
    office.answer()

    assert owed(office.db) == {("patient", JournalAccount.PATIENT_RECEIVABLE): 2000}


def test_what_the_payer_denies_is_still_the_payers(office: Office) -> None:
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*50*100.03"), "0")

    assert owed(office.db) == {("Blue Plains", JournalAccount.DENIED): 10003}


def test_a_secondary_claim_moves_the_share_to_the_second_payer(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    office.sent(built.claim_id)

    assert owed(office.db) == {("Second Plan", JournalAccount.PAYER_RECEIVABLE): 2000}


def test_after_the_second_payer_only_what_it_left_is_the_patients(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    second = Office(office.db, office.folder, built.claim_id, built.claim_number)

    body = ("CLP*{number}*{status}*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*5")
    second.answer("2", body, "15", "EFT0009")

    assert owed(office.db) == {("patient", JournalAccount.PATIENT_RECEIVABLE): 500}


def test_a_forwarded_claim_leaves_the_share_with_the_next_payer(office: Office) -> None:
    office.answer("19")

    assert owed(office.db) == {("Second Plan", JournalAccount.PAYER_RECEIVABLE): 2000}


def test_the_reversal_of_a_forwarded_claim_gives_the_debt_back_to_its_payer_and_the_patient_no_credit(
    office: Office,
) -> None:
    office.answer("19")

    office.answer("19", (*CORRECTED[:3], "PLB*1999999984*20261231*FB*-60"), "0", "EFT0002")

    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}
    assert "YOUR CREDIT" not in printed(office.db)
    with pytest.raises(LedgerRefused, match="credit of 0.00"):
        refund(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 2000, "their money")


def test_what_the_next_payer_pays_of_a_forwarded_claim_settles_what_stands_with_it(office: Office) -> None:
    office.answer("19")

    paid = ("CLP*{number}*2*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*5")
    office.answer("2", paid, "15", "EFT0009")

    assert owed(office.db) == {("patient", JournalAccount.PATIENT_RECEIVABLE): 500}


CORRECTED = (
    *("CLP*{number}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20"),
    *("CLP*{number}*1*100.03*50*30*HM*ICN1", "CAS*CO*45*20.03", "CAS*PR*2*30"),
)
"""Ten dollars less from the payer, and ten more from the patient; with PLB, since it pays no less than nothing."""


def test_the_share_that_a_correction_changes_goes_to_the_second_payer_that_was_billed_for_it(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    patient_pays(office.db, SYSTEM, ACCOUNT, 500, "card")

    office.answer("1", (*CORRECTED, "PLB*1999999984*20261231*FB*-10"), "0", "EFT0002")

    assert owed(office.db) == {
        ("Second Plan", JournalAccount.PAYER_RECEIVABLE): 3000,
        ("patient", JournalAccount.PATIENT_RECEIVABLE): -500,
    }


def test_a_reversal_alone_leaves_the_patient_of_a_billed_secondary_claim_without_a_credit(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)

    office.answer("1", (*CORRECTED[:3], "PLB*1999999984*20261231*FB*-60"), "0", "EFT0002")

    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}
    assert "YOUR CREDIT" not in printed(office.db)


def test_shares_follow_a_remittance_that_is_taken_back_and_posted_again(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    first = remittances(office.db)[0]
    billed = owed(office.db)
    office.answer("1", (*CORRECTED, "PLB*1999999984*20261231*FB*-10"), "0", "EFT0002")
    corrected, second = owed(office.db), next(one for one in remittances(office.db) if one != first)
    seen = []

    for step in (unpost_all, post_again_all):
        for remittance in (second, first) if step is unpost_all else (first, second):
            step(office.db, remittance)
            seen.append(owed(office.db))

    assert seen == [billed, {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}, billed, corrected]


def test_a_void_that_leaves_takes_the_charge_back(office: Office) -> None:
    office.answer("1", ("CLP*{number}*{status}*100.03*100.03**HM*ICN1",), "100.03")
    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    office.sent(built.claim_id)

    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): -10003}


def test_a_void_that_is_made_moves_nothing_before_it_leaves(office: Office) -> None:
    office.answer()
    before = owed(office.db)

    void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    assert owed(office.db) == before == {("patient", JournalAccount.PATIENT_RECEIVABLE): 2000}


@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_void_or_replacement_that_was_rejected_and_is_given_up_leaves_what_it_followed_charged(
    office: Office, frequency: str
) -> None:
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*50*100.03"), "0")
    before = owed(office.db)
    if frequency == "8":
        follower = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient").claim_id
    else:
        recode(office.db)
        follower = build_claims(office.db, SYSTEM).built[0].claim_id
    office.sent(follower)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, follower).status = ClaimStatus.REJECTED

    void_claim(office.db, SYSTEM, follower, "the payer wants it otherwise")

    assert owed(office.db) == before


def test_a_claim_to_the_second_payer_that_was_rejected_and_is_given_up_leaves_its_share_to_the_patient(
    office: Office,
) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, built.claim_id).status = ClaimStatus.REJECTED

    void_claim(office.db, SYSTEM, built.claim_id, "no coverage after all")
    again = bill_next_payer(office.db, SYSTEM, office.claim_id)
    after = owed(office.db)
    office.sent(again.claim_id)

    assert after == {("patient", JournalAccount.PATIENT_RECEIVABLE): 2000}
    assert owed(office.db) == {("Second Plan", JournalAccount.PAYER_RECEIVABLE): 2000}


def test_a_rejected_claim_that_is_given_up_is_owed_by_nobody(office: Office) -> None:
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).status = ClaimStatus.REJECTED

    void_claim(office.db, SYSTEM, office.claim_id, "wrong payer")

    assert owed(office.db) == {}


def test_a_claim_that_leaves_again_after_a_rejection_is_charged_once(office: Office) -> None:
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).status = ClaimStatus.REJECTED
    release_claim(office.db, SYSTEM, office.claim_id, "the receiver's fault")
    (office.folder / f"{office.claim_id}.837").unlink()

    office.sent(office.claim_id)

    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}


def test_what_a_patient_pays_is_taken_from_what_they_owe(office: Office) -> None:
    office.answer()

    moved = patient_pays(office.db, SYSTEM, ACCOUNT, 1500, "card")

    assert moved.balance_cents == 500
    assert owed(office.db) == {("patient", JournalAccount.PATIENT_RECEIVABLE): 500}


def test_a_write_off_needs_a_reason_and_never_exceeds_what_is_owed(office: Office) -> None:
    office.answer()

    with pytest.raises(ReasonNeeded):
        write_off(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 100, "so")
    with pytest.raises(LedgerRefused, match=r"the patient owes 20.00, not 20.01"):
        write_off(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 2001, "small balance")
    write_off(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 2000, "small balance")

    assert owed(office.db) == {}


def test_only_a_credit_is_given_back(office: Office) -> None:
    office.answer()
    with pytest.raises(LedgerRefused, match="has a credit of 0.00"):
        refund(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 100, "paid twice")
    patient_pays(office.db, SYSTEM, ACCOUNT, 2500, "check")

    refund(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, 500, "paid twice")

    assert owed(office.db) == {}


def test_a_movement_by_hand_can_be_taken_back_once(office: Office) -> None:
    office.answer()
    moved = patient_pays(office.db, SYSTEM, ACCOUNT, 1500, "card")

    take_back(office.db, SYSTEM, moved.posting_id, "wrong account")

    assert owed(office.db) == {("patient", JournalAccount.PATIENT_RECEIVABLE): 2000}
    with pytest.raises(LedgerRefused, match="taken back already"):
        take_back(office.db, SYSTEM, moved.posting_id, "wrong account")


def test_the_same_operation_moves_money_once(office: Office) -> None:
    office.answer()

    first = patient_pays(office.db, SYSTEM, ACCOUNT, 1500, "card", "operation")
    second = patient_pays(office.db, SYSTEM, ACCOUNT, 1500, "card", "operation")

    assert (first, owed(office.db)) == (second, {("patient", JournalAccount.PATIENT_RECEIVABLE): 500})


def test_every_figure_of_a_payer_has_its_segment_and_its_file(office: Office) -> None:
    office.answer()

    with office.db.reading() as session:
        page = account_page(SessionReader(session), account_id_of(session, ACCOUNT) or "")
    payment = next(one for one in page.postings if one.kind is PostingKind.CLAIM_PAYMENT)

    text = (office.folder / "EFT0001.835").read_bytes().decode().replace("\n", "").split("~")
    shares = {side.account: text[side.segment - 1] for side in payment.sides}
    assert {side.file_name for side in payment.sides} == {"EFT0001.835"}
    assert shares[JournalAccount.PATIENT_RECEIVABLE].strip() == "CAS*PR*2*20"


DENIED_WHOLE = ("CLP*{number}*4*100.03*0**HM*ICN1", "CAS*CO*50*100.03")
REVERSED = (*("LX*2", "CLP*{number}*22*-100.03*0**HM*ICN1"), "CAS*CO*50*-100.03")
PAID_AFTER_ALL = (*("LX*2", "CLP*{number}*1*100.03*80**HM*ICN2"), "CAS*CO*45*20.03")


@pytest.mark.parametrize(
    ("body", "paid", "cause"),
    [(REVERSED, "0", "CLP*2026-000001*22*"), (PAID_AFTER_ALL, "80", "CLP*2026-000001*1*")],
    ids=["reversed", "paid after all"],
)
@pytest.mark.parametrize("after", ["", "unpost", "post"])
def test_what_a_payment_takes_back_of_a_decision_names_the_segment_of_that_payment(
    office: Office, body: tuple[str, ...], paid: str, cause: str, after: str
) -> None:
    office.answer("4", DENIED_WHOLE, "0")
    with office.db.reading() as session:
        denial = session.exec(select(Denial.id)).one()
    give_up(office.db, SYSTEM, [denial], "small balance")
    office.answer("1", body, paid, "EFT0002")
    with office.db.reading() as session:
        later = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()
    if after:
        unpost(office.db, SYSTEM, later, "to see it again")
    if after == "post":
        post_again(office.db, SYSTEM, later)

    with office.db.reading() as session:
        page = account_page(SessionReader(session), account_id_of(session, ACCOUNT) or "")

    texts = {one.name: one.read_bytes().decode().split("~") for one in office.folder.glob("*.835")}
    decisions = [one for one in page.postings if one.kind is PostingKind.WRITE_OFF]
    named = [
        (bool(one.remittance_id), side.file_name, texts[side.file_name][side.segment - 1].strip()[: len(cause)])
        for one in decisions
        for side in one.sides
    ]
    assert len(decisions) == {"": 2, "unpost": 3, "post": 4}[after]
    assert set(named) == {(False, "EFT0001.835", "CAS*CO*50*100.03"[: len(cause)]), (True, "EFT0002.835", cause)}


def test_accounts_are_listed_by_what_is_owed(office: Office) -> None:
    with office.db.reading() as session:
        (row,) = account_list(SessionReader(session))

    assert (row.number, row.payer_cents, row.balance_cents) == ("V1", 10003, 10003)


def test_what_a_payer_left_is_not_due_before_the_next_payer_was_billed(office: Office) -> None:
    office.answer()
    before = statement_of(office.db)
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)

    assert re.search(r"Waits for your other insurance +20\.00\n", before) and re.search(r"YOU OWE +0\.00", before)
    assert "Waits for" not in statement_of(office.db)


def test_what_the_second_payer_left_is_not_due_before_the_third_payer_answered(office: Office) -> None:
    third_payer(office)
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    second = Office(office.db, office.folder, built.claim_id, built.claim_number)
    body = ("CLP*{number}*{status}*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*1*5")
    second.answer("2", body, "15", "EFT0009", payer="SECOND PLAN", payer_id="9876543210")
    before = statement_of(office.db)
    third = bill_next_payer(office.db, SYSTEM, built.claim_id)
    while_built = statement_of(office.db)
    office.sent(third.claim_id)
    sent = statement_of(office.db)
    body = ("CLP*{number}*{status}*100.03*3*2*CI*THI1", "CAS*OA*23*95.03", "CAS*PR*1*2")
    last = Office(office.db, office.folder, third.claim_id, third.claim_number)
    last.answer("3", body, "3", "EFT0010", payer="THIRD PLAN", payer_id="5555555555")

    for waiting in (before, while_built):
        assert re.search(r"Waits for your other insurance +5\.00\n", waiting)
        assert re.search(r"YOU OWE +0\.00", waiting)
    assert re.search(r"Still with your insurance +5\.00\n", sent) and re.search(r"YOU OWE +0\.00", sent)
    assert re.search(r"YOU OWE +2\.00", statement_of(office.db))


def test_a_statement_has_no_row_of_what_moved_without_the_patient(office: Office) -> None:
    denied = ("CLP*{number}*4*100.03*0**HM*SUP2", "CAS*OA*23*80.03", "CAS*CO*204*20")
    office.answer()
    office.answer(body=denied, paid="0", trace="EFT0002", payer="SECOND PLAN", payer_id="9876543210")
    with office.db.reading() as session:
        denial = session.exec(select(Denial.id).where(Denial.reason_code == "204")).one()
    give_up(office.db, SYSTEM, [denial], "too small")

    made = statement_of(office.db)

    rows = made.split("-" * 80)[1].strip().splitlines()
    assert [one for one in rows if not re.search(r"\d\.\d\d$", one)] == []


def test_a_statement_says_what_was_done_paid_reduced_and_is_left(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    second = Office(office.db, office.folder, built.claim_id, built.claim_number)
    body = ("CLP*{number}*{status}*100.03*0*20*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*20")
    second.answer("2", body, "0", "EFT0009")
    patient_pays(office.db, SYSTEM, ACCOUNT, 500, "card")

    with office.db.reading() as session:
        reader = SessionReader(session)
        page = account_page(reader, account_id_of(session, ACCOUNT) or "")
        made = statement(reader, page, TODAY)

    assert made.due_cents == 1500
    assert all(len(line) <= 80 for line in made.lines)
    for wanted in ("Service G0463", "50.01", "Insurance: Blue Plains", "YOU OWE", "15.00", "Prairie Community Health"):
        assert wanted in made.text
    assert "M54" not in made.text


def test_a_statement_names_each_payer_that_paid_and_waits_for_none_that_answered(office: Office) -> None:
    supplement_pays(office)

    made = statement_of(office.db)

    assert re.findall(r"Insurance: (\w+ \w+) +([\d.]+)", made) == [("Blue Plains", "60.00"), ("Second Plan", "15.00")]
    assert "Waits for" not in made
    assert re.search(r"YOU OWE +5\.00", made)


def statement_of(db: Database) -> str:
    with db.reading() as session:
        page = account_page(SessionReader(session), account_id_of(session, ACCOUNT) or "")
        assert page is not None
        return statement(SessionReader(session), page, TODAY).text


def test_a_statement_lists_no_service_of_a_claim_that_was_voided(office: Office) -> None:
    office.answer()
    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")
    office.sent(built.claim_id)

    made = statement_of(office.db)

    assert "Service" not in made
    assert re.search(r"Charges +0\.00\n", made) and re.search(r"Owed back to your insurance +60\.00\n", made)


def test_a_statement_is_silent_on_what_a_payer_took_from_the_provider_alone(office: Office) -> None:
    body = tuple(part.replace("{number}", office.number).replace("{status}", "1") for part in PAID)
    office.answer(body=(*body, "PLB*1999999984*20261231*WO:OLD*10"), paid="50")
    with office.db.reading() as session:
        taken = session.exec(select(ProviderLevelAdjustment.id)).one()
    charge_to_claim(office.db, SYSTEM, taken, office.number, "their letter")

    made = statement_of(office.db)

    assert "provider adjustment" not in made
    assert re.search(r"Still with your insurance +10\.00\n", made)


steps = st.lists(
    st.tuples(st.sampled_from(["pay", "write_off", "refund", "undo", "unpost"]), st.integers(1, 3000)), max_size=12
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_is_moved_every_posting_comes_to_nothing(office: Office, moves: list[tuple[str, int]]) -> None:
    with office.db.reading() as session:
        answered = session.exec(select(JournalLine.id).where(JournalLine.account == JournalAccount.CASH)).first()
    if not answered:
        office.answer()
    done: list[str] = []
    for move, cents in moves:
        try:
            match move:
                case "pay":
                    done.append(patient_pays(office.db, SYSTEM, ACCOUNT, cents, "card").posting_id)
                case "write_off":
                    done.append(write_off(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, cents, "small balance").posting_id)
                case "refund":
                    done.append(refund(office.db, SYSTEM, ACCOUNT, Owed.PATIENT, cents, "paid twice").posting_id)
                case "undo" if done:
                    take_back(office.db, SYSTEM, done.pop(), "the wrong month")
        except LedgerRefused:
            continue

    with office.db.reading() as session:
        sums = whole(session)
    assert set(sums) == {0}


def test_unposting_a_remittance_gives_the_debt_back_to_the_payer(office: Office) -> None:
    office.answer()
    with office.db.reading() as session:
        remittance = session.exec(select(Remittance.id)).one()

    unpost(office.db, SYSTEM, remittance, "wrong bank")

    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}

"""What a payer denies the patient owes by a biller's decision alone, which posts the money and can be taken back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, func, select

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.claims.replacing import replace_claim
from store.claims.secondary import bill_next_payer
from store.database import Database
from store.denials.work import DenialRefused, appeal, bill_patient, open_again, resolve, write_off
from store.ledger.charges import bill
from store.ledger.money import Owed, refund
from store.models import (
    Account,
    Claim,
    ClaimLine,
    Denial,
    JournalLine,
    Patient,
    Posting,
    ProviderLevelAdjustment,
    Remittance,
    RemittanceClaim,
)
from store.queries import SessionReader
from store.queries.denials import denial_list
from store.reasons import ReasonNeeded
from store.remits.posting import post_again, unpost
from store.remits.takebacks import charge_to_claim
from store.remits.unapplied import apply_to_claim, release
from store.terms import DenialStatus, JournalAccount, PostingKind
from tests.store.remittance_samples import balances
from tests.store.test_claims_following import Office, office
from tests.store.test_denials import arrive, denials
from tests.store.test_ledger import owed, printed
from tests.store.test_remits_posting import number
from tui.cli import main

__all__ = ["number", "office"]

pytestmark = pytest.mark.both_databases

PATIENT, DENIED, WRITE_OFF = JournalAccount.PATIENT_RECEIVABLE, JournalAccount.DENIED, JournalAccount.WRITE_OFF


def not_covered(number: str, group: str = "PR", reason: str = "204") -> tuple[str, ...]:
    """One line paid, one denied for 50.02."""
    return (
        f"CLP*{number}*1*100.03*40*50.02*MB*ICN1",
        *("SVC*HC:G0463*50.01*40**1", "CAS*CO*45*10.01"),
        *("SVC*HC:G0439*50.02*0**1", f"CAS*{group}*{reason}*50.02"),
    )


def taken_back(number: str) -> tuple[str, ...]:
    """The payer's reversal of that, all of its money with it."""
    return (
        f"CLP*{number}*22*-100.03*-40**MB*ICN1",
        *("SVC*HC:G0463*-50.01*-40**-1", "CAS*CO*45*-10.01"),
        *("SVC*HC:G0439*-50.02*0**-1", "CAS*PR*204*-50.02"),
        "PLB*1999999984*20261231*FB*-40",
    )


def charge(db: Database) -> None:
    """Post what the claim billed when it left."""
    with db.change(SYSTEM) as change:
        bill(change, list(change.session.exec(select(Claim.id))))


@pytest.fixture
def denial(db: Database, tmp_path: Path, number: str) -> str:
    """A denial of 50.02 that the payer holds the patient liable for."""
    charge(db)
    arrive(db, tmp_path, not_covered(number), "40")
    (one,) = denials(db)
    return one.id


def decided(db: Database) -> dict[JournalAccount, int]:
    """What of the journal decisions move."""
    return {account: cents for account, cents in balances(db).items() if account in (PATIENT, DENIED, WRITE_OFF)}


def sign(db: Database, modifier: str, sequence: int | None = None) -> None:
    """Put a modifier on our lines, or on one."""
    with db.change(SYSTEM) as change:
        for line in change.session.exec(select(ClaimLine)):
            if sequence in (None, line.sequence):
                line.modifiers = [modifier]


def test_a_decision_moves_denied_money_to_the_patient_with_its_reason_once(db: Database, denial: str) -> None:
    done = [bill_patient(db, SYSTEM, [denial], "not in the plan", "op-1") for _ in range(2)]

    with db.reading() as session:
        posting = session.exec(select(Posting).where(Posting.kind == PostingKind.LEFT_TO_PATIENT)).one()
    assert [(worked.count, worked.cents) for worked in done] == [(1, 5_002)] * 2
    assert decided(db) == {PATIENT: 5_002}
    assert posting.note == "not in the plan"
    assert (denials(db)[0].status, denials(db)[0].note) == (DenialStatus.PATIENT_OWES, "not in the plan")


def test_nothing_denied_is_the_patients_before_a_decision_and_a_decision_needs_a_reason(
    db: Database, denial: str
) -> None:
    with pytest.raises(ReasonNeeded):
        bill_patient(db, SYSTEM, [denial], "so")

    assert decided(db) == {DENIED: 5_002}


@pytest.mark.parametrize(("step", "account"), [(bill_patient, PATIENT), (write_off, WRITE_OFF), (resolve, DENIED)])
def test_a_closed_denial_is_opened_again_where_it_stood_and_its_money_is_denied_again(
    db: Database, tmp_path: Path, number: str, denial: str, step: type[bill_patient], account: JournalAccount
) -> None:
    if step is resolve:
        settled_by_hand(db, tmp_path, number)
    appeal(db, SYSTEM, [denial], "note sent")
    step(db, SYSTEM, [denial], "it is of no use")
    closed = decided(db)

    open_again(db, SYSTEM, [denial], "the plan was looked up wrongly")

    (one,) = denials(db)
    assert closed == {account: 5_002}
    assert decided(db) == {DENIED: 5_002}
    assert (one.status, one.level, one.closed_at) == (DenialStatus.APPEALED, 1, None)
    with pytest.raises(DenialRefused, match="is appealed"):
        open_again(db, SYSTEM, [denial], "once again")


@pytest.mark.parametrize(("group", "why"), [("CO", "no GA or GX"), ("OA", "no GA or GX"), ("PI", "payer initiated")])
def test_what_the_payer_does_not_hold_the_patient_liable_for_is_refused_with_the_line_that_has_no_notice(
    db: Database, tmp_path: Path, number: str, group: str, why: str
) -> None:
    arrive(db, tmp_path, not_covered(number, group, "96"), "40")
    sign(db, "GA", sequence=1)

    with pytest.raises(DenialRefused, match=why) as refused:
        bill_patient(db, SYSTEM, [denials(db)[0].id], "wants to pay")

    assert group == "PI" or "line 2 (G0439)" in refused.value.message
    assert decided(db) == {DENIED: 5_002}


@pytest.mark.parametrize("modifier", ["GA", "GX"])
def test_a_signed_notice_on_the_denied_line_makes_a_contractual_denial_the_patients(
    db: Database, tmp_path: Path, number: str, modifier: str
) -> None:
    arrive(db, tmp_path, not_covered(number, "CO", "50"), "40")
    sign(db, modifier, sequence=2)

    bill_patient(db, SYSTEM, [denials(db)[0].id], "notice of 9/15 signed")

    assert decided(db) == {PATIENT: 5_002}


def test_a_claim_denied_as_a_whole_needs_the_notice_on_every_line(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, (f"CLP*{number}*4*100.03*0**MB*ICN1", "CAS*CO*50*100.03"), "0")
    (one,) = denials(db)
    sign(db, "GA", sequence=1)
    with pytest.raises(DenialRefused, match=r"line 2 \(G0439\)"):
        bill_patient(db, SYSTEM, [one.id], "signed for it")

    sign(db, "GA")
    bill_patient(db, SYSTEM, [one.id], "signed for it")

    assert decided(db) == {PATIENT: 10_003}


def test_one_that_is_refused_leaves_all_of_a_step_as_they_were(db: Database, tmp_path: Path, number: str) -> None:
    body = (f"CLP*{number}*4*100.03*0**MB*ICN1", "SVC*HC:G0463*50.01*0**1", "CAS*PR*204*50.01")
    arrive(db, tmp_path, (*body, "SVC*HC:G0439*50.02*0**1", "CAS*CO*50*50.02"), "0")

    with pytest.raises(DenialRefused):
        bill_patient(db, SYSTEM, [one.id for one in denials(db)], "not covered")

    assert decided(db) == {DENIED: 10_003}
    assert {one.status for one in denials(db)} == {DenialStatus.OPEN}


DENIED_TO_PATIENT = ("CLP*{number}*4*100.03*0*100.03*HM*ICN1", "CAS*PR*204*100.03")


def test_a_payer_that_comes_next_is_billed_before_the_patient(office: Office) -> None:
    office.answer("4", DENIED_TO_PATIENT, "0")
    (one,) = denials(office.db)

    with pytest.raises(DenialRefused, match="Second Plan comes next"):
        bill_patient(office.db, SYSTEM, [one.id], "not covered")
    secondary = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(secondary.claim_id)
    bill_patient(office.db, SYSTEM, [one.id], "nobody covers it")

    assert owed(office.db) == {("patient", PATIENT): 10_003}


def test_the_statement_asks_for_it_and_says_who_did_not_pay(office: Office) -> None:
    office.answer("4", DENIED_TO_PATIENT, "0")
    (one,) = denials(office.db)
    office.sent(bill_next_payer(office.db, SYSTEM, office.claim_id).claim_id)
    before = printed(office.db)

    bill_patient(office.db, SYSTEM, [one.id], "nobody covers it")

    (line,) = (line for line in printed(office.db).splitlines() if "Denied: Blue Plains" in line)
    (due,) = (line for line in printed(office.db).splitlines() if "YOU OWE" in line)
    assert "Denied:" not in before
    assert line.endswith("100.03")
    assert due.endswith("100.03")


def test_the_statement_shows_that_an_insurer_paid_nothing_and_the_whole_postal_code(office: Office) -> None:
    with office.db.change(SYSTEM) as change:
        change.session.exec(select(Patient)).one().zip = "689950131"

    office.answer("4", DENIED_TO_PATIENT, "0")

    (line,) = (line for line in printed(office.db).splitlines() if "Insurance: Blue Plains" in line)
    assert line.endswith("0.00")
    assert " 68995-0131\n" in printed(office.db)


def test_taking_the_remittance_back_takes_the_decision_back(db: Database, denial: str) -> None:
    bill_patient(db, SYSTEM, [denial], "not covered")
    with db.reading() as session:
        remittance = session.exec(select(Remittance.id)).one()

    unpost(db, SYSTEM, remittance, "wrong bank")
    post_again(db, SYSTEM, remittance)

    assert decided(db) == {DENIED: 5_002}
    assert denials(db)[0].status is DenialStatus.OPEN


def test_the_payers_reversal_takes_the_decision_back_and_its_own_taking_back_restores_it(
    db: Database, tmp_path: Path, number: str, denial: str
) -> None:
    bill_patient(db, SYSTEM, [denial], "not covered")

    reversal = arrive(db, tmp_path, taken_back(number), "0", "EFT0002")
    after = decided(db), denials(db)[0].status
    unpost(db, SYSTEM, reversal, "not theirs")

    assert after == ({}, DenialStatus.WITHDRAWN)
    assert decided(db) == {PATIENT: 5_002}
    assert denials(db)[0].status is DenialStatus.PATIENT_OWES


def test_a_settled_denial_is_not_opened_again_once_its_answer_does_not_stand(
    db: Database, tmp_path: Path, number: str, denial: str
) -> None:
    settled_by_hand(db, tmp_path, number)
    resolve(db, SYSTEM, [denial], "paid by check 1042")
    arrive(db, tmp_path, taken_back(number), "0", "EFT0002")

    with pytest.raises(DenialRefused, match="does not stand any more"):
        open_again(db, SYSTEM, [denial], "looked at again")

    assert decided(db) == {}


def settled_by_hand(db: Database, tmp_path: Path, number: str) -> str:
    """Money of what is denied that a person applies to the claim; the id of the claim of the payment."""
    arrive(db, tmp_path, (f"CLP*{number}*1*50.02*50.02**MB*ICN7",), "50.02", "EFT0007")
    with db.reading() as session:
        row = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.payer_number == "ICN7")).one()
    apply_to_claim(db, SYSTEM, row, number, "of the denied line", though_paid=True)
    return row


def test_a_denial_whose_money_is_owed_still_is_not_closed_and_says_what_to_do(
    db: Database, denial: str, number: str
) -> None:
    with pytest.raises(DenialRefused, match=rf"{number} has 50\.02 denied that nothing has paid") as refused:
        resolve(db, SYSTEM, [denial], "the payer will mend it")

    assert "write it off, leave it to the patient" in refused.value.remedy
    assert (denials(db)[0].status, decided(db)) == (DenialStatus.OPEN, {DENIED: 5_002})


def test_a_patient_is_named_only_where_the_group_lets_him_owe_it(db: Database, tmp_path: Path, number: str) -> None:
    charge(db)
    arrive(db, tmp_path, not_covered(number, "PI", "50"), "40")

    with pytest.raises(DenialRefused) as refused:
        resolve(db, SYSTEM, [denials(db)[0].id], "not covered at all")

    assert "write it off" in refused.value.remedy and "patient" not in refused.value.remedy


def test_a_denial_that_a_payment_settled_is_closed_and_opens_again_when_that_goes(
    db: Database, tmp_path: Path, number: str, denial: str
) -> None:
    appeal(db, SYSTEM, [denial], "sent")
    row = settled_by_hand(db, tmp_path, number)

    resolve(db, SYSTEM, [denial], "paid by check 1042")
    closed = denials(db)[0].status
    release(db, SYSTEM, row, "of another claim")

    (again,) = (one for one in denials(db) if one.id == denial)
    assert closed is DenialStatus.RESOLVED
    assert (again.status, again.level, again.closed_at) == (DenialStatus.APPEALED, 1, None)


@pytest.mark.parametrize("how", ["given back", "taken back by the payer"])
def test_a_denial_opens_again_when_the_money_that_settled_it_goes_out_again(
    db: Database, tmp_path: Path, number: str, denial: str, how: str
) -> None:
    settled_by_hand(db, tmp_path, number)
    resolve(db, SYSTEM, [denial], "paid by check 1042")
    closed = denials(db)[0].status
    with db.reading() as session:
        account = session.exec(select(Account.account_number)).one()

    if how == "given back":
        refund(db, SYSTEM, account, Owed.PAYER, 5_002, "asked for it")
    else:
        arrive(
            db,
            tmp_path,
            (f"PLB*1999999984*20261231*WO:{number}*50.02", "PLB*1999999984*20261231*FB:X*-50.02"),
            "0",
            "EFT0008",
        )
        with db.reading() as session:
            taken = session.exec(
                select(ProviderLevelAdjustment.id).where(ProviderLevelAdjustment.reason_code == "WO")
            ).one()
        charge_to_claim(db, SYSTEM, taken, number, "without a reversal")

    assert (closed, denials(db)[0].status) == (DenialStatus.RESOLVED, DenialStatus.OPEN)


HELD_IN = {
    DenialStatus.OPEN: {DENIED: 5_002},
    DenialStatus.WRITTEN_OFF: {WRITE_OFF: 5_002},
    DenialStatus.PATIENT_OWES: {PATIENT: 5_002},
    DenialStatus.WITHDRAWN: {},
}
STEPS = {"bill": bill_patient, "give up": write_off, "close": resolve, "open": open_again}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from((*STEPS, "reverse", "unpost", "post")), max_size=8))
def test_whatever_is_done_the_money_is_where_the_denial_says(
    db: Database, tmp_path: Path, number: str, denial: str, moves: list[str]
) -> None:
    reversal = ""
    for move in moves:
        try:
            if move == "reverse" and not reversal:
                with db.reading() as session:
                    seen = session.exec(select(func.count(col(Remittance.id)))).one()
                reversal = arrive(db, tmp_path, taken_back(number), "0", f"EFT1{seen:03}")
            elif move == "unpost" and reversal:
                unpost(db, SYSTEM, reversal, "not theirs")
            elif move == "post" and reversal:
                post_again(db, SYSTEM, reversal)
            elif move in STEPS:
                STEPS[move](db, SYSTEM, [denial], "so it was decided")
        except CodedeskError:
            continue

    with db.reading() as session:
        sums = session.exec(select(func.sum(JournalLine.cents)).group_by(JournalLine.posting_id)).all()
        standing = session.get_one(Denial, denial).status
        assert session.exec(select(func.count(col(Claim.id)))).one() == 1
    moved = decided(db)
    with suppress(CodedeskError):  # the next example begins where this one did
        unpost(db, SYSTEM, reversal, "not theirs")
    with suppress(CodedeskError):
        open_again(db, SYSTEM, [denial], "it was paid so")
    assert set(sums) == {0}
    assert moved == HELD_IN[standing]


def test_the_command_line_bills_the_patient_and_opens_again(
    db: Database, denial: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for words in (("outcome", "patient-owes", "not in the plan"), ("reopen", "looked up wrongly")):
        assert main(["denials", *words, denial]) == 0
        told.append((capsys.readouterr().out, decided(db)))

    assert told == [
        ("patient-owes: 1 denial, 50.02\n", {PATIENT: 5_002}),
        ("reopen: 1 denial, 50.02\n", {DENIED: 5_002}),
    ]


@pytest.mark.parametrize("group", ["CO", "OA"])
def test_who_was_not_covered_on_the_day_owes_without_a_notice(
    db: Database, tmp_path: Path, number: str, group: str
) -> None:
    arrive(db, tmp_path, not_covered(number, group, "27"), "40")

    bill_patient(db, SYSTEM, [denials(db)[0].id], "coverage had ended")

    assert decided(db) == {PATIENT: 5_002}


def test_a_contractual_denial_is_not_the_patients_with_a_notice_either(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, not_covered(number, "CO", "197"), "40")
    sign(db, "GA", sequence=2)

    with pytest.raises(DenialRefused) as refused:
        bill_patient(db, SYSTEM, [denials(db)[0].id], "wants to pay")

    assert refused.value.message == (
        "CO-197 (authorization) is the provider's by contract, not the patient's: no notice changes that"
    )


def rebilled(office: Office) -> str:
    """A denied claim that is billed again; the number of its replacement, which has left."""
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*16*100.03"), "0")
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    return built.claim_number


def test_a_denial_whose_claim_is_billed_again_names_the_replacement_and_what_became_of_it(office: Office) -> None:
    number = rebilled(office)

    with office.db.reading() as session:
        (row,) = denial_list(SessionReader(session))

    assert (row.replacement, row.out) == (number, True)
    assert row.rebilled.startswith("sent 20") and row.rebilled.endswith("not answered yet")


def test_a_denial_that_is_billed_again_stands_behind_those_that_wait_for_somebody(office: Office) -> None:
    rebilled(office)
    with office.db.change(SYSTEM) as change:
        (first,) = change.session.exec(select(Denial))
        later = Denial(**first.model_dump(exclude={"id", "segment", "due_on"}), segment=99, due_on="2099-12-31")
        copied = change.session.get_one(Claim, office.claim_id)
        other = Claim(**copied.model_dump(exclude={"id", "claim_number", "row_version"}), claim_number="2026-999999")
        change.session.add(other)
        change.session.flush()
        later.claim_id = other.id
        change.session.add(later)

    with office.db.reading() as session:
        reader = SessionReader(session)
        pages = [denial_list(reader, limit=1)]
        pages.append(denial_list(reader, after=pages[0][-1], limit=1))
        pages.append(denial_list(reader, after=pages[1][-1], limit=1))

    assert [[row.due_on == "2099-12-31" for row in page] for page in pages] == [[True], [False], []]


def test_what_is_billed_again_is_given_up_only_by_saying_so(office: Office) -> None:
    number = rebilled(office)
    (one,) = denials(office.db)

    with pytest.raises(DenialRefused, match=f"{number} bills {office.number} again"):
        write_off(office.db, SYSTEM, [one.id], "too small")
    write_off(office.db, SYSTEM, [one.id], "too small", though_rebilled=True)

    assert denials(office.db)[0].status is DenialStatus.WRITTEN_OFF

"""Money without a place finds one, every cent of it: applied by hand, given back, taken back over several payments."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.content import UnknownClaim
from store.database import Database
from store.denials.work import write_off
from store.ledger.money import take_back
from store.models import Account, Claim, Coverage, Denial, LogEntry, Patient, Payer, Remittance, RemittanceClaim
from store.queries import SessionReader
from store.queries.unapplied import TakebackRow, UnappliedRow, takeback_list, unapplied_list
from store.remits.posting import RemittanceRefused, cash_of, post_again, take_in, unpost
from store.remits.takebacks import OtherClaim, charge_to_claim, refund_takeback
from store.remits.unapplied import OtherPatient, apply_to_claim, refund_unapplied, release
from store.terms import RESTRICTED, ClaimStatus, DenialStatus, JournalAccount, MatchedBy
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.remittance_samples import a_set, balances, interchange
from tests.store.test_denials import denied
from tests.store.test_remits_posting import number, paid, reversed_

__all__ = ["number"]

pytestmark = pytest.mark.both_databases

PROVIDER = "PLB*1999999984*20261231"


def arrive(db: Database, folder: Path, body: tuple[str, ...], paid: str, trace: str = "EFT0001") -> str:
    path = folder / f"{trace}.835"
    path.write_bytes(interchange(a_set(body, paid).replace("EFT0001", trace)))
    (taken,) = take_in(db, SYSTEM, path).sets
    assert taken.outcome == "posted", taken.why
    return taken.remittance_id


def waiting(db: Database) -> list[UnappliedRow]:
    with db.reading() as session:
        return unapplied_list(SessionReader(session))


def takebacks(db: Database) -> list[TakebackRow]:
    with db.reading() as session:
        return takeback_list(SessionReader(session))


def proven(db: Database) -> bool:
    """Posted + unapplied - PLB is BPR02 for every remittance that is posted, and nothing for the others."""
    with db.reading() as session:
        return all(
            cash_of(session, one.id) == (one.payment_cents if one.status == "posted" else 0)
            for one in session.exec(select(Remittance))
        )


def stranger(number: str) -> tuple[str, ...]:
    """The payment of the office's claim under a number that is not ours, without a name to find it by."""
    return tuple(line.replace(number, "LOST7") for line in paid(number) if not line.startswith(("NM1", "REF")))


def test_what_is_applied_by_hand_is_posted_as_if_the_claim_had_been_found(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, stranger(number), "60")
    (row,) = waiting(db)

    apply_to_claim(db, SYSTEM, row.id, number, "their clerk mistyped it")

    assert balances(db) == {
        JournalAccount.CASH: 6_000,
        JournalAccount.PATIENT_RECEIVABLE: 2_000,
        JournalAccount.CONTRACTUAL: 2_003,
        JournalAccount.PAYER_RECEIVABLE: -10_003,
    }
    assert (waiting(db), proven(db)) == ([], True)


def test_applied_money_can_be_taken_back_posted_again_and_released(db: Database, tmp_path: Path, number: str) -> None:
    remittance = arrive(db, tmp_path, stranger(number), "60")
    (row,) = waiting(db)
    apply_to_claim(db, SYSTEM, row.id, number, "mistyped")
    applied = balances(db)

    unpost(db, SYSTEM, remittance, "to see it again")
    nothing = balances(db)
    post_again(db, SYSTEM, remittance)
    again = balances(db)
    release(db, SYSTEM, row.id, "another claim after all")

    assert (nothing, again) == ({}, applied)
    assert balances(db) == {JournalAccount.CASH: 6_000, JournalAccount.UNAPPLIED: -6_000}
    assert [one.left_cents for one in waiting(db)] == [6_000]
    assert proven(db)


def test_a_claim_of_a_payment_is_applied_to_a_claim_that_has_left_and_only_once(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, stranger(number), "60")
    (row,) = waiting(db)

    with pytest.raises(UnknownClaim):
        apply_to_claim(db, SYSTEM, row.id, "2026-999999", "it is theirs")
    for _ in range(2):
        apply_to_claim(db, SYSTEM, row.id, number, "mistyped", "op-1")
    with pytest.raises(RemittanceRefused, match="nothing of it waits"):
        apply_to_claim(db, SYSTEM, row.id, number, "once again")

    with db.reading() as session:
        kept = session.exec(select(RemittanceClaim)).one()
    assert kept.matched_by is MatchedBy.BY_HAND
    assert kept.note.endswith("applied by hand: mistyped")


def named(number: str, name: str, member: str = "") -> tuple[str, ...]:
    """The payment of `stranger` with a patient."""
    tail = f"****MI*{member}" if member else ""
    head, *rest = stranger(number)
    return (head, f"NM1*QC*1*{name}{tail}", *rest)


def test_a_payment_of_another_patient_is_applied_only_by_who_says_so_after_seeing_both(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, named(number, "ROE*JANE", "M777"), "60")
    (row,) = waiting(db)

    with pytest.raises(OtherPatient, match=f"names another patient than {number} is of") as asked:
        apply_to_claim(db, SYSTEM, row.id, number, "found by hand")
    before = balances(db)
    apply_to_claim(db, SYSTEM, row.id, number, "her name before she married", though_another=True)

    (name, member, charge) = asked.value.compared
    assert name == ("name", "ROE, JANE", "Lindqvist, Per")
    assert member[:2] == ("member id", "M777") and member[2] not in ("", "none", "M777")
    assert charge == ("charge", "100.03", "100.03")
    assert before == {JournalAccount.CASH: 6_000, JournalAccount.UNAPPLIED: -6_000}
    assert balances(db)[JournalAccount.PAYER_RECEIVABLE] == -10_003
    with db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "remittance.apply")).one()
    assert entry.detail["another_patient"] is True


def member_of(db: Database, number: str) -> str:
    with db.reading() as session:
        parties = session.exec(select(Claim).where(Claim.claim_number == number)).one().parties
        return str(parties["coverage"]["member_id"])


def test_another_name_under_the_same_member_id_is_no_other_patient(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, named(number, "ROE*JANE", member_of(db, number)), "60")
    (row,) = waiting(db)

    apply_to_claim(db, SYSTEM, row.id, number, "her name before she married")

    assert waiting(db) == []


def test_the_question_tells_nothing_of_a_restricted_patient(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, named(number, "ROE*JANE", "M777"), "60")
    (row,) = waiting(db)
    with db.change(SYSTEM) as change:
        change.session.exec(select(Patient)).one().restricted = "works in this clinic"

    with pytest.raises(OtherPatient) as asked:
        apply_to_claim(db, SYSTEM, row.id, number, "found by hand")

    assert [ours for _, _, ours in asked.value.compared] == [RESTRICTED, RESTRICTED, "100.03"]


def test_denials_of_an_applied_claim_are_of_ours_and_their_money_is_posted(
    db: Database, tmp_path: Path, number: str
) -> None:
    lines = tuple(line.replace(number, "LOST7") for line in denied(number) if not line.startswith("NM1"))
    arrive(db, tmp_path, lines, "40")
    (row,) = waiting(db)

    apply_to_claim(db, SYSTEM, row.id, number, "mistyped")

    with db.reading() as session:
        assert session.exec(select(Denial.claim_id)).one() is not None
    assert balances(db)[JournalAccount.DENIED] == 5_002


def test_unapplied_money_is_given_back_in_parts_and_no_more_than_there_is(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, stranger(number), "60")
    (row,) = waiting(db)

    done = refund_unapplied(db, SYSTEM, row.id, 2_500, "not ours")

    assert (done.cents, done.left_cents) == (2_500, 3_500)
    assert balances(db) == {JournalAccount.CASH: 3_500, JournalAccount.UNAPPLIED: -3_500}
    for cents, told in ((3_501, "35.00 wait"), (0, "above zero")):
        with pytest.raises(RemittanceRefused, match=told):
            refund_unapplied(db, SYSTEM, row.id, cents, "even more")
    with pytest.raises(RemittanceRefused, match="a part of it was given back"):
        apply_to_claim(db, SYSTEM, row.id, number, "mistyped")
    assert proven(db)


def test_a_refund_holds_its_remittance_until_it_is_taken_back(db: Database, tmp_path: Path, number: str) -> None:
    remittance = arrive(db, tmp_path, stranger(number), "60")
    (row,) = waiting(db)
    done = refund_unapplied(db, SYSTEM, row.id, 6_000, "not ours")

    with pytest.raises(RemittanceRefused, match="was given back"):
        unpost(db, SYSTEM, remittance, "to see it again")
    take_back(db, SYSTEM, done.posting_id, "the check came back")
    unpost(db, SYSTEM, remittance, "to see it again")

    assert balances(db) == {}


def test_a_balance_carried_forward_is_settled_by_the_payment_that_takes_it(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, paid(number), "60")
    arrive(db, tmp_path, (*reversed_(number), f"{PROVIDER}*FB:EFT0002*-60"), "0", "EFT0002")
    (row,) = takebacks(db)

    arrive(db, tmp_path, (*paid(number), f"{PROVIDER}*FB:EFT0002*60"), "0", "EFT0003")

    assert (row.open_cents, row.reasons, row.reference) == (-6_000, "FB", "EFT0002")
    assert takebacks(db) == []
    assert JournalAccount.PROVIDER_LEVEL not in balances(db)
    assert balances(db)[JournalAccount.CASH] == 6_000
    assert proven(db)


def test_an_overpayment_that_is_paid_by_check_leaves_nothing_to_take_back(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, paid(number), "60")
    arrive(db, tmp_path, (*reversed_(number), f"{PROVIDER}*WO:ICN1*-60"), "0", "EFT0002")
    (row,) = takebacks(db)
    refund_takeback(db, SYSTEM, row.id, 6_000, "check 1042")
    settled = takebacks(db)

    arrive(db, tmp_path, (f"{PROVIDER}*WO:ICN1*60*72:ICN1*-60",), "0", "EFT0003")

    assert (row.claim, row.open_cents, settled) == (number, -6_000, [])
    assert takebacks(db) == []
    assert balances(db) == {}
    assert proven(db)


def test_what_a_payer_took_without_a_reversal_is_charged_to_its_claim_and_owed_again(
    db: Database, tmp_path: Path, number: str
) -> None:
    remittance = arrive(db, tmp_path, (*paid(number), f"{PROVIDER}*WO:ICN1*10"), "50")
    (row,) = takebacks(db)

    done = charge_to_claim(db, SYSTEM, row.id, number, "no reversal came")

    assert balances(db)[JournalAccount.PAYER_RECEIVABLE] == -10_003 + 1_000
    assert takebacks(db) == []
    with pytest.raises(RemittanceRefused, match="charged to a claim"):
        unpost(db, SYSTEM, remittance, "to see it again")
    take_back(db, SYSTEM, done.posting_id, "the reversal came")
    assert [one.open_cents for one in takebacks(db)] == [1_000]


def another_claim(db: Database, payer: bool = False) -> str:
    """The number of a claim that left, of another patient or of another payer than the first one."""
    with db.change(SYSTEM) as change:
        session = change.session
        encounter = add_encounter(session, "V2")
        if payer:
            green = Payer(source="test", local_id="P9", name="Green Field", payer_identifier="GREEN")
            session.add(green)
            session.flush()
            for one in session.exec(select(Coverage).where(Coverage.account_id == encounter.account_id)):
                one.payer_id = green.id
        else:
            patient = Patient(source="test", mrn="7", family_name="Roe", given_name="Jane")
            session.add(patient)
            session.flush()
            encounter.patient_id = session.get_one(Account, encounter.account_id).patient_id = patient.id
        add_coding(session, encounter)
    (built,) = build_claims(db, SYSTEM).built
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, built.claim_id).status = ClaimStatus.EXPORTED
    return built.claim_number


@pytest.mark.parametrize(
    ("payer", "compared"),
    [
        (False, (("patient", "Lindqvist, Per", "Roe, Jane"),)),
        (True, (("payer", "MEADOWLARK HMO", "Green Field"),)),
    ],
    ids=["patient", "payer"],
)
def test_a_takeback_is_charged_to_a_claim_of_another_only_by_who_says_so(
    db: Database, tmp_path: Path, number: str, payer: bool, compared: tuple[tuple[str, str, str], ...]
) -> None:
    arrive(db, tmp_path, (*paid(number), f"{PROVIDER}*WO:ICN1*10"), "50")
    other = another_claim(db, payer)
    (row,) = takebacks(db)

    with pytest.raises(OtherClaim) as asked:
        charge_to_claim(db, SYSTEM, row.id, other, "their letter")
    still = takebacks(db)
    done = charge_to_claim(db, SYSTEM, row.id, other, "their letter", though_another=True)

    assert asked.value.compared == compared
    assert ([one.open_cents for one in still], done.cents, takebacks(db)) == ([1_000], 1_000, [])


def test_a_takeback_that_refers_to_a_waiting_claim_of_another_patient_is_asked_about(
    db: Database, tmp_path: Path, number: str
) -> None:
    strange = ("CLP*X99*1*30*25**HM*ICN9", "NM1*QC*1*NOBODY*ANN", "CAS*CO*45*5")
    arrive(db, tmp_path, (*paid(number), *strange, f"{PROVIDER}*WO:ICN9*10"), "75")
    (row,) = takebacks(db)

    with pytest.raises(OtherClaim, match="patient NOBODY, ANN, ours Lindqvist, Per"):
        charge_to_claim(db, SYSTEM, row.id, number, "their letter")


@pytest.mark.parametrize("cents", [0, 6_001])
def test_a_payer_is_given_no_more_than_it_is_owed(db: Database, tmp_path: Path, number: str, cents: int) -> None:
    arrive(db, tmp_path, (f"{PROVIDER}*WO:ICN1*-60",), "60")
    (row,) = takebacks(db)

    with pytest.raises(RemittanceRefused, match=r"is owed 60\.00"):
        refund_takeback(db, SYSTEM, row.id, cents, "by check 1042")


def test_interest_and_other_final_adjustments_are_nothing_to_settle(db: Database, tmp_path: Path) -> None:
    arrive(db, tmp_path, (f"{PROVIDER}*L6*-1*CS:X*-2*ZZ:Y*-3",), "6")

    assert takebacks(db) == []


def test_the_write_off_of_a_denial_goes_with_its_remittance(db: Database, tmp_path: Path, number: str) -> None:
    remittance = arrive(db, tmp_path, denied(number), "40")
    posted = balances(db)
    with db.reading() as session:
        denial = session.exec(select(Denial.id)).one()
    write_off(db, SYSTEM, [denial], "small balance")

    unpost(db, SYSTEM, remittance, "to see it again")
    nothing = balances(db)
    post_again(db, SYSTEM, remittance)

    assert (nothing, balances(db)) == ({}, posted)
    with db.reading() as session:
        assert session.get_one(Denial, denial).status is DenialStatus.OPEN


def test_a_claim_that_was_denied_whole_waits_without_money_and_its_denial_is_work_once_it_is_ours(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, ("CLP*X1*4*100.03*0**MB", "CAS*CO*50*100.03"), "0")
    with db.reading() as session:
        denial = session.exec(select(Denial.id)).one()
    (row,) = waiting(db)

    apply_to_claim(db, SYSTEM, row.id, number, "their clerk mistyped it")
    applied = balances(db)
    write_off(db, SYSTEM, [denial], "no appeal is of use")

    assert (row.left_cents, waiting(db)) == (0, [])
    assert applied == {JournalAccount.DENIED: 10_003, JournalAccount.PAYER_RECEIVABLE: -10_003}
    assert balances(db) == {JournalAccount.WRITE_OFF: 10_003, JournalAccount.PAYER_RECEIVABLE: -10_003}


def test_a_claim_that_is_released_takes_the_write_off_of_its_denial_with_it(
    db: Database, tmp_path: Path, number: str
) -> None:
    remittance = arrive(db, tmp_path, ("CLP*X1*4*100.03*0**MB", "CAS*CO*50*100.03"), "0")
    (row,) = waiting(db)
    apply_to_claim(db, SYSTEM, row.id, number, "their clerk mistyped it")
    with db.reading() as session:
        denial = session.exec(select(Denial.id)).one()
    write_off(db, SYSTEM, [denial], "no appeal is of use")

    release(db, SYSTEM, row.id, "another claim after all")
    released = balances(db)
    unpost(db, SYSTEM, remittance, "to see it again")
    post_again(db, SYSTEM, remittance)

    assert released == balances(db) == {}
    with db.reading() as session:
        assert session.get_one(Denial, denial).status is DenialStatus.OPEN

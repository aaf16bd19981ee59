"""Remittances are posted whole or not at all, to the cent, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, func, select

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.database import Database
from store.models import (
    Claim,
    ClaimLine,
    Encounter,
    JournalLine,
    LogEntry,
    Posting,
    Remittance,
    RemittanceClaim,
    RemittanceLine,
)
from store.queries import SessionReader
from store.queries.remits import RemittanceFilter, remittance_list
from store.reasons import ReasonNeeded
from store.remits.posting import (
    RemittanceRefused,
    ReversedLater,
    TakenIn,
    hold_again,
    post_again,
    set_aside,
    take_in,
    unpost,
)
from store.terms import ClaimStatus, JournalAccount, MatchedBy, RemittanceStatus
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.remittance_samples import a_set, balances, interchange

BILLER = SYSTEM
pytestmark = pytest.mark.both_databases


@pytest.fixture
def number(db: Database) -> str:
    """The number of a claim of two lines, 50.01 and 50.02, that has left."""
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    build_claims(db, SYSTEM)
    with db.change(SYSTEM) as change:
        claim = change.session.exec(select(Claim)).one()
        claim.status = ClaimStatus.EXPORTED
        return claim.claim_number


def paid(number: str, payer_number: str = "ICN1") -> tuple[str, ...]:
    """Paid 60 of 100.03: 20.03 contractual, 20 the patient's."""
    return (
        f"CLP*{number}*1*100.03*60*20*HM*{payer_number}",
        "NM1*QC*1*LINDQVIST*PER",
        "SVC*HC:G0463*50.01*40**1",
        "DTM*472*20260915",
        "CAS*CO*45*10.01",
        f"REF*6R*{number}-1",
        "SVC*HC:G0439*50.02*20**1",
        "CAS*CO*45*10.02",
        "CAS*PR*1*20",
    )


def reversed_(number: str) -> tuple[str, ...]:
    return (f"CLP*{number}*22*-100.03*-60**HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*1*-20")


OFF_BY_A_CENT = "the payment (BPR02) states 60.01, adds up to 60.00, difference 0.01 (segment 3)"
STRANGER = ("CLP*X99*1*30*25**HM*ICN9", "NM1*QC*1*NOBODY*ANN", "CAS*CO*45*5")


def arrive(db: Database, tmp_path: Path, content: bytes, name: str = "era.835") -> tuple[TakenIn, ...]:
    path = tmp_path / name
    path.write_bytes(content)
    return take_in(db, BILLER, path).sets


def count(db: Database, model: type) -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(model)).one()


def test_a_payment_is_posted_to_cash_patient_and_contractual(db: Database, tmp_path: Path, number: str) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")))

    assert (taken.outcome, taken.matched, taken.unapplied_cents) == ("posted", 1, 0)
    assert balances(db) == {
        JournalAccount.CASH: 6_000,
        JournalAccount.PATIENT_RECEIVABLE: 2_000,
        JournalAccount.CONTRACTUAL: 2_003,
        JournalAccount.PAYER_RECEIVABLE: -10_003,
    }


def test_every_posting_comes_to_zero(db: Database, tmp_path: Path, number: str) -> None:
    body = (*paid(number), *STRANGER, "PLB*1999999984*20261231*WO:X*12.34")
    arrive(db, tmp_path, interchange(a_set(body, "72.66")))

    with db.reading() as session:
        query = select(func.sum(JournalLine.cents)).group_by(JournalLine.posting_id)
        totals = [int(total) for total in session.exec(query)]
    assert totals == [0, 0, 0]


def test_the_claim_belongs_to_the_account_and_its_lines_are_found(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))

    with db.reading() as session:
        posting = session.exec(select(Posting)).one()
        claim = session.exec(select(Claim)).one()
        account = session.get_one(Encounter, claim.encounter_id).account_id
        lines = session.exec(select(RemittanceLine).order_by(col(RemittanceLine.sequence))).all()
        ours = session.exec(select(ClaimLine.id).order_by(col(ClaimLine.sequence))).all()
    assert (posting.claim_id, posting.account_id) == (claim.id, account)
    assert [line.claim_line_id for line in lines] == list(ours)


def test_an_unknown_claim_is_unapplied_and_never_dropped(db: Database, tmp_path: Path, number: str) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set((*paid(number), *STRANGER), "85")))

    assert (taken.matched, taken.unapplied_cents) == (1, 2_500)
    assert balances(db)[JournalAccount.UNAPPLIED] == -2_500
    assert balances(db)[JournalAccount.CASH] == 8_500


def test_another_charge_than_ours_is_said_counted_and_found_and_holds_nothing(
    db: Database, tmp_path: Path, number: str
) -> None:
    body = paid(number)
    other = (body[0].replace("100.03", "110.03"), *body[1:2], "SVC*HC:G0463*60.01*40**1", "CAS*CO*45*20.01", *body[5:])

    (taken,) = arrive(db, tmp_path, interchange(a_set(other, "60")))

    assert (taken.outcome, taken.matched, taken.charged_otherwise) == ("posted", 1, 1)
    with db.reading() as session:
        note = session.exec(select(RemittanceClaim.note)).one()
        found = remittance_list(SessionReader(session), RemittanceFilter.DIFFERING)
    assert note == "charge 110.03, ours 100.03; line 1 charge 60.01, ours 50.01"
    assert len(found) == 1


def test_our_own_charges_are_no_difference(db: Database, tmp_path: Path, number: str) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set((*paid(number), *reversed_(number)), "0")))

    assert taken.charged_otherwise == 0
    with db.reading() as session:
        assert remittance_list(SessionReader(session), RemittanceFilter.DIFFERING) == []


@pytest.mark.parametrize("status", ["99", "", "5"])
def test_a_claim_of_a_status_that_no_guide_has_waits_unapplied_and_says_where(
    db: Database, tmp_path: Path, number: str, status: str
) -> None:
    first, *rest = paid(number)
    odd = first.replace(f"CLP*{number}*1*", f"CLP*{number}*{status}*")

    (taken,) = arrive(db, tmp_path, interchange(a_set((odd, *rest), "60")))

    with db.reading() as session:
        (listed,) = remittance_list(SessionReader(session), RemittanceFilter.UNAPPLIED)
        (claim,) = session.exec(select(RemittanceClaim)).all()
    assert (taken.outcome, taken.matched, taken.unapplied_cents, taken.unreadable) == ("posted", 0, 6_000, 1)
    assert balances(db) == {JournalAccount.CASH: 6_000, JournalAccount.UNAPPLIED: -6_000}
    assert (listed.id, listed.waiting, listed.unmatched, claim.claim_id) == (taken.remittance_id, 1, 0, None)
    assert claim.note.startswith(f"CLP02 is {status or 'empty'} (segment 9)")


def test_a_claim_without_days_of_its_own_has_those_of_its_lines(db: Database, tmp_path: Path, number: str) -> None:
    parts = [part.replace("DTM*472*20260915", "DTM*472*20260916") for part in paid(number)]

    arrive(db, tmp_path, interchange(a_set((*parts, "DTM*472*20260914"), "60")))

    with db.reading() as session:
        (claim,) = session.exec(select(RemittanceClaim)).all()
    assert (claim.service_from, claim.service_through) == ("2026-09-14", "2026-09-16")


def test_a_claim_is_found_by_the_payer_s_number_of_before(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    other = a_set(("CLP*LOST*1*5*5**HM*ICN1",), "5").replace("EFT0001", "EFT0002")

    arrive(db, tmp_path, interchange(other), "later.835")

    with db.reading() as session:
        found = session.exec(select(RemittanceClaim).where(RemittanceClaim.account_number == "LOST")).one()
    assert found.matched_by is MatchedBy.PAYER_NUMBER


ANOTHER = (
    "CLP*{0}*1*400*300**HM*{1}",
    "NM1*QC*1*OSGOOD*MINA****MI*ZZ77",
    "SVC*HC:G0438*400*300**1",
    "DTM*472*20260301",
    "CAS*CO*45*100",
)


def by_another(body: tuple[str, ...], paid: str) -> bytes:
    """A payment of these claims by another payer than that of the samples."""
    content = interchange(a_set(body, paid)).replace(b"EFT0001", b"EFT0009")
    return content.replace(b"MEADOWLARK HMO", b"SECOND PLAN").replace(b"1512345678", b"9876543210")


def found_as(db: Database, account_number: str) -> RemittanceClaim:
    with db.reading() as session:
        return session.exec(select(RemittanceClaim).where(RemittanceClaim.account_number == account_number)).one()


def test_the_number_of_one_payer_finds_no_claim_of_another(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    body = ("CLP*LOST*1*100.03*30**12*ICN1", "CAS*CO*45*70.03")

    arrive(db, tmp_path, by_another(body, "30"), "later.835")

    assert found_as(db, "LOST").claim_id is None


def test_a_payer_s_number_of_a_claim_of_another_person_leaves_it_unapplied_and_says_why(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    body = tuple(part.format("ZZ999", "ICN1") for part in ANOTHER)

    arrive(db, tmp_path, interchange(a_set(body, "300")).replace(b"EFT0001", b"EFT0009"), "later.835")

    found = found_as(db, "ZZ999")
    assert found.claim_id is None
    assert f"claim {number} of ours has the payer's number ICN1, but" in found.note


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, "the name and the member id are of another"),
        ({"****MI*ZZ77": ""}, "the patient, the day and the charge are of another"),
    ],
    ids=["name and member id", "name, day and charge"],
)
def test_our_number_on_a_claim_of_another_person_leaves_it_unapplied_and_says_why(
    db: Database, tmp_path: Path, number: str, change: dict[str, str], why: str
) -> None:
    body = tuple(part.format(number, "ICN9") for part in ANOTHER)
    for was, now in change.items():
        body = tuple(part.replace(was, now) for part in body)

    arrive(db, tmp_path, interchange(a_set(body, "300")))

    found = found_as(db, number)
    assert (found.claim_id, found.note) == (None, f"claim {number} of ours has its number, but {why}")


@pytest.mark.parametrize("name", ["NM1*QC*1*LINDQVIST*P", "NM1*QC*1*LIND*PER", "NM1*QC*1*NORTH*ANNA"])
def test_our_number_finds_the_claim_though_the_name_is_written_otherwise(
    db: Database, tmp_path: Path, number: str, name: str
) -> None:
    body = tuple(part.replace("NM1*QC*1*LINDQVIST*PER", name) for part in paid(number))

    arrive(db, tmp_path, interchange(a_set(body, "60")))

    assert found_as(db, number).matched_by is MatchedBy.CLAIM_NUMBER


def test_a_claim_is_found_by_patient_day_and_charge_if_it_is_the_only_one(
    db: Database, tmp_path: Path, number: str
) -> None:
    body = ("CLP*0*1*100.03*100.03**HM*ICN5", "NM1*QC*1*Lindqvist*Per", "DTM*232*20260915")

    arrive(db, tmp_path, interchange(a_set(body, "100.03")))

    with db.reading() as session:
        assert session.exec(select(RemittanceClaim)).one().matched_by is MatchedBy.PATIENT


def test_a_reversal_and_a_correction_leave_what_the_correction_says(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    body = (*reversed_(number), f"CLP*{number}*1*100.03*70**HM*ICN2", "CAS*CO*45*30.03")
    second = a_set(body, "10").replace("EFT0001", "EFT0002")

    arrive(db, tmp_path, interchange(second), "correction.835")

    assert balances(db) == {
        JournalAccount.CASH: 7_000,
        JournalAccount.CONTRACTUAL: 3_003,
        JournalAccount.PAYER_RECEIVABLE: -10_003,
    }


FORWARDED = ("CLP*{number}*19*100.03*40*17.23*HM*ICN1", "CAS*CO*45*42.80", "CAS*PR*2*17.23")
FORWARDED_BACK = ("CLP*{number}*22*-100.03*-40**HM*ICN1", "CAS*CO*45*-42.80", "CAS*PR*2*-17.23")
FORWARDED_AGAIN = ("CLP*{number}*19*100.03*45*15*HM*ICN2", "CAS*CO*45*40.03", "CAS*PR*2*15")


def of(number: str, *bodies: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line.format(number=number) for body in bodies for line in body)


@pytest.mark.parametrize("together", [True, False])
def test_the_reversal_of_a_forwarded_claim_takes_its_share_from_the_next_payer_who_owed_it(
    db: Database, tmp_path: Path, number: str, together: bool
) -> None:
    gone = ("PLB*1999999984*20261231*FB:X*-40",)
    if together:
        arrive(db, tmp_path, interchange(a_set(of(number, FORWARDED_BACK, FORWARDED), "0")))
    else:
        arrive(db, tmp_path, interchange(a_set(of(number, FORWARDED), "40")))
        arrive(db, tmp_path, again((*of(number, FORWARDED_BACK), *gone), "0", "EFT0002"), "back.835")

    money = accounts(db)
    assert (money.get("patient_receivable", 0), money.get("payer_receivable", 0), money.get("contractual", 0)) == (
        0,
        0,
        0,
    )


def test_a_corrected_forwarded_claim_stands_with_the_next_payer_as_the_first_did(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, interchange(a_set(of(number, FORWARDED), "40")))

    arrive(db, tmp_path, again(of(number, FORWARDED_BACK, FORWARDED_AGAIN), "5", "EFT0002"), "corrected.835")

    assert accounts(db) == {"cash": 4_500, "contractual": 4_003, "payer_receivable": -8_503}


def test_a_reversal_that_waited_takes_the_share_of_a_forwarded_claim_from_the_next_payer(
    db: Database, tmp_path: Path, number: str
) -> None:
    gone = ("PLB*1999999984*20261231*FB:X*-40",)
    arrive(db, tmp_path, again((*of(number, FORWARDED_BACK), *gone), "0", "EFT0002"), "back.835")

    arrive(db, tmp_path, interchange(a_set(of(number, FORWARDED), "40")))

    assert accounts(db) == {"cash": 4_000, "provider_level": -4_000}


def again(body: tuple[str, ...], cents: str, trace: str, payer: str = "1512345678") -> bytes:
    text = a_set(body, cents).replace("EFT0001", trace).replace("1512345678", payer)
    return interchange(text)


def notes(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(RemittanceClaim.note).where(col(RemittanceClaim.claim_id).is_(None))))


def test_a_claim_paid_again_under_another_trace_waits_and_the_patient_owes_once(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))

    for trace in ("EFT0002", "EFT0003"):
        (taken,) = arrive(db, tmp_path, again(paid(number), "60", trace), f"{trace}.835")

    assert (taken.again, taken.unapplied_cents, taken.matched) == (1, 6_000, 0)
    assert balances(db)[JournalAccount.PATIENT_RECEIVABLE] == 2_000
    assert balances(db)[JournalAccount.UNAPPLIED] == -12_000
    assert notes(db) == ["paid already by trace EFT0001 on 2026-11-03, no reversal"] * 2


def test_a_claim_that_was_paid_before_is_ours_though_its_money_waits(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))

    (taken,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60").replace("EFT0001", "EFT0002")), "b.835")

    assert (taken.ours, taken.matched, taken.again) == (1, 0, 1)


def test_a_claim_twice_in_one_payment_is_posted_once(db: Database, tmp_path: Path, number: str) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set((*paid(number), *paid(number)), "120")))

    assert (taken.again, taken.unapplied_cents) == (1, 6_000)


def test_a_correction_before_its_reversal_in_one_set_is_posted(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    body = (f"CLP*{number}*1*100.03*70**HM*ICN1", "CAS*CO*45*30.03", *reversed_(number))

    (taken,) = arrive(db, tmp_path, again(body, "10", "EFT0002"), "correction.835")

    assert (taken.again, balances(db)[JournalAccount.CASH]) == (0, 7_000)


def accounts(db: Database) -> dict[str, int]:
    return {account.value: cents for account, cents in balances(db).items()}


def test_a_reversal_of_an_answer_that_is_not_here_waits_and_says_so(db: Database, tmp_path: Path, number: str) -> None:
    body = (*reversed_(number), "PLB*1999999984*20261231*FB:X*-60")

    (taken,) = arrive(db, tmp_path, interchange(a_set(body, "0")))

    assert (taken.outcome, taken.matched, taken.unapplied_cents, taken.nothing_reversed) == ("posted", 0, -6_000, 1)
    assert (taken.again, accounts(db)) == (0, {"provider_level": -6_000, "unapplied": 6_000})
    with db.reading() as session:
        assert session.exec(select(RemittanceClaim.note)).one() == "reverses an answer that is not here"


@pytest.mark.parametrize("corrected", [False, True])
def test_a_reversal_that_waits_is_applied_when_its_answer_comes(
    db: Database, tmp_path: Path, number: str, corrected: bool
) -> None:
    denied = (f"CLP*{number}*1*100.03*0**HM*ICN1", "CAS*CO*45*100.03")
    body = (*reversed_(number), *(denied if corrected else ()), "PLB*1999999984*20261231*FB:X*-60")
    arrive(db, tmp_path, interchange(a_set(body, "0")))

    original = a_set(paid(number), "60").replace("EFT0001", "EFT0000").replace("20261103", "20261101")
    (taken,) = arrive(db, tmp_path, interchange(original), "late.835")

    assert (taken.matched, taken.again, taken.unapplied_cents) == (1, 0, 0)
    correction = {"contractual": 10_003, "payer_receivable": -10_003} if corrected else {}
    assert accounts(db) == {"cash": 6_000, "provider_level": -6_000} | correction
    with db.reading() as session:
        rows = session.exec(select(RemittanceClaim).where(RemittanceClaim.status_code == "22")).one()
    assert rows.note == "reversal of an earlier payment; its answer came with trace EFT0000"


@pytest.mark.parametrize("first", [True, False])
def test_an_answer_and_its_reversal_in_one_set_come_to_nothing(
    db: Database, tmp_path: Path, number: str, first: bool
) -> None:
    parts = (paid(number), reversed_(number)) if first else (reversed_(number), paid(number))

    (taken,) = arrive(db, tmp_path, interchange(a_set((*parts[0], *parts[1]), "0")))

    assert (taken.matched, taken.nothing_reversed, accounts(db)) == (2, 0, {})


def test_a_remittance_that_a_later_one_reverses_is_taken_back_by_who_knows_it(
    db: Database, tmp_path: Path, number: str
) -> None:
    (first,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    body = (*reversed_(number), *paid(number))
    (later,) = arrive(db, tmp_path, interchange(a_set(body, "0").replace("EFT0001", "EFT0009")), "later.835")

    with pytest.raises(ReversedLater, match=f"trace EFT0009 reverses its answer of {number}"):
        unpost(db, BILLER, first.remittance_id, "wrong file")
    assert unpost(db, BILLER, first.remittance_id, "wrong file", though_reversed=True) == 1

    with db.reading() as session:
        logged = session.exec(select(LogEntry.detail).where(LogEntry.action == "remittance.unpost")).one()
    assert logged["reversed"] == "EFT0009"
    assert unpost(db, BILLER, later.remittance_id, "wrong file too") == 2


def test_after_a_reversal_the_claim_can_be_paid_by_a_later_payment(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    back = (*reversed_(number), "PLB*1999999984*20261231*FB:X*-60")
    arrive(db, tmp_path, again(back, "0", "EFT0002"), "reversal.835")

    (taken,) = arrive(db, tmp_path, again(paid(number), "60", "EFT0003"), "later.835")

    assert (taken.again, taken.matched) == (0, 1)


def test_a_repeat_of_a_payment_that_was_reversed_and_corrected_waits_beside_the_corrected_one(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    correction = (*reversed_(number), f"CLP*{number}*1*100.03*70**HM*ICN2", "CAS*CO*45*30.03")
    arrive(db, tmp_path, again(correction, "10", "EFT0002"), "correction.835")

    (taken,) = arrive(db, tmp_path, again(paid(number), "60", "EFT0003"), "repeat.835")

    assert (taken.again, taken.matched, taken.unapplied_cents) == (1, 0, 6_000)
    assert balances(db)[JournalAccount.PAYER_RECEIVABLE] == -10_003
    assert notes(db) == ["repeats trace EFT0001 on 2026-11-03, which was reversed and corrected"]


def test_a_correction_to_the_amount_that_was_reversed_first_is_no_repeat(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    correction = (*reversed_(number), f"CLP*{number}*1*100.03*70**HM*ICN2", "CAS*CO*45*30.03")
    arrive(db, tmp_path, again(correction, "10", "EFT0002"), "correction.835")
    back = (f"CLP*{number}*22*-100.03*-70**HM*ICN2", "CAS*CO*45*-30.03", *paid(number))

    gone = "PLB*1999999984*20261231*FB:X*-10"
    (taken,) = arrive(db, tmp_path, again((*back, gone), "0", "EFT0003"), "back.835")

    assert (taken.again, taken.matched) == (0, 2)


def test_another_payer_answers_the_same_claim_beside_the_first(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    second = (f"CLP*{number}*2*100.03*20**CI*ICN1", "CAS*OA*23*80.03")

    (taken,) = arrive(db, tmp_path, again(second, "20", "X9", payer="1999999999"), "second.835")

    assert (taken.again, taken.matched) == (0, 1)


def test_lines_that_a_payer_answers_in_two_payments_are_both_posted(db: Database, tmp_path: Path, number: str) -> None:
    first = (f"CLP*{number}*1*50.01*40**HM*ICN1", "SVC*HC:G0463*50.01*40**1", "CAS*CO*45*10.01")
    second = (f"CLP*{number}*1*50.02*20**HM*ICN1", "SVC*HC:G0439*50.02*20**1", "CAS*CO*45*30.02")
    arrive(db, tmp_path, interchange(a_set(first, "40")))

    (taken,) = arrive(db, tmp_path, again(second, "20", "EFT0002"), "second.835")

    assert (taken.again, taken.matched) == (0, 1)


def test_a_claim_that_was_denied_and_is_paid_after_all_is_posted(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, interchange(a_set((f"CLP*{number}*4*100.03*0**HM*ICN1", "CAS*CO*29*100.03"), "0")))

    (taken,) = arrive(db, tmp_path, again(paid(number), "60", "EFT0002"), "second.835")

    assert (taken.again, taken.matched) == (0, 1)


def test_a_set_that_does_not_balance_is_held_and_posts_nothing(db: Database, tmp_path: Path, number: str) -> None:
    good = a_set(STRANGER, "25", control="0002").replace("EFT0001", "EFT0002")

    held, posted = arrive(db, tmp_path, interchange(a_set(paid(number), "60.01"), good))

    assert (held.outcome, held.why, posted.outcome) == ("held", OFF_BY_A_CENT, "posted")
    assert JournalAccount.PATIENT_RECEIVABLE not in balances(db)
    with db.reading() as session:
        kept = session.get_one(Remittance, held.remittance_id)
    assert (kept.status, kept.held, kept.batch_id) == (RemittanceStatus.HELD, [OFF_BY_A_CENT], None)


def test_a_held_set_that_comes_whole_later_leaves_what_waits_by_itself(
    db: Database, tmp_path: Path, number: str
) -> None:
    wrong = tuple(part.replace("CAS*CO*45*10.01", "CAS*CO*45*10") for part in paid(number))
    (held,) = arrive(db, tmp_path, interchange(a_set(wrong, "60")), "wrong.835")

    (whole,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")).replace(b"000000001", b"000000002"))

    assert (held.outcome, whole.outcome) == ("held", "posted")
    with db.reading() as session:
        (row,) = remittance_list(SessionReader(session), RemittanceFilter.ASIDE)
        waiting = remittance_list(SessionReader(session), RemittanceFilter.HELD)
    assert (row.held[0], waiting) == ("came whole as trace EFT0001 in era.835", [])


def test_a_held_set_is_set_aside_with_a_reason_once_and_holds_back_no_later_one(
    db: Database, tmp_path: Path, number: str
) -> None:
    (held,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60.01")), "wrong.835")

    with pytest.raises(ReasonNeeded):
        set_aside(db, BILLER, held.remittance_id, "so")
    set_aside(db, BILLER, held.remittance_id, "the payer voided the check")

    with pytest.raises(RemittanceRefused, match="is set aside, not held"):
        set_aside(db, BILLER, held.remittance_id, "once again")
    (whole,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    assert whole.outcome == "posted"


def test_a_held_set_that_comes_again_in_another_file_waits_once(db: Database, tmp_path: Path, number: str) -> None:
    content = interchange(a_set(paid(number), "60.01"))
    (first,) = arrive(db, tmp_path, content, "wrong.835")

    again = arrive(db, tmp_path, content + b"\r\n" + content, "twice.835")

    assert [(one.outcome, one.waits, one.remittance_id) for one in again] == [
        ("already there", True, first.remittance_id)
    ] * 2
    assert count(db, Remittance) == 1


def test_a_set_that_was_set_aside_is_held_again_with_a_reason_and_waits_as_before(
    db: Database, tmp_path: Path, number: str
) -> None:
    (held,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60.01")), "wrong.835")
    set_aside(db, BILLER, held.remittance_id, "the payer voided the check")

    with pytest.raises(ReasonNeeded):
        hold_again(db, BILLER, held.remittance_id, "so")
    for _ in range(2):
        hold_again(db, BILLER, held.remittance_id, "another check", "op-1")

    with db.reading() as session:
        (row,) = remittance_list(SessionReader(session), RemittanceFilter.HELD)
        entry = session.exec(select(LogEntry).where(LogEntry.action == "remittance.hold_again")).one()
    assert row.held == (OFF_BY_A_CENT,)
    assert (entry.detail["reason"], entry.detail["was"]) == ("another check", "the payer voided the check")
    with pytest.raises(RemittanceRefused, match="is held, not set aside"):
        hold_again(db, BILLER, held.remittance_id, "once again")


def test_a_set_whose_payment_is_posted_is_not_held_again(db: Database, tmp_path: Path, number: str) -> None:
    cut = interchange(a_set(paid(number)[:-1], "60"))
    (held,) = arrive(db, tmp_path, cut, "cut.835")
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")).replace(b"000000001", b"000000002"))

    with pytest.raises(RemittanceRefused, match="its payment is posted from era.835"):
        hold_again(db, BILLER, held.remittance_id, "to see it again")


def test_claims_that_are_not_ours_are_counted_apart_from_money_of_ours_that_waits(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    second = interchange(a_set((*paid(number), *STRANGER), "85")).replace(b"EFT0001", b"EFT0002")

    arrive(db, tmp_path, second, "second.835")

    with db.reading() as session:
        rows = {row.trace: row for row in remittance_list(SessionReader(session))}
        named = [row.trace for row in remittance_list(SessionReader(session), RemittanceFilter.UNAPPLIED)]
    assert {trace: (row.unmatched, row.waiting) for trace, row in rows.items()} == {
        "EFT0001": (0, 0),
        "EFT0002": (1, 1),
    }
    assert named == ["EFT0002"]


@pytest.mark.parametrize("ending", ["", "\r\n"], ids=["the same file", "other line ends and name"])
def test_the_same_payment_twice_is_posted_once(db: Database, tmp_path: Path, number: str, ending: str) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    before = balances(db)

    (again,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60"), ending=ending), "again.835")

    assert (again.outcome, again.why) == ("already there", "this payment is posted already")
    assert balances(db) == before


def test_a_file_with_its_interchange_doubled_is_posted_once(db: Database, tmp_path: Path, number: str) -> None:
    content = interchange(a_set(paid(number), "60"))

    first, second = arrive(db, tmp_path, content + content)

    assert (first.outcome, second.outcome) == ("posted", "already there")


def test_two_sets_of_one_payment_are_both_posted(db: Database, tmp_path: Path, number: str) -> None:
    both = interchange(a_set(STRANGER, "25"), a_set(("CLP*Y1*1*25*25",), "25", control="0002"))

    assert [one.outcome for one in arrive(db, tmp_path, both)] == ["posted", "posted"]


def test_provider_adjustments_alone_are_a_payment(db: Database, tmp_path: Path) -> None:
    arrive(db, tmp_path, interchange(a_set(("PLB*1999999984*20261231*FB:X*-12.34*L6*-1",), "13.34")))

    assert balances(db) == {JournalAccount.CASH: 1_334, JournalAccount.PROVIDER_LEVEL: -1_334}


def test_a_predetermination_moves_no_money(db: Database, tmp_path: Path, number: str) -> None:
    body = (f"CLP*{number}*25*100.03*0**HM*ICN1", "CAS*OA*101*100.03")

    arrive(db, tmp_path, interchange(a_set(body, "0")))

    assert balances(db) == {}


def test_taking_back_restores_every_balance_and_keeps_the_history(db: Database, tmp_path: Path, number: str) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set((*paid(number), *STRANGER), "85")))

    unpost(db, BILLER, taken.remittance_id, "posted to the wrong site")

    assert balances(db) == {}
    assert count(db, Posting) == 4
    with db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "remittance.unpost")).one()
    assert entry.detail["reason"] == "posted to the wrong site"


def test_what_was_taken_back_can_be_posted_and_taken_back_again(db: Database, tmp_path: Path, number: str) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    posted = balances(db)

    for _ in range(2):
        unpost(db, BILLER, taken.remittance_id, "to see it again")
        post_again(db, BILLER, taken.remittance_id)

    assert balances(db) == posted


@pytest.mark.parametrize(
    ("remittance", "reason", "error"),
    [
        ("", "wrong bank", RemittanceRefused),
        ("no such", "wrong bank", RemittanceRefused),
        ("posted", "so", ReasonNeeded),
    ],
)
def test_taking_back_needs_a_posted_remittance_and_a_reason(
    db: Database, tmp_path: Path, number: str, remittance: str, reason: str, error: type[CodedeskError]
) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")))

    with pytest.raises(error):
        unpost(db, BILLER, taken.remittance_id if remittance == "posted" else remittance, reason)

    assert balances(db)[JournalAccount.CASH] == 6_000


def test_taking_back_twice_with_one_operation_id_does_it_once(db: Database, tmp_path: Path, number: str) -> None:
    (taken,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")))

    made = [unpost(db, BILLER, taken.remittance_id, "this once", "op-1") for _ in range(2)]

    assert made == [1, 1]
    assert count(db, Posting) == 2


def test_a_draft_claim_is_not_paid(db: Database, tmp_path: Path, number: str) -> None:
    with db.change(SYSTEM) as change:
        change.session.exec(select(Claim)).one().status = ClaimStatus.READY

    (taken,) = arrive(db, tmp_path, interchange(a_set(paid(number), "60")))

    assert taken.matched == 0


ZERO = ("CLP*{number}*4*100.03*0**HM*{payer_number}", "CAS*CO*{reason}*100.03")


def zero_pay(account: str, trace: str, payer_number: str = "ICN1", reason: str = "204", day: str = "20261103") -> bytes:
    body = tuple(part.format(number=account, payer_number=payer_number, reason=reason) for part in ZERO)
    return interchange(a_set(body, "0")).replace(b"EFT0001", trace.encode()).replace(b"20261103~", f"{day}~".encode())


@pytest.mark.parametrize("trace", ["000000000", "NON", "0", "EFT0001"])
def test_remittances_without_money_are_told_apart_by_their_claims(
    db: Database, tmp_path: Path, number: str, trace: str
) -> None:
    outcomes = [
        arrive(db, tmp_path, zero_pay(account, trace, payer_number, reason), f"{at}.835")[0].outcome
        for at, (account, payer_number, reason) in enumerate(
            [
                (number, "ICN1", "204"),
                ("OTHER", "ICN2", "204"),
                ("OTHER", "ICN2", "50"),
                (number, "ICN1", "204"),
                ("OTHER", "ICN2", "50"),
            ]
        )
    ]

    assert outcomes == ["posted"] * 3 + ["already there"] * 2


def test_payments_with_a_number_that_is_none_are_told_apart_by_their_claims(
    db: Database, tmp_path: Path, number: str
) -> None:
    first = interchange(a_set(paid(number), "60")).replace(b"EFT0001", b"000000000")
    second = interchange(a_set(("CLP*Y1*1*60*60",), "60")).replace(b"EFT0001", b"000000000")

    outcomes = [arrive(db, tmp_path, one, f"{at}.835")[0].outcome for at, one in enumerate((first, second, first))]

    assert outcomes == ["posted", "posted", "already there"]


def test_a_payment_of_another_day_with_the_same_number_amount_and_claims_is_there_already_and_both_days_are_said(
    db: Database, tmp_path: Path, number: str
) -> None:
    content = interchange(a_set(paid(number), "60"))
    arrive(db, tmp_path, content)
    before = balances(db)

    (again,) = arrive(db, tmp_path, content.replace(b"20261103~", b"20261109~"), "again.835")

    assert (again.outcome, balances(db)) == ("already there", before)
    assert again.why == "this payment is posted already, dated 2026-11-03 there and 2026-11-09 here"


def test_a_number_that_a_payer_uses_again_on_another_day_for_other_claims_is_another_payment(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, interchange(a_set(paid(number), "60")))
    other = interchange(a_set(("CLP*Y1*1*60*60",), "60")).replace(b"20261103~", b"20261209~")

    (second,) = arrive(db, tmp_path, other, "second.835")

    assert second.outcome == "posted"


def test_a_held_remittance_without_money_stays_held_when_one_of_other_claims_comes(
    db: Database, tmp_path: Path, number: str
) -> None:
    broken = zero_pay("OTHER", "000000000").replace(b"CAS*CO*204*100.03", b"CAS*CO*204*100.02")
    (held,) = arrive(db, tmp_path, broken, "held.835")

    arrive(db, tmp_path, zero_pay(number, "000000000"), "good.835")

    with db.reading() as session:
        assert session.get_one(Remittance, held.remittance_id).status is RemittanceStatus.HELD

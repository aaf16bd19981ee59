"""The payer that a claim was forwarded to answers by our number: who answers is told by the payer, not by CLP02."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlmodel import col, select

from store.actors import SYSTEM
from store.claims.secondary import bill_next_payer
from store.denials.letter import appeal_letter
from store.denials.work import bill_patient, write_off
from store.ledger.accounts import account_id_of
from store.models import Claim, Denial, Remittance, RemittanceClaim
from store.queries import SessionReader
from store.queries.ledger import account_page
from store.remits.places import From, Payers, place_of
from store.remits.posting import post_again, unpost
from store.terms import JournalAccount
from tests.store.test_claims_following import PAID, SUPPLEMENT, Office, office
from tests.store.test_remits_second_answers import living, of_claim

__all__ = ["office"]

pytestmark = pytest.mark.both_databases

PAYER, DENIED, PATIENT = JournalAccount.PAYER_RECEIVABLE, JournalAccount.DENIED, JournalAccount.PATIENT_RECEIVABLE
PAID_OUT = {JournalAccount.CHARGES: -10_003, JournalAccount.CASH: 7_500, JournalAccount.CONTRACTUAL: 2_003}
REST_DENIED = ("CLP*{number}*{status}*100.03*0**HM*SUP1*11*1", "CAS*OA*23*80.03", "CAS*CO*29*20")
NOT_THEIRS = ("CLP*{number}*23*100.03*0**HM*SUP1*11*1", "CAS*OA*B11*100.03")
DENIED_WHOLE = ("CLP*{number}*4*100.03*0**HM*ICN2*11*1", "CAS*CO*50*100.03")
SENT_ON = {
    "forwarded": ("19", PAID),
    "crossover carrier": ("1", (PAID[0], "NM1*TT*2*SECOND PLAN*****PI*SECOND", *PAID[1:])),
    "remark": ("1", (PAID[0], "MOA***MA18", *PAID[1:])),
}
ONE_HOUSE = {"payer_id": "1512345678"}


def first_answers(office: Office, how: str = "forwarded") -> None:
    status, body = SENT_ON[how]
    office.answer(status, body, payer="BLUE PLAINS")


def second_answers(
    office: Office, status: str, body: tuple[str, ...] = SUPPLEMENT, paid: str = "15", payer: str = "SECOND PLAN"
) -> None:
    """The second payer, which pays under the identifier of the house that the first one is of too."""
    office.answer(status, body, paid, trace="EFT0002", payer=payer, **ONE_HOUSE)


def known_by(office: Office, identifier: str) -> None:
    """Have the claim address its second payer by this identifier."""
    with office.db.change(SYSTEM) as change:
        claim = change.session.get_one(Claim, office.claim_id)
        (second,) = claim.parties["other_coverages"]
        payer = {**second["payer"], "identifier": identifier}
        claim.parties = {**claim.parties, "other_coverages": [{**second, "payer": payer}]}


def waiting(office: Office) -> list[str]:
    with office.db.reading() as session:
        return list(session.exec(select(RemittanceClaim.note).where(col(RemittanceClaim.claim_id).is_(None))))


def remittances(office: Office) -> list[str]:
    with office.db.reading() as session:
        return list(session.exec(select(Remittance.id).order_by(Remittance.trace)))


@pytest.mark.parametrize("how", SENT_ON)
@pytest.mark.parametrize("status", ["1", "2", "19", "20"])
def test_the_payer_it_was_forwarded_to_pays_its_part_whatever_it_says_of_its_place(
    office: Office, status: str, how: str
) -> None:
    first_answers(office, how)

    second_answers(office, status)

    rest = {PAYER: 500} if status in ("19", "20") else {PATIENT: 500}
    assert of_claim(office.db) == PAID_OUT | rest
    assert waiting(office) == []


@pytest.mark.parametrize("how", SENT_ON)
@pytest.mark.parametrize("status", ["1", "2", "4"])
def test_the_denial_of_the_payer_it_was_forwarded_to_is_work_of_what_that_payer_owed(
    office: Office, status: str, how: str
) -> None:
    first_answers(office, how)

    second_answers(office, status, REST_DENIED, "0")

    assert living(office.db) == [("29", 2_000)]
    assert of_claim(office.db)[DENIED] == 2_000
    assert (of_claim(office.db).get(PAYER, 0), of_claim(office.db).get(PATIENT, 0)) == (0, 0)


def test_what_the_payer_it_was_forwarded_to_sends_on_as_none_of_its_own_stays_owed(office: Office) -> None:
    first_answers(office)

    second_answers(office, "23", NOT_THEIRS, "0")

    assert of_claim(office.db)[PAYER] == 2_000
    assert (living(office.db), waiting(office)) == ([], [])


@pytest.mark.parametrize("first", [0, 1], ids=["in order", "the second payer first"])
@pytest.mark.parametrize("status", ["1", "4"])
def test_the_order_in_which_both_payers_answer_or_are_posted_again_changes_nothing(
    office: Office, status: str, first: int
) -> None:
    body, paid = (SUPPLEMENT, "15") if status == "1" else (REST_DENIED, "0")
    steps = [lambda: first_answers(office), lambda: second_answers(office, status, body, paid)]
    for one in steps[first:] + steps[:first]:
        one()
    before = (of_claim(office.db), living(office.db))

    for one in remittances(office):
        unpost(office.db, SYSTEM, one, "to see it again", though_billed=True)
    nothing = of_claim(office.db)
    for one in reversed(remittances(office)):
        post_again(office.db, SYSTEM, one)

    assert nothing == {PAYER: 10_003, JournalAccount.CHARGES: -10_003}
    assert (of_claim(office.db), living(office.db)) == before
    assert before[1] == ([] if status == "1" else [("29", 2_000)])
    assert waiting(office) == []


def test_with_a_claim_of_ours_to_it_the_answer_is_of_that_one_whatever_its_status(office: Office) -> None:
    office.answer(payer="BLUE PLAINS")
    secondary = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(secondary.claim_id)

    second_answers(office, "1")

    with office.db.reading() as session:
        answer = session.exec(select(RemittanceClaim).where(RemittanceClaim.payer_number == "SUP1")).one()
    assert answer.claim_id == secondary.claim_id
    assert of_claim(office.db) == PAID_OUT | {PATIENT: 500}


@pytest.mark.parametrize("head", ["*XV*PAYER77~N1*ZZ*X", "*XV*OTHER1~REF*2U*PAYER77~N1*ZZ*X"], ids=["N104", "REF*2U"])
def test_a_payer_that_writes_its_name_otherwise_is_known_by_its_identifiers(office: Office, head: str) -> None:
    known_by(office, "PAYER77")
    first_answers(office)

    second_answers(office, "1", payer=f"2ND PL{head}")

    assert of_claim(office.db) == PAID_OUT | {PATIENT: 500}


def test_a_payer_that_answers_as_the_second_is_the_first_where_the_claim_bills_it_first(office: Office) -> None:
    office.answer("2", payer="BLUE PLAINS")

    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    assert built.replaces == office.number
    assert of_claim(office.db)[PATIENT] == 2_000


def test_a_denial_of_the_first_payer_after_it_paid_waits_as_its_second_answer(office: Office) -> None:
    first_answers(office)

    office.answer("4", DENIED_WHOLE, "0", trace="EFT0002", payer="BLUE PLAINS")

    assert of_claim(office.db)[PAYER] == 2_000
    assert waiting(office)[0].startswith("paid already by trace EFT0001")


@pytest.mark.parametrize("status", ["4", "23", "22"])
def test_a_payer_that_no_coverage_names_comes_after_the_one_that_forwarded_the_claim(status: str) -> None:
    payers = Payers((("Blue Plains", "BLUEP"), ("Second Plan", "SECOND")), (1, 2))
    before = [From("1", "1", "BLUE PLAINS", sent_on=True)]

    assert place_of(payers, From(status, "9", "SOMEBODY"), before) == 2
    assert place_of(payers, From(status, "9", "SOMEBODY"), [From("1", "1", "BLUE PLAINS")]) == 1


@pytest.mark.parametrize(("status", "place"), [("1", 1), ("2", 2), ("20", 2), ("4", 1)])
def test_a_payer_that_two_coverages_have_tells_its_place_by_its_status(status: str, place: int) -> None:
    payers = Payers((("Blue Plains", "BLUEP"), ("Blue Plains", "BLUEP")), (1, 2))

    assert place_of(payers, From(status, "1", "BLUE PLAINS")) == place


def test_the_appeal_of_its_denial_is_addressed_to_the_payer_that_denied(office: Office) -> None:
    first_answers(office)
    second_answers(office, "4", REST_DENIED, "0")

    with office.db.reading() as session:
        text = appeal_letter(session, session.exec(select(Denial.id)).one(), dt.date(2026, 12, 1)).text

    assert "Second Plan" in text and "Blue Plains" not in text
    assert "Member id         SP1" in text
    assert "Your claim        SUP1" in text


def test_the_ledger_names_the_payer_that_denied(office: Office) -> None:
    first_answers(office)
    second_answers(office, "4", REST_DENIED, "0")

    with office.db.reading() as session:
        page = account_page(SessionReader(session), account_id_of(session, "V1") or "")

    assert page is not None
    assert [(one.name, one.account, one.cents) for one in page.parties] == [("Second Plan", DENIED, 2_000)]


@pytest.mark.parametrize("decide", [bill_patient, write_off])
def test_what_the_payer_it_was_forwarded_to_denied_is_decided_like_any_denial(
    office: Office, decide: Callable[..., object]
) -> None:
    first_answers(office)
    patients = (*REST_DENIED[:2], "CAS*PR*204*20")
    second_answers(office, "4", patients, "0")
    with office.db.reading() as session:
        denial = session.exec(select(Denial.id)).one()

    decide(office.db, SYSTEM, [denial], "the plan excludes it")

    assert of_claim(office.db).get(DENIED, 0) == 0
    assert living(office.db) == []

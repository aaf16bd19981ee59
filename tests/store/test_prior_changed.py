"""A claim to the next payer follows the answer before it: reversed, corrected, taken back, posted again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.claims.changes import void_claim
from store.claims.export import ExportRefused
from store.claims.following import CannotFollow
from store.claims.late_charges import bill_late_charges
from store.claims.prior_changed import follow_answers
from store.claims.replacing import replace_claim
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payer, waiting_for_next_payer
from store.claims.voiding import void_sent_claim
from store.models import Claim, JournalLine, LogEntry, Posting, Remittance, RemittanceClaim
from store.queries import SessionReader
from store.queries.claims import claim_page
from store.queries.payers_answers import TO_REPLACE
from store.remits.posting import FileTakenIn, post_again, take_in, unpost
from store.terms import ClaimStatus, JournalAccount, PostingKind
from store.x12.tokenizer import segments
from tests.store.claim_samples import CODES, TODAY
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_claims_following import Office, office
from tests.store.test_ledger import owed
from tests.store.test_refused_in_place import refused
from tests.store.validator import faults_of
from tui.cli import main

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

BACK = ("CLP*{0}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20")
CORRECTED = (
    *("CLP*{0}*1*100.03*70*10*HM*ICN2", "SVC*HC:G0463*50.01*40**1", "CAS*CO*45*10.01", "REF*6R*{0}-1"),
    *("SVC*HC:G0439*50.02*30**1", "CAS*CO*45*10.02", "CAS*PR*2*10", "REF*6R*{0}-2"),
)
FORWARD = "PLB*1999999984*20261231*FB:X*-60"


@pytest.fixture
def secondary(office: Office) -> str:
    """The id of a claim to the second payer that is ready to leave."""
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id).claim_id
    scrub_claim(office.db, CODES, SYSTEM, built, today=TODAY)
    return built


def arrives(office: Office, body: tuple[str, ...], paid: str) -> FileTakenIn:
    path = office.folder / "EFT0002.835"
    content = a_set(tuple(part.format(office.number) for part in body), paid).replace("EFT0001", "EFT0002")
    path.write_bytes(interchange(content))
    return take_in(office.db, SYSTEM, path)


def claim(office: Office, claim_id: str) -> Claim:
    with office.db.reading() as session:
        return session.get_one(Claim, claim_id)


def test_a_claim_that_has_not_left_states_the_corrected_answer(office: Office, secondary: str) -> None:
    (taken,) = arrives(office, (*BACK, *CORRECTED), "10").sets
    before = claim(office, secondary)

    content = office.sent(secondary)

    stated = [(one.identifier, *one.elements[:2]) for one in segments(content, [])]
    assert (before.status, taken.restated.changed) == (ClaimStatus.DRAFT, (before.claim_number,))
    assert ("AMT", "D", "70") in stated and ("REF", "F8", "ICN2") in stated
    assert b"PR*2*10~" in content and b"*60~" not in content
    assert faults_of(content, office.folder) == []


def test_a_claim_whose_first_answer_was_reversed_is_stopped(office: Office, secondary: str) -> None:
    arrives(office, (*BACK, FORWARD), "0")

    with pytest.raises(ExportRefused):
        office.sent(secondary)

    assert claim(office, secondary).status is ClaimStatus.SCRUB_FAILED


def test_a_claim_that_left_says_that_it_is_to_be_replaced(office: Office, secondary: str) -> None:
    office.sent(secondary)

    (taken,) = arrives(office, (*BACK, *CORRECTED), "10").sets

    sent = claim(office, secondary)
    assert taken.restated.left == (sent.claim_number,)
    with office.db.reading() as session:
        page = claim_page(SessionReader(session), secondary, TODAY)
    assert page is not None and page.to_replace == TO_REPLACE
    assert (sent.status, sent.answered_otherwise) == (ClaimStatus.EXPORTED, True)
    assert sent.parties["other_coverages"][0]["prior"]["paid_cents"] == 6000


def test_a_claim_that_came_back_and_states_the_answers_of_now_is_not_to_be_replaced(
    office: Office, secondary: str
) -> None:
    office.sent(secondary)
    arrives(office, (*BACK, *CORRECTED), "10")
    refused(office, secondary, "277")

    with office.db.change(SYSTEM) as change:
        follow_answers(change, [secondary], "it came back")

    now = claim(office, secondary)
    assert (now.status, now.answered_otherwise) == (ClaimStatus.DRAFT, False)


CROSSED_OVER = ("CLP*{number}*2*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*5")


def crosses_over(office: Office) -> None:
    """The second payer answers by the number of the first claim."""
    office.answer("2", CROSSED_OVER, "15", "EFT0003", payer="SECOND PLAN", payer_id="SECOND")


@pytest.mark.parametrize("scrubbed", [True, False], ids=["ready", "draft"])
def test_a_claim_that_has_not_left_is_withdrawn_where_its_payer_answers_already(office: Office, scrubbed: bool) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id).claim_id
    if scrubbed:
        scrub_claim(office.db, CODES, SYSTEM, built, today=TODAY)

    crosses_over(office)

    with office.db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "claim.void")).one()
    why = f"SECOND PLAN answers {office.number} already by trace EFT0003 on 2026-11-03"
    assert claim(office, built).status is ClaimStatus.VOID
    assert (entry.target_id, entry.detail["reason"]) == (built, why)
    with pytest.raises(CodedeskError):
        office.sent(built)


def test_a_payer_that_answered_by_crossover_can_be_billed_once_that_is_taken_back(
    office: Office, secondary: str
) -> None:
    crosses_over(office)
    waiting = [number for _, number in waiting_for_next_payer(office.db, SYSTEM)]
    with office.db.reading() as session:
        crossover = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0003")).one()

    unpost(office.db, SYSTEM, crossover, "another visit")
    again = bill_next_payer(office.db, SYSTEM, office.claim_id).claim_id

    assert waiting == []
    assert claim(office, again).status is ClaimStatus.DRAFT


def test_a_claim_that_left_stays_where_its_payer_answers_by_the_first_number(office: Office, secondary: str) -> None:
    office.sent(secondary)

    crosses_over(office)

    assert claim(office, secondary).status is ClaimStatus.EXPORTED


SECOND = ("Second Plan", JournalAccount.PAYER_RECEIVABLE)


@pytest.fixture
def outdated(office: Office, secondary: str) -> str:
    """The id of a claim to the second payer that left with 20 of the patient, of which the first now leaves 10."""
    office.sent(secondary)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, secondary).payer_number = "SEC1"
    arrives(office, (*BACK, *CORRECTED), "10")
    return secondary


def test_a_claim_to_the_next_payer_is_replaced_with_the_changed_answer_and_its_payers_own_number(
    office: Office, outdated: str
) -> None:
    built = replace_claim(office.db, SYSTEM, outdated)
    content = office.sent(built.claim_id)

    stated = [(one.identifier, *one.elements) for one in segments(content, [])]
    (clm,) = (one for one in stated if one[0] == "CLM")
    assert clm[1] == built.claim_number and clm[5] == "11:B:7"
    assert ("REF", "F8", "SEC1") in stated and ("AMT", "D", "70") in stated
    assert ("NM1", "PR", "2", "Second Plan".upper()) in [one[:4] for one in stated]
    assert b"PR*2*10~" in content and b"*60~" not in content
    assert faults_of(content, office.folder) == []


def test_a_replacement_bills_what_the_patient_is_left_now_and_given_up_the_first_bills_it_again(
    office: Office, outdated: str
) -> None:
    before = owed(office.db)
    built = replace_claim(office.db, SYSTEM, outdated)
    office.sent(built.claim_id)
    after = owed(office.db)

    refused(office, built.claim_id, "277")

    assert before == after == owed(office.db) == {SECOND: 1000}
    with office.db.reading() as session:
        billed = session.exec(
            select(Posting.claim_id, func.sum(JournalLine.cents))
            .join(JournalLine, col(JournalLine.posting_id) == Posting.id)
            .where(Posting.kind == PostingKind.TRANSFER, JournalLine.account == JournalAccount.PAYER_RECEIVABLE)
            .group_by(col(Posting.claim_id))
            .having(func.sum(JournalLine.cents) != 0)
        ).all()
    assert [tuple(row) for row in billed] == [(outdated, 1000)]


def test_the_share_goes_on_following_with_the_replacement(office: Office, outdated: str) -> None:
    built = replace_claim(office.db, SYSTEM, outdated)
    office.sent(built.claim_id)
    with office.db.reading() as session:
        correction = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()

    unpost(office.db, SYSTEM, correction, "to see it again", though_billed=True)
    without = owed(office.db), claim(office, built.claim_id).answered_otherwise
    post_again(office.db, SYSTEM, correction)

    assert without == ({SECOND: 2000}, True)
    assert owed(office.db) == {SECOND: 1000}
    assert not claim(office, built.claim_id).answered_otherwise
    assert not claim(office, outdated).answered_otherwise


def test_the_answer_to_a_replacement_takes_the_place_of_none_and_settles_the_share(
    office: Office, outdated: str
) -> None:
    built = replace_claim(office.db, SYSTEM, outdated)
    office.sent(built.claim_id)

    office.answer("2", ("CLP*{number}*2*100.03*10**CI*SEC2", "CAS*OA*23*90.03"), "10", "EFT0009")

    with office.db.reading() as session:
        row = session.exec(select(RemittanceClaim).where(RemittanceClaim.payer_number == "SEC2")).one()
    assert row.claim_id == built.claim_id
    assert owed(office.db) == {}


def test_a_replacement_is_given_up_and_the_claim_says_again_that_it_is_to_be_replaced(
    office: Office, outdated: str
) -> None:
    built = replace_claim(office.db, SYSTEM, outdated)
    meanwhile = claim(office, outdated).answered_otherwise

    void_claim(office.db, SYSTEM, built.claim_id, "another correction comes")

    assert not meanwhile
    assert claim(office, outdated).answered_otherwise


def test_with_the_void_of_the_first_claim_falls_what_replaced_the_second(office: Office, outdated: str) -> None:
    built = replace_claim(office.db, SYSTEM, outdated)
    office.sent(built.claim_id)
    numbered = Office(office.db, office.folder, built.claim_id, built.claim_number)
    numbered.answer("2", ("CLP*{number}*2*100.03*5*5*CI*SEC2", "CAS*OA*23*90.03", "CAS*PR*3*5"), "5", "EFT0009")

    office.sent(void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient").claim_id)

    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): -7000, SECOND: -500}


def test_what_cannot_be_replaced_so_is_refused(office: Office, secondary: str) -> None:
    office.sent(secondary)

    with pytest.raises(CannotFollow, match="answer what it states"):
        replace_claim(office.db, SYSTEM, secondary)
    with pytest.raises(CannotFollow, match="bills a next payer"):
        bill_late_charges(office.db, SYSTEM, secondary)


def test_the_command_line_replaces_what_says_that_it_is_to_be_replaced(
    office: Office, outdated: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = claim(office, outdated).claim_number

    done = [main(["claims", "replace", number]) for _ in range(2)]

    told = capsys.readouterr()
    assert done == [0, 1]
    assert told.out.endswith(f"100.03  follows {number}\n") and "follows it already (replacement)" in told.err


def test_a_claim_is_replaced_once(office: Office, outdated: str) -> None:
    replace_claim(office.db, SYSTEM, outdated)

    with pytest.raises(CannotFollow, match="follows it already"):
        replace_claim(office.db, SYSTEM, outdated)


def test_the_second_payers_own_answer_changes_nothing_that_was_stated(office: Office, secondary: str) -> None:
    office.sent(secondary)

    (taken,) = arrives(office, ("CLP*{0}*2*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*5"), "15").sets

    assert (taken.restated.changed, taken.restated.left) == ((), ())


def told(office: Office, claim_id: str) -> tuple[dict[str, Any], bool]:
    """What a claim states, and whether it says that it is to be replaced."""
    row = claim(office, claim_id)
    return row.parties, row.answered_otherwise


@pytest.mark.parametrize("left", [True, False])
def test_taking_the_first_answer_back_and_posting_it_again_leaves_it_as_it_was(
    office: Office, secondary: str, left: bool
) -> None:
    if left:
        office.sent(secondary)
    with office.db.reading() as session:
        first = session.exec(select(Remittance.id)).one()
    before = told(office, secondary)

    unpost(office.db, SYSTEM, first, "wrong file", though_billed=True)
    taken_back = told(office, secondary)
    post_again(office.db, SYSTEM, first)

    assert taken_back != before
    assert told(office, secondary) == before

"""A claim to the next payer follows the answer before it: reversed, corrected, taken back, posted again."""

from __future__ import annotations

import pytest
from sqlmodel import select

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.claims.export import ExportRefused
from store.claims.following import bill_next_payer, waiting_for_next_payer
from store.claims.prior_payment import TO_REPLACE
from store.claims.scrubbing import scrub_claim
from store.models import Claim, LogEntry, Remittance
from store.queries import SessionReader
from store.queries.claims import claim_page
from store.remits.posting import FileTakenIn, post_again, take_in, unpost
from store.terms import ClaimStatus
from store.x12.tokenizer import segments
from tests.store.claim_samples import CODES, TODAY
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_claims_following import Office, office
from tests.store.validator import faults_of

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
    assert page is not None and page.to_replace
    assert (sent.status, sent.parties["build_notes"]) == (ClaimStatus.EXPORTED, [TO_REPLACE])
    assert sent.parties["other_coverages"][0]["prior"]["paid_cents"] == 6000


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


def test_the_second_payers_own_answer_changes_nothing_that_was_stated(office: Office, secondary: str) -> None:
    office.sent(secondary)

    (taken,) = arrives(office, ("CLP*{0}*2*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*5"), "15").sets

    assert (taken.restated.changed, taken.restated.left) == ((), ())


@pytest.mark.parametrize("left", [True, False])
def test_taking_the_first_answer_back_and_posting_it_again_leaves_it_as_it_was(
    office: Office, secondary: str, left: bool
) -> None:
    if left:
        office.sent(secondary)
    with office.db.reading() as session:
        first = session.exec(select(Remittance.id)).one()
    before = claim(office, secondary).parties

    unpost(office.db, SYSTEM, first, "wrong file", though_billed=True)
    taken_back = claim(office, secondary).parties
    post_again(office.db, SYSTEM, first)

    assert taken_back != before
    assert claim(office, secondary).parties == before

"""The next payer has a visit once, also where the claim to the first payer is replaced after it was billed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.changes import void_claim
from store.claims.following import CannotFollow
from store.claims.replacing import replace_claim
from store.claims.secondary import bill_next_payer, bill_next_payers
from store.models import Claim, Remittance
from store.queries import SessionReader
from store.queries.claims import ClaimFilter, claim_list
from store.remits.posting import post_again, take_in, unpost
from store.x12.tokenizer import segments
from tests.store.claim_samples import TODAY
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_claims_following import Office, office
from tests.store.test_ledger import owed
from tests.store.test_prior_changed import BACK, SECOND

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

AGAIN = (
    *("CLP*{0}*1*100.03*70*10*HM*ICN2", "SVC*HC:G0463*50.01*40**1", "CAS*CO*45*10.01", "REF*6R*{0}-1"),
    *("SVC*HC:G0439*50.02*30**1", "CAS*CO*45*10.02", "CAS*PR*2*10", "REF*6R*{0}-2"),
)


@dataclass(frozen=True)
class Replaced:
    """The claim to the second payer that left, and what replaced the one to the first after it."""

    outdated: str
    outdated_number: str
    first: str
    first_number: str


def second_left(office: Office) -> tuple[str, str]:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, built.claim_id).payer_number = "SEC1"
    return built.claim_id, built.claim_number


def first_replaced(office: Office) -> tuple[str, str]:
    """The replacement of the claim to the first payer, which left; its payer reverses the old and pays the new."""
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    back = tuple(part.format(office.number) for part in BACK)
    again = tuple(part.format(built.claim_number) for part in AGAIN)
    path = office.folder / "EFT0002.835"
    path.write_bytes(interchange(a_set((*back, *again), "10").replace("EFT0001", "EFT0002")))
    (taken,) = take_in(office.db, SYSTEM, path).sets
    assert taken.outcome == "posted", taken.why
    return built.claim_id, built.claim_number


@pytest.fixture
def replaced(office: Office) -> Replaced:
    return Replaced(*second_left(office), *first_replaced(office))


def test_what_waits_names_the_outdated_claim_and_builds_no_second_original(office: Office, replaced: Replaced) -> None:
    report = bill_next_payers(office.db, SYSTEM)

    assert report.built == ()
    assert report.refused == (
        (
            replaced.first_number,
            f"{replaced.first_number}: {replaced.outdated_number} bills Second Plan already, on an answer that changed:"
            f" codedesk claims replace {replaced.outdated_number}",
        ),
    )


def test_an_answered_claim_to_the_next_payer_is_billed_no_second_time_either(office: Office) -> None:
    outdated, number = second_left(office)
    numbered = Office(office.db, office.folder, outdated, number)
    body = ("CLP*{number}*2*100.03*20**CI*SEC1", "CAS*OA*23*80.03")
    numbered.answer("2", body, "20", "EFT0009", payer="SECOND PLAN", payer_id="SECOND")
    first_replaced(office)

    report = bill_next_payers(office.db, SYSTEM)

    assert report.built == () and [why.split()[-1] for _, why in report.refused] == [number]


def test_by_its_number_it_is_refused_with_the_way(office: Office, replaced: Replaced) -> None:
    with pytest.raises(CannotFollow) as refused:
        bill_next_payer(office.db, SYSTEM, replaced.first)

    assert f"codedesk claims replace {replaced.outdated_number}" in refused.value.message


def test_the_replacement_of_the_outdated_claim_tells_what_the_replacement_before_it_was_paid(
    office: Office, replaced: Replaced
) -> None:
    built = replace_claim(office.db, SYSTEM, replaced.outdated)

    content = office.sent(built.claim_id)

    stated = [(one.identifier, *one.elements) for one in segments(content, [])]
    (clm,) = (one for one in stated if one[0] == "CLM")
    assert clm[5] == "11:B:7" and ("REF", "F8", "SEC1") in stated
    assert ("AMT", "D", "70") in stated and b"PR*2*10~" in content
    assert owed(office.db) == {SECOND: 1000}


def test_what_the_replacement_before_it_leaves_is_owed_by_the_next_payer_at_once(
    office: Office, replaced: Replaced
) -> None:
    with office.db.reading() as session:
        answer = session.exec(select(Remittance.id).where(Remittance.trace == "EFT0002")).one()
    answered = owed(office.db)

    unpost(office.db, SYSTEM, answer, "to see it again", though_billed=True)
    without = owed(office.db)[SECOND]
    post_again(office.db, SYSTEM, answer)

    assert answered == owed(office.db) == {SECOND: 1000}
    assert without == 2000


def test_once_it_is_replaced_nothing_waits_for_the_next_payer(office: Office, replaced: Replaced) -> None:
    built = replace_claim(office.db, SYSTEM, replaced.outdated)
    draft = bill_next_payers(office.db, SYSTEM)
    office.sent(built.claim_id)

    left = bill_next_payers(office.db, SYSTEM)

    assert [(report.built, report.refused) for report in (draft, left)] == [((), ()), ((), ())]


def test_the_list_says_of_the_outdated_claim_that_it_is_to_be_replaced(office: Office, replaced: Replaced) -> None:
    with office.db.reading() as session:
        reader = SessionReader(session)
        rows = {row.id: row.standing for row in claim_list(reader, TODAY, ClaimFilter.ALL)}
        listed = [row.id for row in claim_list(reader, TODAY, ClaimFilter.TO_REPLACE)]

    assert rows[replaced.outdated] == "to be replaced" and listed == [replaced.outdated]


def test_a_next_payer_whose_claim_was_given_up_is_billed_with_the_replacement(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    void_claim(office.db, SYSTEM, built.claim_id, "not ready yet")
    replacement, _ = first_replaced(office)

    report = bill_next_payers(office.db, SYSTEM)

    with office.db.reading() as session:
        (made,) = (session.get_one(Claim, one.claim_id) for one in report.built)
    assert (made.follows_id, made.frequency) == (replacement, "1")

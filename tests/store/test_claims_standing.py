"""What the claim list says of claims that were voided or replaced, and which of them wait for an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.replacing import replace_claim
from store.claims.secondary import bill_next_payer, waiting_for_next_payer
from store.claims.voiding import void_sent_claim
from store.models import Claim
from store.queries import SessionReader
from store.queries.claims import ClaimFilter, ClaimPage, claim_list, claim_page
from store.queries.payers_answers import answer_counts
from tests.store.claim_samples import TODAY
from tests.store.test_claims_counted import DENIED, DENIED_BACK, REVERSED, replaced, voided
from tests.store.test_claims_following import Office, office
from tests.store.test_claims_replacing import bills_another

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

PART_DENIED = (
    *("CLP*{number}*{status}*100.03*40*10*HM*ICN1*11*1", "SVC*HC:G0463*50.01*40**1", "CAS*CO*45*.01", "CAS*PR*2*10"),
    *("REF*6R*{number}-1", "SVC*HC:G0439*50.02*0**1", "CAS*CO*50*50.02", "REF*6R*{number}-2"),
)
PART_BACK = (
    *("CLP*{number}*22*-100.03*-40*-10*HM*ICN1*11*1", "SVC*HC:G0463*-50.01*-40**1", "CAS*CO*45*-.01", "CAS*PR*2*-10"),
    *("REF*6R*{number}-1", "SVC*HC:G0439*-50.02*0**1", "CAS*CO*50*-50.02", "REF*6R*{number}-2"),
    "PLB*1999999984*20261231*FB:X*-40",
)
CORRECTED = (
    *("CLP*{number}*{status}*100.03*60*10*HM*ICN1*11*1", "SVC*HC:G0463*50.01*40**1", "CAS*CO*45*10.01"),
    *("REF*6R*{number}-1", "SVC*HC:G0439*50.02*20**1", "CAS*CO*45*20.02", "CAS*PR*2*10", "REF*6R*{number}-2"),
)
WORK = (ClaimFilter.UNANSWERED, ClaimFilter.DENIED, ClaimFilter.PAID, ClaimFilter.TO_VOID)


def standing(office: Office) -> tuple[str, list[ClaimFilter]]:
    """What the list says of the claim, and the views of work that it is in."""
    with office.db.reading() as session:
        reader = SessionReader(session)
        (row,) = [one for one in claim_list(reader, TODAY, ClaimFilter.ALL) if one.id == office.claim_id]
        views = [one for one in WORK if office.claim_id in {row.id for row in claim_list(reader, TODAY, one)}]
    return row.standing, views


def in_view(office: Office, view: ClaimFilter) -> list[str]:
    """The numbers of the claims that a view shows."""
    with office.db.reading() as session:
        return [row.number for row in claim_list(SessionReader(session), TODAY, view)]


def page_of(office: Office) -> ClaimPage:
    with office.db.reading() as session:
        page = claim_page(SessionReader(session), office.claim_id, TODAY)
    assert page is not None
    return page


def to_void(office: Office) -> str:
    return page_of(office).to_void


def moved(office: Office) -> Office:
    """Have another payer billed in the place of the claim, that having left."""
    bills_another(office.db)
    return replaced(office)


@pytest.mark.parametrize("step", [None, voided, replaced])
def test_the_counts_of_the_list_are_those_of_its_rows(office: Office, step: Callable[[Office], object] | None) -> None:
    if step:
        step(office)

    with office.db.reading() as session:
        reader = SessionReader(session)
        rows = claim_list(reader, TODAY, ClaimFilter.EXPORTED)
        counts = answer_counts(reader, 10)

    assert counts == Counter(row.answer for row in rows)


def test_a_claim_that_was_denied_in_part_and_whose_void_has_left_is_voided(office: Office) -> None:
    office.answer(body=PART_DENIED, paid="40")

    voided(office)

    assert standing(office) == ("voided", [])


def test_a_voided_claim_is_voided_after_its_payers_reversal_and_nothing_waits_beside_it(office: Office) -> None:
    office.answer(body=PART_DENIED, paid="40")
    voided(office)

    office.answer("22", PART_BACK, "0", "EFT0002")

    with office.db.reading() as session:
        waiting = claim_list(SessionReader(session), TODAY, ClaimFilter.UNANSWERED)
    assert (standing(office), waiting) == (("voided", []), [])


def test_a_void_waits_for_its_answer(office: Office) -> None:
    voided(office)

    with office.db.reading() as session:
        (waiting,) = claim_list(SessionReader(session), TODAY, ClaimFilter.UNANSWERED)
    assert waiting.standing == "unanswered" and waiting.id != office.claim_id


def test_a_void_of_a_claim_that_was_corrected_before_waits_for_its_answer(office: Office) -> None:
    office.answer()
    office.answer("22", REVERSED, "0", "EFT0002")
    office.answer("1", CORRECTED, trace="EFT0003")

    voided(office)

    assert len(in_view(office, ClaimFilter.UNANSWERED)) == 1


@pytest.mark.parametrize("reversal", [True, False], ids=["reversed", "not reversed"])
def test_a_claim_whose_replacement_has_left_is_replaced(office: Office, reversal: bool) -> None:
    office.answer()
    replaced(office)

    if reversal:
        office.answer("22", REVERSED, "0", "EFT0002")

    assert standing(office) == ("replaced", [])


def test_a_claim_whose_replacement_has_not_left_stands_as_it_was_answered(office: Office) -> None:
    office.answer()

    replace_claim(office.db, SYSTEM, office.claim_id)

    assert standing(office) == ("paid", [ClaimFilter.PAID])


@pytest.mark.parametrize("view", [ClaimFilter.VOIDED, ClaimFilter.REPLACED])
def test_what_was_voided_or_replaced_has_a_view(office: Office, view: ClaimFilter) -> None:
    (voided if view is ClaimFilter.VOIDED else replaced)(office)

    with office.db.reading() as session:
        (row,) = claim_list(SessionReader(session), TODAY, view)

    assert (row.id, row.standing) == (office.claim_id, view.value)


@pytest.mark.parametrize("follow", [replaced, voided])
def test_the_next_payer_is_not_billed_for_what_was_replaced_or_voided(office: Office, follow: object) -> None:
    office.answer()
    assert callable(follow)
    follow(office)

    office.answer("22", REVERSED, "0", "EFT0002")

    assert waiting_for_next_payer(office.db, SYSTEM) == []


def test_a_claim_that_its_payer_holds_beside_another_payers_is_to_be_voided_and_says_how(office: Office) -> None:
    later = moved(office)

    assert standing(office) == ("to be voided", [ClaimFilter.TO_VOID])
    assert to_void(office) == (
        f"Blue Plains still holds it, while {later.number} bills Right Plan in its place:"
        f" codedesk claims void {office.number} --reason WHY takes it back there (frequency 8)"
    )


def test_a_void_that_has_not_left_is_named_as_what_takes_it_back(office: Office) -> None:
    moved(office)

    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer")

    assert to_void(office).endswith(f": {void.claim_number} takes it back there once it has left")


def test_what_the_first_payer_paid_beside_another_payers_claim_is_to_be_voided(office: Office) -> None:
    moved(office)

    office.answer()

    assert standing(office) == ("to be voided", [ClaimFilter.TO_VOID])


def test_a_claim_that_was_voided_beside_another_payers_is_voided(office: Office) -> None:
    moved(office)

    voided(office)

    assert (standing(office), to_void(office)) == (("voided", []), "")


def test_a_claim_stays_to_be_voided_when_the_one_to_another_payer_is_voided(office: Office) -> None:
    later = moved(office)

    voided(office, later.claim_id)

    assert standing(office) == ("to be voided", [ClaimFilter.TO_VOID])


def test_a_void_that_its_payer_denies_leaves_the_claim_to_be_voided(office: Office) -> None:
    moved(office)
    voided(office)
    with office.db.reading() as session:
        void = session.exec(select(Claim.claim_number).where(Claim.frequency == "8")).one()

    office.answer("4", (f"CLP*{void}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", "EFT0002")

    assert standing(office) == ("to be voided", [ClaimFilter.TO_VOID])
    assert to_void(office).endswith("takes it back there (frequency 8)")


def void_denied(office: Office) -> str:
    """Void the claim, have its payer deny that, and the number of the void."""
    voided(office)
    with office.db.reading() as session:
        number = session.exec(select(Claim.claim_number).where(Claim.frequency == "8")).one()
    office.answer("4", (f"CLP*{number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", "EFT0002")
    return number


def test_a_void_that_its_payer_denied_is_denied_and_waits_for_no_answer(office: Office) -> None:
    number = void_denied(office)

    with office.db.reading() as session:
        reader = SessionReader(session)
        denied = claim_list(reader, TODAY, ClaimFilter.DENIED)
        waiting = claim_list(reader, TODAY, ClaimFilter.UNANSWERED)
    assert [(row.number, row.standing) for row in denied] == [(number, "denied")]
    assert [row.number for row in waiting] == [office.number]


@pytest.mark.parametrize("follow", [voided, replaced])
def test_a_denied_void_is_no_work_once_another_void_or_a_replacement_of_its_claim_has_left(
    office: Office, follow: Callable[[Office], object]
) -> None:
    void_denied(office)

    follow(office)

    assert in_view(office, ClaimFilter.DENIED) == []


def test_a_denied_void_is_work_while_what_follows_its_claim_has_not_left(office: Office) -> None:
    number = void_denied(office)

    void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer")

    assert in_view(office, ClaimFilter.DENIED) == [number]


def test_a_denied_void_of_a_claim_that_its_payer_holds_beside_another_payers_is_work(office: Office) -> None:
    moved(office)

    number = void_denied(office)

    assert in_view(office, ClaimFilter.DENIED) == [number]


@pytest.mark.parametrize("corrected", [False, True], ids=["taken back", "corrected"])
def test_a_denied_void_is_no_work_once_its_payer_takes_the_claim_back_without_a_correction(
    office: Office, corrected: bool
) -> None:
    office.answer(trace="EFT0008")
    number = void_denied(office)

    office.answer("22", REVERSED, "0", "EFT0003")
    if corrected:
        office.answer("1", CORRECTED, trace="EFT0004")

    assert in_view(office, ClaimFilter.DENIED) == ([number] if corrected else [])


def test_a_denied_void_is_called_denied_whatever_became_of_its_claim(office: Office) -> None:
    number = void_denied(office)

    voided(office)

    with office.db.reading() as session:
        rows = claim_list(SessionReader(session), TODAY, ClaimFilter.ALL)
    assert [row.standing for row in rows if row.number == number] == ["denied"]


def not_voided(office: Office) -> str:
    return page_of(office).not_voided


def test_a_claim_says_that_its_void_was_denied(office: Office) -> None:
    number = void_denied(office)

    assert not_voided(office) == f"Its payer denied {number}, its void: it stands as it was"


def test_a_claim_that_is_voided_after_a_denied_void_says_nothing_of_that(office: Office) -> None:
    void_denied(office)

    voided(office)

    assert (standing(office), not_voided(office)) == (("voided", []), "")


def billed_next(office: Office) -> Office:
    """The claim to the next payer, which has left."""
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    return Office(office.db, office.folder, built.claim_id, built.claim_number)


def test_a_claim_to_the_next_payer_is_to_be_voided_when_the_first_one_is_voided(office: Office) -> None:
    second = billed_next(office)

    voided(office)

    assert standing(second) == ("to be voided", [ClaimFilter.TO_VOID])
    assert to_void(second) == (
        "Second Plan still holds it, while the claim before it is voided:"
        f" codedesk claims void {second.number} --reason WHY takes it back there (frequency 8)"
    )
    assert standing(office) == ("voided", [])


def test_a_claim_to_the_next_payer_that_is_voided_there_too_is_voided(office: Office) -> None:
    second = billed_next(office)
    voided(office)

    voided(office, second.claim_id)

    assert (standing(second), to_void(second)) == (("voided", []), "")


def test_what_replaced_a_claim_to_the_next_payer_is_to_be_voided_with_it(office: Office) -> None:
    second = billed_next(office)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, second.claim_id).payer_number = "SUP1"
    office.answer("22", REVERSED, "0", "EFT0002")
    office.answer("1", CORRECTED, trace="EFT0003")
    later = replaced(second)

    voided(office)

    assert standing(later) == ("to be voided", [ClaimFilter.TO_VOID])
    assert standing(second) == ("voided", [])


@pytest.mark.parametrize("back", [True, False], ids=["denied and reversed", "denied"])
def test_a_claim_that_its_payer_denied_is_replaced_by_another_payers(office: Office, back: bool) -> None:
    moved(office)

    office.answer("4", DENIED, "0")
    if back:
        office.answer("22", DENIED_BACK, "0", "EFT0002")

    assert (standing(office), to_void(office)) == (("replaced", []), "")


def test_a_claim_to_another_payer_that_is_given_up_leaves_nothing_to_void(office: Office) -> None:
    bills_another(office.db)
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, built.claim_id).status = "void"

    assert (standing(office), to_void(office)) == (("unanswered", [ClaimFilter.UNANSWERED]), "")

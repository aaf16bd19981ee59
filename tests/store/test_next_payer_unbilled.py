"""A payer after the first answers a claim that we did not bill to it: the patient owes what the last one left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.claims.secondary import bill_next_payer
from store.models import Remittance, RemittanceClaim
from store.remits.posting import post_again, unpost
from store.remits.unapplied import release
from store.terms import JournalAccount, RemittanceStatus
from tests.store.test_claims_following import Office, office, third_payer
from tests.store.test_ledger import owed

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

FIRST = ("CLP*{number}*1*100.03*60*20*HM*ICN1", "CAS*CO*45*20.03", "CAS*PR*2*20")
SECOND = ("CLP*{number}*2*100.03*15*5*HM*SUP1", "CAS*OA*23*80.03", "CAS*PR*1*5")
THIRD = ("CLP*{number}*3*100.03*3*2*HM*THI1", "CAS*OA*23*95.03", "CAS*PR*1*2")
DENIED = ("CLP*{number}*4*100.03*0**HM*SUP2", "CAS*OA*23*80.03", "CAS*CO*204*20")
BACK = ("CLP*{number}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20")
CORRECTED = ("CLP*{number}*1*100.03*65*15*HM*ICN9", "CAS*CO*45*20.03", "CAS*PR*2*15")
FORWARD = "PLB*1999999984*20261231*FB:X*-60"

PATIENT, PAYER = ("patient", JournalAccount.PATIENT_RECEIVABLE), ("Blue Plains", JournalAccount.PAYER_RECEIVABLE)


def first(office: Office, trace: str = "EFT0001") -> None:
    office.answer(body=FIRST, trace=trace)


def second(office: Office, body: tuple[str, ...] = SECOND, paid: str = "15", trace: str = "EFT0002") -> None:
    office.answer(body=body, paid=paid, trace=trace, payer="SECOND PLAN", payer_id="9876543210")


def remittance(office: Office, trace: str) -> str:
    with office.db.reading() as session:
        return session.exec(select(Remittance.id).where(Remittance.trace == trace)).one()


@pytest.mark.parametrize("order", [(first, second), (second, first)], ids=["in order", "the second first"])
def test_the_patient_owes_what_the_last_payer_left(office: Office, order: tuple[Callable[[Office], None], ...]) -> None:
    for one in order:
        one(office)

    assert owed(office.db) == {PATIENT: 500}


def test_what_the_second_payer_denies_is_not_the_patients(office: Office) -> None:
    first(office)

    second(office, DENIED, "0")

    assert owed(office.db) == {("Second Plan", JournalAccount.DENIED): 2000}


@pytest.mark.parametrize("trace", ["EFT0001", "EFT0002"])
def test_taking_back_and_posting_again_moves_the_share_with_it(office: Office, trace: str) -> None:
    first(office)
    only_first = owed(office.db)
    second(office)
    both = owed(office.db)

    unpost(office.db, SYSTEM, remittance(office, trace), "wrong file")
    taken_back = owed(office.db)
    post_again(office.db, SYSTEM, remittance(office, trace))

    assert taken_back == (only_first if trace == "EFT0002" else {PAYER: 8003, PATIENT: 500})
    assert owed(office.db) == both


def test_a_correction_of_the_first_answer_moves_what_it_changes(office: Office) -> None:
    first(office)
    second(office)

    office.answer(body=(*BACK, *CORRECTED), paid="5", trace="EFT0003")

    assert owed(office.db) == {PATIENT: 500, PAYER: -500}


def test_an_answer_that_is_released_gives_the_share_back(office: Office) -> None:
    first(office)
    second(office)
    with office.db.reading() as session:
        row = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.payer_number == "SUP1")).one()

    release(office.db, SYSTEM, row, "not theirs")

    assert owed(office.db) == {PATIENT: 2000}


def test_the_third_payers_answer_is_of_the_claim_to_the_second(office: Office) -> None:
    third_payer(office)
    first(office)
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    second(office)

    office.answer(body=THIRD, paid="3", trace="EFT0003", payer="THIRD PLAN", payer_id="5555555555")

    assert owed(office.db) == {PATIENT: 200}


MOVES = st.lists(
    st.one_of(
        st.sampled_from(["first", "second", "back", "corrected"]),
        st.tuples(st.sampled_from(["unpost", "post"]), st.integers(0, 5)),
    ),
    max_size=8,
)
SENT = {
    "first": (FIRST, "60"),
    "second": (SECOND, "15"),
    "back": ((*BACK, FORWARD), "0"),
    "corrected": (CORRECTED, "65"),
}


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_whatever_order_they_come_in_the_patient_owes_the_last_share_and_all_can_be_taken_back(
    office: Office, moves: list[str | tuple[str, int]]
) -> None:
    before = traces(office)
    for move in moves:
        if isinstance(move, str):
            body, paid = SENT[move]
            trace = f"EFT1{len(traces(office)):03}"
            if move == "second":
                second(office, body, paid, trace)
            else:
                office.answer(body=body, paid=paid, trace=trace)
            continue
        step(office, *move, [one for one in traces(office) if one not in before])

    shares, held = standing_shares(office), owed(office.db)
    for _ in range(3):
        for trace in reversed(traces(office)):
            step(office, "unpost", 0, [trace], though_reversed=True)
    assert held.get(PATIENT, 0) == shares
    assert owed(office.db) == {PAYER: 10003}


def traces(office: Office) -> list[str]:
    with office.db.reading() as session:
        return sorted(session.exec(select(Remittance.trace)))


def step(office: Office, what: str, at: int, of: list[str], though_reversed: bool = False) -> None:
    """Take back or post one of these payments; what is refused changes nothing."""
    if not of:
        return
    try:
        if what == "unpost":
            unpost(
                office.db,
                SYSTEM,
                remittance(office, of[at % len(of)]),
                "to see it again",
                though_reversed=though_reversed,
            )
        else:
            post_again(office.db, SYSTEM, remittance(office, of[at % len(of)]))
    except CodedeskError:
        return


def standing_shares(office: Office) -> int:
    """What the answers that are posted to the claim leave to the patient, those of the last place alone."""
    with office.db.reading() as session:
        query = select(RemittanceClaim.payer_number, RemittanceClaim.patient_cents).join(Remittance)
        rows = session.exec(
            query.where(RemittanceClaim.claim_id == office.claim_id, Remittance.status == RemittanceStatus.POSTED)
        ).all()
    if any(number == "SUP1" for number, _ in rows):
        return 500
    return sum(cents for _, cents in rows)

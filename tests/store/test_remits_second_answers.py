"""A second answer of a payer takes the place of one that paid nothing, or waits; it is never posted on top."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from codesets.errors import CodedeskError
from store.acks import take_in as take_in_answer
from store.actors import SYSTEM
from store.claims.export import export_claims
from store.claims.scrubbing import scrub_claim
from store.database import Database, open_database
from store.denials.work import DenialRefused, bill_patient, open_again, write_off
from store.ledger.charges import bill
from store.models import (
    Acknowledgment,
    Claim,
    ClaimExport,
    Denial,
    Encounter,
    JournalLine,
    Posting,
    Remittance,
    RemittanceClaim,
)
from store.queries import SessionReader
from store.queries.claims import ClaimFilter, claim_list
from store.remits.posting import RemittanceRefused, ReversedLater, post_again, take_in, unpost
from store.remits.unapplied import StandsAnswered, apply_to_claim, release
from store.terms import ClaimStatus, DenialStatus, JournalAccount, RemittanceStatus
from tests.postgres import Server
from tests.store.claim_samples import CODES, TODAY
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_acks import Sent, implementation
from tests.store.test_claims_following import second_payer
from tests.store.test_remits_posting import number

__all__ = ["number"]

pytestmark = pytest.mark.both_databases

CHARGE = 10_003
PAYER, DENIED = JournalAccount.PAYER_RECEIVABLE, JournalAccount.DENIED

PAID = ("CLP*{0}*1*100.03*60**HM*ICN1", "CAS*CO*45*40.03")
MORE = ("CLP*{0}*1*100.03*70**HM*ICN2", "CAS*CO*45*30.03")
NOT_NEEDED = ("CLP*{0}*4*100.03*0**HM*ICN3", "CAS*CO*50*100.03")
COPY = ("CLP*{0}*4*100.03*0**HM*DUP1", "CAS*OA*18*100.03")
OTHERS = ("CLP*{0}*23*100.03*0**HM*FWD1", "CAS*OA*B11*100.03")
PART_DENIED = (
    *("CLP*{0}*1*100.03*40**HM*ICN4", "SVC*HC:G0463*50.01*40**1", "CAS*CO*45*10.01", "REF*6R*{0}-1"),
    *("SVC*HC:G0439*50.02*0**1", "CAS*CO*50*50.02", "REF*6R*{0}-2"),
)
FIRST_LINE = ("CLP*{0}*1*50.01*40**HM*ICN5", "SVC*HC:G0463*50.01*40**1", "CAS*CO*45*10.01", "REF*6R*{0}-1")
SECOND_LINE_DENIED = ("CLP*{0}*1*50.02*0**HM*ICN6", "SVC*HC:G0439*50.02*0**1", "CAS*CO*50*50.02", "REF*6R*{0}-2")
SECOND_LINE_PAID = ("CLP*{0}*1*50.02*50.02**HM*ICN7", "SVC*HC:G0439*50.02*50.02**1", "REF*6R*{0}-2")
APPEALED_LINE = (
    *("CLP*{0}*1*50.02*30**HM*ICN4", "SVC*HC:G0439*50.02*30**1"),
    *("CAS*CO*45*20.02", "REF*6R*{0}-2"),
)
FORWARDED = ("CLP*{0}*19*100.03*60*20*HM*ICN8", "CAS*CO*45*20.03", "CAS*PR*2*20")
REST_DENIED = ("CLP*{0}*4*100.03*0**HM*SUP1", "CAS*OA*23*80.03", "CAS*CO*204*20")


def back(answer: tuple[str, ...]) -> tuple[str, ...]:
    """The payer's reversal of an answer, without its lines."""
    clp = answer[0].split("*")
    adjustments = [part.split("*") for part in answer if part.startswith("CAS")]
    return (
        f"CLP*{clp[1]}*22*-{clp[3]}*-{clp[4]}**HM*{clp[7]}",
        *(f"CAS*{group}*{reason}*-{cents}" for _, group, reason, cents in adjustments),
    )


ANSWERS = {
    "paid": PAID,
    "paid more": MORE,
    "not needed": NOT_NEEDED,
    "copy": COPY,
    "not theirs": OTHERS,
    "part denied": PART_DENIED,
    "first line": FIRST_LINE,
    "second line denied": SECOND_LINE_DENIED,
    "second line paid": SECOND_LINE_PAID,
    "second line appealed": APPEALED_LINE,
}
PARTS = ANSWERS | {f"{name} reversed": back(answer) for name, answer in ANSWERS.items()}


@pytest.fixture
def billed(db: Database, number: str) -> str:
    """The number of a claim of 100.03 whose charge is posted."""
    with db.change(SYSTEM) as change:
        bill(change, list(change.session.exec(select(Claim.id))))
    return number


PAYERS = {"": {}, "other number": {"1512345678": "9876543210"}}
PAYERS["other payer"] = {**PAYERS["other number"], "MEADOWLARK HMO": "SOMEBODY ELSE"}
"""What stands in the payments of each in place of what the samples have."""
STRANGERS = sorted(PAYERS)
COVERED = {
    "first": {"MEADOWLARK HMO": "BLUE PLAINS"},
    "second": {**PAYERS["other number"], "MEADOWLARK HMO": "SECOND PLAN"},
    "second, of one house": {"MEADOWLARK HMO": "SECOND PLAN"},
}
"""The payers that the coverages of a claim name."""
PAYERS |= COVERED


def answer(db: Database, folder: Path, number: str, *parts: tuple[str, ...], trace: str = "", payer: str = "") -> str:
    """Post a payment of these answers; what is below zero is carried to the next."""
    with db.reading() as session:
        seen = session.exec(select(func.count(col(Remittance.id)))).one()
    trace = trace or f"SEQ{seen + 1:03}"
    cents = sum(round(float(part[0].split("*")[4]) * 100) for part in parts)
    forward = (f"PLB*1999999984*20261231*FB:X*{cents / 100}",) if cents < 0 else ()
    body = tuple(line.format(number) for part in parts for line in part)
    path = folder / f"{trace}.835"
    content = a_set((*body, *forward), str(max(cents, 0) / 100)).replace("EFT0001", trace)
    for was, now in PAYERS[payer].items():
        content = content.replace(was, now)
    path.write_bytes(interchange(content))
    (taken,) = take_in(db, SYSTEM, path).sets
    assert taken.outcome == "posted", taken.why
    return taken.remittance_id


def of_claim(db: Database) -> dict[JournalAccount, int]:
    with db.reading() as session:
        return _of_claim(session)


def _of_claim(session: Session) -> dict[JournalAccount, int]:
    query = (
        select(JournalLine.account, func.sum(JournalLine.cents))
        .join(Posting)
        .where(col(Posting.claim_id).is_not(None))
        .group_by(JournalLine.account)
    )
    return {account: int(cents) for account, cents in session.exec(query) if cents}


def living(db: Database) -> list[tuple[str, int]]:
    """The reasons and cents of the denials that are open."""
    with db.reading() as session:
        query = select(Denial.reason_code, Denial.cents).where(
            col(Denial.claim_id).is_not(None), col(Denial.status).in_((DenialStatus.OPEN, DenialStatus.APPEALED))
        )
        return sorted(session.exec(query).all())


def notes(db: Database) -> list[str]:
    with db.reading() as session:
        rows = session.exec(select(RemittanceClaim).where(col(RemittanceClaim.claim_id).is_(None))).all()
        return [row.note for row in rows]


@pytest.mark.parametrize("second", [COPY, NOT_NEEDED, OTHERS, MORE], ids=["copy", "denied", "not theirs", "corrected"])
def test_a_second_answer_of_a_claim_that_was_paid_waits_and_says_so(
    db: Database, tmp_path: Path, billed: str, second: tuple[str, ...]
) -> None:
    answer(db, tmp_path, billed, PAID)
    before = of_claim(db)

    answer(db, tmp_path, billed, second)

    assert of_claim(db) == before
    assert notes(db)[0].startswith("paid already by trace SEQ001 on 2026-11-03, no reversal")


@pytest.mark.parametrize("payer", ["other number", "other payer"])
@pytest.mark.parametrize("second", [MORE, PAID, NOT_NEEDED], ids=["corrected", "again", "denied"])
def test_a_second_answer_waits_whoever_the_payer_says_it_is(
    db: Database, tmp_path: Path, billed: str, payer: str, second: tuple[str, ...]
) -> None:
    answer(db, tmp_path, billed, PAID)
    before = of_claim(db)

    answer(db, tmp_path, billed, second, payer=payer)

    assert of_claim(db) == before
    assert notes(db)[0].startswith("paid already by trace SEQ001 on 2026-11-03, no reversal")
    assert sum(cents for _, cents in living(db)) == 0


@pytest.mark.parametrize("payer", ["other number", "other payer"])
def test_a_denial_is_overturned_whoever_the_payer_says_it_is(
    db: Database, tmp_path: Path, billed: str, payer: str
) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)

    answer(db, tmp_path, billed, PAID, payer=payer)

    assert DENIED not in of_claim(db)
    assert living(db) == []


def test_the_payer_that_it_was_forwarded_to_answers_in_a_place_of_its_own(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, FORWARDED)

    answer(db, tmp_path, billed, REST_DENIED, payer="other payer")

    assert living(db) == [("204", 2_000)]
    assert notes(db) == []


def test_what_another_payer_forwarded_as_none_of_its_own_is_in_nobody_s_way(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, OTHERS, payer="other payer")

    answer(db, tmp_path, billed, NOT_NEEDED)

    assert living(db) == [("50", CHARGE)]


def test_a_copy_that_is_denied_is_told_in_the_list_of_denials_without_money(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, PAID)

    answer(db, tmp_path, billed, COPY)

    with db.reading() as session:
        (told,) = session.exec(select(Denial)).all()
    assert (told.category, told.cents, told.status) == ("duplicate", 0, DenialStatus.OPEN)
    assert told.note == "second answer: paid already by trace SEQ001 on 2026-11-03, no reversal"


def test_what_is_told_of_second_answers_closes_once_the_claim_is_paid_after_all(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)
    answer(db, tmp_path, billed, COPY)
    before = living(db)

    answer(db, tmp_path, billed, PAID)

    assert (before, living(db)) == ([("18", 0), ("50", CHARGE)], [])


def test_what_is_told_of_second_answers_closes_with_the_denial_that_is_given_up(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)
    answer(db, tmp_path, billed, COPY)
    with db.reading() as session:
        denial = session.exec(select(Denial.id).where(Denial.cents == CHARGE)).one()

    write_off(db, SYSTEM, [denial], "settled by phone")

    assert living(db) == []


def test_an_answer_that_was_released_says_from_which_claim(db: Database, tmp_path: Path, billed: str) -> None:
    answer(db, tmp_path, billed, PAID)
    with db.reading() as session:
        (row,) = session.exec(select(RemittanceClaim.id)).all()

    release(db, SYSTEM, row, "not theirs")

    assert notes(db) == [f"released from claim {billed} of ours: not theirs"]


def test_a_denial_that_is_overturned_is_taken_back_and_closed_as_paid_after_all(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)

    answer(db, tmp_path, billed, PART_DENIED)

    with db.reading() as session:
        closed = session.exec(select(Denial).where(Denial.cents == CHARGE)).one()
        told = session.exec(select(RemittanceClaim.note).where(RemittanceClaim.payer_number == "ICN4")).one()
    assert of_claim(db).get(PAYER, 0) == 0
    assert living(db) == [("50", 5_002)]
    assert (closed.status, closed.note) == (DenialStatus.RESOLVED, "paid after all by trace SEQ002 on 2026-11-03")
    assert told.startswith("paid after all")


def test_a_denial_that_was_given_up_and_is_overturned_is_given_up_no_more(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)
    with db.reading() as session:
        (denial,) = session.exec(select(Denial.id)).all()
    write_off(db, SYSTEM, [denial], "it is of no use")

    later = answer(db, tmp_path, billed, PAID)
    overturned = of_claim(db)
    unpost(db, SYSTEM, later, "wrong file")

    assert JournalAccount.WRITE_OFF not in overturned
    assert DENIED not in overturned
    assert of_claim(db)[JournalAccount.WRITE_OFF] == CHARGE


def test_taking_back_what_overturned_a_denial_opens_it_again(db: Database, tmp_path: Path, billed: str) -> None:
    first = answer(db, tmp_path, billed, NOT_NEEDED)
    later = answer(db, tmp_path, billed, PAID)

    with pytest.raises(ReversedLater, match="trace SEQ002 replaces its answer"):
        unpost(db, SYSTEM, first, "wrong file")
    unpost(db, SYSTEM, later, "wrong file")

    assert of_claim(db)[DENIED] == CHARGE
    assert living(db) == [("50", CHARGE)]


def test_an_answer_of_other_lines_stays_where_one_line_is_paid_after_all(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, FIRST_LINE)
    answer(db, tmp_path, billed, SECOND_LINE_DENIED)

    answer(db, tmp_path, billed, SECOND_LINE_PAID)

    assert of_claim(db) == {
        JournalAccount.CHARGES: -CHARGE,
        JournalAccount.CASH: 9_002,
        JournalAccount.CONTRACTUAL: 1_001,
    }
    assert living(db) == []


def test_an_answer_of_a_part_of_what_was_denied_waits(db: Database, tmp_path: Path, billed: str) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)

    answer(db, tmp_path, billed, SECOND_LINE_PAID)

    assert of_claim(db)[DENIED] == CHARGE
    assert notes(db)[0].startswith("answers a part of what trace SEQ001")


def test_an_answer_of_exactly_the_lines_that_stand_denied_takes_their_place_alone(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, PART_DENIED)

    later = answer(db, tmp_path, billed, APPEALED_LINE)

    paid_after_all = of_claim(db)
    unpost(db, SYSTEM, later, "wrong file")
    assert paid_after_all == {
        JournalAccount.CHARGES: -CHARGE,
        JournalAccount.CASH: 7_000,
        JournalAccount.CONTRACTUAL: 3_003,
    }
    assert of_claim(db)[DENIED] == 5_002
    assert living(db) == [("50", 5_002)]


def test_an_answer_of_denied_lines_that_was_released_is_applied_again(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, PART_DENIED)
    later = answer(db, tmp_path, billed, APPEALED_LINE)
    before = of_claim(db)
    with db.reading() as session:
        row = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.remittance_id == later)).one()

    release(db, SYSTEM, row, "not theirs")
    released = living(db)
    apply_to_claim(db, SYSTEM, row, billed, "it is theirs")

    assert released == [("50", 5_002)]
    assert (of_claim(db), living(db)) == (before, [])


def test_what_a_payer_forwards_as_none_of_its_own_stays_owed(db: Database, tmp_path: Path, billed: str) -> None:
    answer(db, tmp_path, billed, OTHERS)

    assert of_claim(db)[PAYER] == CHARGE


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_a_denial_and_its_reversal_leave_none_in_whatever_order(
    db: Database, tmp_path: Path, billed: str, order: tuple[int, int], together: bool
) -> None:
    parts = [(NOT_NEEDED, back(NOT_NEEDED))[one] for one in order]

    for some in [parts] if together else [[one] for one in parts]:
        answer(db, tmp_path, billed, *some)

    assert living(db) == []
    assert of_claim(db).get(DENIED, 0) == 0


def test_a_write_off_moves_no_more_than_the_claim_has_in_denied(db: Database, tmp_path: Path, billed: str) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)
    with db.change(SYSTEM) as change:
        one = change.session.exec(select(Denial)).one()
        one.cents += 1
        change.session.add(one)
        denial = one.id

    with pytest.raises(DenialRefused, match=r"has 100\.03 in denied, not 100\.04"):
        write_off(db, SYSTEM, [denial], "it is of no use")

    assert of_claim(db)[DENIED] == CHARGE


def test_a_copy_that_denies_nothing_is_not_written_off(db: Database, tmp_path: Path, billed: str) -> None:
    answer(db, tmp_path, billed, PAID)
    answer(db, tmp_path, billed, COPY)
    with db.reading() as session:
        (denial,) = session.exec(select(Denial.id)).all()

    with pytest.raises(DenialRefused, match="nothing is denied by OA-18"):
        write_off(db, SYSTEM, [denial], "it is of no use")


def test_a_correction_that_waits_says_so_when_its_reversal_comes_and_is_applied_then(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, PAID)
    answer(db, tmp_path, billed, MORE)
    answer(db, tmp_path, billed, back(PAID))
    (told,) = notes(db)
    with db.reading() as session:
        waiting = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.payer_number == "ICN2")).one()

    apply_to_claim(db, SYSTEM, waiting, billed, "corrected")

    assert told.startswith("its reversal came with SEQ003: apply it")
    assert of_claim(db)[JournalAccount.CASH] == 7_000
    assert PAYER not in of_claim(db)


def test_a_second_answer_is_applied_beside_the_first_by_who_knows_both_figures(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, PAID)
    answer(db, tmp_path, billed, MORE)
    with db.reading() as session:
        waiting = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.payer_number == "ICN2")).one()

    with pytest.raises(StandsAnswered, match=r"owes 0\.00 of it, this answers 100\.03 and pays 70\.00"):
        apply_to_claim(db, SYSTEM, waiting, billed, "found since")
    before = of_claim(db)
    apply_to_claim(db, SYSTEM, waiting, billed, "found since", though_paid=True)

    assert PAYER not in before
    assert of_claim(db)[PAYER] == -CHARGE


def test_a_reversal_whose_answer_is_not_here_is_applied_by_who_knows_both_figures(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, back(PAID))
    with db.reading() as session:
        waiting = session.exec(select(RemittanceClaim.id)).one()

    with pytest.raises(StandsAnswered, match=r"reverses an answer that is not here: its payer owes 100\.03"):
        apply_to_claim(db, SYSTEM, waiting, billed, "it is theirs")
    apply_to_claim(db, SYSTEM, waiting, billed, "paid in the system before this one", though_paid=True)

    assert of_claim(db)[JournalAccount.CASH] == -6_000


@pytest.mark.parametrize("late", [PAID, PART_DENIED], ids=["paid", "part denied"])
def test_an_answer_whose_reversal_was_applied_before_it_came_stands_for_nothing(
    db: Database, tmp_path: Path, billed: str, late: tuple[str, ...]
) -> None:
    answer(db, tmp_path, billed, back(late))
    with db.reading() as session:
        waiting = session.exec(select(RemittanceClaim.id)).one()
    apply_to_claim(db, SYSTEM, waiting, billed, "it is theirs", though_paid=True)

    answer(db, tmp_path, billed, late)

    assert of_claim(db) == {PAYER: CHARGE, JournalAccount.CHARGES: -CHARGE}
    assert living(db) == []


@pytest.mark.parametrize("together", [True, False], ids=["in one payment", "before it"])
def test_a_denial_whose_reversal_was_here_opens_when_that_is_released(
    db: Database, tmp_path: Path, billed: str, together: bool
) -> None:
    if together:
        answer(db, tmp_path, billed, back(PART_DENIED), PART_DENIED)
    else:
        answer(db, tmp_path, billed, back(PART_DENIED))
        answer(db, tmp_path, billed, PART_DENIED)
    with db.reading() as session:
        reversal = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.status_code == "22")).one()
    before = living(db)

    release(db, SYSTEM, reversal, "not theirs")

    assert before == []
    assert living(db) == [("50", 5_002)]
    assert of_claim(db)[DENIED] == 5_002


def test_a_reversal_that_was_released_waits_for_a_person_when_its_payer_denies_again(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, back(PART_DENIED))
    answer(db, tmp_path, billed, PART_DENIED)
    with db.reading() as session:
        reversal = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.status_code == "22")).one()
    release(db, SYSTEM, reversal, "not theirs")

    answer(db, tmp_path, billed, PART_DENIED)

    assert living(db)[0] == ("50", 5_002)
    assert sum(cents for _, cents in living(db)) == of_claim(db)[DENIED] == 5_002


def test_a_reversal_that_waited_takes_back_the_answer_that_comes_and_not_one_that_stands_again_by_then(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED)
    paid = answer(db, tmp_path, billed, PAID)
    answer(db, tmp_path, billed, back(NOT_NEEDED))
    unpost(db, SYSTEM, paid, "wrong file")

    answer(db, tmp_path, billed, NOT_NEEDED)

    assert sum(cents for _, cents in living(db)) == of_claim(db)[DENIED] == CHARGE


@pytest.mark.parametrize(
    ("answers", "standing", "view"),
    [
        ((), "unanswered", ClaimFilter.UNANSWERED),
        ((PAID,), "paid", ClaimFilter.PAID),
        ((NOT_NEEDED,), "denied", ClaimFilter.DENIED),
        ((PART_DENIED,), "part denied", ClaimFilter.DENIED),
        ((PAID, back(PAID)), "unanswered", ClaimFilter.UNANSWERED),
    ],
    ids=["none", "paid", "denied", "a part denied", "reversed"],
)
def test_the_list_of_claims_tells_what_the_payer_answered(
    db: Database,
    tmp_path: Path,
    billed: str,
    answers: tuple[tuple[str, ...], ...],
    standing: str,
    view: ClaimFilter,
) -> None:
    for one in answers:
        answer(db, tmp_path, billed, one)

    with db.reading() as session:
        reader = SessionReader(session)
        listed = {
            one: claim_list(reader, TODAY, one)
            for one in (ClaimFilter.UNANSWERED, ClaimFilter.DENIED, ClaimFilter.PAID)
        }

    assert [(one, [row.standing for row in rows]) for one, rows in listed.items() if rows] == [(view, [standing])]


def test_a_denial_whose_line_another_answer_pays_is_not_opened_again(db: Database, tmp_path: Path, billed: str) -> None:
    answer(db, tmp_path, billed, PART_DENIED)
    answer(db, tmp_path, billed, APPEALED_LINE)
    with db.reading() as session:
        (denial,) = session.exec(select(Denial.id)).all()

    with pytest.raises(DenialRefused, match="CO-50 was paid after all by trace SEQ002"):
        open_again(db, SYSTEM, [denial], "looked at again")

    assert living(db) == []


def test_a_reversal_is_not_taken_back_under_an_answer_that_came_after_it(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, PAID)
    reversal = answer(db, tmp_path, billed, back(PAID))
    answer(db, tmp_path, billed, MORE)

    with pytest.raises(RemittanceRefused, match="trace SEQ003 answers"):
        unpost(db, SYSTEM, reversal, "wrong file")

    assert PAYER not in of_claim(db)


def test_an_answer_is_not_released_under_its_reversal(db: Database, tmp_path: Path, billed: str) -> None:
    answer(db, tmp_path, billed, NOT_NEEDED, back(NOT_NEEDED))
    before = of_claim(db)
    with db.reading() as session:
        first = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.status_code == "4")).one()

    with pytest.raises(RemittanceRefused, match="a reversal of it is applied"):
        release(db, SYSTEM, first, "not theirs")

    assert of_claim(db) == before


@pytest.mark.parametrize("first", [COPY, PART_DENIED], ids=["whole", "lines"])
def test_an_answer_whose_place_another_took_is_not_released(
    db: Database, tmp_path: Path, billed: str, first: tuple[str, ...]
) -> None:
    answer(db, tmp_path, billed, first)
    answer(db, tmp_path, billed, PAID if first is COPY else APPEALED_LINE)
    before = of_claim(db)
    with db.reading() as session:
        row = session.exec(select(RemittanceClaim.id).join(Remittance).where(Remittance.trace == "SEQ001")).one()

    with pytest.raises(RemittanceRefused, match="a later answer took its place"):
        release(db, SYSTEM, row, "not theirs")

    assert of_claim(db) == before


def test_a_reversal_is_not_released_under_an_answer_that_came_after_it(
    db: Database, tmp_path: Path, billed: str
) -> None:
    answer(db, tmp_path, billed, PAID)
    answer(db, tmp_path, billed, back(PAID), MORE)
    with db.reading() as session:
        reversal = session.exec(select(RemittanceClaim.id).where(RemittanceClaim.status_code == "22")).one()

    with pytest.raises(RemittanceRefused, match="answers 2026-000001 in the place of what it takes back"):
        release(db, SYSTEM, reversal, "not theirs")

    assert PAYER not in of_claim(db)


STEPS = ("give up", "bill", "open", "unpost", "post", "apply", "release")
FILES = st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=3)
PAYMENTS = st.tuples(st.sampled_from(STRANGERS), FILES)
MOVES = st.one_of(PAYMENTS, st.tuples(st.sampled_from(STEPS), st.integers(0, 3)))

NAMED = "NM1*QC*1*LINDQVIST*PER"
OF_FIRST = {
    "paid": ("CLP*{0}*1*100.03*60*20*HM*ICN8", NAMED, "CAS*CO*45*20.03", "CAS*PR*2*20"),
    "forwarded": (FORWARDED[0], NAMED, *FORWARDED[1:]),
    "sent on": ("CLP*{0}*1*100.03*60*20*HM*ICN8", NAMED, "NM1*TT*2*SECOND PLAN", "CAS*CO*45*20.03", "CAS*PR*2*20"),
    "denied": (NOT_NEEDED[0], NAMED, *NOT_NEEDED[1:]),
    "denied namelessly": NOT_NEEDED,
    "not theirs": OTHERS,
}
OF_SECOND = {
    **{
        f"crossed over {status}": (f"CLP*{{0}}*{status}*100.03*15*5*HM*SUP1", NAMED, "CAS*OA*23*80.03", "CAS*PR*1*5")
        for status in ("1", "2")
    },
    "crossed over 4": (REST_DENIED[0], NAMED, *REST_DENIED[1:]),
    "crossed over 23": ("CLP*{0}*23*100.03*0**HM*SUP1", NAMED, "CAS*OA*B11*100.03"),
    "crossed over namelessly": REST_DENIED,
}
OF_BOTH = {"first": OF_FIRST, "second": OF_SECOND, "second, of one house": OF_SECOND}


def with_reversals(answers: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return answers | {f"{name} reversed": back(answer) for name, answer in answers.items()}


MOVES_OF_BOTH = st.one_of(
    *(
        st.tuples(
            st.just(payer),
            st.lists(st.sampled_from(list(with_reversals(answers).values())), min_size=1, max_size=2),
        )
        for payer, answers in OF_BOTH.items()
    ),
    st.tuples(st.sampled_from((*STEPS, "999", "999")), st.integers(0, 3)),
)


@pytest.fixture
def of_its_own(
    db: Database, billed: str, database_url: str, database_kind: str, request: pytest.FixtureRequest
) -> Callable[[], AbstractContextManager[Database]]:
    """Opens a copy of the record with the billed claim: what one example leaves, no other one meets."""
    db.close()
    copies = count()

    @contextmanager
    def on_sqlite() -> Iterator[Database]:
        record = Path(database_url.removeprefix("sqlite:///"))
        copy = record.with_name(f"example-{next(copies)}.sqlite")
        shutil.copy(record, copy)
        shutil.copy(record.with_suffix(".log-key"), copy.with_suffix(".log-key"))
        with closing(open_database(f"sqlite:///{copy}")) as opened:
            yield opened
        copy.unlink()

    @contextmanager
    def on_postgres() -> Iterator[Database]:
        server: Server = request.getfixturevalue("postgres")
        name = server.new_database(database_url.rpartition("/")[2])
        with closing(open_database(server.url(name))) as opened:
            yield opened
        server.drop(name)

    return on_postgres if database_kind == "postgres" else on_sqlite


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MOVES, min_size=1, max_size=12))
def test_whatever_payers_answer_and_people_do_the_charge_is_parted_and_denials_are_what_is_denied(
    of_its_own: Callable[[], AbstractContextManager[Database]],
    tmp_path: Path,
    billed: str,
    moves: list[tuple[str, list[str] | int]],
) -> None:
    with of_its_own() as db:
        parted(db, tmp_path, billed, moves)


@pytest.fixture
def sent(db: Database, tmp_path: Path, billed: str) -> Sent:
    """How the claim left, which has a second coverage now."""
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        second_payer(change.session, encounter)
        claim_id = change.session.exec(select(Claim.id)).one()
        change.session.get_one(Claim, claim_id).status = ClaimStatus.DRAFT
    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)
    export_claims(db, SYSTEM, [claim_id], tmp_path / "out.837")
    with db.reading() as session:
        export = session.exec(select(ClaimExport)).one()
        controls = (export.interchange_control, export.group_control, export.transaction_control, export.receiver)
    return Sent(*controls, (billed,), ())


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MOVES_OF_BOTH, min_size=1, max_size=12))
def test_whatever_both_payers_answer_the_charge_is_parted_and_a_claim_that_is_answered_leaves_no_more(
    sent: Sent,
    of_its_own: Callable[[], AbstractContextManager[Database]],
    tmp_path: Path,
    billed: str,
    moves: list[tuple[str, list[tuple[str, ...]] | int]],
) -> None:
    with of_its_own() as db:
        parted_between_two(db, tmp_path, sent, billed, moves)


def parted_between_two(
    db: Database, folder: Path, sent: Sent, number: str, moves: list[tuple[str, list[tuple[str, ...]] | int]]
) -> None:
    """Make these moves, then take back every payment, and hold claim and books against what they have to be."""
    ours: list[str] = []
    back_at_last = False
    for what, of in moves:
        if isinstance(of, list):
            ours.append(answer(db, folder, number, *of, payer=what))
        elif what == "999":
            refuse(db, folder, sent)
        else:
            step(db, number, what, of, ours)
        status, answered = standing(db)
        back_at_last = status is not ClaimStatus.EXPORTED
        assert not (answered and back_at_last)

    money, denied = of_claim(db), sum(cents for _, cents in living(db))
    take_all_back(db, ours)
    assert sum(cents for account, cents in money.items() if account is not JournalAccount.CHARGES) == CHARGE
    assert denied == money.get(DENIED, 0)
    assert of_claim(db) == {PAYER: CHARGE, JournalAccount.CHARGES: -CHARGE}
    assert living(db) == []
    assert not back_at_last or standing(db) == (ClaimStatus.READY, False)


def refuse(db: Database, folder: Path, sent: Sent) -> None:
    """A 999 refuses the set in which the claim left."""
    with db.reading() as session:
        seen = session.exec(select(func.count(col(Acknowledgment.id)))).one()
    content = implementation(sent, f"AK2*837*{sent.control}~IK5*R*5~", "R")
    path = folder / f"{seen}.999"
    path.write_bytes(content.replace(b"000000007", b"%09d" % (seen + 8)))
    take_in_answer(db, SYSTEM, path)


def standing(db: Database) -> tuple[ClaimStatus, bool]:
    """How the claim stands, and whether a posted payment answers it."""
    with db.reading() as session:
        claim = session.exec(select(Claim)).one()
        query = (
            select(RemittanceClaim.id)
            .join(Remittance)
            .where(RemittanceClaim.claim_id == claim.id, Remittance.status == RemittanceStatus.POSTED)
        )
        return claim.status, session.exec(query).first() is not None


def parted(db: Database, tmp_path: Path, billed: str, moves: list[tuple[str, list[str] | int]]) -> None:
    """Make these moves, then take back every payment, and hold the books of both against what they have to be."""
    ours: list[str] = []
    for move in moves:
        what, of = move
        if isinstance(of, list):
            ours.append(answer(db, tmp_path, billed, *(PARTS[name] for name in of), payer=what))
        else:
            step(db, billed, what, of, ours)

    money, denied = of_claim(db), sum(cents for _, cents in living(db))
    take_all_back(db, ours)
    assert sum(cents for account, cents in money.items() if account is not JournalAccount.CHARGES) == CHARGE
    assert money.get(PAYER, 0) >= 0
    assert denied == money.get(DENIED, 0)
    assert of_claim(db) == {PAYER: CHARGE, JournalAccount.CHARGES: -CHARGE}
    assert living(db) == []


def take_all_back(db: Database, remittances: list[str]) -> None:
    """Take back the last payment first, again as long as one that was in the way of others goes."""
    left = list(reversed(remittances))
    while left:
        refused = []
        for remittance in left:
            try:
                unpost(db, SYSTEM, remittance, "to see it again", though_reversed=True)
            except CodedeskError:
                refused.append(remittance)
        if refused == left:
            return
        left = refused


def step(db: Database, number: str, name: str, place: int, remittances: list[str]) -> None:
    """What a person does to one of what came; what is refused changes nothing."""
    what = {"unpost": None, "post": None, "apply": RemittanceClaim, "release": RemittanceClaim}.get(name, Denial)
    with db.reading() as session:
        of = select(what.id).where(col(what.remittance_id).in_(remittances)).order_by(what.segment) if what else None
        rows = list(session.exec(of)) if of is not None else remittances
    if not rows:
        return
    one = rows[place % len(rows)]
    with suppress(CodedeskError):
        match name:
            case "give up":
                write_off(db, SYSTEM, [one], "it is of no use")
            case "bill":
                bill_patient(db, SYSTEM, [one], "signed for it")
            case "open":
                open_again(db, SYSTEM, [one], "looked at again")
            case "unpost":
                unpost(db, SYSTEM, one, "to see it again")
            case "post":
                post_again(db, SYSTEM, one)
            case "apply":
                apply_to_claim(db, SYSTEM, one, number, "found since")
            case "release":
                release(db, SYSTEM, one, "not theirs")

"""Deposits of the bank: how a statement is read, which remittance each one pays, and what has waited too long."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlmodel import select

from codesets.errors import UnreadableInput
from store.actors import SYSTEM
from store.database import Database
from store.ledger.deposits import (
    DepositRefused,
    match_by_hand,
    match_deposits,
    read_deposits,
    take_in_deposits,
    unmatch,
)
from store.models import Deposit, Remittance
from store.queries import SessionReader
from store.queries.deposits import DepositFilter, deposit_list
from store.remits.posting import take_in
from tests.store.remittance_samples import a_set, interchange

pytestmark = pytest.mark.both_databases

TODAY = dt.date(2026, 12, 1)
HEADER = "Date,Reference,Description,Amount\n"


def bank(folder: Path, text: str, name: str = "bank.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def paid(db: Database, folder: Path, trace: str = "EFT0001", cents: str = "100") -> None:
    path = folder / f"{trace}.835"
    claim = (f"CLP*C0001*1*150*{cents}*20*HM*I*11*1", f"CAS*CO*45*{150 - int(cents)}")
    path.write_bytes(interchange(a_set(claim, cents)).replace(b"EFT0001", trace.encode()))
    take_in(db, SYSTEM, path)


def waiting(db: Database, show: DepositFilter = DepositFilter.WAITING) -> list[tuple[str, str, int]]:
    with db.reading() as session:
        rows = deposit_list(SessionReader(session), TODAY, show)
    return [(row.kind, row.trace, row.age_days) for row in rows]


def test_a_deposit_of_the_same_number_and_amount_is_matched_however_the_bank_writes_it(
    db: Database, tmp_path: Path
) -> None:
    paid(db, tmp_path)

    told = take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "11/03/2026,00EFT-0001,HMO,$100.00\n"))

    assert (told.new, told.matched, waiting(db)) == (1, 1, [])


def test_a_deposit_of_another_number_is_matched_by_its_amount_if_one_payment_alone_has_it(
    db: Database, tmp_path: Path
) -> None:
    paid(db, tmp_path)

    take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-05,BANKREF,HMO,100\n"))

    with db.reading() as session:
        assert [row.matched_by for row in session.exec(select(Deposit))] == ["amount"]


def test_a_deposit_of_a_known_number_waits_with_the_difference_and_takes_no_payment_of_its_amount(
    db: Database, tmp_path: Path
) -> None:
    paid(db, tmp_path, "EFT1111", "110")
    paid(db, tmp_path, "EFT2222", "100")

    told = take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-05,EFT1111,HMO,100\n"))

    assert (told.matched, told.unclear, told.differ) == (0, 0, 1)
    with db.reading() as session:
        (row,) = deposit_list(SessionReader(session), TODAY, DepositFilter.DEPOSITS)
    assert (row.paid_cents, row.why) == (11_000, "10.00 less than its payment 110.00")


def test_a_payment_that_a_deposit_names_goes_to_no_other_deposit_by_its_amount(db: Database, tmp_path: Path) -> None:
    paid(db, tmp_path, "EFT1111", "110")

    told = take_in_deposits(
        db, SYSTEM, bank(tmp_path, HEADER + "2026-11-05,EFT1111,HMO,100\n2026-11-05,BANKREF,HMO,110\n")
    )

    assert (told.matched, told.differ) == (0, 1)


def test_a_second_deposit_of_a_number_that_is_paid_says_so(db: Database, tmp_path: Path) -> None:
    paid(db, tmp_path)

    take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-05,EFT0001,HMO,100\n2026-11-06,EFT0001,HMO,100\n"))

    with db.reading() as session:
        (row,) = deposit_list(SessionReader(session), TODAY)
    assert row.why == "another deposit pays the payment of this number"


def test_two_payments_of_one_amount_are_not_guessed_at(db: Database, tmp_path: Path) -> None:
    paid(db, tmp_path, "EFT1111")
    paid(db, tmp_path, "EFT2222")

    take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-05,BANKREF,HMO,100\n"))

    assert [kind for kind, _, _ in waiting(db)] == ["payment", "payment", "deposit"]


def test_a_line_without_a_number_is_matched_by_its_amount_and_day(db: Database, tmp_path: Path) -> None:
    paid(db, tmp_path)

    told = take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-05,,HMO,100\n"))

    assert (told.new, told.matched, told.unclear, told.left_out) == (1, 1, 0, ())


@pytest.mark.parametrize("day", ["2026-11-09", "2026-10-28"])
def test_a_line_without_a_number_is_not_matched_with_a_payment_of_another_week(
    db: Database, tmp_path: Path, day: str
) -> None:
    paid(db, tmp_path)

    told = take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + f"{day},,HMO,100\n"))

    assert (told.new, told.matched, told.unclear) == (1, 0, 0)


def test_a_line_without_a_number_that_two_payments_fit_is_left_open_and_counted(db: Database, tmp_path: Path) -> None:
    paid(db, tmp_path, "EFT1111")
    paid(db, tmp_path, "EFT2222")

    told = take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-05,,HMO,100\n"))

    assert (told.matched, told.unclear) == (0, 1)
    assert [kind for kind, _, _ in waiting(db)] == ["payment", "payment", "deposit"]


def test_two_lines_without_a_number_that_nothing_tells_apart_are_kept_once_and_said(
    db: Database, tmp_path: Path
) -> None:
    path = bank(tmp_path, HEADER + "2026-11-05,,HMO,100\n2026-11-05,,HMO,100\n")

    first, second = take_in_deposits(db, SYSTEM, path), take_in_deposits(db, SYSTEM, path)

    assert [(told.new, told.known) for told in (first, second)] == [(1, 0), (0, 1)]
    assert first.left_out[0].startswith("line 3: a second 100.00 of 2026-11-05 without a trace number")


def test_a_remittance_that_comes_after_its_deposit_is_matched_then(db: Database, tmp_path: Path) -> None:
    take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-03,EFT0001,HMO,100\n"))
    paid(db, tmp_path)

    assert match_deposits(db, SYSTEM).matched == 1


def test_what_waits_longer_than_two_weeks_is_marked(db: Database, tmp_path: Path) -> None:
    take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-16,A1,HMO,1\n2026-11-17,A2,HMO,2\n"))

    with db.reading() as session:
        rows = deposit_list(SessionReader(session), TODAY)
    assert [(row.age_days, row.aged) for row in rows] == [(15, True), (14, False)]


@pytest.mark.parametrize("amount", ["-5.00", "(5.00)", "5.00-"])
def test_money_that_went_out_is_no_deposit_and_is_named_by_its_line(db: Database, tmp_path: Path, amount: str) -> None:
    told = take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + f"2026-11-03,,HMO,{amount}\n"))

    assert (told.new, told.known, len(told.left_out)) == (0, 0, 1)
    assert told.left_out[0].startswith("line 2: -5.00 of 2026-11-03 went out and is no deposit")


def test_the_same_statement_twice_adds_nothing(db: Database, tmp_path: Path) -> None:
    path = bank(tmp_path, HEADER + "2026-11-03,A1,HMO,100\n2026-11-03,A1,HMO,100\n")

    first, second = take_in_deposits(db, SYSTEM, path), take_in_deposits(db, SYSTEM, path)

    assert ((first.new, first.known), (second.new, second.known)) == ((1, 1), (0, 2))


def test_a_match_by_hand_of_another_amount_needs_a_note_and_can_be_taken_back(db: Database, tmp_path: Path) -> None:
    paid(db, tmp_path)
    take_in_deposits(db, SYSTEM, bank(tmp_path, HEADER + "2026-11-03,B7,HMO,99.50\n"))
    with db.reading() as session:
        deposit, remittance = session.exec(select(Deposit.id)).one(), session.exec(select(Remittance.id)).one()

    with pytest.raises(DepositRefused, match="differ by -0.50"):
        match_by_hand(db, SYSTEM, deposit, remittance, "")
    match_by_hand(db, SYSTEM, deposit, remittance, "bank fee")
    assert [kind for kind, _, _ in waiting(db, DepositFilter.MATCHED)] == ["deposit"]
    unmatch(db, SYSTEM, deposit)

    assert [kind for kind, _, _ in waiting(db)] == ["deposit", "payment"]


def test_lines_that_cannot_be_read_are_named_and_the_others_kept(tmp_path: Path) -> None:
    text = (
        HEADER
        + "2026-11-03,A1,HMO,100\nsoon,A2,HMO,1\n2026-11-03,,HMO,1\n2026-11-03,A3,HMO,ten\n\n2026-11-04,A4,X,(5)\n"
    )

    lines, wrong = read_deposits(bank(tmp_path, text))

    assert [(line.trace, line.cents) for line in lines] == [("A1", 10000), ("", 100)]
    assert wrong == [
        "line 3: expected a day such as 2026-09-14, got 'soon'",
        "line 5: expected an amount such as 4,812.33, got 'ten'",
        "line 7: -5.00 of 2026-11-04, number A4, went out and is no deposit; where it returns a payment of an insurer,"
        " codedesk deposits unmatch and codedesk remits unpost take that back",
    ]


@pytest.mark.parametrize("text", ["", "a;b;c\n1;2;3\n", "Date,Amount\n2026-11-03,1\n", "\x00\x01"])
def test_a_file_without_the_columns_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableInput, match="no column for"):
        read_deposits(bank(tmp_path, text))


def test_other_separators_and_names_of_columns_are_read(tmp_path: Path) -> None:
    lines, _ = read_deposits(bank(tmp_path, "\ufeffPosting Date;Check Number;Credit Amount\n20261103;9;1,234.5\n"))

    assert [(line.received_on, line.trace, line.cents) for line in lines] == [("2026-11-03", "9", 123450)]

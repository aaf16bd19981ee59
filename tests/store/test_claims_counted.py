"""Counting claims: one and what replaced it are one, a void and what it voids are none; and of first answers."""

from __future__ import annotations

from typing import Any

import pytest

from store.actors import SYSTEM, Actor
from store.claims.replacing import replace_claim
from store.claims.voiding import void_sent_claim
from store.models import Claim
from store.queries import SessionReader
from store.reports import layouts, rollups
from store.reports.run import period_of, run_report
from store.reports.views import view_named, view_rows
from store.terms import Role
from tests.store.test_claims_following import PAID, Office, office
from tests.store.test_claims_replacing import bills_another

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

BOSS = Actor("boss", Role.MANAGER)
PERIOD = ("2026-09-01", "2026-12-31")
REVERSED = (
    *("CLP*{number}*22*-100.03*-60*-20*HM*ICN1*11*1", "SVC*HC:G0463*-50.01*-40**1", "CAS*CO*45*-10.01"),
    *("REF*6R*{number}-1", "SVC*HC:G0439*-50.02*-20**1", "CAS*CO*45*-10.02", "CAS*PR*2*-20", "REF*6R*{number}-2"),
    "PLB*1999999984*20261231*FB:X*-60",
)


def figures(office: Office, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a report, these columns alone."""
    report = run_report(office.db, BOSS, name, period_of(*PERIOD, ""))
    return [tuple(row[report.column(column)] for column in columns) for row in report.rows]


def replaced(office: Office) -> Office:
    """Replace the claim with its payer, send that, and the replacement."""
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).payer_number = "ICN1"
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    return Office(office.db, office.folder, built.claim_id, built.claim_number)


def voided(office: Office, claim_id: str = "") -> None:
    """Void a claim with its payer, and send the void."""
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, claim_id or office.claim_id).payer_number = "ICN1"
    office.sent(void_sent_claim(office.db, SYSTEM, claim_id or office.claim_id, "wrong payer").claim_id)


COUNTS = {"payers": "claims", "clean-claims": "claims", "volumes": "lines"}
SUMS = {"payers": "charge_cents", "clean-claims": "cents", "volumes": "cents"}


@pytest.mark.parametrize("name", SUMS)
def test_a_claim_and_its_replacement_are_one(office: Office, name: str) -> None:
    before = figures(office, name, COUNTS[name], SUMS[name])

    replaced(office)

    assert figures(office, name, COUNTS[name], SUMS[name]) == before
    assert before[0][1] == 10003


@pytest.mark.parametrize("name", SUMS)
def test_a_void_counts_nothing_and_takes_its_claim_out(office: Office, name: str) -> None:
    voided(office)

    assert figures(office, name, COUNTS[name], SUMS[name]) == []


def test_a_void_that_has_not_left_takes_nothing_out(office: Office) -> None:
    void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer")

    assert figures(office, "payers", "claims", "charge_cents") == [(1, 10003)]


def test_the_void_of_a_replacement_takes_both_out(office: Office) -> None:
    voided(office, replaced(office).claim_id)

    assert figures(office, "payers", "claims") == []


def test_what_was_paid_before_the_replacement_is_counted_once(office: Office) -> None:
    office.answer()
    later = replaced(office)
    before = figures(office, "payers", "claims", "charge_cents", "paid_cents")

    office.answer("22", REVERSED, "0", "EFT0002")
    later.answer("1", tuple(part.replace("ICN1", "ICN2") for part in PAID), trace="EFT0003")

    assert before == figures(office, "payers", "claims", "charge_cents", "paid_cents") == [(1, 10003, 6000)]


def test_what_the_wrong_payer_paid_stands_with_that_payer(office: Office) -> None:
    office.answer()
    bills_another(office.db)
    replaced(office)

    told = figures(office, "payers", "payer", "claims", "charge_cents", "paid_cents")

    assert sorted(told) == [("Blue Plains", 0, 0, 6000), ("Right Plan", 1, 10003, 0)]


def test_the_monthly_sums_count_as_the_lines_do(office: Office) -> None:
    replaced(office)
    lines = figures(office, "volumes", "lines", "cents")

    rollups.refresh(office.db, BOSS)

    assert figures(office, "volumes", "lines", "cents") == lines == [(2, 10003)]


def test_a_row_of_a_line_says_whether_its_claim_counts(office: Office) -> None:
    later = replaced(office)

    with office.db.reading() as session:
        rows = list(view_rows(SessionReader(session), view_named("claim_line")))

    assert {(row["claim_number"], row["counts"]) for row in rows} == {(office.number, 0), (later.number, 1)}


def test_the_layouts_have_a_claim_once_with_what_was_paid_of_either(office: Office) -> None:
    office.answer()
    later = replaced(office)

    with office.db.reading() as session:
        reader = SessionReader(session)
        (claim,) = layouts.claims_layout().rows(reader, *PERIOD, ("claim_id",))
        cost = next(table for table in layouts.omop_tables() if table.name == "cost")
        (costs,) = cost.rows(reader, *PERIOD, ())

    assert (claim["claim_number"], claim["charge_cents"], claim["paid_cents"]) == (later.number, 10003, 6000)
    assert (costs["cost_id"], costs["total_paid"]) == (later.claim_id, 60)


DENIED = ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*16*100.03")
DENIED_BACK = ("CLP*{number}*22*-100.03*0**HM*ICN1", "CAS*CO*16*-100.03")
FIRST_ANSWERS = [("denials", ("claims", "denied", "denied_cents")), ("denial-reasons", ("reason", "denials", "cents"))]


@pytest.mark.parametrize(("name", "columns"), FIRST_ANSWERS)
@pytest.mark.parametrize("reversal", [True, False], ids=["reversed first", "not reversed"])
@pytest.mark.parametrize("paid", [True, False], ids=["then paid", "then denied"])
def test_what_a_replacement_is_answered_changes_no_first_answer(
    office: Office, name: str, columns: tuple[str, ...], reversal: bool, paid: bool
) -> None:
    office.answer("4", DENIED, "0")
    before = figures(office, name, *columns)
    later = replaced(office)

    if reversal:
        office.answer("4", DENIED_BACK, "0", "EFT0002")
    if paid:
        later.answer("1", tuple(part.replace("ICN1", "ICN2") for part in PAID), trace="EFT0003")
    else:
        later.answer("4", tuple(part.replace("ICN1", "ICN2") for part in DENIED), "0", "EFT0003")

    assert figures(office, name, *columns) == before
    assert before[0][1:] == (1, 10003) if name == "denial-reasons" else before == [(1, 1, 10003)]


@pytest.mark.parametrize(("name", "columns"), FIRST_ANSWERS)
@pytest.mark.parametrize("reversal", [True, False], ids=["reversed", "not reversed"])
def test_a_void_takes_no_first_answer_away(office: Office, name: str, columns: tuple[str, ...], reversal: bool) -> None:
    office.answer("4", DENIED, "0")
    before = figures(office, name, *columns)

    voided(office)
    if reversal:
        office.answer("4", DENIED_BACK, "0", "EFT0002")

    assert figures(office, name, *columns) == before != []


def test_another_payer_in_its_place_answers_first_for_itself(office: Office) -> None:
    office.answer("4", DENIED, "0")
    bills_another(office.db)
    later = replaced(office)

    later.answer("1", tuple(part.replace("ICN1", "RIN1") for part in PAID), trace="EFT0003", payer="RIGHT PLAN")

    told = figures(office, "denials", "payer", "claims", "denied")
    assert sorted(told) == [("Blue Plains", 1, 1), ("Right Plan", 1, 0)]

"""Codes of a bill are held against the list in force on the day, and without one nothing is said of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets.bill_codes import BillList, Listed, in_bill_list
from codesets.edits import facts_of
from codesets.reference import Reference
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import made_file

UB = (
    "List,Code,Description,Start Date,End Date\n"
    "Revenue,450,A made-up text,,\n"
    "Condition,4,Another,,\n"
    "Condition,D9,A third,2026-07-01,2026-09-30\n"
)
ON = dt.date(2026, 8, 1)
DISCHARGED = dt.date(2099, 3, 1)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    files = [made_file("nubc_2026.csv", UB), made_file("Table 5.txt", made.MADE["Table 5.txt"])]
    with loaded_reference(tmp_path_factory.mktemp("bill") / "reference.sqlite", files) as opened:
        yield opened


@pytest.mark.parametrize(
    ("of", "code", "on", "known"),
    [
        (BillList.REVENUE, "0450", ON, True),
        (BillList.REVENUE, "0451", ON, False),
        (BillList.CONDITION, "04", ON, True),
        (BillList.CONDITION, "D9", ON, True),
        (BillList.CONDITION, "D9", dt.date(2026, 10, 1), False),
        (BillList.DRG, "082", DISCHARGED, True),
        (BillList.DRG, "997", DISCHARGED, False),
    ],
)
def test_a_code_is_in_its_list_on_a_day_or_it_is_not(
    reference: Reference, of: BillList, code: str, on: dt.date, known: bool
) -> None:
    assert facts_of(reference).listed(of, code, on) == Listed(known)


@pytest.mark.parametrize(
    ("of", "on", "why"),
    [
        (BillList.VALUE, ON, "No list of value codes is loaded."),
        (BillList.REVENUE, DISCHARGED, "No loaded list of revenue codes covers 2099-03-01."),
        (BillList.DRG, ON, "No loaded MS-DRG Table 5 covers 2026-08-01."),
    ],
)
def test_a_list_that_is_not_there_for_the_day_answers_nothing_and_is_named(
    reference: Reference, of: BillList, on: dt.date, why: str
) -> None:
    assert in_bill_list(reference, of, "001", on) == Listed(None, why)


def test_without_any_list_nothing_is_known(tmp_path: Path) -> None:
    with loaded_reference(tmp_path / "reference.sqlite", []) as empty:
        assert in_bill_list(empty, BillList.CONDITION, "04", ON) == Listed(
            None, "No list of condition codes is loaded."
        )

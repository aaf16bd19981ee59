"""`codedesk unapplied` and `codedesk takebacks`: what waits is shown, placed and given back from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.database import Database
from tests.store.remittance_samples import balances
from tests.store.test_remits_posting import number
from tests.store.test_unapplied import PROVIDER, arrive, named, stranger
from tui.cli import main

__all__ = ["number"]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_a_waiting_payment_is_listed_given_back_in_part_and_that_is_undone(
    db: Database, tmp_path: Path, number: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrive(db, tmp_path, stranger(number), "60")
    (row,) = map(json.loads, told(capsys, "unapplied", "list", "--json").splitlines())

    given = told(capsys, "unapplied", "refund", row["id"], "20.00", "not ours")
    told(capsys, "postings", "take-back", given.split()[-3], "it was ours")
    applied = told(capsys, "unapplied", "apply", row["id"], number, "mistyped")

    assert given.startswith("20.00 given back, 40.00 wait;")
    assert applied.startswith(f"60.00 applied to {number}")
    assert "Nothing waits." in told(capsys, "unapplied", "list")


def test_a_payment_of_another_patient_needs_an_option_of_its_own(
    db: Database, tmp_path: Path, number: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrive(db, tmp_path, named(number, "ROE*JANE", "M777"), "60")
    (row,) = map(json.loads, told(capsys, "unapplied", "list", "--json").splitlines())

    refused = main(["unapplied", "apply", row["id"], number, "mistyped"])
    asked = capsys.readouterr().err
    applied = told(capsys, "unapplied", "apply", row["id"], number, "--though-another", "mistyped")

    assert refused == 1 and "ROE, JANE" in asked and "--though-another" in asked
    assert applied.startswith(f"60.00 applied to {number}")


def test_the_list_says_why_a_claim_of_ours_waits(
    db: Database, tmp_path: Path, number: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrive(db, tmp_path, (f"CLP*{number}*99*60*60**HM*ICN1", "CLP*X9*1*5*5**HM*ICN2"), "65")

    rows = told(capsys, "unapplied", "list").splitlines()

    assert "CLP02 is 99 (segment 9), no status of the guide" in rows[0] + rows[1]
    assert "no claim of ours" not in rows[0] + rows[1]


def test_an_open_takeback_is_listed_with_its_adjustments_and_refunded(
    db: Database, tmp_path: Path, number: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrive(db, tmp_path, (f"{PROVIDER}*WO:ICN1*-60",), "60")
    shown = told(capsys, "takebacks", "list")
    (row,) = map(json.loads, told(capsys, "takebacks", "list", "--json").splitlines())

    told(capsys, "takebacks", "refund", row["id"], "60.00", "check 1042")

    assert "ICN1  open -60.00" in shown and "overpayment taken back" in shown
    assert told(capsys, "takebacks", "list") == "Nothing is open.\n"
    assert balances(db) == {}

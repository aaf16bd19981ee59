"""`codedesk remits`: what a script sees, and the exit codes it gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codesets.reference import Reference
from store.actors import SYSTEM
from store.database import Database
from store.models import Person
from store.os_account import os_login
from store.terms import Role
from tests.store.remittance_samples import PAID_CLAIM, a_set, interchange
from tui.cli import main


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.835"
    path.write_bytes(interchange(a_set(PAID_CLAIM)))
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.835"
    path.write_bytes(interchange(a_set(PAID_CLAIM, paid="100.01")))
    return path


def test_a_balanced_file_is_exit_code_0_with_its_sums(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["remits", "check", str(sound)])

    assert code == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  set 0001: MEADOWLARK HMO  trace EFT0001  ACH  2026-11-03",
        "    payment 100.00 = claims 100.00 - provider adjustments 0.00",
        "    1 claim, 1 line: balances",
    ]


def test_an_unbalanced_file_is_exit_code_1_with_the_difference(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["remits", "check", str(wrong)])

    assert code == 1
    assert "states 100.01, adds up to 100.00, difference 0.01 (segment 3)" in capsys.readouterr().out


def test_json_has_cents_for_programs(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["remits", "check", "--json", str(wrong)])

    ((one,),) = [file["sets"] for file in json.loads(capsys.readouterr().out)]
    assert (one["payment_cents"], one["difference_cents"], one["imbalance_count"]) == (10_001, 1, 1)


@pytest.mark.parametrize("content", [b"", b"not X12 at all", b"\x00" * 400, b"ISA*short~"])
def test_a_file_that_is_no_x12_is_exit_code_2_and_one_line(
    tmp_path: Path, sound: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.835"
    path.write_bytes(content)

    code = main(["remits", "check", str(path), str(sound)])

    out, err = capsys.readouterr()
    assert code == 2
    assert len(err.splitlines()) == 1 and "odd.835" in err
    assert "balances" in out


@pytest.fixture
def site(db: Database, reference: Reference) -> Database:
    """A record with a person behind this account."""
    with db.change(SYSTEM) as change:
        change.session.add(Person(login=os_login(), name="A Biller", role=Role.BILLER))
    return db


def test_a_file_is_taken_in_listed_and_shown(site: Database, sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = main(["remits", "import", str(sound)])
    listed = main(["remits", "list"])
    shown = main(["remits", "show", "EFT0001"])

    out = capsys.readouterr().out
    assert (taken, listed, shown) == (0, 0, 0)
    assert "posted; 0 of 1 claims are ours, 100.00 unapplied" in out
    assert "2026-11-03  EFT0001          MEADOWLARK HMO                     100.00      1  posted, 1 not ours" in out
    assert "1. C0001  ROE, JANE  2026-10-01  status 1  (not ours)" in out
    assert "     PR-1  15.00  Deductible  (segment 16)" in out
    assert "   unapplied                 -100.00" in out


def test_a_held_file_is_exit_code_1_and_posts_nothing(
    site: Database, wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["remits", "import", str(wrong)])
    main(["remits", "show", "EFT0001"])

    assert code == 1
    assert capsys.readouterr().out.rstrip().endswith("nothing is posted")


def test_a_held_file_is_exit_code_1_however_often_it_comes(site: Database, wrong: Path) -> None:
    codes = [main(["remits", "import", str(wrong)]) for _ in range(2)]

    assert codes == [1, 1]


def test_an_older_version_is_refused_by_its_name(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.835"
    path.write_bytes(interchange(a_set(PAID_CLAIM)).replace(b"005010X221A1", b"004010X091A1"))

    code = main(["remits", "import", str(path)])

    assert code == 2
    assert "no remittance in it: version 004010X091A1; expected 005010X221A1" in capsys.readouterr().err


def test_an_impossible_day_of_a_payment_is_said(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "day.835"
    path.write_bytes(interchange(a_set(PAID_CLAIM).replace("20261103", "20261131")))

    main(["remits", "import", str(path)])

    assert "note: segment 4: BPR16 is 20261131, expected a day (CCYYMMDD)" in capsys.readouterr().out


def test_what_was_taken_back_is_said_and_can_be_posted(
    site: Database, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["remits", "import", str(sound)])

    codes = [
        main(["remits", "unpost", "EFT0001", "--reason", "wrong site"]),
        main(["remits", "unpost", "EFT0001", "--reason", "wrong site"]),
        main(["remits", "post", "EFT0001"]),
    ]

    out, err = capsys.readouterr()
    assert codes == [0, 1, 0]
    assert "taken back: 1 postings" in out and "posted again: 100.00" in out
    assert err == "codedesk: remittance: the remittance is unposted, not posted\n"


def test_json_of_what_was_taken_in_is_for_programs(
    site: Database, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["remits", "import", "--json", str(sound)])
    ((one,),) = [file["sets"] for file in json.loads(capsys.readouterr().out)]

    main(["remits", "show", "--json", one["id"]])
    page = json.loads(capsys.readouterr().out)

    assert (one["outcome"], one["unapplied_cents"]) == ("posted", 10_000)
    assert page["balances"] == {"cash": 10_000, "unapplied": -10_000}
    assert page["claims"][0]["lines"][0]["adjustments"][0] == {
        "group": "CO",
        "reason": "253",
        "cents": 1_000,
        "segment": 15,
    }


def test_wrong_counts_are_told_with_the_set_and_hold_nothing(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counts.835"
    content = interchange(a_set(PAID_CLAIM)).replace(b"SE*17*", b"SE*99*").replace(b"GE*1*", b"GE*4*")
    path.write_bytes(content.replace(b"IEA*1*", b"IEA*2*"))

    code = main(["remits", "import", str(path)])
    main(["remits", "show", "EFT0001"])
    out = capsys.readouterr().out
    main(["remits", "import", "--json", str(path)])
    (file,) = json.loads(capsys.readouterr().out)

    wrong = ["SE counts 99, found 17 (segment 19)", "GE counts 4, found 1 (segment 20)"]
    wrong.append("IEA counts 2, found 1 (segment 21)")
    assert code == 1
    assert out.startswith(f"{path}  counts are wrong: 1 of 1 set\n")
    assert [out.count(f"counted wrongly: {one}") for one in wrong] == [2, 2, 2]
    assert "posted; 0 of 1 claims are ours" in out and "   cash                       100.00" in out
    assert (file["miscounted"], file["sets"][0]["miscounted"], file["sets"][0]["held"]) == (True, wrong, [])


def test_an_unknown_trace_is_a_usage_error(site: Database, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["remits", "show", "nothing"])

    assert code == 2
    assert "no remittance alone has the trace or id 'nothing'" in capsys.readouterr().err


def test_hostile_text_of_a_file_is_made_safe(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hostile.835"
    path.write_bytes(interchange(a_set(PAID_CLAIM).replace("ROE", "R\x1b[2JOE")))

    main(["remits", "import", str(path)])
    main(["remits", "show", "EFT0001"])

    assert "\x1b" not in capsys.readouterr().out

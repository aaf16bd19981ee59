"""`codedesk remits check`: what a script sees, and the exit codes it gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
        "    1 claims, 1 lines: balances",
    ]


def test_an_unbalanced_file_is_exit_code_1_with_the_difference(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["remits", "check", str(wrong)])

    assert code == 1
    assert "states 100.01, adds up to 100.00, difference 0.01" in capsys.readouterr().out


def test_json_has_cents_for_programs(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["remits", "check", "--json", str(wrong)])

    ((one,),) = [file["sets"] for file in json.loads(capsys.readouterr().out)]
    assert (one["payment_cents"], one["difference_cents"], one["held"]) == (10_001, 1, ["1 imbalance"])


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

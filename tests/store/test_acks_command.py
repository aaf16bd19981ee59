"""`codedesk acks import`: what a script sees, and the exit codes it gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.database import Database
from store.models import Person
from store.os_account import os_login
from store.terms import Role
from tests.store.test_acks import Sent, implementation, sent
from tui.cli import main

__all__ = ["sent"]


@pytest.fixture(autouse=True)
def site(db: Database) -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Person(login=os_login(), name="A Biller", role=Role.BILLER))


def answer(sent: Sent, tmp_path: Path, letter: str) -> Path:
    position = sent.position(sent.numbers[1], "line.2.service_date")
    error = f"IK3*DTP*{position}**8~IK4*3*1251*8*20269999~" if letter == "R" else ""
    path = tmp_path / "answer.999"
    path.write_bytes(implementation(sent, f"AK2*837*{sent.control}~{error}IK5*{letter}~", letter))
    return path


def test_a_refusal_is_exit_code_1_and_names_culprits_and_riders(
    sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["acks", "import", str(answer(sent, tmp_path, "R"))])

    assert code == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"  999 of {sent.group}: rejected",
        f"    1 rejected, to be mended: {sent.numbers[1]}",
        f"    2 ready again: only traveled with them: {sent.numbers[0]}, {sent.numbers[2]}",
    ]


def test_an_acceptance_is_exit_code_0(sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["acks", "import", "--json", str(answer(sent, tmp_path, "A"))])

    ((one,),) = [file["answers"] for file in json.loads(capsys.readouterr().out)]
    assert (code, one["outcome"], one["accepted"]) == (0, "accepted", list(sent.numbers))


def test_a_file_that_is_none_is_exit_code_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.999"
    path.write_bytes(b"prose")

    code = main(["acks", "import", str(path)])

    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_claim_shows_what_was_answered(sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "R"))])

    main(["claims", "show", sent.numbers[1]])

    assert "refused: DTP at segment" in capsys.readouterr().out

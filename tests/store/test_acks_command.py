"""`codedesk acks import`: what a script sees, and the exit codes it gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import col, select

from store.acks import AnswersTakenIn, take_in
from store.actors import SYSTEM, Actor
from store.database import Database, DatabaseUnusable, open_database
from store.models import LogEntry, Person
from store.os_account import os_login
from store.terms import Role
from tests.store.test_acks import PROVIDER, Sent, claim_status, implementation, patient, sent
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


def test_of_files_that_the_database_breaks_off_those_before_are_told(
    sent: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = answer(sent, tmp_path, "A"), tmp_path / "second.999"

    def taken(db: Database, actor: Actor, path: Path) -> AnswersTakenIn:
        if path == second:
            raise DatabaseUnusable("the connection is gone", "try again when the server answers")
        return take_in(db, actor, path)

    monkeypatch.setattr("store.acks.take_in", taken)

    code = main(["acks", "import", str(first), str(second)])

    said = capsys.readouterr()
    assert code == 2
    assert f"999 of {sent.group}: accepted" in said.out
    assert "the connection is gone; 1 of 2 files were taken in before (try again" in said.err


def test_a_claim_shows_what_was_answered(sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "R"))])

    main(["claims", "show", sent.numbers[1]])

    assert "refused: DTP at segment" in capsys.readouterr().out


def test_a_rejected_claim_says_why_before_its_lines(
    sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "R"))])
    capsys.readouterr()

    main(["claims", "show", sent.numbers[1]])

    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith("rejected") and told[2].startswith("Rejected, 999 ") and "DTP at segment" in told[2]


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["acks", "list", *words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_acknowledgments_are_listed_with_what_they_answer_and_did(
    sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "R"))])
    capsys.readouterr()

    code = main(["acks", "list"])

    out = capsys.readouterr().out
    assert (code, len(out.splitlines())) == (0, 2)
    assert "999    out.837               rejected: 1 at fault, 2 riders, 300.09 refused" in out


def test_a_view_that_is_empty_says_so_and_which_command_shows_all(
    sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "A"))])
    capsys.readouterr()

    main(["acks", "list", "--show", "not_ours"])

    assert capsys.readouterr().out == "No acknowledgment is not ours. `codedesk acks list` shows all.\n"


def test_one_acknowledgment_shows_the_culprit_first_with_code_segment_field_and_value(
    sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "R"))])
    (row,) = listed(capsys)

    code = main(["acks", "show", str(row["number"])])

    lines = capsys.readouterr().out.splitlines()
    heads = [line.split("  ")[:2] for line in lines if line.startswith("20")]
    position = sent.position(sent.numbers[1], "line.2.service_date")
    assert (code, heads) == (
        0,
        [[sent.numbers[1], "culprit"], [sent.numbers[0], "rider"], [sent.numbers[2], "rider"]],
    )
    assert any(f"DTP at segment {position}:" in line and "'20269999' (line.2.service_date)" in line for line in lines)


def test_one_acknowledgment_is_one_document_for_programs(
    sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "R"))])
    (row,) = listed(capsys, "--show", "rejected")

    main(["acks", "show", str(row["id"]), "--json"])

    page = json.loads(capsys.readouterr().out)
    assert (page["row"], [one["standing"] for one in page["claims"]]) == (row, ["culprit", "rider", "rider"])


def test_an_id_that_no_acknowledgment_has_is_exit_code_2_and_says_where_ids_are(
    sent: Sent, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["acks", "show", "nothing"])

    assert code == 2
    assert "codedesk acks list has the ids" in capsys.readouterr().err


def test_looks_at_acknowledgments_are_logged(sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["acks", "import", str(answer(sent, tmp_path, "R"))])
    (row,) = listed(capsys)
    main(["acks", "show", str(row["id"])])

    with open_database().reading() as session:
        actions = session.exec(select(LogEntry.action).order_by(col(LogEntry.seq).desc()).limit(2)).all()

    assert actions == ["acknowledgment.view", "acknowledgment.list"]


def test_a_277ca_shows_what_its_levels_state_in_sum(
    sent: Sent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    totals = "QTY*90*1~QTY*AA*0~AMT*YU*100.03~QTY*ZZ*7~" + PROVIDER.format(npi="1234567893")
    path = tmp_path / "back.277"
    path.write_bytes(claim_status(sent, totals + "QTY*QA*1~" + patient(sent.numbers[0], "A2:20", "ICN1")))
    main(["acks", "import", str(path)])
    (row,) = listed(capsys)

    main(["acks", "show", str(row["number"])])

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "states" in line] == [
        "receiver US states accepted: 1 claim, 100.03; rejected: 0 claims; ZZ: 7 claims",
        "provider US states accepted: 1 claim",
    ]
    assert "   payer's number ICN1" in lines

"""`codedesk log`: exit codes and lines of verify, anchor, opened and list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import func, select

from store import log
from store.actors import SYSTEM
from store.database import Database
from store.models import LogEntry
from tests.store import attacks
from tui.cli import main

pytestmark = pytest.mark.both_databases


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def test_a_whole_log_is_said_to_be_whole(demo: Database, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["log", "verify"])

    assert code == 0
    assert "the log is whole" in capsys.readouterr().out


def test_the_first_bad_entry_is_named_with_exit_code_1(demo: Database, capsys: pytest.CaptureFixture[str]) -> None:
    attacks.attack(demo, attacks.edit)

    code = main(["log", "verify"])

    assert (code, capsys.readouterr().out) == (1, "entry 5: its hash does not fit its content\n")


def test_a_log_cut_off_fails_with_its_anchor_alone(
    demo: Database, anchors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["log", "anchor", "--file", str(anchors)])
    attacks.attack(demo, attacks.truncate)
    capsys.readouterr()

    without, with_anchor = main(["log", "verify"]), main(["log", "verify", "--anchor", str(anchors), "--json"])

    out = capsys.readouterr().out.splitlines()
    assert (without, with_anchor) == (0, 1)
    assert "its end is not proven" in out[0]
    assert json.loads(out[1])["first_bad"] == 8


def test_the_settings_anchor_is_used_without_naming_it(
    demo: Database, anchors: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODEDESK_LOG_ANCHOR", str(anchors))
    main(["log", "anchor"])

    code = main(["log", "verify"])

    assert code == 0
    assert "1 anchors hold" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["log", "anchor"], "where shall the anchor go"),
        (["log", "anchor", "--file", "/nowhere/at/all"], "/nowhere/at/all"),
        (["log", "verify", "--anchor", "/nowhere"], "/nowhere"),
        (["log", "opened", "no such visit"], "no such visit"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    demo: Database, words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words)

    err = capsys.readouterr().err
    assert code in (1, 2)
    assert named in err and err.count("\n") == 1


def test_who_looked_at_a_chart_on_the_command_line_is_told(demo: Database, capsys: pytest.CaptureFixture[str]) -> None:
    main(["encounters", "list", "--json"])
    visit = json.loads(capsys.readouterr().out)[0]["visit_number"]
    main(["encounters", "show", visit])
    capsys.readouterr()

    main(["log", "opened", visit, "--json"])

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["action"] == "encounter.view"


@pytest.mark.parametrize("content", ["", "no anchor at all\n", "codedesk-anchor key=4c seq=1 hash=9 at=now\n"])
def test_a_file_without_an_anchor_proves_nothing_and_says_so(
    demo: Database, anchors: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    anchors.write_text(content)

    code = main(["log", "verify", "--anchor", str(anchors)])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert f"{anchors} holds no anchor" in said.err


def test_entries_dated_before_the_one_in_front_are_a_remark_and_no_fault(
    demo: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    for at in ("12:00", "11:56", "10:30", "10:31", "12:00", "09:00"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("store.log.now", lambda at=at: f"2027-01-02T{at}:00.000Z")
            log.note(demo, SYSTEM, "intake.dry_run")
    with demo.reading() as session:
        last = session.exec(select(func.max(LogEntry.seq))).one()

    code = main(["log", "verify"])

    verdict, remark = capsys.readouterr().out.splitlines()[:2]
    assert code == 0 and "the log is whole" in verdict
    # Four minutes are how far the clocks of two hosts may be apart.
    assert remark == (
        "remark: 2 entries are dated earlier than the one before: the first is entry"
        f" {last - 3}, of 2027-01-02T10:30:00Z after 2027-01-02T11:56:00Z;"
        " a clock was set back, and the order is that of the chain"
    )


@pytest.mark.sqlite_only
def test_bytes_in_the_place_of_text_are_a_fault_of_their_entry(
    demo: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    attacks.attack(demo, lambda held: held.exec_driver_sql("UPDATE log_entry SET at = x'00ff' WHERE seq = 5"))

    code = main(["log", "verify"])

    assert (code, capsys.readouterr().out) == (1, "entry 5: it holds what is no text\n")


@pytest.fixture
def lost(demo: Database, anchors: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The file that the settings name for anchors, which is gone after two."""
    monkeypatch.setenv("CODEDESK_LOG_ANCHOR", str(anchors))
    main(["log", "anchor"])
    main(["log", "anchor"])
    anchors.unlink()
    capsys.readouterr()
    return anchors


def test_without_its_anchors_a_log_has_a_verdict_and_the_loss_is_told(
    lost: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["log", "verify"])

    verdict, loss, meaning = capsys.readouterr().out.splitlines()
    assert code == 2
    assert "the log is whole" in verdict and "its end is not proven" in verdict
    assert f"no anchors in {lost}: no such file" in loss and "2 anchors were written to it, the last at 20" in loss
    assert "cut off at the end would not be missed" in meaning


def test_without_its_anchors_a_log_that_is_not_whole_is_still_said_not_to_be(
    demo: Database, lost: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attacks.attack(demo, attacks.edit)

    code = main(["log", "verify", "--json"])

    state = json.loads(capsys.readouterr().out)
    assert (code, state["first_bad"], state["without_anchors"][0]["written"]) == (1, 5, 2)


def test_the_anchors_that_are_left_hold_where_another_file_of_them_is_gone(
    lost: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = tmp_path / "left"
    main(["log", "anchor", "--file", str(left)])
    monkeypatch.setenv("CODEDESK_LOG_ANCHOR", f"{left}, {lost}")
    capsys.readouterr()

    code = main(["log", "verify"])

    verdict, loss = capsys.readouterr().out.splitlines()
    assert code == 2
    assert "1 anchors hold" in verdict and f"no anchors in {lost}" in loss


def test_an_anchor_in_a_new_file_says_that_earlier_ones_are_missing_and_logs_it(
    lost: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["log", "anchor"])

    said = capsys.readouterr()
    main(["log", "list", "-n", "1", "--action", "log.anchor", "--json"])
    assert code == 0 and said.out.startswith("codedesk-anchor ")
    assert f"this is the first anchor in {lost}" in said.err and "earlier anchors are missing" in said.err
    assert json.loads(capsys.readouterr().out)["detail"]["begun"] == [str(lost)]


def test_the_first_anchor_of_all_misses_none_and_the_next_says_nothing(
    demo: Database, anchors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["log", "anchor", "--file", str(anchors)])
    first = capsys.readouterr().err
    main(["log", "anchor", "--file", str(anchors)])

    assert "this is the first anchor in" in first and "missing" not in first
    assert capsys.readouterr().err == ""


def test_a_log_that_was_emptied_beside_a_record_is_not_whole(
    demo: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    attacks.attack(demo, lambda connection: connection.exec_driver_sql("DELETE FROM log_entry"))

    code = main(["log", "verify"])

    assert code == 1
    assert "the log is empty, and the record holds" in capsys.readouterr().out

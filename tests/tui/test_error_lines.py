"""Errors quote what was typed and what files hold; controls of a terminal are never part of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import CodedeskError, UsageError
from codesets.reference import Reference
from store.database import Database
from tui.cli import main, named

HOSTILE = "\x1b]0;owned\x07\u202e\x9b31m\x1b[2J"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.thorough
@given(st.text(), st.text())
def test_an_error_is_one_safe_line_whatever_it_quotes(message: str, remedy: str) -> None:
    error = CodedeskError(message, remedy)

    shown = (error.line(), error.message, error.remedy, str(error))

    assert not any(CONTROLS.search(text) or "\n" in text for text in shown)


@pytest.mark.parametrize(
    "command",
    [
        [HOSTILE],
        ["encounters", "show", HOSTILE],
        ["encounters", "export", HOSTILE, "--to", "x", "--purpose", "y"],
        ["chart", HOSTILE],
        ["drg", HOSTILE],
        ["hcc", HOSTILE],
        ["log", "opened", HOSTILE],
        ["log", HOSTILE],
        ["claims", "show", HOSTILE],
        ["claims", "print", HOSTILE],
        ["denials", "why", HOSTILE],
        ["ledger", HOSTILE],
        ["patients", "restrict", HOSTILE, "--reason", "works in this clinic"],
        ["worklists", "charts", "--where", HOSTILE],
        ["export", HOSTILE],
        ["export", "encounter", "--columns", HOSTILE],
        ["backup", f"/nowhere/{HOSTILE}"],
        ["restore", "--verify", f"/nowhere/{HOSTILE}"],
        ["intake", f"/nowhere/{HOSTILE}"],
        ["check", f"/nowhere/{HOSTILE}"],
        ["remits", "check", f"/nowhere/{HOSTILE}"],
        ["code", HOSTILE],
    ],
    ids=lambda command: " ".join(command).replace(HOSTILE, "HOSTILE"),
)
def test_no_command_echoes_the_controls_of_an_argument(
    db: Database, reference: Reference, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    code = main(command)

    said = capsys.readouterr()
    assert code != 0
    assert said.err and not CONTROLS.search(said.err + said.out)


def test_an_option_is_never_taken_for_a_word_of_the_command() -> None:
    import argparse

    from tui.commands import log

    parser = argparse.ArgumentParser()
    log.configure(parser)

    options = parser.parse_args(["list", "--action", "patient"])

    assert named("log", parser, options) == "log list"


def test_a_remedy_stays_in_brackets_behind_the_message() -> None:
    assert UsageError("no", "yes").line() == "usage: no (yes)"


def test_entries_of_the_log_are_listed_by_the_beginning_of_their_action(
    db: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    codes = [main(["log", "list", "--action", word]) for word in ("patient", "chart", "log")]

    assert codes == [0, 0, 0]
    assert "not allowed" not in capsys.readouterr().err

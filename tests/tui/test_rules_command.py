"""`codedesk rules`: what the screens of the rules can do, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tui.cli import main
from tui.commands.rules import WHOLE_RULE

pytestmark = pytest.mark.usefixtures("demo_url", "reference")

RULE = """
id = "site_visit"
title = "More than four units of a visit"
family = "codes"
level = "line"
severity = "error"
when = "code == 'G0463' and units > 4"
params = { place = "units" }
message = "Line {line} has {units} units."
fix = "Bill one unit."
citation = "Contract, section 4"
snip = 7
passes = [{}]
fails = [{ set = { "line.1.units" = 5 }, at = "line.1.units" }]
"""


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, object]:
    code = main(["rules", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def rule_file(tmp_path: Path) -> str:
    path = tmp_path / "visit.toml"
    path.write_text(RULE, encoding="utf-8")
    return str(path)


def test_the_list_has_every_rule_and_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    code, counts = answer(capsys, "list", "--counts")

    assert code == 0
    assert counts["rules"] >= 150 and sum(counts["family"].values()) == counts["rules"]


def test_the_examples_of_all_rules_hold(capsys: pytest.CaptureFixture[str]) -> None:
    code, outcomes = answer(capsys, "test")

    assert (code, [one["rule_id"] for one in outcomes if not one["holds"]]) == (0, [])


def test_a_rule_is_added_tried_and_switched_on(capsys: pytest.CaptureFixture[str], rule_file: str) -> None:
    _, added = answer(capsys, "add", rule_file)
    _, tried = answer(capsys, "try", "site_visit")
    code, _ = answer(capsys, "on", "site_visit", "--reason", "contract")

    _, page = answer(capsys, "show", "site_visit")
    assert (code, added["version"], tried["claims"]) == (0, 1, 0)
    assert (page["entry"]["on"], page["outcome"]["failing"]) == (True, 1)


def test_the_help_shows_a_whole_rule_that_holds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    whole = WHOLE_RULE.split("FILE, whole:")[1].split("The examples must hold")[0]
    path = tmp_path / "whole.toml"
    path.write_text("\n".join(line.strip() for line in whole.splitlines()), encoding="utf-8")

    code, kept = answer(capsys, "add", str(path))

    assert (code, kept) == (0, {"rule": "site_units", "version": 1, "holds": True, "reasons": []})


def test_a_change_for_a_payer_is_shown_and_undone(capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "set", "r014", "--severity", "info", "--payer", "DEMO11", "--reason", "agreed")

    _, undone = answer(capsys, "rollback", "r014", "--reason", "not agreed")

    assert undone == {"rule": "r014", "undone": "payer DEMO11: severity info"}


def test_a_rule_is_copied_and_written_part_by_part(capsys: pytest.CaptureFixture[str]) -> None:
    copied = answer(capsys, "copy", "r282", "site_fifty")
    written = answer(capsys, "write", "site_fifty", "example", "at=line.1.units line.1.units=2")
    code, parts = answer(capsys, "parts", "site_fifty")
    mended = answer(capsys, "write", "site_fifty", "example.3", "--remove")

    assert (copied, written) == (
        (0, {"rule": "site_fifty", "version": 1}),
        (0, {"rule": "site_fifty", "version": 2}),
    )
    assert code == 1
    assert parts[-1]["trouble"] == "expected a finding at line.1.units, found none"  # type: ignore[index]
    assert mended == (0, {"rule": "site_fifty", "version": 3})


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["show", "r999"], 2, "no rule is called 'r999'"),
        (["list", "--family", "none"], 2, "no family is called"),
        (["try", "r014", "--days", "-1"], 2, "from 1 to 36,500, got '-1'"),
        (["off", "r203", "--reason", "x"], 1, "is critical"),
        (["set", "r014", "--reason", "x"], 2, "nothing to change"),
        (["set", "r014", "--param", "most", "--reason", "x"], 2, "expected NAME=VALUE"),
        (["test", "./nothing.toml"], 2, "No such file"),
        (["copy", "r001", "site_x"], 2, "no condition that ships"),
        (["write", "r282", "title"], 2, "either a text or --remove"),
        (["write", "r282", "title", "mine"], 2, "has written no rule"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    assert main(["rules", *words]) == code
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "id = ", "\x00\xff", "[" * 5000, 'id = "x"'])
def test_a_file_that_is_no_rule_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str) -> None:
    path = tmp_path / "rule.toml"
    path.write_text(content, encoding="latin-1")

    assert main(["rules", "add", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1

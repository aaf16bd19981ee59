"""`codedesk worklists`: what the screens do with worklists, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tui.cli import main

HIGH = '[[worklist]]\nname = "High dollar"\nall = ["kind is facility", "charges at least 5000"]\n\n'


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> object:
    capsys.readouterr()
    assert main(["worklists", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def changed(as_administrator: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The worklists in force with one more at the top, in a file."""
    assert main(["worklists", "show"]) == 0
    path = tmp_path / "worklists.toml"
    path.write_text(HIGH + capsys.readouterr().out)
    return path


def test_worklists_are_edited_as_text_tried_kept_put_in_force_and_rolled_back(
    changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = told(capsys, "try", str(changed))
    kept = told(capsys, "save", str(changed), "--note", "much money")
    used = told(capsys, "use", str(kept["version"]), "--reason", "asked for")
    listed = told(capsys, "list")
    back = told(capsys, "rollback", "--reason", "not so")

    assert kept == {"version": 2} and used["moved"] == tried["moved"] == back["moved"] > 0
    assert listed["worklists"][0]["name"] == "High dollar" and listed["worklists"][0]["ready"] == tried["moved"]
    assert [step["version"] for step in told(capsys, "history")["in_force"]] == [2, 1]


def test_a_wrong_file_is_one_line_that_names_the_worklist(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed.write_text('[[worklist]]\nname = "A"\nall = ["colour is red"]\n\n[[worklist]]\nname = "B"\n')

    assert main(["worklists", "check", str(changed)]) == 1
    assert "A: “colour is red” begins with no field" in capsys.readouterr().err


def test_why_and_charts_answer_for_one_chart_and_for_criteria(
    as_administrator: None, capsys: pytest.CaptureFixture[str]
) -> None:
    charts = told(capsys, "charts", "Clinic", "--where", "charges at least 200")
    why = told(capsys, "why", charts[0]["id"])

    assert charts and all(row["cents"] >= 20_000 for row in charts)
    assert why[0]["worklist"] == "Clinic" and why[0]["taken"]["criteria"][0]["words"] == "setting is clinic"
    assert main(["worklists", "why", "nothing"]) == 2


def test_criteria_are_typed_on_the_command_line_as_they_are_shown_and_lists_are_named_in_any_case(
    as_administrator: None, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = told(capsys, "list")["worklists"][0]["criteria"]
    told(capsys, "charts", "--where", shown)
    both = told(capsys, "charts", "clinic", "--where", "setting is clinic and charges at least 200")
    apart = told(capsys, "charts", "CLINIC", "--where", "charges at least 200", "--where", "setting is clinic")

    assert both and [row["id"] for row in both] == [row["id"] for row in apart]


def test_a_chart_is_opened_by_what_the_list_prints_of_it(
    as_administrator: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["worklists", "charts", "Clinic"]) == 0
    visit = capsys.readouterr().out.split()[0]
    task = told(capsys, "charts", "Clinic")[0]["id"]

    for named in (visit, task):
        assert main(["chart", named, "--json"]) in (0, 1)
        assert json.loads(capsys.readouterr().out)["visit"] == visit


def test_work_is_moved_after_a_look_and_views_are_kept(
    as_administrator: None, capsys: pytest.CaptureFixture[str]
) -> None:
    looked = told(capsys, "balance", "Clinic", "mreyes", "rfox", "--most", "4", "--reason", "x", "--dry-run")
    done = told(capsys, "balance", "Clinic", "mreyes", "rfox", "--most", "4", "--reason", "x")
    told(capsys, "save-view", "mine", "--where", "assigned to is mreyes", "--columns", "patient,charges")

    assert (looked["assigned"], done["assigned"]) == (0, 4) and looked["given"] == done["given"]
    assert len(told(capsys, "charts", "--view", "mine")) == 2
    assert told(capsys, "skills", "mreyes", "Inpatient")["login"] == "mreyes"
    assert {"login": "mreyes", "skills": ["inpatient"], "facilities": []} in told(capsys, "people")


def test_many_charts_are_held_cleared_and_skipped_after_a_look(
    as_administrator: None, capsys: pytest.CaptureFixture[str]
) -> None:
    those = ("--worklist", "Clinic", "--where", "charges at least 200")

    looked = told(capsys, "hold", *those, "--for", "clarification", "--dry-run")
    held = told(capsys, "hold", *those, "--for", "clarification")
    skipped = told(capsys, "skip", *looked["items"], "--reason", "x", code=1)
    cleared = told(capsys, "clear-holds", *those)

    count = len(looked["items"])
    assert looked["changed"] == 0 and held["changed"] == cleared["changed"] == count > 1
    assert skipped["changed"] == 0 and skipped["stay"] == {"on hold": count}


def test_a_step_for_many_asks_which(as_administrator: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worklists", "skip", "--reason", "x"]) == 2
    assert "which charts?" in capsys.readouterr().err

"""Which charts living sessions of a person have open: one session a chart, and nothing left by dead ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from store.open_charts import FOLDER, OpenCharts, open_in_another_session

HOLDS = """
import sys
from store.open_charts import OpenCharts
charts = OpenCharts()
print(charts.hold("CHART", "mreyes"), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODEDESK_HOME", str(tmp_path))
    return tmp_path


def test_a_second_session_of_a_person_does_not_get_a_chart_until_the_first_lets_it_go() -> None:
    first, second = OpenCharts(), OpenCharts()
    first.hold("CHART", "mreyes")

    refused = second.hold("CHART", "mreyes")
    seen = open_in_another_session("CHART", "mreyes")
    first.let_go("CHART")

    assert not refused and seen
    assert not open_in_another_session("CHART", "mreyes") and second.hold("CHART", "mreyes")


def test_another_person_and_another_chart_are_no_matter_of_it() -> None:
    first, second = OpenCharts(), OpenCharts()
    first.hold("CHART", "mreyes")

    assert second.hold("CHART", "jpark") and second.hold("OTHER", "mreyes")


def test_a_chart_that_one_session_opened_twice_is_free_when_it_was_closed_twice() -> None:
    charts = OpenCharts()
    charts.hold("CHART", "mreyes")
    charts.hold("CHART", "mreyes")

    charts.let_go("CHART")
    after_one = open_in_another_session("CHART", "mreyes")
    charts.let_go("CHART")

    assert after_one and not open_in_another_session("CHART", "mreyes")


def test_a_session_that_was_killed_holds_nothing_and_files_go_with_their_charts(own_home: Path) -> None:
    session = subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert session.stdout is not None and session.stdout.readline() == "True\n"
        alive = open_in_another_session("CHART", "mreyes")
    finally:
        session.kill()
        session.communicate()

    assert alive and not open_in_another_session("CHART", "mreyes")
    assert list((own_home / FOLDER).iterdir()) == []


def test_where_no_file_can_be_kept_charts_open_all_the_same(own_home: Path) -> None:
    (own_home / FOLDER).write_text("in the way")

    assert OpenCharts().hold("CHART", "mreyes")
    assert not open_in_another_session("CHART", "mreyes")

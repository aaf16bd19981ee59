"""Every test is in the short run of the README or among the thorough ones, and `.ci/run` runs both."""

from __future__ import annotations

import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTEST = "python -m pytest"
SHORT, THOROUGH = "not thorough", "thorough"


def runs_of_pytest(text: str) -> list[list[str]]:
    """The arguments of each `python -m pytest` in a text of shell commands."""
    calls = (line.partition(PYTEST)[2] for line in text.splitlines() if PYTEST in line)
    return [shlex.split(call) for call in calls]


COLLECTING = """
import sys, pytest
for tier in sys.argv[1:3]:
    code = pytest.main(["-q", "--collect-only", "-p", "no:cacheprovider", "-m", tier, *sys.argv[3:]])
    assert code == 0, code
    print("end of tier")
"""
"""Collects both tiers one after the other: to import the tests is most of the work, and done once."""


@cache
def _both_tiers() -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", COLLECTING, SHORT, THOROUGH,
         "tests/journeys", "tests/store/test_holds.py", "tests/store/test_retention.py"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    short, thorough, _ = done.stdout.split("end of tier\n")
    return {SHORT: _ids(short), THOROUGH: _ids(thorough)}


def _ids(told: str) -> list[str]:
    return [line for line in told.splitlines() if "::" in line]


def collected(tier: str) -> list[str]:
    """The tests of a tier among the journeys and those of holds, by their ids."""
    return _both_tiers()[tier]


def test_ci_runs_the_thorough_tests_and_then_the_short_run_and_leaves_none_out() -> None:
    runs = runs_of_pytest((ROOT / ".ci" / "run").read_text())

    assert runs == [["-n", "auto", "--dist", "loadfile", "-m", tier] for tier in (THOROUGH, SHORT)]


def test_the_command_of_the_readme_is_the_short_run() -> None:
    commands = (ROOT / "README.md").read_text().partition("## Run the tests")[2].split("```")[1]

    (run,) = runs_of_pytest(commands)

    assert run == ["-n", "auto", "--dist", "loadfile", "-m", SHORT]


def test_no_setting_leaves_a_test_out(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getini("addopts") == ["-ra", "--strict-markers"]
    assert pytestconfig.getini("testpaths") == ["tests"]


@pytest.mark.thorough
@pytest.mark.parametrize("tier", [SHORT, THOROUGH])
def test_each_tier_has_journeys_and_tests_on_postgresql(tier: str) -> None:
    ids = collected(tier)

    assert len([one for one in ids if one.startswith("tests/journeys/")]) >= 3
    assert [one for one in ids if "[postgres" in one]


def test_no_test_is_in_both_tiers() -> None:
    assert not set(collected(SHORT)) & set(collected(THOROUGH))

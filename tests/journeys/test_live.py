"""Two programs on one record: a list follows the other by itself, and says nothing while nothing changes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.sites import site
from tests.journeys.tmux import codedesk

pytestmark = pytest.mark.thorough


@pytest.fixture
def two(tmp_path: Path, reference_file: Path) -> Iterator[tuple[PseudoTerminal, PseudoTerminal, dict[str, str]]]:
    environment = site(tmp_path / "site", reference_file)
    terminals = [PseudoTerminal(codedesk("demo"), environment) for _ in range(2)]
    for terminal in terminals:
        terminal.expect("Clinic, ready to code")
        terminal.settle(1.5)
    yield *terminals, environment
    for terminal in terminals:
        terminal.end()


def test_a_list_shows_the_chart_that_another_session_opened_and_gives_back(two) -> None:
    one, other, _ = two

    other.send("Enter")
    one.expect("open by You since", 10)
    other.expect("f final")
    other.send("q")

    deadline = time.monotonic() + 10
    while "open by You" in one.text and time.monotonic() < deadline:
        one.settle(0.1, 0.3)
    assert "open by You" not in one.text


def test_a_list_sends_no_byte_while_nothing_on_it_changes(two) -> None:
    one, _, environment = two
    one.settle(1.5, 5)
    before = len(one.written)

    for _ in range(2):  # each of them is an entry of the log, and so a change of the record
        subprocess.run(codedesk("demo", "encounters", "list"), env=environment, check=True, stdout=subprocess.DEVNULL)
        one.settle(1.3, 2)

    assert bytes(one.written[before:]) == b""

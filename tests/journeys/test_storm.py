"""Keys faster than screens: all of them arrive, in their order, at the screens they were meant for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest

from tests.journeys.pseudo import KEYS, PseudoTerminal
from tests.journeys.tmux import codedesk

pytestmark = pytest.mark.thorough

Start = Callable[[tuple[int, int]], PseudoTerminal]

STORM = [*KEYS, *"nqhvzsfudibgxrK/:?!+-0123456789 .,*@R"]
"""Every key but y, which would answer the question whether to leave."""


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    """Starts the demo site on a pseudo terminal of a size and waits for its first screen."""
    started: list[PseudoTerminal] = []

    def starter(size: tuple[int, int]) -> PseudoTerminal:
        started.append(PseudoTerminal(codedesk("demo"), environment, size))
        started[-1].expect("Clinic, ready to code")
        started[-1].settle()
        return started[-1]

    yield starter
    for terminal in started:
        terminal.end()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=["80x24", "200x50"])
def test_a_storm_of_keys_leaves_a_program_that_answers(start: Start, size: tuple[int, int], seed: int) -> None:
    terminal = start(size)
    keys = random.Random(seed).choices(STORM, k=300)

    for key in keys:
        terminal.send(key)
        time.sleep(0.002)
    terminal.settle(1.0, 30)
    terminal.send("Esc")
    terminal.settle(0.5)
    terminal.send("F3")

    terminal.expect("Worklists  ", 30)
    assert terminal.process.poll() is None


def test_a_chart_is_coded_by_keys_that_all_came_before_it_opened(start: Start) -> None:
    terminal = start((80, 24))

    terminal.send("n+e11.42\ri10\r")

    terminal.expect(r"1 E11\.42(.|\n)*2 I10", 30)

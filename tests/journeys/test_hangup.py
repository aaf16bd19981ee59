"""A dropped connection: the process goes, what was typed stays, and the terminal is left as it was."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.tmux import codedesk
from tui.commands.reset_terminal import RESET

pytestmark = pytest.mark.thorough

Start = Callable[..., PseudoTerminal]


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    """Starts the demo site on a pseudo terminal and waits for its first screen."""
    started: list[PseudoTerminal] = []

    def starter(*words: str, **options: object) -> PseudoTerminal:
        started.append(PseudoTerminal(codedesk("demo", *words), environment, **options))  # type: ignore[arg-type]
        started[-1].expect("Clinic, ready to code")
        started[-1].settle()
        return started[-1]

    yield starter
    for terminal in started:
        terminal.end()


def _ignore_hangup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.parametrize("driver", [(), ("--plain-driver",)], ids=["difference", "plain"])
@pytest.mark.parametrize(
    "options",
    [{}, {"before": _ignore_hangup}, {"controlling": False}],
    ids=["hang-up", "hang-up ignored", "no signal at all"],
)
def test_a_terminal_that_closes_ends_the_process(
    start: Start, options: dict[str, object], driver: tuple[str, ...]
) -> None:
    terminal = start(*driver, **options)

    terminal.hang_up()

    assert terminal.gone(9) is not None


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_the_process_within_a_second_and_gives_the_terminal_back(
    start: Start, number: signal.Signals
) -> None:
    terminal = start()
    terminal.press("Down")
    already = len(terminal.written)

    terminal.process.send_signal(number)

    assert terminal.gone(1) == 128 + number
    left = bytes(terminal.written[already:])
    assert b"\x1b[?1049l" in left and b"\x1b[?25h" in left and b"\x1b[?7h" in left


def test_a_stalled_terminal_does_not_keep_the_process(start: Start) -> None:
    terminal = start()
    for _ in range(200):
        terminal.send("PgDn")
        terminal.send("PgUp")

    terminal.process.send_signal(signal.SIGTERM)

    # Nothing is read any more: the program cannot write its farewell.
    deadline = time.monotonic() + 5
    while terminal.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert terminal.process.poll() is not None


def test_what_was_typed_a_second_before_the_line_broke_is_there_again(start: Start) -> None:
    terminal = start()
    terminal.press("Enter")
    terminal.expect("Clinic visit note")
    terminal.press("+")
    terminal.expect(r"\n \+")
    for letter in "typed and not":
        terminal.send(letter)
    terminal.expect("typed and not")
    terminal.settle(1.0)

    terminal.hang_up()
    assert terminal.gone(5) is not None
    again = start()
    again.expect("Go on with .*, left at .* typed")
    again.settle(0.5)
    again.press("y")

    again.expect(r"\+typed and not")


def test_reset_terminal_undoes_every_mode_that_a_session_sets(start: Start) -> None:
    terminal = start()

    modes = set(re.findall(r"\x1b\[\?(\d+)h", terminal.written.decode())) - {"25"}

    assert [mode for mode in modes if f"\x1b[?{mode}l" not in RESET] == []
    assert "\x1b[?7h" in RESET and "\x1b[<u" in RESET and "\x1b[?25h" in RESET

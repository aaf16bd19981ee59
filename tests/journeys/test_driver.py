"""The driver on the real program: other sizes, noise on the screen, suspending, keys that arrive in pieces."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.sites import site
from tests.journeys.tmux import codedesk

pytestmark = pytest.mark.thorough


@pytest.fixture
def program(tmp_path: Path, reference_file: Path) -> Iterator[PseudoTerminal]:
    """The demo site on its first screen."""
    terminal = PseudoTerminal(codedesk("demo"), site(tmp_path / "site", reference_file))
    terminal.expect("Clinic, ready to code")
    terminal.settle(0.3)
    yield terminal
    terminal.end()


@pytest.mark.parametrize("size", [(100, 30), (200, 50)], ids=["100x30", "200x50"])
def test_another_size_draws_the_screen_anew(program: PseudoTerminal, size: tuple[int, int]) -> None:
    first = program.text

    program.resize(*size)
    program.settle(0.3)
    other = program.text
    program.resize(80, 24)
    program.settle(0.3)

    assert "Villarreal, Yesenia" in other
    assert program.text == first


def test_the_environment_does_not_decide_the_size(tmp_path: Path, reference_file: Path) -> None:
    environment = site(tmp_path / "site", reference_file) | {"COLUMNS": "120", "LINES": "40"}
    program = PseudoTerminal(codedesk("demo"), environment, (100, 30))
    try:
        program.expect(r"(.*\n){29}.*n next")
    finally:
        program.end()


def test_redraw_removes_what_another_program_wrote(program: PseudoTerminal) -> None:
    before = program.text.splitlines()[:22]
    program.emulator.feed("\x1b[5;20r\x1b[5;5H\x1b[41mBroadcast message from root\x1b[20;1H\n\n\n")

    for key in (":", "redraw", "Enter"):
        program.press(key)

    assert program.text.splitlines()[:22] == before


def test_a_program_that_was_stopped_comes_back_with_its_screen(program: PseudoTerminal) -> None:
    before = program.text
    program.process.send_signal(signal.SIGTSTP)
    program.settle(0.5)
    stopped = bytes(program.written[-400:])

    program.process.send_signal(signal.SIGCONT)
    program.settle(0.5)

    assert b"\x1b[?1049l" in stopped
    assert program.text == before
    program.send("Down")
    program.expect("2 of 13")


def test_broken_characters_and_cut_sequences_leave_the_keyboard_alive(program: PseudoTerminal) -> None:
    for piece in (b"\xc3", b"\xff\xfe", b"\x1b", b"[", b"B", b"\xe2\x82"):
        os.write(program._master, piece)
        time.sleep(0.005)
    program.settle(0.3)

    assert "3 of 13" in _after(program, "Down")


def test_the_keyboard_stays_alive_through_a_large_paste(program: PseudoTerminal) -> None:
    program.press("F2", 0.3)
    os.write(program._master, b"\x1b[200~")
    for _ in range(100):
        os.write(program._master, b"chest pain " * 93)
        program.settle(0.005, 0.01)
    os.write(program._master, b"\x1b[201~")
    program.settle(0.5, 20)

    program.press("F3", 0.3)

    assert "Clinic, ready to code" in program.text


def test_a_lone_escape_is_answered_sooner_than_textual_answers_it(program: PseudoTerminal) -> None:
    program.press("v", 0.3)

    answers = []
    for _ in range(3):
        answers.append(program.press("Esc", 0.3).first_ms)
        program.press("v", 0.3)

    assert min(answer for answer in answers if answer) < 90


def test_the_real_cursor_is_shown_on_the_selected_row(program: PseudoTerminal) -> None:
    program.press("Down")

    row, column = program.emulator.cursor()

    assert not program.emulator.screen.cursor.hidden
    assert (row, column) == (3, 0)


def _after(program: PseudoTerminal, key: str) -> str:
    program.press(key, 0.3)
    return program.text

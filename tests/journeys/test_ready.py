"""Sessions of a process that waits with the program loaded: like any other, and no stranger gets one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.sites import site
from tests.journeys.tmux import codedesk
from tui.commands.reset_terminal import RESET
from tui.ready import SOCKET

pytestmark = pytest.mark.thorough


@dataclass
class Waiting:
    """The process that waits, and the terminals of its sessions."""

    environment: dict[str, str]
    process: subprocess.Popen[str]
    terminals: list[PseudoTerminal] = field(default_factory=list)

    @property
    def place(self) -> Path:
        return Path(self.environment["CODEDESK_HOME"]) / SOCKET

    def sit(self, *words: str) -> PseudoTerminal:
        """A session of it, at its first screen."""
        self.terminals.append(PseudoTerminal(codedesk("demo", *words), self.environment))
        self.terminals[-1].expect("Clinic, ready to code(.|\n)*n next")
        return self.terminals[-1]

    def sessions(self) -> list[int]:
        """The process ids of its sessions."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in children.read_text().split()]

    def none_left(self, seconds: float = 10) -> bool:
        deadline = time.monotonic() + seconds
        while self.sessions() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.sessions()


@pytest.fixture
def waiting(reference_file: Path) -> Iterator[Waiting]:
    with tempfile.TemporaryDirectory(prefix="cd-") as folder:
        environment = site(Path(folder, "home"), reference_file)
        process = subprocess.Popen(
            codedesk("ready"), env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None and "ready at" in process.stderr.readline()
        waits = Waiting(environment, process)
        yield waits
        for terminal in waits.terminals:
            terminal.end()
        process.terminate()
        process.wait(10)
        process.stderr.close()


def test_a_session_works_and_ends_like_any_other(waiting: Waiting) -> None:
    terminal = waiting.sit()
    assert len(waiting.sessions()) == 1

    terminal.send("Enter")
    terminal.expect("f final")
    terminal.resize(132, 43)
    terminal.expect("CODER|Documents|Codes")
    terminal.send("q")
    terminal.expect("n next")
    deadline = time.monotonic() + 10
    while not terminal.emulator.text()[42].strip() and time.monotonic() < deadline:
        terminal.settle(0.2)
    assert terminal.emulator.text()[42].strip(), "the last of 43 rows has the keys"
    terminal.send("q")
    terminal.expect("y yes")
    time.sleep(0.4)  # keys are left alone at first where a question has just come
    terminal.send("y")

    assert terminal.gone(10) == 0
    assert waiting.none_left()


def test_who_is_killed_takes_the_session_along(waiting: Waiting) -> None:
    terminal = waiting.sit()

    terminal.process.send_signal(signal.SIGKILL)

    assert waiting.none_left()


def test_a_connection_that_drops_ends_the_session(waiting: Waiting) -> None:
    terminal = waiting.sit()

    terminal.hang_up()

    assert waiting.none_left()
    assert terminal.gone(5) == 128 + signal.SIGHUP


def test_a_session_that_is_killed_gives_the_terminal_back(waiting: Waiting) -> None:
    terminal = waiting.sit()

    os.kill(waiting.sessions()[0], signal.SIGKILL)

    assert terminal.gone(10) == 128 + signal.SIGKILL
    assert RESET.encode() in terminal.written


def test_a_session_that_is_suspended_stops_who_asked_and_goes_on_with_them(waiting: Waiting) -> None:
    terminal = waiting.sit()

    os.kill(waiting.sessions()[0], signal.SIGSTOP)
    assert _state(terminal.process.pid, "T")
    terminal.process.send_signal(signal.SIGCONT)

    terminal.send("?")
    terminal.expect("keys of this screen|Keys")
    assert not _state(waiting.sessions()[0], "T", 0.1)


def _state(process: int, wanted: str, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2][1] == wanted:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)


def test_sessions_outlive_the_process_that_made_them(waiting: Waiting) -> None:
    terminal = waiting.sit()
    (session,) = waiting.sessions()

    waiting.process.terminate()
    waiting.process.wait(10)
    time.sleep(0.3)
    terminal.send("?")

    terminal.expect("keys of this screen|Keys")
    assert not waiting.place.exists()
    os.kill(session, signal.SIGKILL)


def test_a_setting_that_is_read_while_loading_starts_a_session_by_itself(waiting: Waiting) -> None:
    waiting.environment["CODEDESK_ESCDELAY"] = "50"

    waiting.sit()

    assert waiting.sessions() == []


def test_where_the_process_has_gone_a_session_starts_by_itself(waiting: Waiting) -> None:
    waiting.process.kill()
    waiting.process.wait(10)
    assert waiting.place.exists(), "what is left of a process that was killed"

    waiting.sit()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x04nope",
        b'\x00\x00\x00\x0e{"stamp": "old"}',
    ],
)
def test_what_is_no_request_of_this_version_gets_no_session(waiting: Waiting, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        stranger.connect(str(waiting.place))
        stranger.sendall(sent)
        stranger.settimeout(5)
        answer = stranger.recv(16)

    assert answer == b"no\n"
    assert waiting.sessions() == [] and waiting.process.poll() is None


def test_the_socket_is_for_its_account_alone_and_one_process_waits(waiting: Waiting) -> None:
    done = subprocess.run(
        codedesk("ready"), env={**os.environ, **waiting.environment}, capture_output=True, text=True, timeout=60
    )

    assert waiting.place.stat().st_mode & 0o777 == 0o600
    assert done.returncode == 2 and "waits at" in done.stderr and done.stderr.count("\n") == 1

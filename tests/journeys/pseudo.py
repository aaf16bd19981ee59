"""A program on a pseudo terminal of the test's own: every byte counted and timed, a link of any speed, hang-ups."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.tui.emulator import Emulator

KEYS = {
    "Enter": "\r",
    "Tab": "\t",
    "Esc": "\x1b",
    "Space": " ",
    "BSpace": "\x7f",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Right": "\x1b[C",
    "Left": "\x1b[D",
    "Home": "\x1b[H",
    "End": "\x1b[F",
    "PgUp": "\x1b[5~",
    "PgDn": "\x1b[6~",
    "F1": "\x1bOP",
    "F2": "\x1bOQ",
    "F3": "\x1bOR",
    "F4": "\x1bOS",
}

QUIET = 0.12
"""Seconds of silence that end an answer."""

_SYNC_QUERY, _SYNC_KNOWN = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


@dataclass(frozen=True)
class Answer:
    """What a key brought: bytes, and milliseconds from the key to their first and last; None without any."""

    size: int
    first_ms: float | None
    last_ms: float | None


def proportional_mib(process: int) -> float:
    """The memory of a process; pages that it shares with others count by their part."""
    with open(f"/proc/{process}/smaps_rollup") as file:
        return int(next(line for line in file if line.startswith("Pss:")).split()[1]) / 1024


class PseudoTerminal:
    """The program and the emulator that shows it. `rate` is the link's bytes a second, 0 for no limit."""

    def __init__(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        size: tuple[int, int] = (80, 24),
        rate: int = 0,
        controlling: bool = True,
        before: Callable[[], object] = int,
    ) -> None:
        self.emulator = Emulator(*size)
        self.written = bytearray()
        self.ended = False
        self._rate = rate
        self._decode = getincrementaldecoder("utf-8")(errors="replace").decode
        self._master, slave = os.openpty()
        self.resize(*size)

        def prepare() -> None:
            if controlling:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            before()

        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
            start_new_session=True,
            preexec_fn=prepare,
        )
        os.close(slave)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.emulator.resize(columns, rows)

    def press(self, key: str, quiet: float = QUIET) -> Answer:
        """Send a key, or text as it is, and take the answer."""
        self.send(key)
        return self.settle(quiet)

    def send(self, key: str) -> None:
        """Send a key and wait for nothing."""
        if not self.ended:
            os.write(self._master, KEYS.get(key, key).encode())

    def settle(self, quiet: float = QUIET, limit: float = 10.0) -> Answer:
        """Take what comes until there is silence, and no silence of a program that waits for the processor."""
        start = time.perf_counter()
        size, first, last = 0, None, None
        while not self.ended and time.perf_counter() - start < limit:
            data = self._read(quiet)
            if data is None and (quiet >= limit or self._at_rest()):
                break
            if data is None:
                continue
            last = (time.perf_counter() - start) * 1000
            first = last if first is None else first
            size += len(data)
        return Answer(size, first, last)

    def expect(self, pattern: str, seconds: float = 20.0) -> str:
        """Wait until the screen shows a pattern, and return the screen."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text) and time.monotonic() < deadline and not self.ended:
            self._read(0.05)
        assert re.search(pattern, self.text), f"{pattern!r} never came to the screen, which shows:\n{self.text}"
        return self.text

    @property
    def text(self) -> str:
        """What the terminal shows."""
        return "\n".join(self.emulator.text())

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does."""
        os.close(self._master)
        self.ended = True

    def gone(self, seconds: float) -> int | None:
        """The exit code, once the program has ended; None if it runs on."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.ended:
                self._read(0.02)
            if (code := self.process.poll()) is not None:
                return code
            time.sleep(0.01)
        return None

    def end(self) -> None:
        """End what still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(5)
        if not self.ended:
            self.hang_up()

    def memory_mib(self) -> float:
        """Proportional memory of the program: pages that it shares with others count by their part."""
        return proportional_mib(self.process.pid)

    def _at_rest(self) -> bool:
        """Whether every thread of the program waits for something that is not the machine."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        try:
            states = [task.read_text().rpartition(")")[2][1] for task in tasks]
        except OSError:  # a thread that has just ended
            return False
        return "R" not in states and "D" not in states

    def _read(self, seconds: float) -> bytes | None:
        if not select.select([self._master], [], [], seconds)[0]:
            return None
        try:
            data = os.read(self._master, max(16, self._rate // 100) if self._rate else 65536)
        except OSError:
            self.ended = True
            os.close(self._master)
            return None
        if self._rate:
            time.sleep(len(data) / self._rate)
        self.written += data
        if _SYNC_QUERY in data:
            os.write(self._master, _SYNC_KNOWN)
        self.emulator.feed(self._decode(data))
        return data


def open_once(terminal: PseudoTerminal) -> None:
    """Open a chart and leave it: what the first one waits for is loaded then, and is no matter of the terminal."""
    terminal.send("Enter")
    terminal.expect("f final")
    terminal.settle(0.25)
    terminal.send("q")
    terminal.expect("n next")
    terminal.settle(0.25)

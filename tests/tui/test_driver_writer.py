"""The thread between the picture and the terminal: it never makes the event loop wait, and it knows when to stop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.tui.emulator import Emulator
from tui.driver.picture import Picture
from tui.driver.writer import FrameWriter


@dataclass
class Line:
    """A writer and the other end of its terminal."""

    read: int
    writer: FrameWriter
    gone: threading.Event
    defects: list[Exception] = field(default_factory=list)

    def everything(self) -> str:
        """All that was sent, after the writer has ended."""
        os.close(self.writer.fileno())
        parts = []
        while data := os.read(self.read, 65536):
            parts.append(data)
        return b"".join(parts).decode()


@pytest.fixture
def line() -> Iterator[Line]:
    read, write = os.pipe()
    gone, defects = threading.Event(), []
    yield Line(read, FrameWriter(write, Picture(80, 24), gone.set, defects.append), gone, defects)
    for fd in (read, write):
        try:
            os.close(fd)
        except OSError:
            continue


def _frame(number: int) -> str:
    rows = (f"\x1b[{y + 1};1H{number * 31 + y:>8} {'x' * 60}" for y in range(24))
    return "\n".join(rows) + "\x1b[1;1H"


def test_a_link_that_takes_nothing_holds_back_neither_the_writer_of_frames_nor_the_newest_one(line: Line) -> None:
    line.writer.start()
    began = time.monotonic()

    for number in range(2000):
        line.writer.write(_frame(number))
    waited = time.monotonic() - began
    reader: list[str] = []
    thread = threading.Thread(target=lambda: reader.append(_drain(line.read)))
    thread.start()
    line.writer.stop()
    os.close(line.writer.fileno())
    thread.join(5)

    emulator = Emulator(80, 24)
    emulator.feed(reader[0])
    assert emulator.text()[3].split()[0] == str(1999 * 31 + 3)
    assert waited < 10 and len(reader[0]) < 200_000


def _drain(fd: int) -> str:
    parts = []
    while data := os.read(fd, 65536):
        parts.append(data)
    return b"".join(parts).decode()


def test_what_waits_is_sent_before_the_end(line: Line) -> None:
    line.writer.write("\x1b[1;1Hcode\x1b[1;1H")
    line.writer.write("\x1b[?1049l")
    line.writer.start()

    line.writer.stop()

    assert line.everything().endswith("code\r\x1b[?1049l")


def test_after_the_end_nothing_is_taken_and_nothing_fails(line: Line) -> None:
    line.writer.start()
    line.writer.stop()

    line.writer.write("\x1b[1;1Hcode")

    assert line.everything() == ""


def test_a_terminal_that_is_gone_is_reported_once(line: Line) -> None:
    os.close(line.read)
    line.writer.start()

    line.writer.write("\x1b[1;1Hcode\x1b[1;1H")

    assert line.gone.wait(2)
    line.writer.join(2)
    assert not line.writer.is_alive()
    line.read = os.open(os.devnull, os.O_RDONLY)


class _Broken(Picture):
    def take(self, data: str) -> None:
        raise ValueError(data)


def test_after_a_defect_everything_passes_as_it_comes(line: Line) -> None:
    line.writer._picture = _Broken(80, 24)
    line.writer.start()

    line.writer.write("\x1b[1;1Hfirst")
    line.writer.write("\x1b[2;1Hsecond")
    line.writer.stop()

    assert line.everything() == "\x1b[r\x1b[m\x1b[H\x1b[J\x1b[1;1Hfirst\x1b[2;1Hsecond"
    assert [type(error) for error in line.defects] == [ValueError]


def test_a_size_that_changed_draws_everything_again(line: Line) -> None:
    line.writer.write("\x1b[1;1Hcode\x1b[1;1H")
    line.writer.resize(100, 30)
    line.writer.start()

    line.writer.stop()

    assert line.everything().endswith("\x1b[m\x1b[H\x1b[Jcode\r")

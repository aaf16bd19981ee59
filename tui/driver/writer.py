"""The thread that writes to the terminal: while it is busy with one frame, any number of newer ones fall into the
picture, and only the newest is sent. The event loop never waits for a slow link."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from tui.driver.picture import Picture

LAST_WORDS = 1.0
"""Seconds that the end of the program waits for a terminal that does not take anything any more."""


class FrameWriter(threading.Thread):
    """Takes Textual's writer's place and has its methods.

    `gone()` is called once when the terminal does not exist any more, `broken(error)` once after a defect in the
    picture; from then on everything is passed through as it comes. Both are called in any thread.
    """

    def __init__(
        self, fd: int, picture: Picture, gone: Callable[[], None], broken: Callable[[Exception], None]
    ) -> None:
        super().__init__(daemon=True, name="codedesk-output")
        self._fd = fd
        self._picture: Picture | None = picture
        self._gone = gone
        self._broken = broken
        self._raw: list[str] = []
        self._ended = False
        self._wake = threading.Condition()

    def write(self, text: str) -> None:
        """Take a write of Textual."""
        with self._wake:
            if self._ended:
                return
            if self._picture is None:
                self._raw.append(text)
            else:
                try:
                    self._picture.take(text)
                except Exception as error:
                    self._pass_through(error)
                    self._raw.append(text)
            self._wake.notify()

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size; what it shows is not known any more, even where the size is the same."""
        with self._wake:
            if self._picture is not None:
                self._picture.resize(columns, rows)
                self._wake.notify()

    def place(self, row: int, column: int) -> None:
        """Put the cursor there if it is not on its way there already."""
        with self._wake:
            if self._picture is not None:
                self._picture.place(row, column)
                self._wake.notify()

    def redraw(self) -> bool:
        """Send the whole screen again; False when only Textual can."""
        with self._wake:
            if self._picture is None:
                return False
            self._picture.repair()
            self._wake.notify()
            return True

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def flush(self) -> None:
        """Nothing waits for this: the thread sends what there is."""

    def stop(self) -> None:
        """Send what waits and end; a terminal that takes nothing is left behind."""
        with self._wake:
            self._ended = True
            self._wake.notify()
        if self.is_alive():
            self.join(LAST_WORDS)

    def run(self) -> None:
        while True:
            with self._wake:
                while not (self._ended or self._raw or (self._picture is not None and self._picture.pending)):
                    self._wake.wait()
                text = self._next()
                if not text and self._ended:
                    return
            try:
                self._send(text.encode("utf-8", "replace"))
            except OSError:
                with self._wake:
                    self._ended = True
                self._gone()
                return

    def _next(self) -> str:
        text = ""
        if self._picture is not None:
            try:
                text = self._picture.send()
            except Exception as error:
                self._pass_through(error)
        text += "".join(self._raw)
        self._raw.clear()
        return text

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._fd, data) :]

    def _pass_through(self, error: Exception) -> None:
        self._picture = None
        self._raw.append("\x1b[r\x1b[m\x1b[H\x1b[J")
        self._broken(error)

"""Textual's driver for this program: frames as differences, the real cursor shown, Esc without a wait.

Input modes, suspending and signals stay as Textual has them. What is private to Textual 8 here: `_writer_thread`,
`_get_terminal_size`, `_file`, `_loop`, `_app` of its drivers, and its parser of keys; the journeys hold each.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from typing import Any

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui.crash import note_crash
from tui.driver.picture import Picture
from tui.driver.writer import FrameWriter
from tui.lifeline import HUNG_UP, leave

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_POLL = 0.1
_READ = 65536
_FOLLOW = 0.03


class DiffDriver(LinuxDriver):
    """Sends the difference between what the terminal shows and what it should show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._frames: FrameWriter | None = None
        self._started = self._following = False
        super().__init__(*args, **kwargs)

    @property
    def _writer_thread(self) -> FrameWriter | None:  # type: ignore[override]
        return self._frames

    @_writer_thread.setter
    def _writer_thread(self, writer: object) -> None:
        """Textual puts its own writer here when it starts; ours takes its place."""
        self._frames = None
        if writer is not None:
            picture = Picture(*self._terminal_size())
            self._frames = FrameWriter(self._file.fileno(), picture, self._lost, self._defect)

    def write(self, data: str) -> None:
        # Screen readers and Braille displays follow the real cursor, which Textual hides.
        if self._frames is not None:
            self._frames.write(_SHOW if data == _HIDE else data)

    def redraw(self) -> None:
        """Send the whole screen again, over whatever another program or a bad line left there."""
        if self._frames is None or not self._frames.redraw():
            self._app.screen.refresh(repaint=True, layout=True)

    def follow_cursor(self) -> None:
        """Move the cursor after `App.cursor_position`; a paint that comes at once takes it along for nothing."""
        if not self._following:
            self._following = True
            self._loop.call_later(_FOLLOW, self._place_cursor)

    def _place_cursor(self) -> None:
        self._following = False
        if self._frames is not None:
            x, y = self._app.screen.outer_size.clamp_offset(self._app.cursor_position)
            self._frames.place(y, x)

    def start_application_mode(self) -> None:
        self._started = False
        super().start_application_mode()
        self._started = True

    def run_input_thread(self) -> None:
        """Read keys. The terminal is asked often only while an Esc waits to be one, or the start of something."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        waiting = False
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                text = ""
                if selector.select(constants.ESCAPE_DELAY + 0.001 if waiting else _POLL):
                    data = self._read()
                    if not data:
                        self._lost()
                        return
                    text = decode(data)
                if text:
                    for event in parser.feed(text):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
                waiting = "\x1b" in text[-16:]

    def _read(self) -> bytes:
        """The next keys; nothing when the terminal has gone."""
        try:
            return os.read(self.fileno, _READ)
        except OSError:
            return b""

    def _get_terminal_size(self) -> tuple[int, int]:
        """Textual asks at its start and, inside a signal handler, at every change of the size."""
        size = self._terminal_size()
        if self._started:
            self._loop.call_soon_threadsafe(self._resized, size)
        return size

    def _terminal_size(self) -> tuple[int, int]:
        """Columns and rows as the terminal says, whatever the environment says."""
        for fd in (self._file.fileno(), self.fileno):
            try:
                columns, rows = os.get_terminal_size(fd)
            except OSError:
                continue
            if columns and rows:
                return columns, rows
        return 80, 24

    def _resized(self, size: tuple[int, int]) -> None:
        if self._frames is not None:
            self._frames.resize(*size)

    def _lost(self) -> None:
        leave(self._app, self._loop, HUNG_UP)

    def _defect(self, error: Exception) -> None:
        note_crash(error)
        self._loop.call_soon_threadsafe(lambda: self._app.screen.refresh(repaint=True, layout=True))

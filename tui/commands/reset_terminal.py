"""`codedesk reset-terminal`: give a terminal back its ordinary modes after a session that was killed.

It sends the sequences that undo every mode the screens may have set; to another terminal with
`codedesk reset-terminal > /dev/pts/3`. Where its output is a terminal, echo and line editing come back too.
"""

from __future__ import annotations

import argparse
import sys
import termios

_KEYBOARD = "\x1b[<u"
_MOUSE = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"
_REPORTS = "\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?2048l"
_SCREEN = "\x1b7\x1b[r\x1b8\x1b[?1049l"
"""The whole screen as scroll region, which moves the cursor, and the main screen."""
_TEXT = "\x1b(B\x0f\x1b[m\x1b[?7h\x1b[?25h"

RESET = _KEYBOARD + _MOUSE + _REPORTS + _SCREEN + _TEXT
"""The keyboard first: terminals keep its mode for each screen by itself."""


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """Write the sequences to stdout."""
    sys.stdout.write(RESET)
    sys.stdout.flush()
    if sys.stdout.isatty():
        _cook(sys.stdout.fileno())
    return 0


def _cook(fd: int) -> None:
    """Lines, echo, signals and flow control, as `stty sane` sets them."""
    mode = termios.tcgetattr(fd)
    mode[0] |= termios.ICRNL | termios.IXON | termios.BRKINT
    mode[0] &= ~(termios.INLCR | termios.IGNCR)
    mode[1] |= termios.OPOST | termios.ONLCR
    mode[3] |= termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG | termios.ECHOE | termios.ECHOK
    termios.tcsetattr(fd, termios.TCSANOW, mode)

"""A process that has the program loaded, so that sessions of one host start at once and share its memory.

`codedesk ready` (`keeping`) loads everything that a session uses and waits at a socket beside the record.
`codedesk` (`joining`) asks there first; the waiting process forks, and the copy works on the terminal of who asked.
Where nobody waits, or another version does, a session starts by itself, as ever: nothing depends on this.

    who asks                              who waits
      arguments, environment, terminal ──▶  forks
      ◀── its process id, in a line ──────
      ◀── `stopped` when it suspends, `ended CODE` when it is over
      end of the connection ─────────────▶  hangs the session up (SIGHUP)

Signals of the terminal go to who asked, who passes them on. The socket is for the account that made it alone: whoever
reaches it could start the program as that account with any environment, and can do no more here. Sessions are
processes of their own and outlive the one that waits.
"""

from __future__ import annotations

import os
from pathlib import Path

import tui
from codesets.home import home

SOCKET = "ready.socket"
LONGEST_ADDRESS = 100
"""Characters of a socket's path that every system takes."""

LOADED_WITH = ("CODEDESK_FPS", "CODEDESK_ANIMATIONS", "CODEDESK_SMOOTH_SCROLL", "CODEDESK_ESCDELAY")
"""Settings that are read while the program loads: who sets one of them starts by themselves."""


def socket_path() -> Path:
    """Where the process of this site waits; there may be none."""
    return home() / SOCKET


def stamp() -> str:
    """Which program this is: two that differ do not work together."""
    place = Path(tui.__file__ or "")
    return f"{place} {os.stat(place).st_mtime_ns} {os.stat(place.parent / 'actions.csv').st_mtime_ns}"

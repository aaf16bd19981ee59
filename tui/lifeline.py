"""When the line to the person at the keyboard breaks, the program ends, and soon: nothing is left running.

A dropped connection sends SIGHUP; an administrator or a reboot sends SIGTERM; and where neither comes, because it
was ignored or the terminal was not ours, a watch looks every few seconds whether anybody is still there.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from typing import Any

from textual.app import App

WATCH_SECONDS = 5.0
parent_counts = True
"""Whether the parent is who is at the keyboard; not for a session of a process that waits for many (`tui.ready`)."""

GRACE_SECONDS = 3.0
"""How long the screens have to put away what was typed before the process ends without them."""

HUNG_UP = 128 + signal.SIGHUP
"""The exit code after the terminal has gone, as shells count it."""


def hold(app: App[Any]) -> threading.Event:
    """End the app when SIGHUP or SIGTERM comes, when the terminal hangs up or when the parent dies.

    Called in the main thread, inside the event loop. Setting the event that comes back stops the watch.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda signum, frame: leave(app, loop, 128 + signum))
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(app, loop, ended, os.getppid()), daemon=True, name="lifeline")
    thread.start()
    return ended


def leave(app: App[Any], loop: asyncio.AbstractEventLoop, code: int) -> None:
    """Ask the app to end with an exit code; the process ends with it in any case. From any thread or a handler."""
    last = threading.Timer(GRACE_SECONDS, os._exit, (code,))
    last.daemon = True
    last.start()
    try:
        loop.call_soon_threadsafe(app.exit, code)
    except RuntimeError:  # the loop has ended already
        return


def hung_up(fd: int) -> bool:
    """Whether the other end of a terminal has gone."""
    poll = select.poll()
    poll.register(fd, 0)
    return any(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))


def _watch(app: App[Any], loop: asyncio.AbstractEventLoop, ended: threading.Event, parent: int) -> None:
    stdin = sys.__stdin__
    while not ended.wait(WATCH_SECONDS):
        # Where a program starts under process 1, as in a container, that parent is no sign of anything.
        if (parent_counts and os.getppid() != parent) or (stdin is not None and hung_up(stdin.fileno())):
            leave(app, loop, HUNG_UP)
            return

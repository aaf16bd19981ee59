"""Asking the waiting process for a session, and standing in for it at the terminal until it ends.

Loaded before anything else of a session: it takes from the standard library what Python has loaded already, and little
more.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import sys
import termios
import time
from collections.abc import Sequence
from typing import Any

from tui.ready import LOADED_WITH, LONGEST_ADDRESS, socket_path, stamp

ANSWER_SECONDS = 1.0
PASSED_ON = (signal.SIGWINCH, signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_LOOK_SECONDS = 0.2


def join(arguments: Sequence[str]) -> int | None:
    """Run a session of the waiting process on this terminal and return its exit code; None where there is none."""
    if any(name in os.environ for name in LOADED_WITH) or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    connection = _connected()
    if connection is None:
        return None
    with connection:
        process = _asked(connection, arguments)
        if process is None:
            return None
        connection.settimeout(None)
        return _stand_in(connection, process)


def _connected() -> socket.socket | None:
    place = socket_path()
    try:
        if os.stat(place).st_uid != os.getuid() or len(str(place)) > LONGEST_ADDRESS:
            return None
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(str(place))
        return connection
    except OSError:
        return None


def _asked(connection: socket.socket, arguments: Sequence[str]) -> int | None:
    """The process id of the session; None where the other process is of another version or does not answer."""
    umask = os.umask(0o077)
    os.umask(umask)
    request = {
        "stamp": stamp(),
        "arguments": list(arguments),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "umask": umask,
    }
    content = json.dumps(request).encode(errors="surrogateescape")
    terminal = array.array("i", [0, 1, 2])
    try:
        connection.sendmsg(
            [len(content).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, terminal.tobytes())]
        )
        connection.sendall(content)
        answer = _line(connection)
    except OSError:
        return None
    return int(answer) if answer.isdigit() else None


def _line(connection: socket.socket) -> str:
    """One line of the other process; empty at the end of the connection."""
    read = b""
    while not read.endswith(b"\n"):
        more = connection.recv(1)
        if not more:
            return ""
        read += more
    return read.decode().strip()


def _stand_in(connection: socket.socket, process: int) -> int:
    """Pass signals on until the session is over; the terminal is given back as it was where it could not do so."""
    before = termios.tcgetattr(0)
    for number in PASSED_ON:
        signal.signal(number, lambda signum, _: _pass_on(process, signum))
    while told := _line(connection):
        word, _, code = told.partition(" ")
        if word == "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
            _pass_on(process, signal.SIGCONT)
        elif word == "ended":
            if int(code) < 0:
                _give_back(before)
                return 128 - int(code)
            return int(code)
    while _lives(process):  # who waited has gone; the session has not
        time.sleep(_LOOK_SECONDS)
    _give_back(before)
    return 0


def _pass_on(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:  # it has just ended, which is told next
        return


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _give_back(mode: list[Any]) -> None:
    """The terminal after a session that was killed."""
    from tui.commands.reset_terminal import RESET

    os.write(2, RESET.encode())
    termios.tcsetattr(0, termios.TCSANOW, mode)

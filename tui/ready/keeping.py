"""Waiting with the program loaded, and making a session of a copy of itself for each that asks.

The process does nothing else: it opens no record and reads no settings, so that a session finds what any other would.
It stays of one thread, because only so a copy of it is whole.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from codesets.errors import CodedeskError
from codesets.home import ensure_home
from tui.ready import LONGEST_ADDRESS, socket_path, stamp

LARGEST_REQUEST = 1 << 20
REQUEST_SECONDS = 1.0

LOADED = (
    *("tui.app", "tui.commands.demo", "tui.commands.first_use", "tui.desk", "tui.driver.diff", "tui.actions"),
    *("tui.screens.worklist", "tui.screens.chart.screen", "tui.screens.encoder", "tui.screens.help"),
    *("numpy", "rapidfuzz", "sqlmodel", "store.models", "store.database", "store.coding.entering", "store.queries"),
    *("store.coding.opening", "store.coding.drafts", "store.coding.finishing", "store.coding.reopening"),
    *("store.coding.guideline_rules", "store.demo.create", "codesets.search", "codesets.suggest", "codesets.edits"),
    *("store.audits.answers", "store.holds.desk", "store.holds.clearing", "store.provider_queries.desk", "store.picks"),
    *("store.queries.provider_queries", "store.queries.worklist_rules", "store.scrub.site_rules", "tui.screens.codes"),
    *("textual.layouts.horizontal", "textual.layouts.factory", "textual.scrollbar", "textual.drivers.headless_driver"),
)
"""What a session has loaded once a chart was opened and a code was searched."""


class NotReady(CodedeskError):
    """The process cannot wait here."""

    title = "ready"


@dataclass(frozen=True)
class _Request:
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    umask: int
    terminal: list[int]


def keep() -> int:
    """Load the program and wait until SIGTERM or SIGINT; sessions go on. Raises NotReady, HomeUnwritable."""
    _load()
    listening = _listen()
    stamped = stamp()
    waking, woken = socket.socketpair()
    for end in (waking, woken):
        end.setblocking(False)
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    ended: list[int] = []
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, _: ended.append(signum))
    sessions: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        print(f"codedesk: ready at {socket_path()}", file=sys.stderr, flush=True)
        while not ended:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    with suppress(BlockingIOError):
                        woken.recv(4096)
                elif key.fileobj is listening:
                    _receive(listening, selector, sessions, stamped)
                elif isinstance(key.fileobj, socket.socket):
                    _hang_up(key.fileobj, selector, sessions)
            _tell_ends(selector, sessions)
    listening.close()
    with suppress(OSError):
        socket_path().unlink()
    return 0


def _load() -> None:
    """Import what sessions use, and take it out of the way of the collector, whose marks would copy its pages."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a thread would not come along into a copy
    os.environ["SSH_TTY"] = "1"  # sessions come over SSH, and keys are read as for one
    from tui.commands.workstation import _asyncio_without_tls, _prepare

    _prepare(plain_driver=False, linear=False)
    _asyncio_without_tls()
    for name in LOADED:
        importlib.import_module(name)
    from sqlalchemy.orm import configure_mappers

    from codesets.edits.rules import code_rules
    from store.scrub.rules import rule_book

    code_rules(), rule_book(), configure_mappers()
    if threading.active_count() > 1:
        raise NotReady("a thread was started while the program was loaded", "start codedesk without `ready`")
    gc.collect()
    gc.freeze()


def _listen() -> socket.socket:
    place = socket_path()
    ensure_home()
    if len(str(place)) > LONGEST_ADDRESS:
        raise NotReady(f"{place} is too long for a socket", "set CODEDESK_HOME to a shorter path")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        if _answers(place):
            raise NotReady(f"a process waits at {place} already", "end that one first")
        place.unlink(missing_ok=True)
        listening.bind(str(place))
    except OSError as error:
        raise NotReady(f"{place}: {error.strerror}") from None
    finally:
        os.umask(before)
    listening.listen(64)
    return listening


def _answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(place))
        except OSError:
            return False
    return True


def _receive(
    listening: socket.socket, selector: selectors.BaseSelector, sessions: dict[int, socket.socket], stamped: str
) -> None:
    """One request: a fork where it can be served, else a word why not."""
    connection, _ = listening.accept()
    request = _read(connection, stamped)
    if request is None:
        with suppress(OSError):
            connection.sendall(b"no\n")
        connection.close()
        return
    process = os.fork()
    if process == 0:
        _become(request, (listening, connection, *sessions.values()))
    for end in request.terminal:
        os.close(end)
    try:
        connection.sendall(f"{process}\n".encode())
    except OSError:  # who asked has gone again
        os.kill(process, signal.SIGHUP)
    sessions[process] = connection
    selector.register(connection, selectors.EVENT_READ)


def _read(connection: socket.socket, stamped: str) -> _Request | None:
    """A request of this account and this version; None for anything else, and for what does not come at once."""
    ends: list[int] = []
    try:
        connection.settimeout(REQUEST_SECONDS)
        if not _of_this_account(connection):
            return None
        size, ancillary, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(3 * 4))
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                ends = list(array.array("i", data[: len(data) // 4 * 4]))
        length = int.from_bytes(size, "big")
        if len(ends) != 3 or len(size) != 4 or length > LARGEST_REQUEST:
            return None
        content = b""
        while len(content) < length and (more := connection.recv(length - len(content))):
            content += more
        told: dict[str, Any] = json.loads(content)
        if told.pop("stamp") != stamped:
            return None
        request = _Request(**told, terminal=ends)
        connection.settimeout(None)
        ends = []
        return request
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        for end in ends:
            os.close(end)


def _of_this_account(connection: socket.socket) -> bool:
    """Whether who asks is of the account that waits; the socket's own mode says so where the system cannot be asked."""
    asked = getattr(socket, "SO_PEERCRED", None)
    if asked is None:
        return True
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, asked, struct.calcsize("3i")))
    return bool(uid == os.getuid())


def _hang_up(connection: socket.socket, selector: selectors.BaseSelector, sessions: dict[int, socket.socket]) -> None:
    """The end of a connection: who asked has gone, and the session is told; its end is told to nobody."""
    with suppress(OSError):
        if connection.recv(64):
            return
    for process, other in sessions.items():
        if other is connection:
            selector.unregister(connection)
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGHUP)
                os.kill(process, signal.SIGCONT)


def _tell_ends(selector: selectors.BaseSelector, sessions: dict[int, socket.socket]) -> None:
    """Tell who asked that their session was suspended or is over."""
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return
        if process == 0:
            return
        connection = sessions.get(process)
        if connection is None:
            continue
        over = not os.WIFSTOPPED(status)
        word = f"ended {os.waitstatus_to_exitcode(status)}\n" if over else "stopped\n"
        with suppress(OSError):
            connection.sendall(word.encode())
        if over:
            with suppress(KeyError):
                selector.unregister(connection)
            connection.close()
            del sessions[process]


def _become(request: _Request, inherited: tuple[socket.socket, ...]) -> NoReturn:
    """In the copy: take on terminal, environment and folder of who asked, run the session, and end with its code."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for end in inherited:
            end.close()
        for place, end in enumerate(request.terminal):
            os.dup2(end, place)
            os.close(end)
        os.environ.clear()
        os.environ.update(request.environment)
        time.tzset()
        os.umask(request.umask)
        with suppress(OSError):
            os.chdir(request.folder)
        _open_streams()
        from tui import lifeline
        from tui.cli import main

        lifeline.parent_counts = False
        code = main(request.arguments, joining=False)
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException as error:
        from tui.crash import note_crash

        print(f"codedesk: a defect ended the program; reference {note_crash(error)}", file=sys.stderr)
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _open_streams() -> None:
    """The standard streams anew: those of the waiting process were made for what it was started with."""
    text = {"encoding": "utf-8", "closefd": False}
    sys.stdin = sys.__stdin__ = os.fdopen(0, errors="surrogateescape", **text)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", 1, errors="replace", **text)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, errors="backslashreplace", **text)

"""An MLLP receiver on loopback: takes messages, stores them, and answers each once it is in the database.

One thread serves all connections in turn; what has arrived on a connection is stored in one transaction and then
answered message by message. Bounded in connections, bytes and time. Binds to loopback and to nothing else: a secure
channel in front of it is the site's choice.

Source: HL7 v2 transport specification MLLP, release 1: <VT> message <FS><CR>.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from codesets.errors import CodedeskError
from store.intake.hl7v2.message import MOST_BYTES

HOST = "127.0.0.1"
MOST_CONNECTIONS = 32
_START, _END = b"\x0b", b"\x1c\r"
_CHUNK = 256 * 1024
_SEND_SECONDS = 10.0

Take = Callable[[list[bytes]], list[bytes]]
"""Stores messages and gives the answer to each, in their order."""


class CannotListen(CodedeskError):
    """The port is taken or not allowed."""

    title = "listen"


@dataclass
class Served:
    """What a listener did until it stopped."""

    messages: int = 0
    connections: int = 0
    dropped: int = 0
    """Connections that were closed because they sent more than a message may hold, or too many were open."""


@dataclass
class _Peer:
    held: bytearray = field(default_factory=bytearray)


def bind(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises CannotListen."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or str(error)
        raise CannotListen(f"port {port}: {why.lower()}", "name a free port above 1023") from None
    listening.setblocking(False)
    return listening


def serve(listening: socket.socket, take: Take, seconds: float | None = None) -> Served:
    """Serve until the time is up (None: until interrupted). What was answered with AA is stored."""
    served = Served()
    end = time.monotonic() + seconds if seconds is not None else None
    with selectors.DefaultSelector() as chosen:
        chosen.register(listening, selectors.EVENT_READ)
        try:
            while end is None or time.monotonic() < end:
                left = 0.5 if end is None else max(0.0, min(0.5, end - time.monotonic()))
                for key, _ in chosen.select(left):
                    if key.fileobj is listening:
                        _accept(listening, chosen, served)
                    elif isinstance(key.fileobj, socket.socket):
                        _hear(key.fileobj, key.data, chosen, take, served)
        finally:
            for key in list(chosen.get_map().values()):
                if isinstance(key.fileobj, socket.socket) and key.fileobj is not listening:
                    key.fileobj.close()
    return served


def frames(held: bytearray) -> Iterator[bytes]:
    """Take the whole messages out of what has arrived; noise between frames is dropped."""
    while True:
        start = held.find(_START)
        if start < 0:
            held.clear()
            return
        del held[:start]
        end = held.find(_END, 1)
        if end < 0:
            return
        yield bytes(held[1:end])
        del held[: end + len(_END)]


def framed(message: bytes) -> bytes:
    """A message in its frame."""
    return _START + message + _END


def _accept(listening: socket.socket, chosen: selectors.BaseSelector, served: Served) -> None:
    try:
        connection, _ = listening.accept()
    except OSError:
        return
    if len(chosen.get_map()) > MOST_CONNECTIONS:
        served.dropped += 1
        connection.close()
        return
    served.connections += 1
    connection.setblocking(False)
    chosen.register(connection, selectors.EVENT_READ, _Peer())


def _hear(connection: socket.socket, peer: _Peer, chosen: selectors.BaseSelector, take: Take, served: Served) -> None:
    try:
        arrived = connection.recv(_CHUNK)
    except BlockingIOError:
        return
    except OSError:
        arrived = b""
    peer.held += arrived
    messages = list(frames(peer.held))
    if messages:
        answers = take(messages)
        served.messages += len(messages)
        try:
            connection.settimeout(_SEND_SECONDS)
            connection.sendall(b"".join(map(framed, answers)))
            connection.setblocking(False)
        except OSError:
            arrived = b""
    if len(peer.held) > MOST_BYTES:
        served.dropped += 1
        arrived = b""
    if not arrived:
        chosen.unregister(connection)
        connection.close()

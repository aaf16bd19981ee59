"""A PostgreSQL server of the tests' own: on loopback, in a folder of its own, as an account without rights, stopped
at the end. Debian's package `postgresql` has all of it; where it is absent the tests that want it are skipped.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

OWNER = "codedesk"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "120",
    "shared_buffers": "32MB",
    "fsync": "off",  # what a power cut does to PostgreSQL is PostgreSQL's to test
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "autovacuum": "off",
}
_START_SECONDS = 30


class NoServer(Exception):
    """PostgreSQL is not installed, or may not be started here."""


@dataclass
class Server:
    """A running server; databases are made from templates, which takes some hundredths of a second."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes]
    made: int = 0
    copied: str = ""
    """How a database is made from a template: from PostgreSQL 15 on as files, which is faster than through its log."""

    def url(self, database: str, role: str = OWNER) -> str:
        return f"postgresql://{role}:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the owner, outside a transaction."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def new_database(self, template: str = "template1") -> str:
        """A new database made from a template that nobody is connected to; its name."""
        self.made += 1
        name = f"test_{self.made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}{self.copied}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server at once and take its folder away."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_server(**others: str) -> Server:
    """Start a server, some settings of it otherwise, or raise NoServer with the reason."""
    programs = _programs()
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="codedesk-postgres-", dir=_memory()))
    data, password = folder / "data", secrets.token_hex(16)
    (folder / "password").write_text(password)
    who: dict[str, object] = {"cwd": "/", "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    if account:
        for path in (folder, folder / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
        who |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", OWNER, "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
        + ["-E", "UTF8", "--locale=C", "--no-sync"],
        stderr=subprocess.PIPE,
        **who,  # type: ignore[call-overload]
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServer(made.stderr.decode(errors="replace").strip().splitlines()[-1])
    port = _free_port()
    settings = [
        f"-c{name}={value}" for name, value in (_SETTINGS | others | {"unix_socket_directories": str(folder)}).items()
    ]
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), *settings],
        stderr=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,
        **who,  # type: ignore[call-overload]
    )
    server = Server(folder, port, password, process)
    _wait(server)
    return server


def _programs() -> Path:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not places:
        raise NoServer("PostgreSQL is not installed: apt-get install postgresql")
    return places[-1].parent


def _memory() -> Path | None:
    """A folder in memory, where a new database costs a third; None: the usual one for temporary files."""
    place = Path("/dev/shm")
    return place if place.is_dir() and shutil.disk_usage(place).free > 1_000_000_000 else None


def _account() -> pwd.struct_passwd | None:
    """Whose server it is: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("there is no account without rights to run it as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """A test run that is killed leaves no server behind (Linux: PR_SET_PDEATHSIG is 1)."""
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def _wait(server: Server) -> None:
    import psycopg

    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        try:
            with psycopg.connect(server.url("postgres"), connect_timeout=2) as connection:
                server.copied = " STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    server.stop()
    raise NoServer("it did not start")

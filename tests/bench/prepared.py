"""The two large records that benchmarks measure, each filled by a process of its own while keystrokes are counted.

Filling takes minutes and is not measured. A whole run begins them (`begin`) beside `tests.bench.keys`, whose figures
are counts; a benchmark that is run alone fills what it needs when it asks for it (`path`).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.postgres import NoServer, Server, start_server

WORKLISTS, RECORD = "worklists", "record"

_folder: Path | None = None
_filling: dict[str, subprocess.Popen[bytes]] = {}
_servers: dict[str, Server] = {}


def begin() -> None:
    """Begin to fill both, if that is not done yet; the one of the worklists on PostgreSQL, too."""
    for name in (WORKLISTS, RECORD):
        if name not in _filling:
            _filling[name] = _fill(name)


def path(name: str) -> Path:
    """The SQLite file of a filled record, for the one benchmark that measures it. Raises CalledProcessError."""
    if name not in _filling:
        _filling[name] = _fill(name)
    if code := _filling[name].wait():
        raise subprocess.CalledProcessError(code, name)
    return _home(name) / "workstation.sqlite"


def postgres_url() -> str | None:
    """Where the record of the worklists is on PostgreSQL; None where there is no server."""
    path(WORKLISTS)
    return next((server.url("test_1") for server in _servers.values()), None)


def end_server() -> None:
    """Stop the server of the worklists, if one runs."""
    while _servers:
        _servers.popitem()[1].stop()


def _home(name: str) -> Path:
    global _folder
    if _folder is None:
        _folder = Path(mkdtemp(prefix="codedesk-prepared-"))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
        atexit.register(end_server)
    home = _folder / name
    home.mkdir(exist_ok=True, mode=0o700)
    return home


def _fill(name: str) -> subprocess.Popen[bytes]:
    home, there = _home(name), ""
    if name == WORKLISTS:
        try:
            server = start_server(shared_buffers="1GB")
        except NoServer as reason:
            print(f"no PostgreSQL: {reason}")
        else:
            _servers[name], there = server, server.url(server.new_database())
    command = [sys.executable, "-m", __name__, name, str(home / "workstation.sqlite"), there]
    return subprocess.Popen(command, env={**os.environ, "CODEDESK_HOME": str(home)})


def _main(name: str, file: str, there: str) -> None:
    if name == RECORD:
        from tests.bench import record

        record.fill(Path(file), record.ENCOUNTERS)
        return
    from store.database import open_database
    from tests.bench import names, worklists

    worklists.fill(Path(file), worklists.SIZES[-1])
    if there:
        db = open_database(there)
        names.copy(Path(file), db)
        db.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])

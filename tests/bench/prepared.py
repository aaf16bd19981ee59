"""The large databases that benchmarks measure, each filled by a process of its own while keystrokes are counted.

Filling takes minutes and is not measured. A whole run begins all (`begin`) beside `tests.bench.keys`, whose figures are
counts, and waits for them (`wait`) before anything is timed; a benchmark that is run alone fills what it needs when it
asks for it (`path`).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

from tests.bench.references import INDEX_FILES, copied, load_index, shipped
from tests.postgres import NoServer, Server, start_server

WORKLISTS, RECORD, NEXT_CHART, DENIALS = "worklists", "record", "next_chart", "denials"
WITH_INDEX = "with_index"
"""The reference database of the shipped code sets with the official index files."""

_FILE = {NEXT_CHART: "home/demo/workstation.sqlite", WITH_INDEX: "reference.sqlite"}
"""Where in its folder a database is, if it is no record or not there itself."""

_folder: Path | None = None
_filling: dict[str, subprocess.Popen[bytes]] = {}
_servers: dict[str, Server] = {}


def begin() -> None:
    """Begin to fill all; that of the worklists on PostgreSQL, too."""
    indexed = (WITH_INDEX,) if INDEX_FILES.exists() else ()
    for name in (WORKLISTS, RECORD, NEXT_CHART, DENIALS, *indexed):
        _filling[name] = _fill(name)


def wait() -> None:
    """Wait until all that was begun is filled, or has failed."""
    for process in _filling.values():
        process.wait()


def path(name: str) -> Path:
    """The SQLite file of a filled record or reference database. Raises CalledProcessError.

    A record is for the one benchmark that measures it. That of the next charts is the demo's, in a home of its own.
    """
    if name not in _filling:
        _filling[name] = _fill(name)
    if code := _filling[name].wait():
        raise subprocess.CalledProcessError(code, name)
    return _file(name)


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


def _file(name: str) -> Path:
    return _home(name) / _FILE.get(name, "workstation.sqlite")


def _fill(name: str) -> subprocess.Popen[bytes]:
    home, there = _home(name), ""
    if name == WORKLISTS:
        try:
            server = start_server(shared_buffers="1GB")
        except NoServer as reason:
            print(f"no PostgreSQL: {reason}")
        else:
            _servers[name], there = server, server.url(server.new_database())
    if name in (NEXT_CHART, WITH_INDEX):
        there = str(shipped().path)
    command = [sys.executable, "-m", __name__, name, str(_file(name)), there]
    return subprocess.Popen(command, env={**os.environ, "CODEDESK_HOME": str(home)}, preexec_fn=_stand_back)


def _stand_back() -> None:
    """Let whoever types at a terminal go first."""
    os.nice(10)


def _main(name: str, file: str, there: str) -> None:
    from tests.bench import denials, next_chart, record

    path = Path(file)
    fills: dict[str, Callable[[], None]] = {
        WORKLISTS: lambda: _fill_worklists(path, there),
        RECORD: lambda: record.fill(path, record.ENCOUNTERS),
        NEXT_CHART: lambda: next_chart.fill(path, Path(there)),
        DENIALS: lambda: denials.fill(path),
        WITH_INDEX: lambda: load_index(copied(path.parent, Path(there))),
    }
    fills[name]()


def _fill_worklists(path: Path, there: str) -> None:
    from store.database import open_database
    from tests.bench import names, worklists

    worklists.fill(path, worklists.SIZES[-1])
    if there:
        db = open_database(there)
        names.copy(path, db)
        db.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])

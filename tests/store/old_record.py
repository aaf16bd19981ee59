"""A record as the first codedesk left it: schema 0001, people, and a log without a key."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from alembic import command

from store.log import FIRST_HASH
from store.migrations import upgrade
from store.sqlite import driver


def make_old_record(path: Path, people: int = 5) -> None:
    """Make it at `path`, with one log entry for each person."""
    path.parent.mkdir(parents=True, exist_ok=True)
    from store.database import make_engine

    engine = make_engine(f"sqlite:///{path}")
    config = upgrade._config()
    with upgrade._migration_engine(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with driver.connect(path) as record:
        previous = FIRST_HASH
        for number in range(1, people + 1):
            record.execute(
                "INSERT INTO person VALUES (?, ?, ?, 'admin', 60, 1, '2026-09-01T00:00:00.000Z')",
                (f"P{number}", f"login{number}", f"Name {number}"),
            )
            detail = {"role": "admin", "login": f"login{number}"}
            fields = [number, "2026-09-01T00:00:00.000Z", "codedesk", "people.add", "person", f"P{number}"]
            covered = json.dumps([*fields, detail, "", previous], sort_keys=True, separators=(",", ":"))
            digest = hashlib.sha256(covered.encode()).hexdigest()
            record.execute(
                "INSERT INTO log_entry VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
                (*fields, json.dumps(detail), previous, digest),
            )
            previous = digest
    record.close()


def contents(path: Path) -> dict[str, list[tuple]]:
    """Every table's rows, and the schema itself."""
    connection = driver.connect(path)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {name: connection.execute(f'SELECT * FROM "{name}" ').fetchall() for name in names}
    found["sqlite_master"] = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 2").fetchall()
    connection.close()
    return found

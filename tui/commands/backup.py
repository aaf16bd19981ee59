"""`codedesk backup FILE`: copy the record while people work, and read the copy through."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """The file and the options."""
    parser.add_argument("file", metavar="FILE", help="a new file, best on another disk; keep the log's key elsewhere")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Make the backup; exit code 1 when it could not be made or does not hold."""
    from store.backup import back_up, megabytes
    from store.database import open_database
    from store.people import administrator_of
    from store.settings import database_url

    actor = administrator_of(database_url(), "backup")
    db = open_database()
    try:
        report = back_up(db, actor, Path(args.file))
    finally:
        db.close()
    state = report.state
    if args.json:
        print(json.dumps(asdict(report)))
        return 0
    print(f"{state.path}: {megabytes(state.bytes)}, schema {state.schema}, {state.encounters:,} encounters")
    print(f"read through: integrity, foreign keys, {state.log.entries:,} entries of the log; sha256 {state.sha256}")
    print(f"restore it with: codedesk restore {state.path}")
    return 0

"""`codedesk backup FILE|FOLDER`: copy the record while people work, and read the copy through."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from codesets.safe import as_typed


def configure(parser: argparse.ArgumentParser) -> None:
    """The file and the options."""
    parser.add_argument(
        "file", metavar="FILE|FOLDER", help="a new file, or a folder where it gets a name; best on another disk"
    )
    parser.add_argument(
        "--keep",
        metavar="DAYS,WEEKS,MONTHS",
        help="then thin the folder out: all of 48 hours, and the newest of so many days, weeks and months (14,8,12)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Make the backup; exit code 1 when it could not be made or does not hold."""
    from codesets.errors import UsageError
    from store.backup import back_up, megabytes
    from store.database import open_database
    from store.people import administrator_of
    from store.settings import database_url
    from store.thinning import Keep, new_name, thin

    place = Path(args.file)
    keep = Keep.parse(args.keep) if args.keep is not None else None
    if keep and not place.is_dir():
        raise UsageError(f"{place} is no folder", "--keep thins out the backups of a folder")
    destination = place / new_name(datetime.now(UTC)) if place.is_dir() else place
    gone: list[str] = []
    actor = administrator_of(database_url(), "backup")
    db = open_database()
    try:
        report = back_up(db, actor, destination)
        if keep:
            gone = thin(db, actor, place, keep)
    finally:
        db.close()
    state = report.state
    if args.json:
        print(json.dumps(asdict(report) | {"taken_away": gone}))
        return 0
    print(f"{state.path}: {megabytes(state.bytes)}, schema {state.schema}, {state.encounters:,} encounters")
    print(f"read through: integrity, foreign keys, {state.log.entries:,} entries of the log; sha256 {state.sha256}")
    if keep:
        print(f"{len(gone)} older ones taken away" if gone else "no older one is taken away")
    print(f"restore it with: {as_typed('restore', str(state.path))}")
    if db.on_postgres:
        print("on PostgreSQL that takes an empty database: set CODEDESK_DATABASE_URL to it first")
    return 0

"""`codedesk move --to URL`: copy the record into an empty database of either kind, proved, and close this one.

A backup is no record: `codedesk restore` puts it into an empty database.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--to",
        required=True,
        metavar="URL",
        help="an empty database: postgresql://ROLE@HOST/NAME (password from PGPASSWORD or ~/.pgpass), sqlite:///FILE",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Move the record; exit code 1 when the copy is refused."""
    from store.move import move
    from store.people import administrator_of
    from store.settings import database_url

    def tell(table: str, rows: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{table} {rows:,}")

    url = database_url()
    try:
        moved = move(url, args.to, administrator_of(url, "move"), tell)
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
    if args.json:
        print(json.dumps(asdict(moved)))
        return 0
    print(f"{moved.source} was copied to {moved.target}")
    print(f"the same in both: {sum(moved.rows.values()):,} rows of {len(moved.rows)} tables, row by row")
    print(f"the log is whole: {moved.log_entries:,} entries")
    print("this record takes no more changes; set CODEDESK_DATABASE_URL to the new one")
    return 0

"""What commands share: a subcommand with `--json`, `--reason`, and answers as JSON or as lines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from codesets.safe import safe_line
from store.queries import SessionReader


def command(commands: Any, name: str, words: str) -> argparse.ArgumentParser:
    """A subcommand with `--json`."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.add_argument("--json", action="store_true")
    return parser


def reason(parser: argparse.ArgumentParser) -> None:
    """`--reason`, which is logged."""
    parser.add_argument("--reason", required=True, help="why; it is logged")


def told(args: argparse.Namespace, data: object, lines: Sequence[str]) -> int:
    """Print an answer as JSON or as lines."""
    if args.json:
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(safe_line, lines)))
    return 0


def task_ids(reader: SessionReader, named: str) -> list[str]:
    """The tasks that a person means: by the id of one, or all of a visit number."""
    rows = reader.rows(
        "SELECT w.id FROM work_item w JOIN encounter e ON e.id = w.encounter_id"
        " WHERE w.id = :named OR e.visit_number = :named OR e.id = :named ORDER BY w.id",
        named=named,
    )
    return [row["id"] for row in rows]

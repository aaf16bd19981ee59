"""`codedesk acks`: take in what receivers and payers answer to our files: TA1, 999 and 277CA.

Exit code 1 when something was rejected, 2 when a file could not be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesets.errors import UnreadableInput
from codesets.safe import safe_line

if TYPE_CHECKING:
    from store.acks import AnswersTakenIn, AnswerTakenIn

_MOST_SHOWN = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    taking = actions.add_parser("import", help="take in acknowledgments; claims that were refused come back")
    taking.add_argument("paths", nargs="+", metavar="FILE", help="TA1, 999 or 277CA files")
    taking.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Take in the files and say what came of each answer."""
    from store.acks import take_in
    from store.database import open_database
    from store.people import sign_in
    from store.terms import Outcome

    taken: list[tuple[str, AnswersTakenIn]] = []
    refused: list[tuple[str, UnreadableInput]] = []
    db = open_database()
    try:
        actor = sign_in(db)
        for path in args.paths:
            try:
                taken.append((path, take_in(db, actor, Path(path))))
            except UnreadableInput as error:
                refused.append((path, error))
    finally:
        db.close()
    if args.json:
        print(json.dumps([_fields(path, one) for path, one in taken], ensure_ascii=False, indent=2))
    else:
        for path, one in taken:
            print("\n".join(_text(path, one)))
    for path, error in refused:
        print(f"codedesk: {safe_line(path)}: {safe_line(error.line())}", file=sys.stderr)
    if refused:
        return 2
    return int(any(answer.outcome is not Outcome.ACCEPTED for _, one in taken for answer in one.answers))


def _text(path: str, taken: AnswersTakenIn) -> list[str]:
    lines = [safe_line(path)]
    for answer in taken.answers:
        again = ", taken in before" if answer.repeated else ""
        lines.append(f"  {answer.kind.value} of {answer.control}: {answer.outcome.value.replace('_', ' ')}{again}")
        lines += [f"    {answer.note}"] if answer.note else []
        lines += _listed("rejected, to be mended", answer.culprits)
        lines += _listed("ready again: only traveled with them", answer.traveled)
        lines += _listed("accepted", answer.accepted)
    lines += [f"  note: segment {note.segment}: {safe_line(note.message)}" for note in taken.notes[:_MOST_SHOWN]]
    return lines


def _listed(what: str, numbers: Sequence[str]) -> list[str]:
    if not numbers:
        return []
    more = f" and {len(numbers) - _MOST_SHOWN:,} more" if len(numbers) > _MOST_SHOWN else ""
    return [f"    {len(numbers):,} {what}: {', '.join(numbers[:_MOST_SHOWN])}{more}"]


def _fields(path: str, taken: AnswersTakenIn) -> dict[str, Any]:
    return {"file": path, "answers": [_answer(one) for one in taken.answers]}


def _answer(one: AnswerTakenIn) -> dict[str, Any]:
    return asdict(one)

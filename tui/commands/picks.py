"""`codedesk picks`: what people here took for which words, from which the search learns; to see and to forget."""

from __future__ import annotations

import argparse

from codesets.errors import UsageError
from codesets.search.words import plain, words
from store import picks


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list | forget")
    actions.add_parser("list", help="words, code, person and times, the most picked first")
    forgetting = actions.add_parser("forget", help="what was picked for these words")
    forgetting.add_argument("words", nargs="+", metavar="WORD")


def run(args: argparse.Namespace) -> int:
    """List or forget."""
    path = picks.usage_file()
    if args.action == "list":
        rows = picks.listed(path)
        for typed, system, code, person, times, day in rows:
            print(f"{typed:<32} {system:<10} {code:<8} {person:<16} {times:6.1f}  {day}")
        if not rows:
            print(f"nothing was picked yet ({path})")
        return 0
    typed = " ".join(args.words)
    if not (gone := picks.forget(path, words(plain(typed)))):
        raise UsageError(f"nothing was picked for {typed!r}", "codedesk picks list shows the words")
    print(f"forgot {gone} code{'s' if gone != 1 else ''} for {typed!r}")
    return 0

"""`codedesk doctor`: look the site over. Exit code 1 when something is wrong."""

from __future__ import annotations

import argparse
import json
import textwrap
from dataclasses import asdict

WIDTH = 80
_MARKS = {"ok": "ok", "wrong": "!!", "could not check": "??", "advice": "--"}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Examine the site; 1 when something is wrong."""
    from store.doctor import State, examine
    from store.settings import database_url

    findings = examine(database_url())
    wrong = sum(finding.state == State.WRONG for finding in findings)
    if args.json:
        print(json.dumps({"wrong": wrong, "findings": [asdict(finding) for finding in findings]}, indent=2))
        return 1 if wrong else 0
    for finding in findings:
        begin = f"{_MARKS[finding.state]} {finding.check:<12} "
        print(_wrapped(finding.words, begin))
        if finding.remedy and finding.state != State.OK:
            print(f"{' ' * len(begin)}{finding.remedy}")  # never broken: it is there to be copied
    unseen = sum(finding.state == State.NOT_CHECKED for finding in findings)
    print(f"{wrong} wrong, {unseen} could not be checked, of {len(findings)}")
    return 1 if wrong else 0


def _wrapped(words: str, begin: str) -> str:
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )

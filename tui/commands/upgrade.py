"""`codedesk upgrade`: bring the record to this codedesk's schema, with a backup before and all or nothing after."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Upgrade and say what was done; exit code 2 when the record stays as it was, with the line that restores it."""
    from store.people import administrator_of
    from store.settings import database_url
    from store.upgrade import Step, upgrade

    def tell(step: Step) -> None:
        if sys.stderr.isatty():
            print(f"{step.value} …", file=sys.stderr)

    url = database_url()
    done = upgrade(url, administrator_of(url, "upgrade"), tell)
    if args.json:
        print(json.dumps(asdict(done) | {"changed": done.changed}))
    elif not done.changed:
        print(f"{done.place} has the present schema, {done.after}; nothing was to be done")
    else:
        print(f"{done.place}: schema {done.before or 'none'} is now {done.after}")
        if done.backup:
            print(f"the record as it was: {done.backup}")
    return 0

"""`codedesk schema NAME`: the JSON Schema of the native format."""

from __future__ import annotations

import argparse
import json

from codesets.errors import UsageError

LATER = ("claim", "remit")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="encounter (claim and remit come with a later version)")


def run(args: argparse.Namespace) -> int:
    if args.name in LATER:
        raise UsageError(f"the schema of {args.name} comes with a later version", "codedesk schema encounter is here")
    if args.name != "encounter":
        raise UsageError(f"no schema is called {args.name}", "codedesk schema encounter")
    from store.intake.native import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    return 0

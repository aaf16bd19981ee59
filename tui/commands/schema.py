"""`codedesk schema NAME`: the JSON Schema of the native format, and the data model."""

from __future__ import annotations

import argparse
import json

from codesets.errors import UsageError

NAMES = ("encounter", "tables")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="encounter: JSON Schema of the native format; tables: the data model, as Markdown"
    )


def run(args: argparse.Namespace) -> int:
    if args.name not in NAMES:
        raise UsageError(f"no schema is called {args.name}", f"there are {', '.join(NAMES)}")
    if args.name == "tables":
        from store.data_model import data_model_markdown

        print(data_model_markdown(), end="")
        return 0
    from store.intake.native import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    return 0

"""`codedesk postgres-roles ROLE`: the SQL that makes a role for codedesk on PostgreSQL, on standard output."""

from __future__ import annotations

import argparse
import json


def configure(parser: argparse.ArgumentParser) -> None:
    """The name and the options."""
    parser.add_argument("role", metavar="ROLE", help="the role that codedesk will work as, made if need be")
    parser.add_argument("--json", action="store_true", help="the script as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the script; nothing is changed by it."""
    from store.migrations.postgres_roles import script

    sql = script(args.role)
    print(json.dumps({"role": args.role, "sql": sql}) if args.json else sql, end="" if not args.json else "\n")
    return 0

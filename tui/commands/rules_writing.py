"""`codedesk rules copy`, `parts` and `write`: a rule of the site, part by part, as the screen of a rule writes it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codesets.errors import UsageError
from codesets.safe import as_typed, safe_line
from store.queries import SessionReader

if TYPE_CHECKING:
    from store.database import Database


def configure(commands: Any) -> None:
    """The three subcommands and their options."""
    copying = _command(commands, "copy", "begin a rule of this site as a copy of a condition that ships, switched off")
    copying.add_argument("rule", metavar="RULE")
    copying.add_argument("name", metavar="NAME", help="as site_cpap")
    parts = _command(commands, "parts", "a rule of this site part by part; exit code 1 when an example does not hold")
    parts.add_argument("rule", metavar="RULE")
    writing = _command(commands, "write", "write a field or an example of a rule of this site: a new version, off")
    writing.add_argument("rule", metavar="RULE")
    writing.add_argument("part", metavar="PART", help="a field, example.2, or example for one more")
    writing.add_argument("text", metavar="TEXT", nargs="?", help='as "at=line.1.units line.1.units=51"')
    writing.add_argument("--remove", action="store_true", help="take the example out")


def _command(commands: Any, name: str, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.add_argument("--json", action="store_true")
    return parser


def copy(db: Database, args: argparse.Namespace) -> int:
    """Carry out `rules copy`."""
    from store.database import operation_id
    from store.people import sign_in
    from store.scrub.writing import copy_rule

    version = copy_rule(db, sign_in(db), args.rule, args.name, operation_id())
    return _said(args, args.name, version)


def parts(db: Database, args: argparse.Namespace) -> int:
    """Carry out `rules parts`."""
    from store.scrub.writing import rule_parts

    with db.reading() as session:
        found = rule_parts(SessionReader(session), args.rule)
    if args.json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            print(safe_line(f"{one.name:<15} {one.text}{f'  [{one.trouble}]' if one.trouble else ''}"))
    return 1 if any(one.trouble for one in found) else 0


def write(db: Database, args: argparse.Namespace) -> int:
    """Carry out `rules write`."""
    from store.database import operation_id
    from store.people import sign_in
    from store.scrub.writing import remove_example, write_part

    if (args.text is None) != args.remove:
        raise UsageError("either a text or --remove", f'{as_typed("rules", "write", args.rule, args.part)} "…"')
    actor = sign_in(db)
    if args.remove:
        version = remove_example(db, actor, args.rule, args.part, operation_id())
    else:
        version = write_part(db, actor, args.rule, args.part, args.text, operation_id())
    return _said(args, args.rule, version)


def _said(args: argparse.Namespace, rule_id: str, version: int) -> int:
    text = f"{rule_id} version {version} is kept, switched off."
    print(json.dumps({"rule": rule_id, "version": version}) if args.json else safe_line(text))
    return 0

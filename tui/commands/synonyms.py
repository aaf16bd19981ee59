"""`codedesk synonyms`: what this site calls things, for the search; its own words win over the shipped ones."""

from __future__ import annotations

import argparse
import json

from codesets.errors import UsageError
from codesets.search import site


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list | add | remove")
    listing = actions.add_parser("list", help="the site's synonyms; with a word, those that have it")
    listing.add_argument("word", nargs="?", default="", metavar="WORD")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    adding = actions.add_parser("add", help="a term means these words, or this code")
    adding.add_argument("term", metavar="TERM")
    adding.add_argument("meaning", metavar="MEANING", help="words of the classification, or a code")
    removing = actions.add_parser("remove", help="a term, or one of its meanings")
    removing.add_argument("term", metavar="TERM")
    removing.add_argument("meaning", nargs="?", default="", metavar="MEANING")


def run(args: argparse.Namespace) -> int:
    """List, add or remove; a row that search could not use is refused in one line."""
    path = site.site_file()
    if args.action == "list":
        rows = [one for one in site.read(path) if args.word.lower() in f"{one.term} {one.meaning}".lower()]
        if args.json:
            print(
                json.dumps([{"term": one.term, "meaning": one.meaning} for one in rows], ensure_ascii=False, indent=2)
            )
        else:
            print(_table(rows) if rows else f"no synonyms of this site ({path})")
        return 0
    if args.action == "add":
        added = site.add(path, args.term, args.meaning)
        print(f"{args.term}: {args.meaning}" if added else f"{args.term} already means {args.meaning}")
        return 0
    if not (removed := site.remove(path, args.term, args.meaning)):
        what = f"{args.term}: {args.meaning}" if args.meaning else args.term
        raise UsageError(f"this site has no synonym {what}", "codedesk synonyms list shows them")
    print(f"removed {removed} meaning{'s' if removed != 1 else ''} of {args.term}")
    return 0


def _table(rows: list[site.SiteSynonym]) -> str:
    width = max(len(one.term) for one in rows)
    return "\n".join(f"{one.term:<{width}}  {one.meaning}" for one in rows)

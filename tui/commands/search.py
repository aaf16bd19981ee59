"""`codedesk search`: ranked codes for words, abbreviations or codes."""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import sys

from codesets.errors import CodedeskError, UsageError
from codesets.releases import CodeSystem
from codesets.search import Engine, Hit, open_engine, site, unread
from store.collector import collector_past_tables
from store.os_account import NotAUser, os_login
from store.picks import Usage, usage_file
from tui.commands import codesets as shared
from tui.commands.first_use import open_with_progress
from tui.counts import how_many

BATCH_LIMIT = 25


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    shared.add_system(parser, "all")
    shared.add_date(parser)
    parser.add_argument("-n", "--limit", type=how_many, default=BATCH_LIMIT, help="at most N answers")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--batch", action="store_true", help="a query per line on stdin, a line of codes per query on stdout"
    )
    parser.add_argument("query", nargs="*", metavar="QUERY", help="words, an abbreviation, or a code")


def run(args: argparse.Namespace) -> int:
    """Search once, or for every line of stdin; 0 even when nothing was found."""
    on = shared.date_of(args)
    if not args.batch and not args.query:
        raise UsageError("nothing to search for", "codedesk search chest pain")
    systems = list(CodeSystem) if args.system == "all" else [CodeSystem(args.system)]
    with open_with_progress() as reference:
        # A batch measures search itself; one person's question gets what people here mean by it.
        engine = open_engine(reference, None if args.batch else _usage())
        _warn_of_synonyms()
        for system in systems:
            shared.warn(reference.choose(system, on).warning)
        if args.batch:
            return _batch(engine, systems, on, args.limit)
        query = " ".join(args.query)
        shared.warn(unread(query))
        hits = engine.search(query, systems, on, args.limit)
        print(_json(hits) if args.json else _text(hits, len(systems) > 1))
        if other := engine.elsewhere(query, systems, hits, on):
            shared.warn(f"{other}; -s all searches every system")
    return 0


def _warn_of_synonyms() -> None:
    """A file of synonyms that cannot be read is left out, but not in silence."""
    try:
        site.read(site.site_file())
    except CodedeskError as error:
        shared.warn(f"{error.line()}; the site's synonyms are left out")


def _usage() -> Usage | None:
    try:
        return Usage(usage_file(), os_login())
    except NotAUser:
        return None  # whoever asks: the code sets are for everyone


def _batch(engine: Engine, systems: list[CodeSystem], on: dt.date, limit: int) -> int:
    engine.search("pain", systems, on, 1)  # reads the tables
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    number = 0
    with collector_past_tables():  # as in a session: no query waits while the tables of search are walked through
        while line := sys.stdin.readline():
            number += 1
            if cut := unread(line.strip()):
                shared.warn(f"stdin line {number}: {cut}")
            hits = engine.search(line.strip(), systems, on, limit)
            print(*(hit.dotted for hit in hits), flush=True)
    return 0


def _text(hits: list[Hit], with_system: bool) -> str:
    if not hits:
        return "nothing found"
    width = max(len(hit.dotted) for hit in hits)
    lines = []
    for hit in hits:
        system = f"{hit.system.label:<15}" if with_system else ""
        header = "" if hit.billable else " (header)"
        lines.append(f"{system}{hit.dotted:<{width}}  {hit.title}{header}")
        lines.append(f"{'':{len(system) + width}}  {hit.why.text()}")
    return "\n".join(lines)


def _json(hits: list[Hit]) -> str:
    documents = [
        {
            "system": hit.system.value,
            "code": hit.dotted,
            "title": hit.title,
            "billable": hit.billable,
            "score": round(hit.score, 4),
            "why": {
                "term": hit.why.term,
                "kind": hit.why.kind,
                "matched": hit.why.matched,
                "unmet": hit.why.unmet,
                "corrected": dict(hit.why.corrected),
                "completed": dict(hit.why.completed),
                "expanded": dict(hit.why.expanded),
                "header": hit.why.header or None,
                "picked": hit.why.picked or None,
                "outside": hit.why.outside or None,
            },
        }
        for hit in hits
    ]
    return json.dumps(documents, ensure_ascii=False, indent=2)

"""`codedesk intake`: take in encounters of any format, wait for them, or look after what was left out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path

from codesets.errors import UsageError
from codesets.safe import safe_line
from tui.commands.intake_report import print_report

_WORDS = ("quarantine", "changes")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files, folders or zip archives with HL7 v2, FHIR R4, C-CDA, X12 837, CSV or the native format; - for "
        "standard input. `quarantine list|show N|retry [N…]|aside N…` looks after what was left out, `changes VISIT` "
        "shows what later messages changed",
    )
    parser.add_argument("--listen", type=int, metavar="PORT", help="receive HL7 v2 over MLLP on loopback")
    parser.add_argument("--watch", type=Path, metavar="FOLDER", help="take in files as they come, and move them away")
    parser.add_argument("--for", type=_seconds, dest="seconds", metavar="SECONDS", help="end of --listen or --watch")
    parser.add_argument("--visit", default="", metavar="NUMBER", help="with retry NUMBER…: whose chart takes them")
    parser.add_argument("--seen", action="store_true", help="with changes: they were looked at, and the codes stand")
    parser.add_argument("--map", default="", metavar="NAME", help="the saved column map to read CSV by")
    parser.add_argument("--save-map", default="", metavar="NAME", help="guess the columns of CSV, and keep the map")
    parser.add_argument("--source", default="", help="with --save-map: whose numbers they are")
    parser.add_argument("--column", action="append", default=[], metavar="FIELD=COLUMN", help="name a column yourself")
    parser.add_argument("--preview", type=_rows, metavar="N", help="show what would be made of the first rows of CSV")
    parser.add_argument("--dry-run", action="store_true", help="say what would become of each record; store nothing")
    parser.add_argument("--json", action="store_true", help="the report as one JSON document")


def run(args: argparse.Namespace) -> int:
    from store.database import open_database
    from store.people import sign_in

    _check(args)
    if args.preview is not None:
        from tui.commands import intake_preview

        return intake_preview.preview(args.paths[0], args.preview, _table_options(args), args.json)
    db = open_database()
    try:
        actor = sign_in(db)
        word = args.paths[0] if args.paths and args.paths[0] in _WORDS and not Path(args.paths[0]).exists() else ""
        if word:
            from tui.commands import intake_quarantine

            if word == "changes":
                return intake_quarantine.changes(db, actor, args.paths[1:], args.json, args.seen)
            return intake_quarantine.quarantine(db, actor, args.paths[1:], args.json, args.visit)
        if args.listen is not None or args.watch is not None:
            from tui.commands import intake_serve

            if args.listen is not None:
                return intake_serve.listen(db, actor, args.listen, args.seconds, args.json)
            return intake_serve.watch(db, actor, args.watch, args.seconds, args.json)
        return _take_in(db, actor, args)
    finally:
        db.close()


def _take_in(db, actor, args: argparse.Namespace) -> int:
    from store.intake import take_in

    bar = _Bar()
    begun = time.monotonic()
    try:
        paths = [p if p == "-" else Path(p) for p in args.paths]
        report = take_in(db, actor, paths, bar.show, tables=_table_options(args), dry=args.dry_run)
    finally:
        bar.clear()
    seconds = time.monotonic() - begun
    if args.json:
        document = dataclasses.asdict(report) | {"exit_code": report.exit_code, "seconds": round(seconds, 2)}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print_report(report, seconds)
        if args.dry_run:
            print("dry run: nothing was stored")
    for file in report.files:
        if file.unreadable:
            for message in file.messages:
                print(safe_line(f"codedesk: cannot read: {file.name}: {message}"), file=sys.stderr)
    return report.exit_code


def _check(args: argparse.Namespace) -> None:
    ways = [bool(args.paths), args.listen is not None, args.watch is not None]
    if sum(ways) != 1:
        raise UsageError("expected paths, or --listen, or --watch", "codedesk intake --help")
    if args.paths.count("-") > 1:
        raise UsageError("standard input can be read only once", "give - only once")
    if args.seconds is not None and args.paths:
        raise UsageError("--for goes with --listen or --watch")
    if args.map and args.save_map:
        raise UsageError("--map reads by a saved map, --save-map makes one", "give one of them")
    if args.preview is not None and (len(args.paths) != 1 or args.paths[0] == "-"):
        raise UsageError("--preview takes one file")
    if args.save_map and (len(args.paths) != 1 or args.dry_run):
        raise UsageError("--save-map takes one file, and goes without --dry-run", "--preview shows the guess")


def _table_options(args: argparse.Namespace):
    from store.intake.tables.rows import TableOptions

    pairs = [text.partition("=") for text in args.column]
    if bad := next((field for field, sign, column in pairs if not (field and sign and column)), None):
        raise UsageError(f"--column {bad}: expected FIELD=COLUMN")
    return TableOptions(args.map, args.save_map, args.source, {field: column for field, _, column in pairs})


def _rows(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError("expected a number of rows from 1 to 1000")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 10**7:
        raise argparse.ArgumentTypeError("expected a number of seconds")
    return value


class _Bar:
    """One line of progress on a terminal's standard error; silent in a pipe."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._calls = 0

    def show(self, what: str, done: int, total: int) -> None:
        self._calls += 1
        if not self._on or (self._calls % 20 and done not in (0, total)):
            return
        text = safe_line(what)[:40]
        if total:
            filled = 20 * done // total
            text = f"{text} [{'#' * filled}{'.' * (20 - filled)}] {done:,}/{total:,}"
        elif done:
            text = f"{text} {done:,}"
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away again."""
        if self._on and self._calls:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

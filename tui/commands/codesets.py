"""`codedesk codesets`: what is loaded.

Also what the other code commands share: dates, systems, first-use progress.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys

from codesets.errors import CodedeskError, UsageError
from codesets.reference import Reference, open_reference
from codesets.releases import SEARCHED, CodeSystem, Release


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the loaded releases")
    listing.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """List the loaded releases."""
    with open_with_progress() as reference:
        rows = [(release, *reference.count(release)) for release in reference.releases()]
    print(_json(rows) if args.json else _text(rows))
    return 0


def add_system(parser: argparse.ArgumentParser, *more: str) -> None:
    """The option for the code system; `more` are further words it takes."""
    names = [system.value for system in SEARCHED]
    parser.add_argument("-s", "--system", choices=[*names, *more], default=CodeSystem.ICD10CM.value, help="code system")


def add_date(parser: argparse.ArgumentParser) -> None:
    """The option for the date of service."""
    parser.add_argument("-d", "--date", default="", help="date of service, YYYY-MM-DD (today if not given)")


def date_of(args: argparse.Namespace) -> dt.date:
    """The date of service asked for; raises UsageError for anything but an ISO date."""
    if not args.date:
        return dt.date.today()
    try:
        if len(args.date) != len("YYYY-MM-DD"):
            raise ValueError
        return dt.date.fromisoformat(args.date)
    except ValueError:
        raise UsageError(f"{args.date!r} is not a date", "expected YYYY-MM-DD, such as 2026-05-31") from None


def positive(text: str) -> int:
    """A whole number above 0."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected a number above 0")
    return number


def warn(line: str) -> None:
    """A warning as one line on stderr; nothing for an empty one."""
    if line:
        print(f"codedesk: {line}", file=sys.stderr)


def open_with_progress() -> Reference:
    """The reference database; the first use shows a progress bar on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        return open_reference()
    try:
        return open_reference(progress=_bar)
    except CodedeskError:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        raise


def _bar(stage: str, done: float) -> None:
    filled = round(30 * done)
    end = "\r\x1b[K" if done >= 1 else ""
    print(f"\r\x1b[K[{'#' * filled}{'.' * (30 - filled)}] {stage}{end}", end="", file=sys.stderr, flush=True)


_Row = tuple[Release, int, int]


def _text(rows: list[_Row]) -> str:
    lines = [f"{'system':<15} {'edition':<18} {'in force':<24} {'billable':>8} {'headers':>8}  kind      source"]
    for release, billable, headers in rows:
        kind = "complete" if release.complete else "starter"
        lines.append(
            f"{release.system.label:<15} {release.edition:<18} {release.period:<24}"
            f" {billable:>8,} {headers:>8,}  {kind:<8}  {release.source_name}"
        )
    return "\n".join(lines)


def _json(rows: list[_Row]) -> str:
    documents = [
        {
            "system": release.system.value,
            "edition": release.edition,
            "starts": str(release.starts),
            "ends": str(release.ends),
            "complete": release.complete,
            "billable": billable,
            "headers": headers,
            "source": release.source_name,
            "sha256": release.source_sha256,
            "loaded_at": release.loaded_at,
        }
        for release, billable, headers in rows
    ]
    return json.dumps(documents, ensure_ascii=False, indent=2)

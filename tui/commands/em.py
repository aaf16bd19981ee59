"""`codedesk em`: the E/M worksheet: what was done in, the level with its arithmetic out."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from codesets.errors import UsageError
from tui.counts import whole

WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("family", nargs="?", default="", metavar="FAMILY", help="kind of visit; nothing lists them")
    parser.add_argument(
        "--item", action="append", default=[], metavar="NAME[=N]", help="something that counts, and how often"
    )
    parser.add_argument(
        "--minutes", type=whole(0, 24 * 60), default=0, metavar="N", help="total minutes of the day of the visit"
    )
    parser.add_argument("-d", "--date", default="", metavar="DAY", help="day of the visit, ISO")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Judge a visit; 1 where nothing supports a level. Without a family, list families and items."""
    from codesets.worksheets.em import Visit, criteria, judge
    from codesets.worksheets.site_codes import site_code

    if not args.family:
        known = criteria()
        if args.json:
            told = {"families": [asdict(one) for one in known.families], "items": [asdict(one) for one in known.items]}
            print(json.dumps(told, ensure_ascii=False, indent=2))
            return 0
        for family in known.families:
            print(f"{family.id:<20} {family.label}")
        for item in known.items:
            print(f"{item.id:<20} {item.element}: {item.label}")
        return 0
    found = judge(Visit(args.family, dict(map(_counted, args.item)), max(args.minutes, 0), args.date))
    code = site_code(args.family, found.level)
    if args.json:
        document = {
            "family": args.family,
            "level": found.level or None,
            "by": found.by or None,
            "complexity": found.complexity.label,
            "mdm_level": found.mdm_level or None,
            "time_level": found.time_level or None,
            "code": code or None,
            "steps": [asdict(step) for step in found.steps],
            "warning": found.warning,
        }
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        from tui.cells import plain
        from tui.screens.em import arithmetic_lines

        print("\n".join(plain(line)[1:].rstrip() for line in arithmetic_lines(found, WIDTH)))
        if code:
            print(f"code of this site: {code}")
    return int(not found.level)


def _counted(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if count and not count.isdigit():
        raise UsageError(f"--item {text}: expected NAME or NAME=N", "--item chronic_stable=2")
    return name, int(count or 1)

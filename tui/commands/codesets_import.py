"""`codedesk codesets import`: official files into the reference database, with a preview and a report."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from typing import Any

from codesets import gathering, importing
from codesets.gathering import Gathered
from codesets.importing import Item, Report, Result, Status
from codesets.loading.loads import Counts
from codesets.reference import Progress
from codesets.safe import safe_line
from tui.commands.first_use import bar, open_with_progress

# Rejected records printed of one file; `--json` has more.
_MOST_PRINTED = 10
_WIDEST_NAME = 60


def run(args: argparse.Namespace) -> int:
    """Show what was recognized, ask, load, report; 1 when a file or a record was refused, 2 when none is known."""
    with open_with_progress() as reference:
        place = reference.path
    progress: Progress = bar if sys.stderr.isatty() else _silent
    with gathering.gather(args.paths, progress) as gathered:
        progress("recognizing", 1.0)
        items = importing.plan(place, gathered, args.edition)
        if not args.json:
            print(_preview(items, gathered))
        if not _agreed(args, items):
            if args.json:
                print(json.dumps([_described(item) for item in items], indent=2))
            else:
                print("nothing was loaded; --yes loads without asking")
            return 0 if items else 2
        report = importing.run(place, items, progress, args.accept_missing)
    print(_as_json(report, gathered) if args.json else _as_text(report))
    return _exit_code(report, gathered)


def _silent(stage: str, done: float) -> None:
    """No progress in a pipe."""


def _agreed(args: argparse.Namespace, items: list[Item]) -> bool:
    """Whether to load: said on the command line, or asked for on a terminal where there is anything to load."""
    if args.yes or (items and not args.json and all(item.status is not Status.NEW for item in items)):
        return True
    if args.json or not sys.stdin.isatty():
        return False
    return input("load these? [y/N] ").strip().lower() in ("y", "yes")


def _preview(items: list[Item], gathered: Gathered) -> str:
    names = [*(item.found.where for item in items), *(refused.where for refused in gathered.refused)]
    wide = min(max(map(len, names), default=0), _WIDEST_NAME)
    lines = [f"{'file':<{wide}} {'kind':<30} {'edition':<12} what"]
    for item in items:
        known = item.recognized
        kind = f"{known.kind.value} {known.part or ''}".strip() if known else ""
        what = f"{item.status.value}: {item.remark}" if item.remark else item.status.value
        lines.append(f"{item.found.where:<{wide}} {kind:<30} {known.edition if known else '':<12} {what}")
        if "://" in item.found.where:
            lines.append(f"{'':<{wide}} {item.found.file.size:,} bytes, sha256 {item.found.file.sha256}")
    lines += [f"{refused.where:<{wide}} {'':<30} {'':<12} refused: {refused.reason}" for refused in gathered.refused]
    return "\n".join(lines)


def _as_text(report: Report) -> str:
    lines = [""]
    for result in report.results:
        if result.item.status in (Status.LOADED_BEFORE, Status.UNKNOWN, Status.LEFT_ASIDE):
            continue
        lines += _lines_of(result)
    lines += [f"note: {notice}" for notice in report.notices]
    count = Counter(result.item.status for result in report.results)
    lines.append(
        f"{count[Status.LOADED]} loaded, {count[Status.LOADED_BEFORE]} already loaded,"
        f" {count[Status.REFUSED] + count[Status.NEEDS_PERIOD]} refused, {count[Status.UNKNOWN]} not recognized,"
        f" {count[Status.LEFT_ASIDE]} left aside"
        f" in {report.seconds:.1f} s" + ("" if report.changed else "; nothing was changed")
    )
    return "\n".join(lines)


def _lines_of(result: Result) -> list[str]:
    item, counts = result.item, result.counts
    known = item.recognized
    name = f"{known.kind.value} {known.edition} {known.part or ''}".strip() if known else item.found.file.name
    if item.status is not Status.LOADED:
        return [f"{name}: refused: {item.remark}"]
    lines = [f"{name}: {_figures(counts)}, {counts.skipped:,} skipped ({result.seconds:.1f} s)"]
    lines += [f"  {remark}" for remark in result.remarks]
    for rejected in result.rejected[:_MOST_PRINTED]:
        place = f"line {rejected.line}: " if rejected.line else ""
        lines.append(f"  {place}{rejected.reason}: {rejected.text}")
    if counts.skipped > _MOST_PRINTED:
        lines.append(f"  and {counts.skipped - _MOST_PRINTED:,} more")
    return lines


def _figures(counts: Counts) -> str:
    """The rows and what they changed beside an earlier edition; a starter list is none."""
    rows = f"{counts.rows:,} rows"
    if not (counts.before or counts.added or counts.changed or counts.ended):
        return f"{rows}, with no earlier edition here to compare them with"
    since = f" since {counts.before}" if counts.before else ""
    return f"{rows}, {counts.added:,} added, {counts.changed:,} changed, {counts.ended:,} ended{since}"


def _described(item: Item) -> dict[str, Any]:
    known = item.recognized
    return {
        "file": safe_line(item.found.where),
        "size": item.found.file.size,
        "sha256": item.found.file.sha256,
        "kind": known.kind.value if known else None,
        "edition": known.edition if known else None,
        "starts": str(known.starts) if known and known.starts else None,
        "ends": str(known.ends) if known and known.ends else None,
        "part": known.part if known else None,
        "status": item.status.value,
        "remark": item.remark,
    }


def _as_json(report: Report, gathered: Gathered) -> str:
    files = [
        _described(result.item)
        | {
            "rows": result.counts.rows,
            "added": result.counts.added,
            "changed": result.counts.changed,
            "ended": result.counts.ended,
            "skipped": result.counts.skipped,
            "rejected": [{"line": r.line, "reason": r.reason, "text": r.text} for r in result.rejected],
            "remarks": list(result.remarks),
            "seconds": round(result.seconds, 3),
        }
        for result in report.results
    ]
    refused = [{"file": one.where, "reason": one.reason} for one in gathered.refused]
    document = {"changed": report.changed, "files": files, "refused": refused, "notices": list(report.notices)}
    return json.dumps(document | {"seconds": round(report.seconds, 3)}, indent=2, ensure_ascii=False)


def _exit_code(report: Report, gathered: Gathered) -> int:
    """0 when all was loaded or already there, 2 when nothing could be used, else 1 for what was left out."""
    statuses = [result.item.status for result in report.results]
    good = [status for status in statuses if status in (Status.LOADED, Status.LOADED_BEFORE)]
    if not good:
        return 2
    faults = (Status.REFUSED, Status.NEEDS_PERIOD, Status.UNKNOWN)
    refused = gathered.refused or any(status in faults for status in statuses)
    return int(bool(refused or any(result.counts.skipped for result in report.results)))

"""`codedesk intake`: take in encounters, or list what is in quarantine."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from codesets.errors import UsageError
from codesets.safe import safe_line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="files, folders or zip archives in the native format or FHIR R4; - for standard input; "
        "the word `quarantine` alone lists what was left out so far",
    )
    parser.add_argument("--json", action="store_true", help="the report as one JSON document")


def run(args: argparse.Namespace) -> int:
    from store import log
    from store.database import open_database
    from store.people import sign_in

    if args.paths.count("-") > 1:
        raise UsageError("standard input can be read only once", "give - only once")
    db = open_database()
    actor = sign_in(db)
    if args.paths == ["quarantine"] and not Path("quarantine").exists():
        log.note(db, actor, "quarantine.list")
        return _list_quarantine(db, args.json)
    from store.intake import take_in

    bar = _Bar()
    try:
        report = take_in(db, actor, [p if p == "-" else Path(p) for p in args.paths], bar.show)
    finally:
        bar.clear()
        db.close()
    if args.json:
        document = dataclasses.asdict(report) | {"exit_code": report.exit_code}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _print_report(report)
    for file in report.files:
        if file.unreadable:
            for message in file.messages:
                print(f"codedesk: cannot read: {file.name}: {message}", file=sys.stderr)
    return report.exit_code


def _print_report(report) -> None:
    read = [file for file in report.files if not file.unreadable]
    if read:
        width = min(max(len("file"), *(len(file.name) for file in read)), 32)
        print(f"{'file':<{width}}  {'kind':<14} {'records':>7} {'new':>5} {'changed':>7} {'same':>5} {'documents':>9}")
    for file in read:
        name = file.name if len(file.name) <= width else "…" + file.name[-(width - 1) :]
        print(
            f"{name:<{width}}  {file.kind:<14} {file.records:>7} {file.encounters_new:>5} "
            f"{file.encounters_changed:>7} {file.encounters_unchanged:>5} "
            f"{file.documents_new + file.document_versions:>9}"
        )
    for file in read:
        for message in file.messages:
            print(f"{file.name}: {message}")
    if report.quarantined:
        print(f"quarantine: {report.quarantined}")
    for file in report.files:
        for refusal in file.quarantined:
            print(f"  {file.name}, {refusal.place}: {refusal.reason}")
    print(_summary(report))


def _summary(report) -> str:
    new, changed, same = (report.total(f"encounters_{word}") for word in ("new", "changed", "unchanged"))
    if not (new or changed or same):
        return "no encounters were taken in"
    if not (new or changed):
        return f"{_count(same, 'encounter')} of {_count(report.patients, 'patient')}: already there, nothing changed"
    already = f", {same} already there" if same else ""
    return (
        f"{_count(new + changed + same, 'encounter')} of {_count(report.patients, 'patient')}: "
        f"{new} new, {changed} changed{already}; "
        f"{_count(report.total('documents_new'), 'new document')}, "
        f"{_count(report.total('document_versions'), 'new version')}"
    )


def _list_quarantine(db, as_json: bool) -> int:
    from store.intake.run import quarantined

    rows = quarantined(db)
    if as_json:
        fields = ("received_at", "file_name", "place", "reason")
        print(json.dumps([{name: getattr(row, name) for name in fields} for row in rows], ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        print(f"{row.received_at[:10]}  {row.file_name}, {row.place}: {row.reason}")
    print(f"{_count(len(rows), 'record')} in quarantine")
    return 0


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


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

"""`codedesk suggest`: a note in, suggested diagnosis codes with their evidence out."""

from __future__ import annotations

import argparse
import codecs
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

from codesets.errors import UnreadableInput, UsageError
from codesets.safe import safe_line
from codesets.suggest import Evidence, Suggester, Suggestion, Suggestions, Withheld, open_suggester
from tui.commands import codesets as shared

MOST_BYTES = 16 * 1024 * 1024
_WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="a note as text; - or nothing for stdin")
    shared.add_date(parser)
    parser.add_argument(
        "--inpatient", action="store_true", help="code uncertain diagnoses as at the end of an inpatient stay"
    )
    parser.add_argument("--all", action="store_true", help="also what is not suggested, with the reason")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--batch",
        action="store_true",
        help='JSON lines {"id", "text"} on stdin to {"id", "codes", "evidence"} or {"id", "error"} on stdout',
    )


def run(args: argparse.Namespace) -> int:
    """Suggest for one note, or for every line of stdin; 0 even when nothing was found, 2 after bad lines."""
    on = shared.date_of(args)
    if args.batch and args.file not in (None, "-"):
        raise UsageError("--batch reads stdin", "codedesk suggest --batch < notes.jsonl")
    text = "" if args.batch else _text_of(args.file)
    with shared.open_with_progress() as reference:
        suggester = open_suggester(reference)
        if args.batch:
            return _batch(suggester, args)
        found = suggester.suggest(text, on, args.inpatient)
    shared.warn(found.warning)
    print(json.dumps(_document(found), ensure_ascii=False, indent=2) if args.json else _shown(found, args.all))
    return 0


def _text_of(name: str | None) -> str:
    """The note; raises UnreadableInput for a file that cannot be read or is larger than MOST_BYTES."""
    if name in (None, "-"):
        return _limited(sys.stdin.buffer, "stdin")
    assert name is not None
    try:
        with Path(name).open("rb") as file:
            return _limited(file, name)
    except OSError as error:
        raise UnreadableInput(f"{name}: {error.strerror or error}", "expected a note as text") from error


def _limited(file: BinaryIO, name: str) -> str:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableInput(f"{name}: more than {MOST_BYTES // 2**20} MB", "expected one note as text")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    if kind := _not_text(content):
        raise UnreadableInput(f"{name}: {kind}", "expected a note as plain text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _not_text(content: bytes) -> str:
    """What a file is that is no text, by its first bytes; empty for text."""
    for beginning, kind in _BINARY.items():
        if content.startswith(beginning):
            return f"a {kind}, not text"
    return "binary data, not text" if b"\0" in content else ""


_BINARY = {
    b"%PDF": "PDF file",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"II*\0": "picture",
    b"MM\0*": "picture",
    b"PK\x03\x04": "zip file or an office document",
    b"\xd0\xcf\x11\xe0": "document of an office program",
    b"{\\rtf": "formatted document (RTF)",
}


def _batch(suggester: Suggester, args: argparse.Namespace) -> int:
    """Answer line by line; a line that is not one is told in its place and with its number, and the rest goes on."""
    on, bad = shared.date_of(args), 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        record = _record(line)
        if isinstance(record, str):
            bad += 1
            print(
                f'codedesk: cannot read: stdin line {number}: {record} (expected {{"id": "...", "text": "..."}})',
                file=sys.stderr,
            )
            print(json.dumps({"id": _id_of(line), "error": record}), flush=True)
            continue
        found = suggester.suggest(record["text"], on, args.inpatient)
        answer = {
            "id": record.get("id"),
            "codes": [one.dotted for one in found.codes],
            "evidence": [{"code": one.dotted, **_where(one.evidence[0])} for one in found.codes],
        }
        print(json.dumps(answer), flush=True)
    return 2 if bad else 0


def _record(line: bytes) -> dict[str, Any] | str:
    """The record of a line, or what is wrong with it."""
    try:
        record = json.loads(line.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError) as error:
        return f"not JSON: {safe_line(str(error))[:80]}"
    if not isinstance(record, dict):
        return "not a JSON object"
    if not isinstance(record.get("text"), str):
        return 'no "text"' if record.get("text") is None else '"text" is not a string'
    return record


def _id_of(line: bytes) -> Any:
    """The id of a line that cannot be answered, where it has one."""
    try:
        record = json.loads(line.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return None
    return record.get("id") if isinstance(record, dict) else None


def _shown(found: Suggestions, everything: bool) -> str:
    if not found.codes:
        lines = ["nothing to suggest"]
    else:
        width = max(len(one.dotted) for one in found.codes)
        lines = [line for one in found.codes for line in _lines(one, width)]
    if everything and found.withheld:
        lines += ["", "Not suggested:", *(_reason(one) for one in found.withheld)]
    return "\n".join(lines)


def _lines(one: Suggestion, width: int) -> list[str]:
    pad = " " * (width + 2)
    first = one.evidence[0]
    lines = [f"{one.dotted:<{width}}  {one.title}", f"{pad}{safe_line(one.why())}"]
    lines.append(f"{pad}{first.start}-{first.end}: {_marked(first)}")
    lines += [f"{pad}not documented: {open_.what}. {open_.ask}" for open_ in one.missing]
    return lines


def _marked(evidence: Evidence) -> str:
    """The line of the evidence, shortened around it."""
    line, text = safe_line(evidence.line), safe_line(evidence.text)
    place = max(0, line.find(text))
    start = max(0, min(place - _WIDTH // 3, len(line) - _WIDTH))
    return f"{'…' if start else ''}{line[start : start + _WIDTH]}{'…' if start + _WIDTH < len(line) else ''}"


def _reason(one: Withheld) -> str:
    return f"  {one.dotted}  {one.title}: {safe_line(one.why)} ({safe_line(one.evidence.text)})"


def _document(found: Suggestions) -> dict[str, object]:
    return {
        "codes": [
            {
                "code": one.dotted,
                "title": one.title,
                "score": one.score,
                "why": {"term": one.term, "kind": one.kind, "reasons": one.reasons},
                "evidence": [_where(each) for each in one.evidence],
                "missing": [{"what": open_.what, "ask": open_.ask} for open_ in one.missing],
            }
            for one in found.codes
        ],
        "not_suggested": [
            {"code": one.dotted, "title": one.title, "why": one.why, "evidence": _where(one.evidence)}
            for one in found.withheld
        ],
        "warning": found.warning or None,
    }


def _where(evidence: Evidence) -> dict[str, object]:
    return {
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
        "section": evidence.section,
        "cues": evidence.cues,
    }

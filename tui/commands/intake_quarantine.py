"""`codedesk intake quarantine …` and `codedesk intake changes VISIT`: what was left out, and what came later."""

from __future__ import annotations

import json
from collections.abc import Sequence

from codesets.errors import UsageError
from tui.commands.intake_report import count, print_report

SHOWN = 8
"""Characters of a record's number that are shown; its end tells it from the others."""


def quarantine(db, actor, words: Sequence[str], as_json: bool, visit: str) -> int:
    """`list`, `show NUMBER`, `retry [NUMBER…]` or `aside NUMBER…`. Raises UsageError, NoSuchRecord."""
    match list(words):
        case [] | ["list"]:
            return _list(db, actor, as_json)
        case ["show", number]:
            return _show(db, actor, number, as_json)
        case ["retry", *numbers]:
            return _retry(db, actor, numbers, as_json, visit)
        case ["aside", *numbers] if numbers:
            return _aside(db, actor, numbers)
    raise UsageError("quarantine list, show NUMBER, retry [NUMBER…] or aside NUMBER…")


def changes(db, actor, words: Sequence[str], as_json: bool, seen: bool) -> int:
    """What later messages changed of a visit; `seen` says that a person looked and the codes stand."""
    from store import log
    from store.intake.changes import changes_of, mark_seen
    from store.intake.export import find_encounter

    if len(words) != 1:
        raise UsageError("changes takes one visit", "codedesk encounters list shows the numbers")
    with db.reading() as session:
        encounter_id = find_encounter(session, words[0])
        rows = changes_of(session, encounter_id)
    log.note(db, actor, "intake.changes", "encounter", encounter_id)
    if as_json:
        print(json.dumps([row.__dict__ for row in rows], ensure_ascii=False, indent=2))
    else:
        for row in rows:
            state = f", came back: {row.late}" if row.late else ""
            print(f"{row.received_at[:16].replace('T', ' ')}  {row.message}{state}{', seen' if row.seen_at else ''}")
            for line in row.lines:
                print(f"    {line}")
        print(f"{count(len(rows), 'later message')} changed this visit")
    if seen:
        print(f"{count(mark_seen(db, actor, encounter_id, {row.id for row in rows}), 'change')} marked as seen")
    return 0


def _list(db, actor, as_json: bool) -> int:
    from store import log
    from store.intake.quarantine import quarantined
    from store.intake.unreadable import FILE

    log.note(db, actor, "quarantine.list")
    rows = quarantined(db)
    if as_json:
        fields = ("id", "received_at", "file_name", "place", "kind", "reason", "sha256", "tried_at")
        print(json.dumps([{name: getattr(row, name) for name in fields} for row in rows], ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        print(f"{row.id[-SHOWN:]}  {row.received_at[:10]}  {row.file_name}, {row.place}: {row.reason}")
    files = sum(row.kind == FILE for row in rows)
    told = f" and {count(files, 'file')}" if files else ""
    print(f"{count(len(rows) - files, 'record')}{told} in quarantine")
    return 0


def _show(db, actor, number: str, as_json: bool) -> int:
    from codesets.safe import safe_block
    from store import log
    from store.intake.quarantine import content_of, find_record
    from store.intake.unreadable import FILE
    from store.models.columns import now
    from store.queries import SessionReader
    from store.queries.quarantine import OF_A_CLOSED_CHART, TO_MEND
    from store.queries.restricted import names_closed

    row = find_record(db, number)
    log.note(db, actor, "quarantine.view", "quarantine", row.id)
    content = content_of(row)
    text = safe_block(content.decode("utf-8", "replace")) if content else row.excerpt
    with db.reading() as session:
        if actor.person_id and names_closed(SessionReader(session), text, actor.person_id, now()):
            text = OF_A_CLOSED_CHART
    if as_json:
        fields = ("id", "received_at", "file_name", "place", "kind", "reason", "sha256", "tried_at", "settled")
        shown = {name: getattr(row, name) for name in fields} | {"content": text}
        print(json.dumps(shown, ensure_ascii=False, indent=2))
        return 0
    print(f"{row.file_name}, {row.place}")
    print(f"reason    {row.reason}")
    print(f"received  {row.received_at}" + (f", tried again {row.tried_at}" if row.tried_at else ""))
    if row.kind == FILE and row.sha256:
        print(f"SHA-256   {row.sha256}")
    if row.settled:
        print(f"state     {row.settled}")
    else:
        print(f"next      {TO_MEND}; retry {number} tries it again as it is, aside {number} lets it go")
    print(f"\n{text}")
    return 0


def _retry(db, actor, numbers: Sequence[str], as_json: bool, visit: str) -> int:
    import dataclasses

    from store.intake.quarantine import retry

    if visit and not numbers:
        raise UsageError("--visit is for records that are named", "codedesk intake quarantine list shows the numbers")
    report = retry(db, actor, numbers, visit)
    if as_json:
        print(json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=2))
    else:
        print_report(report)
        print(f"{count(report.tried, 'row')} tried, {report.still} still in quarantine")
        if report.left:
            print(
                f"{count(report.left, 'message')} not tried: cut short, it seems; retry NUMBER takes one that is whole"
            )
    return 1 if report.quarantined or report.still or report.left else 0


def _aside(db, actor, numbers: Sequence[str]) -> int:
    from store.intake.quarantine import set_aside

    for number in numbers:
        set_aside(db, actor, number)
    print(f"{count(len(numbers), 'record')} set aside")
    return 0

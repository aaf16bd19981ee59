"""`codedesk chart`: what the chart screen does, without it: lines entered and undone, final coded, recoded."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from codesets.errors import UsageError
from codesets.safe import as_typed, safe_block
from tui.commands import codesets as shared

if TYPE_CHECKING:
    from codesets.reference import Reference
    from store.actors import Actor
    from store.coding.opening import OpenedChart
    from store.database import Database
    from store.queries import Reader
    from tui.screens.chart.view import ChartOnScreen

WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("key", metavar="VISIT", help="visit number, or the id of the visit or of its task")
    parser.add_argument("--side", choices=("professional", "facility"), help="of the bill, where the visit has both")
    parser.add_argument(
        "--enter", action="append", default=[], metavar="LINE", help="a line of entry: 'e11.42', '3 y'; --enter=-e11.42"
    )
    parser.add_argument("--undo", action="store_true", help="take the last change back, also the final coding")
    parser.add_argument("--recode", default="", metavar="WHY", help="open a new version of what was billed")
    parser.add_argument("--final", action="store_true", help="final code the chart")
    parser.add_argument("--seen", action="store_true", help="with --final: you looked at what came since coding began")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Carry out what is asked, in this order: recode, undo, the lines, final; then show the chart.

    0 when nothing stands in the way of final coding, 1 when something does.
    """
    from store.coding.finishing import finalize
    from store.coding.in_work import LateUnseen
    from store.coding.opening import look_at_chart, open_chart
    from store.database import open_database, operation_id
    from store.intake.export import find_encounter
    from store.people import sign_in
    from store.queries import SessionReader
    from store.worklists import is_held, release

    db = open_database()
    try:
        actor = sign_in(db)
        with db.reading() as session:
            reader = SessionReader(session)
            item = _task(reader, args.key) or _item(reader, find_encounter(session, args.key), args.side)
        changing = bool(args.enter or args.undo or args.recode or args.final)
        with shared.open_with_progress() as reference:
            held = changing and is_held(db, actor, item)  # by a screen of theirs, or left open: it stays so
            opened = (open_chart if changing else look_at_chart)(db, actor, item)
            said: list[str] = []
            seen = _chart(db, item).late.changes if args.seen else frozenset()
            try:
                if changing:
                    said, version = _changed(db, reference, actor, opened, args)
                if args.final:
                    coding = _coding(db, item)
                    try:
                        said.append(finalize(db, reference, actor, coding, operation_id(), version, seen))
                    except LateUnseen as error:
                        remedy = f"{as_typed('chart', args.key)} shows it; --final --seen says that you looked at it"
                        raise LateUnseen(error.message, remedy) from None
            finally:
                if changing and not held:
                    release(db, actor, item)
            return _show(db, reference, actor, item, said, args.json)
    finally:
        db.close()


def _changed(
    db: Database, reference: Reference, actor: Actor, opened: OpenedChart, args: argparse.Namespace
) -> tuple[list[str], int | None]:
    """Make the changes one after the other, each on top of the one before; what each said, and the version it came to.

    What was made before one that fails stays made. Raises CodingChanged where another session comes between them.
    """
    from store.coding.entering import enter, undo
    from store.coding.entry import EntryError, Search
    from store.coding.lookup import as_charted
    from store.coding.reopening import recode, take_back
    from store.database import operation_id
    from store.terms import CodingStatus
    from tui.screens.chart.matching import parse_line

    said = []
    if args.recode:
        said.append(recode(db, actor, opened.coding_id, args.recode, operation_id()).message)
    if args.undo:
        final = _chart(db, opened.work_item_id).head.coding_status == CodingStatus.FINAL
        coding = _coding(db, opened.work_item_id)
        if final:
            said.append(take_back(db, actor, coding, operation_id()))
        else:
            said.append(undo(db, actor, coding, operation_id()).message)
    version = _chart(db, opened.work_item_id).head.coding_version
    for line in args.enter:
        chart = _chart(db, opened.work_item_id)
        entry = parse_line(reference, line, chart.head)
        if isinstance(entry, Search):
            raise EntryError(f"{line!r} is no entry", "a code or a change; codedesk search finds codes by words")
        entry = as_charted(reference, chart.head, entry)
        coding = _coding(db, opened.work_item_id)
        done = enter(db, actor, coding, entry, chart.defaults, f"typed {line}", operation_id(), seen_version=version)
        said.append(done.message)
        version = done.version
    return said, version


def _show(db: Database, reference: Reference, actor: Actor, item: str, said: list[str], as_json: bool) -> int:
    from store.coding.summary import open_holds, summarize
    from store.permissions.columns import covered_columns, seen_by
    from store.queries import SessionReader
    from store.queries.late import changes_in
    from store.settings import load_settings
    from tui.screens.chart.view import look_up

    chart = seen_by(actor.role, _chart(db, item))
    with db.reading() as session:
        holds = open_holds(SessionReader(session), item)
        came = changes_in(SessionReader(session), chart.head.encounter_id) if chart.late.changes else []
    late = [one for one in came if one.id in chart.late.changes]
    if covered_columns(actor.role):  # the words of notes and amounts stand in the lines
        late = [replace(one, lines=()) for one in late]
    found = look_up(reference, chart, ())
    signed = any(document.status.authenticated for document in chart.documents)
    signed = signed or not load_settings().authenticated_only
    summary = summarize(reference, chart.head, chart.codes, found.findings, holds, signed, chart.around)
    if (coding := _coding(db, item)) and not summary.obstacles:
        from codesets.grouping.reasons import Explained
        from store.coding.would_be_claim import stops_of

        drg = summary.drg.grouping.drg if isinstance(summary.drg, Explained) else ""
        summary = replace(summary, stops=stops_of(db, reference, actor, coding, drg))
    if as_json:
        document: dict[str, Any] = {
            "visit": chart.head.visit_number,
            "side": chart.head.kind.value,
            "status": chart.head.coding_status.value if chart.head.coding_status else None,
            "said": said,
            **chart.codes.to_json(),
            "findings": [asdict(replace(one, seen={})) for one in found.findings],
            "obstacles": list(summary.obstacles),
            "stops": list(summary.stops),
            "holds": holds,
            "late": [line for one in late for line in one.lines or (one.late,)],
            "claims": summary.claims,
            "charge_cents": summary.charge_cents,
        }
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        from tui.cells import plain
        from tui.screens.chart.finishing import summary_lines
        from tui.screens.chart.late import change_lines
        from tui.screens.chart.view import code_lines

        lines = [*code_lines(chart, found.titles, found.flags, found.findings, None, WIDTH)]
        if late:
            lines += [((f" New since coding began: {chart.late.why}", "warning"),), *change_lines(late)(WIDTH)]
        shown = [*said, *(plain(one).rstrip() for one in (*lines, *summary_lines(summary)(WIDTH)))]
        print(safe_block("\n".join(shown)))
    return int(bool(summary.obstacles))


def _chart(db: Database, item: str) -> ChartOnScreen:
    """The chart as it stands; one that nobody has opened to code with the lines that its coding will begin with."""
    from store.coding.opening import lines_to_begin_with
    from store.queries import SessionReader
    from tui.screens.chart.view import read_chart

    with db.reading() as session:
        coding = _coding_of(SessionReader(session), item)
        chart = read_chart(SessionReader(session), item, coding)
        if coding:
            return chart
        begun = tuple(lines_to_begin_with(session, chart.head.encounter_id, chart.head.kind))
        return replace(chart, codes=replace(chart.codes, lines=begun))


def _coding(db: Database, item: str) -> str:
    from store.queries import SessionReader

    with db.reading() as session:
        return _coding_of(SessionReader(session), item)


def _coding_of(reader: Reader, item: str) -> str:
    from store.queries.charts import chart_head

    return chart_head(reader, item).coding_id or ""


def _task(reader: Reader, key: str) -> str:
    """The key where it is the id of a task itself, as lists of charts in JSON have it; else an empty text."""
    return key if reader.rows("SELECT 1 FROM work_item WHERE id = :key", key=key) else ""


def _item(reader: Reader, encounter_id: str, side: str | None) -> str:
    """The work item of one side of a visit. Raises UsageError where it has none, or both and none was named."""
    from store.queries.codings import tasks_of

    tasks = tasks_of(reader, encounter_id)
    if side:
        tasks = {kind: item for kind, item in tasks.items() if kind == side}
    if len(tasks) == 1:
        return next(iter(tasks.values()))
    if not tasks:
        raise UsageError("this visit has no such chart to code", "codedesk encounters list shows what there is")
    raise UsageError("this visit is coded on both sides", "--side professional or --side facility")

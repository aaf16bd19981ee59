"""`codedesk training`: codings of charts with an answer key, held against the key, scored and explained."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codesets.safe import safe_block

if TYPE_CHECKING:
    from store.demo.training import Lesson
    from store.queries.codings import CodingOf

WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("key", nargs="?", default="", metavar="VISIT", help="one visit with its explanations; else all")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Score what is coded; 1 where a coding differs from its key or nothing is coded."""
    found = _lessons(args.key)
    if args.json:
        print(json.dumps([_document(one, told) for one, told in found], ensure_ascii=False, indent=2))
    elif not found:
        print("nothing that has an answer key is coded yet")
    else:
        _tell(found, explained=bool(args.key))
    return int(not found or not all(told.score.record_over_record.value == 1 for _, told in found))


def _lessons(visit: str) -> list[tuple[CodingOf, Lesson]]:
    """The codings that have an answer key, of one visit or (empty) of all, each with what its key teaches."""
    from store.coding.site_edits import findings_of
    from store.database import open_database
    from store.demo.site import answer_key
    from store.demo.training import lesson
    from store.log import note
    from store.models.columns import now
    from store.people import sign_in
    from store.queries import SessionReader
    from store.queries.charts import chart_head
    from store.queries.codings import coding_codes, codings_of
    from store.queries.restricted import is_closed
    from tui.commands import codesets as shared

    db = open_database()
    try:
        actor = sign_in(db)
        note(db, actor, "encounter.list", "training", visit)
        with db.reading() as session:
            reader = SessionReader(session)
            coded = [
                (one, coding_codes(reader, one.coding_id), chart_head(reader, one.work_item_id))
                for one in codings_of(reader, visit)
                if answer_key(one.visit_number)
                and not is_closed(reader, "coding", one.coding_id, actor.person_id or "", now())
            ]
    finally:
        db.close()
    found = []
    if coded:
        with shared.open_with_progress() as reference:
            for one, codes, head in coded:
                if told := lesson(one.visit_number, one.kind, codes, findings_of(reference, head, codes)):
                    found.append((one, told))
    return found


def _document(one: CodingOf, told: Lesson) -> dict[str, Any]:
    from tui.screens.chart.training import difference_words

    return {
        "visit": one.visit_number,
        "kind": one.kind.value,
        "code_over_code": asdict(told.score.code_over_code),
        "total_opportunity": asdict(told.score.total_opportunity),
        "dimensions": {one.value: asdict(share) for one, share in told.score.dimensions.items()},
        "differences": {kind.value: count for kind, count in told.score.kinds.items() if count},
        "told": [difference_words(one) for one in told.comparison.differences],
    }


def _tell(found: list[tuple[CodingOf, Lesson]], explained: bool) -> None:
    from tui.cells import plain
    from tui.screens.chart.training import lesson_lines, score_words

    for one, told in found:
        if explained:
            text = "\n".join(plain(line)[1:].rstrip() for line in lesson_lines(told)(WIDTH))
            print(safe_block(f"{one.visit_number} {one.kind.value}\n{text}"))
        else:
            print(f"{one.visit_number:<12} {one.kind.value:<13} {score_words(told.score)}")

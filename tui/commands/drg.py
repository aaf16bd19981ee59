"""`codedesk drg`: the MS-DRG of an inpatient stay as it is coded now, with its reasons and what-if."""

from __future__ import annotations

import argparse
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from codesets.safe import safe_block
from tui.commands import codesets as shared

if TYPE_CHECKING:
    from codesets.grouping.reasons import Explained
    from store.coding.grouping import StayDrg

WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    # An entry may begin with a dash, as one that takes a line away does (-3, -a).
    parser._negative_number_matcher = re.compile(r"-[0-9a-z]")
    parser.add_argument("key", metavar="ENCOUNTER", help="id or visit number of the stay")
    parser.add_argument(
        "--what-if",
        action="append",
        default=[],
        metavar="ENTRY",
        help="an entry that is not made: 'i50.23 y', '-3', '2 n', '4 p'; may be given several times",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Show the DRG; 1 where there is none, with the reason."""
    from codesets.grouping.answer import Ungrouped
    from codesets.grouping.engine import wait_until_ready
    from store.access import require_access
    from store.coding.grouping import NOT_A_STAY, StayDrg, drg_of, stay_drg, what_if
    from store.database import open_database
    from store.intake.export import find_encounter
    from store.models import Encounter
    from store.people import sign_in
    from store.queries import SessionReader
    from store.queries.charts import chart_head
    from store.queries.codings import coding_codes, coding_defaults, facility_task

    db = open_database()
    try:
        with db.change(sign_in(db), action="encounter.view") as change:
            encounter_id = find_encounter(change.session, args.key)
            require_access(change, change.session.get_one(Encounter, encounter_id).patient_id)
            change.log("encounter.view", "encounter", encounter_id, by="command line", what="DRG")
            reader = SessionReader(change.session)
            task = facility_task(reader, encounter_id)
            head = chart_head(reader, task) if task else None
            codes = coding_codes(reader, head.coding_id if head and head.coding_id else "")
            defaults = coding_defaults(reader, encounter_id, head.service_date if head else "")
    finally:
        db.close()
    stay = StayDrg(NOT_A_STAY)
    if head is not None:
        wait_until_ready()
        with shared.open_with_progress() as reference:
            if args.what_if:
                stay = StayDrg(what_if(reference, head, codes, args.what_if, defaults))
                before = drg_of(reference, head, codes)
            else:
                stay = stay_drg(reference, head, codes)
    if args.json:
        document = document_of(stay)
        if args.what_if and head is not None:
            document["what_if"] = args.what_if
            document["instead_of"] = None if isinstance(before, Ungrouped) else before.grouping.drg
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        if args.what_if and head is not None:
            from tui.screens.chart.drg import compared

            print(compared(before, stay.answer))
        print(_text(stay))
    return 1 if isinstance(stay.answer, Ungrouped) or stay.answer.grouping.trouble else 0


def _text(stay: StayDrg) -> str:
    from tui.cells import plain
    from tui.screens.chart.drg import drg_lines

    return safe_block("\n".join(plain(line)[1:].rstrip() for line in drg_lines(stay)(WIDTH)))


def document_of(stay: StayDrg) -> dict[str, Any]:
    """The answer with decimals as text, so that a weight stays what the table prints."""
    from codesets.grouping.answer import Ungrouped

    answer = stay.answer
    if isinstance(answer, Ungrouped):
        return {"drg": None, "reason": answer.reason, "remedy": answer.remedy}
    found = answer.grouping
    return {
        "drg": found.drg,
        "initial_drg": found.initial,
        "title": found.title,
        "mdc": found.mdc,
        "severity": found.severity.value,
        **_figures(answer),
        "engine": found.engine,
        "grouper": found.version,
        "return_code": found.status,
        "trouble": found.trouble,
        "discharged": str(answer.discharge.discharged),
        "disposition": answer.discharge.status,
        "diagnoses": [
            {
                "code": one.code,
                "poa": one.poa,
                "severity": one.severity.value,
                "raises": one.raises,
                "without": one.without or None,
                "why": one.why,
            }
            for one in answer.reasons
        ],
        "procedures": [
            {"code": one.code, "operating_room": one.operating_room, "raises": one.raises} for one in found.procedures
        ],
        "as_principal": [
            {"code": one.code, "drg": one.drg, "title": one.title, "weight": _said(one.weight), "trouble": one.trouble}
            for one in stay.principals
        ],
    }


def _figures(answer: Explained) -> dict[str, Any]:
    table = answer.table
    return {
        "weight": _said(answer.weight),
        "geometric_days": _said(table.geometric_days) if table else None,
        "arithmetic_days": _said(table.arithmetic_days) if table else None,
        "weights": table.origin.edition if table else None,
        "weights_warning": table.origin.warning if table else "no Table 5 is loaded",
    }


def _said(number: Decimal | None) -> str | None:
    return None if number is None else str(number)

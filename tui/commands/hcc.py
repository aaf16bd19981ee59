"""`codedesk hcc`: the CMS-HCC risk scores of a patient in their parts, and the gaps against the year before."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from codesets.safe import safe_block
from tui.counts import whole

WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("patient", metavar="PATIENT", help="record number or id")
    parser.add_argument(
        "--year", type=whole(0, 9999), default=0, metavar="YYYY", help="year of the services; this one if not given"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Show the scores; 1 where no model answered."""
    from codesets.risk_scores import NoScore
    from store.access import require_access
    from store.coding.risk import patient_risk, risk_facts
    from store.database import open_database
    from store.people import sign_in
    from store.permissions.columns import seen_by
    from store.queries import SessionReader
    from store.record_numbers import find_patient
    from store.settings import today

    year = args.year or today().year
    db = open_database()
    try:
        actor = sign_in(db)
        with db.change(actor, action="encounter.view") as change:
            patient = find_patient(change.session, args.patient)
            require_access(change, patient.id)
            change.log("encounter.view", "patient", patient.id, by="command line", what="risk scores", year=year)
            facts = risk_facts(SessionReader(change.session), year, patient_id=patient.id)
    finally:
        db.close()
    assert facts is not None, "the patient was found a moment ago"
    risk = patient_risk(seen_by(actor.role, facts))
    if args.json:
        document: dict[str, Any] = {
            "patient": args.patient,
            "year": year,
            "assumed": risk.assumed,
            "models": [asdict(one) for one in risk.models],
        }
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        from tui.cells import plain
        from tui.screens.chart.risk import risk_lines

        print(safe_block("\n".join(plain(line)[1:].rstrip() for line in risk_lines(risk)(WIDTH))))
    return int(all(isinstance(one.answer, NoScore) for one in risk.models))

"""`codedesk group`: the MS-DRG of stays and the CMS-HCC scores of encounters in a file, without storing them."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codesets.safe import safe_line
from tui.commands import codesets as shared
from tui.commands.drg import document_of
from tui.commands.native_file import declare, for_each_chart, named

if TYPE_CHECKING:
    from store.coding.from_record import RecordedChart


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the file and `--json`."""
    declare(parser)


def run(args: argparse.Namespace) -> int:
    """Print DRG and scores of each coding; 1 where a stay has no DRG, 2 where a line is no encounter."""
    from codesets.grouping.answer import Ungrouped
    from codesets.grouping.engine import wait_until_ready
    from codesets.risk_scores import NoScore
    from store.coding.grouping import StayDrg, drg_of, is_stay
    from store.coding.risk import RiskFacts, patient_risk
    from store.queries.patient_codes import RiskPatient

    wait_until_ready()
    with shared.open_with_progress() as reference:

        def told(place: str, chart: RecordedChart) -> bool:
            head = chart.head
            answer = drg_of(reference, head, chart.codes) if is_stay(head) else None
            person = RiskPatient("", head.mrn, head.sex, head.birth_date or "")
            year = int(head.service_date[:4])
            risk = patient_risk(RiskFacts(person, year, (), ()), [one.code for one in chart.codes.diagnoses])
            if args.json:
                document: dict[str, Any] = named(place, chart)
                document["drg"] = None if answer is None else document_of(StayDrg(answer))
                document["hcc"] = [asdict(one) for one in risk.models]
                print(json.dumps(document, ensure_ascii=False, default=str))
            else:
                print(safe_line(f"{head.visit_number}  {chart.coding}"))
                if isinstance(answer, Ungrouped):
                    print(safe_line(f"  MS-DRG  none: {answer.reason}"))
                elif answer is not None:
                    weight = f"  weight {answer.weight}" if answer.weight is not None else ""
                    print(safe_line(f"  MS-DRG  {answer.grouping.drg} {answer.grouping.title}{weight}"))
                for one in risk.models:
                    score = one.answer
                    said = (
                        score.reason
                        if isinstance(score, NoScore)
                        else f"{score.score:.3f}  payment year {score.payment_year}"
                    )
                    print(safe_line(f"  {one.model:<7} {said}"))
            return answer is None or not isinstance(answer, Ungrouped)

        return for_each_chart(args.file, told)

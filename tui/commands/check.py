"""`codedesk check`: the code edits and the rules of codes on encounters of a file, without storing them."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from codesets.safe import safe_line
from tui.commands import codesets as shared
from tui.commands.native_file import declare, for_each_chart, named

if TYPE_CHECKING:
    from store.coding.from_record import RecordedChart


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the file and `--json`."""
    declare(parser)


def run(args: argparse.Namespace) -> int:
    """Print what is found; 1 where a finding stands in the way of a claim, 2 where a line is no encounter."""
    from store.coding.site_edits import findings_of
    from store.terms import Severity

    with shared.open_with_progress() as reference:

        def told(place: str, chart: RecordedChart) -> bool:
            found = findings_of(reference, chart.head, chart.codes, around=chart.around)
            if args.json:
                findings = [
                    {
                        "rule": one.rule_id,
                        "version": one.rule_version,
                        "severity": one.severity.value,
                        "place": one.place,
                        "title": one.title,
                        "message": one.message,
                        "fix": one.fix,
                        "citation": one.citation,
                    }
                    for one in found
                ]
                print(json.dumps({**named(place, chart), "findings": findings}, ensure_ascii=False))
            else:
                print(safe_line(f"{chart.head.visit_number}  {chart.coding}{'' if found else '  nothing found'}"))
                for one in found:
                    print(
                        safe_line(f"  {one.severity.value:<16} {one.rule_id:<5} {one.place}: {one.message} {one.fix}")
                    )
            return not any(Severity(one.severity.value).blocks for one in found)

        return for_each_chart(args.file, told)

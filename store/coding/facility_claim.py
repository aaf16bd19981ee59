"""What the facility's claim of a chart will bill, by the function that makes the claim's lines.

The chart, the page before final coding, the command and the claim say the same money, because they ask the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from store.claims.revenue_lines import RevenueLines, revenue_lines
from store.coding.codes import Codes, PostedAs, ProcedureLine
from store.queries.charts import ChartHead
from store.queries.surroundings import Surroundings
from store.terms import CodingKind, Setting


def billed_as_stay(head: ChartHead) -> bool:
    """Whether the facility bills the visit as a stay, as `store.claims.facility.inpatient` says it of the visit."""
    return head.inpatient or head.setting == Setting.INPATIENT


def facility_claim(head: ChartHead, codes: Codes, around: Surroundings) -> RevenueLines:
    """The revenue lines of a facility's chart as it is coded now."""
    return _revenue_lines(head, codes.lines, around)


def billed_cents(head: ChartHead, codes: Codes, around: Surroundings) -> int | None:
    """What the claim of a chart comes to: the coder's lines, of a facility its revenue lines; None where covered."""
    if head.charged_cents is None:
        return None
    return codes.charge_cents if head.kind == CodingKind.PROFESSIONAL else facility_claim(head, codes, around).cents


def posted_as(
    head: ChartHead, around: Surroundings, lines: Sequence[ProcedureLine], added: ProcedureLine
) -> PostedAs | None:
    """The posted charge that a line added to those of a facility's chart will be about; None where there is none."""
    if head.kind == CodingKind.PROFESSIONAL:
        return None
    (*_, last) = _revenue_lines(head, (*lines, added), around).of_coder or (None,)
    if last is None or last.posted is None or added.system != "hcpcs":
        return None
    return PostedAs(last.posted.code, last.posted.units, last.posted.cents, kept=last.posted.fixed)


def _revenue_lines(head: ChartHead, lines: Sequence[ProcedureLine], around: Surroundings) -> RevenueLines:
    coded = [line for line in lines if line.system == "hcpcs"]
    return revenue_lines(billed_as_stay(head), head.service_date, around.posted, coded)

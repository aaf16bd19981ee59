"""What will happen when a chart is final coded: what stands in the way, its DRG and charges, holds, the claims built.

It tells and changes nothing; `store.coding.finishing.finalize` decides again on what is stored then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesets.edits import CodeFinding
from codesets.grouping.answer import Ungrouped
from codesets.grouping.reasons import Explained
from codesets.reference import Reference
from store.claims.division import MOST_DIAGNOSES, MOST_LINES
from store.coding.codes import Codes
from store.coding.facility_claim import billed_cents, facility_claim
from store.coding.grouping import drg_of, is_stay
from store.queries import Reader
from store.queries.charts import ChartHead
from store.queries.surroundings import Surroundings
from store.terms import CodingKind, Severity

_NOTHING_AROUND = Surroundings()


@dataclass(frozen=True)
class FinalSummary:
    """A chart before it is final coded; money in cents. `obstacles` keep it from that, a line each.

    `charge_cents` is what the claim bills, `changed_cents` what that is beyond the posted charges; both are None for
    whom money is covered.
    """

    diagnoses: int
    lines: int
    charge_cents: int | None
    changed_cents: int | None
    drg: Explained | Ungrouped | None
    obstacles: tuple[str, ...]
    left: tuple[CodeFinding, ...]
    holds: tuple[str, ...]
    claims: str
    stops: tuple[str, ...] = ()
    """What the rules of the claim will stop it for (`would_be_claim`); final coding does not wait for it."""

    ways_out: tuple[str, ...] = ()
    """For each of the obstacles what to do about it, empty where the obstacle says so."""


def open_holds(reader: Reader, work_item_id: str) -> list[str]:
    """The holds of a chart that nobody has cleared: reason and owner."""
    rows = reader.rows(
        "SELECT reason, owner FROM hold WHERE work_item_id = :id AND cleared_at IS NULL ORDER BY opened_at",
        id=work_item_id,
    )
    return [f"{row['reason']} ({row['owner']})" for row in rows]


def summarize(
    reference: Reference,
    head: ChartHead,
    codes: Codes,
    findings: Sequence[CodeFinding],
    holds: Sequence[str],
    signed: bool,
    around: Surroundings = _NOTHING_AROUND,
) -> FinalSummary:
    """What final coding these codes will come to. `signed`: whether a document may be coded from.

    `around` has what a facility bills beside its coder's lines.
    """
    blocking = [one for one in findings if Severity(one.severity.value).blocks]
    obstacles, ways_out = [one.message for one in blocking], [one.fix for one in blocking]
    if not codes.diagnoses:
        obstacles, ways_out = ["A chart needs at least one diagnosis.", *obstacles], ["", *ways_out]
    if not signed:
        obstacles, ways_out = ["No document of this chart is signed.", *obstacles], ["", *ways_out]
    billed = billed_cents(head, codes, around)
    return FinalSummary(
        diagnoses=len(codes.diagnoses),
        lines=len(codes.lines),
        charge_cents=billed,
        changed_cents=None if billed is None else billed - head.charged_cents,
        drg=drg_of(reference, head, codes) if is_stay(head) else None,
        obstacles=tuple(obstacles),
        ways_out=tuple(ways_out),
        left=tuple(one for one in findings if one not in blocking),
        holds=tuple(holds),
        claims=_claims(head, codes, around),
    )


def _claims(head: ChartHead, codes: Codes, around: Surroundings) -> str:
    """Which claims can be built, in words."""
    billed = sum(line.system == "hcpcs" for line in codes.lines)
    if head.kind == CodingKind.FACILITY:
        own = " and the coder's lines" if facility_claim(head, codes, around).changed else ""
        return f"the facility's claim, from the posted charges{own}"
    if not billed:
        return "none: no line is billed"
    count = -(-billed // MOST_LINES)
    more = f", {len(codes.diagnoses) - MOST_DIAGNOSES} diagnoses left off" * (len(codes.diagnoses) > MOST_DIAGNOSES)
    return f"{count} professional claim{'s' * (count > 1)} to {head.payer}{more}"

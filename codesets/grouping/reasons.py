"""What a DRG rests on: weight and stays of Table 5, and for each diagnosis why it counts as CC or MCC, or does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from codesets import drg
from codesets.catalog import dotted
from codesets.drg import Drg, Severity
from codesets.grouping import engine
from codesets.grouping.answer import GroupedDiagnosis, Grouping, Ungrouped
from codesets.grouping.discharge import Discharge
from codesets.reference import Reference


@dataclass(frozen=True)
class Reason:
    """A secondary diagnosis: its level, whether the DRG rests on it, and why in a few words.

    `without` is the DRG of the stay without it, empty where that is the same: the code alone holds the DRG up.
    """

    code: str
    poa: str
    severity: Severity
    raises: bool
    why: str
    without: str = ""


@dataclass(frozen=True)
class Explained:
    """A grouping with its reasons; `table` is Table 5 for the DRG, None where none is loaded."""

    discharge: Discharge
    grouping: Grouping
    table: Drg | None
    before: Drg | None
    """Table 5 for the DRG before hospital-acquired conditions, where that is another."""

    reasons: tuple[Reason, ...]

    @property
    def weight(self) -> Decimal | None:
        """The relative weight that is paid; None where Table 5 is not loaded or has none."""
        return weight_of(self.table)

    @property
    def release(self) -> str:
        """Engine, version and where the weights come from."""
        weights = f"weights {self.table.origin.edition}" if self.table else "no Table 5 loaded"
        return f"{self.grouping.engine}, grouper {self.grouping.version}, weights {weights}"


def weight_of(table: Drg | None) -> Decimal | None:
    """The weight that is paid of a row of Table 5: after the cap."""
    return None if table is None else table.weight if table.capped_weight is None else table.capped_weight


def explain(reference: Reference, discharge: Discharge) -> Explained | Ungrouped:
    """Group a discharge and tell why. One call of the grouper and one more for each diagnosis: a few milliseconds."""
    found = engine.group(discharge)
    if isinstance(found, Ungrouped):
        return found
    table = drg.drg(reference, found.drg, discharge.discharged)
    before = drg.drg(reference, found.initial, discharge.discharged) if found.initial != found.drg else None
    by_code = {one.code: one for one in found.diagnoses}
    reasons = []
    for place, one in enumerate(discharge.diagnoses[1:], 1):
        grouped = by_code.get(one.code) or GroupedDiagnosis(one.code, Severity.NONE)
        without = _without(discharge, place, found) if grouped.raises else ""
        why = _why(reference, discharge, found, grouped, without)
        reasons.append(Reason(one.code, one.poa, grouped.severity, grouped.raises, why, without))
    return Explained(discharge, found, table, before, tuple(reasons))


def _without(discharge: Discharge, place: int, found: Grouping) -> str:
    """The DRG of the stay without one of its diagnoses, where it is another."""
    fewer = discharge.diagnoses[:place] + discharge.diagnoses[place + 1 :]
    again = engine.group(replace(discharge, diagnoses=fewer))
    return again.drg if isinstance(again, Grouping) and again.drg != found.drg else ""


def _why(reference: Reference, discharge: Discharge, found: Grouping, one: GroupedDiagnosis, without: str) -> str:
    if not one.valid:
        return "not a valid code on the day of discharge"
    if one.severity is Severity.NONE:
        return "the DRG rests on it" if one.raises else ""
    if one.hospital_acquired:
        return f"hospital-acquired ({one.hospital_acquired}): left out of the final DRG"
    if one.alive_only:
        return "counts only when the patient is discharged alive"
    if one.excluded:
        told = drg.severity(reference, one.code, discharge.discharged, discharge.principal, discharge.died, found.drg)
        return told.reasons[0] if told.reasons else f"excluded by the principal diagnosis {dotted(discharge.principal)}"
    if without:
        return f"alone holds the DRG: without it {without}"
    if one.raises:
        return "the DRG rests on it; others would hold it as well"
    return "counts, but the DRG is the same without it"

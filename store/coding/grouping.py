"""The MS-DRG of a coding: what a grouper is asked about a chart, the answer with its reasons, and what-if.

Only inpatient stays have one; the day of discharge decides the grouper. Nothing here touches the record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from codesets.catalog import normalize
from codesets.grouping.alternatives import Alternative, as_principal
from codesets.grouping.answer import Ungrouped
from codesets.grouping.discharge import Discharge, StayDiagnosis
from codesets.grouping.reasons import Explained, explain
from codesets.reference import Reference
from store.coding.codes import Codes, Defaults, apply_entry
from store.coding.entry import parse
from store.coding.lookup import system_of
from store.queries.charts import ChartHead
from store.terms import CodingKind, DiagnosisRole

_GROUPED = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY, DiagnosisRole.EXTERNAL_CAUSE)
NOT_A_STAY = Ungrouped("Only inpatient stays have a DRG.")


@dataclass(frozen=True)
class StayDrg:
    """The DRG of a chart with its reasons, or why there is none; and the stay with each diagnosis first."""

    answer: Explained | Ungrouped
    principals: tuple[Alternative, ...] = ()


def is_stay(head: ChartHead) -> bool:
    """Whether the chart is grouped: the facility's side of an inpatient stay."""
    return head.inpatient and head.kind == CodingKind.FACILITY


def discharge_of(head: ChartHead, codes: Codes) -> Discharge | Ungrouped:
    """What a grouper is asked about a chart: diagnoses without admitting ones, the principal first."""
    if not is_stay(head):
        return NOT_A_STAY
    if not head.birth_date or len(head.birth_date) < 10:
        return Ungrouped("The birth date is not known to the day, and a DRG goes by age.", "complete it")
    listed = [StayDiagnosis(normalize(d.code), d.poa) for d in codes.diagnoses if d.role in _GROUPED]
    admitting = next((normalize(d.code) for d in codes.diagnoses if d.role == DiagnosisRole.ADMITTING), "")
    if not listed:
        return Ungrouped("No DRG yet: it begins with the principal diagnosis.")
    return Discharge(
        discharged=dt.date.fromisoformat(head.service_date),
        age=int(head.age[:-1]) if head.age.endswith("y") else 1 if _one_year(head) else 0,
        sex=head.sex,
        status=head.discharge_disposition,
        diagnoses=tuple(listed),
        procedures=tuple(normalize(line.code) for line in codes.lines if line.system == "icd10pcs"),
        admitting=admitting,
    )


def drg_of(reference: Reference, head: ChartHead, codes: Codes) -> Explained | Ungrouped:
    """The DRG of a chart's codes with its reasons."""
    discharge = discharge_of(head, codes)
    return discharge if isinstance(discharge, Ungrouped) else explain(reference, discharge)


def stay_drg(reference: Reference, head: ChartHead, codes: Codes) -> StayDrg:
    """The same beside the stay with each diagnosis as the principal one."""
    answer = drg_of(reference, head, codes)
    return StayDrg(answer, () if isinstance(answer, Ungrouped) else as_principal(reference, answer.discharge))


def drg_columns(answer: Explained) -> dict[str, str]:
    """An answer as a row of `coding_drg` keeps it, by column."""
    found, stay = answer.grouping, answer.discharge
    return {
        "drg": found.drg,
        "initial_drg": found.initial,
        "title": found.title,
        "mdc": found.mdc,
        "severity": found.severity.value,
        "weight": "" if answer.weight is None else str(answer.weight),
        "engine": found.engine,
        "version": found.version,
        "return_code": found.status,
        "discharged": str(stay.discharged),
        "disposition": stay.status,
        "weights": answer.table.origin.edition if answer.table else "",
    }


def what_if(
    reference: Reference, head: ChartHead, codes: Codes, lines: Sequence[str], defaults: Defaults
) -> Explained | Ungrouped:
    """The DRG as it would be after some lines of entry that nobody has entered: `i50.23 y`, `-3`, `2 n`, `4 p`.

    Raises EntryError for a line that is no entry.
    """
    on = dt.date.fromisoformat(head.service_date)
    for line in lines:
        entry = parse(line, lambda code: system_of(reference, code, on))
        codes, _ = apply_entry(codes, entry, defaults)
    return drg_of(reference, head, codes)


def _one_year(head: ChartHead) -> bool:
    """Months are told below two years: from twelve on the age in years is one."""
    return head.age.endswith("m") and int(head.age[:-1]) >= 12

"""The same stay coded otherwise: every diagnosis as the principal one, or any change, beside the DRG as it is.

It tells what a grouper would say, not what is right: the principal diagnosis is the condition established after
study to have occasioned the admission (ICD-10-CM Official Guidelines, section II), whatever it weighs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from codesets import drg
from codesets.grouping import engine
from codesets.grouping.answer import Grouping, Ungrouped
from codesets.grouping.discharge import Discharge
from codesets.grouping.reasons import weight_of
from codesets.reference import Reference


@dataclass(frozen=True)
class Alternative:
    """A stay coded otherwise: `code` stands first; `place` is its 1-based sequence in the stay as it is coded.

    `weight` is None where Table 5 is not loaded; `trouble` says why the stay did not group well.
    """

    place: int
    code: str
    drg: str
    title: str
    weight: Decimal | None
    trouble: str


def as_principal(reference: Reference, discharge: Discharge) -> tuple[Alternative, ...]:
    """The DRG with each diagnosis in the first place, in their sequence. Empty where no grouper answers."""
    found = []
    for place, one in enumerate(discharge.diagnoses):
        rest = discharge.diagnoses[:place] + discharge.diagnoses[place + 1 :]
        answer = engine.group(replace(discharge, diagnoses=(one, *rest)))
        if isinstance(answer, Ungrouped):
            return ()
        found.append(_alternative(reference, discharge, place + 1, one.code, answer))
    return tuple(found)


def coded_otherwise(reference: Reference, changed: Discharge) -> Alternative | Ungrouped:
    """The DRG of a stay after a change that nobody has made."""
    answer = engine.group(changed)
    if isinstance(answer, Ungrouped):
        return answer
    return _alternative(reference, changed, 1, changed.principal, answer)


def _alternative(reference: Reference, discharge: Discharge, place: int, code: str, answer: Grouping) -> Alternative:
    table = drg.drg(reference, answer.drg, discharge.discharged)
    return Alternative(place, code, answer.drg, answer.title, weight_of(table), answer.trouble)

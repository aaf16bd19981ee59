"""Which codes tell that the patient was delivered in this encounter: by `deliveries.csv`, never by titles.

Only what the guidelines make certain: most complications of labor say nothing of whether it ended here.
Source: ICD-10-CM Official Guidelines, I.C.15.a.3, I.C.15.b.5, I.C.15.n, I.C.15.q and I.C.21.c.11.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from codesets.shipped_tables import read_table

_ENDED_OTHERWISE = ("O00", "O01", "O02", "O03", "O04", "O07", "O08", "Z332", "Z390")
"""Abortive outcomes and terminations, whose procedures are those of deliveries too, and care after a delivery."""


def delivery_codes(diagnoses: Sequence[str], procedures: Iterable[str] = ()) -> tuple[str, ...]:
    """Those of the codes, without dots, that tell of a delivery here; procedures are of ICD-10-PCS."""
    for code in diagnoses:
        if code[:1] == "O" or code[:3] in ("Z3A", "Z37"):
            break
    else:
        return ()
    if any(code.startswith(_ENDED_OTHERWISE) for code in diagnoses):
        return tuple(code for code in diagnoses if code.startswith(_beginnings("icd10cm", "always")))
    weeks = any(code.startswith("Z3A") for code in diagnoses)
    told = _beginnings("icd10cm", "always") + (_beginnings("icd10cm", "weeks") if weeks else ())
    return (
        *(code for code in diagnoses if code.startswith(told)),
        *(code for code in procedures if code.startswith(_beginnings("icd10pcs", "always"))),
    )


def weeks_of_gestation(diagnoses: Iterable[str]) -> int:
    """The completed weeks that Z3A.- tells, 0 where it tells none: 7 for fewer than 8, 43 for more than 42."""
    for code in diagnoses:
        if code[:3] == "Z3A" and code[3:].isdecimal():
            return {"00": 0, "01": 7, "49": 43}.get(code[3:], int(code[3:]))
    return 0


@cache
def _beginnings(system: str, when: str) -> tuple[str, ...]:
    rows = read_table(Path(__file__).with_name("deliveries.csv"), ("system", "begins", "when"))
    return tuple(begins for of, begins, told in rows if (of, told) == (system, when))

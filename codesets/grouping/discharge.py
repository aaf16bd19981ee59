"""A discharge as a grouper is asked about it: day, patient, status, diagnoses in sequence with POA, procedures."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class StayDiagnosis:
    """A diagnosis without its dot; `poa` is Y, N, U, W, 1 (exempt) or empty."""

    code: str
    poa: str = ""


@dataclass(frozen=True)
class Discharge:
    """One stay: the principal diagnosis stands first; `age` in whole years at admission, `sex` F, M or another letter.

    `status` is UB-04 FL 17, two digits as text. `procedures` are ICD-10-PCS codes.
    """

    discharged: dt.date
    age: int
    sex: str
    status: str
    diagnoses: tuple[StayDiagnosis, ...]
    procedures: tuple[str, ...] = ()
    admitting: str = ""

    @property
    def principal(self) -> str:
        """The code of the principal diagnosis."""
        return self.diagnoses[0].code

    @property
    def died(self) -> bool:
        """Whether the patient died in the stay: status 20, and 40 to 42 of hospices."""
        return self.status in ("20", "40", "41", "42")

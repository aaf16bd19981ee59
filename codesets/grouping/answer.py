"""What a grouper says of a discharge, in the words of this program: the DRG, and what each code did to it."""

from __future__ import annotations

from dataclasses import dataclass

from codesets.drg import Severity


@dataclass(frozen=True)
class GroupedDiagnosis:
    """A secondary diagnosis as grouped.

    `severity` is its own level; `raises` says that the DRG rests on it (more than one may); `excluded` that the
    principal diagnosis took its level away, `alive_only` that it counts only for those who left alive.
    `hospital_acquired` names the condition (HAC) for which it was left out of the final DRG, else it is empty.
    """

    code: str
    severity: Severity
    raises: bool = False
    excluded: bool = False
    alive_only: bool = False
    hospital_acquired: str = ""
    valid: bool = True


@dataclass(frozen=True)
class GroupedProcedure:
    """A procedure as grouped: whether it is an operating-room procedure, and whether the DRG rests on it."""

    code: str
    operating_room: bool
    raises: bool


@dataclass(frozen=True)
class Grouping:
    """The DRG of a discharge, three digits as text, by the engine and grouper version named.

    `initial` is the DRG before hospital-acquired conditions are left out, `drg` the one that is paid. `status` is the
    grouper's return code, OK for an ordinary result. 998 and 999 are results: `trouble` says why, else it is empty.
    """

    engine: str
    version: str
    drg: str
    initial: str
    title: str
    mdc: str
    mdc_title: str
    severity: Severity
    status: str
    trouble: str
    diagnoses: tuple[GroupedDiagnosis, ...]
    procedures: tuple[GroupedProcedure, ...]


@dataclass(frozen=True)
class Ungrouped:
    """Why there is no answer at all, and what to do; a DRG is never guessed."""

    reason: str
    remedy: str = ""
    starting: bool = False
    """Whether a grouper is about to be there: it is worth asking again."""

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"{self.reason}  {self.remedy}".strip()


_TROUBLE = {
    "INVALID_PDX": "the principal diagnosis is no valid code on the day of discharge, or cannot be one",
    "DX_CANNOT_BE_PDX": "the principal diagnosis cannot stand first",
    "UNGROUPABLE": "no DRG takes this combination of codes",
    "INVALID_DISCHARGE_STATUS": "the discharge disposition is not valid",
    "INVALID_AGE": "the age is not valid",
    "INVALID_SEX": "the sex is not known",
}
"""Why a stay went to 998 or 999, in our words; other codes are told as they are."""


def trouble_of(status: str) -> str:
    """Why a return code is not OK, in our words; empty for OK."""
    return "" if status == "OK" else _TROUBLE.get(status, f"the grouper answers {status}")

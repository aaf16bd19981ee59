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

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"{self.reason}  {self.remedy}".strip()

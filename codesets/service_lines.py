"""Which code system the code of a service line is of: the lines of a claim that hold HCPCS codes hold CPT codes too.

HCPCS is two sets on one kind of line (qualifier HC of the X12 837): level I is CPT, whose codes begin with a digit,
level II begins with a letter. CPT comes from the user's licensed files alone; where they are not loaded, the short
description of the physician fee schedule says what a code is.
"""

from __future__ import annotations

import datetime as dt

from codesets import catalog, fees
from codesets.reference import Reference
from codesets.releases import CodeSystem


def is_cpt(code: str) -> bool:
    """Whether a code of a HCPCS line is one of CPT."""
    return code[:1].isdigit()


def system_of_line(system: str, code: str) -> CodeSystem:
    """The code system in which the code of a line of a chart or claim is looked up; `system` is that of the line."""
    named = CodeSystem(system)
    return CodeSystem.CPT if named is CodeSystem.HCPCS and is_cpt(code) else named


def line_system(system: CodeSystem) -> CodeSystem:
    """The system of the line that holds codes of this system."""
    return CodeSystem.HCPCS if system is CodeSystem.CPT else system


def title_on_line(reference: Reference, system: str, code: str, on: dt.date) -> str:
    """The title of the code of a line on a date; empty where nothing that is loaded has one."""
    looked_in = system_of_line(system, code)
    if found := catalog.find(reference, looked_in, code, on):
        return found.title
    value = fees.fee_value(reference, code, on) if looked_in is CodeSystem.CPT else None
    return value.description if value else ""

"""Intake: encounters from files of the native format, FHIR R4 and HL7 v2 into the workstation database.

`take_in` does a whole run; the formats stand in `native` and `fhir`, what is stored in `writer`, the way back out
in `export`. HL7 v2, C-CDA, CSV and X12 are not read here yet.
"""

from __future__ import annotations

from store.intake.report import FileReport, IntakeReport, Refusal
from store.intake.run import take_in

__all__ = ["FileReport", "IntakeReport", "Refusal", "take_in"]

"""Intake: encounters from files of any format into the record.

`run.take_in` does a whole run; the formats stand in `native`, `fhir`, `hl7v2`, `ccda`, `outside` (X12 837) and `tables`
(CSV), what is stored in `writer`, the way back out in `export`.
"""

from __future__ import annotations

from store.intake.report import FileReport, IntakeReport, Refusal
from store.intake.run import take_in

__all__ = ["FileReport", "IntakeReport", "Refusal", "take_in"]

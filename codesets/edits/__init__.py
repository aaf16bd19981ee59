"""Code edits: what the code sets themselves forbid on the codes of one encounter.

Pure: codes, dates and a few facts of the encounter in, findings out; no patient, no claim, no database of ours.
`check_codes` runs every rule of `rules.toml` that fits the kind of claim.
"""

from codesets.edits.checks import check_codes
from codesets.edits.facts import CodeFacts, ReferenceFacts, facts_of
from codesets.edits.findings import (
    ClaimKind,
    CodedDiagnosis,
    CodedEncounter,
    CodedProcedure,
    CodeFinding,
    OtherService,
    Severity,
)

__all__ = [
    "ClaimKind",
    "CodeFacts",
    "CodeFinding",
    "CodedDiagnosis",
    "CodedEncounter",
    "CodedProcedure",
    "OtherService",
    "ReferenceFacts",
    "Severity",
    "check_codes",
    "facts_of",
]

"""What the code sets say of a chart's codes: the system of a typed code, and the findings of the edits.

Everything here reads the reference database and plain values; nothing touches the record.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from codesets import catalog, poa
from codesets.catalog import ValidityKind
from codesets.edits import (
    ClaimKind,
    CodedDiagnosis,
    CodedEncounter,
    CodedProcedure,
    CodeFinding,
    check_codes,
    facts_of,
)
from codesets.edits.checks import is_external_cause
from codesets.edits.findings import MEDICARE, age_on
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.service_lines import line_system
from store.coding.codes import Codes
from store.coding.entry import AddDiagnosis, Entry, EntryError, ReplaceDiagnosis, Several
from store.queries.charts import ChartHead
from store.queries.surroundings import Surroundings
from store.terms import CodingKind, DiagnosisRole

_NOTHING_AROUND = Surroundings()
_LISTED = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY)
"""The diagnoses of a facility's claim in their order there (`store.claims.facility.facility_diagnoses`)."""

# The shapes of codes that a starter list may lack: they can be entered, and the edits say "could not check".
_HCPCS_SHAPE = re.compile(r"[A-V]\d{4}", re.IGNORECASE)
_CPT_SHAPE = re.compile(r"\d{4}[0-9A-Z]", re.IGNORECASE)
_PCS_SHAPE = re.compile(r"[0-9B-DF-HX][0-9A-HJ-NP-Z]{6}", re.IGNORECASE)
_SHAPES = (
    (CodeSystem.HCPCS, _HCPCS_SHAPE),
    (CodeSystem.CPT, _CPT_SHAPE),
    (CodeSystem.ICD10PCS, _PCS_SHAPE),
)


# A letter, a digit and more of either, with a dot or as long as a code: nobody means words by it.
_CM_SHAPE = re.compile(r"[A-Z](?:\d[0-9A-Z]|[A-Z]\d)\.[0-9A-Z]*|[A-Z]\d[0-9A-Z]{2,5}", re.IGNORECASE)


def system_of(reference: Reference, code: str, on: dt.date) -> str | None:
    """The system of the line or diagnosis that a typed code belongs to on a date, None for what is no complete code.

    A CPT code stands on a line of HCPCS. A dot means ICD-10-CM. A code that stands in two systems without it (J1100)
    is the HCPCS one; with its dot (J11.00) it is the diagnosis. A header is no complete code: it is searched, and
    answers with its default. Raises EntryError, with the nearest code, for what has the shape of a code and neither is
    one nor begins one.
    """
    services = (CodeSystem.HCPCS, CodeSystem.CPT)
    order = (CodeSystem.ICD10CM,) if "." in code else (*services, CodeSystem.ICD10CM, CodeSystem.ICD10PCS)
    for system in order:
        if found := catalog.find(reference, system, code, on):
            return line_system(system).value if found.billable else None
    for system, shape in _SHAPES:
        release = reference.choose(system, on).release
        if shape.fullmatch(code) and (release is None or not release.complete):
            return line_system(system).value
    if _CPT_SHAPE.fullmatch(code):
        answer = catalog.validity(reference, CodeSystem.CPT, code, on)
        if answer.kind is ValidityKind.UNKNOWN:
            raise EntryError(answer.reason.rstrip("."), "look it up")
        return CodeSystem.HCPCS.value
    if _CM_SHAPE.fullmatch(code):
        answer = catalog.validity(reference, CodeSystem.ICD10CM, code, on)
        nearest = f"near it: {answer.proposed.dotted} {answer.proposed.title}" if answer.proposed else "look it up"
        if answer.kind is ValidityKind.UNKNOWN:
            raise EntryError(answer.reason.rstrip("."), nearest)
        if answer.code is None:
            raise EntryError(f"{catalog.dotted(code)} is in no release that is loaded", nearest)
    return None


def as_charted(reference: Reference, head: ChartHead, entry: Entry) -> Entry:
    """The entry with what a chart gives its codes where none was named: the role of an external cause, POA 1."""
    return with_exemption(reference, head, with_role_of_code(head, entry))


def with_role_of_code(head: ChartHead, entry: Entry) -> Entry:
    """The entry with the role of an external cause where its code is one and none was named, on a facility's chart.

    Source: ICD-10-CM Official Guidelines, section I.C.20; 005010X223A2, loop 2300, HI*ABN; UB-04 FL 72.
    """
    if isinstance(entry, Several):
        return replace(entry, entries=tuple(with_role_of_code(head, one) for one in entry.entries))
    if not isinstance(entry, AddDiagnosis | ReplaceDiagnosis) or entry.role or head.kind == CodingKind.PROFESSIONAL:
        return entry
    return replace(entry, role=DiagnosisRole.EXTERNAL_CAUSE) if is_external_cause(entry.code) else entry


def with_exemption(reference: Reference, head: ChartHead, entry: Entry) -> Entry:
    """The entry with POA 1 where an inpatient diagnosis is exempt by the list of the day and no indicator was named."""
    if isinstance(entry, Several):
        return replace(entry, entries=tuple(with_exemption(reference, head, one) for one in entry.entries))
    if (
        not isinstance(entry, AddDiagnosis | ReplaceDiagnosis)
        or entry.poa
        or not head.inpatient
        or head.kind == CodingKind.PROFESSIONAL
    ):
        return entry
    exempt = poa.is_exempt(reference, catalog.normalize(entry.code), dt.date.fromisoformat(head.service_date))
    apart = entry.role in (DiagnosisRole.ADMITTING, DiagnosisRole.REASON)
    return replace(entry, poa="1") if exempt and not apart else entry


def check_chart(
    reference: Reference, head: ChartHead, codes: Codes, around: Surroundings = _NOTHING_AROUND
) -> tuple[CodeFinding, ...]:
    """The findings of the code edits on a chart's codes, on its date of service: those that its claim will have."""
    return check_codes(chart_encounter(head, codes, around), facts_of(reference))


def chart_encounter(head: ChartHead, codes: Codes, around: Surroundings) -> CodedEncounter:
    """A chart as the code edits read it, and as they will read its claim (`store.scrub.engine.coded_encounter`).

    The lines of a facility's outpatient claim point to no diagnosis, whatever the chart says: as there, all of them
    support a line, and nobody is named as its performer.
    """
    if head.kind == CodingKind.PROFESSIONAL:
        kind = ClaimKind.PROFESSIONAL
    else:
        kind = ClaimKind.INPATIENT if head.inpatient else ClaimKind.OUTPATIENT
    professional = kind is ClaimKind.PROFESSIONAL
    supporting = _supporting(codes)
    return CodedEncounter(
        date=dt.date.fromisoformat(head.service_date),
        claim_kind=kind,
        diagnoses=tuple(
            CodedDiagnosis(sequence, d.code, d.role.value, d.poa) for sequence, d in enumerate(codes.diagnoses, 1)
        ),
        procedures=tuple(
            CodedProcedure(
                sequence,
                line.system,
                line.code,
                line.modifiers,
                supporting if kind is ClaimKind.OUTPATIENT else line.pointers,
                dt.date.fromisoformat(line.service_date) if line.service_date else None,
                line.units,
                (line.performer_npi or around.performer) if professional else "",
            )
            for sequence, line in enumerate(codes.lines, 1)
        ),
        sex=head.sex or "U",
        age=age_on(head.birth_date, dt.date.fromisoformat(head.service_date)),
        admitted=_day(head.started_at) if kind is ClaimKind.INPATIENT else None,
        discharge_status=head.discharge_disposition,
        medicare=around.filing_code in MEDICARE,
        others=around.others,
    )


def _supporting(codes: Codes) -> tuple[int, ...]:
    """The sequences of the diagnoses that support a line of a facility: the principal one and the others."""
    listed = [(n, d.role) for n, d in enumerate(codes.diagnoses, 1) if d.role in _LISTED]
    listed.sort(key=lambda one: _LISTED.index(one[1]))
    return tuple(sequence for sequence, _ in listed)


def _day(moment: str) -> dt.date | None:
    """The day of a complete ISO date or moment."""
    return dt.date.fromisoformat(moment[:10]) if len(moment) >= 10 else None

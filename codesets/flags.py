"""What the loaded tables say of a code on a date, as flags for its page: each with the release that says it.

A flag stands only where its table is loaded for the date, so a flag that is missing says nothing. Sources: the
tables named in `codesets.poa`, `codesets.drg`, `codesets.risk`, `codesets.fees`, `codesets.ncci` and
`codesets.procedures`. What is never first-listed follows from the code set itself: manifestations, whose titles say
"in diseases classified elsewhere" (Official Guidelines, section I.A.13), and external causes (section I.C.20); so does
which Z codes may only be first-listed (section I.C.21.c.16). What else is no principal diagnosis of an inpatient stay,
and for which ages a code is, say the lists of the Medicare Code Editor where its package is installed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets import drg, fees, mce, ncci, poa, procedures, risk
from codesets.drg import Severity
from codesets.edits.conventions import only_first_listed
from codesets.ncci import Setting
from codesets.reference import Reference
from codesets.releases import CodeSystem


@dataclass(frozen=True)
class Flag:
    """One fact: its name, its value in a few words, and the edition of the table it comes from."""

    name: str
    value: str
    edition: str


EDITOR = "Medicare Code Editor"

EDITOR_LISTS = {
    "MANIFESTATION_AS_PDX": "after its cause, never first-listed",
    "UNACCEPTABLE_PDX": "unacceptable as principal diagnosis",
    "REQUIRES_SDX": "principal only with a secondary diagnosis",
    "QUESTIONABLE_ADMISSION": "questionable as reason for admission",
}
"""The lists of the editor that a diagnosis is on by itself, in words. Source: CMS, Definitions of MCE."""

# "in other diseases classified elsewhere", but not "as the cause of diseases classified elsewhere" (B95-B97).
_ELSEWHERE = re.compile(r"\bin (?:[\w,]+ ){0,6}?diseases classified elsewhere", re.IGNORECASE)
_EXTERNAL_CAUSES = "VWXY"
_MOST_PRIMARIES = 8


def flags(reference: Reference, system: CodeSystem, code: str, on: dt.date) -> list[Flag]:
    """The flags of a code (no dot) that the tables loaded for the date give, in the order they are shown."""
    if system is CodeSystem.ICD10CM:
        return list(_diagnosis(reference, code, on))
    if system in (CodeSystem.HCPCS, CodeSystem.CPT):
        return list(_service(reference, code, on))
    return []


def _diagnosis(reference: Reference, code: str, on: dt.date) -> Iterator[Flag]:
    release = reference.choose(CodeSystem.ICD10CM, on).release
    query = "SELECT title FROM codes WHERE release_id = ? AND code = ?"
    row = reference.db.execute(query, (release.id, code)).fetchone() if release else None
    if release and row and _ELSEWHERE.search(row[0]):
        yield Flag("manifestation", "after its cause, never first-listed (I.A.13)", release.edition)
    if release and row and code[0] in _EXTERNAL_CAUSES:
        yield Flag("principal", "never: an external cause (I.C.20)", release.edition)
    if release and row and only_first_listed(code):
        yield Flag("principal", "only first-listed (I.C.21.c.16)", release.edition)
    yield from _editor_lists(code, on, manifestation=bool(row and _ELSEWHERE.search(row[0])))
    exempt = poa.exempt(reference, [code], on)
    if exempt.known:
        yield Flag("POA", "exempt" if exempt.codes else "required", exempt.origin.edition)
    answer = drg.severity(reference, code, on)
    if answer.listed in (Severity.CC, Severity.MCC):
        yield Flag("severity", answer.listed.value, answer.origin.edition)
    for category in risk.categories(reference, code, on):
        yield Flag(f"HCC {category.model}", category.category, category.edition)


def _editor_lists(code: str, on: dt.date, manifestation: bool) -> Iterator[Flag]:
    """What the lists of the Medicare Code Editor say of a diagnosis, but for what its title has said before."""
    listed = mce.listings(code, on)
    for name, value in EDITOR_LISTS.items():
        if name in listed.edits and not (manifestation and name == "MANIFESTATION_AS_PDX"):
            yield Flag("manifestation" if name == "MANIFESTATION_AS_PDX" else "inpatient", value, EDITOR)
    if listed.ages:
        youngest, oldest = listed.ages
        years = f"{youngest} to {oldest} years" if oldest < mce.OLDEST else f"from {youngest} years"
        yield Flag("age", "under 1 year" if listed.ages == (0, 0) else years, EDITOR)
    if listed.sex:
        yield Flag("sex", listed.sex, EDITOR)


def _service(reference: Reference, code: str, on: dt.date) -> Iterator[Flag]:
    details = procedures.hcpcs_details(reference, code, on)
    if details and details.terminated and details.terminated < on:
        yield Flag("terminated", f"on {details.terminated}: not to be reported on {on}", details.origin.edition)
    if details and details.origin.covered and details.coverage_meaning:
        yield Flag("coverage", details.coverage_meaning, details.origin.edition)
    value = fees.fee_value(reference, code, on)
    if value and value.origin.covered:
        yield Flag("status", value.status, value.origin.edition)
        yield Flag("global days", value.global_days, value.origin.edition)
    for setting in Setting:
        units = ncci.mue(reference, code, on, setting)
        if units.most:
            counted = "a line" if units.most.indicator == 1 else "a day"
            yield Flag(f"most units, {setting}", f"{units.most.units} {counted}", units.coverage.edition)
    yield from _edits(reference, code, on)


def _edits(reference: Reference, code: str, on: dt.date) -> Iterator[Flag]:
    """What the NCCI files say of a service beside its units: how many codes it denies, what an add-on code needs."""
    for setting in (Setting.PRACTITIONER, Setting.HOSPITAL):
        source = ncci.pair_source(reference, on, setting)
        loads = [load for load, first, last in source.loads if first <= code <= last]
        seconds = {second for load in loads for second in ncci.seconds_in_force(reference, load, code, on)}
        if seconds:
            part = "" if source.coverage.complete else ", of the parts loaded"
            yield Flag(f"pairs, {setting}", f"column 1 of {len(seconds):,}{part}", source.coverage.edition)
    found = ncci.add_on_primaries(reference, [code], on)
    if rule := found.rules.get(code):
        many = len(rule.primaries) > _MOST_PRIMARIES
        listed = f"one of {len(rule.primaries)} codes" if many else ", ".join(rule.primaries)
        needed = " or ".join(filter(None, (listed, "what the contractor says" if rule.contractor_decides else "")))
        yield Flag("add-on", f"only beside {needed}", found.coverage.edition)

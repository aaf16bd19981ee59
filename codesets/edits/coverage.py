"""Edits on what Medicare covers: coverage articles, the coverage code of HCPCS, the status of the fee schedule.

They hold where Medicare is billed. An article's link between its groups of procedures and of diagnoses is free text,
so a diagnosis outside of all covered groups is a warning that names the article, and no more. Source: CMS, Medicare
Coverage Database; HCPCS record layout, coverage code; physician fee schedule, status.
"""

from __future__ import annotations

from collections.abc import Iterator

from codesets.articles import CoverageArticle
from codesets.catalog import dotted, normalize
from codesets.edits.facts import CodeFacts
from codesets.edits.findings import ClaimKind, CodedEncounter, CodedProcedure, CodeFinding
from codesets.edits.rules import code_rules

ADVANCE_NOTICE = frozenset({"GA", "GX", "GY", "GZ"})
"""Modifiers that say the sender knows Medicare may not pay; such a line is not warned about."""

NOT_COVERED = {"I": "not payable by Medicare", "M": "not covered by Medicare", "S": "not covered by statute"}
NOT_PAID = {"B": "bundled", "I": "not valid for Medicare", "N": "not covered", "X": "excluded by statute"}


def _necessity(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c151 and c152; c153 where no articles are loaded."""
    if not _asked(encounter):
        return
    codes = {diagnosis.sequence: normalize(diagnosis.code) for diagnosis in encounter.diagnoses}
    untold = True
    for line in encounter.service_lines:
        if _noticed(line):
            continue
        pointed = [codes[place] for place in line.pointers if place in codes]
        found = facts.articles(normalize(line.code), line.date or encounter.date)
        if found.warning and untold:
            untold = False
            yield code_rules()["c153"].finding("line", {"line": line.sequence}, not_checked=found.warning)
        if not found.found or not pointed:
            continue
        if refusing := next((a for a in found.found if set(pointed) <= a.noncovered), None):
            yield code_rules()["c152"].finding(f"line.{line.sequence}", _seen(line, pointed, refusing))
        elif not any(article.covered & set(pointed) for article in found.found):
            listing = [article for article in found.found if article.covered]
            if listing:
                yield code_rules()["c151"].finding(f"line.{line.sequence}", _seen(line, pointed, listing[0]))


def _seen(line: CodedProcedure, pointed: list[str], article: CoverageArticle) -> dict[str, object]:
    return {
        "line": line.sequence,
        "code": normalize(line.code),
        "diagnoses": ", ".join(map(dotted, pointed)),
        "article": article.name,
        "title": article.title,
        "contractors": ", ".join(article.contractors) or "not named",
    }


def _coverage_codes(encounter: CodedEncounter, facts: CodeFacts) -> Iterator[CodeFinding]:
    """c141 and c142."""
    if not _asked(encounter):
        return
    for line in encounter.service_lines:
        if _noticed(line):
            continue
        code, on, place = normalize(line.code), line.date or encounter.date, f"line.{line.sequence}.code"
        if why := NOT_COVERED.get(facts.coverage(code, on)):
            yield code_rules()["c141"].finding(place, {"line": line.sequence, "code": code, "why": why})
            continue
        value = facts.fee(code, on)
        if value and value.origin.covered and value.status in NOT_PAID:
            seen = {"line": line.sequence, "code": code, "status": value.status, "edition": value.origin.edition}
            yield code_rules()["c142"].finding(place, seen | {"why": NOT_PAID[value.status]})


def _asked(encounter: CodedEncounter) -> bool:
    return encounter.medicare and encounter.claim_kind is not ClaimKind.INPATIENT


def _noticed(line: CodedProcedure) -> bool:
    return bool(ADVANCE_NOTICE & {modifier.upper() for modifier in line.modifiers})


CHECKS = (_necessity, _coverage_codes)

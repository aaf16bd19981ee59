"""Runs the rules over one claim: pure, content and facts in, findings out, nothing read or written.

The code edits of `codesets` are carried over as findings of the family `codes`. A rule that could not be
checked answers with `could_not_check`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from codesets.edits import ClaimKind, CodedDiagnosis, CodedEncounter, CodedProcedure, check_codes
from store.claims.content import ClaimContent
from store.scrub.checks import CHECKS, Hit, ScrubFacts
from store.scrub.checks.registry import iso_day
from store.scrub.expressions import Expression, Subject
from store.scrub.rules import Level, Rule, RuleBook, rule_book
from store.terms import Severity
from store.x12 import professional
from store.x12.writer import TextChange


@dataclass(frozen=True)
class Found:
    """A finding as the engine makes it, before it is stored."""

    rule_id: str
    rule_version: int
    severity: Severity
    title: str
    message: str
    fix: str
    citation: str
    snip: int | None
    place: str
    seen: Mapping[str, object] = field(default_factory=dict)


def scrub(claim: ClaimContent, facts: ScrubFacts, book: RuleBook | None = None) -> tuple[Found, ...]:
    """Every finding on the claim, in the order of the rule book, the code edits last."""
    book = book or rule_book()
    facts = replace(facts, text_changes=_text_changes(claim))
    found = [
        _found(rule, hit)
        for rule in book.rules
        if claim.form in rule.forms
        for hit in (_where(claim, rule, rule.when) if rule.when else CHECKS[rule.check](claim, facts, rule.params))
    ]
    return (*found, *_code_edits(claim, facts, book))


def coded_encounter(claim: ClaimContent) -> CodedEncounter | None:
    """The codes of a professional claim as the code edits read them; None without a complete service date."""
    on = iso_day(claim.service_from)
    if on is None:
        return None
    return CodedEncounter(
        date=on,
        claim_kind=ClaimKind.PROFESSIONAL,
        diagnoses=tuple(
            CodedDiagnosis(row.sequence, row.code, "principal" if place == 0 else "secondary", row.poa)
            for place, row in enumerate(claim.diagnoses)
        ),
        procedures=tuple(
            CodedProcedure(
                line.sequence, "hcpcs", line.code, line.modifiers, line.pointers, iso_day(line.service_date), line.units
            )
            for line in claim.lines
        ),
        sex=claim.parties.patient.sex or "U",
        age=_age(claim.parties.patient.birth_date, on),
    )


def _where(claim: ClaimContent, rule: Rule, when: Expression) -> Iterator[Hit]:
    """Where the condition of a rule holds: at the claim, or at each line."""
    subjects = [Subject(claim, line) for line in claim.lines] if rule.level is Level.LINE else [Subject(claim)]
    for subject in subjects:
        values = when.values(subject)
        answer = when.holds(values)
        if answer is False:
            continue
        field = str(rule.params.get("place", "claim"))
        place = f"line.{subject.line.sequence}.{field}" if subject.line else field
        seen = values | {"line": subject.line.sequence if subject.line else ""}
        unknown = ", ".join(name for name, value in values.items() if value is None)
        yield Hit(place, seen, "" if answer else f"{rule.title}: {unknown or 'a value'} is not known.")


def _found(rule: Rule, hit: Hit) -> Found:
    return Found(
        rule_id=rule.id,
        rule_version=rule.version,
        severity=Severity.COULD_NOT_CHECK if hit.not_checked else rule.severity,
        title=rule.title,
        message=hit.not_checked or rule.message.format_map(hit.seen),
        fix="" if hit.not_checked else rule.fix.format_map(hit.seen),
        citation=rule.citation,
        snip=rule.snip,
        place=hit.place,
        seen=hit.seen,
    )


def _text_changes(claim: ClaimContent) -> tuple[TextChange, ...]:
    """Each change once, although a name may be written in several loops; a claim without payer is not written."""
    if claim.parties.coverage is None:
        return ()
    changes = professional.text_changes(claim)
    return tuple({(change.place, change.before): change for change in changes}.values())


def _code_edits(claim: ClaimContent, facts: ScrubFacts, book: RuleBook) -> list[Found]:
    encounter = coded_encounter(claim)
    if encounter is None:
        return []
    return [
        Found(
            rule_id=finding.rule_id,
            rule_version=finding.rule_version,
            severity=Severity(finding.severity.value),
            title=finding.title,
            message=finding.message,
            fix=finding.fix,
            citation=finding.citation,
            snip=book.code_edits[finding.rule_id].snip,
            place=finding.place,
            seen=finding.seen,
        )
        for finding in check_codes(encounter, facts.codes)
    ]


def _age(birth_date: str | None, on: dt.date) -> int | None:
    """Whole years on a day; None where the birth date is not complete."""
    born = iso_day(birth_date)
    return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))

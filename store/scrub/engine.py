"""Runs the rules over one claim: pure, content and facts in, findings out, nothing read or written.

The code edits of `codesets` are carried over as findings of the family `codes`. A rule that could not be
checked answers with `could_not_check`.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from codesets.edits import ClaimKind, CodedDiagnosis, CodedEncounter, CodedProcedure, OtherService, check_codes
from codesets.edits.findings import MEDICARE, age_on
from codesets.edits.rules import filled
from store.claims.content import BilledLine, ClaimContent
from store.claims.facility_bill import FacilityBill
from store.scrub.checks import CHECKS, Hit, ScrubFacts
from store.scrub.checks.registry import iso_day
from store.scrub.conditions import Conditions, prepare
from store.scrub.expressions import NAMES, Subject
from store.scrub.plain_text import is_plain
from store.scrub.rules import DateBasis, Rule, RuleBook, rule_book, words_in
from store.terms import Severity
from store.x12 import institutional, professional
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
    overlay: str = ""


def scrub(claim: ClaimContent, facts: ScrubFacts, book: RuleBook | None = None) -> tuple[Found, ...]:
    """Every finding on the claim, in the order of the rule book, the code edits last."""
    book = book or rule_book()
    prepared = prepare(book, claim.form)
    to_run, shared_plain = prepared.to_run(claim)
    if changes := _text_changes(claim, shared_plain):
        facts = replace(facts, text_changes=changes)
    found = [
        _found(rule, hit)
        for rule, check, dated in to_run
        if not dated or _in_force(rule, claim, facts.today)
        for hit in check(claim, facts, rule.params)
    ]
    found += broken_conditions(claim, prepared.conditions, facts.today)
    if len(found) > 1:
        found.sort(key=lambda one: prepared.places[one.rule_id])
    return (*found, *_code_edits(claim, facts, book))


def broken_conditions(claim: ClaimContent, conditions: Conditions, today: dt.date) -> list[Found]:
    """The findings of the conditions that hold, by rule; rules by the day of receipt are held to `today`."""
    found: list[Found] = []
    for rule, places in conditions.broken(claim).values():
        if _in_force(rule, claim, today):
            found += [_found(rule, hit) for hit in _where(claim, rule, places)]
    return found


def checked(claim: ClaimContent, rules: Sequence[Rule], today: dt.date) -> list[Found]:
    """The findings of the checks of some rules, which look at the claim and at nothing around it."""
    in_force = [rule for rule in rules if _in_force(rule, claim, today)]
    return [_found(rule, hit) for rule in in_force for hit in CHECKS[rule.check](claim, _NO_FACTS, rule.params)]


_NO_FACTS: Any = None


def coded_encounter(claim: ClaimContent, others: tuple[OtherService, ...] = ()) -> CodedEncounter | None:
    """The codes of a claim as the code edits read them; None without a complete day of service or discharge.

    Institutional lines point to no diagnosis: all of them support a line.
    """
    bill = claim.parties.facility_bill
    on = iso_day(claim.service_through if bill and bill.inpatient else claim.service_from)
    if on is None:
        return None
    coverage, rendering = claim.parties.coverage, claim.parties.rendering
    npi = rendering.npi if rendering else ""
    supporting = tuple(row.sequence for row in claim.diagnoses)
    lines = claim.lines if bill is None else [line for line in claim.lines if line.code]
    return CodedEncounter(
        date=on,
        claim_kind=_kind(bill),
        diagnoses=(
            *(
                CodedDiagnosis(row.sequence, row.code, "principal" if place == 0 else "secondary", row.poa)
                for place, row in enumerate(claim.diagnoses)
            ),
            *(_more_diagnoses(bill, len(claim.diagnoses)) if bill else ()),
        ),
        procedures=(
            *(
                CodedProcedure(
                    line.sequence,
                    "hcpcs",
                    line.code,
                    line.modifiers,
                    supporting if bill else line.pointers,
                    iso_day(line.service_date),
                    line.units,
                    line.performer_npi or npi,
                )
                for line in lines
            ),
            *(
                CodedProcedure(place, "icd10pcs", row.code, date=iso_day(row.date))
                for place, row in enumerate(bill.procedures if bill else (), 1)
            ),
        ),
        sex=claim.parties.patient.sex or "U",
        age=age_on(claim.parties.patient.birth_date, on),
        admitted=iso_day(bill.admitted_at) if bill else None,
        discharge_status=bill.patient_status if bill else "",
        medicare=coverage is not None and coverage.payer.filing_code in MEDICARE,
        others=others,
    )


def _kind(bill: FacilityBill | None) -> ClaimKind:
    if bill is None:
        return ClaimKind.PROFESSIONAL
    return ClaimKind.INPATIENT if bill.inpatient else ClaimKind.OUTPATIENT


def _more_diagnoses(bill: FacilityBill, after: int) -> Iterator[CodedDiagnosis]:
    """Admitting diagnosis, reasons for the visit and external causes, numbered after the others."""
    named = [("admitting", bill.admitting, "")] if bill.admitting else []
    named += [("reason_for_visit", code, "") for code in bill.reasons]
    named += [("external_cause", cause.code, cause.poa) for cause in bill.causes]
    for place, (role, code, poa) in enumerate(named, after + 1):
        yield CodedDiagnosis(place, code, role, poa)


def _in_force(rule: Rule, claim: ClaimContent, today: dt.date) -> bool:
    """Whether the rule holds on the day that it goes by."""
    if not (rule.effective_from or rule.effective_to):
        return True
    day = {
        DateBasis.SERVICE: claim.service_from,
        DateBasis.THROUGH: claim.service_through,
        DateBasis.RECEIVED: str(today),
    }[rule.date_basis][:10]
    return rule.effective_from <= day and (not rule.effective_to or day <= rule.effective_to)


def _where(claim: ClaimContent, rule: Rule, broken: Sequence[BilledLine | None]) -> Iterator[Hit]:
    """A hit for the claim, or for each line, whose condition holds or could not be told."""
    for line in broken:
        assert rule.when is not None, "only a rule with a condition is broken by one"
        subject = Subject(claim, line)
        values = rule.when.values(subject)
        field = str(rule.params.get("place", "claim"))
        place = f"line.{line.sequence}.{field}" if line else field
        told = {name: NAMES[name](subject) for name in _words_of(rule.message, rule.fix) if name not in values}
        seen = {name: _bounded(value) for name, value in (told | values).items()}
        seen["line"] = line.sequence if line else ""
        unknown = ", ".join(name for name, value in values.items() if value is None)
        untold = f"{rule.title}: {unknown or 'a value'} is not known."
        yield Hit(place, seen, "" if rule.when.holds(values) else untold)


@lru_cache(1 << 10)
def _words_of(message: str, fix: str) -> tuple[str, ...]:
    """The values that the words of a rule name."""
    return tuple(sorted((words_in(message) | words_in(fix)) & set(NAMES)))


def _found(rule: Rule, hit: Hit) -> Found:
    return Found(
        rule_id=rule.id,
        rule_version=rule.version,
        severity=Severity.COULD_NOT_CHECK if hit.not_checked else rule.severity,
        title=rule.title,
        message=hit.not_checked or _filled(rule.message, hit),
        fix="" if hit.not_checked else _filled(rule.fix, hit),
        citation=rule.citation,
        snip=rule.snip,
        place=hit.place,
        seen=hit.seen,
        overlay=rule.overlay,
    )


MOST_SHOWN, MOST_OF_A_LIST, MOST_WORDS = 200, 50, 2_000
"""How much of a value, how many of a list, and how many characters of a message a finding keeps."""


def _bounded(value: object) -> object:
    """A value as a finding keeps it: whole, unless it would make the finding a book."""
    if isinstance(value, str) and len(value) > MOST_SHOWN:
        return f"{value[:MOST_SHOWN]}…"
    if isinstance(value, tuple | list) and len(value) > MOST_OF_A_LIST:
        return (*value[:MOST_OF_A_LIST], f"and {len(value) - MOST_OF_A_LIST:,} more")
    return value


class _Said(dict[str, object]):
    """The values seen; a word of the message that none of them has is left as it is written."""

    def __missing__(self, word: str) -> str:
        return f"{{{word}}}"


def _filled(text: str, hit: Hit) -> str:
    words = filled(_unformatted(text), _Said(hit.seen))
    return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS]}…"


@lru_cache(1 << 10)
def _unformatted(text: str) -> str:
    """A text whose words in braces have no format: one of a rule of long ago could make a book of a number."""
    if ":" not in text or "{" not in text:
        return text
    escaped = ((plain.replace("{", "{{").replace("}", "}}"), word, how) for plain, word, _, how in _PARTS(text))
    return "".join(
        f"{plain}{{{word}{f'!{how}' if how else ''}}}" if word is not None else plain for plain, word, how in escaped
    )


_PARTS = string.Formatter().parse


def _text_changes(claim: ClaimContent, shared_plain: bool) -> tuple[TextChange, ...]:
    """Each change once, although a name may be written in several loops; a claim without payer is not written."""
    if claim.parties.coverage is None or (shared_plain and is_plain(claim)):
        return ()
    if claim.form == "837i" and claim.parties.facility_bill is None:
        return ()
    changes = (institutional if claim.form == "837i" else professional).text_changes(claim)
    return tuple({(change.place, change.before): change for change in changes}.values())


def _code_edits(claim: ClaimContent, facts: ScrubFacts, book: RuleBook) -> list[Found]:
    encounter = coded_encounter(claim, facts.others)
    if encounter is None:
        return []
    found = []
    for finding in check_codes(encounter, facts.codes):
        binding = book.code_edits[finding.rule_id]
        if binding.off:
            continue
        severity = _SEVERITIES[finding.severity._value_]
        if binding.severity and severity is not Severity.COULD_NOT_CHECK:
            severity = binding.severity
        found.append(
            Found(
                rule_id=finding.rule_id,
                rule_version=finding.rule_version,
                severity=severity,
                title=finding.title,
                message=finding.message,
                fix=finding.fix,
                citation=finding.citation,
                snip=binding.snip,
                place=finding.place,
                seen=finding.seen,
                overlay=binding.overlay,
            )
        )
    return found


_SEVERITIES = {str(severity.value): severity for severity in Severity}

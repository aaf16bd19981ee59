"""The rules of claims that look at codes alone, asked of a chart while it is coded.

What stops the claim is better told to the coder at the keystroke than to the biller a day later: diagnoses that the
guidelines forbid or want together, modifiers that contradict each other. A rule that asks for something which only the
claim knows (member, authorization, amounts) is left to the claim. Pure: codes in, findings out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from codesets.edits import CodeFinding, Severity
from store.claims.content import (
    BilledCoverage,
    BilledDiagnosis,
    BilledLine,
    BilledPayer,
    BillingProvider,
    ClaimContent,
    Insured,
    Parties,
    Receiver,
)
from store.claims.facility import type_of_bill_of
from store.claims.facility_bill import BilledProcedure, FacilityBill
from store.claims.revenue_lines import revenue_code_of
from store.coding.codes import Codes, ProcedureLine
from store.coding.facility_claim import billed_as_stay, facility_claim
from store.queries.charts import ChartHead
from store.queries.surroundings import Surroundings
from store.scrub.conditions import MOST_BOOKS, Conditions
from store.scrub.engine import Found, broken_conditions, checked
from store.scrub.rules import Family, Rule, RuleBook, rule_book
from store.settings import today as present_day
from store.terms import CodingKind, DiagnosisRole

KNOWN = frozenset(
    {"codes", "diagnoses", "first_diagnosis", "categories", "first_category", "diagnosis_letters", "line", "code"}
    | {"pregnancy_code_count", "delivery_code_count", "weeks_of_gestation"}
    | {"code_letter", "modifiers", "modifier_count", "units", "pointed", "pointed_categories", "pointer_count"}
    | {"reasons", "revenue_category"}
    | {"form", "payer", "payer_name", "filing_code", "plan"}
    | {"line_count", "patient_age", "patient_sex", "place_of_service", "service_from", "service_date"}
)
"""The names of `store.scrub.expressions` that a chart can answer for."""

_NOTHING_AROUND = Surroundings()
CHECKS_OF_LINES = frozenset({"units_above_zero"})
"""Checks of claims that look at what the coder entered on a line and at nothing else."""

CHECKS_OF_BILLS = frozenset({"admitting_diagnosis", "reason_for_visit", "charge_notes"})
"""Checks of a facility's claim that look at its diagnoses, its revenue lines and what the coder's lines change."""

_APART = (DiagnosisRole.ADMITTING, DiagnosisRole.REASON)


def check_guidelines(
    head: ChartHead, codes: Codes, book: RuleBook | None = None, around: Surroundings = _NOTHING_AROUND
) -> tuple[CodeFinding, ...]:
    """What the rules of a book (the shipped one for None) find on a chart's codes, in the order of the book.

    Places are those of the code edits (`diagnosis`, `line.2.modifiers`) or of the bill (`reasons`); a value that is
    not known breaks no rule here: the claim says what could not be checked.
    """
    form = "837p" if head.kind == CodingKind.PROFESSIONAL else "837i"
    conditions = _conditions(book or rule_book(), form)
    claim, today = _as_claim(head, codes, form, around), present_day()
    told = [*broken_conditions(claim, conditions, today), *_checked(claim, book or rule_book(), CHECKS_OF_LINES, today)]
    if form == "837i":
        told += _checked(_as_bill(claim, head, codes, around), book or rule_book(), CHECKS_OF_BILLS, today)
    found = [one for one in told if one.severity.value != Severity.COULD_NOT_CHECK]
    return tuple(
        CodeFinding(
            rule_id=one.rule_id,
            rule_version=one.rule_version,
            severity=Severity(one.severity.value),
            title=one.title,
            message=one.message,
            fix=one.fix,
            citation=one.citation,
            place=one.place.removeprefix("facility_bill."),
            seen=one.seen,
        )
        for one in found
    )


@lru_cache(MOST_BOOKS)
def _conditions(book: RuleBook, form: str) -> Conditions:
    return Conditions([rule for rule in book.rules if form in rule.forms and _of_codes(rule)])


def _checked(claim: ClaimContent, book: RuleBook, checks: frozenset[str], today: dt.date) -> list[Found]:
    rules = [rule for rule in book.rules if rule.check in checks and claim.form in rule.forms]
    return checked(claim, rules, today)


def _of_codes(rule: Rule) -> bool:
    return rule.family is Family.CODES and rule.when is not None and KNOWN.issuperset(rule.when.names)


def _as_claim(head: ChartHead, codes: Codes, form: str, around: Surroundings) -> ClaimContent:
    """The codes as the claim would carry them; of its parties the payer alone, and no rule asked looks at others."""
    patient = Insured(birth_date=head.birth_date, sex=head.sex)
    revenue = {charge.code: charge.revenue_code for charge in around.posted if charge.code}
    payer = BilledPayer(around.payer_name, around.payer, around.filing_code)
    covered = around.payer or around.payer_name or around.filing_code
    listed = [(place, d) for place, d in enumerate(codes.diagnoses, 1) if d.role not in _APART]
    lines = [(place, line) for place, line in enumerate(codes.lines, 1) if line.system == "hcpcs"]
    operated = [BilledProcedure(line.code, "") for line in codes.lines if line.system == "icd10pcs"]
    return ClaimContent(
        claim_number="",
        form=form,
        frequency="1",
        parties=Parties(
            patient,
            head.mrn,
            BillingProvider(""),
            Receiver("", "", ""),
            coverage=BilledCoverage(1, payer, patient, "", "", plan_name=around.plan) if covered else None,
            place_of_service=head.place_of_service,
            facility_bill=FacilityBill("", "", "", procedures=tuple(operated)) if form == "837i" else None,
        ),
        diagnoses=tuple(BilledDiagnosis(place, d.code, d.poa) for place, d in listed),
        lines=tuple(
            BilledLine(
                place,
                line.code,
                line.service_date or head.service_date,
                line.charge_cents,
                line.units,
                line.modifiers,
                line.pointers,
                revenue_code=_revenue_code(line, revenue) if form == "837i" else "",
            )
            for place, line in lines
        ),
        total_cents=codes.charge_cents,
        service_from=head.service_date,
        service_through=head.service_date,
    )


def _as_bill(claim: ClaimContent, head: ChartHead, codes: Codes, around: Surroundings) -> ClaimContent:
    """The claim of a facility with the diagnoses that stand apart and the revenue lines that it will have."""
    billed = facility_claim(head, codes, around)
    of_role: dict[DiagnosisRole, list[str]] = {role: [] for role in DiagnosisRole}
    for diagnosis in codes.diagnoses:
        of_role[diagnosis.role].append(diagnosis.code)
    bill = FacilityBill(
        type_of_bill_of(around.type_of_bill, billed_as_stay(head)),
        head.service_date,
        head.service_date,
        admitting=next(iter(of_role[DiagnosisRole.ADMITTING]), ""),
        reasons=tuple(of_role[DiagnosisRole.REASON]),
    )
    parties = replace(claim.parties, facility_bill=bill, charge_notes=billed.notes)
    return replace(claim, parties=parties, lines=billed.lines)


def _revenue_code(line: ProcedureLine, charged: Mapping[str, str]) -> str:
    """The revenue code that a line of a facility will have: its own, that of its charge, else the usual one."""
    code = line.revenue_code or charged.get(line.code) or revenue_code_of(line.code)
    return code.strip().zfill(4) if code else ""
